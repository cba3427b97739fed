"""Where user code runs: coroutines on the session loop, blocking functions in the session's own thread."""

from __future__ import annotations

import asyncio
import collections
import contextvars
import inspect
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

__all__ = ["HOLD", "InlineLane", "Lane", "ThreadLane", "drive", "is_blocking"]

HOLD: Final = 0.1
"""Seconds for which a blocking handler holds the session's next one back."""

_T = TypeVar("_T")


def is_blocking(function: object) -> bool:
    """Tell whether calling `function` runs its body at once: no coroutine function, no async generator."""
    return (
        callable(function)
        and not inspect.iscoroutinefunction(function)
        and not inspect.isasyncgenfunction(function)
    )


def drive(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine that never really waits, in this thread.

    Flet dispatches blocking handlers from a coroutine whose only awaits are ``sleep(0)``. Stepping through it
    here runs the handler here, and keeps flet's dispatch the only one there is.
    """
    try:
        while coroutine.send(None) is None:
            pass
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    coroutine.close()
    raise RuntimeError("a blocking handler waited for a future")


class Lane:
    """Runs one session's blocking functions one after another, in the order they came."""

    def submit(self, job: Callable[[], None], context: contextvars.Context) -> None:
        """Run `job`, which reports its own errors, when those before it have ended or overrun."""
        raise NotImplementedError

    async def run(self, function: Callable[[], _T]) -> _T:
        """Run `function` in turn and return what it returns."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[_T] = loop.create_future()

        def job() -> None:
            try:
                result = function()
            except BaseException as error:
                loop.call_soon_threadsafe(_settle, done, None, error)
            else:
                loop.call_soon_threadsafe(_settle, done, result, None)

        self.submit(job, contextvars.copy_context())
        return await done

    def close(self) -> None:
        """End the lane: jobs already submitted still run, its threads then end."""


def _settle(done: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)


class InlineLane(Lane):
    """For Pyodide, where there are no threads: functions run on the loop."""

    def submit(self, job: Callable[[], None], context: contextvars.Context) -> None:
        """Run `job` now."""
        context.run(job)


class ThreadLane(Lane):
    """A thread of the session's own, and spare ones while it is overrun.

    The same thread runs everything as long as handlers are short, so that what is bound to a thread
    (an sqlite3 connection opened in ``main``, say) keeps working. A handler that runs longer than
    :data:`HOLD` stops holding the next one back: that one goes to a spare thread, so a Cancel button works.
    The threads are daemons: a handler that never returns must not keep a kernel from stopping.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str) -> None:
        self._loop = loop
        self._facade = _LoopFacade(loop)
        self._name = name
        self._lock = threading.Lock()
        self._waiting: collections.deque[tuple[Callable[[], None], contextvars.Context]] = collections.deque()
        self._idle: list[_Worker] = []
        self._holder: _Worker | None = None
        self._closed = False
        self._count = 0

    def submit(self, job: Callable[[], None], context: contextvars.Context) -> None:
        """Queue `job`; callable from any thread."""
        with self._lock:
            self._waiting.append((job, context))
            self._next()

    def close(self) -> None:
        """Let idle threads end; busy ones end after their job."""
        with self._lock:
            self._closed = True
            for worker in self._idle:
                worker.stop()
            self._idle.clear()

    def _next(self) -> None:
        if self._holder is not None or not self._waiting:
            return
        job, context = self._waiting.popleft()
        if self._idle:
            worker = min(self._idle, key=lambda idle: idle.rank)
            self._idle.remove(worker)
        else:
            worker = _Worker(self, self._count)
            self._count += 1
        self._holder = worker
        worker.run(job, context)
        self._loop.call_soon_threadsafe(self._watch, worker, worker.jobs)

    def _watch(self, worker: _Worker, job_number: int) -> None:
        if self._holder is worker and worker.jobs == job_number:
            self._loop.call_later(HOLD, self._overrun, worker, job_number)

    def _overrun(self, worker: _Worker, job_number: int) -> None:
        with self._lock:
            if self._holder is worker and worker.jobs == job_number:
                self._holder = None
                self._next()

    def _finished(self, worker: _Worker) -> None:
        with self._lock:
            if self._holder is worker:
                self._holder = None
            if self._closed and not self._waiting:
                worker.stop()
            elif worker.rank and any(not idle.rank for idle in self._idle):
                worker.stop()  # the session's own thread is free again
            else:
                self._idle.append(worker)
            self._next()


class _Worker:
    """One thread of a lane."""

    def __init__(self, lane: ThreadLane, rank: int) -> None:
        self.rank = rank
        self.jobs = 0
        self._lane = lane
        self._ready = threading.Semaphore(0)
        self._job: tuple[Callable[[], None], contextvars.Context] | None = None
        name = lane._name if rank == 0 else f"{lane._name}-{rank}"
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._thread.start()

    def run(self, job: Callable[[], None], context: contextvars.Context) -> None:
        self.jobs += 1
        self._job = (job, context)
        self._ready.release()

    def stop(self) -> None:
        self._job = None
        self._ready.release()

    def _main(self) -> None:
        # Flet runs blocking handlers on its loop, so apps call asyncio.create_task() in them. The
        # facade makes that work from this thread too.
        asyncio._set_running_loop(self._lane._facade)  # type: ignore[arg-type]
        while True:
            self._ready.acquire()
            task = self._job
            if task is None:
                return
            self._job = None
            job, context = task
            try:
                context.run(job)
            finally:
                del job, context, task
                self._lane._finished(self)


class _LoopFacade:
    """The session loop as seen from another thread: what schedules on it also wakes it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def call_soon(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> asyncio.Handle:
        return self._loop.call_soon_threadsafe(callback, *args, **kwargs)

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> _RemoteTimer:
        return _RemoteTimer(self._loop, self._loop.time() + delay, callback, args, kwargs)

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> _RemoteTimer:
        return _RemoteTimer(self._loop, when, callback, args, kwargs)

    def create_task(
        self, coroutine: Coroutine[Any, Any, _T] | Generator[Any, None, _T], **kwargs: Any
    ) -> asyncio.Task[_T]:
        # Appending to the loop's queue is atomic under the interpreter lock; only the wake-up is missing.
        task = self._loop.create_task(coroutine, **kwargs)  # type: ignore[arg-type]
        self._loop.call_soon_threadsafe(lambda: None)
        return task


class _RemoteTimer:
    """A timer set from another thread; it can be cancelled before the loop has seen it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        when: float,
        callback: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self._loop = loop
        self._when = when
        self._cancelled = False
        self._handle: asyncio.TimerHandle | None = None
        loop.call_soon_threadsafe(self._start, callback, args, kwargs)

    def _start(self, callback: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not self._cancelled:
            self._handle = self._loop.call_at(self._when, callback, *args, **kwargs)

    def when(self) -> float:
        return self._when

    def cancelled(self) -> bool:
        return self._cancelled

    def cancel(self) -> None:
        self._cancelled = True
        self._loop.call_soon_threadsafe(lambda: self._handle and self._handle.cancel())
