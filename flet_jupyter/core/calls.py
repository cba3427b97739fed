"""Methods that Python calls on controls in the client, from the call to its answer."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from flet_jupyter.core.link import Link

__all__ = ["Call", "Calls"]

MAX_WAITING: Final = 100
"""Calls that may wait for a client to appear."""


@dataclass(slots=True, eq=False)
class Call:
    """One call that has no answer yet.

    Attributes
    ----------
    link : Link or None
        The client that was asked; None while there is none.
    packet : bytes
        The request, kept until there is a client.
    """

    id: str
    packet: bytes
    future: asyncio.Future[tuple[Any, str | None]]
    link: Link | None = None

    def settle(self, result: Any, error: str | None) -> None:
        """Let whoever waits go on; safe from any thread."""

        def settle() -> None:
            if not self.future.done():
                self.future.set_result((result, error))

        with contextlib.suppress(RuntimeError):  # the loop that waited has ended
            self.future.get_loop().call_soon_threadsafe(settle)


class Calls:
    """The unanswered calls of one session; safe from any thread.

    A call that times out or is cancelled is forgotten, so an app whose clients never answer does not grow.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, Call] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def begin(self, loop: asyncio.AbstractEventLoop) -> Call:
        """Return a new call, to be awaited on `loop`; its packet is yet to be set."""
        call = Call(secrets.token_hex(8), b"", loop.create_future())
        with self._lock:
            self._calls[call.id] = call
        return call

    async def outcome(self, call: Call, timeout: float | None) -> Any:
        """Wait for the answer and forget the call.

        Raises
        ------
        asyncio.TimeoutError
            There was none within `timeout` seconds.
        RuntimeError
            The client reports an error, has gone, or the session was closed.
        """
        try:
            result, error = await asyncio.wait_for(call.future, timeout)
        finally:
            with self._lock:
                self._calls.pop(call.id, None)
        if error:
            raise RuntimeError(error)
        return result

    def answer(self, call_id: str, result: Any, error: str | None) -> bool:
        """Pass an answer on; return False if nobody waits for it."""
        call = self.take(call_id)
        if call is None:
            return False
        call.settle(result, error)
        return True

    def take(self, call_id: str) -> Call | None:
        """Return a call whose answer has come, to be settled later; None if nobody waits for it."""
        with self._lock:
            return self._calls.pop(call_id, None)

    def fail(self, message: str, link: Link | None = None) -> None:
        """Answer with an error all calls, or those that `link` was asked."""
        with self._lock:
            failed = [call for call in self._calls.values() if link is None or call.link is link]
            for call in failed:
                del self._calls[call.id]
        for call in failed:
            call.settle(None, message)

    def waiting(self) -> list[Call]:
        """Return the calls that no client was asked yet, oldest first."""
        with self._lock:
            return [call for call in self._calls.values() if call.link is None and call.packet]
