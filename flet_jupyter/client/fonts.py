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


class FallbackFonts:
    """The fonts of the package, by what the engine asks for.

    The engine knows which of Google's Noto fonts has which character, and fetches those that a text needs; it
    looks into what it gets, so that the ending of the name does not matter. Where the fonts have not been built,
    there are none, and the engine draws boxes.

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
        paths = [path for path in sorted(folder.glob("*.woff*")) if path.is_file()] if folder.is_dir() else []
        self.files = {path.name.rpartition(".")[0]: ServedFile.on_disk(path.name, path) for path in paths}

    def find(self, name: str) -> ServedFile | None:
        """Find the font that stands for one of Google's.

        Parameters
        ----------
        name : str
            What the engine asks for, such as ``notocoloremoji/v32/Yq6P-KqIXTD0t4D9z1ES.9.woff2``.
        """
        match = _ASKED_FOR.fullmatch(name)
        if match is None:
            return None
        family, part = match.groups()
        return self.files.get(f"{family}.{part}" if part else family)
