"""OAuth logins on their way: from the redirect to the provider until the browser comes back with the state."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flet_jupyter.exceptions import LimitReached, LoginRefused

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PendingLogin", "PendingLogins"]

MAX_PER_SESSION: Final = 5
"""Logins that one session may have on their way; flet itself only ever completes the last."""
MAX_IN_ALL: Final = 10_000
"""Logins of all sessions together that may be on their way."""

_OVER: Final = (
    "This login is over: it was used before, took too long, or its app has been closed. "
    "Go back to the app and log in again."
)


@dataclass(frozen=True, slots=True)
class PendingLogin:
    """One login on its way.

    Attributes
    ----------
    session_id : str
        The session that began it.
    browser : str
        The secret of the browser that began it; the same browser must bring the state back.
    complete_page_html : str or None
        What the app wants the browser to show at the end.
    complete_page_url : str or None
        Where the app wants the browser to go at the end.
    expires_at : float
        The clock's time from which on it is over, in seconds.
    """

    session_id: str
    browser: str
    complete_page_html: str | None
    complete_page_url: str | None
    expires_at: float


class PendingLogins:
    """The logins on their way; safe from any thread.

    A state is good for one attempt, whatever comes of it, and only in the browser that began the login. Without the
    latter, somebody could send others the link with which his own login ends: what they then enter at the provider
    would log his session in as them (login CSRF; RFC 6749, section 10.12).

    States are kept as digests: the time that looking one up takes tells nothing about those that there are.

    Parameters
    ----------
    timeout : float
        Seconds that a login may take.
    clock : callable
        Monotonic seconds.
    max_per_session : int
        Of a session that has this many, the oldest is dropped for a new one.
    max_in_all : int
        While there are this many, no session gets another: dropping a stranger's would let anybody end all logins.
    """

    def __init__(
        self,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        max_per_session: int = MAX_PER_SESSION,
        max_in_all: int = MAX_IN_ALL,
    ) -> None:
        self._timeout = timeout
        self._clock = clock
        self._max_per_session = max_per_session
        self._max_in_all = max_in_all
        self._lock = threading.Lock()
        self._logins: dict[bytes, PendingLogin] = {}  # the oldest first, which is the first to expire
        self._of_session: dict[str, list[bytes]] = {}

    def __len__(self) -> int:
        return len(self._logins)

    def add(
        self,
        state: str,
        *,
        session_id: str,
        browser: str,
        complete_page_html: str | None = None,
        complete_page_url: str | None = None,
    ) -> PendingLogin:
        """Note that a login begins. A state that is on its way already belongs to the new one from now on.

        Raises
        ------
        ValueError
            `state` or `browser` is empty: then anybody could complete the login.
        LimitReached
            Too many logins of other sessions are on their way.
        """
        if not state or not browser:
            raise ValueError("A login needs a state and the browser that began it.")
        key = _digest(state)
        with self._lock:
            self._expire()
            self._remove(key)
            own = self._of_session.get(session_id, [])
            if own and (len(own) >= self._max_per_session or len(self._logins) >= self._max_in_all):
                self._remove(own[0])
            if len(self._logins) >= self._max_in_all:
                raise LimitReached(
                    f"{self._max_in_all} logins are on their way already; try again in a few minutes.", self._max_in_all
                )
            login = PendingLogin(
                session_id, browser, complete_page_html, complete_page_url, self._clock() + self._timeout
            )
            self._logins[key] = login
            self._of_session.setdefault(session_id, []).append(key)
        return login

    def take(self, state: str | None, browser: str | None) -> PendingLogin:
        """Return the login of a state that a browser brings back, and forget it, whether it is refused or not.

        Parameters
        ----------
        state : str or None
            What the provider sent back; None if it sent none.
        browser : str or None
            The secret of the browser that brings it; None if it has none.

        Raises
        ------
        LoginRefused
            400: there is no state. 403: another browser began the login. 410: the state is unknown, was used before,
            or has expired.
        """
        if not state:
            raise LoginRefused("This address is for logins that come back from a provider. Log in from the app.", 400)
        with self._lock:
            login = self._remove(_digest(state))
            now = self._clock()
            self._expire()
        if login is None or login.expires_at <= now:
            raise LoginRefused(_OVER, 410)
        if not hmac.compare_digest(_bytes(login.browser), _bytes(browser or "")):
            raise LoginRefused(
                "This login was begun in another browser, or this one keeps no cookies of this site. "
                "Log in again from the app, and finish the login in the browser where you began it.",
                403,
            )
        return login

    def forget_session(self, session_id: str) -> None:
        """Forget the logins of a session that has ended."""
        with self._lock:
            for key in self._of_session.pop(session_id, []):
                del self._logins[key]

    def expire(self) -> None:
        """Forget the logins that took too long. :meth:`add` and :meth:`take` do so too."""
        with self._lock:
            self._expire()

    def _expire(self) -> None:
        now = self._clock()
        while self._logins:
            oldest = next(iter(self._logins))
            if self._logins[oldest].expires_at > now:
                return
            self._remove(oldest)

    def _remove(self, key: bytes) -> PendingLogin | None:
        login = self._logins.pop(key, None)
        if login is not None:
            own = self._of_session[login.session_id]
            own.remove(key)
            if not own:
                del self._of_session[login.session_id]
        return login


def _digest(state: str) -> bytes:
    return hashlib.sha256(_bytes(state)).digest()


def _bytes(text: str) -> bytes:
    # Frameworks hand over what browsers send in various decodings, lone surrogates among them.
    return text.encode("utf-8", "surrogatepass")
