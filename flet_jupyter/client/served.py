"""A file that may be served, with the encodings it can be sent in."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import brotli

from flet_jupyter.exceptions import ClientNotFound, FletJupyterError

IDENTITY = "identity"
"""The name that HTTP gives to a body as it is."""

CHUNK = 256 * 1024
"""Bytes read at once. A body is streamed, so that slow clients do not each hold a 10 MB file in memory."""

# Named here rather than taken from `mimetypes`, which reads the machine's registry: there .js and .mjs are at
# times text/plain, and a browser then refuses the module; WebAssembly must be application/wasm to be streamed.
MIME_TYPES = {
    "": "text/plain; charset=utf-8",  # NOTICES, the licence texts
    ".bin": "application/octet-stream",
    ".css": "text/css; charset=utf-8",
    ".frag": "application/json",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".otf": "font/otf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".whl": "application/zip",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".zip": "application/zip",
}

COMPRESSIBLE = frozenset(
    {"", ".bin", ".css", ".frag", ".html", ".js", ".json", ".mjs", ".otf", ".svg", ".ttf", ".wasm"}
)
"""Endings worth compressing. The others are compressed formats already."""

# Measured on one core, main.dart.js (9.6 MB) and canvaskit.wasm (7.2 MB) together:
#
#   brotli 5    4.94 MB   0.44 s      gzip 6   5.48 MB   0.65 s
#   brotli 9    4.73 MB   2.0 s       gzip 9   5.45 MB   1.3 s
#   brotli 11   4.14 MB  30   s
#
# A client is compressed once and sent many times, in the background, so 9 is cheap enough; 11 would keep a core
# busy for minutes after the first start, on a machine that was bought for computing. Gzip is for the few
# browsers that have no brotli: over plain HTTP to another machine they do not offer it.
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda content: brotli.compress(content, quality=9),
    "gzip": lambda content: gzip.compress(content, 6, mtime=0),
}
"""How to compress, by the name of the encoding, the best first."""


# Sending the new file would be worse than an error: its URL names the old version, and browsers keep it for a year.
_REPLACED = "The Flutter client was replaced while the server runs: restart the Jupyter server."


@dataclass(frozen=True)
class Body:
    """What is sent for one file in one encoding.

    Attributes
    ----------
    encoding : str
        ``"br"``, ``"gzip"`` or ``"identity"``.
    size : int
        Bytes on the wire.
    source : Path or bytes
        Where they are.
    mtime_ns : int or None
        The file's time of change in nanoseconds that `source` must still have; None if it may not change.
    """

    encoding: str
    size: int
    source: Path | bytes
    mtime_ns: int | None = None

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Give the bytes, piece by piece.

        Parameters
        ----------
        start, stop : int
            The part to give, as in a slice; all of it if left out.

        Raises
        ------
        ClientNotFound
            Before the first piece, if the file has changed or gone since it was listed; later if it becomes
            shorter meanwhile.
        """
        stop = self.size if stop is None else min(stop, self.size)
        if isinstance(self.source, bytes):
            yield self.source[start:stop]
            return
        try:
            file = self.source.open("rb")
        except OSError as error:
            raise self.lost() from error
        with file:
            status = os.fstat(file.fileno())
            if status.st_size != self.size or self.mtime_ns not in (None, status.st_mtime_ns):
                raise self.lost()
            file.seek(start)
            left = stop - start
            # Never more than was announced: the file may grow while it is sent.
            while left > 0:
                chunk = file.read(min(CHUNK, left))
                if not chunk:
                    raise self.lost()
                left -= len(chunk)
                yield chunk

    def lost(self) -> FletJupyterError:
        """Make the error for a file that is not what was listed."""
        return ClientNotFound(_REPLACED)


class ServedFile:
    """One file that may be served.

    Attributes
    ----------
    name : str
        Its path in the URL, with forward slashes.
    bodies : dict of str to Body
        What can be sent now, by encoding. ``identity`` is always there; compressed bodies are added when they
        are ready, from another thread: one assignment to one key, which Python makes atomic.
    """

    def __init__(self, name: str, body: Body) -> None:
        self.name = name
        self.bodies: dict[str, Body] = {IDENTITY: body}

    @classmethod
    def on_disk(cls, name: str, path: Path) -> ServedFile:
        """Serve a file of the disk, as long as it does not change."""
        status = path.stat()
        return cls(name, Body(IDENTITY, status.st_size, path, status.st_mtime_ns))

    @classmethod
    def in_memory(cls, name: str, content: bytes) -> ServedFile:
        """Serve bytes that are small enough to keep, compressed right away."""
        file = cls(name, Body(IDENTITY, len(content), content))
        if file.compressible:
            for encoding, compress in ENCODERS.items():
                compressed = compress(content)
                file.bodies[encoding] = Body(encoding, len(compressed), compressed)
        return file

    @property
    def mime_type(self) -> str:
        """The value of ``Content-Type``."""
        return MIME_TYPES.get(self._suffix, "application/octet-stream")

    @property
    def compressible(self) -> bool:
        """Whether compressing pays."""
        return self._suffix in COMPRESSIBLE

    def content(self) -> bytes:
        """Read it whole.

        Raises
        ------
        ClientNotFound
            The file has changed or gone since it was listed.
        """
        return b"".join(self.bodies[IDENTITY].chunks())

    @cached_property
    def digest(self) -> str:
        """The content's SHA-256 in hexadecimal, read on first use."""
        content = hashlib.sha256()
        for chunk in self.bodies[IDENTITY].chunks():
            content.update(chunk)
        return content.hexdigest()

    @property
    def _suffix(self) -> str:
        return PurePosixPath(self.name).suffix.lower()
