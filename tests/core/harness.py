"""Apps and clients for the tests: real hosts, sessions and links, bytes between them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flet_jupyter.core.app_host import AppHost
from flet_jupyter.core.link import Link
from flet_jupyter.core.runtime import Runtime
from flet_jupyter.core.settings import AppSettings
from tests.core.model_client import (
    PAGE,
    ModelClient,
    pack_event,
    pack_frame,
    pack_props,
    pack_register,
    pack_result,
)

if TYPE_CHECKING:
    import flet as ft

    from flet_jupyter.core.session import LiveSession

__all__ = ["PATIENCE", "App", "Client", "until"]

PATIENCE = 30.0
"""Seconds after which something awaited is taken for missing."""


async def until(condition: Callable[[], Any], what: str | Callable[[], str] = "") -> Any:
    """Wait until `condition` returns something true, and return that; `what` says, at the end, what was missing."""
    deadline = time.monotonic() + PATIENCE
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"waited in vain for {what() if callable(what) else what or condition}"
        await asyncio.sleep(0.001)


class App:
    """One app and what it reported."""

    def __init__(
        self,
        main: Callable[[ft.Page], Any],
        *,
        runtime: Runtime | None = None,
        settings: AppSettings | None = None,
        before_main: Callable[[ft.Page], Any] | None = None,
        threads: bool = True,
    ) -> None:
        if runtime is None:
            runtime = Runtime(asyncio.get_running_loop(), threads=threads)
            runtime.adopt_thread()
        self.errors: list[tuple[Any, str]] = []
        self.host = AppHost(runtime, main, self._report, before_main=before_main, settings=settings or AppSettings())

    def _report(self, session: LiveSession, error: BaseException | str, where: str) -> None:
        self.errors.append((error, where))

    def new_session(self, **page: Any) -> LiveSession:
        """Make a session; main does not run yet."""
        return self.host.create_session({**PAGE, **page})

    async def start(self, **page: Any) -> LiveSession:
        """Make a session and run main to its end."""
        session = self.new_session(**page)
        await self.host.run_main(session)
        return session

    async def open(self, **page: Any) -> Client:
        """Make a session with a registered client, run main to its end, and have the client see what it has made."""
        session = self.new_session(**page)
        client = Client(session)
        client.register()
        await self.host.run_main(session)
        await until(lambda: client.page is not None or client.error)  # a thread sends it
        return client


class Client(ModelClient):
    """A model client on a link of its own.

    Parameters
    ----------
    session : LiveSession
        What it shows.
    reads : bool
        False: packets stay unread, and unacknowledged, until :meth:`read_on`.
    lossy : bool
        True: as over a comm, packets are numbered, acknowledged and can be lost. False: as over a WebSocket.
    clock : callable
        The link's clock.
    """

    def __init__(
        self,
        session: LiveSession,
        *,
        reads: bool = True,
        lossy: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.session = session
        self.loop = session.host.loop
        self.link = Link(session, self._arrived, self._probed if lossy else None, clock=clock)
        self.sent: list[tuple[int, bool]] = []
        self.probes: list[int] = []
        self.lost = 0
        self.lose = False
        self._lossy = lossy
        self._reads = reads
        self._unread: list[tuple[int, bytes, bool]] = []
        self._count = 0
        self._asked = False
        self._lock = threading.RLock()

    # -- packets from the session ----------------------------------------------------------------

    def _arrived(self, number: int, packet: bytes, *, base: bool) -> None:
        with self._lock:
            self.sent.append((number, base))
            if self.lose:
                self.lost += 1
                return
            self._unread.append((number, packet, base))
            if self._reads:
                self._read()

    def _read(self) -> None:
        while self._unread:
            number, packet, base = self._unread.pop(0)
            if base:
                self._count, self._asked = number, False
            elif number == self._count + 1 and not self._asked:
                self._count = number
            else:
                if not self._asked:
                    self._asked = True
                    self.resync()
                continue
            self.receive(packet)
        if self._lossy:
            self.loop.call_soon_threadsafe(self.session.acknowledge, self.link, self._count)

    def read_on(self) -> None:
        """Read what waits, and everything from now on."""
        with self._lock:
            self._reads = True
            self._read()

    def stop_reading(self) -> None:
        """Leave what comes from now on unread."""
        with self._lock:
            self._reads = False

    @property
    def unread(self) -> int:
        return len(self._unread)

    def _probed(self, number: int) -> None:
        with self._lock:
            self.probes.append(number)
            if not self._reads or self.lose:
                return
            if number > self._count and not self._unread:
                self.resync()
            else:
                self.loop.call_soon_threadsafe(self.session.acknowledge, self.link, self._count)

    # -- packets to the session --------------------------------------------------------------------

    def register(self, **page: Any) -> None:
        self.link.receive(pack_register(page))

    def event(self, target: int, name: str, data: Any = None) -> None:
        self.link.receive(pack_event(target, name, data))

    def click(self, **properties: Any) -> None:
        """Click the one control that has these properties."""
        self.event(self.id_of(**properties), "click")

    def set_props(self, target: int, **props: Any) -> None:
        self.link.receive(pack_props(target, props))

    def answer(self, call: dict[str, Any], result: Any = None, error: str | None = None) -> None:
        self.link.receive(pack_result(call["control_id"], call["call_id"], result, error))

    def frame(self, channel_id: int, payload: bytes) -> None:
        self.link.receive(pack_frame(channel_id, payload))

    def resync(self) -> None:
        self.session.resync(self.link)

    def detach(self) -> None:
        self.session.detach(self.link)

    async def shows(self, *texts: str) -> None:
        """Wait until the texts on the page are these."""
        await until(
            lambda: self.page is not None and self.texts() == list(texts),
            lambda: f"{texts}, not {self.page and self.texts()}",
        )
