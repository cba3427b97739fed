"""One app and its live sessions: created, kept while nobody looks, expired, limited."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from typing import TYPE_CHECKING, Any, Final, Protocol

from flet_jupyter.core.flet_api import Page, bind_page
from flet_jupyter.core.runner import InlineLane, Lane, ThreadLane, contain, drive, is_blocking
from flet_jupyter.core.session import LiveSession
from flet_jupyter.core.settings import AppSettings
from flet_jupyter.exceptions import LimitReached, SessionClosed

if TYPE_CHECKING:
    from collections.abc import Callable

    from flet_jupyter.core.client_info import ClientInfo
    from flet_jupyter.core.link import Link
    from flet_jupyter.core.packets import Event
    from flet_jupyter.core.runtime import Runtime

    AppFunction = Callable[[Page], Any]

__all__ = ["MAIN", "AppHost", "Observer", "Reporter"]

log = logging.getLogger(__name__)

MAIN: Final = "main"
"""Where an error was raised that kept the app from starting."""

_RELOADING: Final = 30.0
"""Seconds that a client may be away before its session makes room for another's, if there are too many."""
_LOOPBACK: Final = ("", "127.0.0.1", "::1")


class Reporter(Protocol):
    """Where an app's errors go. Called from any thread."""

    def __call__(self, session: LiveSession, error: BaseException | str, where: str) -> None:
        """Show `error`, raised in `where` (a handler's name, or empty)."""


class Observer(Protocol):
    """Watches the sessions of an app from outside."""

    def page_sent(self, session: LiveSession, link: Link) -> None:
        """Note that a client has been sent the whole page."""

    def tree_changed(self, session: LiveSession) -> None:
        """Note that the control tree was diffed."""

    def saw_event(self, session: LiveSession, event: Event) -> bool:
        """Look at an event; return True to keep it from the app."""


class AppHost:
    """One app: its entry points, its settings, its live sessions.

    Parameters
    ----------
    runtime : Runtime
        The process's loop and threads.
    main : callable
        The app, called with the page: sync, async, a generator or an async generator.
    report : Reporter
        Takes errors of handlers.
    before_main : callable, optional
        Called before `main`, before any client has seen the page.
    settings : AppSettings
        Timeouts and limits.
    """

    page_url: str | None = None
    """The app's address, where all clients know it by the same."""

    def __init__(
        self,
        runtime: Runtime,
        main: AppFunction,
        report: Reporter,
        *,
        before_main: AppFunction | None = None,
        settings: AppSettings | None = None,
    ) -> None:
        self.runtime = runtime
        self.main = main
        self.before_main = before_main
        self.settings = settings or AppSettings.from_environment()
        self.pubsub = runtime.hub(main)
        self.sessions: dict[str, LiveSession] = {}
        self._report = report
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._left_at: dict[str, float] = {}
        self.observer: Observer | None = None
        self.on_session_closed: Callable[[LiveSession], None] | None = None
        self.on_handled: Callable[[float], None] | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop on which the sessions live."""
        return self.runtime.loop

    @property
    def loop_thread_id(self) -> int:
        """The thread that runs :attr:`loop`."""
        return self.runtime.loop_thread_id

    @property
    def executor(self) -> Any:
        """Runs ``page.run_thread``."""
        return self.runtime.executor

    def new_lane(self) -> Lane:
        """Return what runs one session's blocking functions."""
        if not self.runtime.threads:
            return InlineLane()
        return ThreadLane(self.loop, "flet-session", self.runtime.lane_idle_seconds)

    def create_session(self, page_props: dict[str, Any], client: ClientInfo | None = None) -> LiveSession:
        """Make a session whose `main` has not run yet. On the loop.

        Where there are as many sessions as may be, one that nobody has looked at for a while makes room.

        Raises
        ------
        LimitReached
            There are as many sessions as the settings allow, in all or for this client's address.
        """
        limit = self.settings.max_sessions
        if len(self.sessions) >= limit and not self._make_room():
            raise LimitReached(f"This app already has {limit} sessions, the most that are allowed.", limit)
        limit = self.settings.max_sessions_per_client
        # Visitors that seem to come from this machine come through a proxy that does not tell their addresses.
        if client is not None and client.ip not in _LOOPBACK:
            alike = [other for other in self.sessions.values() if other.client.ip == client.ip]
            if len(alike) >= limit:
                raise LimitReached(f"This app already has {limit} sessions for your address.", limit)
        session = LiveSession(self, page_props, client)
        self.sessions[session.id] = session
        return session

    @property
    def full(self) -> bool:
        """Whether a new session would be refused."""
        return len(self.sessions) >= self.settings.max_sessions and self._longest_away() is None

    def _make_room(self) -> bool:
        session = self._longest_away()
        if session is None:
            return False
        log.info("session %s makes room for another: its clients are away", session.label)
        self.close_session(session)
        return True

    def _longest_away(self) -> LiveSession | None:
        """Return the session whose clients have been away for longest, if that is more than a reload takes."""
        for name, left_at in self._left_at.items():  # in the order of their going
            return self.sessions.get(name) if self.loop.time() - left_at >= _RELOADING else None
        return None

    async def run_main(self, session: LiveSession, prepared: Callable[[], None] | None = None) -> None:
        """Run ``before_main`` and ``main`` for a new session; whatever they raise passes through.

        It is a task of the session: it is cancelled when the session closes.

        Parameters
        ----------
        session : LiveSession
            The session.
        prepared : callable, optional
            Called in between, on the loop.

        Raises
        ------
        RuntimeError
            They called ``sys.exit()``: in a task that would end the loop with all its sessions.
        """
        try:
            await session.new_context().run(self.loop.create_task, self._main(session, prepared))
        finally:
            session.main_has_run()

    async def _main(self, session: LiveSession, prepared: Callable[[], None] | None) -> None:
        bind_page(session.page)
        try:
            if self.before_main is not None:
                await _run(self.before_main, session)
            if prepared is not None:
                prepared()
            await _run(self.main, session)
            await session.after_event(session.page)
        except (SystemExit, KeyboardInterrupt) as error:
            raise contain(error) from error

    def close_session(self, session: LiveSession) -> None:
        """End a session and forget it; safe from any thread."""
        if self.sessions.pop(session.id, None) is None:
            return
        session.close()
        self.session_busy(session)  # no timeout any more
        if self.on_session_closed is not None:
            self.on_session_closed(session)

    def session_idle(self, session: LiveSession) -> None:
        """Start the timeout of a session that nobody looks at; safe from any thread."""
        self.loop.call_soon_threadsafe(self._start_timer, session, context=contextvars.Context())

    def session_busy(self, session: LiveSession) -> None:
        """Stop the timeout of a session; safe from any thread."""
        self.loop.call_soon_threadsafe(self._stop_timer, session)

    def _start_timer(self, session: LiveSession) -> None:
        self._stop_timer(session)
        if not session.links and not session.closed:
            self._left_at[session.id] = self.loop.time()
            # In a context of its own: a cancelled timer keeps its context until it would have been due.
            self._timers[session.id] = contextvars.Context().run(
                self.loop.call_later, self.settings.session_timeout, self.close_session, session
            )

    def _stop_timer(self, session: LiveSession) -> None:
        self._left_at.pop(session.id, None)
        timer = self._timers.pop(session.id, None)
        if timer is not None:
            timer.cancel()

    def report(self, session: LiveSession, error: BaseException | str, where: str) -> None:
        """Pass an error of user code on to where it is looked for."""
        if isinstance(error, SessionClosed) and session.closed:
            return  # a loop of the app found out that it is over
        log.debug(
            "error in %s of session %s",
            where,
            session.label,
            exc_info=error if isinstance(error, BaseException) else None,
        )
        self._report(session, error, where)

    def upload_url(self, session: LiveSession, file_name: str, expires: int) -> str:  # noqa: ARG002 - for hosts
        """Return a signed URL for an upload. A host that takes uploads overrides this."""
        raise RuntimeError("Uploads are not available here.")

    def authorize(self, session: LiveSession, attrs: dict[str, Any]) -> None:  # noqa: ARG002 - for hosts
        """Begin an OAuth login. A host that has a callback address overrides this."""
        raise RuntimeError("page.login() is not available here: there is no address for the provider to call back.")


async def _run(function: AppFunction, session: LiveSession) -> None:
    if is_blocking(function):
        await session.lane.run(lambda: _run_blocking(function, session))
        return
    result = function(session.page)
    if hasattr(result, "__aiter__"):
        async for _ in result:
            await session.after_event(session.page)
    else:
        await result


def _run_blocking(function: Callable[[Page], Any], session: LiveSession) -> None:
    result = function(session.page)
    if hasattr(result, "send") and hasattr(result, "__next__"):
        for _ in result:
            drive(session.after_event(session.page))
