"""A file with an app that runs in this kernel for panels, and is run anew when it changes."""

from __future__ import annotations

import contextlib
import logging
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flet.utils import is_pyodide

from flet_jupyter.core.sources import every_file, status_of
from flet_jupyter.exceptions import UsageError
from flet_jupyter.notebook.live import LiveApp
from flet_jupyter.notebook.tracebacks import format_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flet_jupyter.notebook.runtime import KernelRuntime

__all__ = ["MAX_PANELS", "AppFile"]

log = logging.getLogger(__name__)

_LOOK_EVERY: Final = 1.0 if is_pyodide() else 0.4
"""Seconds between two looks at the files: enough for some dozens of them, and works in every file system. In a browser
the page is asked for each, which takes 5 ms."""
MAX_PANELS: Final = 100
"""How many panels one file may have."""


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
        self._waiting: dict[Callable[[], None], None] = {}
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
            missing = dict.fromkeys(self._missing(error))
            self._note((*every_file(self.path), *beside, *missing), {**before, **missing})
            self.failure = error
            if not isinstance(error, UsageError):
                # IPython asks the error for its traceback, and would show the frames that led to the file as well.
                lines = format_error(error, self._runtime.shell).splitlines()
                vars(error)["_render_traceback_"] = lambda: lines
            raise
        self._note(every_file(self.path), before)

    def _missing(self, error: BaseException) -> list[Path]:
        """Return where a module would be that was not found, if somebody wrote it."""
        if not isinstance(error, ModuleNotFoundError) or not error.name:
            return []
        name = self.path.parent / error.name.partition(".")[0]
        return [name.with_suffix(".py"), name / "__init__.py"]

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

    def tell(self, waiting: Callable[[], None]) -> None:
        """Call `waiting` when the file has changed, until :meth:`tell_no_more`. Who shows an app of it need not ask."""
        self._waiting[waiting] = None
        self._told = {}  # what has changed while the file ran was told to others, if to anybody
        while len(self._waiting) > MAX_PANELS:
            del self._waiting[next(iter(self._waiting))]

    def tell_no_more(self, waiting: Callable[[], None]) -> None:
        """Take back a :meth:`tell`."""
        self._waiting.pop(waiting, None)

    def close(self) -> None:
        """Close the apps, and look at the file no more."""
        self._watching = False
        self._waiting.clear()
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
            for tell in [*(app.tell_outdated for app in self._shown()), *list(self._waiting)]:
                tell()

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
