"""``flet/engine.js`` and ``flet/status``."""

from __future__ import annotations

import json
import os
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import brotli
from flet_web.version import version as flet_version
from prometheus_client import REGISTRY

from flet_jupyter.server.extension import FletExtension
from flet_jupyter.site.settings import SiteSettings

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


async def test_status_names_versions_and_limits(fetch: Fetch) -> None:
    response = await fetch("status")
    assert json.loads(response.body) == {
        "version": version("flet-jupyter"),
        "clients": [flet_version],
        "max_asset_bytes": 256_000_000,
        "max_upload_bytes": None,
    }


def test_upload_limits_are_those_of_a_website() -> None:
    assert FletExtension().max_upload_bytes == SiteSettings().max_upload_size


def test_every_option_explains_itself_in_sentences() -> None:
    own = FletExtension.class_own_traits(config=True)
    assert {"max_asset_bytes", "max_upload_bytes", "max_uploads_at_once"} <= own.keys()
    for name, trait in own.items():
        assert re.fullmatch(r"[A-Z].{20,}\.", trait.help, re.DOTALL), name
        assert f"--FletExtension.{name}" in FletExtension.class_get_help()


def test_the_documentation_names_every_route_option_and_metric(extension: Any) -> None:
    text = (Path(__file__).parents[2] / "docs" / "server.md").read_text(encoding="utf-8")
    for pattern, *_ in extension.handlers:
        assert pattern.removeprefix("/flet/").partition("/")[0].replace("\\", "") in text
    for name in FletExtension.class_own_traits(config=True):
        assert f"`FletExtension.{name}`" in text
    for metric in REGISTRY.collect():
        if metric.name.startswith("flet_"):
            assert f"`{metric.name}" in text
