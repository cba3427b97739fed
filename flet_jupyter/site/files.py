"""What is behind a GET on an app's website: its page, its own files, the client's."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from flet_jupyter.client.files import FONT_MANIFEST, ClientFiles, with_roboto
from flet_jupyter.client.fonts import FALLBACK_FONTS, GOOGLE_FONTS, FallbackFonts, is_google_font
from flet_jupyter.client.replies import PUBLIC_IMMUTABLE, REVALIDATE, Reply, reply_with
from flet_jupyter.client.served import IDENTITY, ServedFile
from flet_jupyter.exceptions import AssetChanged, BadOption, ClientNotFound
from flet_jupyter.site.assets import AssetFile, AssetsFolder
from flet_jupyter.site.page import LOADERS, PageOptions, index_html, manifest_json

__all__ = ["Found", "SiteFiles", "client_version"]

INDEX: Final = "index.html"
MANIFEST: Final = "manifest.json"

# What makes two clients different as far as names and sizes do not: the app, compiled in two ways.
_TELLING: Final = frozenset({"flutter_bootstrap.js", "main.dart.js", "main.dart.wasm"})

_A_DAY: Final = "public, max-age=86400"
"""For what depends on the settings of the app: its URL says nothing of them."""

_Fill: TypeAlias = Callable[["AssetFile | None", "frozenset[str]"], "ServedFile | None"]


@dataclass(frozen=True, slots=True)
class Found:
    """What to answer with.

    Attributes
    ----------
    file : ServedFile
        The file; empty where the answer is `location`.
    cache_control : str
        How long browsers may keep it.
    is_page : bool
        Whether it is the app's page, with which a visit begins.
    location : str
        Where else to look, on another site; empty if it is here.
    """

    file: ServedFile
    cache_control: str
    is_page: bool = False
    location: str = ""

    def reply(
        self, *, accept_encoding: str = "", if_none_match: str = "", range_: str = "", if_range: str = ""
    ) -> Reply:
        """Answer a GET or HEAD; parameters and errors are those of `reply_with`."""
        if self.location:
            headers = {"Location": self.location, "Cache-Control": self.cache_control, "Content-Length": "0"}
            return Reply(302, headers, None)
        return reply_with(
            self.file,
            accept_encoding=accept_encoding,
            if_none_match=if_none_match,
            cache_control=self.cache_control,
            range_=range_,
            if_range=if_range,
        )


def client_version(files: ClientFiles, fonts: FallbackFonts) -> str:
    """Tell a client's files from those of other clients, alike on all machines that serve one app.

    The version of Flet is not enough: people build clients of their own, and this package adds fonts to them.

    Returns
    -------
    str
        The version of Flet and a hash, fit for a URL.
    """
    content = hashlib.sha256()
    for name, file in sorted([*files.items(), *fonts.files.items()]):
        content.update(f"{name}\n{file.bodies[IDENTITY].size}\n".encode())
        if name in _TELLING:
            content.update(file.digest.encode())
    return f"{files.client.version}-{content.hexdigest()[:12]}"


class SiteFiles:
    """The files of one app's website.

    Parameters
    ----------
    client_files : ClientFiles
        The Flutter client; several apps may share it.
    assets_dir : Path or None
        The folder of the app's own files, which may hold an ``index.html``, a ``manifest.json`` or icons to take
        the place of the client's.
    options : PageOptions
        What is filled into the page.
    fonts : FallbackFonts, optional
        Those of this package, if left out.
    log : logging.Logger, optional
        Told when somebody breaks a template while the app runs; the last good one is served then.

    Raises
    ------
    BadOption
        The app's own ``index.html``, ``manifest.json`` or ``FontManifest.json`` cannot be used.
    ClientNotFound
        The client has no ``index.html``.
    """

    def __init__(
        self,
        client_files: ClientFiles,
        assets_dir: Path | None,
        options: PageOptions,
        *,
        fonts: FallbackFonts | None = None,
        log: logging.Logger | None = None,
    ) -> None:
        self._client = client_files
        self._assets = AssetsFolder(assets_dir)
        self._options = options
        self._fonts = FallbackFonts() if fonts is None else fonts
        # Nowhere, if the server offers one client for several apps at a place of its own.
        inside = options.client_path.removeprefix(options.base_href)
        self._kept = "" if inside == options.client_path else inside
        self._versions = self._kept.rstrip("/").rpartition("/")[0] + "/" if self._kept.count("/") > 1 else self._kept
        fills = {INDEX: self._fill_index, MANIFEST: self._fill_manifest, FONT_MANIFEST: self._fill_fonts}
        self._templates = {
            name: _Template(name, self._assets, fill, log or logging.getLogger(__name__))
            for name, fill in fills.items()
        }
        for template in self._templates.values():
            template.current()

    def find(self, path: str) -> Found | None:
        """Find what a GET or HEAD is answered with.

        Parameters
        ----------
        path : str
            What follows the app's path in the URL, percent-decoded and without the query; a slash at its beginning
            does not matter.

        Returns
        -------
        Found or None
            None where there is nothing, which is a 404. What looks like a route of the app, because its last part
            has no ending or ``.html``, is answered with the page.
        """
        path = path.removeprefix("/")
        if self._versions and path.startswith(self._versions):
            return self._find_kept(path)
        name = path or INDEX
        found = self._find_own(name)
        if found is None and (file := self._client.get(name)) is not None:
            found = Found(file, REVALIDATE)
        return self._find_own(INDEX) if found is None and _is_route(path) else found

    def _find_own(self, name: str) -> Found | None:
        """Find what the app has itself, filled in or as it is."""
        template = self._templates.get(name)
        file = self._assets.find(name) if template is None else template.current()
        # Of the page: not no-store. It says nothing of who asks, so that a browser may keep it and only ask whether it
        # is still the same; and what is no-store is not kept for the way back.
        return Found(file, REVALIDATE, is_page=name == INDEX) if file is not None else None

    def _find_kept(self, path: str) -> Found | None:
        """Find a file of the client below the path that names its version."""
        # A page that was loaded before an update fetches fonts and icons later on: it gets what there is now, but
        # must not keep that under the old version. Nor can be kept what the app has a file of its own for.
        if path.startswith(self._kept):
            name, cache_control = path.removeprefix(self._kept), PUBLIC_IMMUTABLE
        else:
            name, cache_control = path.removeprefix(self._versions).partition("/")[2], REVALIDATE
        if name in (INDEX, MANIFEST):
            return None
        if name.startswith(FALLBACK_FONTS):
            return self._find_font(name.removeprefix(FALLBACK_FONTS), cache_control)
        if self._assets.find(name) is not None:
            return self._find_own(name)
        file = self._client.get(name)
        return Found(file, cache_control) if file is not None else None

    def _find_font(self, name: str, cache_control: str) -> Found | None:
        file = self._fonts.find(name)
        if file is not None:
            return Found(file, cache_control)
        if not self._options.no_cdn and is_google_font(name):
            return Found(ServedFile.in_memory("", b""), _A_DAY, location=GOOGLE_FONTS + name)
        other = self._fonts.stand_in(name)
        return Found(other, _A_DAY) if other is not None else None

    def _fill_index(self, own: AssetFile | None, replaced: frozenset[str]) -> ServedFile:
        try:
            template = self._content(INDEX, own).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise BadOption(f"{self._source(INDEX, own)} is not in UTF-8: save it with that encoding.") from None
        page = index_html(template, self._options_for(own), replaced=replaced)
        return ServedFile.in_memory(INDEX, page.encode())

    def _fill_manifest(self, own: AssetFile | None, _replaced: frozenset[str]) -> ServedFile:
        source = self._source(MANIFEST, own)
        filled = manifest_json(self._content(MANIFEST, own), self._options_for(own), source=source)
        return ServedFile.in_memory(MANIFEST, filled)

    def _fill_fonts(self, own: AssetFile | None, _replaced: frozenset[str]) -> ServedFile | None:
        if own is None:
            return self._client.get(FONT_MANIFEST)
        try:
            filled = with_roboto(self._content(FONT_MANIFEST, own))
        except (ValueError, TypeError, AttributeError):
            raise BadOption(
                f"{self._source(FONT_MANIFEST, own)} is no list of font families in JSON: correct or remove it."
            ) from None
        return ServedFile.in_memory(FONT_MANIFEST, filled)

    def _options_for(self, own: AssetFile | None) -> PageOptions:
        return self._options if own is None or self._options.is_named else replace(self._options, app_name="")

    def _content(self, name: str, own: AssetFile | None) -> bytes:
        file = own or self._client.get(name)
        if file is None:
            raise ClientNotFound(f"{self._client.client.path} has no {name}: install flet-web anew.")
        return b"".join(file.bodies[IDENTITY].chunks())

    def _source(self, name: str, own: AssetFile | None) -> str:
        return str((own or self._client[name]).bodies[IDENTITY].source)


class _Template:
    """A file that is filled in anew when the app's own version of it appears, changes or goes.

    Parameters
    ----------
    name : str
        Its path below the app.
    assets : AssetsFolder
        The app's own files.
    fill : callable
        Takes the app's own version, if there is one, and those of `LOADERS` that the app has files of its own for.
    log : logging.Logger
        Told of what cannot be used.
    """

    def __init__(self, name: str, assets: AssetsFolder, fill: _Fill, log: logging.Logger) -> None:
        self._name = name
        self._assets = assets
        self._fill = fill
        self._log = log
        self._state: object = None
        self._made: ServedFile | None = None

    def current(self) -> ServedFile | None:
        """Give it as it is now, or as it was when it could last be used."""
        own = self._assets.find(self._name)
        replaced = frozenset(name for name in LOADERS if self._assets.find(name) is not None)
        state = (own and own.digest, replaced)
        if state != self._state:
            try:
                self._made = self._fill(own, replaced)
            except (BadOption, AssetChanged) as error:
                if self._state is None:
                    raise
                self._log.warning("The last good %s is served, as this one cannot be used: %s", self._name, error)
            self._state = state
        return self._made


def _is_route(path: str) -> bool:
    *_, last = segments = path.split("/")
    if "\\" in path or "\0" in path or any(segment.startswith(".") for segment in segments):
        return False
    return os.path.splitext(last)[1].lower() in ("", ".html")  # noqa: PTH122 (as Flet; a Path takes no trailing slash)
