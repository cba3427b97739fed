"""The page of an app: Flutter's index.html and manifest, or the app's own, filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from flet_jupyter.client.fonts import FALLBACK_FONTS
from flet_jupyter.exceptions import BadOption
from flet_jupyter.site.markup import Edit, Markup, Tag, apply, start_tag

if TYPE_CHECKING:
    from flet_jupyter.site.settings import SiteSettings

__all__ = ["LOADERS", "PageOptions", "index_html", "manifest_json"]

LOADERS: Final = frozenset({"flutter_bootstrap.js", "flutter.js", "python.js"})
"""What index.html loads of the client's files; the rest is loaded by these."""

MARKER: Final = "fletAppConfig"
"""The comment in index.html that stands where the configuration belongs."""

_DECLARES_FLET: Final = re.compile(r"\b(?:var|let|const)\s+flet\b|\b(?:window|globalThis|self)\.flet\s*=[^=]")

# `flet` may be declared with let or const, which makes no property of the window.
_CONFIGURE: Final = """<script>
(() => {
  const target = typeof flet === "undefined" ? (globalThis.flet = {}) : flet;
  Object.assign(target, %s);
  target.multiView ??= false;
  target.flutterAppResolve ??= () => {};%s
})();
</script>"""

# When it starts, the client appends the script of Rive's runtime, which is on jsdelivr.net and nowhere else. It
# waits for that script where a Rive animation is to be shown, and only there.
_WITHOUT_RIVE: Final = """
  const ours = (node) => !(node instanceof HTMLScriptElement && node.src.includes("/@rive-app/"));
  HTMLBodyElement.prototype.append = function (...nodes) {
    Element.prototype.append.apply(this, nodes.filter(ours));
  };"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOptions:
    """What is filled into the page of an app.

    Attributes
    ----------
    public_path : str
        The app's path as browsers see it, such as ``/`` or ``/sub-app``.
    websocket_path : str
        The path of its WebSocket, as browsers see it.
    client_path : str
        The path below which the client's files are kept for ever, because it names their version; it ends with a
        slash.
    app_name, app_short_name, app_description : str
        Plain text; empty leaves what the template says. The name stands in for the short name.
    is_named : bool
        Whether somebody has chosen the name; one that was only found does not replace that in a page or manifest
        of the app's own.
    theme_color, background_color : str
        CSS colours; empty leaves what the template says.
    web_renderer : str
        ``auto``, ``canvaskit`` or ``skwasm``.
    route_url_strategy : str
        ``path`` or ``hash``.
    no_cdn : bool
        Whether nothing comes from other sites: neither fonts for what those of this package lack, nor Rive's runtime.
        The renderer, Roboto and icons are always from here.
    use_color_emoji : bool
        Changes nothing: emoji are in colour anyway, as the engine in Flet 1.x knows no other font for them, and
        fetches it when a text needs it.
    """

    public_path: str = "/"
    websocket_path: str = "/ws"
    client_path: str = "/"
    app_name: str = ""
    app_short_name: str = ""
    app_description: str = ""
    is_named: bool = True
    theme_color: str = ""
    background_color: str = ""
    web_renderer: str = "auto"
    route_url_strategy: str = "path"
    no_cdn: bool = True
    use_color_emoji: bool = False

    @classmethod
    def of(cls, settings: SiteSettings, public_path: str, version: str, name: str) -> PageOptions:
        """Take the options from an app's settings.

        Parameters
        ----------
        settings : SiteSettings
            The settings.
        public_path : str
            The app's path as browsers see it.
        version : str
            What tells the client's files from those of other versions, see `files.client_version`.
        name : str
            The app's name where the settings have none.
        """
        base = _folder(public_path)
        return cls(
            public_path=public_path,
            websocket_path=base + settings.websocket_endpoint,
            client_path=f"{base}_flet/{version}/",
            app_name=settings.app_name or name,
            app_short_name=settings.app_short_name or "",
            app_description=settings.app_description or "",
            is_named=bool(settings.app_name),
            theme_color=settings.theme_color or "",
            background_color=settings.background_color or "",
            web_renderer=settings.web_renderer,
            route_url_strategy=settings.route_url_strategy,
            no_cdn=settings.no_cdn,
            use_color_emoji=settings.use_color_emoji,
        )

    @property
    def base_href(self) -> str:
        """The app's path with a slash at its end: what relative addresses in the page are below."""
        return _folder(self.public_path)


def index_html(template: str, options: PageOptions, *, replaced: Container[str] = frozenset()) -> str:
    """Fill in index.html.

    Parameters
    ----------
    template : str
        That of the Flutter client, or the app's own.
    options : PageOptions
        What to fill in.
    replaced : container of str
        Those of `LOADERS` that the app has files of its own for; they are loaded from where the page says.
    """
    markup = Markup(template)
    return apply(
        template, [*_head(markup, options), *_loaders(markup, options, replaced), _configuration(markup, options)]
    )


def manifest_json(template: bytes, options: PageOptions, *, source: str = "manifest.json") -> bytes:
    """Fill in manifest.json, which says how the app looks when it is installed.

    Parameters
    ----------
    template : bytes
        That of the Flutter client, or the app's own.
    options : PageOptions
        What to fill in.
    source : str
        Where the template is, for the message.

    Raises
    ------
    BadOption
        The template is no JSON object.
    """
    try:
        manifest = json.loads(template)
    except (ValueError, RecursionError) as error:
        raise BadOption(f"{source} is not valid JSON ({error}): correct or remove it.") from None
    if not isinstance(manifest, dict):
        raise BadOption(f'{source} must hold a JSON object, such as {{"name": "My app"}}: correct or remove it.')
    values = {
        "name": options.app_name,
        "short_name": options.app_short_name or options.app_name,
        "description": options.app_description,
        "theme_color": options.theme_color,
        "background_color": options.background_color,
    }
    manifest |= {name: value for name, value in values.items() if value}
    return json.dumps(manifest, indent=2).encode()


def _head(markup: Markup, options: PageOptions) -> Iterator[Edit]:
    start = markup.head_start
    bases = [tag for tag in markup.tags if tag.name == "base" and "href" in tag.attributes]
    yield _set(bases, "href", options.base_href) or (
        start,
        start,
        "\n" + start_tag("base", {"href": options.base_href}),
    )
    metas = {"apple-mobile-web-app-title": options.app_name, "description": options.app_description}
    for name, content in metas.items():
        tags = [tag for tag in markup.tags if tag.name == "meta" and tag.attributes.get("name", "").lower() == name]
        if content:
            new = start_tag("meta", {"name": name, "content": content})
            yield _set(tags, "content", content) or (start, start, "\n" + new)
    if options.app_name:
        title = f"<title>{escape(options.app_name)}</title>"
        yield (*(markup.element("title") or (start, start)), title)
    for tag in markup.tags:
        if tag.name == "link" and tag.attributes.get("rel") == "manifest" and "crossorigin" not in tag.attributes:
            # Browsers fetch a manifest without cookies unless told so, and a site may have a password.
            yield tag.start, tag.stop, start_tag("link", {**tag.attributes, "crossorigin": "use-credentials"})


def _loaders(markup: Markup, options: PageOptions, replaced: Container[str]) -> Iterator[Edit]:
    for tag in markup.tags:
        name = _loader(tag, options)
        if name in LOADERS and name not in replaced:
            yield tag.start, tag.stop, start_tag("script", {**tag.attributes, "src": options.client_path + name})


def _loader(tag: Tag, options: PageOptions) -> str:
    """Name the file of the client that a tag loads, if it does."""
    url = urlsplit(tag.attributes.get("src", "").strip()) if tag.name == "script" else urlsplit("")
    if url.scheme or url.netloc:
        return ""
    return url.path.removeprefix(options.base_href).removeprefix("/").removeprefix("./")


def _configuration(markup: Markup, options: PageOptions) -> Edit:
    # All of the client comes from below client_path, where browsers keep it: assetBase concerns what the client is
    # compiled with. The app's own files come from below assetsDir; without it, the client would look for
    # "/images/x.png" at the root of the server, wherever the app is.
    client = options.client_path
    values = {
        "pyodide": False,
        "webSocketEndpoint": options.websocket_path,
        "routeUrlStrategy": options.route_url_strategy,
        "webRenderer": options.web_renderer,
        "noCdn": options.no_cdn,
        "entrypointBaseUrl": client,
        "assetBase": client,
        "assetsDir": options.base_href,
        "canvasKitBaseUrl": f"{client}canvaskit/",
        "fontFallbackBaseUrl": client + FALLBACK_FONTS,
    }
    configure = _CONFIGURE % (_in_script(values), _WITHOUT_RIVE if options.no_cdn else "")
    marker = next((comment for comment in markup.comments if comment.text.strip() == MARKER), None)
    declaration = next((script for script in markup.scripts if _DECLARES_FLET.search(script.text)), None)
    if marker is not None and (declaration is None or declaration.stop <= marker.start):
        return marker.start, marker.stop, configure
    # The app's own page may have no marker. What declares `flet` would undo what came before it; Flutter's loader
    # must not run earlier.
    loaders = [tag.start for tag in markup.tags if _loader(tag, options) == "flutter_bootstrap.js"]
    place = min([markup.head_stop, *loaders]) if declaration is None else declaration.stop
    return place, place, configure + "\n"


def _set(tags: list[Tag], name: str, value: str) -> Edit | None:
    """Give the first of `tags`, if there is one, another value of an attribute."""
    if not tags:
        return None
    tag = tags[0]
    return tag.start, tag.stop, start_tag(tag.name, {**tag.attributes, name: value})


def _in_script(value: Any) -> str:
    """Write JSON that can end neither the script nor, in older browsers, the string it is in."""
    text = json.dumps(value)  # ASCII: U+2028 is written \u2028
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _folder(path: str) -> str:
    inner = path.strip("/")
    return f"/{inner}/" if inner else "/"
