"""What an app is made of on the disk, to know when it has changed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

__all__ = ["every_file", "own_modules"]


def own_modules(folder: Path) -> dict[str, ModuleType]:
    """Return the loaded modules, by name, whose source is below a folder; not what is installed there."""
    return {name: module for name, module in list(sys.modules.items()) if _is_own(_source_of(module), folder)}


def every_file(file: Path) -> Iterator[Path]:
    """Give the files whose change makes a reload worthwhile: the app's, and all modules below its folder."""
    yield file
    for module in own_modules(file.parent).values():
        yield Path(str(module.__file__))


def _source_of(module: ModuleType) -> str:
    # None for namespace packages; a module may even be something else that somebody put there.
    return str(getattr(module, "__file__", None) or "")


def _is_own(source: str, folder: Path) -> bool:
    if not source or not Path(source).is_relative_to(folder):
        return False
    # A virtual environment may well be in the app's folder.
    return "site-packages" not in Path(source).relative_to(folder).parts
