"""What a server answers, as files."""

from __future__ import annotations

import json

import pytest

from flet_jupyter.client import ClientFiles, engine_path, find_client, fonts_named_in
from flet_jupyter.publish.static_files import static_files

CLIENT = find_client()
BASE = f"client/{CLIENT.version}/"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return dict(static_files(CLIENT))


def test_the_engine_is_there_and_says_which_client_it_has(files: dict[str, bytes]) -> None:
    assert files["engine.js"] == engine_path().read_bytes()
    assert json.loads(files["status"]) == {"clients": [CLIENT.version]}


def test_the_client_is_as_a_server_would_send_it(files: dict[str, bytes]) -> None:
    assert files[f"{BASE}main.dart.js"] == (CLIENT.path / "main.dart.js").read_bytes()
    # A server lists Roboto in it, so that the client need not fetch it from elsewhere.
    assert b"Roboto" in files[f"{BASE}assets/FontManifest.json"]


def test_nothing_of_the_client_is_missing_but_other_ways_to_run_it(files: dict[str, bytes]) -> None:
    left_out = {name for name in ClientFiles(CLIENT) if BASE + name not in files}
    assert {name.partition("/")[0].partition(".")[0] for name in left_out} == {"pyodide", "main", "canvaskit"}
    assert [name for name in left_out if name.startswith("main") and "wasm" not in name and ".mjs" not in name] == []
    assert f"{BASE}canvaskit/canvaskit.wasm" in files
    assert f"{BASE}canvaskit/chromium/canvaskit.wasm" in files


def test_each_font_that_the_client_may_ask_for_is_there(files: dict[str, bytes]) -> None:
    named = fonts_named_in((CLIENT.path / "main.dart.js").read_text(encoding="utf-8"))
    assert len(named) > 500
    assert [name for name in named if not files.get(f"{BASE}assets/fonts/fallback/{name}")] == []
