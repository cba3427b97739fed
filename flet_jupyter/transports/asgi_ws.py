"""Packets over a WebSocket of an ASGI server."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from flet_jupyter.core.visit import Visit

    Receive = Callable[[], Awaitable[Any]]
    Send = Callable[[Any], Awaitable[None]]

__all__ = ["AsgiSocket", "carry"]

log = logging.getLogger(__name__)

CLOSE_WITHIN: Final = 5.0
"""Seconds that a client has to take what is on its way and to answer when this side ends the connection."""


class AsgiSocket:
    """The :class:`~flet_jupyter.core.visit.Socket` of an ASGI server's connection.

    How much a client takes, ASGI tells by when ``send`` returns. Servers that know hold it back while the client does
    not read (uvicorn, hypercorn); one that does not (daphne) keeps in memory what its clients leave unread.

    Parameters
    ----------
    send : callable
        ASGI's ``send`` of an accepted connection.
    """

    def __init__(self, send: Send) -> None:
        self.drained: Callable[[], None] | None = None
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._packets: list[bytes] = []  # a few at most, and a deque takes 600 bytes when it is empty
        self._idle: asyncio.Future[None] | None = None
        self._last_words: tuple[int, str] | None = None
        self._ended = False
        self._hurry: asyncio.TimerHandle | None = None
        self._sender: asyncio.Task[None] | None = None

    def write(self, packet: bytes) -> bool:
        """Send a packet soon; False, as ``drained`` will be called when all has been sent."""
        if not self._ended:
            self._packets.append(packet)
            self._wake()
        return False

    def close(self, code: int, reason: str) -> None:
        """End the connection when all that was written has been sent, but within `CLOSE_WITHIN` seconds."""
        if self._ended or self._last_words is not None:
            return
        # RFC 6455 gives the reason 123 bytes.
        self._last_words = code, reason.encode()[:123].decode(errors="ignore")
        self._hurry = self._loop.call_later(CLOSE_WITHIN, self._give_up)
        self._wake()

    async def run(self) -> None:
        """Send what is written, until the connection is closed from this side or is found to be gone."""
        self._sender = asyncio.current_task()
        try:
            while await self._send_all():
                # First the future: who is told may write more.
                idle = self._idle = self._loop.create_future()
                if self.drained is not None:
                    self.drained()
                await idle
        finally:
            self._ended = True
            self._packets.clear()
            if self._hurry is not None:
                self._hurry.cancel()

    async def _send_all(self) -> bool:
        """Send all that waits; return whether more can be sent."""
        send, packets = self._send, self._packets
        try:
            while packets:
                await send({"type": "websocket.send", "bytes": packets.pop(0)})
            if self._last_words is not None:
                code, reason = self._last_words
                await send({"type": "websocket.close", "code": code, "reason": reason})
        except Exception:
            # The client has gone; servers differ in what they raise then.
            log.debug("a client has gone while it was sent to", exc_info=True)
            return False
        return self._last_words is None

    def _wake(self) -> None:
        idle = self._idle
        if idle is not None:
            self._idle = None
            if not idle.done():
                idle.set_result(None)

    def _give_up(self) -> None:
        if self._sender is not None:
            self._sender.cancel()


async def carry(receive: Receive, socket: AsgiSocket, visit: Visit) -> None:
    """Carry the packets of one client until its connection ends, from whichever side.

    Parameters
    ----------
    receive : callable
        ASGI's; the connection has been accepted.
    socket : AsgiSocket
        Its other direction.
    visit : Visit
        The client's visit, which has the socket.
    """
    socket.drained = visit.drained
    loop = asyncio.get_running_loop()
    tasks = reader, _ = loop.create_task(_read(receive, visit)), loop.create_task(socket.run())
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        # Closed from this side: most servers say when the client has agreed, some never do.
        await asyncio.wait([reader], timeout=CLOSE_WITHIN)
    finally:
        visit.close()
        socket.drained = None
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome  # not the client's doing: for the server's log


async def _read(receive: Receive, visit: Visit) -> None:
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        packet = message.get("bytes")
        if packet is not None:  # text is no packet
            visit.receive(packet)
