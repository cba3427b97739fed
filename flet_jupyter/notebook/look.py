"""Apps that look as if they belonged to the front end that shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import flet as ft

__all__ = ["Look"]

_COLOR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
_LOCALE: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}))?")
_MAX_TEXT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Look:
    """How a page's front end looks. An app that sets a theme of its own replaces it.

    Attributes
    ----------
    seed : str
        The front end's colour, from which Flutter makes all others; ``#rrggbb``, or empty.
    locale : str
        The user's language and country, as ``de`` or ``de-CH``; or empty.
    font : tuple of str
        A font's family and the URL of its file; both empty where the front end has none that can be loaded.
    """

    seed: str = ""
    locale: str = ""
    font: tuple[str, str] = ("", "")

    @classmethod
    def read(cls, value: object) -> Look | None:
        """Read what a page says; None if it says nothing. What makes no sense is left out."""
        if not isinstance(value, dict):
            return None
        seed, locale, font = str(value.get("seed")), str(value.get("locale")), value.get("font")
        family, url = (str(font.get("family")), str(font.get("url"))) if isinstance(font, dict) else ("", "")
        fits = 0 < len(family) < _MAX_TEXT and len(url) < _MAX_TEXT and url.startswith(("http://", "https://"))
        return cls(
            seed if _COLOR.fullmatch(seed) else "",
            locale if _LOCALE.fullmatch(locale) else "",
            (family, url) if fits else ("", ""),
        )

    def apply(self, page: ft.Page) -> None:
        """Give a page this look, before its app runs."""
        family, url = self.font
        if family:
            page.fonts = {family: url}
        if self.seed or family:
            page.theme = self._theme()
            page.dark_theme = self._theme()
        if match := _LOCALE.fullmatch(self.locale):
            language, script, country = match.groups()
            locale = ft.Locale(language.lower(), country and country.upper(), script and script.title())
            page.locale_configuration = ft.LocaleConfiguration(
                supported_locales=[locale, ft.Locale("en", "US")], current_locale=locale
            )

    def _theme(self) -> Any:
        return _Theme(self.seed or None, self.font[0] or None)


@ft.value
class _Theme:
    """As much of :class:`flet.Theme` as is needed: that takes a tenth of a second to import, for all it can theme."""

    color_scheme_seed: str | None = None
    font_family: str | None = None
