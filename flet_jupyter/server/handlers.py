"""What all routes below ``<base_url>flet/`` have in common, and those of the client: asked for, looked up, sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version as installed_version
from typing import Any, TypeVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web
from tornado.iostream import StreamClosedError

from flet_jupyter.client import (
    FALLBACK_FONTS,
    IMMUTABLE,
    REVALIDATE,
    ClientFiles,
    EngineBundle,
    FallbackFonts,
    ServedFile,
    reply_with,
)
from flet_jupyter.exceptions import AssetsNotBuilt, ClientNotFound, Refused
from flet_jupyter.server.metrics import CountedHandler, count_sent
from flet_jupyter.site.answers import problem

AUTH_RESOURCE = "flet"
"""What an authorizer is asked about: may this user ``read`` it?"""

_Method = TypeVar("_Method", bound=Callable[..., Any])

# For files of users, besides the decorator that all methods have. With the action said: the decorator otherwise keeps
# that of the first request, for all methods that it is shared by.
reads_contents: Callable[[_Method], _Method] = authorized("read", resource="contents")
writes_contents: Callable[[_Method], _Method] = authorized("write", resource="contents")


class Refusal(web.HTTPError):
    """An error answer whose message is for the one who asked.

    Attributes
    ----------
    message : str
        One sentence or two: what is wrong and what to do.
    """

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(status_code)
        self.message = message

    @classmethod
    def of(cls, error: Refused) -> Refusal:
        """Make it of an error that does not know of HTTP servers."""
        return cls(error.status, str(error))


class FletHandler(CountedHandler, JupyterHandler):
    """Answers scripts, never a person: errors are JSON, and there is no redirect to a login."""

    auth_resource = AUTH_RESOURCE

    def get_login_url(self) -> str:
        """Refuse where Tornado would redirect: the login page must not be run as a script."""
        raise Refusal(403, "Log in to this Jupyter server to use Flet apps.")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say in JSON what went wrong."""
        error = kwargs["exc_info"][1] if "exc_info" in kwargs else None
        self.finish(self.problem(status_code, error.message if isinstance(error, Refusal) else ""))

    def problem(self, status: int, message: str) -> bytes:
        """Return the body of an error; its headers are set."""
        headers, body = problem(status, "application/json", message)
        for name, value in headers.items():
            self.set_header(name, value)
        return body


class FileHandler(FletHandler):
    """Sends files."""

    async def send(self, file: ServedFile, cache_control: str, *, ranges: bool = False) -> None:
        """Answer the GET or HEAD at hand with `file`; with `ranges`, a GET also with a part of it."""
        headers, is_head = self.request.headers, self.request.method == "HEAD"
        reply = reply_with(
            file,
            accept_encoding=headers.get("Accept-Encoding", ""),
            if_none_match=headers.get("If-None-Match", ""),
            cache_control=cache_control,
            range_=("" if is_head else headers.get("Range", "")) if ranges else None,
            if_range=headers.get("If-Range", ""),
        )
        self.set_status(reply.status)
        for name, value in reply.headers.items():
            self.set_header(name, value)
        try:
            if reply.body is not None and not is_head:
                for chunk in reply.chunks():
                    self.write(chunk)
                    await self.flush()
                    count_sent(self.route, len(chunk))
        except StreamClosedError:
            return  # players break off whenever somebody jumps in a film
        await self.finish()


class CommonFileHandler(FileHandler):
    """Sends files that are the same for everyone, whoever has installed them."""

    def check_xsrf_cookie(self) -> None:
        """Ask for no token: a module's import cannot send one, and there is nothing to protect.

        jupyter-server asks only for what changes something, but JupyterHub before it accepts any cookie.
        """


class ClientHandler(CommonFileHandler):
    """``flet/client/<version>/<path>``: the Flutter client."""

    route = "client"

    def initialize(self, clients: Mapping[str, ClientFiles], fonts: FallbackFonts) -> None:
        """Take what the extension has found."""
        self.clients = clients
        self.fonts = fonts

    @web.authenticated
    @authorized
    async def get(self, version: str, name: str) -> None:
        """Send a file of the client, or a font that its engine looks for among them."""
        files = self.clients.get(version)
        if files is None:
            raise Refusal(404, self._unknown_version(version))
        file = files.get(name)
        if file is None and name.startswith(FALLBACK_FONTS):
            font = name.removeprefix(FALLBACK_FONTS)
            file = self.fonts.answer(font)
        if file is None:
            raise Refusal(404, f"The Flutter client of Flet {version} has no file {name}.")
        try:
            await self.send(file, IMMUTABLE)
        except ClientNotFound as error:
            raise Refusal(503, str(error)) from error

    head = get

    def _unknown_version(self, version: str) -> str:
        has = " and ".join(sorted(self.clients))
        return (
            f"This server has {'the Flutter client of Flet ' + has if has else 'no Flutter client'}, "
            f"but the kernel uses Flet {version}. "
            f"Install flet-web=={version} in the server's environment and restart it."
        )


class EngineHandler(CommonFileHandler):
    """``flet/engine.js``: our own bundle."""

    route = "engine"

    def initialize(self, bundle: EngineBundle) -> None:
        """Take the bundle."""
        self.bundle = bundle

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Send the bundle."""
        try:
            await self.send(self.bundle.current(), REVALIDATE)
        except AssetsNotBuilt as error:
            raise Refusal(404, str(error)) from error

    head = get


class StatusHandler(CountedHandler, APIHandler):
    """``flet/status``: what this server can serve, for front ends and for people who look for a fault."""

    auth_resource = AUTH_RESOURCE
    route = "status"

    def initialize(self, clients: Mapping[str, ClientFiles], limits: Mapping[str, int | None]) -> None:
        """Take what the extension has found, and its limits by name."""
        self.clients = clients
        self.limits = limits

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Send the versions and limits."""
        self.finish({"version": installed_version("flet-jupyter"), "clients": sorted(self.clients), **self.limits})

    head = get
