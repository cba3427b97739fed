"""Files that visitors give to an app and get from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload

    from tests.browser.website import Site, Visitor
    from tests.web.serving import Serving

UPLOADS = {"FLET_SECRET_KEY": "a long secret"}


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_files_that_are_chosen_go_to_the_upload_folder_while_the_page_shows_how_far_they_are(
    site: Site, visitor: Visitor
) -> None:
    server = site.serve("files.py", **UPLOADS)
    tab = visitor.open(server.url)
    large = bytes(range(256)) * 12_000
    with visitor.holding("**/upload?*"):
        tab.chooser("Choose files").set_files([file("notes für mich.txt", b"eggs, milk"), file("large.bin", large)])
        tab.shows("notes für mich.txt", "0%", "large.bin", "waiting")
        tab.picture("uploading")
    tab.shows_times("100%", 2)
    assert (site.apps / "uploads" / "notes für mich.txt").read_bytes() == b"eggs, milk"
    assert (site.apps / "uploads" / "large.bin").read_bytes() == large
    assert len(list((site.apps / "uploads").iterdir())) == 2
    tab.picture("uploaded")


def test_the_app_can_tell_a_visitor_that_his_file_is_too_large(site: Site, visitor: Visitor) -> None:
    server = site.serve("files.py", "--max-upload-size=1000", **UPLOADS)
    tab = visitor.open(server.url)
    chooser = tab.chooser("Choose files")
    chooser.set_files(file("large.bin", bytes(1_000_000)))
    tab.shows(re.compile(r"^Not uploaded: .* 413: .*The file is too large: it may have 1,000 bytes at most\."))
    tab.picture("too-large")
    assert list((site.apps / "uploads").iterdir()) == []
    visitor.forgive("413:")


def test_a_visitor_can_save_what_the_app_has_for_him(all_apps: Serving, visitor: Visitor) -> None:
    tab = visitor.open(f"{all_apps.url}files/")
    download = tab.download("Save the list")
    assert download.suggested_filename == "list.txt"
    assert download.path().read_text() == "nothing yet"


def test_an_app_can_open_a_file_of_its_assets_in_a_window(site: Site, visitor: Visitor) -> None:
    (site.apps / "assets").mkdir()
    (site.apps / "assets" / "help.txt").write_text("Choose any files.")
    server = site.serve("files.py", "--assets-dir=assets", **UPLOADS)
    tab = visitor.open(server.url)
    window = tab.popup("Help")
    window.shows("Choose any files.")
