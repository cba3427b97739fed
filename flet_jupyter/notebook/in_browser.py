"""Kernels in the browser (Pyodide): packages come from the network, and are asked for before an app is run.

A cell's imports are seen to by the kernel itself. It does not look into the files that a panel runs.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.exceptions import AppFileError, Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["fetch_imports", "install_declared", "run_installs", "without_installs"]

_INSTALL: Final = re.compile(r"^[ \t]*%pip[ \t].*$", re.MULTILINE)
"""A line by which a notebook installs what it needs. It awaits, which a cell that is run for a panel cannot."""
_METADATA: Final = re.compile(r"^# /// script$\s(?P<content>(^#(| .*)$\s)+)^# ///$", re.MULTILINE)
"""A script's metadata, by the expression that its specification gives (inline script metadata, PEP 723)."""
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


async def install_declared(script: str) -> None:
    """Install what a script declares as its dependencies, in the block that pipx and uv read too.

    Raises
    ------
    AppFileError
        The block is not what it should be.
    """
    if dependencies := _declared(script):
        await import_module("piplite").install(dependencies)


def _declared(script: str) -> list[str]:
    block = _METADATA.search(script)
    if block is None:
        return []
    lines = block["content"].splitlines()
    loads = import_module("tomllib").loads  # since Python 3.11; no Pyodide in use is older
    try:
        dependencies = loads("\n".join(line[2:] for line in lines)).get("dependencies", [])
    except ValueError as error:
        raise AppFileError(f"The dependencies at the top of the script cannot be read: {error}.", "") from None
    if isinstance(dependencies, list) and all(isinstance(one, str) for one in dependencies):
        return dependencies
    raise AppFileError("The dependencies at the top of the script are no list of strings.", "")


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
