"""Our side of the comparison of updates: a live session with one link."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

from flet_jupyter.core.link import Link
from tests.bench.updates_sides import Side
from tests.core.harness import App as Host
from tests.core.harness import until
from tests.core.model_client import pack_register

if TYPE_CHECKING:
    from flet_jupyter.core.session import LiveSession
    from tests.bench.updates_apps import App

__all__ = ["OurSide"]


class OurSide(Side):
    """A live session. Its handlers run in its thread, and packets go from there to the loop, as in the website."""

    def __init__(self) -> None:
        super().__init__()
        self._host: Host | None = None
        self._session: LiveSession | None = None
        self._link: Link | None = None
        self._thread = threading.get_ident()

    async def _open(self, main: App) -> None:
        self._host = Host(main)
        self._session = self._host.new_session()
        self._link = Link(self._session, self._transmit, paces=())
        self._link.receive(pack_register())
        await until(lambda: self._packets, "the page")
        await self._host.host.run_main(self._session)

    def _transmit(self, number: int, packet: bytes, *, base: bool) -> bool:
        self.packed_at = time.perf_counter()
        if threading.get_ident() == self._thread:
            self._arrived(packet)
        else:
            self._loop.call_soon_threadsafe(self._arrived, packet)
        return True

    async def _receive(self, packet: bytes) -> None:
        assert self._link is not None
        self._link.receive(packet)

    async def _settle(self) -> None:
        session = self._session
        assert session is not None
        await asyncio.sleep(0)
        await until(lambda: not session.busy, "the end of a handler")

    def read(self) -> None:
        """Show the client what has come for it since."""
        super().read()
        assert self._host is not None
        assert not self._host.errors, self._host.errors

    async def _close(self) -> None:
        assert self._host is not None
        assert self._session is not None
        self._host.host.close_session(self._session)
        await self._settle()
        self._session.lane.close()
        self._host = self._session = self._link = None
