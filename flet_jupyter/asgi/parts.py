"""The parts of an app one by one, with Flet's names and parameters, for routes of somebody's own app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request as StarletteRequest
from starlette.responses import RedirectResponse, Response

from flet_jupyter.asgi.exchange import (
    READ,
    file_response,
    full_path,
    login_response,
    not_allowed,
    problem_response,
    request_of,
    save,
    split_path,
    url_path,
)
from flet_jupyter.asgi.manager import app_manager
from flet_jupyter.asgi.sockets import refuse, serve
from flet_jupyter.exceptions import Refused
from flet_jupyter.site.answers import security_headers
from flet_jupyter.site.parameters import OF_PAGES, OF_SOCKETS, OF_UPLOADS, app_of, settings_of, url_path_of
from flet_jupyter.site.part_apps import NAMELESS
from flet_jupyter.site.uploads import declared_size

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import flet as ft
    from starlette.types import Receive, Scope, Send
    from starlette.websockets import WebSocket

    AppFunction = Callable[[ft.Page], Any]

__all__ = ["FletApp", "FletOAuth", "FletStaticFiles", "FletUpload"]


class FletStaticFiles:
    """An ASGI application that serves an app's page, the Flutter client and the app's own files.

    Parameters
    ----------
    proxy_path : str, optional
        The path that a proxy in front takes away before it passes a request on.
    assets_dir : str or Path, optional
        The folder of the app's own files.
    websocket_endpoint_path : str, optional
        The path of the app's WebSocket: with a slash at its beginning as browsers see it, else below this mount.
    app_mount_path : str, optional
        The path of the app as this server sees it, where that is not the path that this is mounted at.
    **options
        Others of Flet's (``app_name``, ``app_short_name``, ``app_description``, ``web_renderer``,
        ``route_url_strategy``, ``no_cdn``) and those in ``docs/settings.md`` about the page.

    Raises
    ------
    BadOption
        An option is unknown, or its value cannot be had.
    """

    def __init__(
        self,
        proxy_path: str | None = None,
        assets_dir: str | os.PathLike[str] | None = None,
        *,
        websocket_endpoint_path: str | None = None,
        app_mount_path: str | None = None,
        **options: Any,
    ) -> None:
        self._websocket_path = None
        if websocket_endpoint_path is not None and websocket_endpoint_path.startswith("/"):
            self._websocket_path = url_path_of("websocket_endpoint_path", websocket_endpoint_path)
            websocket_endpoint_path = None
        options |= {"websocket_endpoint_path": websocket_endpoint_path}
        options |= {"assets_dir": assets_dir, "proxy_path": proxy_path}
        self._site, self._server = settings_of(options, OF_PAGES)
        self._mount = url_path_of("app_mount_path", app_mount_path) if app_mount_path else None
        self._headers = security_headers(self._server)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] != "http":
            raise HTTPException(404)
        request = StarletteRequest(scope, receive)
        try:
            response = not_allowed(request, READ, self._headers) or self._answer(request)
        except Refused as refused:
            response = problem_response(request, refused.status, str(refused), self._headers)
        await response(scope, receive, send)

    def _answer(self, request: StarletteRequest) -> Response:
        root, path = split_path(request.scope)
        page = app_manager.here.page_app(
            NAMELESS,
            self._site,
            self._server,
            mount=self._mount or url_path(root),
            websocket_path=self._websocket_path,
        )
        if not path:
            return RedirectResponse(f"{page.public_path.rstrip('/')}/", 302, self._headers)
        return file_response(request, page, path, self._headers)


class FletApp:
    """The WebSocket of an app: its sessions. Each connection may have an object of its own.

    Parameters
    ----------
    main : callable
        The app, called with the page of each new visitor.
    before_main : callable, optional
        Called before it.
    loop, executor : optional
        Those of Flet's own; they have no effect.
    upload_endpoint_path : str, optional
        The path of the upload endpoint as this server sees it; by default ``upload`` beside the WebSocket.
    **options
        Others of Flet's (``session_timeout_seconds``, ``oauth_state_timeout_seconds``, ``secret_key``) and those in
        ``docs/settings.md`` about sessions.

    Raises
    ------
    BadOption
        An option is unknown, or its value cannot be had.
    NotAnApp
        `main` is no function.
    """

    def __init__(
        self,
        main: AppFunction,
        before_main: AppFunction | None = None,
        *,
        loop: object = None,  # noqa: ARG002 - Flet's
        executor: object = None,  # noqa: ARG002 - Flet's
        upload_endpoint_path: str | None = None,
        **options: Any,
    ) -> None:
        self._found = app_of(main, before_main)
        self._site, self._server = settings_of(options, OF_SOCKETS)
        self._upload_path = None
        if upload_endpoint_path:
            self._upload_path = url_path_of("upload_endpoint_path", upload_endpoint_path)

    async def handle(self, websocket: WebSocket) -> None:
        """Take a visitor until the connection ends."""
        mount = full_path(websocket.scope).rpartition("/")[0]
        try:
            app = app_manager.here.socket_app(
                self._found,
                self._site,
                self._server,
                mount=mount or "/",
                upload_path=self._upload_path or f"{mount}/{self._site.upload_endpoint}",
            )
        except Refused as refused:
            await refuse(websocket, refused)
            return
        await serve(websocket, app)


class FletUpload:
    """Takes files from ``FilePicker.upload()``. Each request may have an object of its own.

    Parameters
    ----------
    upload_dir : str or Path
        The folder that takes the files.
    max_upload_size : int, optional
        The most bytes that a file may have; None is no limit.
    secret_key : str, optional
        What signs the addresses, the same as that of the :class:`FletApp`.
    upload_endpoint_path : str, optional
        The path that the :class:`FletApp` was given, where that is not the path of the requests.

    Raises
    ------
    BadOption
        There is no key, or a value cannot be had.
    """

    def __init__(
        self,
        upload_dir: str | os.PathLike[str] | None = None,
        max_upload_size: int | None = None,
        secret_key: str | None = None,
        *,
        upload_endpoint_path: str | None = None,
    ) -> None:
        options = {"upload_dir": upload_dir, "max_upload_size": max_upload_size, "secret_key": secret_key}
        self._site, _ = settings_of(options, OF_UPLOADS)
        self._path = url_path_of("upload_endpoint_path", upload_endpoint_path) if upload_endpoint_path else None

    async def handle(self, request: StarletteRequest) -> Response:
        """Take a file.

        Raises
        ------
        HTTPException
            It is not taken. Flet's own raises this too: a route need not return what this returns.
        """
        query = request.scope["query_string"].decode("latin-1")
        try:
            size = declared_size(request.headers.get("content-length", ""))
            upload = app_manager.here.begin_upload(self._site, self._path or full_path(request.scope), query, size)
            await save(upload, request)
        except Refused as refused:
            raise HTTPException(refused.status, str(refused)) from refused
        return Response()


class FletOAuth:
    """Where a login provider sends browsers back to, for all apps of this server."""

    async def handle(self, request: StarletteRequest) -> Response:
        """Let the app that the login is of finish it."""
        try:
            reply = await app_manager.here.finish_login(dict(request.query_params), request_of(request))
        except Refused as refused:
            return problem_response(request, refused.status, str(refused))
        return login_response(reply)
