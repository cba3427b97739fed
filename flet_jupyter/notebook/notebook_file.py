"""A notebook that shows an app, in panels: its cells are run without their page."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flet_jupyter.exceptions import AppFileError, NoAppFound
from flet_jupyter.notebook.app_file import AppFile
from flet_jupyter.notebook.cells import shown
from flet_jupyter.notebook.in_browser import fetch_imports, transformed_cell
from flet_jupyter.notebook.live import LiveApp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flet_jupyter.notebook.app import CellApp
    from flet_jupyter.notebook.runtime import KernelRuntime

__all__ = ["NotebookFile"]


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
