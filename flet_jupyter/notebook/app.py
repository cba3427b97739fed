"""One app shown by one cell: the handle that :func:`flet_jupyter.show` returns."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import sys
from typing import TYPE_CHECKING, Any

from flet_jupyter.exceptions import SessionClosed
from flet_jupyter.notebook.live import MAIN_PATIENCE, LiveApp
from flet_jupyter.notebook.tracebacks import user_frames
from flet_jupyter.notebook.widget import FletWidget

if TYPE_CHECKING:
    from flet_jupyter.core.find import FoundApp
    from flet_jupyter.notebook.cells import Cell
    from flet_jupyter.notebook.runtime import KernelRuntime

__all__ = ["CellApp"]


class CellApp(LiveApp):
    """A Flet app in a notebook cell.

    Attributes
    ----------
    name : str
        What ``%flet --list`` and ``%flet --close`` call it.
    """

    ended_by_silence = f"{LiveApp.ended_by_silence} Run the cell again."

    def __init__(
        self,
        runtime: KernelRuntime,
        found: FoundApp,
        *,
        name: str,
        cell: Cell,
        height: int | None = None,
        width: int | None = None,
        panel: str = "",
        slot: str = "",
    ) -> None:
        super().__init__(runtime, found, name=name, measures=height is None)
        self.cell = cell
        self._cell_waits = False
        self.widget = FletWidget(self._receive, label=name, height=height, width=width, panel=panel, slot=slot)
        self.attach(self.widget)

    # -- for users -----------------------------------------------------------------------------

    def close(self, reason: str = "", *, with_view: bool = False) -> None:
        """End the app and free it.

        Parameters
        ----------
        reason : str
            What its view says from then on.
        with_view : bool
            Take the view off the page too: its cell is about to show something else.
        """
        if self.closed_reason:
            return
        super().close(reason or "This app was closed. Run the cell again to start it anew.")
        if with_view:
            self.widget.close()
        else:
            # Closing its comm would take the view away, and with it the reason.
            self._runtime.keep_ended(self.cell, self.widget)

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
        if not self._runtime.core.threads:
            return  # nothing runs, and no view opens, until the cell has ended
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
        if not self._runtime.core.threads:
            return  # a view's messages come when the cell has ended
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

    def _is_awaited(self) -> bool:
        return self._cell_waits

    def _begin_waiting(self) -> None:
        self._cell_waits = True
        self._output.hold()

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
                running.exception(MAIN_PATIENCE)

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
        for entry in self._output.release():
            print(entry["text"], end="", file=sys.stdout if entry["kind"] == "stdout" else sys.stderr)

    def _receive(self, content: Any, buffers: Any) -> None:
        self.receive(self.widget, content, buffers)
