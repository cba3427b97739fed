"""``flet/engine.js`` and ``flet/status``."""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from pathlib import Path

import brotli
from flet_web.version import version as flet_version

from .conftest import Fetch, message


async def test_sends_the_engine_compressed_and_has_browsers_ask_again(fetch: Fetch, engine: Path) -> None:
    response = await fetch("engine.js", Accept_Encoding="br, gzip")
    assert response.code == 200
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["Content-Encoding"] == "br"
    assert brotli.decompress(response.body) == engine.read_bytes()
    again = await fetch("engine.js", Accept_Encoding="br, gzip", If_None_Match=response.headers["ETag"])
    assert again.code == 304


async def test_a_new_build_is_served_without_a_restart(fetch: Fetch, engine: Path) -> None:
    before = await fetch("engine.js")
    engine.write_bytes(b"export const engine = 2;\n")
    os.utime(engine, ns=(1, 1))
    after = await fetch("engine.js", If_None_Match=before.headers["ETag"])
    assert after.code == 200
    assert after.body == b"export const engine = 2;\n"


async def test_says_how_to_build_a_missing_engine(fetch: Fetch, engine: Path) -> None:
    engine.unlink()
    response = await fetch("engine.js")
    assert response.code == 404
    assert "npm run build" in message(response)


async def test_status_names_the_versions(fetch: Fetch) -> None:
    response = await fetch("status")
    assert json.loads(response.body) == {"version": version("flet-jupyter"), "clients": [flet_version]}
