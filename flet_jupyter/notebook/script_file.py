"""A Python file that is an app, in panels: each has a session of its own."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import sys
import threading
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flet.utils import is_pyodide

from flet_jupyter.core.find import FoundApp, app_in_file
from flet_jupyter.core.sources import own_modules
from flet_jupyter.exceptions import AppFileError, LimitReached
from flet_jupyter.notebook.app_file import MAX_PANELS, AppFile
from flet_jupyter.notebook.in_browser import fetch_imports, install_declared
from flet_jupyter.notebook.live import KernelHost, LiveApp
from flet_jupyter.notebook.scroll import ScrollMemory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flet_jupyter.notebook.runtime import KernelRuntime

__all__ = ["PanelApp", "ScriptFile"]

_REPLACING: Final = 10.0
"""Seconds in which all panels have to have the new version."""


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
                if len(self._panels) >= MAX_PANELS:
                    raise LimitReached(f"{self.path.name} is open in {MAX_PANELS} panels. Close some.", MAX_PANELS)
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
