"""What an app is made of on the disk, to know when it has changed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flet.utils import is_pyodide

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

__all__ = ["every_file", "own_modules", "status_of"]


def own_modules(folder: Path) -> dict[str, ModuleType]:
    """Return the loaded modules, by name, whose source is below a folder; not what is installed there."""
    # Not by pathlib: of the thousand modules of a kernel nearly none is in question, and each would take 20 µs.
    start = os.path.join(folder, "")  # noqa: PTH118
    own = {}
    for name, module in list(sys.modules.items()):
        source = _source_of(module)
        # A virtual environment may well be in the app's folder.
        if source.startswith(start) and "site-packages" not in Path(source[len(start) :]).parts:
            own[name] = module
    return own


def every_file(file: Path) -> Iterator[Path]:
    """Give the files whose change makes a reload worthwhile: the app's, and all modules below its folder."""
    yield file
    for module in own_modules(file.parent).values():
        yield Path(str(module.__file__))


def status_of(file: Path) -> os.stat_result | None:
    """Return the status of a file; None if there is none, or it cannot be reached.

    JupyterLite's drive never answers a question for a file that it had and has no more, and the kernel hangs. It lists
    what it has.
    """
    try:
        return file.stat() if not is_pyodide() or file.name in os.listdir(file.parent) else None  # noqa: PTH208
    except OSError:
        return None


def _source_of(module: ModuleType) -> str:
    # None for namespace packages; a module may even be something else that somebody put there.
    return str(getattr(module, "__file__", None) or "")
