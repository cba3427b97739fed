"""One app shown by one cell: the handle that :func:`flet_jupyter.show` returns."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import sys
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from flet_jupyter.core.app_host import AppHost
from flet_jupyter.exceptions import SessionClosed
from flet_jupyter.notebook.height import ContentHeight
from flet_jupyter.notebook.output import OutputLog
from flet_jupyter.notebook.tracebacks import format_error, user_frames
from flet_jupyter.notebook.widget import FletWidget
from flet_jupyter.transports.comm import CommTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    import flet as ft

    from flet_jupyter.core.session import LiveSession
    from flet_jupyter.notebook.cells import Cell
    from flet_jupyter.notebook.runtime import KernelRuntime

__all__ = ["CellApp"]

_FIRST_VIEW: Final = 60.0
"""Seconds that a view may take from asking for the app to showing it."""
_MAIN_PATIENCE: Final = 1.0
"""Seconds that a cell waits for ``main``, so that what it raises is that cell's traceback."""


class CellHost(AppHost):
    """The app of one cell, with a place for what it prints."""

    # Flet joins it with the route to read the route's query; an app in a cell has no address of its own.
    page_url = "http://notebook"
    output: OutputLog


class CellApp:
    """A Flet app in a notebook cell.

    Attributes
    ----------
    name : str
        What ``%flet --list`` and ``%flet --close`` call it.
    """

    def __init__(
        self,
        runtime: KernelRuntime,
        main: Callable[[ft.Page], Any],
        *,
        name: str,
        cell: Cell,
        before_main: Callable[[ft.Page], Any] | None = None,
        assets_dir: Path | None = None,
        height: int | None = None,
        width: int | None = None,
    ) -> None:
        self.name = name
        self.cell = cell
        self._runtime = runtime
        self._main = main
        self._before_main = before_main
        self._assets_dir = assets_dir
        self._lock = threading.RLock()
        self._opened = threading.Event()
        self._session: LiveSession | None = None
        self._running: concurrent.futures.Future[None] | None = None
        self._cell_waits = False
        self._failed = False
        self._closed = ""
        self._measures = height is None
        self.widget = FletWidget(self._receive, label=name, height=height, width=width)
        self._new_host()

    def _new_host(self) -> None:
        self._host = CellHost(self._runtime.core, self._main, self._report, before_main=self._before_main)
        self._host.output = OutputLog(self.widget.send_message, self._runtime.call_later)
        self._host.on_session_closed = self._expired
        self._height = ContentHeight(self._tell_height) if self._measures else None
        self._host.observer = self._height
        self._transport = CommTransport(self.widget.send_message, self._open, self._greeting)

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

    def close(self, reason: str = "", *, with_view: bool = False) -> None:
        """End the app and free it.

        Parameters
        ----------
        reason : str
            What its view says from then on.
        with_view : bool
            Take the view off the page too: its cell is about to show something else.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = reason or "This app was closed. Run the cell again to start it anew."
            session, self._session = self._session, None
            running, self._running = self._running, None
        self._runtime.forget(self)
        if running is not None:
            running.cancel()
        if session is not None:
            self._host.close_session(session)
        # The trait first: a view that hears that its link is gone must not ask for a new one.
        self.widget.closed = self._closed
        self._transport.close()
        if with_view:
            self.widget.close()
        else:
            # Closing its comm would take the view away, and with it the reason.
            self._runtime.keep_ended(self.cell, self.widget)
        # The handle may live on in a variable or in Out[]; what it was for need not.
        self._height = None
        self._main = self._host.main = _ended
        self._before_main = self._host.before_main = None

    def reload(self) -> None:
        """Run the app anew, in the same view.

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
            transport, host = self._transport, self._host
            self._new_host()
            self._opened.clear()
        if running is not None:
            running.cancel()
        if session is not None:
            host.on_session_closed = None
            host.close_session(session)
        self.widget.send_message({"op": "clear_output"})
        if not transport.close(reopen=True):
            self._start(self._runtime.usual_page)

    def __repr__(self) -> str:
        return f"<Flet app {self.name!r}: {self.state}>"

    def _ipython_display_(self) -> None:
        """Show nothing: what this stands for is on the page already."""

    # -- starting ------------------------------------------------------------------------------

    def wait_started(self) -> None:
        """Let the running cell wait until ``main`` has run, for a short time.

        The app starts when the first view opens, for then the page's size, theme and platform are
        known; if none does (nobody looks, or this front end delivers only between cells) it starts
        with an estimate.

        Raises
        ------
        BaseException
            Whatever ``main`` raised.
        """
        __tracebackhide__ = True  # IPython leaves out frames that say so
        self._begin_waiting()
        try:
            self._started_by_view(self._opened.wait(self._runtime.open_patience))
            self._wait_main()
            self._settle()
        except KeyboardInterrupt:
            self.close("This app was interrupted while it started. Run the cell again.")
            raise
        finally:
            self._print_held()

    async def wait_started_async(self) -> None:
        """Like :meth:`wait_started`, for a cell that awaits: the kernel stays free meanwhile."""
        __tracebackhide__ = True  # IPython leaves out frames that say so
        self._begin_waiting()
        try:
            self._started_by_view(await asyncio.to_thread(self._opened.wait, self._runtime.open_patience))
            await asyncio.to_thread(self._wait_main)
            self._settle()
        except asyncio.CancelledError:  # how an interrupt reaches a cell that awaits
            self.close("This app was interrupted while it started. Run the cell again.")
            raise
        finally:
            self._print_held()

    def _begin_waiting(self) -> None:
        self._cell_waits = True
        self._host.output.hold()

    def _started_by_view(self, opened: bool) -> None:
        if not opened:
            self._runtime.no_view_opened()
            with contextlib.suppress(SessionClosed):  # closed meanwhile
                self._start(self._runtime.usual_page)

    def _wait_main(self) -> None:
        __tracebackhide__ = True
        running = self._running
        if running is not None:  # else it was closed meanwhile
            with contextlib.suppress(concurrent.futures.TimeoutError, concurrent.futures.CancelledError):
                running.exception(_MAIN_PATIENCE)

    def _settle(self) -> None:
        """End the wait: what ``main`` has raised by now is the cell's, what it raises later is shown below the view."""
        __tracebackhide__ = True  # IPython leaves out frames that say so
        with self._lock:
            self._cell_waits = False
            running = self._running
            ended = running is not None and running.done() and not running.cancelled()
            error = running.exception() if running is not None and ended else None
        if error is None:
            return
        self._failed = True
        self.close(f"The app failed to start: {type(error).__name__}.", with_view=True)
        raise error.with_traceback(user_frames(error))

    def _print_held(self) -> None:
        self._cell_waits = False
        for entry in self._host.output.release():
            print(entry["text"], end="", file=sys.stdout if entry["kind"] == "stdout" else sys.stderr)

    def _open(self, page_props: dict[str, Any]) -> LiveSession:
        self._runtime.view_opened(page_props)
        return self._start(page_props)

    def _start(self, page_props: dict[str, Any]) -> LiveSession:
        with self._lock:
            if self._closed:
                raise SessionClosed(self._closed)
            if self._session is None:
                session = self._session = self._host.create_session(page_props)
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

    def _main_ended(self, running: concurrent.futures.Future[None]) -> None:
        if running.cancelled():
            return
        error = running.exception()
        if error is None:
            return
        with self._lock:
            session = self._session
            if self._cell_waits or running is not self._running or session is None:
                return
            self._failed = True
        self._report(session, error, "main")

    # -- what the page and the core call ---------------------------------------------------------

    def _receive(self, content: Any, buffers: Any) -> None:
        self._transport.receive(content, buffers)

    def _greeting(self) -> dict[str, Any]:
        return {
            "output": self._host.output.for_new_view(),
            "height": self._height.value if self._height else None,
            "assets": _assets(self._assets_dir),
        }

    def _tell_height(self, height: int | None) -> None:
        self.widget.send_message({"op": "height", "height": height})

    def _report(self, session: LiveSession, error: BaseException | str, where: str) -> None:
        text = format_error(error, self._runtime.shell) if isinstance(error, BaseException) else error
        title = f"Error in {where}\n" if where else ""
        host = session.host
        output = host.output if isinstance(host, CellHost) else self._host.output
        output.write("error", title + text.rstrip() + "\n")

    def _expired(self, session: LiveSession) -> None:
        if session is self._session:
            self.close("This app was closed because nobody had looked at it for a long time. Run the cell again.")


def _assets(folder: Path | None) -> dict[str, str] | None:
    """Return what a page needs to find the app's assets among the files that the server serves."""
    notebook = os.environ.get("JPY_SESSION_NAME", "")  # set by jupyter-server: the notebook's path on the disk
    if folder is None or not notebook:
        return None
    return {"folder": folder.as_posix(), "notebook": Path(notebook).as_posix()}


def _ended(page: Any) -> None:
    """Stand in for the main of an app that has ended, so that the handle keeps nothing alive."""
