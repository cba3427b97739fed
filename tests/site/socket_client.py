"""A model of Flet's client at the end of a real WebSocket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import websockets

from tests.core.harness import PATIENCE
from tests.core.model_client import ModelClient, pack_event, pack_props, pack_register

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["SocketClient"]


class SocketClient(ModelClient):
    """One client of a website.

    Parameters
    ----------
    url : str
        The app's address, ``http://host:port/`` or with a path.
    endpoint : str
        The WebSocket's path below it.
    headers : dict of str to str
        Sent with the handshake.
    """

    def __init__(self, url: str, *, endpoint: str = "ws", headers: dict[str, str] | None = None) -> None:
        super().__init__()
        self.url = f"{url.replace('http', 'ws', 1).rstrip('/')}/{endpoint}"
        self._headers = headers or {}
        self._changed = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None
        self.closed = False

    async def __aenter__(self) -> Self:
        self.socket = await websockets.connect(
            self.url, additional_headers=self._headers, max_size=None, compression=None, open_timeout=PATIENCE
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.socket.close()
        if self._reader is not None:
            await self._reader

    async def _read(self) -> None:
        try:
            async for packet in self.socket:
                assert isinstance(packet, bytes)
                self.receive(packet)
                async with self._changed:
                    self._changed.notify_all()
        except websockets.ConnectionClosed:
            pass
        finally:
            self.closed = True
            async with self._changed:
                self._changed.notify_all()

    async def until(self, condition: Any, what: str = "") -> None:
        """Wait until what has arrived makes `condition` true."""
        try:
            async with asyncio.timeout(PATIENCE), self._changed:
                await self._changed.wait_for(condition)
        except TimeoutError:
            raise AssertionError(f"waited in vain for {what}; it shows {self.page and self.texts()}") from None

    async def shows(self, *texts: str) -> None:
        """Wait until the texts on the page are these."""
        await self.until(lambda: self.page is not None and self.texts() == list(texts), f"{texts}")

    async def register(self, session_id: str = "", **page: Any) -> None:
        """Say who this is, and wait for the page or a refusal."""
        await self.socket.send(pack_register(page, session_id))
        await self.until(lambda: self.page is not None or self.error, "the page")

    async def event(self, target: int, name: str, data: Any = None) -> None:
        """Raise an event."""
        await self.socket.send(pack_event(target, name, data))

    async def click(self, **properties: Any) -> None:
        """Click the one control that has these properties, as soon as it is there."""
        await self.until(lambda: self.page is not None and self.all(**properties), f"{properties}")
        await self.event(self.id_of(**properties), "click")

    async def set_props(self, target: int, **props: Any) -> None:
        """Change properties, as a text field does."""
        await self.socket.send(pack_props(target, props))

    async def gone(self) -> None:
        """Wait until the server has ended the connection."""
        await self.until(lambda: self.closed, "the end of the connection")
