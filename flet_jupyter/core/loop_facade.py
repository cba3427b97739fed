"""The session loop as blocking functions see it from their thread: what they begin on it follows them."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import inspect
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

__all__ = ["LoopFacade", "Worker", "after_job", "gated"]

_T = TypeVar("_T")

_LOOP_ANSWERS: Final = 1.0
"""Seconds after which the loop is taken to wait for something that this thread holds, a lock perhaps."""


class Worker(Protocol):
    """A thread that runs blocking functions."""

    def after_job(self, function: Callable[[], object]) -> bool:
        """Have `function` called on the loop when the running one has ended or overrun; return False if it has."""


class LoopFacade:
    """The session loop as seen from a worker's thread: what schedules on it also wakes it.

    Flet runs blocking functions on its loop, so a task that one of them makes begins when it has ended. Apps rely on
    that: a handler begins to load something, reads a file, and then makes a spinner visible that the task hides. So a
    task that is made here begins no earlier, unless the function overruns: it may be waiting for the task.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop.
    worker : Worker
        Whose thread this is the running loop of.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, worker: Worker) -> None:
        self._loop = loop
        self.worker = worker

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def call_soon(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> asyncio.Handle:
        """Call `callback` on the loop."""
        return self._loop.call_soon_threadsafe(callback, *args, **kwargs)

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> _RemoteTimer:
        """Call `callback` on the loop after `delay` seconds."""
        return _RemoteTimer(self._loop, self._loop.time() + delay, callback, args, kwargs)

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> _RemoteTimer:
        """Call `callback` on the loop at the loop's time `when`."""
        return _RemoteTimer(self._loop, when, callback, args, kwargs)

    def create_task(
        self, coroutine: Coroutine[Any, Any, _T] | Generator[Any, None, _T], **kwargs: Any
    ) -> asyncio.Task[_T]:
        """Make a task of the loop."""

        def make() -> asyncio.Task[_T]:
            task = self._loop.create_task(behind, **kwargs)
            if behind is not coroutine:
                task.add_done_callback(lambda _: coroutine.close())  # it may have been cancelled before it began
            return task

        behind = gated(coroutine) if inspect.iscoroutine(coroutine) else coroutine
        if not isinstance(self._loop, asyncio.BaseEventLoop):
            return self._call_there(make)
        # Appending to the loop's queue is atomic under the interpreter lock; only the wake-up is missing.
        task = make()
        self._loop.call_soon_threadsafe(lambda: None)
        return task

    def _call_there(self, function: Callable[[], _T]) -> _T:
        """Call a function in the loop's thread: uvloop runs without the interpreter lock, and no other may touch it."""
        called: concurrent.futures.Future[_T] = concurrent.futures.Future()

        def call() -> None:
            if not called.set_running_or_notify_cancel():
                return
            try:
                called.set_result(function())
            except BaseException as error:  # noqa: BLE001 - raised again by whoever asked
                called.set_exception(error)

        self._loop.call_soon_threadsafe(call)
        with contextlib.suppress(concurrent.futures.TimeoutError):
            return called.result(_LOOP_ANSWERS)
        return function() if called.cancel() else called.result()


def after_job(function: Callable[[], object]) -> bool:
    """Have `function` called on the loop when the blocking function that runs in this thread has ended or overrun.

    Returns
    -------
    bool
        False if none runs here, or it has overrun already: then nothing is called.
    """
    facade: Any = asyncio._get_running_loop()  # noqa: SLF001 - the public one raises where there is none
    return isinstance(facade, LoopFacade) and facade.worker.after_job(function)


def gated(coroutine: Coroutine[Any, Any, _T]) -> Coroutine[Any, Any, _T]:
    """Return `coroutine`, or one that begins it when the blocking function that runs in this thread has ended."""
    facade: Any = asyncio._get_running_loop()  # noqa: SLF001 - the public one raises where there is none
    if not isinstance(facade, LoopFacade):
        return coroutine
    gate: asyncio.Future[None] = facade.create_future()

    def open_gate() -> None:
        if not gate.done():
            gate.set_result(None)

    return _behind(gate, coroutine) if after_job(open_gate) else coroutine


async def _behind(gate: asyncio.Future[None], coroutine: Coroutine[Any, Any, _T]) -> _T:
    try:
        await gate
    except BaseException:
        coroutine.close()
        raise
    return await coroutine


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
        self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
