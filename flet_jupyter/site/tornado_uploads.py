"""How Tornado's handlers receive an upload: piece by piece to the disk, refused before the first if it can be."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final

from tornado import web
from tornado.iostream import StreamClosedError

from flet_jupyter.exceptions import Refused, UploadRefused
from flet_jupyter.site.uploads import declared_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from flet_jupyter.site.uploads import Upload

__all__ = ["UploadReceiver"]

log = logging.getLogger(__name__)

_UNLIMITED: Final = 1 << 62
_STALLED: Final = 120.0
"""Seconds after which an upload is given up of which nothing more has come."""
_LINGER: Final = 2.0
"""Seconds for which the rest of an upload is taken, and thrown away, after it was refused."""


class UploadReceiver(web.RequestHandler):
    """What the handlers of upload addresses have in common.

    A handler awaits :meth:`receive` at the end of its ``prepare``, when it knows who asks, and calls :meth:`complete`
    in the method of the request, which Tornado calls when the whole body has come.

    Attributes
    ----------
    upload : Upload or None
        The upload in progress.
    refused : bool
        Whether the answer is out already.
    """

    upload: Upload | None = None
    refused = False
    _timer: asyncio.TimerHandle | None = None

    if TYPE_CHECKING:  # the handler's other base has it

        def problem(self, status: int, message: str) -> bytes:
            """Return the body of an error, and set its headers."""

    def begin(self, query: str, declared_size: int | None) -> Upload:
        """Begin to take the file; `query` is that of the request, as it came."""
        raise NotImplementedError

    def count(self, size: int, outcome: str) -> None:
        """Count a file of which `size` bytes have come: to its end (``"finished"``), or not (``"broken off"``)."""

    async def receive(self) -> None:
        """Let the file come, or refuse it before its first byte."""
        declared = declared_size(self.request.headers.get("Content-Length", ""))
        self.request.connection.set_max_body_size(_UNLIMITED)  # type: ignore[union-attr]
        try:
            self.upload = self.begin(self.request.query, declared)
        except Refused as error:
            await self.refuse(error)
        else:
            self._expect_more()

    async def data_received(self, chunk: bytes) -> None:
        """Take a piece; the next is not read before this one is on the disk."""
        if self.upload is None:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(None, self.upload.write, chunk)
        except UploadRefused as error:
            self._abort()
            await self.refuse(error)
        if self.upload is not None:  # it may have been given up meanwhile
            self._expect_more()

    async def refuse(self, error: Refused) -> None:
        """Answer at once, and take what is still sent for a while.

        A connection that is closed with something unread is reset, and whoever is still sending, a proxy most of all,
        often finds that before the answer.
        """
        self.refused = True
        self._wait(_LINGER, self.finish)
        self.set_status(error.status)
        self.set_header("Connection", "close")
        body = self.problem(error.status, str(error))
        self.set_header("Content-Length", len(body))
        self.write(body)
        with contextlib.suppress(StreamClosedError):  # nobody is left to be told
            await self.flush()

    def complete(self) -> None:
        """Put the file in its place; nothing happens if it was refused.

        Raises
        ------
        UploadRefused
            It cannot be had after all.
        """
        if self.refused:
            return
        if self.upload is None:
            raise web.HTTPError(400)
        self.upload.finish()
        self.count(self.upload.size, "finished")
        self.upload = None

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Answer with an error, unless one is out already."""
        if not self.refused:
            super().send_error(status_code, **kwargs)
        elif not self._finished:
            self.finish()

    def on_finish(self) -> None:
        """Leave nothing of a file that did not come to its end."""
        self._abort()
        super().on_finish()

    def on_connection_close(self) -> None:
        """Leave nothing of a file whose sender has gone."""
        super().on_connection_close()  # which ends the wait for the rest
        self._abort()
        if self.refused and not self._finished:
            self.finish()  # which notes the request

    def _expect_more(self) -> None:
        self._wait(_STALLED, self._give_up)

    def _wait(self, seconds: float, end: Callable[[], object]) -> None:
        self._stop_waiting()
        self._timer = asyncio.get_running_loop().call_later(seconds, end)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _give_up(self) -> None:
        log.info("an upload has stalled")
        self.request.connection.stream.close()  # type: ignore[union-attr]

    def _abort(self) -> None:
        self._stop_waiting()
        if self.upload is not None:
            upload, self.upload = self.upload, None
            upload.abort()
            self.count(upload.size, "broken off")


UploadReceiver = web.stream_request_body(UploadReceiver)  # type: ignore[misc]
