"""From the parameters of Flet's own ``app()`` and its parts, and our options beside them, to settings."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import flet as ft

from flet_jupyter.core.find import FoundApp, as_app
from flet_jupyter.exceptions import BadOption, NotAnApp
from flet_jupyter.site.kinds import parse_url_path
from flet_jupyter.site.settings import SERVER_OPTIONS, SITE_OPTIONS, server_settings, site_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flet_jupyter.site.options import Option
    from flet_jupyter.site.settings import ServerSettings, SiteSettings

__all__ = ["ALL", "OF_PAGES", "OF_SOCKETS", "OF_UPLOADS", "app_of", "settings_of", "url_path_of"]

log = logging.getLogger(__name__)

_FLETS_NAMES: Final = {
    "websocket_endpoint_path": "websocket_endpoint",
    "upload_endpoint_path": "upload_endpoint",
    "session_timeout_seconds": "session_timeout",
    "oauth_state_timeout_seconds": "oauth_state_timeout",
}
_WHO_LISTENS: Final = frozenset(
    (
        "ip",
        "port",
        "open_browser",
        "force_web_server",
        "autoreload",
        "log_level",
        "log_style",
        "certfile",
        "keyfile",
    )
)
_WHO_MAY_SEE: Final = frozenset(("token", "password"))

ALL: Final = frozenset((*SITE_OPTIONS, *SERVER_OPTIONS)) - _WHO_LISTENS - _WHO_MAY_SEE
"""The options of an app in somebody else's server."""

OF_PAGES: Final = frozenset(
    (
        "assets_dir",
        "web_renderer",
        "use_color_emoji",
        "route_url_strategy",
        "no_cdn",
        "web_path",
        "app_name",
        "app_short_name",
        "app_description",
        "theme_color",
        "background_color",
        "websocket_endpoint",
        "proxy_path",
        "cross_origin_isolation",
    )
)
"""Those of its page and files."""

OF_SOCKETS: Final = frozenset(
    (
        "session_timeout",
        "oauth_state_timeout",
        "route_url_strategy",
        "secret_key",
        "upload_endpoint",
        "max_sessions",
        "max_sessions_per_client",
        "max_packet_bytes",
        "differ",
        "show_errors",
        "proxy_path",
        "allow_origin",
        "trusted_proxies",
        "shutdown_timeout",
    )
)
"""Those of its sessions."""

OF_UPLOADS: Final = frozenset(("upload_dir", "max_upload_size", "secret_key"))
"""Those of its uploads."""


def settings_of(
    options: Mapping[str, Any], names: Iterable[str] = ALL, *, environ: Mapping[str, str] = os.environ
) -> tuple[SiteSettings, ServerSettings]:
    """Return the settings of an app, or of a part, that somebody else's server runs.

    Parameters
    ----------
    options : mapping of str to Any
        What the program says, by our names or by Flet's; None is as good as not said. Relative paths are below the
        working directory, as Flet has it.
    names : iterable of str
        The options that there are, by our names. Only their variables are looked at.
    environ : mapping of str to str
        The environment.

    Raises
    ------
    BadOption
        An option is unknown, is for others to set, or its value cannot be had.
    """
    known = frozenset(names)
    explicit: dict[str, Any] = {}
    for given, value in options.items():
        name = _FLETS_NAMES.get(given, given)
        if value is None:
            continue
        if name in explicit:
            raise BadOption(f"{name} is given twice, once as {given}: leave out one of them.")
        _check(name, known)
        explicit[name] = value
    variables = {option.variable for option in _options() if option.name in known}
    environ = {name: value for name, value in environ.items() if name in variables}
    site = site_settings({n: v for n, v in explicit.items() if n not in SERVER_OPTIONS}, environ=environ)
    server = server_settings({n: v for n, v in explicit.items() if n in SERVER_OPTIONS}, environ=environ)
    if site.assets_dir is not None and not site.assets_dir.is_dir():
        log.warning("assets_dir=%r is not a folder: the app has no files of its own", str(site.assets_dir))
    return replace(site, assets_dir=_absolute(site.assets_dir), upload_dir=_absolute(site.upload_dir)), server


def url_path_of(name: str, value: str) -> str:
    """Read a parameter that is the path of a URL.

    Raises
    ------
    BadOption
        It is none.
    """
    try:
        return parse_url_path(value)
    except (TypeError, ValueError):
        raise BadOption(f"{name}={value!r} is not the path part of a URL, such as /app1/ws.") from None


def app_of(main: Callable[[ft.Page], Any], before_main: Callable[[ft.Page], Any] | None = None) -> FoundApp:
    """Return the app that a program names by its functions, called after their module.

    Raises
    ------
    NotAnApp
        `main` is no function, or a control.
    """
    if isinstance(main, ft.Control):
        raise NotAnApp(
            f"This {type(main).__name__} could be shown to one visitor only: pass a function 'def main(page: ft.Page)' "
            "that makes one for each."
        )
    found = replace(as_app(main), before_main=before_main)
    module = str(getattr(main, "__module__", None) or "").rpartition(".")[2]
    return replace(found, name=module) if module not in ("", "__main__") else found


def _check(name: str, known: frozenset[str]) -> None:
    if name in known:
        return
    if name in _WHO_LISTENS:
        raise BadOption(f"{name} is for the server that runs this app: give it to that, such as uvicorn, instead.")
    if name in _WHO_MAY_SEE:
        raise BadOption(
            f"{name} is for `jupyter flet serve`: here the app around this one decides who may see it, "
            "for example with an authentication middleware."
        )
    if name in ALL:
        raise BadOption(f"{name} is an option of app(), or of another part of it.")
    # An unknown name is left to the table of options, which knows those that are close.


def _options() -> tuple[Option, ...]:
    return (*SITE_OPTIONS.values(), *SERVER_OPTIONS.values())


def _absolute(path: Path | None) -> Path | None:
    return path.absolute() if path is not None else None
