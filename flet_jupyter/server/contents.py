"""The files below the server's root, named as JupyterLab names them."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jupyter_core.paths import is_hidden
from jupyter_server.services.contents.filemanager import FileContentsManager

from flet_jupyter.exceptions import Refused
from flet_jupyter.site.assets import AssetsFolder, is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_server.services.contents.manager import ContentsManager

__all__ = ["LocalContents"]

MAX_ENTRIES: Final = 10_000
"""Files and folders that are looked at for those too large: enough for an app, and soon done for a home folder."""
MAX_LISTED: Final = 10
"""Files that are named: who has more knows by then what is wrong."""


class LocalContents(AssetsFolder):
    """What the server's contents manager shows of this machine's disk.

    Nothing outside of its root is there, however a name or a link says it, and nothing hidden unless the manager
    allows that. Calls wait for the disk.

    Parameters
    ----------
    manager : ContentsManager
        The server's.

    Raises
    ------
    Refused
        With status 404, if it keeps its files elsewhere than on the disk.
    """

    def __init__(self, manager: ContentsManager) -> None:
        if not isinstance(manager, FileContentsManager):
            raise Refused(
                "This Jupyter server keeps its files elsewhere than on its disk: apps cannot have files of their own.",
                404,
            )
        self.root = Path(os.path.realpath(manager.root_dir))
        self.allow_hidden = bool(manager.allow_hidden)
        super().__init__(self.root)

    def find_folder(self, name: str) -> Path | None:
        """Find a folder, the root (an empty name) among them; links are followed."""
        name = name.strip("/")
        path = self.locate(name) if name else self.root
        return path if path is not None and path.is_dir() else None

    def locate(self, name: str) -> Path | None:
        """Find where a name leads."""
        path = super().locate(name)
        return path if path is not None and self.admits(path) else None

    def admits(self, path: Path) -> bool:
        """Tell whether a path, where something is or may be made, leads to a place that may be seen."""
        try:
            where = path.resolve()
            return (
                where.is_relative_to(self.root)
                and self.shows(where.relative_to(self.root).as_posix())
                # Flags of the file system can hide something, too; and here no hidden folder is meant to be seen.
                and (self.allow_hidden or not is_hidden(where, self.root))
            )
        except (OSError, ValueError, RuntimeError):
            return False

    def shows(self, name: str) -> bool:
        """Tell whether what has this name below the root may be seen."""
        if self.allow_hidden:
            # What is left of "." and ".." are no names.
            name = "/".join(segment.lstrip(".") for segment in name.split("/"))
        return is_plain(name)

    def larger_than(self, limit: int, folder: Path) -> list[tuple[str, int]]:
        """Find files of more than `limit` bytes below a folder, the nearest first: paths relative to it, and sizes.

        At most `MAX_LISTED`, among the first `MAX_ENTRIES` that there are. Links to folders are not followed.
        """
        found: list[tuple[str, int]] = []
        for entry in self._entries_below(folder):
            try:
                size = entry.stat().st_size
            except OSError:
                continue
            path = Path(entry.path)
            # The costly question, whether it would be sent at all, comes last.
            if size > limit and self.find(path.relative_to(self.root).as_posix()) is not None:
                found.append((path.relative_to(folder).as_posix(), size))
                if len(found) == MAX_LISTED:
                    break
        return found

    def _entries_below(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        left = MAX_ENTRIES
        folders = deque([folder])
        while folders:
            try:
                with os.scandir(folders.popleft()) as entries:
                    for entry in entries:
                        if left == 0:
                            return
                        left -= 1
                        if not self.shows(entry.name):
                            continue
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(Path(entry.path))
                        else:
                            yield entry
            except OSError:  # a folder that cannot be listed, or has gone
                continue
