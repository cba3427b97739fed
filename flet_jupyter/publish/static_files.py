"""What the server extension answers below ``flet/``, as files: for hosts that only have files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from flet_jupyter.client import FALLBACK_FONTS, ClientFiles, FallbackFonts, FlutterClient, engine_path, fonts_named_in

__all__ = ["static_files"]

_NOT_ASKED_FOR: Final = (
    "pyodide/",  # Flet's own static apps: there is one already
    "main.dart.mjs",  # the engine boots dart2js with CanvasKit, and nothing else; see boot.ts
    "main.dart.wasm",
    "canvaskit/experimental_",
    "canvaskit/skwasm",
    "canvaskit/wimp",
)


def static_files(client: FlutterClient) -> Iterator[tuple[str, bytes]]:
    """Give the files that a page needs to show Flet apps, some 45 MB.

    Parameters
    ----------
    client : FlutterClient
        The one client that the site has.

    Yields
    ------
    tuple of str and bytes
        A path below ``flet/``, and the content.
    """
    yield "engine.js", engine_path().read_bytes()
    base = f"client/{client.version}/"
    for name, file in ClientFiles(client).items():
        if not name.startswith(_NOT_ASKED_FOR):
            yield base + name, file.content()
    fonts = FallbackFonts()
    for name in sorted(fonts_named_in((client.path / "main.dart.js").read_text(encoding="utf-8"))):
        # One that is missing would be asked for again and again.
        font = fonts.answer(name)
        if font is not None:
            yield f"{base}{FALLBACK_FONTS}{name}", font.content()
    yield "status", json.dumps({"clients": [client.version]}).encode()
