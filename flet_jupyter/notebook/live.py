"""An app that lives in this kernel: its one session, and all the places where pages show it."""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from flet_jupyter.core.app_host import AppHost
from flet_jupyter.exceptions import SessionClosed, UsageError
from flet_jupyter.notebook.folders import Folders
from flet_jupyter.notebook.look import Look
from flet_jupyter.notebook.output import OutputLog
from flet_jupyter.notebook.scroll import ScrollMemory
from flet_jupyter.notebook.tracebacks import format_error
from flet_jupyter.notebook.watch import PageWatch
from flet_jupyter.transports.comm import CommTransport

if TYPE_CHECKING:
    import concurrent.futures

    import flet as ft

    from flet_jupyter.core.find import FoundApp
    from flet_jupyter.core.link import Link
    from flet_jupyter.core.session import LiveSession
    from flet_jupyter.notebook.runtime import KernelRuntime
    from flet_jupyter.transports.comm import SendMessage

__all__ = ["MAIN_PATIENCE", "KernelHost", "LiveApp", "Outlet"]

_FIRST_VIEW: Final = 60.0
"""Seconds that a view may take from asking for the app to showing it."""
_MAX_OUTLETS: Final = 20
_BETWEEN: Final = 0.3
_TRIES: Final = 20
"""How often to look, with so many seconds in between, whether a client has come to a new version."""
MAIN_PATIENCE: Final = 1.0
"""Seconds to wait for ``main``: what it raises until then keeps the app from being shown."""


class Outlet(Protocol):
    """A comm with pages at its other end."""

    @property
    def send_message(self) -> SendMessage:
        """Send one message to all of them; from any thread."""

    def show(self, app: LiveApp) -> bool:
        """Take what the pages send to another app from now on; return False if these pages are for one app."""

    def tell_closed(self, reason: str) -> None:
        """Let the pages know that the app has ended, those too that come later."""


class KernelHost(AppHost):
    """An app in a kernel, with a place for what it prints."""

    # Flet joins it with the route to read the route's query; an app in a notebook has no address of its own.
    page_url = "http://notebook"
    output: OutputLog

    def upload_url(self, session: LiveSession, file_name: str, expires: int) -> str:
        """Return a signed URL for an upload from the client that is served at present, or was last.

        Raises
        ------
        UsageError
            Its page has not told where uploads go.
        """
        link = session.current_link
        if link is None or link.uploads is None:
            raise UsageError(
                "Uploads are not available here: the app's folder is not among the files of the Jupyter server, "
                "the server has no flet-jupyter, or the app asks before anybody can see it."
            )
        return link.uploads.address(file_name, expires)


class LiveApp:
    """An app that lives in this kernel.

    Attributes
    ----------
    name : str
        What people call it.
    """

    ended_by_silence = "This app was closed because nobody had looked at it for a long time."

    def __init__(self, runtime: KernelRuntime, found: FoundApp, *, name: str, measures: bool) -> None:
        self.name = name
        self._runtime = runtime
        self._main = found.main
        self._before_main = found.before_main
        self._folders = Folders.of(found)
        self._measures = measures
        self._lock = threading.RLock()
        self._opened = threading.Event()
        self._session: LiveSession | None = None
        self._running: concurrent.futures.Future[None] | None = None
        self._failed = False
        self._closed = ""
        self._transports: dict[Outlet, CommTransport] = {}
        self._output = OutputLog(self._tell, runtime.call_later)
        self._look: Look | None = None
        self._host = self._new_host()

    def _new_host(self, scroll: ScrollMemory | None = None) -> KernelHost:
        host = KernelHost(self._runtime.core, self._main, self._report, before_main=self._before_main)
        host.output = self._output
        host.on_session_closed = self._expired
        self._watch = PageWatch(self._tell, measures=self._measures, scroll=scroll)
        host.observer = self._watch
        return host

    # -- for users -----------------------------------------------------------------------------

    @property
    def page(self) -> ft.Page | None:
        """The app's page; None before it has started and after it has ended."""
        return self._session.page if self._session is not None and not self._closed else None

    @property
    def state(self) -> Literal["starting", "running", "disconnected", "failed", "closed"]:
        """What the app is doing: ``disconnected`` means that no page shows it at present."""
        if self._closed:
            return "failed" if self._failed else "closed"
        if self._failed:
            return "failed"
        if self._session is None:
            return "starting"
        return "running" if self._session.receivers else "disconnected"

    def close(self, reason: str = "") -> None:
        """End the app and free it.

        Parameters
        ----------
        reason : str
            What its views say from then on.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = reason or "This app was closed."
            session, self._session = self._session, None
            running, self._running = self._running, None
            transports = dict(self._transports)
        self._runtime.forget(self)
        if running is not None:
            running.cancel()
        if session is not None:
            self._host.close_session(session)
        for outlet, transport in transports.items():
            # The reason first: a view that hears that its link is gone must not ask for a new one.
            outlet.tell_closed(self._closed)
            transport.close()
        # The handle may live on in a variable or in Out[]; what it was for need not.
        self._main = self._host.main = _ended
        self._before_main = self._host.before_main = None

    def reload(self) -> None:
        """Run the app anew, in the same views.

        Raises
        ------
        SessionClosed
            The app has ended.
        """
        with self._lock:
            if self._closed:
                raise SessionClosed(self._closed)
            session, self._session = self._session, None
            running, self._running = self._running, None
            self._failed = False
            former = self._host
            self._output.clear()
            self._host = self._new_host()
            self._opened.clear()
            transports = self._renew_transports()
        if running is not None:
            running.cancel()
        if session is not None:
            former.on_session_closed = None
            former.close_session(session)
        self._tell({"op": "clear_output"})
        if not sum([transport.close(reopen=True) for transport in transports]):
            self._start(self._runtime.usual_page)

    def __repr__(self) -> str:
        return f"<Flet app {self.name!r}: {self.state}>"

    def _ipython_display_(self) -> None:
        """Show nothing: what this stands for is on the page already."""

    # -- where it is shown ---------------------------------------------------------------------

    def attach(self, outlet: Outlet) -> None:
        """Let the pages behind a comm show this app."""
        with self._lock:
            # Pages that crashed have not said that they are gone. The first may be a widget, which stays.
            silent = [each for each, transport in list(self._transports.items())[1:] if not transport.links]
            for each in silent[: max(0, len(self._transports) - _MAX_OUTLETS)]:
                del self._transports[each]
            self._transports[outlet] = self._new_transport(outlet)

    def detach(self, outlet: Outlet) -> None:
        """Note that there are no pages behind a comm any more."""
        with self._lock:
            transport = self._transports.pop(outlet, None)
        if transport is not None:
            transport.leave()

    def hand_over(self, successor: LiveApp) -> None:
        """Let another app be shown wherever this one is."""
        with self._lock:
            outlets = dict(self._transports)
        if successor._session is not None:
            self._runtime.core.loop.call_soon_threadsafe(_show_so_far, successor._session)
        for outlet, transport in outlets.items():
            if outlet.show(successor):
                self._transports.pop(outlet, None)
                transport.close(reopen=True)

    def receive(self, outlet: Outlet, content: Any, buffers: Any) -> None:
        """Take a message from a page. Never raises: a page can send anything."""
        transport = self._transports.get(outlet)
        if transport is not None:
            transport.receive(content, buffers)

    def links_of(self, outlet: Outlet) -> tuple[Link, ...]:
        """Return the links of the views behind a comm."""
        transport = self._transports.get(outlet)
        return transport.links if transport is not None else ()

    def tell_outdated(self) -> None:
        """Let the pages know that the app's file has changed."""
        self._tell({"op": "outdated"})

    @property
    def closed_reason(self) -> str:
        """Why the app has ended; empty while it lives."""
        return self._closed

    def _new_transport(self, outlet: Outlet) -> CommTransport:
        return CommTransport(outlet.send_message, self._open, self._greeting)

    def _renew_transports(self) -> list[CommTransport]:
        """Have all pages get links of the session that follows; return what has the links of the former."""
        former = list(self._transports.values())
        self._transports = {outlet: self._new_transport(outlet) for outlet in self._transports}
        return former

    def _tell(self, content: dict[str, Any]) -> None:
        for outlet in list(self._transports):
            outlet.send_message(content)

    def _greeting(self) -> dict[str, Any]:
        return {
            "output": self._output.for_new_view(),
            **self._watch.state,
            "files": self._folders.described(),
        }

    # -- a new version -------------------------------------------------------------------------

    async def replace(self, found: FoundApp) -> bool:
        """Run another version of the app in place of this one, at the same route; on the session loop.

        A version that raises is closed again: its error is shown, and the former lives on.

        Returns
        -------
        bool
            Whether the new version is shown now.
        """
        with self._lock:
            former, session = self._host, self._session
            if self._closed:
                return False
            if session is None:
                self._take(found)
                self._host = self._new_host()
                return True
        page = {**self._runtime.usual_page, **_place_of(session)}
        before = (self._main, self._before_main, self._folders, self._watch)
        self._take(found)
        scroll = ScrollMemory(self._watch.scroll.positions if self._watch.scroll is not None else None)
        host = self._new_host(scroll)
        fresh = host.create_session(page)
        if self._look is not None:
            self._look.apply(fresh.page)
        # What the former version has said is history, however this ends; what this one says in `main` is not.
        self._output.clear()
        self._tell({"op": "clear_output"})
        running = asyncio.run_coroutine_threadsafe(host.run_main(fresh), self._runtime.core.loop)
        waited = asyncio.wrap_future(running)
        waited.add_done_callback(lambda done: done.cancelled() or done.exception())  # whoever is here then reports it
        ended, _ = await asyncio.wait([waited], timeout=MAIN_PATIENCE)
        if ended and (error := ended.pop().exception()) is not None:
            self._main, self._before_main, self._folders, self._watch = before
            host.on_session_closed = None
            host.close_session(fresh)
            self._report(fresh, error, "main")
            return False
        with self._lock:
            if self.closed_reason:  # meanwhile
                host.on_session_closed = None
                host.close_session(fresh)
                return False
            former_run, self._running = self._running, running
            self._host, self._session, self._failed = host, fresh, False
            transports = self._renew_transports()
        if former_run is not None:
            former_run.cancel()
        former.on_session_closed = None
        former.close_session(session)
        _show_so_far(fresh)
        for transport in transports:
            transport.close(reopen=True)
        running.add_done_callback(self._main_ended)
        self._expect_view(fresh)
        fresh.new_context().run(asyncio.create_task, self._scroll(fresh, scroll))
        return True

    async def _scroll(self, session: LiveSession, scroll: ScrollMemory) -> None:
        """Scroll the new version when a client shows it."""
        for _ in range(_TRIES):
            if session.links or session.closed:
                break
            await asyncio.sleep(_BETWEEN)
        await asyncio.sleep(_BETWEEN)  # Flutter is to build the page first
        await scroll.restore(session)

    def _take(self, found: FoundApp) -> None:
        self._main, self._before_main, self._folders = found.main, found.before_main, Folders.of(found)

    # -- starting ------------------------------------------------------------------------------

    def _open(self, page_props: dict[str, Any], message: dict[str, Any]) -> LiveSession:
        self._runtime.view_opened(page_props)
        return self._start(page_props, Look.read(message.get("look")))

    def _start(self, page_props: dict[str, Any], look: Look | None = None) -> LiveSession:
        with self._lock:
            if self._closed:
                raise SessionClosed(self._closed)
            if self._session is None:
                session = self._session = self._host.create_session(page_props)
                self._look = look
                if look is not None:
                    look.apply(session.page)
                self._running = asyncio.run_coroutine_threadsafe(self._host.run_main(session), self._runtime.core.loop)
                self._running.add_done_callback(self._main_ended)
                self._expect_view(session)
            self._opened.set()
            return self._session

    def _expect_view(self, session: LiveSession) -> None:
        """Give the first view time to load Flutter before the session counts as one that nobody looks at."""
        reference = weakref.ref(session)

        def check() -> None:
            live = reference()
            if live is not None:
                live.host.session_idle(live)

        self._runtime.call_later(_FIRST_VIEW, check)

    def _is_awaited(self) -> bool:
        """Tell whether somebody waits for ``main``, and will tell of its error."""
        return False

    def _main_ended(self, running: concurrent.futures.Future[None]) -> None:
        if running.cancelled():
            return
        error = running.exception()
        if error is None:
            return
        with self._lock:
            session = self._session
            if self._is_awaited() or running is not self._running or session is None:
                return
            self._failed = True
        self._report(session, error, "main")

    def _report(self, session: LiveSession, error: BaseException | str, where: str) -> None:  # noqa: ARG002 - a Reporter
        text = format_error(error, self._runtime.shell) if isinstance(error, BaseException) else error
        title = f"Error in {where}\n" if where else ""
        self._output.write("error", title + text.rstrip() + "\n")

    def _expired(self, session: LiveSession) -> None:
        if session is self._session:
            self.close(self.ended_by_silence)


def _show_so_far(session: LiveSession) -> None:
    """Give a new version's page to the views that come, though ``main`` may still run; on the session loop.

    A view that has to begin anew several times, and gets no page in between, gives up.
    """
    session.main_has_run()


def _place_of(session: LiveSession) -> dict[str, Any]:
    """Return what the next version's page has in common with this session's."""
    page = session.page
    return {"route": page.route or "/", "width": page.width, "height": page.height}


def _ended(page: Any) -> None:
    """Stand in for the main of an app that has ended, so that the handle keeps nothing alive."""
