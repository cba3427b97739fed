from __future__ import annotations

import re
from pathlib import Path

import pytest

from flet_jupyter.client.assets import STATIC
from flet_jupyter.client.fonts import FallbackFonts, is_google_font
from flet_jupyter.client.location import find_client

FOLDER = STATIC / "fonts"
WHOLE = {"notosans", "notosansmath", "notosanssymbols", "notosanssymbols2"}
IN_SLICES = {"notocoloremoji", "notosanssc"}


@pytest.fixture(scope="module")
def asked_for() -> list[str]:
    """The names that are compiled into the installed client."""
    source = (find_client().path / "main.dart.js").read_text(encoding="utf-8")
    return re.findall(r'"(noto[a-z0-9]+/v[0-9]+/[^"]+)"', source)


@pytest.fixture
def fonts() -> FallbackFonts:
    return FallbackFonts()


def test_the_client_asks_for_names_of_the_known_form(asked_for: list[str]) -> None:
    assert len(asked_for) > 500
    assert [name for name in asked_for if not is_google_font(name)] == []


def test_every_emoji_and_symbol_that_the_client_asks_for_is_here(asked_for: list[str], fonts: FallbackFonts) -> None:
    wanted = [name for name in asked_for if name.partition("/")[0] in WHOLE | {"notocoloremoji"}]
    assert {name.partition("/")[0] for name in wanted} == WHOLE | {"notocoloremoji"}
    assert [name for name in wanted if fonts.find(name) is None] == []


def test_all_of_simplified_chinese_is_here(asked_for: list[str], fonts: FallbackFonts) -> None:
    slices = [name for name in asked_for if re.match(r"notosanssc/.*\.\d+\.woff2", name)]
    assert len(slices) > 90
    assert [name for name in slices if fonts.find(name) is None] == []


def test_no_font_is_built_that_the_client_does_not_ask_for(asked_for: list[str], fonts: FallbackFonts) -> None:
    used = {found.name for name in asked_for if (found := fonts.find(name))}
    assert {file.name for file in fonts.files.values()} == used


def test_the_client_gets_some_font_whatever_it_asks_for(asked_for: list[str], fonts: FallbackFonts) -> None:
    assert [name for name in asked_for if fonts.stand_in(name) is None] == []


def test_emoji_are_layers_that_the_engine_can_draw_and_not_svg(fonts: FallbackFonts) -> None:
    emoji = [fonts.files[name].content() for name in fonts.files if "emoji" in name]
    assert len(emoji) == 12
    for font in emoji:
        assert int.from_bytes(font[8:12], "big") == len(font)
        tables = {font[place : place + 4] for place in range(44, 44 + 20 * int.from_bytes(font[12:14], "big"), 20)}
        assert {b"COLR", b"CPAL", b"glyf"} <= tables
        assert b"SVG " not in tables


def test_each_font_has_its_license_beside_it(fonts: FallbackFonts) -> None:
    for family in WHOLE | IN_SLICES:
        assert "SIL OPEN FONT LICENSE" in (FOLDER / f"{family}.LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "notosans",
        "notosans/v1",
        "notosans/v1/../../x.woff2",
        "../notosans/v1/x.woff2",
        "notosans/v1/x.exe",
        "notosans/v1/x.woff2/",
        "notosans/v1/x\0.woff2",
        "notosans/v1/x.woff2\n",
        "//evil.example/v1/x.woff2",
        "NOTOSANS/v1/x.woff2",
    ],
)
def test_nothing_else_is_a_font(name: str, fonts: FallbackFonts) -> None:
    assert fonts.find(name) is None
    assert fonts.stand_in(name) is None
    assert not is_google_font(name)


def test_without_a_build_there_are_no_fonts(tmp_path: Path) -> None:
    fonts = FallbackFonts(tmp_path / "fonts")
    assert fonts.find("notosans/v1/x.woff2") is None
    assert fonts.stand_in("notosans/v1/x.woff2") is None
