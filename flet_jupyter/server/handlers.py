"""The routes below ``<base_url>flet/``: who is asked for, looked up, sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import responses
from importlib.metadata import version as installed_version
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

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
from flet_jupyter.exceptions import AssetsNotBuilt, ClientNotFound

AUTH_RESOURCE = "flet"
"""What an authorizer is asked about: may this user ``read`` it?"""


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


class FileHandler(JupyterHandler):
    """Sends files to scripts, never a page to a person: errors are JSON, and there is no redirect to a login."""

    auth_resource = AUTH_RESOURCE

    async def send(self, file: ServedFile, cache_control: str) -> None:
        """Answer the GET or HEAD at hand with `file`."""
        reply = reply_with(
            file,
            accept_encoding=self.request.headers.get("Accept-Encoding", ""),
            if_none_match=self.request.headers.get("If-None-Match", ""),
            cache_control=cache_control,
        )
        self.set_status(reply.status)
        for name, value in reply.headers.items():
            self.set_header(name, value)
        if reply.body is not None and self.request.method != "HEAD":
            for chunk in reply.body.chunks():
                self.write(chunk)
                await self.flush()
        await self.finish()

    def get_login_url(self) -> str:
        """Refuse where Tornado would redirect: the login page must not be run as a script."""
        raise Refusal(403, "Log in to this Jupyter server to load the Flutter client.")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say in JSON what went wrong."""
        error = kwargs["exc_info"][1] if "exc_info" in kwargs else None
        message = error.message if isinstance(error, Refusal) else responses.get(status_code, "Unknown error")
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps({"message": message}))


class ClientHandler(FileHandler):
    """``flet/client/<version>/<path>``: the Flutter client."""

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
            file = self.fonts.find(font) or self.fonts.stand_in(font)
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


class EngineHandler(FileHandler):
    """``flet/engine.js``: our own bundle."""

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


class StatusHandler(APIHandler):
    """``flet/status``: what this server can serve, for front ends and for people who look for a fault."""

    auth_resource = AUTH_RESOURCE

    def initialize(self, clients: Mapping[str, ClientFiles]) -> None:
        """Take what the extension has found."""
        self.clients = clients

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Send the versions."""
        self.finish({"version": installed_version("flet-jupyter"), "clients": sorted(self.clients)})

    head = get
