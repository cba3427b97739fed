"""``jupyter flet serve``: apps as a website, from the command line."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import functools
import logging
import os
import signal
import socket
import ssl
import sys
import webbrowser
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from jupyter_core.application import JupyterApp
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from traitlets import Dict, TraitError
from traitlets.config.loader import ArgumentError, KVArgParseConfigLoader

from flet_jupyter.exceptions import BadOption, FletJupyterError
from flet_jupyter.site import kinds, logs
from flet_jupyter.site.loading import load, sources
from flet_jupyter.site.settings import SERVER_OPTIONS as SERVER
from flet_jupyter.site.settings import SITE_OPTIONS as SITE
from flet_jupyter.site.settings import default_ip, is_headless, server_settings, site_settings
from flet_jupyter.site.website import Website
from flet_jupyter.web.application import SERVER_OPTIONS, make_application
from flet_jupyter.web.reload import Reloader

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping

    from flet_jupyter.core.find import FoundApp
    from flet_jupyter.site.loading import Source
    from flet_jupyter.site.settings import ServerSettings

__all__ = ["FletServe"]

log = logging.getLogger(__name__)

BAD_USAGE: Final = 2
"""What the process returns if it could not begin: that of all Unix tools for a wrong command line."""

_OPTIONS: Final = {**SITE, **SERVER}


class FletServe(JupyterApp):
    """Serve Flet apps as a website: Python here, one session per visitor.

    PATH is an app's file, MODULE:FUNCTION, or a folder of apps. Several apps go under one address:
    jupyter flet serve /=root.py /sub-app=sub.py
    """

    name = "jupyter-flet-serve"
    config_file_name = "jupyter_flet_config"
    description = __doc__
    examples = """
    jupyter flet serve app.py
    jupyter flet serve app.py --port=0 --no-browser
    jupyter flet serve apps/
    jupyter flet serve /=root.py /sub-app=package.sub:main
    """

    apps = Dict(
        key_trait=None,
        help="Settings of single apps, by their path: {'/sub-app': {'app_name': 'Sub', 'session_timeout': 60}}.",
    ).tag(config=True)

    # One trait for each option of the table, and nothing said twice.
    locals().update({name: option.trait() for name, option in _OPTIONS.items()})

    aliases = {  # noqa: RUF012 - traitlets' own way
        "config": "JupyterApp.config_file",
        **{
            name.replace("_", "-"): (f"FletServe.{name}", option.help)
            for name, option in _OPTIONS.items()
            if option.kind is not kinds.FLAG
        },
    }
    flags = {  # noqa: RUF012 - traitlets' own way
        "debug": ({"FletServe": {"log_level": "DEBUG"}}, "Log everything."),
        "generate-config": ({"JupyterApp": {"generate_config": True}}, "Write a configuration file with all options."),
        "y": ({"JupyterApp": {"answer_yes": True}}, "Answer yes to any question."),
        **{
            option.flag.removeprefix("--"): ({"FletServe": {name: not option.default}}, option.help)
            for name, option in _OPTIONS.items()
            if option.kind is kinds.FLAG
        },
    }

    def initialize(self, argv: list[str] | None = None) -> None:
        """Read the command line and the configuration."""
        # Below traitlets' own catch_config_error, which says the same in more words and ends with 1.
        with self._refusing():
            super().initialize(argv)

    def start(self) -> None:
        """Serve until told to stop; whatever is wrong is said before anything listens."""
        super().start()
        with self._refusing():
            self._serve()

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except (FletJupyterError, TraitError, ArgumentError, OSError) as error:
            print(f"jupyter flet serve: {_sentence(error)}", file=sys.stderr)
            self.exit(BAD_USAGE)

    def _create_loader(self, argv: Any, aliases: Any, flags: Any, classes: Any) -> KVArgParseConfigLoader:
        return _Loader(argv, aliases, flags, classes=classes, log=self.log, subcommands=self.subcommands)

    def _configure_logging(self) -> None:
        """Leave it to :func:`flet_jupyter.site.logs.configure`, when the settings are known."""

    def _serve(self) -> None:
        given, configured = self._given(), self._configured()
        server = server_settings(_only(SERVER, given), configured=_only(SERVER, configured))
        logs.configure(server.log_level, server.log_style)
        website = Website(server, root=server.public_root)
        reloader = Reloader(server.autoreload)
        for source in sources(list(self.extra_args)):
            found = reloader.load(functools.partial(load, source), source.place)
            website.add(source.mount, found, self._settings_of(source, found, given, configured))
        _allow_descriptors()
        sockets = self._listen(server, reloader)
        port = sockets[0].getsockname()[1]
        if _run(self._run(website, sockets, server, reloader)):
            reloader.start_again(port)

    # -- settings --------------------------------------------------------------------------------

    def _given(self) -> dict[str, Any]:
        return _plain(self.cli_config.get("FletServe", {}))

    def _configured(self) -> dict[str, Any]:
        given = self._given()
        merged = _plain(self.config.get("FletServe", {}))
        return {name: value for name, value in merged.items() if name not in given}

    def _settings_of(self, source: Source, found: FoundApp, given: dict[str, Any], configured: dict[str, Any]) -> Any:
        own = self.apps.get(source.mount, {})
        if not isinstance(own, dict):
            raise BadOption(f"The settings of {source.mount} are not a dictionary.")
        of_app = dict(found.options)
        if found.assets_dir is not None:
            of_app["assets_dir"] = found.assets_dir
        return site_settings(_only(SITE, given), configured={**of_app, **_only(SITE, configured), **own})

    # -- serving ---------------------------------------------------------------------------------

    def _listen(self, server: ServerSettings, reloader: Reloader) -> list[socket.socket]:
        ip = server.ip or default_ip(for_all=server.force_web_server or is_headless())
        port = reloader.former_port or server.port
        try:
            return bind_sockets(port, ip)
        except OSError as error:
            reason = error.strerror or str(error)
            raise BadOption(
                f"Cannot listen on {ip} port {port}: {reason[:1].lower()}{reason[1:]}. "
                "Choose another with --port, or --port=0 for any that is free."
            ) from error

    async def _run(
        self, website: Website, sockets: list[socket.socket], server: ServerSettings, reloader: Reloader
    ) -> bool:
        """Serve until told to stop, or until sources change: then return True."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        told = False

        def tell(*_: object) -> None:
            # Not by the loop's own handlers: a handler of an app that blocks the loop must not keep it from ending.
            nonlocal told
            if told:  # told twice: somebody is in a hurry
                os._exit(130)
            told = True
            loop.call_soon_threadsafe(stop.set)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, tell)
        website.start()
        options = {"ssl_options": _tls(server)} if server.certfile else {}
        http = HTTPServer(make_application(website, server.base_url, parent=self), **SERVER_OPTIONS, **options)
        http.add_sockets(sockets)
        url = _url(sockets[0], server)
        print(f"Serving {', '.join(app.found.name for app in website.apps.values())} at {url}", flush=True)
        print("Stop with Ctrl-C.", flush=True)
        if server.open_browser and not is_headless() and not server.force_web_server and not reloader.former_port:
            webbrowser.open(url)
        waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(reloader.change())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        log.info("stopping")
        http.stop()
        await website.stop()
        await http.close_all_connections()
        return not stop.is_set()


class _Loader(KVArgParseConfigLoader):
    """Reads the command line, and takes nothing that it does not know."""

    def _handle_unrecognized_alias(self, arg: str) -> None:
        close = difflib.get_close_matches(arg, [*self.aliases, *self.flags], n=1)
        hint = f" Did you mean --{close[0]}?" if close else " See --help."
        raise BadOption(f"There is no option --{arg}.{hint}")


def _allow_descriptors() -> None:
    """Allow as many open files as the system lets this process have: each visitor is one."""
    try:
        import resource  # noqa: PLC0415 - there is none for Windows
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _run(serving: Coroutine[Any, Any, bool]) -> bool:
    """Run until it ends, on the faster of the event loops that are installed; flet-web brings one for most systems."""
    try:
        import uvloop  # noqa: PLC0415 - there is none for Windows
    except ImportError:
        return asyncio.run(serving)
    return uvloop.run(serving)


def _only(table: Mapping[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in table}


def _plain(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return configuration without traitlets' lazy values."""
    return {str(name): _value(name, value) for name, value in config.items()}


def _value(name: str, value: Any) -> Any:
    option = _OPTIONS.get(name)
    if hasattr(value, "get_value") and option is not None:
        return value.get_value(option.trait())
    return value


def _url(bound: socket.socket, server: ServerSettings) -> str:
    """Return the address at which this machine finds the site, without what a proxy adds."""
    host, port = bound.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    query = f"?token={quote(server.token, safe='')}" if server.token else ""
    return f"{'https' if server.certfile else 'http'}://{shown}:{port}{server.base_url.rstrip('/')}/{query}"


def _tls(server: ServerSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(str(server.certfile), str(server.keyfile) if server.keyfile else None)
    except (ssl.SSLError, OSError) as error:
        raise BadOption(f"The certificate {server.certfile} cannot be used: {error}.") from error
    return context


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())
