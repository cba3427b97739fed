"""The files of one Flutter client that may be served: an allow-list made at start."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from flet_jupyter.client.location import FlutterClient
from flet_jupyter.client.served import MIME_TYPES, ServedFile

FONT_MANIFEST = "assets/FontManifest.json"
ROBOTO = {"family": "Roboto", "fonts": [{"asset": "fonts/roboto.woff2"}]}

SERVED_WITHOUT_ENDING = frozenset({"assets/NOTICES"})
"""Files without an ending that Flutter fetches: the licence texts behind ``showLicensePage``."""

# What the client needs first, so that it is compressed first.
BOOT_ORDER = ("main.dart.js", "canvaskit/chromium/canvaskit.wasm", "canvaskit/canvaskit.wasm")


class ClientFiles(Mapping[str, ServedFile]):
    """The files of a Flutter client by their path in the URL.

    The folder is walked once. A request is a lookup of its path among these names, so no path that a client
    makes up ever reaches the file system. Left out are files without a known media type, which is how symbols,
    source maps, type declarations and Pyodide's launchers (``python.exe``) stay unserved, and symbolic links
    that lead out of the folder.

    Parameters
    ----------
    client : FlutterClient
        The client whose folder is listed.
    """

    def __init__(self, client: FlutterClient) -> None:
        self.client = client
        files = {name: ServedFile.on_disk(name, path) for name, path in _walk(client.path) if _is_served(name)}
        if manifest := files.get(FONT_MANIFEST):
            files[FONT_MANIFEST] = ServedFile.in_memory(FONT_MANIFEST, with_roboto(manifest.content()))
        first = {name: files[name] for name in BOOT_ORDER if name in files}
        self._files = first | files

    def __getitem__(self, name: str) -> ServedFile:
        return self._files[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def with_roboto(manifest: bytes) -> bytes:
    """List Roboto in a font manifest.

    The client has the font among its files but does not name it; it would fetch it from a CDN, and draw no text
    where there is no network.

    Parameters
    ----------
    manifest : bytes
        The content of ``FontManifest.json``.

    Returns
    -------
    bytes
        The same with Roboto in it, once.
    """
    families = json.loads(manifest)
    if any(family.get("family") == ROBOTO["family"] for family in families):
        return manifest
    return json.dumps([*families, ROBOTO], separators=(",", ":")).encode()


def _walk(root: Path) -> Iterator[tuple[str, Path]]:
    for folder, subfolders, names in os.walk(root):
        subfolders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                continue
            if path.is_file():
                yield path.relative_to(root).as_posix(), path


def _is_served(name: str) -> bool:
    suffix = Path(name).suffix.lower()
    return suffix in MIME_TYPES if suffix else name in SERVED_WITHOUT_ENDING
