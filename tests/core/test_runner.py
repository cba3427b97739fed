"""Where user code runs. Order and threads are checked with events, not with the clock."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flet_jupyter.core import runner
from flet_jupyter.core.runner import InlineLane, ThreadLane, contain, drive, is_blocking
from flet_jupyter.core.threads import DaemonExecutor
from flet_jupyter.exceptions import LimitReached
from tests.core.harness import PATIENCE, until

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def lane_threads(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(name)]


class Lane:
    """A thread lane and what ran in it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lane = ThreadLane(asyncio.get_running_loop(), name)
        self.ran: list[Any] = []
        self.done = 0

    def submit(self, job: Callable[[], Any]) -> None:
        def run() -> None:
            self.ran.append(job())
            self.done += 1

        self.lane.submit(run, contextvars.copy_context())

    async def finished(self, count: int) -> None:
        await until(lambda: self.done >= count, f"{count} jobs")

    @property
    def threads(self) -> list[threading.Thread]:
        return lane_threads(self.name)


@pytest.fixture
async def lane(request: pytest.FixtureRequest) -> Any:
    lane = Lane(f"lane of {request.node.name}")
    yield lane
    lane.lane.close()
    await until(lambda: not lane.threads, "the end of the lane's threads")


# -- what blocks -------------------------------------------------------------------------------------


def test_only_coroutine_functions_and_async_generators_do_not_block() -> None:
    async def coroutine() -> None: ...

    async def async_generator() -> Any:
        yield

    def generator() -> Iterator[None]:
        yield

    assert is_blocking(generator)
    assert is_blocking(print)
    assert is_blocking(lambda: None)
    assert not is_blocking(coroutine)
    assert not is_blocking(async_generator)
    assert is_blocking(None)


def test_a_coroutine_that_only_yields_to_the_loop_can_be_driven() -> None:
    async def steps() -> int:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return 5

    assert drive(steps()) == 5


async def test_a_coroutine_that_waits_cannot_be_driven() -> None:
    async def waits() -> None:
        await asyncio.sleep(1)

    with pytest.raises(RuntimeError, match="waited"):
        drive(waits())


def test_an_exit_is_contained_in_an_error_and_errors_stay_what_they_are() -> None:
    error = ValueError()
    assert contain(error) is error
    contained = contain(SystemExit(3))
    assert isinstance(contained, RuntimeError)
    assert isinstance(contained.__cause__, SystemExit)


# -- order -------------------------------------------------------------------------------------------


async def test_jobs_run_one_after_another_in_their_order(lane: Lane) -> None:
    running = []
    for number in range(50):

        def job(number: int = number) -> int:
            running.append(number)
            assert running == [number]
            running.remove(number)
            return number

        lane.submit(job)
    await lane.finished(50)
    assert lane.ran == list(range(50))


async def test_short_jobs_all_run_in_the_same_thread(lane: Lane) -> None:
    for number in range(10):
        lane.submit(threading.get_ident)
        await lane.finished(number + 1)
    assert len(set(lane.ran)) == 1
    assert lane.ran[0] != threading.get_ident()


async def test_a_job_that_overruns_stops_holding_the_next_back(lane: Lane) -> None:
    release = threading.Event()
    lane.submit(lambda: release.wait(PATIENCE) and "long")
    lane.submit(lambda: "cancel")
    await lane.finished(1)
    assert lane.ran == ["cancel"]
    release.set()
    await lane.finished(2)
    assert lane.ran == ["cancel", "long"]


async def test_a_job_is_held_back_for_the_agreed_time(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "HOLD", 3600.0)
    release, started = threading.Event(), threading.Event()
    lane.submit(lambda: (started.set(), release.wait(PATIENCE)))
    lane.submit(lambda: "next")
    await asyncio.to_thread(started.wait, PATIENCE)
    for _ in range(10):
        await asyncio.sleep(0)
    assert lane.done == 0
    release.set()
    await lane.finished(2)


async def test_after_an_overrun_jobs_return_to_the_sessions_own_thread(lane: Lane) -> None:
    release = threading.Event()
    lane.submit(threading.get_ident)
    await lane.finished(1)
    lane.submit(lambda: release.wait(PATIENCE) and threading.get_ident())
    lane.submit(threading.get_ident)
    await lane.finished(2)
    release.set()
    await lane.finished(3)
    await until(lambda: len(lane.threads) == 1, "the spare thread's end")
    lane.submit(threading.get_ident)
    await lane.finished(4)
    own, spare, own_again, last = lane.ran
    assert own == own_again == last
    assert spare != own


async def test_spare_threads_end_when_they_are_not_needed(lane: Lane) -> None:
    release = threading.Event()
    for _ in range(4):
        lane.submit(lambda: release.wait(PATIENCE))
    await until(lambda: len(lane.threads) == 4, "four overrunning jobs")
    release.set()
    await lane.finished(4)
    await until(lambda: len(lane.threads) == 1, "the spare threads' end")


async def test_threads_that_overrun_are_limited(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "HOLD", 0.001)
    monkeypatch.setattr(runner, "MAX_THREADS", 3)
    release = threading.Event()
    for _ in range(6):
        lane.submit(lambda: release.wait(PATIENCE))
    await until(lambda: len(lane.threads) == 3, "three threads")
    release.set()
    await lane.finished(6)


async def test_jobs_that_wait_are_limited(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "HOLD", 3600.0)
    monkeypatch.setattr(runner, "MAX_WAITING", 5)
    release = threading.Event()
    lane.submit(lambda: release.wait(PATIENCE))
    for _ in range(5):
        lane.submit(lambda: None)
    with pytest.raises(LimitReached):
        lane.submit(lambda: None)
    release.set()
    await lane.finished(6)


async def test_a_job_runs_in_the_context_it_came_with(lane: Lane) -> None:
    context = contextvars.copy_context()
    context.run(variable.set, "mine")
    lane.lane.submit(lambda: lane.ran.append(variable.get()), context)
    await until(lambda: lane.ran == ["mine"])


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
async def test_a_job_that_raises_does_not_take_the_thread_along(lane: Lane, error: type[BaseException]) -> None:
    def fail() -> None:
        raise error

    lane.submit(threading.get_ident)
    lane.submit(fail)
    lane.submit(threading.get_ident)
    await lane.finished(2)
    assert lane.ran[0] == lane.ran[1]


async def test_a_closed_lane_runs_what_was_submitted_and_then_ends_its_threads(lane: Lane) -> None:
    release = threading.Event()
    lane.submit(lambda: release.wait(PATIENCE))
    for _ in range(3):
        lane.submit(lambda: release.wait(PATIENCE))
    await until(lambda: len(lane.threads) >= 2, "an overrun")
    lane.lane.close()
    release.set()
    await lane.finished(4)
    await until(lambda: not lane.threads, "the end of all threads")


async def test_threads_do_not_keep_the_last_job_alive(lane: Lane) -> None:
    class Thing:
        pass

    thing = Thing()
    gone = weakref.ref(thing)

    def job(thing: Thing = thing) -> bool:
        return thing is not None

    lane.submit(job)
    await lane.finished(1)
    del thing, job
    await until(lambda: gc.collect() is not None and gone() is None, "the job's release")


def test_a_lanes_threads_do_not_keep_the_process_from_ending() -> None:
    async def check() -> None:
        lane = Lane("daemon check")
        release = threading.Event()
        lane.submit(lambda: release.wait(PATIENCE))
        await until(lambda: lane.threads)
        assert all(thread.daemon for thread in lane.threads)
        release.set()
        lane.lane.close()

    asyncio.run(check())


# -- run ---------------------------------------------------------------------------------------------


async def test_run_returns_what_the_function_returns(lane: Lane) -> None:
    assert await lane.lane.run(lambda: 5) == 5


async def test_run_raises_what_the_function_raises(lane: Lane) -> None:
    def fail() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        await lane.lane.run(fail)


async def test_run_survives_an_exception_that_futures_refuse(lane: Lane) -> None:
    with pytest.raises(RuntimeError) as caught:
        await lane.lane.run(lambda: next(iter(())))
    assert isinstance(caught.value.__cause__, StopIteration)


async def test_run_that_is_cancelled_lets_the_function_end(lane: Lane) -> None:
    release, ended = threading.Event(), threading.Event()
    task = asyncio.ensure_future(lane.lane.run(lambda: (release.wait(PATIENCE), ended.set())))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()
    assert await asyncio.to_thread(ended.wait, PATIENCE)


async def test_the_inline_lane_runs_at_once_in_this_thread() -> None:
    lane = InlineLane()
    ran: list[int] = []
    lane.submit(lambda: ran.append(threading.get_ident()), contextvars.copy_context())
    assert ran == [threading.get_ident()]
    assert await lane.run(lambda: 5) == 5
    with pytest.raises(ValueError, match="x"):
        await lane.run(lambda: int("x"))


# -- asyncio in a blocking function ---------------------------------------------------------------------


async def test_a_blocking_function_can_start_tasks_on_the_loop(lane: Lane) -> None:
    loop = asyncio.get_running_loop()
    ran: list[Any] = []
    started: list[Any] = []

    async def task(name: str) -> None:
        await asyncio.sleep(0)
        ran.append((name, threading.get_ident(), asyncio.get_running_loop() is loop, variable.get()))

    def job() -> None:
        variable.set("from the job")
        loop_here = asyncio.get_running_loop()
        started.append(asyncio.create_task(task("create_task")))
        started.append(asyncio.ensure_future(task("ensure_future")))
        started.append(loop_here.create_task(task("loop.create_task")))
        started.append(asyncio.get_event_loop().create_task(task("get_event_loop")))
        started.append(asyncio.gather(task("gather")))
        started.append(asyncio.run_coroutine_threadsafe(task("threadsafe"), loop_here))

    await lane.lane.run(job)
    await until(lambda: len(ran) == 6)
    assert {name for name, *_ in ran} == {
        "create_task",
        "ensure_future",
        "loop.create_task",
        "get_event_loop",
        "gather",
        "threadsafe",
    }
    assert {tuple(rest) for _, *rest in ran} == {(threading.get_ident(), True, "from the job")}


async def test_a_task_started_by_a_blocking_function_wakes_an_idle_loop(lane: Lane) -> None:
    done = asyncio.Event()
    started: list[Any] = []

    async def task() -> None:
        done.set()

    def job() -> None:
        started.append(asyncio.create_task(task()))

    lane.lane.submit(job, contextvars.copy_context())
    await asyncio.wait_for(done.wait(), PATIENCE)  # nothing else happens on this loop meanwhile


async def test_a_blocking_function_can_set_and_cancel_timers(lane: Lane) -> None:
    loop_thread = threading.get_ident()
    ran: list[Any] = []

    def note(name: str) -> None:
        ran.append((name, threading.get_ident()))

    def job() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(note, "soon")
        loop.call_later(0.001, note, "later")
        loop.call_at(loop.time() + 0.002, note, "at")
        early, late = loop.call_later(0.003, note, "cancelled at once"), loop.call_later(3600, note, "cancelled late")
        early.cancel()
        assert early.cancelled()
        assert not late.cancelled()
        assert late.when() > loop.time() + 3000
        loop.call_later(0.004, lambda: (late.cancel(), note("last")))

    await lane.lane.run(job)
    await until(lambda: len(ran) >= 4)
    assert ran == [(name, loop_thread) for name in ("soon", "later", "at", "last")]


async def test_a_blocking_function_can_use_an_executor(lane: Lane) -> None:
    results: list[int] = []

    def job() -> None:
        future = asyncio.get_running_loop().run_in_executor(None, lambda: 5)
        future.add_done_callback(lambda done: results.append(done.result()))

    await lane.lane.run(job)
    await until(lambda: results == [5])


# -- threads of page.run_thread ------------------------------------------------------------------------


async def test_the_executor_runs_calls_side_by_side() -> None:
    executor = DaemonExecutor("side by side")
    barrier = threading.Barrier(30)
    futures = [executor.submit(barrier.wait, PATIENCE) for _ in range(30)]
    assert sorted(await asyncio.gather(*map(asyncio.wrap_future, futures))) == list(range(30))


async def test_the_executors_threads_are_used_again_and_are_daemons() -> None:
    executor = DaemonExecutor("used again")
    idents = set()
    for _ in range(20):
        idents.add(await asyncio.wrap_future(executor.submit(threading.get_ident)))
        await until(lambda: executor._idle == 1)
    assert len(idents) == 1
    assert all(thread.daemon for thread in lane_threads("used again"))


async def test_calls_beyond_the_executors_limit_wait_and_run() -> None:
    executor = DaemonExecutor("limited", max_threads=2)
    release = threading.Event()
    futures = [executor.submit(release.wait, PATIENCE) for _ in range(7)]
    await until(lambda: len(lane_threads("limited")) == 2)
    release.set()
    assert all(await asyncio.gather(*map(asyncio.wrap_future, futures)))
    await until(lambda: executor._idle == 2)
    assert executor._waiting == 0


async def test_the_executors_threads_end_when_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flet_jupyter.core.threads._IDLE_SECONDS", 0.01)
    executor = DaemonExecutor("idle")
    assert await asyncio.wrap_future(executor.submit(lambda: 5)) == 5
    await until(lambda: not lane_threads("idle"))
    assert await asyncio.wrap_future(executor.submit(lambda: 6)) == 6


async def test_the_executor_tells_what_a_call_raised() -> None:
    executor = DaemonExecutor("raises")
    with pytest.raises(ValueError, match="x"):
        await asyncio.wrap_future(executor.submit(int, "x"))


async def test_a_thread_of_the_executor_has_nobodys_context() -> None:
    variable.set("somebody")
    executor = DaemonExecutor("nobody")
    assert await asyncio.wrap_future(executor.submit(variable.get)) == "unset"
