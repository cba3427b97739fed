"""The routes of a website on Tornado: who asks, what for, and the answer; all rules are those of ``site``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado import web
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketHandler

from flet_jupyter.exceptions import FletJupyterError, Refused, UploadRefused
from flet_jupyter.site.answers import begins_visit, problem, security_headers
from flet_jupyter.site.logs import access
from flet_jupyter.site.metrics import CONTENT_TYPE
from flet_jupyter.site.notices import apps_page, sign_in_page
from flet_jupyter.site.tornado_uploads import UploadReceiver
from flet_jupyter.site.visitor import Request, headers_of
from flet_jupyter.site.web_app import WebApp
from flet_jupyter.transports.tornado_ws import TornadoSocket
from flet_jupyter.web.identity import identify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flet_jupyter.core.visit import Visit
    from flet_jupyter.site.logins import LoginReply
    from flet_jupyter.site.settings import ServerSettings
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


class Refusal(web.HTTPError):
    """An error answer with a sentence for the one who asked."""

    def __init__(self, error: Refused) -> None:
        super().__init__(error.status)
        self.message = str(error)


class SiteHandler(web.RequestHandler):
    """What all routes have in common: headers, errors, and who asks."""

    server: ServerSettings
    website: Website | None = None

    def initialize(self, website: Website) -> None:
        """Take the website."""
        self.website = website
        self.server = website.settings

    @property
    def log(self) -> logging.Logger:
        """Where jupyter-server's identity provider logs."""
        return log

    @property
    def base_url(self) -> str:
        """The path of the cookie that it sets."""
        return f"{self.website.root.rstrip('/') if self.website is not None else ''}/"

    @property
    def token(self) -> str:
        """The token that it accepts."""
        return self.server.token

    async def prepare(self) -> None:
        """Find out who asks, before any handler."""
        if self.website is not None:
            self.website.start()  # where nobody has done it: in a program's own server
            # What the identity provider looks at for its cookies and its log.
            visitor = self.website.door.visitor(self.site_request())
            self.request.protocol, self.request.remote_ip = visitor.scheme, visitor.ip
        self._set_own_headers()
        self.current_user = await identify(self)

    @property
    def stopping(self) -> bool:
        """Whether visitors are being let go."""
        return self.website is not None and self.website.stopping

    def _set_own_headers(self) -> None:
        for name, value in security_headers(self.server).items():
            self.set_header(name, value)
        if self.stopping:
            # Proxies keep connections, and would use them until the end.
            self.set_header("Connection", "close")

    def set_default_headers(self) -> None:
        """Say nothing of the server's version."""
        self.clear_header("Server")

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what went wrong, without the query: it may hold a token, or the signature of an upload."""
        if isinstance(value, web.HTTPError):
            return  # the line of the request says it
        log.error("%s %s failed", self.request.method, self.request.path, exc_info=(typ, value, tb))

    def site_request(self) -> Request:
        """Return what matters of the request."""
        return request_of(self)

    def drops_token(self) -> bool:
        """Send a browser that has come with the token in its address on to the same address without it.

        By now it has a cookie instead. In the address the token would become a part of the app's route, stay in the
        history, and go along with every copied link.

        Returns
        -------
        bool
            Whether that was the answer.
        """
        if not self.token or "token" not in self.request.query_arguments:
            return False
        path, _, query = (self.request.uri or "").partition("?")
        rest = urlencode([(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "token"])
        self.set_status(302)
        # Relative, as only the browser knows what a proxy has taken away; and never to another host.
        self.set_header("Location", f"./{path.rpartition('/')[2]}{'?' if rest else ''}{rest}")
        self.set_header("Cache-Control", "no-store")
        self.finish()
        return True

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a page for people, or with JSON for scripts."""
        error = kwargs["exc_info"][1] if "exc_info" in kwargs else None
        self._set_own_headers()  # Tornado has cleared all headers
        self.finish(self.problem(status_code, error.message if isinstance(error, Refusal) else ""))

    def problem(self, status: int, message: str) -> bytes:
        """Return the body of an error; its headers are set."""
        headers, body = problem(status, self.request.headers.get("Accept", ""), message)
        for name, value in headers.items():
            self.set_header(name, value)
        return body


class WebsiteHandler(SiteHandler):
    """A route of a whole website."""

    website: Website


class AppHandler(SiteHandler):
    """A route of one app, or of a part of it, which has no website around it."""

    def initialize(self, website: Website, app: WebApp) -> None:  # type: ignore[override]  # as its routes have it
        """Take the website and the app."""
        super().initialize(website)
        self.app = app

    def give_browser_secret(self) -> str:
        """Set the cookie by which a browser is known again when a login ends; return it if it is new."""
        cookie = self.app.new_cookie(self.site_request())
        if cookie is None:
            return ""
        secret, header = cookie
        self.add_header("Set-Cookie", header)
        return secret


class PageHandler(AppHandler):
    """The app's page and all files behind it."""

    @web.authenticated
    async def get(self, path: str) -> None:
        """Send a file, or the page for what is a route of the app."""
        headers = headers_of(self.request.headers.get_all())
        try:
            reply = self.app.reply(path, headers, head=self.request.method == "HEAD")
            if reply is None:
                raise web.HTTPError(404)
            if begins_visit(reply):
                if self.drops_token():
                    return
                self.give_browser_secret()
            self.set_status(reply.status)
            for name, value in reply.headers.items():
                self.set_header(name, value)
            if reply.body is not None and self.request.method != "HEAD":
                for chunk in reply.chunks():
                    self.write(chunk)
                    await self.flush()
        except FletJupyterError as error:  # a file has changed or gone meanwhile
            raise Refusal(Refused(str(error), 503)) from error
        except StreamClosedError:
            return  # the visitor has gone
        await self.finish()

    head = get


class AppsHandler(WebsiteHandler):
    """The list of apps, where none is mounted at the root."""

    @web.authenticated
    def get(self) -> None:
        """Send the list."""
        if self.drops_token():
            return
        pages = [(app.public_path, app.page) for app in self.website.apps.values()]
        self.finish(apps_page("Apps", [(path, page.app_name, page.app_description) for path, page in pages]))

    head = get


class UploadHandler(UploadReceiver, AppHandler):
    """Takes files from ``FilePicker.upload()``, piece by piece, to the disk."""

    async def prepare(self) -> None:
        """Refuse before the first byte of the file what can be refused by then."""
        await super().prepare()
        if self.request.method == "PUT" and self.current_user is not None:
            await self.receive()

    def begin(self, query: str, declared_size: int | None) -> Upload:
        """Begin to take the file."""
        return self.app.begin_upload(query, declared_size)

    def count(self, size: int, outcome: str) -> None:
        """Count a file that has come, or broken off."""
        self.app.meter.uploaded(size, outcome)

    @web.authenticated
    def put(self) -> None:
        """Put the file in its place."""
        try:
            self.complete()
        except UploadRefused as error:
            raise Refusal(error) from error


class LoginCallbackHandler(AppHandler):
    """Where an OAuth provider sends the browser back to."""

    @web.authenticated
    async def get(self) -> None:
        """Let the app finish the login."""
        query = {name: values[-1].decode(errors="replace") for name, values in self.request.query_arguments.items()}
        try:
            reply = await self.complete(query)
        except Refused as error:
            raise Refusal(error) from error
        self.set_status(reply.status)
        for name, value in reply.headers.items():
            self.set_header(name, value)
        await self.finish(reply.html)

    async def complete(self, query: Mapping[str, str]) -> LoginReply:
        """Let the app finish it."""
        return await self.app.finish_login(query, self.site_request())


class SocketHandler(WebSocketHandler, AppHandler):
    """The connection of one visitor."""

    visit: Visit | None = None

    @web.authenticated
    async def get(self) -> None:  # type: ignore[override]  # may be awaited all the same
        """Open the connection, unless the visitor is refused."""
        try:
            self.app.check_visit(self.site_request())
        except Refused as error:
            raise Refusal(error) from error
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


class SignInHandler(WebsiteHandler):
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
        if (
            path.scheme
            or path.netloc
            or not wanted.isprintable()
            or not wanted.startswith(self.base_url)
            or wanted[1:2] in ("/", "\\")
        ):
            return self.base_url
        return wanted


class HealthHandler(WebsiteHandler):
    """Whether the process answers."""

    @allow_unauthenticated
    def get(self) -> None:
        """Say so."""
        self.finish("ok\n")

    head = get


class ReadyHandler(WebsiteHandler):
    """Whether new visitors are welcome."""

    @allow_unauthenticated
    def get(self) -> None:
        """Say so, or why not."""
        reason = self.website.why_not_ready()
        self.set_status(503 if reason else 200)
        self.finish(f"{reason or 'ready'}\n")

    head = get


class MetricsHandler(WebsiteHandler):
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
            "session": visit.session.label if visit is not None and visit.session is not None else "",
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
        headers=headers_of(request.headers.get_all()),
        cookies={name: morsel.value for name, morsel in request.cookies.items()},
    )
