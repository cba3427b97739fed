"""The app files that run in this kernel for panels, and where they are now."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flet_jupyter.core.sources import status_of
from flet_jupyter.notebook.app_file import AppFile
from flet_jupyter.notebook.folders import session_folder
from flet_jupyter.notebook.notebook_file import NotebookFile
from flet_jupyter.notebook.script_file import ScriptFile
from flet_jupyter.notebook.state import kernel_runtime

if TYPE_CHECKING:
    from flet_jupyter.notebook.live import LiveApp

__all__ = ["AppFiles"]

_MAX_PLACES: Final = 100


class AppFiles(dict[str, AppFile]):
    """The files that were run, by the names that they have now.

    Attributes
    ----------
    places : dict
        Where files are that were renamed or moved, by the names that they have and had.
    """

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, Path] = {}

    def find(self, name: str) -> AppFile | None:
        """Return the file that a page calls so, if it has been run."""
        return self.get(name) or self.get(self._path(name).name)

    def new(self, name: str) -> AppFile:
        """Return the file that a page calls so, which is yet to be run."""
        path = self._path(name)
        kind = NotebookFile if path.suffix == ".ipynb" else ScriptFile
        return kind(kernel_runtime(), path)

    def keep(self, file: AppFile) -> None:
        """Have a file that was run be found, and look whether it changes, for as long as the kernel lives."""
        file.watch()
        self[file.path.name] = file

    def of(self, app: LiveApp) -> AppFile | None:
        """Return the file that an app is from; None if it is from none."""
        return next((file for file in list(self.values()) if app in file.apps), None)

    def move(self, name: str, to: str) -> None:
        """Note that a file was renamed or moved.

        Parameters
        ----------
        name : str
            What a page called it before.
        to : str
            Its path now, from the folder where it was.
        """
        file = self.get(name)
        former = file.path if file is not None else self._path(name)
        path = Path(os.path.normpath(former.parent / to))
        if status_of(former) and not status_of(path):
            return  # another page was first
        for known in [known for known, place in self.places.items() if place == former]:
            self.places[known] = path
        self.places[name] = self.places[path.name] = path
        while len(self.places) > _MAX_PLACES:
            del self.places[next(iter(self.places))]
        if file is not None:
            file.move(path)
            self[path.name] = self.pop(name)

    def close(self) -> None:
        """Close the files' apps, and forget everything."""
        for file in self.values():
            file.close()
        self.clear()
        self.places.clear()

    def _path(self, name: str) -> Path:
        """Return where the file is that a page calls so: it may not have heard of the file's new name."""
        here = (session_folder() or Path.cwd()).resolve() / name
        place = self.places.get(name, here)
        return next((path for path in (place.parent / name, here) if status_of(path)), place)
