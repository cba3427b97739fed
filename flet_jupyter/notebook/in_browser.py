"""Kernels in the browser (Pyodide): packages come from the network, and are asked for before an app is run.

A cell's imports are seen to by the kernel itself. It does not look into the files that a panel runs.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.exceptions import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["fetch_imports", "run_installs", "without_installs"]

_INSTALL: Final = re.compile(r"^[ \t]*%pip[ \t].*$", re.MULTILINE)
"""A line by which a notebook installs what it needs. It awaits, which a cell that is run for a panel cannot."""
_MAX_MODULES: Final = 200


async def fetch_imports(sources: Iterable[str], folder: Path) -> None:
    """Load those packages of the Pyodide distribution that sources import, or modules beside them that they import.

    Others, and those that are loaded, are left alone.

    Parameters
    ----------
    sources : iterable of str
        Python.
    folder : Path
        Where the app's own modules are.
    """
    load = import_module("pyodide_js").loadPackagesFromImports
    for source in _with_modules(list(sources), folder):
        await load(source)


def _with_modules(sources: list[str], folder: Path) -> Iterator[str]:
    find_imports: Any = import_module("pyodide.code").find_imports
    seen: set[Path] = set()
    while sources:
        source = sources.pop()
        yield source
        for name in find_imports(source):
            for file in (folder / f"{name}.py", *sorted((folder / name).rglob("*.py"))):
                if file not in seen and len(seen) < _MAX_MODULES and file.is_file():
                    seen.add(file)
                    sources.append(file.read_text(encoding="utf-8", errors="replace"))


async def run_installs(cell: str, shell: Any) -> None:
    """Run the lines of a notebook's cell that install packages.

    Raises
    ------
    Shown
        One has failed.
    """
    for line in _INSTALL.findall(cell):
        # The kernel makes a call of piplite of it, IPython one that awaits.
        call = await shell.kernel.lite_transform_manager.transform_cell(line.strip())
        if not (await shell.run_cell_async(call, transformed_cell=shell.transform_cell(call))).success:
            raise Shown(f"This could not be installed: {line.strip()}")


def without_installs(cell: str) -> str:
    """Return a cell without those lines; the others keep their numbers."""
    return _INSTALL.sub("", cell)
