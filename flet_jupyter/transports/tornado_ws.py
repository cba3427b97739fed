"""Packets over a Tornado WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado.websocket import WebSocketClosedError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from tornado.websocket import WebSocketHandler

__all__ = ["TornadoSocket"]


class TornadoSocket:
    """The :class:`~flet_jupyter.core.visit.Socket` of a WebSocket handler.

    Parameters
    ----------
    handler : WebSocketHandler
        It is open.
    drained : callable
        Called when what was written has left.
    """

    def __init__(self, handler: WebSocketHandler, drained: Callable[[], None]) -> None:
        self._handler = handler
        self._drained = drained
        self._unsent = 0

    def write(self, packet: bytes) -> bool:
        """Send a packet; True if the system has taken it, and all before it."""
        try:
            future = self._handler.write_message(packet, binary=True)
        except WebSocketClosedError:
            return False
        connection: Any = self._handler.ws_connection
        if not connection.stream.writing():
            future.add_done_callback(_look)
            return True
        self._unsent += 1
        future.add_done_callback(self._sent)
        return False

    def close(self, code: int, reason: str) -> None:
        """End the connection."""
        # RFC 6455 gives the reason 123 bytes.
        self._handler.close(code, reason.encode()[:123].decode(errors="ignore"))

    def _sent(self, future: asyncio.Future[None]) -> None:
        self._unsent -= 1
        if _look(future) and not self._unsent:
            self._drained()


def _look(future: asyncio.Future[None]) -> bool:
    """Tell whether a packet has left; if not, the connection has ended and its handler hears of that."""
    return not future.cancelled() and future.exception() is None
