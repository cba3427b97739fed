"""What an app brings along for its page: pictures, icons, a manifest, an index.html of its own; names and titles."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.seeing import near, pixel, wait_picture

if TYPE_CHECKING:
    from tests.browser.website import Site, Tab, Visitor

CREAM, CRUST = (255, 243, 219), (190, 118, 48)
NAME = """<script>document.title='Boo'</script>"Fish" & 'Chips'"""


def manifest_of(tab: Tab) -> dict[str, Any]:
    """Read the manifest that the page names, as a browser does that installs it."""
    address = tab.page.locator("link[rel=manifest]").evaluate("link => link.href")
    manifest: dict[str, Any] = json.loads(tab.page.request.get(address).text())
    for icon in manifest["icons"]:
        image = Image.open(io.BytesIO(tab.page.request.get(urljoin(address, icon["src"])).body()))
        assert "x".join(map(str, image.size)) == icon["sizes"]
    assert urljoin(address, manifest["start_url"]) == tab.page.url
    return manifest


def icon_of(tab: Tab) -> bytes:
    """Return the page's icon."""
    address = tab.page.locator("link[rel=icon]").evaluate("link => link.href")
    return tab.page.request.get(address).body()


@pytest.mark.parametrize("base", ["/", "/apps/bread/"])
def test_a_picture_among_the_assets_is_shown(site: Site, visitor: Visitor, base: str) -> None:
    server = site.serve("bakery/main.py", f"--base-url={base}")
    tab = visitor.open(server.url)
    tab.titled("Bakery")
    picture = tab.page.get_by_role("img", name="A loaf of bread")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box is not None
    x, y = round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] * 0.8)
    wait_picture(tab.page.locator("body"), lambda image: near(pixel(image, x, y), CRUST), "the crust of the loaf")
    tab.picture("bakery")


def test_the_apps_own_page_icons_and_manifest_take_the_place_of_flets(site: Site, visitor: Visitor) -> None:
    server = site.serve("bakery/main.py")
    assets = site.apps / "bakery" / "assets"
    tab = visitor.open(server.url)
    tab.shows("Bread, since five o'clock.")
    assert icon_of(tab) == (assets / "favicon.png").read_bytes()
    assert manifest_of(tab)["name"] == "The Bakery"
    description = tab.page.locator("meta[name=description]")
    expect(description).to_have_attribute("content", "Bread and rolls, since five o'clock.")
    assert "#fff3db" in tab.page.evaluate("() => document.head.innerHTML")  # only the app's own page is styled so


def test_the_apps_own_loading_animation_is_shown_until_the_app_is(site: Site, visitor: Visitor) -> None:
    server = site.serve("bakery/main.py")
    with visitor.holding("**/main.dart.*"):
        tab = visitor.open(server.url)
        loading = tab.page.get_by_alt_text("The oven is warming up")
        expect(loading).to_be_visible()
        wait_picture(loading, lambda image: near(pixel(image, 100, 150), CRUST), "the loaf")
        tab.picture("loading-own")
    tab.shows("Bread, since five o'clock.")
    expect(loading).to_have_count(0)


def test_an_app_without_assets_gets_flets_page_with_its_own_name_and_colours(site: Site, visitor: Visitor) -> None:
    server = site.serve(
        "counter.py", f"--app-name={NAME}", "--app-short-name=Fish", "--app-description=Fried & <b>fresh</b>",
        "--theme-color=teal", "--background-color=#fff8e1",
    )  # fmt: skip
    with visitor.holding("**/main.dart.*"):
        tab = visitor.open(server.url)
        tab.titled(NAME)
        tab.picture("loading")
        expect(tab.page.locator("meta[name=description]")).to_have_attribute("content", "Fried & <b>fresh</b>")
        expect(tab.page.locator("#loading img")).to_be_visible()
    manifest = manifest_of(tab)
    assert (manifest["name"], manifest["short_name"]) == (NAME, "Fish")
    assert (manifest["description"], manifest["theme_color"]) == ("Fried & <b>fresh</b>", "teal")
    assert Image.open(io.BytesIO(icon_of(tab))).format == "PNG"
    tab.titled("Counter")  # what the app itself says counts from then on
    tab.shows("0")
