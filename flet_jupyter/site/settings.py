"""All options of the dynamic website in one table, and the settings that are in force.

An explicit argument wins over the environment, that over the configuration, that over the default. What the
command line offers and what ``docs/settings.md`` lists (``python -m flet_jupyter.site.settings`` prints it)
come from the same table.
"""
# ruff: noqa: RUF009 (option makes a field of the dataclass, not a value that would be shared)

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flet_jupyter.core.settings import AppSettings, Differ
from flet_jupyter.exceptions import BadOption
from flet_jupyter.site import kinds
from flet_jupyter.site.options import Option, option, options_of, resolve, table

_CORE: Final = AppSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """The options of one app; the sentence with each field says what it does.

    `site_settings` makes them from arguments, environment and configuration, and checks them.
    """

    assets_dir: Path | None = option(
        None,
        kinds.FOLDER,
        "Folder of files that the app and its page refer to: images, fonts, a favicon.",
        "FLET_ASSETS_DIR",
    )
    upload_dir: Path | None = option(
        None, kinds.FOLDER, "Folder that takes uploaded files. Without it nothing can be uploaded.", "FLET_UPLOAD_DIR"
    )
    max_upload_size: int | None = option(
        None,
        kinds.SIZE,
        "The largest file that can be uploaded. Without it there is no limit.",
        "FLET_MAX_UPLOAD_SIZE",
    )
    secret_key: str | None = option(
        None,
        kinds.TEXT,
        "Key that signs the URLs of uploads and the cookies of who has signed in; the same in all processes of a site.",
        "FLET_SECRET_KEY",
        hidden=True,
    )
    session_timeout: float = option(
        _CORE.session_timeout,
        kinds.SECONDS,
        "Seconds that a session is kept while no client shows it.",
        "FLET_SESSION_TIMEOUT",
    )
    oauth_state_timeout: float = option(
        600,
        kinds.SECONDS,
        "Seconds that a visitor has to complete a login with an OAuth provider.",
        "FLET_OAUTH_STATE_TIMEOUT",
    )
    web_renderer: kinds.WebRenderer = option(
        "auto",
        kinds.WEB_RENDERER,
        "What Flutter draws with. Flet also documents html, which Flutter has removed: it is taken as auto.",
        "FLET_WEB_RENDERER",
    )
    use_color_emoji: bool = option(
        False,
        kinds.FLAG,
        "Taken for Flet's sake: emoji are in color in any case, from fonts that come with this package.",
        "FLET_WEB_USE_COLOR_EMOJI",
    )
    route_url_strategy: kinds.RouteUrlStrategy = option(
        "path",
        kinds.ROUTE_URL_STRATEGY,
        "Where the browser's address shows the route: /store or /#/store.",
        "FLET_WEB_ROUTE_URL_STRATEGY",
    )
    no_cdn: bool = option(
        True,
        kinds.FLAG,
        "Serve renderer and fonts from here, and load nothing from a CDN. Flet's default is false.",
        "FLET_WEB_NO_CDN",
        flag="--cdn",
    )
    web_path: Path | None = option(
        None, kinds.FOLDER, "Folder of another Flutter client than that of the installed flet-web.", "FLET_WEB_PATH"
    )
    app_name: str | None = option(None, kinds.TEXT, "Name of the app, in its page's title and when it is installed.")
    app_short_name: str | None = option(None, kinds.TEXT, "Name of the installed app where there is little space.")
    app_description: str | None = option(None, kinds.TEXT, "What the app is for, in its page and manifest.")
    theme_color: str | None = option(None, kinds.COLOR, "Color of the browser's frame around the installed app.")
    background_color: str | None = option(None, kinds.COLOR, "Color of the installed app's window while it starts.")
    websocket_endpoint: str = option(
        "ws", kinds.ENDPOINT, "Path of the WebSocket, below the app's own.", "FLET_WEBSOCKET_HANDLER_ENDPOINT"
    )
    upload_endpoint: str = option(
        "upload", kinds.ENDPOINT, "Path that uploads go to, below the app's own.", "FLET_UPLOAD_HANDLER_ENDPOINT"
    )
    oauth_callback_endpoint: str = option(
        "oauth_callback",
        kinds.ENDPOINT,
        "Path that OAuth providers send visitors back to, below the app's own.",
        "FLET_OAUTH_CALLBACK_HANDLER_ENDPOINT",
    )
    max_sessions: int = option(_CORE.max_sessions, kinds.COUNT, "Sessions that the app may have at a time.")
    max_sessions_per_client: int = option(
        _CORE.max_sessions_per_client,
        kinds.COUNT,
        "Sessions that one IP address may have at a time; of this machine's own, where a proxy may run, any number.",
    )
    max_packet_bytes: int = option(_CORE.max_packet_bytes, kinds.SIZE, "The largest message taken from a client.")
    differ: Differ = option(
        _CORE.differ,
        kinds.DIFFER,
        "How it is found out what an update has to send. Flet's own way compares the whole page.",
        "FLET_JUPYTER_DIFFER",
    )
    show_errors: bool = option(False, kinds.FLAG, "Show visitors the tracebacks of errors, for development.")

    @property
    def app(self) -> AppSettings:
        """What the session core needs of them."""
        return AppSettings(
            session_timeout=self.session_timeout,
            max_sessions=self.max_sessions,
            max_sessions_per_client=self.max_sessions_per_client,
            max_packet_bytes=self.max_packet_bytes,
            differ=self.differ,
        )

    def check(self) -> None:
        """Compare options with one another.

        Raises
        ------
        BadOption
            Uploads have no key, or two endpoints have the same path.
        """
        if self.upload_dir and not self.secret_key:
            raise BadOption(
                f"Uploads to {self.upload_dir} need a key that signs their URLs: "
                "set FLET_SECRET_KEY or --secret-key (secret_key) to a long random text."
            )
        paths: dict[str, str] = {}
        for name in ("websocket_endpoint", "upload_endpoint", "oauth_callback_endpoint"):
            other = paths.setdefault(getattr(self, name), name)
            if other != name:
                raise BadOption(f"{other} and {name} are both {getattr(self, name)!r}: give them different paths.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """The options of the server, whatever apps it serves; the sentence with each field says what it does.

    `server_settings` makes them from arguments, environment and configuration, and checks them.
    """

    ip: str | None = option(
        None,
        kinds.ADDRESS,
        "Address to listen on. Without it 127.0.0.1, or 0.0.0.0 (all addresses) where there is no desktop or "
        "force_web_server is set.",
        "FLET_SERVER_IP",
    )
    port: int = option(8000, kinds.PORT, "TCP port to listen on; 0 takes any that is free.", "FLET_SERVER_PORT")
    base_url: str = option(
        "/",
        kinds.BASE_URL,
        "Path below which everything is served, and which a proxy in front may add.",
        "FLET_WEB_APP_PATH",
    )
    proxy_path: str = option(
        "/", kinds.BASE_URL, "Path that a proxy in front takes away before it passes a request on."
    )
    open_browser: bool = option(True, kinds.FLAG, "Open a browser where there is a desktop.", flag="--no-browser")
    force_web_server: bool = option(
        False, kinds.FLAG, "Behave as on a machine without a desktop.", "FLET_FORCE_WEB_SERVER"
    )
    autoreload: bool = option(False, kinds.FLAG, "Reload the app and its open pages when its sources change.")
    allow_origin: tuple[str, ...] = option(
        (), kinds.ORIGINS, "Origins whose pages may connect besides the server's own; * is any."
    )
    trusted_proxies: tuple[kinds.Network, ...] = option(
        (), kinds.NETWORKS, "Proxies whose X-Forwarded headers are believed."
    )
    cross_origin_isolation: bool = option(
        False, kinds.FLAG, "Send the COOP and COEP headers, which skwasm needs to draw with several threads."
    )
    ping_interval: float = option(
        20, kinds.SECONDS, "Seconds between two pings to a client; one that does not answer by the next has gone."
    )
    metrics: bool = option(True, kinds.FLAG, "Answer Prometheus at /metrics.")
    log_level: kinds.LogLevel = option("INFO", kinds.LOG_LEVEL, "The least that is logged.", "FLET_LOG_LEVEL")
    log_style: kinds.LogFormat = option("text", kinds.LOG_FORMAT, "Lines for people, or one JSON object each.")
    certfile: Path | None = option(None, kinds.FILE, "Certificate, in PEM format; with it the server speaks HTTPS.")
    keyfile: Path | None = option(None, kinds.FILE, "The certificate's private key, where certfile does not hold it.")
    token: str = option("", kinds.TEXT, "Token that visitors must have; empty for none.", hidden=True)
    password: str = option(
        "", kinds.HASHED_PASSWORD, "Hash of the password that visitors must have; empty for none.", hidden=True
    )
    shutdown_timeout: float = option(
        10, kinds.SECONDS, "Seconds that sessions have to end when the server stops; uploads in progress are removed."
    )

    @property
    def public_root(self) -> str:
        """The path below which visitors see everything, with what a proxy takes away; ``/``, or no slash at its end."""
        return f"{self.proxy_path.rstrip('/')}/{self.base_url.strip('/')}".rstrip("/") or "/"

    def check(self) -> None:
        """Compare options with one another.

        Raises
        ------
        BadOption
            There is a private key without its certificate.
        """
        if self.keyfile and not self.certfile:
            raise BadOption(
                f"The private key {self.keyfile} needs its certificate: set --certfile (certfile) to that file too."
            )


SITE_OPTIONS: Final[Mapping[str, Option]] = options_of(SiteSettings, "app")
"""The options that each app has, by name."""

SERVER_OPTIONS: Final[Mapping[str, Option]] = options_of(ServerSettings, "server")
"""The options of the server, by name."""


def site_settings(
    explicit: Mapping[str, Any] = {}, *, configured: Mapping[str, Any] = {}, environ: Mapping[str, str] = os.environ
) -> SiteSettings:
    """Return the settings of an app.

    Parameters
    ----------
    explicit : mapping of str to Any
        What the program or the command line says, by option name; None is as good as not said, an empty string
        switches off what has no value by default. Relative paths stay relative.
    configured : mapping of str to Any
        The same for the configuration file.
    environ : mapping of str to str
        The environment. Empty variables are not set; relative paths are below the working directory.

    Raises
    ------
    BadOption
        An option is unknown, its value cannot be had, or two do not go together.
    """
    values = resolve(SITE_OPTIONS, SERVER_OPTIONS, explicit=explicit, environ=environ, configured=configured)
    settings = SiteSettings(**values)
    settings.check()
    return settings


def server_settings(
    explicit: Mapping[str, Any] = {}, *, configured: Mapping[str, Any] = {}, environ: Mapping[str, str] = os.environ
) -> ServerSettings:
    """Return the settings of the server; parameters and errors are those of `site_settings`."""
    values = resolve(SERVER_OPTIONS, SITE_OPTIONS, explicit=explicit, environ=environ, configured=configured)
    settings = ServerSettings(**values)
    settings.check()
    return settings


def is_headless(environ: Mapping[str, str] = os.environ, system: str = sys.platform, kernel: str | None = None) -> bool:
    """Whether this is a Linux machine without a desktop, where nobody sees a browser that is opened.

    Parameters
    ----------
    environ : mapping of str to str
        The environment: X11 sets ``DISPLAY``, Wayland ``WAYLAND_DISPLAY``.
    system : str
        As `sys.platform`.
    kernel : str, optional
        The kernel's release. Microsoft's name in it means the Windows Subsystem for Linux, which has the desktop
        of Windows.
    """
    if system != "linux" or "microsoft" in (platform.release() if kernel is None else kernel).lower():
        return False
    return not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def default_ip(*, for_all: bool) -> str:
    """Return the address to listen on where none is set; `for_all` is `is_headless` or ``force_web_server``."""
    return "0.0.0.0" if for_all else "127.0.0.1"  # noqa: S104 (as Flet: a machine without a desktop is there to serve)


def markdown() -> str:
    """Write ``docs/settings.md``."""
    parts = [_INTRODUCTION, "## Of each app", table(SITE_OPTIONS), "## Of the server", table(SERVER_OPTIONS)]
    return "\n\n".join(parts) + "\n"


_INTRODUCTION: Final = """# Settings of the dynamic website

Made from the code by `python -m flet_jupyter.site.settings > docs/settings.md`; a test says when it is out of date.

What is set in several places is taken from the first of them: the command line or an argument in Python, the
environment variable, the configuration file, the default. An empty variable is not set; an empty argument takes back
what a variable says, where the default is nothing. A value that cannot be had ends the start with a sentence that
says where it came from.

In Python and in configuration files an option has the name in the first column. A command-line option without a
value switches to the other of true and false. Items of a list are separated by commas. `~` is the home folder, and a
variable's relative path is below the working directory. Secrets belong in a variable or a configuration file: others
on the machine can read command lines."""


if __name__ == "__main__":
    sys.stdout.write(markdown())
