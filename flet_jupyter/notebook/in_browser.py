"""Kernels in the browser (Pyodide): packages come from the network, and are asked for before an app is run.

A cell's imports are seen to by the kernel itself. It does not look into the files that a panel runs. In other kernels
nothing here does anything.
"""

from __future__ import annotations

import ast
import re
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.sources import status_of
from flet_jupyter.exceptions import AppFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["fetch_imports", "install_declared", "transformed_cell"]

_METADATA: Final = re.compile(r"^# /// script$\s(?P<content>(^#(| .*)$\s)+)^# ///$", re.MULTILINE)
"""A script's metadata, by the expression that its specification gives (inline script metadata, PEP 723)."""
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_THERE: Final = frozenset(("flet", "flet-jupyter"))
"""What the site has in the version that fits its client, whatever a script wants."""
_MAX_MODULES: Final = 200
"""An app's own modules that are looked through."""


def _has_packages() -> bool:
    """Tell whether this is a kernel that fetches packages: other kernels in the browser have theirs from the start."""
    return find_spec("pyodide_js") is not None


async def fetch_imports(source: str, folder: Path) -> None:
    """Load the packages of the Pyodide distribution that an app imports, or modules of its own that it imports.

    Parameters
    ----------
    source : str
        Python; what cannot be parsed imports nothing.
    folder : Path
        Where the app's own modules are.
    """
    if _has_packages() and (names := packages_of(source, folder)):
        # It knows which packages have these names, and leaves alone what is loaded, or is no package of Pyodide's.
        await import_module("pyodide_js").loadPackagesFromImports("\n".join(f"import {name}" for name in sorted(names)))


def packages_of(source: str, folder: Path) -> set[str]:
    """Return the names that an app imports from elsewhere, itself or in modules of its own."""
    names: set[str] = set()
    seen: set[Path] = set()
    todo = [(source, folder)]
    while todo:
        text, here = todo.pop()
        for level, name in _imports(text):
            base = folder if level == 0 else here
            for _ in range(level - 1):
                base = base.parent
            files = list(_files(base, name))
            if not files and level == 0:
                names.add(name.partition(".")[0])
            for file in files:
                if file not in seen and len(seen) < _MAX_MODULES:
                    seen.add(file)
                    todo.append((file.read_text(encoding="utf-8", errors="replace"), file.parent))
    return names - sys.stdlib_module_names


def _imports(source: str) -> Iterator[tuple[int, str]]:
    """Give what is imported, each with the number of dots before it."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # Of `from package import name` the name may be a module.
            prefix = f"{node.module}." if node.module else ""
            yield from ((node.level, prefix + alias.name) for alias in node.names)


def _files(base: Path, name: str) -> Iterator[Path]:
    """Give the files below `base` that importing a module runs."""
    path = base
    for part in name.split("."):
        path = path / part
        for file in (path / "__init__.py", path.with_name(f"{part}.py")):
            if status_of(file):
                yield file


async def install_declared(script: str, name: str) -> None:
    """Install what a script declares as its dependencies, in the block that pipx and uv read too.

    Parameters
    ----------
    script : str
        Python.
    name : str
        The file's name.

    Raises
    ------
    AppFileError
        The block is not what it should be, or what it names cannot be installed.
    """
    if _has_packages() and (dependencies := declared_in(script, name)):
        try:
            await import_module("piplite").install(dependencies)
        except Exception as error:  # noqa: BLE001 - micropip has no error of its own
            raise AppFileError(
                f"{name} declares dependencies that cannot be installed here: {_sentence(error)}.", name
            ) from None


def declared_in(script: str, name: str) -> list[str]:
    """Return the dependencies in a script's metadata, but those that are there anyway.

    Raises
    ------
    AppFileError
        The block is not what it should be.
    """
    block = _METADATA.search(script)
    if block is None:
        return []
    lines = block["content"].splitlines()
    loads = import_module("tomllib").loads  # since Python 3.11; no Pyodide in use is older
    try:
        dependencies = loads("\n".join(line[2:] for line in lines)).get("dependencies", [])
    except ValueError as error:
        raise AppFileError(f"The dependencies at the top of {name} cannot be read: {error}.", name) from None
    if not isinstance(dependencies, list) or not all(isinstance(one, str) for one in dependencies):
        raise AppFileError(f"The dependencies at the top of {name} are no list of strings.", name)
    return [one for one in dependencies if _package(one) not in _THERE]


def _package(requirement: str) -> str:
    found = _NAME.match(requirement.strip())
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def _sentence(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


async def transformed_cell(source: str, shell: Any) -> str:
    """Return a notebook's cell as the kernel would run it: ``%pip`` is a call that awaits, in Pyodide's."""
    manager = getattr(getattr(shell, "kernel", None), "lite_transform_manager", None)
    return str(await manager.transform_cell(source)) if manager is not None else source
