"""OAuth logins of a website: begun by the app, completed when the provider sends the browser back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from flet_jupyter.core.flet_api import complete_login, trigger_event
from flet_jupyter.core.oauth import PendingLogins
from flet_jupyter.core.runner import drive, is_blocking
from flet_jupyter.exceptions import LoginRefused, SessionClosed, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flet_jupyter.core.flet_api import LoginEvent
    from flet_jupyter.core.session import LiveSession

    FindSession = Callable[[str], LiveSession | None]

__all__ = ["LoginReply", "Logins"]

log = logging.getLogger(__name__)

_MAX_ERROR: Final = 200
"""Characters of a provider's error code that are passed on. They are words such as ``access_denied``."""
_MAX_DESCRIPTION: Final = 1000
"""Characters of a provider's description of an error that are passed on."""
_MAX_ROUTE: Final = 2000
"""Characters of a route to return to: proxies refuse answers with headers much longer than that."""
_URL_SAFE: Final = "/?#%:@!$&'()*+,;=~[]"
"""What may stand in a URL's path, query and fragment as it is, beside letters, digits and ``-._``."""

_GONE: Final = "The app in which this login was begun has been closed. Open it again and log in there."
_REPLACED: Final = "Another login was begun after this one, or the app has ended it. Log in again from the app."
_EMPTY: Final = "The login provider sent neither a code nor an error. Log in again from the app."
_BROKEN: Final = "An error in the app kept it from completing this login. Log in again from the app."
_NOT_EXCHANGED: Final = "The login provider did not confirm the login. Log in again from the app."


@dataclass(frozen=True, slots=True)
class LoginReply:
    """What to answer to the browser that comes back from a provider.

    Attributes
    ----------
    status : int
        200: the app knows how the login went, and `html` says that the browser is done. 303: it goes on to
        `location`. 400, 403, 410: the request completes no login. 500: the app failed. 502: the provider did.
    html : str or None
        The page; None for a redirect.
    location : str or None
        Where to go on to, a path on the same site beginning with one slash; None for a page.
    content_security_policy : str or None
        What the page may do; None for an app's own.
    """

    status: int
    html: str | None = None
    location: str | None = None
    content_security_policy: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """All headers but those of length and connection."""
        # The address holds the code: neither a cache nor the next site that is visited is to learn it.
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        if self.location is not None:
            return headers | {"Location": self.location}
        headers |= {"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff"}
        if self.content_security_policy is not None:
            headers["Content-Security-Policy"] = self.content_security_policy
        return headers


class Logins:
    """The logins of one app's sessions.

    A login lives on the server alone: the browser brings back the state, the code and its own secret, and the token
    is fetched for the session that the state belongs to, whether a client shows that session at the moment or not.

    Parameters
    ----------
    timeout : float
        Seconds that a login may take.
    app_path : str
        Where browsers find the app: what proxies add and the mount path, ``/`` for the root of a site.
    hash_routes : bool
        Whether the app's routes stand behind a ``#`` in its URL.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self, timeout: float, *, app_path: str, hash_routes: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pending = PendingLogins(timeout, clock)
        self._app_path = "/" + app_path.strip("/")
        self._home = _path_of_route("/", self._app_path, hash_routes=False)
        self._hash_routes = hash_routes
        self._handlers: set[asyncio.Task[None]] = set()

    def begin(self, session: LiveSession, browser: str | None, attrs: Mapping[str, Any]) -> None:
        """Note that a session begins a login: what ``page.login()`` comes to. Safe from any thread.

        Parameters
        ----------
        session : LiveSession
            The session that calls.
        browser : str or None
            The secret of the browser in which the login was asked for, as :meth:`complete` gets it.
        attrs : mapping
            What flet's ``oauth_authorize`` gets: ``state``, and ``completePageHtml`` or ``completePageUrl`` or none.

        Raises
        ------
        UsageError
            The browser has no secret, so that anybody could complete the login.
        SessionClosed
            The session has ended.
        LimitReached
            Too many logins are on their way.
        """
        if session.closed:
            raise SessionClosed("This app was closed: nobody can log in to it any more.")
        if not browser:
            raise UsageError("page.login() needs this site's cookies: allow them in the browser and reload the page.")
        url = None
        if attrs.get("completePageUrl") is not None:
            # Flet puts it together from the host of the provider's redirect_url, where the browser comes back to
            # anyway, the page's name without its slash, and the route, which is the client's to choose.
            url = _path_of_route(session.page.route, self._app_path, hash_routes=self._hash_routes)
        self._pending.add(
            attrs["state"],
            session_id=session.id,
            browser=browser,
            complete_page_html=attrs.get("completePageHtml"),
            complete_page_url=url,
        )

    def forget(self, session: LiveSession) -> None:
        """Forget the logins of a session that has ended; safe from any thread."""
        self._pending.forget_session(session.id)

    def expire(self) -> None:
        """Forget the logins that took too long; safe from any thread. Every new login does so too."""
        self._pending.expire()

    async def complete(self, query: Mapping[str, str], browser: str | None, find_session: FindSession) -> LoginReply:
        """Complete a login and say what to answer: to a GET of the callback address, on any loop.

        What was begun goes on if the browser hangs up meanwhile.

        Parameters
        ----------
        query : mapping
            The query of the request, decoded: ``state``, ``code``, ``error``, ``error_description``.
        browser : str or None
            The secret that this browser has from the website; None if it has none.
        find_session : callable
            Returns the app's live session with an id, or None.
        """
        try:
            return await self._complete(query, browser, find_session)
        except LoginRefused as refused:
            log.info("a login was refused: %s", refused)
            return self._page(refused.status, str(refused))

    async def _complete(self, query: Mapping[str, str], browser: str | None, find_session: FindSession) -> LoginReply:
        login = self._pending.take(query.get("state"), browser)
        session = find_session(login.session_id)
        if session is None or session.closed:
            raise LoginRefused(_GONE, 410)
        answer = {
            "state": query["state"],
            "code": query.get("code"),
            "error": _text(query.get("error"), _MAX_ERROR),
            "error_description": _text(query.get("error_description"), _MAX_DESCRIPTION),
        }
        if not answer["error"] and not answer["code"]:
            raise LoginRefused(_EMPTY, 400)
        event = await self._outcome(session, answer)
        if event is None:
            return self._page(500, _BROKEN)
        if login.complete_page_url is not None:
            return LoginReply(303, location=login.complete_page_url)
        if answer["error"]:
            return self._page(200, "The login provider refused the login:", answer)
        if event.error:
            log.warning("a login of session %s failed: %r", session.label, event.error)
            return self._page(502, _NOT_EXCHANGED)
        if login.complete_page_html is not None:
            return LoginReply(200, html=login.complete_page_html)
        return LoginReply(200, html=_DONE, content_security_policy=_POLICY)

    async def _outcome(self, session: LiveSession, answer: Mapping[str, str | None]) -> LoginEvent | None:
        """Have the login finished on the session's loop, in its context; None says that an error was reported."""
        future = session.new_context().run(
            asyncio.run_coroutine_threadsafe, self._finish(session, answer), session.host.loop
        )
        try:
            return await asyncio.shield(asyncio.wrap_future(future))
        except asyncio.CancelledError:
            if future.cancelled():  # with its session, while the provider was asked
                raise LoginRefused(_GONE, 410) from None
            raise

    async def _finish(self, session: LiveSession, answer: Mapping[str, str | None]) -> LoginEvent | None:
        """Let flet complete the login, and start ``on_login``."""
        authorization = session.page.auth
        # Flet asserts this, which `python -O` leaves out.
        if authorization is None or getattr(authorization, "state", None) != answer["state"]:
            raise LoginRefused(_REPLACED, 410)
        try:
            event = await complete_login(session.page, answer)
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - the app's authorization class
            session.host.report(session, error, "page.login")
            return None
        if session.page.auth is not authorization:  # page.logout() or another page.login() meanwhile
            raise LoginRefused(_REPLACED, 410)
        task = asyncio.get_running_loop().create_task(_run_handler(session, event))
        self._handlers.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._handlers.discard)
        return event

    def _page(self, status: int, sentence: str, provider_error: Mapping[str, str | None] | None = None) -> LoginReply:
        lines = [f"<p>{html.escape(sentence)}</p>"]
        if provider_error is not None:
            texts = (provider_error["error"], provider_error["error_description"])
            lines += [f"<p><samp>{html.escape(text)}</samp></p>" for text in texts if text]
        lines.append(
            f'<p>You can close this window, or <a href="{html.escape(self._home)}">go back to the app</a>.</p>'
        )
        page = _document("Not logged in", "\n".join(lines))
        return LoginReply(status, html=page, content_security_policy=_POLICY)


async def _run_handler(session: LiveSession, event: LoginEvent) -> None:
    """Run the app's ``on_login`` as any handler: a blocking one in the session's thread."""
    page = session.page
    try:
        if is_blocking(page.on_login):
            await session.lane.run(lambda: drive(trigger_event(page, "login", None, event)))
        else:
            await trigger_event(page, "login", None, event)
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - user code
        session.host.report(session, error, "on_login")


def _path_of_route(route: object, app_path: str, *, hash_routes: bool) -> str:
    """Return where an app shows a route: a path that begins with one slash, whatever the client made of the route."""
    rest = route if isinstance(route, str) and len(route) <= _MAX_ROUTE else ""
    # A path of "//host" or "/\host" would be another site; ".." would be another app.
    path_end = min((at for at in map(rest.find, "?#") if at >= 0), default=len(rest))
    parts = [part for part in rest[:path_end].split("/") if unquote(part) not in (".", "..")]
    path = app_path.rstrip("/") + ("/#/" if hash_routes else "/") + "/".join(parts).lstrip("/") + rest[path_end:]
    return quote(path, safe=_URL_SAFE, errors="replace")


def _text(text: str | None, length: int) -> str | None:
    if text is None:
        return None
    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair could not be sent on
    return text if len(text) <= length else text[: length - 1] + "…"


_STYLE: Final = (
    ":root{color-scheme:light dark}samp{overflow-wrap:anywhere}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto 0;padding:0 1.5rem}"
)
_CLOSE: Final = "window.close()"


def _hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_POLICY: Final = (
    f"default-src 'none'; script-src {_hash_source(_CLOSE)}; style-src {_hash_source(_STYLE)}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def _document(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
    )


_DONE: Final = _document("Logged in", f"<p>You can close this window now.</p>\n<script>{_CLOSE}</script>")
