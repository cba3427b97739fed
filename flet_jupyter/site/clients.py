"""The Flutter clients that are sent to browsers: each listed once, and compressed in the background."""

from __future__ import annotations

import logging
from pathlib import Path

import platformdirs

from flet_jupyter.client import ClientFiles, CompressedCopies, client_in, find_client

__all__ = ["Clients"]

log = logging.getLogger(__name__)


class Clients:
    """The Flutter clients of a process; all sites of one process can share them."""

    def __init__(self) -> None:
        self._files: dict[Path | None, ClientFiles] = {}
        self._copies: dict[Path | None, CompressedCopies] = {}

    def files(self, folder: Path | None) -> ClientFiles:
        """Return the files of the client in a folder; None is the one of flet-web.

        Raises
        ------
        ClientNotFound
            There is no client.
        """
        if folder not in self._files:
            installed = find_client()
            self._files[folder] = ClientFiles(installed if folder is None else client_in(folder, installed.version))
        return self._files[folder]

    def compress(self) -> None:
        """Begin to compress what has been asked for; what is being compressed already goes on."""
        for folder, files in self._files.items():
            if folder not in self._copies:
                copies = self._copies[folder] = CompressedCopies(_cache() / files.client.version, log)
                copies.start(files.values())

    def stop(self) -> None:
        """Compress no more until the next :meth:`compress`."""
        for copies in self._copies.values():
            copies.stop()
        self._copies.clear()


def _cache() -> Path:
    return Path(platformdirs.user_cache_dir("flet-jupyter", appauthor=False))
