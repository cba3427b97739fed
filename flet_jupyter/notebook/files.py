"""App files that run in this kernel for panels: scripts and notebooks, run anew when they change."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import types
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.find import FoundApp, app_in_file
from flet_jupyter.core.sources import every_file, own_modules
from flet_jupyter.exceptions import AppFileError, LimitReached, NoAppFound, Shown, UsageError
from flet_jupyter.notebook.live import KernelHost, LiveApp
from flet_jupyter.notebook.scroll import ScrollMemory
from flet_jupyter.notebook.tracebacks import format_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flet_jupyter.notebook.app import CellApp
    from flet_jupyter.notebook.runtime import KernelRuntime

__all__ = ["AppFile", "NotebookFile", "PanelApp", "ScriptFile"]

_LOOK_EVERY: Final = 0.4
"""Seconds between two looks at the files: enough for some dozens of them, and works in every file system."""
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
        self._told = False
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
        self._told = False
        self.failure = None
        try:
            self._run()
        except BaseException as error:
            # The fault may be in a file that could not be imported, and is in no list of modules.
            self._note([self.path, *self.path.parent.glob("*.py"), *every_file(self.path)])
            self.failure = error
            if not isinstance(error, UsageError):
                # IPython asks the error for its traceback, and would show the frames that led to the file as well.
                lines = format_error(error, self._runtime.shell).splitlines()
                vars(error)["_render_traceback_"] = lambda: lines
            raise
        self._note(every_file(self.path))

    @property
    def apps(self) -> list[LiveApp]:
        """The apps of this file that live."""
        return [app for app in self._shown() if not app.closed_reason]

    def has_changed(self) -> bool:
        """Tell whether the file, or one that it is made of, is another than when it was run."""
        return any(self._stamp(file) != stamp for file, stamp in self._stamps.items())

    def move(self, path: Path) -> None:
        """Note that the file is at another place now; its app has noticed nothing."""
        if self.path in self._stamps:
            self._stamps[path] = self._stamps.pop(self.path)
        self.path = path

    def watch(self) -> None:
        """Look now and then whether the file has changed, and tell those who show it; once is enough."""
        if not self._watching:
            self._watching = True
            self._runtime.call_later(_LOOK_EVERY, self._look)

    def _look(self) -> None:
        # A file that is missing is just being replaced or renamed, as a rule; the next look will tell.
        missed, self._missed = self._missed, not self.path.exists()
        changed = self.has_changed() and missed == self._missed
        if changed and not self._told:
            for app in self._shown():
                app.tell_outdated()
        self._told = changed
        self._runtime.call_later(_LOOK_EVERY, self._look)

    @abstractmethod
    def _shown(self) -> Iterable[LiveApp]:
        """Give the apps of this file."""

    @abstractmethod
    def app_for(self, panel: str) -> LiveApp | None:
        """Return what a panel is to show."""

    @abstractmethod
    def _run(self) -> None: ...

    def _note(self, files: Iterable[Path]) -> None:
        self._stamps = {file: self._stamp(file) for file in files}

    def _stamp(self, file: Path) -> object:
        try:
            status = file.stat()
        except OSError:
            return None  # it is being replaced, or has gone
        return status.st_mtime_ns, status.st_size


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

    def app_for(self, panel: str) -> LiveApp | None:
        """Return the panel's own app, made when it first asks."""
        if self._found is None:
            return None
        app = self._panels.get(panel)
        if app is None or app.closed_reason:
            self._panels = {name: app for name, app in self._panels.items() if not app.closed_reason}
            if len(self._panels) >= _MAX_PANELS:
                raise LimitReached(f"{self.path.name} is open in {_MAX_PANELS} panels. Close some.", _MAX_PANELS)
            app = self._panels[panel] = PanelApp(self._runtime, self._found, name=self._found.name, measures=False)
        return app

    def _shown(self) -> Iterable[LiveApp]:
        return list(self._panels.values())

    def _run(self) -> None:
        __tracebackhide__ = True  # IPython leaves out frames that say so
        found = self._found = _run_script(self.path, self._runtime.shell)
        loop = self._runtime.core.loop
        tasks = [asyncio.run_coroutine_threadsafe(app.replace(found), loop) for app in self._panels.values()]
        for task in tasks:
            task.result(_REPLACING)


def _run_script(path: Path, shell: Any) -> FoundApp:
    """Run a script with fresh modules of its own; leave everything as it was if it fails."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    former = {name: module for name, module in own_modules(path.parent).items() if name != "__main__"}
    main, arguments = sys.modules["__main__"], sys.argv
    for name in former:
        del sys.modules[name]
    # As Python does it: what looks for the app's module by its name (dataclasses, pickle) is to find it.
    script = types.ModuleType("__main__")
    sys.modules["__main__"] = script
    sys.argv = [str(path)]
    try:
        found = app_in_file(path, script.__dict__)
    except BaseException:
        sys.modules["__main__"], sys.argv = main, arguments
        sys.modules.update(former)
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

    def app_for(self, panel: str) -> LiveApp | None:  # noqa: ARG002 - all panels show the one app
        """Return the notebook's app."""
        return self._app

    def _shown(self) -> Iterable[LiveApp]:
        return [self._app] if self._app is not None else []

    def _run(self) -> None:
        __tracebackhide__ = True  # IPython leaves out frames that say so
        runtime, shell = self._runtime, self._runtime.shell
        former = list(runtime.apps.values())
        runtime.no_view_opened()  # the cells have no page
        for number, source in enumerate(_code_cells(self.path), start=1):
            outcome = shell.run_cell(source, store_history=False)
            if not outcome.success:
                # run_cell has shown the traceback already.
                raise Shown(f"Cell {number} of {self.path.name} failed.")
        fresh = [app for app in runtime.apps.values() if app not in former]
        if not fresh:
            raise NoAppFound(f"{self.path.name} shows no Flet app: call ft.run(main), or end a cell with a control.")
        shown, self._app = self._app, fresh[-1]
        if shown is not None:
            shown.hand_over(self._app)
        for app in former:
            app.close("The notebook was run again.")

    def _stamp(self, file: Path) -> object:
        if file != self.path:
            return super()._stamp(file)
        try:
            # The file changes whenever its outputs do.
            return hashlib.sha256("\0".join(_code_cells(file)).encode()).hexdigest()
        except AppFileError:
            return None


def _code_cells(path: Path) -> list[str]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        return ["".join(source) for source in sources]
    except FileNotFoundError:
        raise AppFileError(f"There is no file {path.name} in {path.parent}.", path.name) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AppFileError(f"{path.name} is no notebook: {error}.", path.name) from None
