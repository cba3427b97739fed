"""The folder of an app's own files, as visitors may see it."""

from __future__ import annotations

import mimetypes
import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

from flet_jupyter.client.served import IDENTITY, MIME_TYPES, Body, ServedFile
from flet_jupyter.exceptions import AssetChanged, FletJupyterError

__all__ = ["AssetFile", "AssetsFolder", "media_type"]

WELL_KNOWN: Final = ".well-known"
"""The one hidden folder that is meant to be seen (RFC 8615)."""

# Before the machine's own registry, which is empty in many containers and wrong on some desktops.
_MEDIA_TYPES: Final = {ending: kind for ending, kind in MIME_TYPES.items() if ending} | {
    ".avif": "image/avif",
    ".csv": "text/csv; charset=utf-8",
    ".frag": "text/plain; charset=utf-8",
    ".gif": "image/gif",
    ".gz": "application/gzip",
    ".ico": "image/vnd.microsoft.icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".m4a": "audio/mp4",
    ".md": "text/markdown; charset=utf-8",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".pdf": "application/pdf",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".xml": "application/xml",
}


@dataclass(frozen=True)
class AssetBody(Body):
    """A file of the app: it may change, and what is sent of it must be of one state."""

    def lost(self) -> FletJupyterError:
        """Make the error for a file that is not what was listed."""
        return AssetChanged(f"{self.source!s} changed while it was being sent: reload the page.")


class AssetFile(ServedFile):
    """A file of the app, as it was when somebody asked for it.

    It is sent as it is: what is large among an app's files, images and videos, is compressed already.
    """

    def __init__(self, name: str, path: Path, status: os.stat_result) -> None:
        super().__init__(name, AssetBody(IDENTITY, status.st_size, path, status.st_mtime_ns))
        self._stamp = f"{status.st_mtime_ns:x}-{status.st_size:x}"

    @property
    def mime_type(self) -> str:
        """The value of ``Content-Type``."""
        return media_type(self.name)

    @property
    def compressible(self) -> bool:
        """Whether compressing pays."""
        return False

    @cached_property
    def digest(self) -> str:
        """Time of change and size: to hash a video takes longer than to send the part that was asked for."""
        return self._stamp


class AssetsFolder:
    """Look up files in a folder, at the time of each request: people edit them while their app runs.

    Parameters
    ----------
    folder : Path or None
        The folder. Without one, and while it does not exist, there are no files.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def find(self, name: str) -> AssetFile | None:
        """Find a file that may be served.

        Parameters
        ----------
        name : str
            What a visitor asks for, below the folder: anything. Hidden files and those in hidden folders are not
            there, nor is what is outside of the folder, however the name or a symbolic link says it.
        """
        path = self.locate(name)
        if path is None:
            return None
        try:
            status = path.stat()
        except OSError:  # it has gone since
            return None
        if not stat.S_ISREG(status.st_mode) or not os.access(path, os.R_OK):
            return None
        return AssetFile(name, path, status)

    def locate(self, name: str) -> Path | None:
        """Find where a name leads: to a file or folder that may be seen, all links followed."""
        if self.folder is None or not self.shows(name):
            return None
        try:
            root = self.folder.resolve()
            path = (root / name).resolve(strict=True)
        # ValueError: NUL, and names that cannot be encoded; RuntimeError: a ring of links, before Python 3.13.
        except (OSError, ValueError, RuntimeError):
            return None
        # Checked again where all links have led: inside, and visible.
        inside = path.is_relative_to(root) and self.shows(path.relative_to(root).as_posix())
        return path if inside else None

    def shows(self, name: str) -> bool:
        """Tell whether what has this name below the folder may be seen."""
        return is_plain(name)


def is_plain(name: str) -> bool:
    """Whether a name can only mean a visible file below a folder, on any system.

    A backslash separates folders on Windows and a colon names drives and streams there; on other systems files
    that have them in their names are not served either.
    """
    if not name or "\\" in name or ":" in name or "\0" in name:
        return False
    first, *rest = name.split("/")
    return (first == WELL_KNOWN or not _is_odd(first)) and not any(_is_odd(segment) for segment in rest)


def _is_odd(segment: str) -> bool:
    return not segment or segment.startswith(".")


def media_type(name: str) -> str:
    """Return the value of ``Content-Type`` for a file of that name."""
    ending = PurePosixPath(name).suffix.lower()
    if ending in _MEDIA_TYPES:
        return _MEDIA_TYPES[ending]
    kind, encoding = mimetypes.guess_type(f"name{ending}", strict=False)
    if kind is None or encoding is not None:
        return "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
