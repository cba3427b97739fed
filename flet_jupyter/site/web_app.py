"""One app of a website: its page, its visitors, its uploads and logins."""

from __future__ import annotations

import asyncio
import logging
import secrets
import traceback
import weakref
from typing import TYPE_CHECKING, Any, Final

import flet as ft

from flet_jupyter.client import FallbackFonts, Reply, ServedFile, reply_with
from flet_jupyter.core.app_host import MAIN, AppHost
from flet_jupyter.core.client_info import ClientInfo
from flet_jupyter.core.dropped import DroppedLog
from flet_jupyter.core.uploads import UploadSigner
from flet_jupyter.core.visit import Visit
from flet_jupyter.exceptions import BadOption, Refused, UploadRefused
from flet_jupyter.site.answers import browser_cookie
from flet_jupyter.site.files import SiteFiles, client_version
from flet_jupyter.site.logins import LoginReply, Logins
from flet_jupyter.site.notices import SESSION_HEADER, full_page
from flet_jupyter.site.page import PageOptions
from flet_jupyter.site.uploads import Upload, UploadFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flet_jupyter.client import ClientFiles
    from flet_jupyter.core.find import FoundApp
    from flet_jupyter.core.runtime import Runtime
    from flet_jupyter.core.session import LiveSession
    from flet_jupyter.core.visit import Socket
    from flet_jupyter.site.metrics import AppState, SiteMetrics
    from flet_jupyter.site.settings import SiteSettings
    from flet_jupyter.site.visitor import FrontDoor, Request

__all__ = ["WebApp"]

log = logging.getLogger(__name__)

_RETRY_AFTER: Final = 10
_NOTICE_SECONDS: Final = 20
_FAILED: Final = "Something went wrong in this app. Whoever runs it finds the cause in its log."


class WebHost(AppHost):
    """The app's sessions, with addresses for uploads and logins."""

    def __init__(self, runtime: Runtime, app: WebApp) -> None:
        super().__init__(
            runtime, app.found.main, app.report, before_main=app.found.before_main, settings=app.settings.app
        )
        self._app = app

    def create_session(self, page_props: dict[str, Any], client: ClientInfo | None = None) -> LiveSession:
        """Make a session, and count it."""
        session = super().create_session(page_props, client)
        # The client shows the page's title, which is empty until the app says something else.
        session.page.title = self._app.settings.app_name
        self._app.meter.started()
        return session

    def upload_url(self, session: LiveSession, file_name: str, expires: int) -> str:  # noqa: ARG002 - for any session
        """Return a signed URL below the app, without scheme and host."""
        return self._app.upload_url(file_name, expires)

    def authorize(self, session: LiveSession, attrs: dict[str, Any]) -> None:
        """Begin an OAuth login."""
        link = session.current_link
        self._app.logins.begin(session, link.client.browser if link is not None else session.client.browser, attrs)


class WebApp:
    """One app, mounted somewhere on a website.

    Parameters
    ----------
    found : FoundApp
        The app.
    settings : SiteSettings
        Its settings.
    mount : str
        Its path on the server: ``/`` or ``/sub-app``.
    root : str
        What stands before the mount in the addresses that visitors see: ``/``, or the prefix of a proxy.
    client : ClientFiles or None
        The Flutter client; None where somebody else serves the page.
    door : FrontDoor
        Who may come in.
    metrics : SiteMetrics
        Where to count.

    Raises
    ------
    BadOption
        A setting cannot be had, such as an upload folder that cannot be written.
    """

    def __init__(
        self,
        found: FoundApp,
        settings: SiteSettings,
        *,
        mount: str,
        root: str,
        client: ClientFiles | None,
        door: FrontDoor,
        metrics: SiteMetrics,
    ) -> None:
        self.found = found
        self.settings = settings
        self.mount = mount
        self.public_path = _join(root, mount)
        self.door = door
        self.meter = metrics.meter(mount, self._state)
        self.uploads: UploadFolder | None = None
        self._signer: UploadSigner | None = None
        if settings.upload_dir is not None:
            self.uploads = UploadFolder(settings.upload_dir, settings.max_upload_size)
            self.uploads.check()
            self._signer = UploadSigner(settings.secret_key or "", mount)
        self.logins = Logins(
            settings.oauth_state_timeout,
            app_path=self.public_path,
            hash_routes=settings.route_url_strategy == "hash",
        )
        if client is not None:
            fonts = FallbackFonts()
            self.page = self._page_options(client_version(client, fonts))
            self.files = SiteFiles(client, settings.assets_dir, self.page, fonts=fonts, log=log)
        self._visits: set[Visit] = set()
        self._dropped = DroppedLog(log, "packet(s) from clients")
        self._host: WebHost | None = None
        self._stopping = False
        self._notices: weakref.WeakKeyDictionary[LiveSession, ft.SnackBar] = weakref.WeakKeyDictionary()

    # -- life ------------------------------------------------------------------------------------

    def start(self, runtime: Runtime) -> None:
        """Begin to take visitors; on the loop of `runtime`. Does nothing when called again."""
        if self._host is None:
            self._host = WebHost(runtime, self)
            self._host.on_session_closed = self._session_closed
            self._host.on_handled = self.meter.handled

    async def stop(self, within: float) -> None:
        """Let all visitors go: ``on_close`` runs for each session, uploads in progress leave nothing.

        Parameters
        ----------
        within : float
            Seconds that handlers have to end.
        """
        self._stopping = True
        if self.uploads is not None:
            self.uploads.close()
        if self._host is None:
            return
        sessions = list(self._host.sessions.values())
        for visit in list(self._visits):  # first: on_disconnect comes before on_close
            visit.hang_up()
        for session in sessions:
            self._host.close_session(session)
        deadline = self._host.loop.time() + within
        await asyncio.sleep(0)  # on_close handlers begin in the next turn
        # Blocking handlers end in threads, which tell nobody.
        while any(session.busy for session in sessions) and self._host.loop.time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    @property
    def host(self) -> WebHost:
        """The app's sessions; :meth:`start` has been called."""
        if self._host is None:
            raise RuntimeError("This app has not been started.")
        return self._host

    def _session_closed(self, session: LiveSession) -> None:
        self.logins.forget(session)
        for visit in [visit for visit in self._visits if visit.session is session]:
            visit.hang_up()

    def _state(self) -> AppState:
        sessions = list(self._host.sessions.values()) if self._host is not None else []
        return {
            "sessions": len(sessions),
            "clients": sum(len(session.links) for session in sessions),
            "connections": len(self._visits),
            "handlers_waiting": sum(session.lane.waiting for session in sessions),
            "packets_waiting": sum(session.packets_waiting for session in sessions),
            "uploads_in_progress": len(self.uploads.in_progress) if self.uploads is not None else 0,
        }

    # -- pages -----------------------------------------------------------------------------------

    def _page_options(self, version: str) -> PageOptions:
        return PageOptions.of(self.settings, self.public_path, version, self.found.name)

    def reply(self, path: str, headers: Mapping[str, str], *, head: bool = False) -> Reply | None:
        """Answer a GET, or a HEAD, which has no ranges.

        Parameters
        ----------
        path : str
            What follows the app's path, without a slash at its beginning.
        headers : mapping of str to str
            The request's, by lower-case name.

        Returns
        -------
        Reply or None
            None if there is nothing of that name.
        """
        found = self.files.find(path)
        if found is None:
            return None
        host = self._host  # none where only the page is ours
        if (
            found.is_page
            and host is not None
            and host.full
            and headers.get(SESSION_HEADER.lower(), "") not in host.sessions
        ):
            page = ServedFile.in_memory("full.html", full_page(self.page.app_name, _RETRY_AFTER).encode())
            reply = reply_with(page, accept_encoding="", if_none_match="", cache_control="no-store")
            return Reply(503, {**reply.headers, "Retry-After": str(_RETRY_AFTER)}, reply.body)
        return found.reply(
            accept_encoding=headers.get("accept-encoding", ""),
            if_none_match=headers.get("if-none-match", ""),
            range_="" if head else headers.get("range", ""),
            if_range=headers.get("if-range", ""),
        )

    def new_cookie(self, request: Request) -> tuple[str, str] | None:
        """Return a secret for a browser that has none yet, and the value of ``Set-Cookie`` that gives it to it."""
        visitor = self.door.visitor(request)
        if visitor.browser:
            return None
        secret = secrets.token_urlsafe(24)
        return secret, browser_cookie(secret, secure=visitor.scheme == "https")

    # -- visitors --------------------------------------------------------------------------------

    def check_visit(self, request: Request) -> None:
        """Check that a WebSocket may be opened.

        Raises
        ------
        Refused
            It comes from another site's page, or there are too many.
        """
        if not self.door.admits(request):
            host = self.door.visitor(request).host
            log.warning(
                "refused a page of %s: this site is known as %s. Have a proxy in front pass the header Host on, or "
                "X-Forwarded-Host with trusted_proxies set; admit pages of other sites with allow_origin",
                request.headers.get("origin", "")[:200],
                host[:200],
            )
            raise Refused("Pages of other sites may not connect to this app.", 403)
        if self._stopping:
            raise Refused("This server is about to stop.", 503)
        # Some may be without a session: they are about to register, or to be found gone.
        if len(self._visits) >= 2 * self.settings.max_sessions + 20:
            raise Refused("This app has too many connections.", 503)

    def visit(self, request: Request, socket: Socket, browser: str = "") -> Visit:
        """Take a visitor whose connection is open; `browser` is the secret it was given just now, if any."""
        visitor = self.door.visitor(request)
        client = ClientInfo(
            ip=visitor.ip,
            user_agent=visitor.user_agent,
            page_url=f"{visitor.scheme}://{visitor.host}{self.public_path.rstrip('/')}",
            page_name=self.public_path.strip("/"),
            browser=visitor.browser or browser,
        )
        return Visit(self.host, client, socket, visits=self._visits, meter=self.meter, dropped=self._dropped)

    def report(self, session: LiveSession, error: BaseException | str, where: str) -> None:
        """Log an error of the app, and tell the visitor."""
        self.meter.failed()
        place = f"in {where} " if where else ""
        details = (type(error), error, error.__traceback__) if isinstance(error, BaseException) else None
        log.error(
            "error %sof session %s%s",
            place,
            session.label,
            "" if details else f": {error}",
            exc_info=details,
            extra={"session": session.label},
        )
        text = _text_of(error) if self.settings.show_errors else _FAILED
        if where == MAIN:
            session.show_failure(text)
        else:
            # Not Flet's own word for it, which takes the whole app off the screen because one handler failed.
            session.background.call(self._show_notice, session, text)

    def _show_notice(self, session: LiveSession, text: str) -> None:
        former = self._notices.get(session)
        if former is not None and former.open:
            return  # an app that fails again and again says so once
        notice = self._notices[session] = _notice(text)
        try:
            session.page.show_dialog(notice)
        except Exception:
            # The tree itself is what is wrong: it cannot be sent any more.
            log.debug("no notice for session %s", session.label, exc_info=True)
            session.show_failure(text)

    # -- uploads and logins ----------------------------------------------------------------------

    def upload_url(self, file_name: str, expires: float) -> str:
        """Return the address to which a browser may send a file.

        Raises
        ------
        BadOption
            Uploads are off.
        UploadRefused
            No file may have that name.
        """
        if self._signer is None:
            raise BadOption("Uploads are off: give the app an upload folder (--upload-dir or FLET_UPLOAD_DIR).")
        return f"{_join(self.public_path, self.settings.upload_endpoint)}?{self._signer.query(file_name, expires)}"

    def begin_upload(self, query: str, declared_size: int | None) -> Upload:
        """Take a file; `query` is that of its request, as it came.

        Raises
        ------
        UploadRefused
            The address is not one of ours, or the file may not be had.
        """
        if self._signer is None or self.uploads is None:
            raise UploadRefused("This app takes no files.", 404)
        return self.uploads.begin(self._signer.check_query(query), declared_size)

    async def finish_login(self, query: Mapping[str, str], request: Request) -> LoginReply:
        """Answer the browser that a login provider has sent back."""
        return await self.logins.complete(query, self.door.visitor(request).browser, self._session)

    def _session(self, name: str) -> LiveSession | None:
        return self.host.sessions.get(name)


def _text_of(error: BaseException | str) -> str:
    return "".join(traceback.format_exception(error)).rstrip() if isinstance(error, BaseException) else error


def _notice(text: str) -> ft.SnackBar:
    return ft.SnackBar(
        # The label is for screen readers, for which Flutter has nothing in a text that can be selected.
        ft.Text(text, color=ft.Colors.ON_ERROR_CONTAINER, selectable=True, semantics_label=text),
        bgcolor=ft.Colors.ERROR_CONTAINER,
        show_close_icon=True,
        close_icon_color=ft.Colors.ON_ERROR_CONTAINER,
        duration=ft.Duration(seconds=_NOTICE_SECONDS),
    )


def _join(root: str, path: str) -> str:
    return f"{root.rstrip('/')}/{path.strip('/')}"
