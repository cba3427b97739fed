"""What a program may say to ``app()`` and its parts."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import flet as ft
import httpx
import pytest

from flet_jupyter import asgi
from flet_jupyter.core.uploads import UploadSigner
from flet_jupyter.exceptions import BadOption, ClientNotFound, NotAnApp, Refused
from flet_jupyter.site.parameters import OF_UPLOADS, settings_of


def main(page: ft.Page) -> None:
    page.add(ft.Text("here"))


async def page_of(**options: Any) -> str:
    app = asgi.app(main, **options)
    await asgi.app_manager.start()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://site") as browser:
        try:
            return (await browser.get("/")).text
        finally:
            await asgi.app_manager.shutdown()


async def test_flets_names_and_values_are_taken() -> None:
    page = await page_of(
        before_main=None,
        assets_dir=None,
        app_name="The name",
        app_description="What it does",
        web_renderer=ft.WebRenderer.CANVAS_KIT,
        route_url_strategy=ft.RouteUrlStrategy.HASH,
        no_cdn=True,
        use_color_emoji=True,
        upload_endpoint_path="/up",
        max_upload_size=1000,
        session_timeout_seconds=60,
        oauth_state_timeout_seconds=60,
    )
    assert "<title>The name</title>" in page
    assert '"webRenderer": "canvaskit"' in page
    assert '"routeUrlStrategy": "hash"' in page


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"session_timeout_seconds": 60}, "session_timeout", 60),
        ({"oauth_state_timeout_seconds": "61"}, "oauth_state_timeout", 61),
        ({"upload_endpoint_path": "/up"}, "upload_endpoint", "up"),
        ({"websocket_endpoint_path": "live/ws"}, "websocket_endpoint", "live/ws"),
        ({"session_timeout": 62}, "session_timeout", 62),
        ({"session_timeout_seconds": None}, "session_timeout", 3600),
    ],
)
def test_names_are_ours_or_flets(given: dict[str, Any], name: str, value: object) -> None:
    site, _ = settings_of(given, environ={})
    assert getattr(site, name) == value


async def test_what_is_not_said_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLET_WEB_RENDERER", "skwasm")
    monkeypatch.setenv("FLET_SERVER_PORT", "that is for others to read")
    assert '"webRenderer": "skwasm"' in await page_of()
    assert '"webRenderer": "canvaskit"' in await page_of(web_renderer="canvaskit")


async def test_an_app_is_called_after_its_module() -> None:
    assert "<title>test_options</title>" in await page_of()


def test_relative_folders_are_below_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "assets").mkdir()
    site, _ = settings_of({"assets_dir": "assets", "upload_dir": "up", "secret_key": "k"}, environ={})
    assert (site.assets_dir, site.upload_dir) == (tmp_path / "assets", tmp_path / "up")


def test_a_folder_of_assets_that_is_not_there_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        settings_of({"assets_dir": "/no/such/folder"}, environ={})
    assert "assets_dir='/no/such/folder' is not a folder" in caplog.text


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"token": "secret"}, "token is for `jupyter flet serve`: here the app around this one decides"),
        ({"password": "x"}, "password is for `jupyter flet serve`"),
        ({"port": 80}, "port is for the server that runs this app"),
        ({"certfile": "x.pem"}, "certfile is for the server that runs this app"),
        ({"asset_dir": "x"}, "asset_dir is not an option of an app; did you mean assets_dir?"),
        ({"session_timeout": 1, "session_timeout_seconds": 2}, "session_timeout is given twice"),
        ({"session_timeout_seconds": "long"}, "session_timeout='long' (--session-timeout) is not a number of seconds"),
        ({"web_renderer": "crayons"}, "web_renderer='crayons'"),
        ({"upload_dir": "uploads"}, "need a key that signs their URLs"),
        ({"upload_dir": "/dev/null/x", "secret_key": "k"}, "Uploads cannot be saved in /dev/null/x"),
    ],
)
def test_what_cannot_be_had_is_said_before_there_are_visitors(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadOption) as refused:
        asgi.app(main, **options)
    assert sentence in str(refused.value)


def test_an_own_page_that_cannot_be_used_is_said_before_there_are_visitors(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("no JSON")
    with pytest.raises(BadOption, match="is not valid JSON"):
        asgi.app(main, assets_dir=tmp_path)


def test_a_client_that_is_not_there_is_missed_before_there_are_visitors(tmp_path: Path) -> None:
    with pytest.raises(ClientNotFound):
        asgi.app(main, web_path=tmp_path)


@pytest.mark.parametrize(
    ("thing", "sentence"), [("main", "is not a Flet app"), (ft.Text("x"), "could be shown to one visitor only")]
)
def test_an_app_is_a_function(thing: Any, sentence: str) -> None:
    with pytest.raises(NotAnApp, match=sentence):
        asgi.app(thing)


def test_parts_take_the_options_that_are_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    # That of another part, and not complete without a key.
    monkeypatch.setenv("FLET_UPLOAD_DIR", "/uploads")
    asgi.FletStaticFiles(app_name="x")
    asgi.FletApp(main, session_timeout_seconds=1, allow_origin="*")
    with pytest.raises(BadOption, match="need a key"):
        asgi.FletUpload()
    with pytest.raises(BadOption, match="app_name is an option of app\\(\\), or of another part of it"):
        asgi.FletApp(main, app_name="x")
    with pytest.raises(BadOption, match="session_timeout is an option of app"):
        asgi.FletStaticFiles(session_timeout_seconds=1)
    with pytest.raises(BadOption, match="upload_endpoint_path='https://x' is not the path part of a URL"):
        asgi.FletApp(main, upload_endpoint_path="https://x")
    with pytest.raises(BadOption, match="token is for"):
        asgi.FletApp(main, token="x")


async def test_apps_of_parts_are_kept_while_they_are_used_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flet_jupyter.site.parts.MAX_PARTS", 2)
    site, server = settings_of({}, environ={})
    apps = asgi.app_manager.here
    apps.start()

    def named(mount: str) -> Any:
        return apps.socket_app(found, site, server, mount=mount, upload_path="/upload")

    found = asgi.app(main)._found
    first = named("/1")
    sessions = [named(mount).host.create_session({}) for mount in ("/1", "/2")]
    assert named("/1") is first
    with pytest.raises(Refused, match="too many apps"):
        named("/3")
    first.host.close_session(sessions[0])
    named("/3")
    assert named("/2").host.sessions == {sessions[1].id: sessions[1]}
    await asgi.app_manager.shutdown()
    assert sessions[1].closed
    with pytest.raises(Refused, match="about to stop"):
        named("/2")


async def test_upload_folders_are_made_ready_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[Path] = []
    check = "flet_jupyter.site.parts.UploadFolder.check"
    monkeypatch.setattr(check, lambda folder: checked.append(folder.path))
    site, _ = settings_of({"upload_dir": tmp_path, "secret_key": "k"}, OF_UPLOADS, environ={})
    apps = asgi.app_manager.here
    apps.start()
    signer = UploadSigner("k", "/upload")
    uploads = [apps.begin_upload(site, "/upload", signer.query(name, 60), 1) for name in ("a", "b")]
    assert checked == [tmp_path]
    await asgi.app_manager.shutdown()
    assert list(tmp_path.iterdir()) == []
    assert all(upload._ended for upload in uploads)
