"""What is drawn on a machine that reaches no other: letters, signs, emoji, icons, with each renderer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import ImageChops
from playwright.sync_api import expect

from tests.browser.seeing import differ, wait_picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

    from tests.browser.website import Site, Tab, Visitor

NO_LETTER = "\U000f0000"
"""A character for private use: no font has it, and Flutter draws a box instead."""


def poster(tab: Tab, right: Callable[[Image.Image], bool]) -> Image.Image:
    """Wait until what is below the field is right, and return its picture."""

    def below(image: Image.Image) -> Image.Image:
        return image.crop((0, 120, image.width, image.height))

    return below(wait_picture(tab.page.locator("flutter-view"), lambda image: right(below(image)), "such a poster"))


def vivid(image: Image.Image) -> int:
    """Count the pixels that are of a strong colour."""
    _, saturation, value = image.convert("HSV").split()
    strong = ImageChops.multiply(saturation, value).point(lambda product: 255 if product > 120 else 0)
    return strong.histogram()[255]


@pytest.mark.parametrize(
    ("arguments", "renderer", "threads"),
    [
        pytest.param(("--web-renderer=canvaskit",), "canvaskit", False, id="canvaskit"),
        pytest.param(("--web-renderer=skwasm",), "skwasm", False, id="skwasm"),
        pytest.param(("--web-renderer=skwasm", "--cross-origin-isolation"), "skwasm", True, id="skwasm with threads"),
    ],
)
def test_letters_signs_emoji_and_icons_are_drawn(
    site: Site, visitor: Visitor, arguments: tuple[str, ...], renderer: str, threads: bool
) -> None:
    server = site.serve("poster.py", "--use-color-emoji", *arguments)
    tab = visitor.open(server.url)
    tab.shows("Hello")
    expect(tab.page.locator("body")).to_have_attribute("flt-renderer", renderer)
    assert tab.page.evaluate("() => crossOriginIsolated") is threads
    seen = [poster(tab, lambda image: vivid(image) > 1000)]  # there is a yellow star

    def look() -> None:
        seen.append(poster(tab, lambda image: all(differ(image, other) for other in seen)))

    tab.press("Heart")
    look()
    # Letters that are in no font which is there yet look like the first of these, until their font has come.
    for letter in (NO_LETTER, "A", "ß", "水", "√", "☂"):
        tab.type("Words", letter)
        tab.shows(letter)
        look()
    tab.type("Words", "木 ☂ 🍕")
    poster(tab, lambda image: vivid(image) > vivid(seen[-1]) + 1000)
    tab.picture(f"poster-{renderer}-{threads}")
