"""What all apps of one process share: the loop, the threads, the pub/sub hubs."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import weakref
from typing import TYPE_CHECKING, Any

from flet_jupyter.core.current import current_session
from flet_jupyter.core.flet_api import PubSubHub
from flet_jupyter.core.threads import DaemonExecutor, InlineExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from flet_jupyter.core.pace import Pace
    from flet_jupyter.core.session import LiveSession

__all__ = ["Runtime"]


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
    lane_idle_seconds : float, optional
        See :class:`~flet_jupyter.core.runner.ThreadLane`.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        threads: bool = True,
        pace: Pace | None = None,
        lane_idle_seconds: float | None = None,
    ) -> None:
        self.loop = loop
        self.pace = pace
        self.lane_idle_seconds = lane_idle_seconds
        self.loop_thread_id = threading.get_ident()
        self.threads = threads
        if threads:
            loop.set_task_factory(_task_factory(loop.get_task_factory()))
        else:
            _note_tasks(loop)
        self._former_handler: Callable[..., Any] | None = None
        # Flet asks for a ThreadPoolExecutor but needs no more than any executor's submit().
        self.executor: Any = DaemonExecutor("flet-thread") if threads else InlineExecutor()
        self._hubs: weakref.WeakKeyDictionary[Any, PubSubHub] = weakref.WeakKeyDictionary()

    def adopt_thread(self) -> None:
        """Note that the calling thread runs the loop, and take over its unhandled errors."""
        self.loop_thread_id = threading.get_ident()
        self._former_handler = self.loop.get_exception_handler()
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
        elif self._former_handler is not None:
            self._former_handler(loop, details)
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


def _task_factory(former: Callable[..., Any] | None) -> Callable[..., asyncio.Task[Any]]:
    """Return a task factory that knows the tasks of sessions and leaves all others to `former`, if there is one."""

    def session_task(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        session = _session_in(options.get("context"))
        if session is None:
            if former is not None:
                return former(loop, coroutine, **options)  # type: ignore[no-any-return]
            return asyncio.Task(coroutine, loop=loop, **options)
        task = _SessionTask(coroutine, loop=loop, **options)
        task.flet_session = session
        session.adopt_task(task)
        return task

    return session_task


def _note_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Know the tasks of sessions where the loop cannot have a task factory.

    Pyodide's calls a function that Python 3.14 has no more whenever it has one (Pyodide 314.0.7).
    """
    create = loop.create_task

    def create_task(coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        task = create(coroutine, **options)
        session = _session_in(options.get("context"))
        if session is not None:
            task.flet_session = session  # type: ignore[attr-defined]
            session.adopt_task(task)
        return task

    vars(loop)["create_task"] = create_task


def _session_in(context: contextvars.Context | None) -> LiveSession | None:
    return current_session.get() if context is None else context.get(current_session)
