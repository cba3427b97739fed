"""The fonts that Flutter's engine asks for when the app's own lack a character: emoji, symbols, Chinese."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from flet_jupyter.client.assets import STATIC
from flet_jupyter.client.served import ServedFile

FALLBACK_FONTS: Final = "assets/fonts/fallback/"
"""Where the page says that they are, below the client's files; ends with a slash."""

# Google Fonts' own URLs, which the engine has compiled in: family, version of the family, a hash, and for a family
# cut into slices the number of the slice. The slices of one family stay the same from version to version.
_ASKED_FOR: Final = re.compile(
    r"([a-z0-9]{1,50})/v[0-9]{1,5}/[A-Za-z0-9_-]{1,200}(?:\.([0-9]{1,4}))?\.(?:woff2|ttf|otf)"
)

_ENDINGS: Final = frozenset({".ttf", ".woff", ".woff2"})

GOOGLE_FONTS: Final = "https://fonts.gstatic.com/s/"
"""Where the engine would fetch them from by itself."""

# Symbols are also in the slices that follow, of families that are too large to have here, and the engine takes the
# font with most of what it lacks. What stands in for a slice is, of the fonts that are here, the one with most of its
# symbols, but a small one; counted with the tables in Flet 1.0.5's main.dart.js.
_STAND_INS: Final = {
    "notosanshk.89": "notosanssc.87",
    "notosanshk.90": "notosanssc.88",
    "notosanshk.91": "notosanssc.89",
    "notosanshk.92": "notosanssc.90",
    "notosansjp.56": "notosanssymbols",
    "notosansjp.57": "notosanssc.89",
    "notosansjp.58": "notosanssymbols",
    "notosanskr.96": "notosanssc.88",
    "notosanskr.97": "notosanssymbols",
    "notosanskr.98": "notosansmath",
    "notosanstc.86": "notosanssc.87",
    "notosanstc.87": "notosanssc.87",
    "notosanstc.88": "notosanssc.88",
    "notosanstc.89": "notosanssc.89",
    "notosanstc.90": "notosanssc.90",
}
_FOR_ANY: Final = "notosanssc.89"  # 11 kB


class FallbackFonts:
    """The fonts of the package, by what the engine asks for.

    The engine knows which of Google's Noto fonts has which character, and fetches those that a text needs; it
    looks into what it gets, so that the ending of the name does not matter. Where the fonts have not been built,
    there are none.

    Parameters
    ----------
    folder : Path
        Where the build has put them, each named after its family and, in a family of several, its slice:
        ``notocoloremoji.9.woff``, ``notosanssymbols2.woff2``.

    Attributes
    ----------
    files : dict of str to ServedFile
        All of them, by family and slice.
    """

    def __init__(self, folder: Path = STATIC / "fonts") -> None:
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        fonts = [path for path in paths if path.suffix in _ENDINGS and path.is_file()]
        self.files = {path.name.rpartition(".")[0]: ServedFile.on_disk(path.name, path) for path in fonts}

    def find(self, name: str) -> ServedFile | None:
        """Find the font that is one of Google's.

        Parameters
        ----------
        name : str
            What the engine asks for, such as ``notocoloremoji/v32/Yq6P-KqIXTD0t4D9z1ES.9.woff2``.
        """
        return self.files.get(_key(name))

    def answer(self, name: str) -> ServedFile | None:
        """Find what to give the engine: the font, or else one that stands in for it.

        Parameters
        ----------
        name : str
            As in `find`.
        """
        return self.find(name) or self.stand_in(name)

    def stand_in(self, name: str) -> ServedFile | None:
        """Find a font to answer with instead of one that is not here.

        The engine must get some font. With CanvasKit, it asks again at once for one that it did not get, fifty times
        a second as long as the page is open, and draws nothing of what else it has fetched (seen with Flet 1.0.5).
        What no font has, it draws as a box.

        Parameters
        ----------
        name : str
            As in `find`.
        """
        key = _key(name)
        return self.files.get(_STAND_INS.get(key, _FOR_ANY)) if key else None


def fonts_named_in(code: str) -> set[str]:
    """Find all that an engine may ask for.

    Parameters
    ----------
    code : str
        The engine: ``main.dart.js``.

    Returns
    -------
    set of str
        Names as in `FallbackFonts.find`.
    """
    return {match[0] for match in _ASKED_FOR.finditer(code)}


def is_google_font(name: str) -> bool:
    """Whether that can be the path of a font below `GOOGLE_FONTS`."""
    return _ASKED_FOR.fullmatch(name) is not None


def _key(name: str) -> str:
    """Name family and slice, as in the names of our files; empty for what is no font of Google's."""
    match = _ASKED_FOR.fullmatch(name)
    return ".".join(filter(None, match.groups())) if match else ""
