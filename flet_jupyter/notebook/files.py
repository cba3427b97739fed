"""App files that run in this kernel for panels: scripts and notebooks, run anew when they change."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import json
import logging
import sys
import threading
import types
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flet.utils import is_pyodide

from flet_jupyter.core.find import FoundApp, app_in_file
from flet_jupyter.core.sources import every_file, own_modules, status_of
from flet_jupyter.exceptions import AppFileError, LimitReached, NoAppFound, UsageError
from flet_jupyter.notebook.cells import shown
from flet_jupyter.notebook.in_browser import fetch_imports, install_declared, transformed_cell
from flet_jupyter.notebook.live import KernelHost, LiveApp
from flet_jupyter.notebook.scroll import ScrollMemory
from flet_jupyter.notebook.tracebacks import format_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flet_jupyter.notebook.app import CellApp
    from flet_jupyter.notebook.runtime import KernelRuntime

__all__ = ["AppFile", "NotebookFile", "PanelApp", "ScriptFile"]

log = logging.getLogger(__name__)

_LOOK_EVERY: Final = 1.0 if is_pyodide() else 0.4
"""Seconds between two looks at the files: enough for some dozens of them, and works in every file system. In a browser
the page is asked for each, which takes 5 ms."""
_MAX_PANELS: Final = 100
_REPLACING: Final = 10.0
"""Seconds in which all panels have to have the new version."""


class AppFile(ABC):
    """A file with an app.

    Parameters
    ----------
    runtime : KernelRuntime
        The kernel's.
    path : Path
        The file.

    Attributes
    ----------
    failure : BaseException or None
        What the last run has raised.
    """

    def __init__(self, runtime: KernelRuntime, path: Path) -> None:
        self.path = path
        self._runtime = runtime
        self._stamps: dict[Path, object] = {}
        self._watching = False
        self._told: dict[Path, object] = {}
        self._missed = False
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Run the file, and show what it defines where its former version is shown; in the kernel's main thread.

        Raises
        ------
        UsageError
            The file cannot be read, or has no app.
        Exception
            Whatever it raises.
        """
        __tracebackhide__ = True  # IPython leaves out frames that say so
        with self._noted():
            self._run()

    async def run_async(self) -> None:
        """Run the file as :meth:`run`, after the packages that it needs were fetched, and what it awaits as well.

        Raises
        ------
        UsageError, Exception
            As :meth:`run`; or a package cannot be had.
        """
        __tracebackhide__ = True  # IPython leaves out frames that say so
        with self._noted():
            await self._run_async()

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        """Keep what a run says of the file: of which files it is made, and what it raises."""
        __tracebackhide__ = True  # IPython leaves out frames that say so
        self.failure = None
        beside = list(self.path.parent.glob("*.py"))
        # What is saved while it runs has changed since.
        before = {file: self._stamp(file) for file in (*every_file(self.path), *beside)}
        try:
            yield
        except BaseException as error:
            # The fault may be in a file that could not be imported, and is in no list of modules.
            self._note((*every_file(self.path), *beside), before)
            self.failure = error
            if not isinstance(error, UsageError):
                # IPython asks the error for its traceback, and would show the frames that led to the file as well.
                lines = format_error(error, self._runtime.shell).splitlines()
                vars(error)["_render_traceback_"] = lambda: lines
            raise
        self._note(every_file(self.path), before)

    @property
    def apps(self) -> list[LiveApp]:
        """The apps of this file that live. One that has ended is no answer to anybody."""
        return [app for app in self._shown() if not app.closed_reason]

    def has_changed(self) -> bool:
        """Tell whether the file, or one that it is made of, is another than when it was run."""
        return any(self._stamp(file) != stamp for file, stamp in list(self._stamps.items()))

    def move(self, path: Path) -> None:
        """Note that the file is at another place now; its app has noticed nothing."""
        if self.path in self._stamps:
            self._stamps[path] = self._stamps.pop(self.path)
        self.path = path

    def watch(self) -> None:
        """Look now and then whether the file has changed, and tell those who show it; once is enough."""
        if not self._watching:
            self._watching = True
            self._look_later()

    def close(self) -> None:
        """Close the apps, and look at the file no more."""
        self._watching = False
        for app in self.apps:
            app.close()

    def _look_later(self) -> None:
        # In a thread: the disk may be slow, and a notebook large.
        executor = self._runtime.core.executor
        self._runtime.call_later(_LOOK_EVERY, lambda: executor.submit(self._look_and_go_on))

    def _look_and_go_on(self) -> None:
        if not self._watching:
            return
        try:
            self._look()
        except Exception:
            log.exception("could not look whether %s has changed", self.path)
        finally:
            self._look_later()

    def _look(self) -> None:
        # A file that is missing is just being replaced or renamed, as a rule; the next look will tell.
        missed, self._missed = self._missed, status_of(self.path) is None
        noted = self._stamps
        now = {file: self._stamp(file) for file in list(noted)}
        if now not in (noted, self._told) and missed == self._missed:
            self._told = now
            for app in self._shown():
                app.tell_outdated()

    @abstractmethod
    def _shown(self) -> Iterable[LiveApp]:
        """Give the apps of this file."""

    @abstractmethod
    def app_for(self, panel: str) -> LiveApp | None:
        """Return what a panel is to show; None if the file has to be run first."""

    @abstractmethod
    def _run(self) -> None: ...

    @abstractmethod
    async def _run_async(self) -> None: ...

    def _note(self, files: Iterable[Path], before: dict[Path, object]) -> None:
        self._stamps = {file: before[file] if file in before else self._stamp(file) for file in files}

    def _stamp(self, file: Path) -> object:
        status = status_of(file)
        return (status.st_mtime_ns, status.st_size) if status else None  # it is being replaced, or has gone


class PanelApp(LiveApp):
    """An app file's app, in one panel: each panel has a session of its own."""

    def _new_host(self, scroll: ScrollMemory | None = None) -> KernelHost:
        return super()._new_host(scroll or ScrollMemory())


class ScriptFile(AppFile):
    """A Python file that is an app."""

    def __init__(self, runtime: KernelRuntime, path: Path) -> None:
        super().__init__(runtime, path)
        self._found: FoundApp | None = None
        self._panels: dict[str, PanelApp] = {}
        self._lock = threading.Lock()

    def app_for(self, panel: str) -> LiveApp | None:
        """Return the panel's own app, made when it first asks."""
        with self._lock:
            if self._found is None:
                return None
            app, live = self._panels.get(panel), self.apps
            if app is None or app not in live:
                self._panels = {name: app for name, app in self._panels.items() if app in live}
                if len(self._panels) >= _MAX_PANELS:
                    raise LimitReached(f"{self.path.name} is open in {_MAX_PANELS} panels. Close some.", _MAX_PANELS)
                app = self._panels[panel] = PanelApp(self._runtime, self._found, name=self._found.name, measures=False)
            return app

    def _shown(self) -> Iterable[LiveApp]:
        return list(self._panels.values())

    async def _run_async(self) -> None:
        __tracebackhide__ = True  # IPython leaves out frames that say so
        with contextlib.suppress(OSError):  # running it will tell
            source = self.path.read_text(encoding="utf-8", errors="replace")
            await install_declared(source, self.path.name)
            await fetch_imports(source, self.path.parent)
        self._run()

    def _run(self) -> None:
        __tracebackhide__ = True  # IPython leaves out frames that say so
        found = _run_script(self.path, self._runtime.shell)
        with self._lock:
            self._found = found
            apps = list(self._panels.values())
        core = self._runtime.core
        tasks = [asyncio.run_coroutine_threadsafe(app.replace(found), core.loop) for app in apps]
        if core.threads:  # else the loop goes on when this has returned
            for task in tasks:
                task.result(_REPLACING)


def _run_script(path: Path, shell: Any) -> FoundApp:
    """Run a script with fresh modules of its own; leave everything as it was if it fails."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    former = {name: module for name, module in own_modules(path.parent).items() if name != "__main__"}
    main, arguments = sys.modules["__main__"], sys.argv
    for name in former:
        del sys.modules[name]
    if is_pyodide():
        # Its folders do not tell that they have changed; and see `status_of` for a module that has gone.
        importlib.invalidate_caches()
    # As Python does it: what looks for the app's module by its name (dataclasses, pickle) is to find it.
    script = types.ModuleType("__main__")
    sys.modules["__main__"] = script
    sys.argv = [str(path)]
    try:
        found = app_in_file(path, script.__dict__)
    except BaseException as error:
        sys.modules["__main__"], sys.argv = main, arguments
        sys.modules.update(former)
        if isinstance(error, SystemExit):
            raise AppFileError(f"{path.name} called sys.exit() before it showed an app.", path.name) from None
        raise
    if shell is not None:
        # For a console that is opened on this kernel.
        shell.user_ns.update({name: value for name, value in vars(script).items() if not name.startswith("__")})
    return found


class NotebookFile(AppFile):
    """A notebook that shows an app: the last one that its cells show, as they would in the notebook."""

    def __init__(self, runtime: KernelRuntime, path: Path) -> None:
        super().__init__(runtime, path)
        self._app: CellApp | None = None
        self._read: tuple[object, object] = (None, None)

    def app_for(self, panel: str) -> LiveApp | None:  # noqa: ARG002 - all panels show the one app
        """Return the notebook's app."""
        return next(iter(self.apps), None)

    def _shown(self) -> Iterable[LiveApp]:
        return [self._app] if self._app is not None else []

    def _run(self) -> None:
        __tracebackhide__ = True  # IPython leaves out frames that say so
        with self._shown_last():
            _run_cells(self.path, self._runtime.shell)

    async def _run_async(self) -> None:
        __tracebackhide__ = True  # IPython leaves out frames that say so
        with self._shown_last():
            await _run_cells_async(self.path, self._runtime.shell)

    @contextlib.contextmanager
    def _shown_last(self) -> Iterator[None]:
        """Show the last app that cells show in the meantime, and close all others; leave the former if they fail."""
        __tracebackhide__ = True  # IPython leaves out frames that say so
        runtime = self._runtime
        former = list(runtime.apps.values())
        runtime.no_view_opened()  # the cells have no page
        try:
            yield
            last = self._last_but(former)
        except BaseException:
            for app in list(runtime.apps.values()):
                if app not in former:
                    app.close()
            raise
        shown, self._app = self.apps, last
        for one in shown:
            one.hand_over(last)
        for app in former:
            app.close("The notebook was run again.")

    def _last_but(self, former: list[CellApp]) -> CellApp:
        fresh = [app for app in self._runtime.apps.values() if app not in former]
        if not fresh:
            raise NoAppFound(f"{self.path.name} shows no Flet app: call ft.run(main), or end a cell with a control.")
        return fresh[-1]

    def _stamp(self, file: Path) -> object:
        if file != self.path:
            return super()._stamp(file)
        status = super()._stamp(file)
        if status != self._read[0]:
            # The file changes whenever its outputs do.
            self._read = status, _digest(file)
        return self._read[1]


def _digest(notebook: Path) -> str | None:
    try:
        code = "\0".join(_code_cells(notebook))
    except AppFileError:
        return None
    return hashlib.sha256(code.encode(errors="surrogatepass")).hexdigest()


def _run_cells(path: Path, shell: Any) -> None:
    """Run a notebook's cells one after the other, until one fails."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    for number, source in enumerate(_code_cells(path), start=1):
        if shell.should_run_async(source, transformed_cell=shell.transform_cell(source)):
            raise AppFileError(
                f"Cell {number} of {path.name} has a top-level await, which cannot be run for a panel: "
                "use ft.run(main) instead of 'await ft.run_async(main)'.",
                path.name,
            )
        if not shell.run_cell(source, store_history=False).success:
            raise shown(shell, f"Cell {number} of {path.name} failed.")


async def _run_cells_async(path: Path, shell: Any) -> None:
    """Run a notebook's cells one after the other, until one fails; they may await, and install packages."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    for number, cell in enumerate(_code_cells(path), start=1):
        source = await transformed_cell(cell, shell)
        code = shell.transform_cell(source)
        await fetch_imports(code, path.parent)
        if not (await shell.run_cell_async(source, store_history=False, transformed_cell=code)).success:
            raise shown(shell, f"Cell {number} of {path.name} failed.")


def _code_cells(path: Path) -> list[str]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        return ["".join(source) for source in sources]
    except FileNotFoundError:
        raise AppFileError(f"There is no file {path.name} in {path.parent}.", path.name) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AppFileError(f"{path.name} is no notebook: {error}.", path.name) from None
