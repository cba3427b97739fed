"""Where an app's files are on the kernel's disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flet.utils import is_pyodide

from flet_jupyter.core.panel_sessions import VARIABLE

if TYPE_CHECKING:
    from flet_jupyter.core.find import FoundApp

__all__ = ["Folders", "session_folder"]

_ASSETS: Final = "assets"
_UPLOADS: Final = "uploads"
_ICONS: Final = ("favicon.png", "icon.png", "icon.svg")
"""What Flet takes for an app's icon, on the web and elsewhere."""

_START: Final = Path.cwd() if is_pyodide() else None
"""JupyterLite has a kernel begin in the folder of its session's file, and tells it nothing else."""


def session_folder() -> Path | None:
    """Return the folder of the file of the kernel's session, which apps may have left; None if there is no telling."""
    session = os.environ.get(VARIABLE, "")  # set by jupyter-server: the session's path on the disk
    return Path(session).parent if session else _START


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of an app.

    Attributes
    ----------
    app : Path
        That of its file, or the kernel's current one.
    assets : Path or None
        That of its assets, if there are any.
    uploads : str
        That of its uploads, below the app's own. It need not exist.
    """

    app: Path
    assets: Path | None
    uploads: str

    @classmethod
    def of(cls, found: FoundApp) -> Folders:
        """Return the folders of an app; like Flet, take relative names from the app's own folder."""
        folder = found.file.parent if found.file is not None else Path.cwd()
        # Whoever found it in a file has looked for its assets there.
        named = found.assets_dir or (None if found.file is not None else _ASSETS)
        assets = folder / named if named is not None else None
        uploads = folder / str(found.options.get("upload_dir") or _UPLOADS)
        below = uploads.relative_to(folder) if uploads.is_relative_to(folder) else uploads
        return cls(folder, assets if assets is not None and assets.is_dir() else None, below.as_posix())

    @property
    def icon(self) -> str | None:
        """The name of the app's icon among its assets, if it has one."""
        return next((name for name in _ICONS if self.assets is not None and (self.assets / name).is_file()), None)

    def described(self) -> dict[str, str | None] | None:
        """Return what a page needs to find these folders on the server; None if there is no telling.

        They are told as seen from the folder of the session's file, for the page knows where that is on the server. Its
        name is of no use: the file may have been renamed since.
        """
        here = session_folder()
        if here is None:
            return None
        try:
            return {
                "folder": _seen_from(here, self.app),
                "assets": _seen_from(here, self.assets) if self.assets is not None else None,
                "icon": self.icon,
                "uploads": self.uploads,
            }
        except ValueError:  # on Windows: they are on another drive
            return None


def _seen_from(here: Path, folder: Path) -> str:
    # Resolved: a home folder is often behind a link, and only one of the two names it so.
    return Path(os.path.relpath(folder.resolve(), here.resolve())).as_posix()
