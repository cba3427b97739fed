"""Where user code runs: coroutines on the session loop, blocking functions in the session's own thread."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import logging
import math
import queue
import threading
import time
import types
from typing import TYPE_CHECKING, Any, Final, TypeVar

from flet_jupyter.core.loop_facade import LoopFacade
from flet_jupyter.exceptions import LimitReached

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["HOLD", "InlineLane", "Lane", "ThreadLane", "contain", "drive", "is_blocking"]

log = logging.getLogger(__name__)

HOLD: Final = 0.1
"""Seconds for which a blocking handler holds the session's next one back."""
MAX_THREADS: Final = 50
"""Blocking handlers of one session that may overrun at a time. Further ones wait."""
MAX_WAITING: Final = 10_000
"""Blocking handlers that may wait their turn: a client that sends events faster than any hand is cut short here."""

_ASYNC: Final = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

_T = TypeVar("_T")


def is_blocking(function: object) -> bool:
    """Tell whether calling `function` runs its body at once: no coroutine function, no async generator."""
    plain = function.__func__ if type(function) is types.MethodType else function
    if type(plain) is types.FunctionType and not plain.__dict__:
        # What inspect finds out too, in a tenth of the time; decorators leave marks in __dict__ that it heeds.
        return not plain.__code__.co_flags & _ASYNC
    return not (inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function))


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


def contain(error: BaseException) -> Exception:
    """Return `error`, or for SystemExit and the like one that is safe to raise in a task: those end the whole loop."""
    if isinstance(error, Exception):
        return error
    contained = RuntimeError(f"the app raised {type(error).__name__}({str(error)!r}) instead of ending on its own")
    contained.__cause__ = error
    return contained


class Lane:
    """Runs one session's blocking functions one after another, in the order they came.

    What begins on the loop has its place in that order too. Flet runs all handlers there, each when those before it
    have ended or wait for something, and apps rely on it: an async handler finds what the blocking one before it has
    done, and what follows ``await page.push_route(...)`` finds the views that a blocking ``on_route_change`` has made.
    """

    def submit(self, job: Callable[[], None], context: contextvars.Context) -> None:
        """Run `job`, which reports its own errors, when those before it have ended or overrun."""
        raise NotImplementedError

    def start(self, function: Callable[[], None], context: contextvars.Context) -> None:
        """Call `function` on the loop when the jobs before it have ended or overrun.

        Jobs that come later wait until it has returned, and a task that it made has taken its first step.
        """
        raise NotImplementedError

    async def run(self, function: Callable[[], _T]) -> _T:
        """Run `function` in turn and return what it returns."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Callable[[], _T]] = loop.create_future()

        def job() -> None:
            # The outcome travels as a function: a future refuses some exceptions (StopIteration).
            outcome = _outcome(function)
            _call_soon(loop, _settle, done, outcome)

        self.submit(job, contextvars.copy_context())
        return (await done)()

    @property
    def waiting(self) -> int:
        """How many handlers wait their turn."""
        return 0

    @property
    def busy(self) -> bool:
        """Whether handlers run or wait."""
        return False

    def close(self) -> None:
        """End the lane: jobs already submitted still run, its threads then end."""


def _call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[..., Any], *args: Any) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: the process is about to end
        loop.call_soon_threadsafe(callback, *args)


def _is_running(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether this is the thread that runs `loop`."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _begin(functions: list[Callable[[], object]], begun: threading.Event) -> None:
    for function in functions:
        function()
    asyncio.get_running_loop().call_soon(begun.set)


def _wait_and_run(begun: threading.Event, job: Callable[[], None]) -> None:
    begun.wait(HOLD)  # a loop that an async handler blocks must not block the others too
    job()


def _settle(done: asyncio.Future[_T], result: _T) -> None:
    if not done.cancelled():
        done.set_result(result)


def _outcome(function: Callable[[], _T]) -> Callable[[], _T]:
    """Call `function`; return one that returns or raises what it did."""
    try:
        result = function()
    except BaseException as error:  # noqa: BLE001 - raised again by whoever asked
        caught = error

        def fail() -> _T:
            raise caught

        return fail
    return lambda: result


class InlineLane(Lane):
    """For Pyodide, where there are no threads: functions run on the loop."""

    def submit(self, job: Callable[[], None], context: contextvars.Context) -> None:
        """Run `job` now."""
        context.run(job)

    def start(self, function: Callable[[], None], context: contextvars.Context) -> None:
        """Call `function` now."""
        context.run(function)


class ThreadLane(Lane):
    """A thread of the session's own, and spare ones while it is overrun.

    The same thread runs everything as long as handlers are short, so that what is bound to a thread
    (an sqlite3 connection opened in ``main``, say) keeps working. A handler that runs longer than
    :data:`HOLD` stops holding the next one back: that one goes to a spare thread, so a Cancel button works.
    The threads are daemons: a handler that never returns must not keep a kernel from stopping.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The session's loop.
    name : str
        Begins the names of the threads.
    idle_seconds : float, optional
        After which a thread that has nothing to do ends, and with it what is bound to it; None: with the session. A
        website with thousands of visitors cannot keep a thread for each.

    Raises
    ------
    LimitReached
        From :meth:`submit`: :data:`MAX_WAITING` handlers wait already.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str, idle_seconds: float | None = None) -> None:
        self.idle_seconds = idle_seconds
        self.loop = loop
        self.name = name
        self._lock = threading.Lock()
        self._waiting: list[tuple[Callable[[], None], contextvars.Context]] = []  # most lanes have none, ever
        self._idle: list[_Worker] = []
        self._holder: _Worker | None = None
        self._begun: threading.Event | None = None  # set when what was started last on the loop has begun
        self._watched = False
        self._closed = False
        self._made = 0
        self._alive = 0

    def submit(self, job: Callable[[], None], context: contextvars.Context) -> None:
        """Queue `job`; callable from any thread."""
        begun = self._begun
        if begun is None or begun.is_set():
            self._submit(job, context)
        else:
            self._submit(lambda: _wait_and_run(begun, job), context)

    def start(self, function: Callable[[], None], context: contextvars.Context) -> None:
        """Call `function` on the loop in its turn; callable from any thread."""
        begun = threading.Event()

        def begin() -> None:
            try:
                context.run(function)
            finally:
                self.loop.call_soon(begun.set)

        def begin_soon() -> None:
            _call_soon(self.loop, begin)
            begun.wait(HOLD)

        with self._lock:
            held = self._holder is not None or bool(self._waiting)
            threads = bool(self._idle) or self._alive < MAX_THREADS
        if held and threads:
            self._submit(begin_soon, contextvars.Context())  # a job, so that it has its place among them
        elif _is_running(self.loop):
            begin()
        else:
            _call_soon(self.loop, begin)
        self._begun = begun

    def _submit(self, job: Callable[[], None], context: contextvars.Context) -> None:
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                raise LimitReached(
                    f"{MAX_WAITING} handlers wait their turn already; this event is dropped", MAX_WAITING
                )
            self._waiting.append((job, context))
            self._next()
            if self._waiting:
                self._watch()

    def close(self) -> None:
        """Let idle threads end; busy ones end after their job."""
        with self._lock:
            self._closed = True
            self._dismiss()

    def _dismiss(self) -> None:
        """Let idle threads end: all once the lane is closed, else all but the session's own or the oldest spare one."""
        self._idle.sort(key=lambda worker: worker.rank)
        for worker in self._idle[0 if self._closed else 1 :]:
            self._idle.remove(worker)
            self._alive -= 1
            worker.stop()

    def _next(self) -> None:
        if self._holder is not None or not self._waiting:
            return
        if self._idle:
            worker = self._idle.pop(0)
        elif self._alive < MAX_THREADS:
            worker = _Worker(self, self._made)
            self._made += 1
            self._alive += 1
        else:
            return  # whoever finishes first takes it
        job, context = self._waiting.pop(0)
        self._holder = worker
        worker.run(job, context)

    def _watch(self) -> None:
        """Look after the holder while others wait for it. With the lock held."""
        if not self._watched and self._holder is not None:
            self._watched = True
            delay = min(HOLD, max(0.0, self._holder.began + HOLD - time.monotonic()))
            _call_soon(self.loop, self._look_later, delay, self._holder, self._holder.jobs)

    def _look_later(self, delay: float, worker: _Worker, job_number: int) -> None:
        self.loop.call_later(delay, self._look, worker, job_number)

    def _look(self, worker: _Worker, job_number: int) -> None:
        after: list[Callable[[], object]] = []
        with self._lock:
            self._watched = False
            same = self._holder is worker and worker.jobs == job_number
            if same and time.monotonic() >= worker.began + HOLD:
                self._holder = None
                after, worker.after = worker.after, after
                self._next()
            if self._waiting or (self._holder is not None and self._holder.after):
                self._watch()
        for function in after:
            function()

    def after_job(self, worker: _Worker, function: Callable[[], object]) -> bool:
        """Have `function` called on the loop when a worker's job has ended or overrun; return False if it has."""
        with self._lock:
            if self._holder is not worker:
                return False
            worker.after.append(function)
            self._watch()
        return True

    def finished(self, worker: _Worker) -> None:
        """Take a worker back whose job has ended; it calls this itself."""
        with self._lock:
            after, worker.after = worker.after, []
        if after:
            # It holds on to its turn until what it has left on the loop has begun.
            begun = threading.Event()
            _call_soon(self.loop, _begin, after, begun)
            begun.wait(HOLD)
        with self._lock:
            if self._holder is worker:
                self._holder = None
            self._idle.append(worker)
            self._idle.sort(key=lambda idle: idle.rank)
            self._next()
            self._dismiss()

    def retire(self, worker: _Worker) -> bool:
        """Let a worker end that had nothing to do; return False if it has now."""
        with self._lock:
            if worker not in self._idle:
                return False
            self._idle.remove(worker)
            self._alive -= 1
            return True

    @property
    def waiting(self) -> int:
        """How many handlers wait their turn."""
        return len(self._waiting)

    @property
    def busy(self) -> bool:
        """Whether handlers run or wait."""
        return bool(self._waiting) or self._alive > len(self._idle)


class _Worker:
    """One thread of a lane."""

    def __init__(self, lane: ThreadLane, rank: int) -> None:
        self.rank = rank
        self.jobs = 0
        self.began = math.inf  # where many threads compete, one can wait for long before it takes its job
        self.after: list[Callable[[], object]] = []  # to be called on the loop when the job has ended
        self._lane = lane
        self._work: queue.SimpleQueue[tuple[Callable[[], None], contextvars.Context] | None] = queue.SimpleQueue()
        name = lane.name if rank == 0 else f"{lane.name}-{rank}"
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        # In an empty context: the thread may outlive the handler that made it necessary.
        contextvars.Context().run(self._thread.start)

    def run(self, job: Callable[[], None], context: contextvars.Context) -> None:
        self.jobs += 1
        self.began = math.inf
        self._work.put((job, context))

    def stop(self) -> None:
        self._work.put(None)

    def after_job(self, function: Callable[[], object]) -> bool:
        """Have `function` called on the loop when the job has ended or overrun; return False if it has."""
        return self._lane.after_job(self, function)

    def _main(self) -> None:
        # Flet runs blocking handlers on its loop, so apps call asyncio.create_task() in them. The
        # facade makes that work from this thread too.
        asyncio._set_running_loop(LoopFacade(self._lane.loop, self))  # type: ignore[arg-type]  # noqa: SLF001 - made for event loops
        while True:
            try:
                task = self._work.get(timeout=self._lane.idle_seconds)
            except queue.Empty:
                if self._lane.retire(self):
                    return
                continue  # a job was given to this thread just now
            if task is None:
                return
            job, context = task
            self.began = time.monotonic()
            try:
                context.run(job)
            except BaseException:
                # Jobs report their own errors; whatever comes through must not take the thread along.
                log.exception("a blocking function failed")
            del job, context, task
            self._lane.finished(self)
