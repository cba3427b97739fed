"""A Flet app as an ASGI application, to be served by itself or mounted in another."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import ClientDisconnect
from starlette.requests import Request as StarletteRequest
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.websockets import WebSocket

from flet_jupyter.asgi.exchange import (
    READ,
    file_response,
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
from flet_jupyter.site.metrics import CONTENT_TYPE
from flet_jupyter.site.parameters import app_of, settings_of
from flet_jupyter.site.uploads import declared_size
from flet_jupyter.site.website import Website

if TYPE_CHECKING:
    from collections.abc import Callable

    import flet as ft
    from starlette.types import Receive, Scope, Send

    from flet_jupyter.core.find import FoundApp
    from flet_jupyter.site.settings import ServerSettings, SiteSettings
    from flet_jupyter.site.web_app import WebApp

    AppFunction = Callable[[ft.Page], Any]

__all__ = ["AsgiApp", "app"]

log = logging.getLogger(__name__)

MAX_PLACES: Final = 16
"""Paths below which one app may be found at a time. They are the server's to say, but not always its alone: a mount
may have a parameter, and daphne takes the path from a header."""


def app(
    main: AppFunction,
    before_main: AppFunction | None = None,
    *,
    proxy_path: str | None = None,
    **options: Any,
) -> AsgiApp:
    """Make an ASGI application of a Flet app.

    Parameters
    ----------
    main : callable
        The app, called with the page of each new visitor.
    before_main : callable, optional
        Called before it.
    proxy_path : str, optional
        The path that a proxy in front takes away before it passes a request on.
    **options
        Those of Flet's own ``app()`` (``assets_dir``, ``app_name``, ``web_renderer``, ``route_url_strategy``,
        ``no_cdn``, ``upload_dir``, ``upload_endpoint_path``, ``max_upload_size``, ``secret_key``,
        ``session_timeout_seconds``, ``oauth_state_timeout_seconds`` and the others) and all in ``docs/settings.md``
        but those about listening. What is not given is taken from the environment.

    Raises
    ------
    BadOption
        An option is unknown, is for others to set, or its value cannot be had.
    NotAnApp
        `main` is no function.
    ClientNotFound
        There is no Flutter client where it is looked for.
    """
    site, server = settings_of({**options, "proxy_path": proxy_path})
    return AsgiApp(app_of(main, before_main), site, server)


class AsgiApp:
    """One Flet app, wherever its server or another app mounts it.

    Where that is, only requests tell, by ``root_path``: so for each path the app is made when the first request for
    it comes. Each such place is an app with sessions of its own, as each mount is in Flet.

    Parameters
    ----------
    found : FoundApp
        The app.
    site, server : SiteSettings, ServerSettings
        Its settings.
    """

    def __init__(self, found: FoundApp, site: SiteSettings, server: ServerSettings) -> None:
        self._found = found
        self._site = site
        self._server = server
        self._headers = security_headers(server)
        # What cannot be had is to be known before there are visitors.
        Website(server, clients=app_manager.clients).add("/", found, site)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI has it."""
        if scope["type"] == "http":
            await self._request(StarletteRequest(scope, receive), send)
        elif scope["type"] == "websocket":
            await self._socket(WebSocket(scope, receive, send))
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    # -- for whoever mounts it -------------------------------------------------------------------

    def metrics(self) -> bytes:
        """Return the app's numbers on the running loop, as Prometheus reads them."""
        return self._website().metrics.text()

    def why_not_ready(self) -> str:
        """Return why new visitors of the running loop are not welcome; empty if they are."""
        try:
            return self._website().why_not_ready()
        except Refused:
            return "stopping"

    # -- life ------------------------------------------------------------------------------------

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await app_manager.start()
        self._website()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await app_manager.here.stop_website(self)
        await send({"type": "lifespan.shutdown.complete"})

    def _website(self) -> Website:
        return app_manager.here.website(self, self._server)

    def _app_at(self, mount: str) -> WebApp:
        website = self._website()
        mount = url_path(mount)
        app = website.apps.get(mount)
        if app is None:
            if len(website.apps) >= MAX_PLACES:
                log.warning("%s is served below %d paths, and no more: %s", self._found.name, MAX_PLACES, mount[:200])
                raise Refused("", 404)
            app = website.add(mount, self._found, self._site)
        return app

    def _locate(self, scope: Scope) -> tuple[str, str]:
        """Return the path that the app is at, and what of it is asked for.

        Raises
        ------
        Refused
            That is none of ours.
        """
        mount, path = split_path(scope)
        base = self._server.base_url.rstrip("/")
        if mount or not base or _is_mounted(scope):
            return mount, path
        if path != base and not path.startswith(f"{base}/"):
            raise Refused("", 404)
        return base, path[len(base) :]

    # -- connections -----------------------------------------------------------------------------

    async def _socket(self, websocket: WebSocket) -> None:
        try:
            app = self._app_of(websocket)
        except Refused as refused:
            await refuse(websocket, refused)
            return
        await serve(websocket, app)

    def _app_of(self, websocket: WebSocket) -> WebApp:
        mount, path = self._locate(websocket.scope)
        app = self._app_at(mount)
        if path.removeprefix("/") != app.settings.websocket_endpoint:
            raise Refused("", 404)
        return app

    async def _request(self, request: StarletteRequest, send: Send) -> None:
        try:
            response = await self._answer(request)
        except Refused as refused:
            response = problem_response(request, refused.status, str(refused), self._headers)
        except ClientDisconnect:
            return
        except Exception:
            # As Starlette does: an answer, and the error for the server's log or the app around this one.
            await problem_response(request, 500, "", self._headers)(request.scope, request.receive, send)
            raise
        try:
            await response(request.scope, request.receive, send)
        except ClientDisconnect:
            log.debug("a client has gone while it was sent %s", request.scope["path"])

    async def _answer(self, request: StarletteRequest) -> Response:
        if not _is_mounted(request.scope) and (operation := self._operation(request)) is not None:
            return operation
        mount, path = self._locate(request.scope)
        app = self._app_at(mount)
        if not path:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{app.public_path.rstrip('/')}/{query}", 302, self._headers)
        endpoint, settings = path.removeprefix("/"), app.settings
        if endpoint == settings.websocket_endpoint:
            return problem_response(request, 400, "This address is for WebSockets.", self._headers)
        if endpoint == settings.upload_endpoint:
            return self._unless(request, "PUT") or await self._upload(request, app)
        if endpoint == settings.oauth_callback_endpoint:
            return self._unless(request, "GET") or await self._finish_login(request, app)
        return self._unless(request, *READ) or file_response(request, app, path, self._headers)

    def _unless(self, request: StarletteRequest, *methods: str) -> Response | None:
        return not_allowed(request, methods, self._headers)

    async def _upload(self, request: StarletteRequest, app: WebApp) -> Response:
        query = request.scope["query_string"].decode("latin-1")
        upload = app.begin_upload(query, declared_size(request.headers.get("content-length", "")))
        outcome = "broken off"
        try:
            await save(upload, request)
            outcome = "finished"
        finally:
            app.meter.uploaded(upload.size, outcome)
        return Response(headers=self._headers)

    async def _finish_login(self, request: StarletteRequest, app: WebApp) -> Response:
        return login_response(await app.finish_login(dict(request.query_params), request_of(request)), self._headers)

    def _operation(self, request: StarletteRequest) -> Response | None:
        """Answer those who run the server, where it serves nothing but this app."""
        base = self._server.base_url.rstrip("/")
        _, path = split_path(request.scope)
        name = path.removeprefix(base) if base and path.startswith(f"{base}/") else path
        if name == "/metrics" and self._server.metrics:
            response = Response(self.metrics(), headers=self._headers, media_type=CONTENT_TYPE)
        elif name == "/healthz":
            response = PlainTextResponse("ok\n", headers=self._headers)
        elif name == "/readyz":
            problem = self.why_not_ready()
            response = PlainTextResponse(f"{problem or 'ready'}\n", 503 if problem else 200, self._headers)
        else:
            return None
        return self._unless(request, *READ) or response


def _is_mounted(scope: Scope) -> bool:
    """Tell whether another app has passed the request on: Starlette and FastAPI leave themselves in its scope."""
    return "app" in scope
