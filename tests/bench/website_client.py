"""A visitor as its server sees one: Flet's protocol over a WebSocket, light enough to be two thousand of them.

The protocol without I/O of the websockets library makes and reads the frames; all else happens in the callbacks of
the event loop, without a task or a queue for each visitor.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgpack
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.typing import Origin
from websockets.uri import parse_uri

from tests.bench.wire import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable

REGISTER, PATCH, EVENT, CRASHED = 1, 2, 3, 6
REPLACE = 0
PATIENCE = 20.0
"""Seconds that a visitor waits for what is due at once."""


class VisitorError(Exception):
    """The server did not do what a visitor expects; the message says what."""


class Visitor(asyncio.Protocol):
    """One page in one browser.

    Attributes
    ----------
    session_id : str or None
        The session that the server gave, or that is asked for when registering.
    on_text : callable or None
        Called with each value that a text gets.
    buttons : dict
        The numbers of the page's buttons, by what they say.
    packets : int
        How many have come from the server so far.
    ended : asyncio.Future
        Done when the connection is no more.
    """

    def __init__(self, url: str, route: str = "/", *, session_id: str | None = None, deflate: bool = False) -> None:
        self.session_id = session_id
        self.on_text: Callable[[str], None] | None = None
        self.packets = 0
        self.transport: asyncio.Transport
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = loop.create_future()
        self._opened: asyncio.Future[None] = loop.create_future()
        self._url = url
        self._route = route
        self._parts: list[bytes] = []
        self.buttons: dict[str, int] = {}
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._crash: str | None = None
        extensions = [ClientPerMessageDeflateFactory()] if deflate else None  # as browsers offer it, or not
        self._socket = ClientProtocol(parse_uri(url), origin=_origin(url), extensions=extensions, max_size=None)

    # -- what a visitor does ---------------------------------------------------------------------

    def send(self, packet: bytes) -> None:
        """Send a packet, well-formed or not."""
        self._socket.send_binary(packet)
        self._flush()

    def send_text(self, text: bytes) -> None:
        """Send a WebSocket message that is marked as text, as no packet is."""
        self._socket.send_text(text)
        self._flush()

    def register(self) -> None:
        """Introduce this client; the page that the server knows comes back."""
        page = {**PAGE, "route": self._route}
        self.send(pack(REGISTER, {"session_id": self.session_id, "page_name": "", "page": page}))

    def press(self, button: str) -> None:
        """Click on the button that says `button`."""
        self.send(self.click(button))

    def click(self, button: str) -> bytes:
        """Return the packet of a click on a button."""
        return pack(EVENT, {"target": self.buttons[button], "name": "click", "data": None})

    async def sees_button(self, button: str) -> None:
        """Wait until the page has a button."""
        await self._until(lambda: button in self.buttons, f"a button {button!r}")

    async def sees_text(self, text: str) -> None:
        """Wait until a text of the page gets a value; what is not awaited is not kept."""
        await self._shown(text.__eq__, f"the text {text!r}", PATIENCE)

    async def answer(self, button: str, begins: str = "", patience: float = PATIENCE) -> str:
        """Click a button, and return the next value of a text that begins in some way."""
        self.press(button)
        return await self._shown(lambda text: text.startswith(begins), f"the answer to {button!r}", patience)

    async def close(self) -> None:
        """Say good-bye and wait until the server has, too."""
        if self.ended.done():
            return
        self._socket.send_close(1001)
        self._flush()
        await self._in_time(self.ended, "the end of the connection")

    def drop(self) -> None:
        """Be gone without a word."""
        self.transport.abort()

    def stop_reading(self) -> None:
        """Leave what comes to the system's buffers."""
        self.transport.pause_reading()

    def read_again(self) -> None:
        """Take what has come, and what comes."""
        self.transport.resume_reading()

    # -- what comes from the server ---------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._socket.send_request(self._socket.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Read frames."""
        self._socket.receive_data(data)
        for event in self._socket.events_received():
            if not isinstance(event, Frame):
                self._settle_opening()
            elif event.opcode in (Opcode.BINARY, Opcode.CONT):
                self._parts.append(bytes(event.data))
                if event.fin:
                    packet = b"".join(self._parts)
                    self._parts.clear()
                    self._take(packet)
        self._flush()
        if self._socket.close_expected():
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everyone who waits."""
        self.ended.set_result(None)
        if not self._opened.done():
            self._opened.set_exception(
                VisitorError(f"{self._url}: the server closed the connection before it was open")
            )
        for _, waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(VisitorError(f"{self._url}: the server closed the connection"))

    async def opened(self) -> None:
        """Wait for the WebSocket."""
        await self._in_time(self._opened, "an answer to the request for a WebSocket")

    def _settle_opening(self) -> None:
        problem = self._socket.handshake_exc
        if self._opened.done():
            return
        if problem is None:
            self._opened.set_result(None)
        else:
            self._opened.set_exception(VisitorError(f"{self._url}: the server refused the WebSocket: {problem}"))

    def _take(self, packet: bytes) -> None:
        self.packets += 1
        if packet[0]:
            return
        action, body = msgpack.unpackb(memoryview(packet)[1:], ext_hook=_extension, strict_map_key=False)
        if action == PATCH:
            for operation in body["patch"][1:]:
                if operation[0] == REPLACE and operation[2] == "value":
                    self._show(operation[3])
                else:
                    self._read(operation)
        elif action == REGISTER:
            self.session_id = body["session_id"]
            self._read(body["page_patch"])
        elif action == CRASHED:
            self._crash = str(body.get("message"))
        if self._waiting:
            self._wake()

    def _read(self, value: Any) -> None:
        if isinstance(value, dict):
            if value.get("_c") == "FilledButton":
                self.buttons[value["content"]] = value["_i"]
            elif value.get("_c") == "Text":
                self._show(value.get("value", ""))
            for part in value.values():
                self._read(part)
        elif isinstance(value, list):
            for part in value:
                self._read(part)

    def _show(self, text: Any) -> None:
        if self.on_text is not None:
            self.on_text(text)

    def _flush(self) -> None:
        if data := self._socket.data_to_send():
            self.transport.write(b"".join(data))

    async def _shown(self, is_it: Callable[[str], bool], what: str, patience: float) -> str:
        texts: list[str] = []
        before, self.on_text = self.on_text, lambda text: texts.append(text) if is_it(text) else None
        try:
            await self._until(lambda: bool(texts), what, patience)
        finally:
            self.on_text = before
        return texts[0]

    async def _until(self, is_so: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        if is_so():
            return
        if self.ended.done():
            raise VisitorError(f"{self._url}: the server closed the connection")
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((is_so, waiting))
        try:
            await self._in_time(waiting, what, patience)
        finally:
            self._waiting = [each for each in self._waiting if each[1] is not waiting]

    async def _in_time(self, due: asyncio.Future[None], what: str, patience: float = PATIENCE) -> None:
        try:
            await asyncio.wait_for(asyncio.shield(due), patience)
        except asyncio.TimeoutError as error:
            raise VisitorError(f"{self._url}: {what} did not come within {patience:g} s") from error

    def _wake(self) -> None:
        for is_so, waiting in self._waiting:
            if waiting.done():
                continue
            if self._crash is not None:
                waiting.set_exception(VisitorError(f"{self._url}: the session crashed: {self._crash}"))
            elif is_so():
                waiting.set_result(None)


def _origin(url: str) -> Origin:
    address = urlsplit(url)
    return Origin(f"{'https' if address.scheme == 'wss' else 'http'}://{address.netloc}")


def _extension(_code: int, data: bytes) -> bytes:
    return data


def pack(action: int, body: Any) -> bytes:
    """Build a packet."""
    packed: bytes = msgpack.packb([action, body])
    return b"\0" + packed


async def connect(
    url: str,
    route: str = "/",
    *,
    session_id: str | None = None,
    deflate: bool = False,
    receive_buffer: int | None = None,
) -> Visitor:
    """Open a WebSocket and nothing more; `receive_buffer` is the system's, in bytes."""
    address = urlsplit(url)
    sock = socket.socket()
    sock.setblocking(False)
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(sock, (address.hostname, address.port))
    except OSError as error:
        sock.close()
        raise VisitorError(f"{url}: {error}") from error
    _, visitor = await loop.create_connection(
        lambda: Visitor(url, route, session_id=session_id, deflate=deflate), sock=sock
    )
    await visitor.opened()
    return visitor


async def visit(url: str, route: str = "/", *, button: str = "Add", **options: Any) -> Visitor:
    """Connect, register and wait for the page: until it has a button."""
    visitor = await connect(url, route, **options)
    visitor.register()
    await visitor.sees_button(button)
    return visitor
