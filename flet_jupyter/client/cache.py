"""Compressed copies of a client's files on the disk, made in the background."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

from flet_jupyter.client.served import ENCODERS, IDENTITY, Body, ServedFile
from flet_jupyter.exceptions import ClientNotFound

FORMAT = "1"
"""Part of every copy's name; raise it when the encoders' settings change, and the old copies are no longer used."""


class CompressedCopies:
    """Compress files once, keep the copies, and add them to the files.

    A copy is named after the SHA-256 of the content, so it can be neither stale nor of another client. It is
    written to a temporary file that then takes the copy's name: two servers that start at once write the same
    copy twice and neither reads half of one. Where the folder cannot be written the files stay as they are and
    are sent uncompressed.

    Parameters
    ----------
    folder : Path
        Where the copies of one client version are kept. It is made if it is missing.
    log : logging.Logger
        Told once if the folder cannot be used.
    """

    def __init__(self, folder: Path, log: logging.Logger) -> None:
        self._folder = folder
        self._log = log
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, files: Iterable[ServedFile]) -> None:
        """Begin to compress in a thread of its own; `files` can be served meanwhile.

        Brotli releases the GIL: while it compressed main.dart.js, another thread waited 8 ms at most.
        """
        self._thread = threading.Thread(
            target=self.add_to, args=(list(files),), name="flet-client-compression", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop after the file at hand. The next start goes on where this one ended."""
        self._stopped.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the thread.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Returns
        -------
        bool
            Whether it has ended.
        """
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def add_to(self, files: Iterable[ServedFile]) -> None:
        """Compress what is not in the folder yet, and add all copies to `files`."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for file in files:
                if self._stopped.is_set():
                    return
                if file.compressible and len(file.bodies) == 1:
                    self._add(file)
        except (OSError, ClientNotFound) as error:
            self._log.warning("The Flutter client is served without compression: %s", error)

    def _add(self, file: ServedFile) -> None:
        content = None
        for encoding, compress in ENCODERS.items():
            copy = self._folder / f"{file.digest}-{FORMAT}.{encoding}"
            if not copy.is_file():
                if content is None:
                    content = b"".join(file.bodies[IDENTITY].chunks())
                _write(copy, compress(content))
            size = copy.stat().st_size
            # A copy that is not smaller costs the browser work for nothing.
            if size < file.bodies[IDENTITY].size:
                file.bodies[encoding] = Body(encoding, size, copy)


def _write(path: Path, content: bytes) -> None:
    """Write a file so that others see all of it or none."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
