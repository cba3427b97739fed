"""In which order things begin: as on Flet's one loop, though blocking handlers have threads of their own."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
from collections.abc import Callable
from typing import Any

import flet as ft
import pytest

from flet_jupyter.core import runner
from flet_jupyter.core.runner import ThreadLane
from tests.core.harness import PATIENCE, App, Client, until


@pytest.fixture
def no_overrun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "HOLD", PATIENCE)


class Ordering:
    """An app with handlers of all kinds, and what they say."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.release = threading.Event()
        self.waiting = threading.Event()
        self.app = App(self.main)

    def main(self, page: ft.Page) -> None:
        self.page = page
        handlers: dict[str, Callable[[], Any]] = {
            "wait": self.wait,
            "blocking": self.blocking,
            "async": self.asynchronous,
            "call": self.call,
            "run task": lambda: self.begin(lambda: page.run_task(self.asynchronous)),
            "create task": lambda: self.begin(lambda: asyncio.create_task(self.asynchronous())),
            "cancelled task": lambda: asyncio.create_task(self.asynchronous()).cancel(),
            "run thread": lambda: self.begin(lambda: page.run_thread(self.blocking)),
            "result": lambda: self.said.append(str(page.run_task(self.asynchronous).result(PATIENCE))),
        }
        self.row = ft.Row([ft.Button("remove", on_click=self.remove)])
        page.add(self.row, *[ft.Button(name, on_click=handler) for name, handler in handlers.items()])

    def wait(self) -> None:
        self.waiting.set()
        assert self.release.wait(PATIENCE)
        self.said.append("waited")

    def blocking(self) -> None:
        self.said.append("blocking")

    async def asynchronous(self) -> str:
        self.said.append("async")
        return "done"

    async def call(self) -> None:
        self.said.append(f"answered {await self.page._invoke_method('question')}")

    def begin(self, something: Callable[[], object]) -> None:
        something()
        self.wait()

    def remove(self, e: Any) -> None:
        self.wait()
        self.row.controls.remove(e.control)

    async def open(self) -> Client:
        client = await self.app.open()
        await until(lambda: client.page)
        return client


async def test_async_handlers_begin_when_the_blocking_ones_before_them_have_ended(no_overrun: None) -> None:
    ordering = Ordering()
    client = await ordering.open()
    for name in ("wait", "async", "blocking", "async"):
        client.click(content=name)
    await until(ordering.waiting.is_set)
    for _ in range(20):
        await asyncio.sleep(0)
    assert ordering.said == []
    ordering.release.set()
    await until(lambda: len(ordering.said) == 4)
    assert ordering.said == ["waited", "async", "blocking", "async"]


async def test_blocking_handlers_begin_when_the_async_ones_before_them_have_begun(no_overrun: None) -> None:
    ordering = Ordering()
    client = await ordering.open()
    names = ("async", "blocking") * 20
    for name in names:
        client.click(content=name)  # all in one turn of the loop
    await until(lambda: len(ordering.said) == len(names))
    assert tuple(ordering.said) == names


async def test_a_blocking_handler_that_overruns_holds_back_no_async_one() -> None:
    ordering = Ordering()
    client = await ordering.open()
    for name in ("wait", "async"):
        client.click(content=name)
    await until(lambda: ordering.said == ["async"])
    ordering.release.set()


async def test_an_answer_counts_when_the_handlers_of_events_before_it_have_ended(no_overrun: None) -> None:
    ordering = Ordering()
    client = await ordering.open()
    client.click(content="call")
    await until(lambda: client.calls)
    client.click(content="wait")
    client.answer(client.calls[0], 42)
    ordering.release.set()
    await until(lambda: len(ordering.said) == 2)
    assert ordering.said == ["waited", "answered 42"]


async def test_an_answer_counts_even_if_the_client_goes_before_its_turn_comes(no_overrun: None) -> None:
    ordering = Ordering()
    client = await ordering.open()
    client.click(content="call")
    await until(lambda: client.calls)
    client.click(content="wait")
    client.answer(client.calls[0], 42)
    client.detach()
    ordering.release.set()
    await until(lambda: len(ordering.said) == 2)
    assert ordering.said == ["waited", "answered 42"]
    assert ordering.app.errors == []


@pytest.mark.parametrize(
    ("name", "then"), [("run task", "async"), ("create task", "async"), ("run thread", "blocking")]
)
async def test_what_a_blocking_handler_begins_begins_when_it_has_ended(no_overrun: None, name: str, then: str) -> None:
    ordering = Ordering()
    client = await ordering.open()
    client.click(content=name)
    await until(ordering.waiting.is_set)
    for _ in range(20):
        await asyncio.sleep(0)
    assert ordering.said == []
    ordering.release.set()
    await until(lambda: len(ordering.said) == 2)
    assert ordering.said == ["waited", then]


@pytest.mark.parametrize("name", ["run task", "create task"])
async def test_what_a_blocking_handler_begins_comes_before_the_next_blocking_one(no_overrun: None, name: str) -> None:
    ordering = Ordering()
    client = await ordering.open()
    client.click(content=name)
    client.click(content="blocking")
    ordering.release.set()
    await until(lambda: len(ordering.said) == 3)
    assert ordering.said == ["waited", "async", "blocking"]


async def test_what_a_handler_that_overruns_has_begun_begins_all_the_same() -> None:
    ordering = Ordering()
    client = await ordering.open()
    client.click(content="result")
    await until(lambda: len(ordering.said) == 2)
    assert ordering.said == ["async", "done"]


@pytest.mark.filterwarnings("error:coroutine .* was never awaited")
async def test_a_task_cancelled_before_it_may_begin_does_not(no_overrun: None) -> None:
    ordering = Ordering()
    client = await ordering.open()

    client.click(content="cancelled task")
    client.click(content="blocking")
    await until(lambda: ordering.said)
    for _ in range(20):
        await asyncio.sleep(0)
    gc.collect()
    assert ordering.said == ["blocking"]


async def test_a_second_click_on_what_the_first_removes_is_no_error(no_overrun: None) -> None:
    ordering = Ordering()
    client = await ordering.open()
    client.click(content="remove")
    client.click(content="remove")
    client.click(content="blocking")
    ordering.release.set()
    await until(lambda: ordering.said == ["waited", "blocking"])
    assert ordering.app.errors == []
    await until(lambda: not client.all(content="remove"))


def test_blocking_functions_can_make_tasks_of_a_loop_that_no_other_thread_may_touch() -> None:
    uvloop = pytest.importorskip("uvloop")
    made: list[int] = []
    tasks: list[asyncio.Task[None]] = []

    async def task() -> None:
        made.append(threading.get_ident())

    def make() -> None:
        tasks.append(asyncio.create_task(task()))

    async def main() -> None:
        lane = ThreadLane(asyncio.get_running_loop(), "lane on uvloop")
        for _ in range(20):
            lane.submit(make, contextvars.copy_context())
        await until(lambda: len(made) == 20)
        assert set(made) == {threading.get_ident()}
        lane.close()

    loop = uvloop.new_event_loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
