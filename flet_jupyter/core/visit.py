"""One client of a website: from the connection to its end, whatever socket it comes by."""

from __future__ import annotations

import contextvars
import logging
import threading
from typing import TYPE_CHECKING, Final, Protocol

from flet_jupyter.core.app_host import MAIN
from flet_jupyter.core.flet_api import Message, MessageAction, RegisterClientResponseBody
from flet_jupyter.core.link import Link
from flet_jupyter.core.packets import Register, decode, encode_message
from flet_jupyter.exceptions import FletJupyterError, LimitReached, ProtocolError

if TYPE_CHECKING:
    import asyncio

    from flet_jupyter.core.app_host import AppHost
    from flet_jupyter.core.client_info import ClientInfo
    from flet_jupyter.core.dropped import DroppedLog
    from flet_jupyter.core.session import LiveSession

__all__ = ["GOING_AWAY", "TOO_LARGE", "Meter", "Socket", "Visit"]

log = logging.getLogger(__name__)

REGISTER_WITHIN: Final = 30.0
"""Seconds that a client may take to say who it is."""
NORMAL: Final = 1000
GOING_AWAY: Final = 1001
POLICY: Final = 1008
TOO_LARGE: Final = 1009
"""Why a WebSocket is closed: RFC 6455, section 7.4.1."""


class Socket(Protocol):
    """What carries the packets of one client. All methods are called on the loop."""

    def write(self, packet: bytes) -> bool:
        """Send a packet.

        Returns
        -------
        bool
            True if all has left this process. Otherwise :meth:`Visit.drained` is to be called when it has.
        """

    def close(self, code: int, reason: str) -> None:
        """End the connection, with one of the WebSocket's codes and a short reason."""


class Meter(Protocol):
    """Counts what passes. Called on the loop."""

    def received(self, size: int) -> None:
        """Note a packet of `size` bytes from a client."""

    def sent(self, size: int) -> None:
        """Note a packet of `size` bytes to a client."""

    def dropped(self) -> None:
        """Note that a packet from a client made no sense."""


class Visit:
    """One client, its socket and, once it has registered, its session.

    A session outlives its visits: a client that comes back names its session and finds everything as it was. Whoever
    knows the name may come from another address and with another browser, as a phone does that changes networks; the
    names are drawn from 95 bits of chance. An earlier socket of the same client, half open since the network went, is
    left alone: it ends when it answers no ping.

    All methods are called on the loop.

    Parameters
    ----------
    host : AppHost
        The app that is visited.
    client : ClientInfo
        What is known of the client.
    socket : Socket
        Its connection.
    visits : set of Visit
        All visits of the app; this one is in it until :meth:`close`.
    meter : Meter
        Counts.
    dropped : DroppedLog
        Where packets that make no sense are noted.
    """

    def __init__(
        self,
        host: AppHost,
        client: ClientInfo,
        socket: Socket,
        *,
        visits: set[Visit],
        meter: Meter,
        dropped: DroppedLog,
    ) -> None:
        self.client = client
        self.session: LiveSession | None = None
        self.link: Link | None = None
        self._host = host
        self._socket = socket
        self._visits = visits
        self._meter = meter
        self._dropped = dropped
        self._closed = False
        self._starting: asyncio.Task[None] | None = None
        self._queue: list[bytes] = []  # a few at most, and a deque takes 600 bytes when it is empty
        self._flush_due = False
        self._written = 0
        visits.add(self)
        # In a context of its own: asyncio keeps that of a cancelled timer until it would have been due.
        self._deadline = contextvars.Context().run(host.loop.call_later, REGISTER_WITHIN, self._too_late)

    # -- in --------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Take one packet from the client. Never raises: a client can send anything."""
        if self._closed:
            return  # what was still on its way when the connection was ended
        self._meter.received(len(data))
        try:
            if len(data) > self._host.settings.max_packet_bytes:
                self.hang_up(TOO_LARGE, "The packet is too large.")
            elif self.link is not None:
                self.link.receive(data)
            else:
                self._register(data)
        except FletJupyterError as error:
            self._meter.dropped()
            self._dropped.note(error)
        except Exception as error:
            log.debug("dropped a packet of a client", exc_info=True)
            self._meter.dropped()
            self._dropped.note(error)

    def _register(self, data: bytes) -> None:
        packet = decode(data)
        if not isinstance(packet, Register):
            raise ProtocolError(f"{type(packet).__name__} before the client registered")
        if self._starting is not None:
            raise ProtocolError("a second registration while the app starts")
        session = self._host.sessions.get(packet.session_id or "")
        if session is not None:
            self._enter(session, packet)
            return
        try:
            session = self._host.create_session(packet.page, self.client)
        except LimitReached as error:
            self._refuse(str(error))
            return
        self._deadline.cancel()
        log.info("session %s begins for %s", session.label, self.client.ip)
        self._starting = self._host.loop.create_task(self._start(session, packet))

    async def _start(self, session: LiveSession, packet: Register) -> None:
        try:
            await self._host.run_main(session, lambda: self._enter(session, packet))
        except Exception as error:  # noqa: BLE001 - user code
            if self.session is None and not self._closed:
                self._enter(session, packet)
            self._host.report(session, error, MAIN)
        finally:
            if not session.links:
                self._host.session_idle(session)  # the client left while the app started

    def _enter(self, session: LiveSession, packet: Register) -> None:
        if self._closed:
            return
        if len(session.links) >= self._host.settings.max_links:
            self._refuse("This session is open in too many windows.")
            return
        self._deadline.cancel()
        self.session = session
        self.link = Link(session, self._transmit, client=self.client, confirms=True, paces=())
        session.handle(self.link, packet)

    def _refuse(self, message: str) -> None:
        """Tell the client why it gets no session, in its window, and end the connection."""
        body = RegisterClientResponseBody(session_id="", page_patch={}, error=message)
        self._send(encode_message(Message(MessageAction.REGISTER_CLIENT, body)))
        self.hang_up(POLICY, message)

    def _too_late(self) -> None:
        self.hang_up(POLICY, "The client did not register.")

    # -- out -------------------------------------------------------------------------------------

    def _transmit(self, number: int, packet: bytes, *, base: bool) -> bool:  # noqa: ARG002 - TCP keeps the order
        """Send a packet, or have the loop do it; see :class:`~flet_jupyter.core.link.Transmit`."""
        if threading.get_ident() == self._host.loop_thread_id and not self._queue:
            self._written = number
            return self._send(packet)
        self._queue.append(packet)
        if not self._flush_due:
            self._flush_due = True
            self._host.loop.call_soon_threadsafe(self._flush, context=contextvars.Context())
        return False

    def _flush(self) -> None:
        self._flush_due = False
        left = True
        while self._queue:
            # The number first: what is given meanwhile by another thread is not written yet.
            self._written += 1
            left = self._send(self._queue.pop(0))
        if left:
            self.drained()

    def _send(self, packet: bytes) -> bool:
        if self._closed:
            return False
        self._meter.sent(len(packet))
        return self._socket.write(packet)

    def drained(self) -> None:
        """Note that all that was written has left."""
        if self.session is not None and self.link is not None:
            self.session.acknowledge(self.link, self._written)

    # -- the end ---------------------------------------------------------------------------------

    def hang_up(self, code: int = GOING_AWAY, reason: str = "") -> None:
        """End the connection from this side."""
        if not self._closed:
            self._socket.close(code, reason)
            self.close()

    def close(self) -> None:
        """Note that the connection has ended. The session lives on for its timeout."""
        if self._closed:
            return
        self._closed = True
        self._visits.discard(self)
        self._deadline.cancel()
        self._queue.clear()
        if self.session is not None and self.link is not None:
            self.session.detach(self.link)
