"""Files of an app in a panel: assets, uploads and downloads, through the Jupyter server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.seeing import near, pixel, wait_picture

if TYPE_CHECKING:
    from tests.browser.panels import Lab, Panel

APP = """\
import flet as ft


def main(page: ft.Page):
    status = ft.Text("nothing yet")
    picker = ft.FilePicker()

    async def pick(e):
        files = await picker.pick_files()
        await picker.upload(
            [ft.FilePickerUploadFile(name=file.name, upload_url=page.get_upload_url(file.name, 60)) for file in files]
        )

    def uploaded(e):
        if e.progress == 1.0:
            status.value = f"{e.file_name} is there"
        elif e.error:
            status.value = f"refused: {e.error}"

    async def save(e):
        await picker.save_file(file_name="out.txt", src_bytes=b"hello")

    picker.on_upload = uploaded
    page.padding = page.spacing = 0
    page.add(
        ft.Image(src="red.png", width=100, height=100),
        status,
        ft.FilledButton("Pick", on_click=pick),
        ft.FilledButton("Save", on_click=save),
    )


ft.run(main)
"""


@pytest.fixture
def panel(lab: Lab) -> Panel:
    """An app with a picture and a file picker, in a folder with a space in its name."""
    lab.write("my app/files.py", APP)
    assets = lab.path / "my app" / "assets"
    assets.mkdir()
    Image.new("RGB", (10, 10), (200, 30, 30)).save(assets / "red.png")
    return lab.open("my app/files.py")


def test_assets_beside_the_file_are_shown(panel: Panel) -> None:
    wait_picture(panel.view, lambda image: near(pixel(image, 50, 50), (200, 30, 30)), "the red picture")


def test_assets_are_asked_for_with_the_servers_token(lab: Lab) -> None:
    """JupyterHub takes the login of a script's request only so."""
    lab.write("shown.py", APP)
    (lab.path / "assets").mkdir()
    Image.new("RGB", (10, 10), (200, 30, 30)).save(lab.path / "assets" / "red.png")
    with (
        lab.page.expect_request(lambda request: request.url.endswith("/assets/red.png")) as picture,
        lab.page.expect_request(lambda request: "/flet/oversized/" in request.url) as question,
    ):
        lab.open("shown.py")
    [token] = [one["value"] for one in lab.page.context.cookies() if one["name"] == "_xsrf"]
    for asked in (picture, question):
        assert asked.value.all_headers()["x-xsrftoken"] == unquote(token)


def test_an_upload_is_in_the_folder_beside_the_file(panel: Panel, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("what was chosen")
    with panel.lab.page.expect_file_chooser() as chooser:
        panel.press("Pick")
    chooser.value.set_files(tmp_path / "notes.txt")
    panel.shows("notes.txt is there")
    assert (panel.lab.path / "my app" / "uploads" / "notes.txt").read_text() == "what was chosen"


def test_a_download_is_saved_by_the_browser(panel: Panel, tmp_path: Path) -> None:
    with panel.lab.page.expect_download() as download:
        panel.press("Save")
    download.value.save_as(tmp_path / "saved")
    assert download.value.suggested_filename == "out.txt"
    assert (tmp_path / "saved").read_bytes() == b"hello"


def test_an_asset_that_is_too_large_is_named(lab: Lab) -> None:
    lab.write("files.py", APP.replace("red.png", "film.mp4"))
    (lab.path / "assets").mkdir()
    with (lab.path / "assets" / "film.mp4").open("wb") as film:
        film.truncate(300_000_000)  # sparse: it takes no room
    panel = lab.open("files.py")
    expect(panel.element.locator(".flet-note")).to_have_text(
        "film.mp4 among the app's assets has 300 MB; this Jupyter server sends 256 MB of a file at most "
        "(FletExtension.max_asset_bytes)."
    )
    panel.shows("nothing yet")


def test_a_picture_among_the_assets_is_the_tabs_icon(lab: Lab) -> None:
    lab.write("app.py", APP)
    (lab.path / "assets").mkdir()
    Image.new("RGB", (16, 16), (30, 160, 30)).save(lab.path / "assets" / "icon.png")
    panel = lab.open("app.py")
    picture = panel.tab.locator(".lm-TabBar-tabIcon image")
    expect(picture).to_have_attribute("href", lab.server.url + f"flet/files/{lab.folder}/assets/icon.png")
    icon = panel.tab.locator(".lm-TabBar-tabIcon")
    wait_picture(icon, lambda image: near(pixel(image, image.width // 2, image.height // 2), (30, 160, 30)), "the icon")
