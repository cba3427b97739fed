"""What runs ``page.run_thread``: a thread for each call, none of which holds up the end of the process."""

from __future__ import annotations

import concurrent.futures
import contextvars
import queue
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DaemonExecutor", "InlineExecutor"]

_IDLE_SECONDS: Final = 10.0


class InlineExecutor(concurrent.futures.Executor):
    """Runs each call at once, where no thread can start, as Flet does there."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """Call `fn`; the future that is returned has the outcome."""
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        _run(future, lambda: fn(*args, **kwargs))
        return future


class DaemonExecutor(concurrent.futures.Executor):
    """An executor whose calls do not wait for each other.

    Apps run endless loops in ``page.run_thread``. In :class:`~concurrent.futures.ThreadPoolExecutor` a handful
    of them would stop every other app of the process, and keep the process from ending.

    Parameters
    ----------
    name : str
        Begins the names of the threads.
    max_threads : int
        Calls beyond this number wait.
    """

    def __init__(self, name: str, max_threads: int = 1000) -> None:
        self._name = name
        self._max_threads = max_threads
        self._lock = threading.Lock()
        self._work: queue.SimpleQueue[tuple[concurrent.futures.Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._threads = 0
        self._idle = 0
        self._waiting = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """Call `fn` in a thread; its future tells the outcome."""
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        with self._lock:
            self._work.put((future, lambda: fn(*args, **kwargs)))
            if self._idle:
                self._idle -= 1
            elif self._threads < self._max_threads:
                self._threads += 1
                thread = threading.Thread(target=self._main, name=f"{self._name}-{self._threads}", daemon=True)
                # In an empty context: the thread serves many sessions and is none's.
                contextvars.Context().run(thread.start)
            else:
                self._waiting += 1
        return future

    def _main(self) -> None:
        while True:
            try:
                future, function = self._work.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                with self._lock:
                    if self._idle:
                        self._idle -= 1
                        self._threads -= 1
                        return
                continue  # a call was put for this thread just now
            _run(future, function)
            del future, function
            with self._lock:
                if self._waiting:
                    self._waiting -= 1
                else:
                    self._idle += 1


def _run(future: concurrent.futures.Future[Any], function: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = function()
    except BaseException as error:  # noqa: BLE001 - the future's to tell
        future.set_exception(error)
    else:
        future.set_result(result)
