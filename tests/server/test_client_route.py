"""``flet/client/<version>/<path>``."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import brotli
import pytest
from flet_web.version import version as VERSION  # noqa: N812 (a constant here)

from flet_jupyter.client import ClientFiles, find_client

from .conftest import FILES, Fetch, message

CLIENT = f"client/{VERSION}"
DECODE = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.mark.parametrize(
    ("name", "mime_type"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("main.dart.js", "text/javascript; charset=utf-8"),
        ("main.dart.mjs", "text/javascript; charset=utf-8"),
        ("main.dart.wasm", "application/wasm"),
        ("assets/NOTICES", "text/plain; charset=utf-8"),
        ("assets/fonts/roboto.woff2", "font/woff2"),
        ("assets/fonts/icons.otf", "font/otf"),
        ("icons/icon.png", "image/png"),
    ],
)
async def test_sends_a_file_as_it_is_with_its_media_type(fetch: Fetch, name: str, mime_type: str) -> None:
    response = await fetch(f"{CLIENT}/{name}")
    assert response.code == 200
    assert response.body == FILES[name]
    assert response.headers["Content-Type"] == mime_type
    assert response.headers["Content-Length"] == str(len(FILES[name]))
    assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "br"),
        ("GZIP", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
    ],
)
@pytest.mark.parametrize("name", ["main.dart.js", "main.dart.wasm", "assets/NOTICES"])
async def test_sends_what_the_browser_decodes_to_the_same_bytes(
    fetch: Fetch, name: str, accepted: str, encoding: str
) -> None:
    response = await fetch(f"{CLIENT}/{name}", Accept_Encoding=accepted)
    assert response.headers["Content-Encoding"] == encoding
    assert response.headers["Content-Length"] == str(len(response.body))
    assert response.headers["Vary"] == "Accept-Encoding"
    assert len(response.body) < len(FILES[name])
    assert DECODE[encoding](response.body) == FILES[name]


@pytest.mark.parametrize("accepted", ["", "identity", "zstd", "br;q=0, gzip;q=0", "br;q=nonsense"])
async def test_sends_no_encoding_that_was_not_asked_for(fetch: Fetch, accepted: str) -> None:
    response = await fetch(f"{CLIENT}/main.dart.js", Accept_Encoding=accepted)
    assert "Content-Encoding" not in response.headers
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.body == FILES["main.dart.js"]


async def test_does_not_compress_what_is_compressed(fetch: Fetch, cache_dir: Path) -> None:
    response = await fetch(f"{CLIENT}/assets/fonts/roboto.woff2", Accept_Encoding="br")
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize("encoding", ["", "br"])
async def test_answers_a_head_with_the_headers_of_a_get(fetch: Fetch, encoding: str) -> None:
    get = await fetch(f"{CLIENT}/main.dart.js", Accept_Encoding=encoding)
    head = await fetch(f"{CLIENT}/main.dart.js", Accept_Encoding=encoding, method="HEAD")
    assert head.code == 200
    assert head.body == b""
    for name in ("Content-Type", "Content-Length", "Cache-Control", "ETag", "Vary"):
        assert head.headers[name] == get.headers[name]


async def test_answers_304_to_a_browser_that_has_the_file(fetch: Fetch) -> None:
    etag = (await fetch(f"{CLIENT}/main.dart.js", Accept_Encoding="br")).headers["ETag"]
    for tags in (etag, f"W/{etag}", f'"other", {etag}'):
        response = await fetch(f"{CLIENT}/main.dart.js", Accept_Encoding="br", If_None_Match=tags)
        assert response.code == 304
        assert response.body == b""
        assert response.headers["ETag"] == etag
        assert "immutable" in response.headers["Cache-Control"]


async def test_each_encoding_has_a_tag_of_its_own(fetch: Fetch) -> None:
    tags = {
        (await fetch(f"{CLIENT}/main.dart.js", Accept_Encoding=encoding)).headers["ETag"]
        for encoding in ("", "br", "gzip")
    }
    assert len(tags) == 3
    response = await fetch(f"{CLIENT}/main.dart.js", Accept_Encoding="gzip", If_None_Match='"other"')
    assert response.code == 200


async def test_lists_roboto_among_the_fonts_once(fetch: Fetch, web_dir: Path) -> None:
    response = await fetch(f"{CLIENT}/assets/FontManifest.json")
    families = json.loads(response.body)
    assert [family["family"] for family in families] == ["MaterialIcons", "Roboto"]
    assert families[1]["fonts"][0]["asset"] == "fonts/roboto.woff2"
    assert (web_dir / "assets/FontManifest.json").read_bytes() == FILES["assets/FontManifest.json"]

    (web_dir / "assets/FontManifest.json").write_bytes(response.body)
    patched_twice = ClientFiles(find_client())["assets/FontManifest.json"].bodies["identity"]
    assert b"".join(patched_twice.chunks()) == response.body


@pytest.mark.parametrize(
    "name",
    [
        "absent.js",
        "assets",
        "assets/",
        "canvaskit/canvaskit.js.symbols",
        "flutter.js.map",
        "pyodide/python",
        "pyodide/python.exe",
        "MAIN.DART.JS",
        "main.dart.js/",
        "./main.dart.js",
        "assets/../main.dart.js",
        "../secret.json",
        "../../secret.json",
        "..%2Fsecret.json",
        "%2e%2e/secret.json",
        "..%5Csecret.json",
        "assets/..%2f..%2fsecret.json",
        "..%252fsecret.json",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "main.dart.js%00.png",
    ],
)
async def test_nothing_but_listed_files_is_served(fetch: Fetch, web_dir: Path, name: str) -> None:
    (web_dir.parent / "secret.json").write_text("secret")
    response = await fetch(f"{CLIENT}/{name}")
    assert response.code == 404
    assert b"secret\n" not in response.body


@pytest.mark.parametrize("version", ["..", "%2e%2e", "1.0", "", "*"])
async def test_a_version_is_no_path(fetch: Fetch, version: str) -> None:
    assert (await fetch(f"client/{version}/main.dart.js")).code == 404


async def test_a_link_that_leads_out_of_the_folder_is_not_listed(web_dir: Path) -> None:
    outside = web_dir.parent / "outside.js"
    outside.write_text("secret")
    (web_dir / "linked.js").symlink_to(outside)
    (web_dir / "alias.js").symlink_to(web_dir / "main.dart.js")
    files = ClientFiles(find_client())
    assert "linked.js" not in files
    assert "alias.js" in files


async def test_says_what_to_install_for_another_version(fetch: Fetch) -> None:
    response = await fetch("client/9.8.7/main.dart.js")
    assert response.code == 404
    assert "Cache-Control" not in response.headers or "immutable" not in response.headers["Cache-Control"]
    assert message(response) == (
        f"This server has the Flutter client of Flet {VERSION}, but the kernel uses Flet 9.8.7. "
        "Install flet-web==9.8.7 in the server's environment and restart it."
    )


async def test_a_percent_sign_survives_in_a_message(fetch: Fetch) -> None:
    assert "100%s.js" in message(await fetch(f"{CLIENT}/100%25s.js"))


@pytest.mark.parametrize("change", ["replaced", "removed"])
async def test_a_client_replaced_under_the_server_is_not_sent_under_the_old_version(
    fetch: Fetch, web_dir: Path, change: str
) -> None:
    path = web_dir / "main.dart.mjs"
    if change == "replaced":
        path.write_bytes(path.read_bytes().swapcase())
        os.utime(path, ns=(0, 0))
    else:
        path.unlink()
    response = await fetch(f"{CLIENT}/main.dart.mjs")
    assert response.code == 503
    assert "restart the Jupyter server" in message(response)


class TestOtherVersions:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
        other = tmp_path / "other"
        other.mkdir()
        (other / "flutter_bootstrap.js").write_bytes(b"// other")
        jp_server_config["FletExtension"]["client_paths"] = {"1.9.0": str(other), "1.8.0": str(tmp_path / "no")}
        return jp_server_config

    async def test_serves_the_clients_that_are_configured(self, fetch: Fetch) -> None:
        assert (await fetch("client/1.9.0/flutter_bootstrap.js")).body == b"// other"
        assert (await fetch(f"{CLIENT}/flutter_bootstrap.js")).body == FILES["flutter_bootstrap.js"]
        assert json.loads((await fetch("status")).body)["clients"] == [VERSION, "1.9.0"]

    async def test_names_all_clients_when_none_fits(self, fetch: Fetch) -> None:
        assert f"of Flet {VERSION} and 1.9.0, but" in message(await fetch("client/1.8.0/flutter_bootstrap.js"))


class TestWithoutClient:
    @pytest.fixture
    def web_dir(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("FLET_WEB_PATH", str(tmp_path / "absent"))
        return tmp_path

    async def test_the_server_starts_and_says_what_is_missing(self, fetch: Fetch) -> None:
        response = await fetch(f"{CLIENT}/main.dart.js")
        assert response.code == 404
        assert message(response).startswith("This server has no Flutter client, but the kernel uses")


@pytest.mark.parametrize("name", ["notocoloremoji/v32/Yq6P-KqIXTD0t4D9z1ES.9.woff2", "notosansthai/v1/abc.woff2"])
async def test_sends_a_font_for_what_the_apps_fonts_lack(fetch: Fetch, name: str) -> None:
    """Emoji, or any font: the engine asks without end for one that it does not get."""
    response = await fetch(f"{CLIENT}/assets/fonts/fallback/{name}")
    assert response.code == 200
    assert response.body[:4] in (b"wOFF", b"wOF2")
