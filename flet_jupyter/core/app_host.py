"""One app and its live sessions: created, kept while nobody looks, expired, limited."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import weakref
from typing import TYPE_CHECKING, Any, Protocol

from flet_jupyter.core.current import current_session
from flet_jupyter.core.flet_api import Page, PubSubHub, bind_page
from flet_jupyter.core.runner import InlineLane, Lane, ThreadLane, contain, drive, is_blocking
from flet_jupyter.core.session import LiveSession
from flet_jupyter.core.settings import AppSettings
from flet_jupyter.core.threads import DaemonExecutor
from flet_jupyter.exceptions import LimitReached, SessionClosed

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from flet_jupyter.core.link import Link
    from flet_jupyter.core.pace import Pace
    from flet_jupyter.core.packets import Event

    AppFunction = Callable[[Page], Any]

__all__ = ["AppHost", "Observer", "Reporter", "Runtime"]

log = logging.getLogger(__name__)


class Reporter(Protocol):
    """Where an app's errors go. Called from any thread."""

    def __call__(self, session: LiveSession, error: BaseException | str, where: str) -> None:
        """Show `error`, raised in `where` (a handler's name, or empty)."""


class Runtime:
    """What all apps of one process share: the loop, the threads, the pub/sub hubs.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop on which sessions live. It runs in the thread that calls :meth:`adopt_thread`.
    threads : bool
        False in Pyodide, where no thread can start.
    pace : Pace, optional
        How fast packets for all clients together may leave, where they share a channel that is limited.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, threads: bool = True, pace: Pace | None = None) -> None:
        self.loop = loop
        self.pace = pace
        self.loop_thread_id = threading.get_ident()
        self.threads = threads
        loop.set_task_factory(_session_task)
        # Flet asks for a ThreadPoolExecutor but needs no more than any executor's submit().
        self.executor: Any = DaemonExecutor("flet-thread")
        self._hubs: weakref.WeakKeyDictionary[Any, PubSubHub] = weakref.WeakKeyDictionary()

    def adopt_thread(self) -> None:
        """Note that the calling thread runs the loop, and take over its unhandled errors."""
        self.loop_thread_id = threading.get_ident()
        self.loop.set_exception_handler(self._unhandled)

    def run(self) -> None:
        """Run the loop in the calling thread until it is stopped."""
        asyncio.set_event_loop(self.loop)
        self.adopt_thread()
        while True:
            try:
                self.loop.run_forever()
            except (SystemExit, KeyboardInterrupt) as error:
                # A task of one app called sys.exit(). asyncio stops the loop for it, but all
                # others live here too. The task reports its error when it is gone; the loop's
                # frames in the traceback would keep it.
                _forget_loop(error)
            else:
                return

    def hub(self, app: Hashable) -> PubSubHub:
        """Return the hub that all sessions of one app share, wherever they are shown."""
        try:
            hub = self._hubs.get(app)
            if hub is None:
                hub = self._hubs[app] = PubSubHub(loop=self.loop, executor=self.executor)
        except TypeError:  # not hashable or not weakly referenceable: an app of its own
            hub = PubSubHub(loop=self.loop, executor=self.executor)
        return hub

    def _unhandled(self, loop: asyncio.AbstractEventLoop, details: dict[str, Any]) -> None:
        error = details.get("exception")
        session = getattr(details.get("task") or details.get("future"), "flet_session", None)
        where = "a background task"
        if session is None and (context := getattr(details.get("handle"), "_context", None)) is not None:
            session, where = context.get(current_session), "a callback"
        if error is not None and session is not None:
            session.host.report(session, error, where)
        else:
            loop.default_exception_handler(details)


def _forget_loop(error: BaseException) -> None:
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_globals.get("__name__", "").startswith(("asyncio", __name__)):
        frames = frames.tb_next
    error.__traceback__ = frames


class _SessionTask(asyncio.Task):  # type: ignore[type-arg]
    """A task that knows whose it is: it ends with its session, and its errors go there."""

    flet_session: LiveSession | None = None


def _session_task(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    context = options.get("context")
    session = current_session.get() if context is None else context.get(current_session)
    if session is None:
        return asyncio.Task(coroutine, loop=loop, **options)
    task = _SessionTask(coroutine, loop=loop, **options)
    task.flet_session = session
    session.adopt_task(task)
    return task


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
    page_name = ""

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
        self.observer: Observer | None = None
        self.on_session_closed: Callable[[LiveSession], None] | None = None

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
        return ThreadLane(self.loop, "flet-session") if self.runtime.threads else InlineLane()

    def create_session(self, page_props: dict[str, Any]) -> LiveSession:
        """Make a session whose `main` has not run yet. On the loop.

        Raises
        ------
        LimitReached
            There are as many sessions as the settings allow.
        """
        limit = self.settings.max_sessions
        if len(self.sessions) >= limit:
            raise LimitReached(f"This app already has {limit} sessions, the most that are allowed.", limit)
        session = LiveSession(self, page_props)
        self.sessions[session.id] = session
        return session

    async def run_main(self, session: LiveSession) -> None:
        """Run ``before_main`` and ``main`` for a new session; whatever they raise passes through.

        It is a task of the session: it is cancelled when the session closes.

        Raises
        ------
        RuntimeError
            They called ``sys.exit()``: in a task that would end the loop with all its sessions.
        """
        try:
            await session.new_context().run(self.loop.create_task, self._main(session))
        finally:
            session.main_has_run()

    async def _main(self, session: LiveSession) -> None:
        bind_page(session.page)
        try:
            for function in (self.before_main, self.main):
                if function is not None:
                    await _run(function, session)
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
            # In a context of its own: a cancelled timer keeps its context until it would have been due.
            self._timers[session.id] = contextvars.Context().run(
                self.loop.call_later, self.settings.session_timeout, self.close_session, session
            )

    def _stop_timer(self, session: LiveSession) -> None:
        timer = self._timers.pop(session.id, None)
        if timer is not None:
            timer.cancel()

    def report(self, session: LiveSession, error: BaseException | str, where: str) -> None:
        """Pass an error of user code on to where it is looked for."""
        if isinstance(error, SessionClosed) and session.closed:
            return  # a loop of the app found out that it is over
        log.debug(
            "error in %s of session %s", where, session.id, exc_info=error if isinstance(error, BaseException) else None
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
