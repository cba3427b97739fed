"""The upload folders of all apps of a server, which share one limit."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from flet_jupyter.site.uploads import UploadFolder

if TYPE_CHECKING:
    from pathlib import Path

    from flet_jupyter.site.uploads import Upload

__all__ = ["UploadFolders"]


class UploadFolders:
    """Folders that receive uploads, each known for as long as it receives any. For one thread.

    Parameters
    ----------
    max_size : int or None
        The most bytes that a file may have; None is no limit.
    max_at_once : int
        Uploads that may be in progress at a time, in all folders together.
    """

    def __init__(self, max_size: int | None, max_at_once: int) -> None:
        self.max_size = max_size
        self.max_at_once = max_at_once
        self._folders: WeakValueDictionary[Path, UploadFolder] = WeakValueDictionary()

    def begin(self, path: Path, name: str, declared_size: int | None) -> Upload:
        """Begin an upload to a folder; parameters and errors are those of `UploadFolder.begin`."""
        folder = self._folders.get(path)
        if folder is None:
            folder = self._folders[path] = UploadFolder(path, self.max_size)
        elsewhere = sum(len(other.in_progress) for other in self._folders.values() if other is not folder)
        folder.max_at_once = self.max_at_once - elsewhere
        return folder.begin(name, declared_size)

    def check(self, path: Path) -> None:
        """Make a folder ready, as `UploadFolder.check` does. Safe from any thread."""
        UploadFolder(path, self.max_size).check()

    def close(self) -> None:
        """Abort the uploads in progress, and begin no others."""
        self.max_at_once = 0
        for folder in list(self._folders.values()):
            folder.close()
