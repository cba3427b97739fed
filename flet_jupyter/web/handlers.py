"""The routes of a website on Tornado: who asks, what for, and the answer; all rules are those of ``site``."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado import web
from tornado.websocket import WebSocketHandler

from flet_jupyter.core.uploads import UploadRefused
from flet_jupyter.exceptions import ClientNotFound
from flet_jupyter.site.logs import access
from flet_jupyter.site.metrics import CONTENT_TYPE
from flet_jupyter.site.notices import apps_page, error_page, sign_in_page
from flet_jupyter.site.visitor import BROWSER_COOKIE, Request
from flet_jupyter.site.web_app import Refused, WebApp
from flet_jupyter.transports.tornado_ws import TornadoSocket
from flet_jupyter.web.identity import identify

if TYPE_CHECKING:
    from flet_jupyter.core.visit import Visit
    from flet_jupyter.site.uploads import Upload
    from flet_jupyter.site.website import Website

__all__ = [
    "AppsHandler",
    "HealthHandler",
    "LoginCallbackHandler",
    "MetricsHandler",
    "PageHandler",
    "ReadyHandler",
    "SignInHandler",
    "SocketHandler",
    "UploadHandler",
    "log_request",
]

log = logging.getLogger(__name__)

_UNLIMITED: Final = 1 << 62
_A_YEAR: Final = 365
_STALLED: Final = 120.0
"""Seconds after which an upload is given up of which nothing more has come."""


class Refusal(web.HTTPError):
    """An error answer with a sentence for the one who asked."""

    def __init__(self, error: Refused | UploadRefused) -> None:
        super().__init__(error.status)
        self.message = str(error)


class SiteHandler(web.RequestHandler):
    """What all routes have in common: headers, errors, and who asks."""

    def initialize(self, website: Website) -> None:
        """Take the website."""
        self.website = website

    @property
    def log(self) -> logging.Logger:
        """Where jupyter-server's identity provider logs."""
        return log

    @property
    def base_url(self) -> str:
        """The path of the cookie that it sets."""
        return f"{self.website.root.rstrip('/')}/"

    @property
    def token(self) -> str:
        """The token that it accepts."""
        return self.website.settings.token

    async def prepare(self) -> None:
        """Find out who asks, before any handler."""
        self.current_user = await identify(self)

    def set_default_headers(self) -> None:
        """Say what browsers may do with the answer."""
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        if self.settings["cross_origin_isolation"]:
            self.set_header("Cross-Origin-Opener-Policy", "same-origin")
            self.set_header("Cross-Origin-Embedder-Policy", "require-corp")

    def site_request(self) -> Request:
        """Return what matters of the request."""
        return request_of(self)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a page for people, or with JSON for scripts."""
        error = kwargs["exc_info"][1] if "exc_info" in kwargs else None
        message = _MESSAGES.get(status_code, "The server could not answer this request.")
        if isinstance(error, Refusal):
            message = error.message
        self.set_header("Cache-Control", "no-store")
        if "text/html" in self.request.headers.get("Accept", ""):
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish(error_page(status_code, self._reason, message))
        else:
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps({"message": message}))


_MESSAGES: Final = {
    403: "You are not allowed to see this.",
    404: "There is nothing at this address.",
    405: "This address takes no such requests.",
    500: "Something went wrong on the server; whoever runs it finds the cause in its log.",
}


class AppHandler(SiteHandler):
    """A route of one app."""

    def initialize(self, website: Website, app: WebApp) -> None:  # type: ignore[override]  # as its routes have it
        """Take the website and the app."""
        super().initialize(website)
        self.app = app

    def give_browser_secret(self) -> str:
        """Set the cookie by which a browser is known again when a login ends; return it if it is new."""
        request = self.site_request()
        secret = self.app.new_browser(request)
        if secret is None:
            return ""
        secure = self.app.door.visitor(request).scheme == "https"
        self.set_cookie(
            BROWSER_COOKIE, secret, path="/", httponly=True, samesite="Lax", secure=secure, expires_days=_A_YEAR
        )
        return secret


class PageHandler(AppHandler):
    """The app's page and all files behind it."""

    @web.authenticated
    async def get(self, path: str) -> None:
        """Send a file, or the page for what is a route of the app."""
        headers = {name.lower(): value for name, value in self.request.headers.get_all()}
        try:
            reply = self.app.reply(path, headers)
            if reply is None:
                raise web.HTTPError(404)
            if reply.headers.get("Content-Type", "").startswith("text/html"):
                self.give_browser_secret()
            self.set_status(reply.status)
            for name, value in reply.headers.items():
                self.set_header(name, value)
            if reply.body is not None and self.request.method != "HEAD":
                for chunk in reply.chunks():
                    self.write(chunk)
                    await self.flush()
        except ClientNotFound as error:
            raise Refusal(Refused(503, str(error))) from error
        await self.finish()

    head = get


class AppsHandler(SiteHandler):
    """The list of apps, where none is mounted at the root."""

    @web.authenticated
    def get(self) -> None:
        """Send the list."""
        pages = [(app.public_path, app.page) for app in self.website.apps.values()]
        self.finish(apps_page("Apps", [(path, page.app_name, page.app_description) for path, page in pages]))

    head = get


class UploadHandler(AppHandler):
    """Takes files from ``FilePicker.upload()``, piece by piece, to the disk."""

    upload: Upload | None = None
    _stalled: asyncio.TimerHandle | None = None

    async def prepare(self) -> None:
        """Refuse before the first byte of the file what can be refused by then."""
        await super().prepare()
        if self.request.method != "PUT" or self.current_user is None:
            return
        query = {name: values[-1].decode(errors="replace") for name, values in self.request.query_arguments.items()}
        declared = self.request.headers.get("Content-Length", "")
        try:
            self.upload = self.app.begin_upload(query, int(declared) if declared.isdigit() else None)
        except UploadRefused as error:
            raise Refusal(error) from error
        self.request.connection.set_max_body_size(_UNLIMITED)  # type: ignore[union-attr]
        self._expect_more()

    async def data_received(self, chunk: bytes) -> None:
        """Take a piece; the next is not read before this one is on the disk."""
        if self.upload is None:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(None, self.upload.write, chunk)
        except UploadRefused as error:
            refusal = Refusal(error)
            # Tornado ends the connection when an answer is sent before the whole request was read.
            self.send_error(error.status, exc_info=(Refusal, refusal, None))
        else:
            self._expect_more()

    def _expect_more(self) -> None:
        self._stop_waiting()
        self._stalled = asyncio.get_running_loop().call_later(_STALLED, self._give_up)

    def _stop_waiting(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()

    def _give_up(self) -> None:
        log.info("an upload has stalled")
        self.request.connection.stream.close()  # type: ignore[union-attr]

    @web.authenticated
    def put(self) -> None:
        """Put the file in its place."""
        if self.upload is None:
            raise web.HTTPError(400)
        try:
            self.upload.finish()
        except UploadRefused as error:
            raise Refusal(error) from error
        self.app.meter.uploaded(self.upload.size, "finished")
        self.upload = None
        self.set_status(200)

    def on_finish(self) -> None:
        """Leave nothing of a file that did not come to its end."""
        self._abort()

    def on_connection_close(self) -> None:
        """Leave nothing of a file whose sender has gone."""
        self._abort()

    def _abort(self) -> None:
        self._stop_waiting()
        if self.upload is not None:
            upload, self.upload = self.upload, None
            upload.abort()
            self.app.meter.uploaded(upload.size, "broken off")


UploadHandler = web.stream_request_body(UploadHandler)  # type: ignore[misc]


class LoginCallbackHandler(AppHandler):
    """Where an OAuth provider sends the browser back to."""

    @web.authenticated
    async def get(self) -> None:
        """Let the app finish the login."""
        query = {name: values[-1].decode(errors="replace") for name, values in self.request.query_arguments.items()}
        reply = await self.app.finish_login(query, self.site_request())
        self.set_status(reply.status)
        for name, value in reply.headers.items():
            self.set_header(name, value)
        await self.finish(reply.html)


class SocketHandler(WebSocketHandler, AppHandler):
    """The connection of one visitor."""

    visit: Visit | None = None

    @web.authenticated
    async def get(self) -> None:  # type: ignore[override]  # may be awaited all the same
        """Open the connection, unless the visitor is refused."""
        try:
            self.app.check_visit(self.site_request())
        except Refused as error:
            self.set_status(error.status)
            self.finish(json.dumps({"message": error.message}))
            return
        self._browser = self.give_browser_secret()
        await super().get()

    def check_origin(self, origin: str) -> bool:  # noqa: ARG002 - looked at with all else in the request
        """Tell whether a page of this origin may connect."""
        return self.app.door.admits(self.site_request())

    def get_compression_options(self) -> dict[str, Any] | None:
        """Do not compress: a packet is some hundred bytes, and deflating takes longer than sending them."""
        return None

    def open(self, *args: str, **kwargs: str) -> None:  # noqa: ARG002 - Tornado passes groups of the route
        """Take the visitor."""
        self.set_nodelay(True)
        socket = TornadoSocket(self, self._drained)
        self.visit = self.app.visit(self.site_request(), socket, self._browser)

    def on_message(self, message: str | bytes) -> None:
        """Pass a packet on; text is none."""
        if self.visit is not None and isinstance(message, bytes):
            self.visit.receive(message)

    def on_close(self) -> None:
        """Let the visitor go."""
        if self.visit is not None:
            self.visit.close()
            log_request(self)

    def _drained(self) -> None:
        if self.visit is not None:
            self.visit.drained()


class SignInHandler(SiteHandler):
    """The page that asks for the token or password of a closed site."""

    @allow_unauthenticated
    def get(self, wrong: bool = False) -> None:
        """Ask."""
        self.set_header("Cache-Control", "no-store")
        self.set_status(401 if wrong else 200)
        self.finish(sign_in_page(self.xsrf_token.decode(), self._next, wrong=wrong))

    @allow_unauthenticated
    def post(self) -> None:
        """Look at the answer."""
        self.check_xsrf_cookie()
        provider = self.settings["identity_provider"]
        user = provider.process_login_form(self)
        if user is None:
            log.warning("a wrong password from %s", self.request.remote_ip)
            self.get(wrong=True)
            return
        provider.set_login_cookie(self, user)
        self.redirect(self._next)

    @property
    def _next(self) -> str:
        """Where the visitor wanted to go, on this site."""
        wanted = self.get_argument("next", "")
        path = urlsplit(wanted)
        # A browser takes //host, /\\host and the like for another site.
        if path.scheme or path.netloc or not wanted.startswith(self.base_url) or wanted[1:2] in ("/", "\\"):
            return self.base_url
        return wanted


class HealthHandler(SiteHandler):
    """Whether the process answers."""

    @allow_unauthenticated
    def get(self) -> None:
        """Say so."""
        self.finish("ok\n")

    head = get


class ReadyHandler(SiteHandler):
    """Whether new visitors are welcome."""

    @allow_unauthenticated
    def get(self) -> None:
        """Say so, or why not."""
        full = [app.mount for app in self.website.apps.values() if app.host.full]
        if self.website.stopping or full:
            self.set_status(503)
            self.finish("stopping\n" if self.website.stopping else f"full: {' '.join(full)}\n")
        else:
            self.finish("ready\n")

    head = get


class MetricsHandler(SiteHandler):
    """The numbers, for Prometheus."""

    @web.authenticated
    def get(self) -> None:
        """Send them."""
        self.set_header("Content-Type", CONTENT_TYPE)
        self.finish(self.website.metrics.text())


def log_request(handler: web.RequestHandler) -> None:
    """Log a request that was answered, or a connection that has ended."""
    request = handler.request
    status = handler.get_status()
    milliseconds = round(1000 * request.request_time(), 1)
    visit: Visit | None = getattr(handler, "visit", None)
    app: WebApp | None = getattr(handler, "app", None)
    ip = app.door.visitor(request_of(handler)).ip if app is not None else request.remote_ip
    # Without its query, which may hold a token, a signature or a login's code.
    path, mark, _ = (request.uri or "").partition("?")
    path += "?..." if mark else ""
    access.log(
        logging.ERROR if status >= 500 else logging.INFO,
        "%d %s %s (%s) %.1f ms",
        status,
        request.method,
        path,
        ip,
        milliseconds,
        extra={
            "session": visit.session.id if visit is not None and visit.session is not None else "",
            "ip": ip,
            "method": request.method,
            "path": path,
            "status": status,
            "milliseconds": milliseconds,
        },
    )


def request_of(handler: web.RequestHandler) -> Request:
    """Return what matters of a Tornado handler's request."""
    request = handler.request
    context: Any = request.connection.context  # type: ignore[union-attr]
    return Request(
        peer=str(context.remote_ip or ""),
        scheme=request.protocol or "http",
        headers={name.lower(): value for name, value in request.headers.get_all()},
        cookies={name: morsel.value for name, morsel in request.cookies.items()},
    )
