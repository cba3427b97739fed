"""``flet/files/<path>`` and ``flet/oversized/<folder>``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from flet_jupyter.exceptions import AssetChanged
from flet_jupyter.server import contents
from flet_jupyter.site.assets import AssetBody

from .conftest import Fetch, message

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def root(jp_root_dir: Path) -> Path:
    """The server's root, with an app and a few things that are nobody's business."""
    (jp_root_dir / "app" / "assets").mkdir(parents=True)
    (jp_root_dir / "app" / "assets" / "film.mp4").write_bytes(CONTENT)
    (jp_root_dir / ".secret").mkdir()
    (jp_root_dir / ".secret" / "key.txt").write_text("secret")
    (jp_root_dir / "app" / ".env").write_text("secret")
    (jp_root_dir / ".well-known").mkdir()
    (jp_root_dir / ".well-known" / "on_websites.txt").write_text("secret")
    (jp_root_dir.parent / "outside.txt").write_text("secret")
    return jp_root_dir


FILM = "files/app/assets/film.mp4"


async def test_sends_a_file_as_it_is(fetch: Fetch, root: Path) -> None:
    response = await fetch(FILM)
    assert response.code == 200
    assert response.body == CONTENT
    assert response.headers["Content-Type"] == "video/mp4"
    assert response.headers["Content-Length"] == str(len(CONTENT))
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["Accept-Ranges"] == "bytes"


async def test_sends_a_file_of_many_pieces_whole(fetch: Fetch, root: Path) -> None:
    content = os.urandom(1_000_000)
    (root / "large.bin").write_bytes(content)
    assert (await fetch("files/large.bin")).body == content


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "film.mp4"])
async def test_a_file_that_is_opened_as_a_page_cannot_act_as_the_user(fetch: Fetch, root: Path, name: str) -> None:
    (root / name).write_bytes(b"<script>")
    for path in (name, "absent.html"):
        headers = (await fetch(f"files/{path}")).headers
        assert "; sandbox allow-scripts" in headers["Content-Security-Policy"]
        assert "allow-same-origin" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("wanted", "sent", "stated"),
    [
        ("bytes=0-9", CONTENT[:10], "bytes 0-9/1024"),
        ("bytes=1000-", CONTENT[1000:], "bytes 1000-1023/1024"),
        ("bytes=-24", CONTENT[-24:], "bytes 1000-1023/1024"),
    ],
)
async def test_sends_the_part_that_is_asked_for(
    fetch: Fetch, root: Path, wanted: str, sent: bytes, stated: str
) -> None:
    response = await fetch(FILM, Range=wanted)
    assert response.code == 206
    assert response.body == sent
    assert response.headers["Content-Range"] == stated


async def test_refuses_a_part_that_is_not_there(fetch: Fetch, root: Path) -> None:
    response = await fetch(FILM, Range="bytes=2000-")
    assert response.code == 416
    assert response.headers["Content-Range"] == "bytes */1024"


async def test_sends_a_part_only_of_the_file_that_the_browser_has_the_rest_of(fetch: Fetch, root: Path) -> None:
    etag = (await fetch(FILM)).headers["ETag"]
    assert (await fetch(FILM, Range="bytes=0-9", If_Range=etag)).code == 206
    assert (await fetch(FILM, Range="bytes=0-9", If_Range='"other"')).code == 200


async def test_answers_304_until_the_file_changes(fetch: Fetch, root: Path) -> None:
    etag = (await fetch(FILM)).headers["ETag"]
    again = await fetch(FILM, If_None_Match=etag)
    assert (again.code, again.body) == (304, b"")
    os.utime(root / "app" / "assets" / "film.mp4", ns=(1, 1))
    assert (await fetch(FILM, If_None_Match=etag)).code == 200


async def test_answers_a_head_with_the_headers_of_a_get(fetch: Fetch, root: Path) -> None:
    get, head = await fetch(FILM), await fetch(FILM, method="HEAD", Range="bytes=0-9")
    assert (head.code, head.body) == (200, b"")
    for name in ("Content-Type", "Content-Length", "Cache-Control", "ETag", "Content-Security-Policy"):
        assert head.headers[name] == get.headers[name]


NOT_SERVED = [
    "",
    "app",
    "app/",
    "absent.txt",
    "app/.env",
    ".secret/key.txt",
    ".well-known/on_websites.txt",
    "app/../.secret/key.txt",
    "../outside.txt",
    "..%2Foutside.txt",
    "%2e%2e/outside.txt",
    "app/..%2f..%2foutside.txt",
    "..%5Coutside.txt",
    "..%252foutside.txt",
    "/etc/passwd",
    "%2Fetc%2Fpasswd",
    "./app/assets/film.mp4",
    "app//assets/film.mp4",
    "app/assets/film.mp4/",
    "app/assets/film.mp4%00.png",
    "app/assets/film.mp4:stream",
    "app/" + "x" * 300,
]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", NOT_SERVED)
async def test_nothing_but_visible_files_below_the_root_is_served(
    fetch: Fetch, root: Path, path: str, method: str
) -> None:
    response = await fetch(f"files/{path}", method=method)
    assert response.code == 404
    assert b"secret" not in response.body.replace(b".secret", b"")


async def test_a_name_that_is_no_text_is_refused(fetch: Fetch, root: Path) -> None:
    assert (await fetch("files/app/%FF.png")).code == 400


async def test_names_in_any_script_are_served(fetch: Fetch, root: Path) -> None:
    (root / "ä 100% ✓.csv").write_text("1")
    response = await fetch("files/%C3%A4%20100%25%20%E2%9C%93.csv")
    assert response.body == b"1"
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("target", ["../outside.txt", ".secret/key.txt", "app/.env"])
async def test_links_lead_to_nothing_that_is_not_served_itself(fetch: Fetch, root: Path, target: str) -> None:
    (root / "link.txt").symlink_to(root / target)
    assert (await fetch("files/link.txt")).code == 404


async def test_linked_folders_lead_to_nothing_that_is_not_served_itself(fetch: Fetch, root: Path) -> None:
    (root / "out").symlink_to(root.parent)
    (root / "in").symlink_to(root / ".secret")
    (root / "ring").symlink_to(root / "ring")
    for path in ("out/outside.txt", "in/key.txt", "ring", "ring/x"):
        assert (await fetch(f"files/{path}")).code == 404


async def test_links_to_what_is_served_are_followed(fetch: Fetch, root: Path) -> None:
    (root / "alias").symlink_to(root / "app" / "assets")
    assert (await fetch("files/alias/film.mp4")).body == CONTENT


async def test_what_the_file_system_hides_is_not_served(
    fetch: Fetch, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "is_hidden", lambda path, root: path.name == "film.mp4")
    assert (await fetch(FILM)).code == 404


async def test_a_file_that_cannot_be_read_is_not_there(
    fetch: Fetch, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flet_jupyter.site.assets.os.access", lambda path, mode: False)
    assert (await fetch(FILM)).code == 404


class TestWithHiddenFiles:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["ContentsManager"] = {"allow_hidden": True}
        return jp_server_config

    async def test_sends_them(self, fetch: Fetch, root: Path) -> None:
        assert (await fetch("files/app/.env")).body == b"secret"
        assert (await fetch("files/.secret/key.txt")).body == b"secret"

    @pytest.mark.parametrize("path", ["../outside.txt", "..%2Foutside.txt", "app/../../outside.txt", "app/./.env"])
    async def test_and_nothing_outside(self, fetch: Fetch, root: Path, path: str) -> None:
        assert (await fetch(f"files/{path}")).code == 404

    async def test_lists_them_among_the_large(self, fetch: Fetch, root: Path) -> None:
        huge(root / ".secret" / "huge")
        response = await fetch("oversized/")
        assert [file["path"] for file in json.loads(response.body)["files"]] == [".secret/huge"]


async def test_pages_of_other_sites_get_no_files(fetch: Fetch, log_in: Any, root: Path) -> None:
    browser = await log_in()
    host = urlsplit((await browser.fetch("flet/status")).effective_url).netloc
    path = f"flet/{FILM}"
    assert (await browser.fetch(path, Referer=f"http://{host}/lab")).code == 200
    assert (await browser.fetch(f"{path}?_xsrf={browser.xsrf}")).code == 200
    for headers in ({}, {"Referer": "https://example.org/"}, {"Referer": f"http://{host}.example.org/"}):
        response = await browser.fetch(path, **headers)
        assert response.code == 403
        assert "its own pages" in message(response)


async def test_a_file_that_changes_meanwhile_is_not_sent(
    fetch: Fetch, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chunks(self: AssetBody, start: int = 0, stop: int | None = None) -> Any:
        raise AssetChanged("/path/of/the/server")
        yield b""

    monkeypatch.setattr(AssetBody, "chunks", chunks)
    response = await fetch(FILM)
    assert response.code == 503
    assert message(response) == "app/assets/film.mp4 changed while it was being sent: reload the page."


def huge(path: Path, size: int = 256_000_001) -> None:
    """Make a file of so many bytes that takes no room on the disk."""
    with path.open("wb") as file:
        file.truncate(size)


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}])
async def test_a_huge_file_is_refused_with_a_reason(fetch: Fetch, root: Path, headers: dict[str, str]) -> None:
    huge(root / "app" / "huge.bin")
    response = await fetch("files/app/huge.bin", **headers)
    assert response.code == 413
    assert message(response) == (
        "app/huge.bin has 256,000,001 bytes, and this server sends files of at most 256,000,000 to apps: make it "
        "smaller, or have FletExtension.max_asset_bytes raised in the server's configuration."
    )


class TestOversized:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["FletExtension"]["max_asset_bytes"] = 1024
        return jp_server_config

    async def test_a_file_of_just_the_limit_is_sent(self, fetch: Fetch, root: Path) -> None:
        assert (await fetch(FILM)).code == 200
        huge(root / "more", 1025)
        assert (await fetch("files/more")).code == 413

    async def test_lists_what_is_over_the_limit(self, fetch: Fetch, root: Path) -> None:
        huge(root / "app" / "assets" / "deep.bin", 2000)
        huge(root / "app" / "near.bin", 1025)
        huge(root / "beside.bin", 3000)
        response = await fetch("oversized/app")
        assert json.loads(response.body) == {
            "limit": 1024,
            "files": [{"path": "near.bin", "size": 1025}, {"path": "assets/deep.bin", "size": 2000}],
        }

    async def test_lists_nothing_hidden_or_outside(self, fetch: Fetch, root: Path) -> None:
        huge(root / ".secret" / "huge", 2000)
        huge(root / "app" / ".huge", 2000)
        huge(root.parent / "huge", 2000)
        (root / "link").symlink_to(root.parent / "huge")
        (root / "out").symlink_to(root.parent)
        (root / "ring").symlink_to(root)
        assert json.loads((await fetch("oversized/")).body)["files"] == []

    async def test_lists_ten(self, fetch: Fetch, root: Path) -> None:
        for number in range(12):
            huge(root / f"{number}.bin", 2000)
        assert len(json.loads((await fetch("oversized/")).body)["files"]) == 10

    async def test_looks_at_no_more_than_its_share(
        self, fetch: Fetch, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (root / "many").mkdir()
        for number in range(8):
            huge(root / "many" / f"{number}.bin", 2000)
        monkeypatch.setattr(contents, "MAX_ENTRIES", 5)
        assert len(json.loads((await fetch("oversized/many")).body)["files"]) == 5

    async def test_hidden_folders_take_nothing_of_that_share(
        self, fetch: Fetch, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (root / "app2" / ".git").mkdir(parents=True)
        (root / "app2" / "a" / "b").mkdir(parents=True)
        for number in range(20):
            (root / "app2" / ".git" / str(number)).touch()
        huge(root / "app2" / "a" / "b" / "huge", 2000)
        monkeypatch.setattr(contents, "MAX_ENTRIES", 5)
        assert len(json.loads((await fetch("oversized/app2")).body)["files"]) == 1

    async def test_lists_a_file_once_whatever_links_to_its_folder(self, fetch: Fetch, root: Path) -> None:
        huge(root / "app" / "assets" / "huge", 2000)
        (root / "app" / "alias").symlink_to(root / "app" / "assets")
        files = json.loads((await fetch("oversized/app")).body)["files"]
        assert [file["path"] for file in files] == ["assets/huge"]

    @pytest.mark.parametrize("folder", ["absent", ".secret", "..", "app/..", "..%2F", "app/assets/film.mp4", "a%00b"])
    async def test_knows_no_other_folders(self, fetch: Fetch, root: Path, folder: str) -> None:
        response = await fetch(f"oversized/{folder}")
        assert response.code == 404
        assert "no folder" in message(response)


@pytest.mark.parametrize("path", [FILM, "oversized/app"])
async def test_a_server_with_its_files_elsewhere_has_none_for_apps(
    fetch: Fetch, root: Path, jp_serverapp: Any, path: str
) -> None:
    jp_serverapp.web_app.settings["contents_manager"] = object()
    response = await fetch(path)
    assert response.code == 404
    assert "elsewhere than on its disk" in message(response)
