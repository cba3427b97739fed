"""What one kernel has for all its apps: the session loop's thread and the list of apps."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

from flet.utils import is_pyodide

from flet_jupyter.core.pace import Pace
from flet_jupyter.core.runtime import Runtime
from flet_jupyter.exceptions import BadOption, LimitReached
from flet_jupyter.notebook.cells import Cell, current_cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from flet_jupyter.core.find import FoundApp
    from flet_jupyter.notebook.app import CellApp
    from flet_jupyter.notebook.live import LiveApp
    from flet_jupyter.notebook.widget import FletWidget

__all__ = ["KernelRuntime", "check_size"]

_SWITCH_INTERVAL: Final = 0.0005
_MAX_RATE: Final = 300
"""Packets per second from all apps together. JupyterLab's server drops what a kernel publishes beyond 1,000 messages a
second; each packet is one, and its acknowledgement makes the kernel publish up to two more."""
_MAX_APPS: Final = 1_000
_MAX_PIXELS: Final = 20_000
_MAX_ENDED: Final = 100
_FIRST_PATIENCE: Final = 3.0
_LATER_PATIENCE: Final = 1.5
_NO_PATIENCE: Final = 0.05

_USUAL_PAGE: Final[dict[str, Any]] = {
    "route": "/",
    "web": True,
    "width": 800.0,
    "height": 400.0,
    "platform": "linux",
    "platform_brightness": "light",
}
"""What is assumed of a page while none has been seen: a notebook on a desktop."""


class KernelRuntime:
    """The apps of one kernel.

    Parameters
    ----------
    shell : InteractiveShell or None
        IPython's shell; None outside IPython.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.apps: dict[str, CellApp] = {}
        self.usual_page: dict[str, Any] = dict(_USUAL_PAGE)
        self.open_patience = _FIRST_PATIENCE
        self._ended: list[tuple[Cell, FletWidget]] = []
        self._lock = threading.Lock()
        self._core: Runtime | None = None

    @property
    def core(self) -> Runtime:
        """The session loop; its thread starts when first needed. In a browser, without threads, it is the kernel's."""
        with self._lock:
            if self._core is None:
                self._core = _kernel_loop() if is_pyodide() else _start_loop()
            return self._core

    def call_later(self, delay: float, function: Callable[[], None]) -> None:
        """Call `function` on the session loop after `delay` seconds; from any thread."""
        loop = self.core.loop
        # In a context of its own, so that the timer does not keep the session alive for which it is set.
        loop.call_soon_threadsafe(loop.call_later, delay, function, context=contextvars.Context())

    # -- what was learned about the front end -----------------------------------------------------

    def view_opened(self, page_props: dict[str, Any]) -> None:
        """Remember what a page is like, for apps that have to start before theirs is known."""
        self.usual_page = {**_USUAL_PAGE, **{key: page_props[key] for key in _USUAL_PAGE if key in page_props}}
        self.open_patience = _LATER_PATIENCE

    def no_view_opened(self) -> None:
        """Stop waiting for views while cells run: this front end does not deliver then, or there is none."""
        self.open_patience = _NO_PATIENCE

    # -- apps ----------------------------------------------------------------------------------

    def start(
        self,
        found: FoundApp,
        *,
        name: str,
        height: int | None = None,
        width: int | None = None,
        panel: str = "",
    ) -> CellApp:
        """Make an app for the running cell; it is yet to be displayed.

        Raises
        ------
        BadOption
            A size is not positive.
        LimitReached
            The kernel has as many apps as are allowed.
        """
        # Widgets take a tenth of a second to import, for which panels need not wait.
        from flet_jupyter.notebook.app import CellApp  # noqa: PLC0415

        check_size("height", height)
        check_size("width", width)
        if len(self.apps) >= _MAX_APPS:
            raise LimitReached(f"This kernel has {_MAX_APPS} Flet apps. Close some: %flet --close --all", _MAX_APPS)
        cell = current_cell(self.shell)
        app = CellApp(
            self,
            found,
            name=self._free_name(name),
            cell=cell,
            height=height,
            width=width,
            panel=panel,
            slot=self._slot(cell),
        )
        self.apps[app.name] = app
        return app

    def forget(self, app: LiveApp) -> None:
        """Remove an app that has ended from the list."""
        for name, known in list(self.apps.items()):
            if known is app:
                del self.apps[name]

    def close_former(self, *_: Any) -> None:
        """Close the apps that earlier runs of this cell made; IPython calls this before each cell."""
        cell = current_cell(self.shell)
        if not cell.id:
            return
        for app in list(self.apps.values()):
            if app.cell.id == cell.id and app.cell.execution != cell.execution:
                app.close("The cell was run again.", with_view=True)
        for ended, widget in list(self._ended):
            if ended.id == cell.id and ended.execution != cell.execution:
                self._ended.remove((ended, widget))
                widget.close()

    def keep_ended(self, cell: Cell, widget: FletWidget) -> None:
        """Keep the widget of an app that has ended, so that its view can say why, until its cell is run again."""
        self._ended.append((cell, widget))
        if len(self._ended) > _MAX_ENDED:
            self._ended.pop(0)[1].close()

    def close_all(self) -> int:
        """Close every app; return how many there were."""
        apps = list(self.apps.values())
        for app in apps:
            app.close()
        return len(apps)

    def _slot(self, cell: Cell) -> str:
        """Name the next app of a cell's run so that the one in the same place of the next run has the same name."""
        return f"{cell.id}:{sum(app.cell == cell for app in self.apps.values())}" if cell.id else ""

    def _free_name(self, name: str) -> str:
        free, number = name, 1
        while free in self.apps:
            number += 1
            free = f"{name}-{number}"
        return free


def check_size(option: str, value: object) -> None:
    """Raise `BadOption` unless `value` is None or a possible number of CSS pixels."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_PIXELS):
        return
    raise BadOption(f"{option}={value!r}: give a positive number of pixels, {_MAX_PIXELS} at most.")


def _start_loop() -> Runtime:
    # A click passes through three threads. While a cell computes in Python each of them waits so
    # long for the interpreter, by default 5 ms; nobody pays for a shorter time while none waits.
    sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_INTERVAL))
    loop = asyncio.new_event_loop()
    runtime = Runtime(loop, pace=_pace())
    ready = threading.Event()

    loop.call_soon(ready.set)
    threading.Thread(target=runtime.run, name="flet-sessions", daemon=True).start()
    ready.wait()
    return runtime


def _kernel_loop() -> Runtime:
    runtime = Runtime(asyncio.get_event_loop(), threads=False, pace=_pace())
    runtime.adopt_thread()
    return runtime


def _pace() -> Pace:
    return Pace(_MAX_RATE, _MAX_RATE)
