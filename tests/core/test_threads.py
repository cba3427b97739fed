"""Many threads at once: whatever they do in the end is what clients show."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import flet as ft
import pytest

from tests.core.harness import PATIENCE, App, Client, until


@pytest.fixture(autouse=True)
def many_switches() -> Iterator[None]:
    """Let threads interrupt each other far more often than usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


async def in_threads(*functions: Callable[[], Any]) -> None:
    """Run functions at once, each in a thread, and raise what they raise."""
    barrier = threading.Barrier(len(functions))
    errors: list[BaseException] = []

    def run(function: Callable[[], Any]) -> None:
        try:
            barrier.wait(PATIENCE)
            function()
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    await until(lambda: not any(thread.is_alive() for thread in threads), "the threads")
    for error in errors:
        raise error


async def two_clients(main: Any) -> tuple[App, Client, Client]:
    app = App(main)
    first = await app.open()
    second = Client(first.session, lossy=True)
    second.register()
    await until(lambda: second.page)
    return app, first, second


async def test_values_set_from_many_threads_all_arrive() -> None:
    def main(page: ft.Page) -> None:
        for number in range(6):
            page.add(ft.Text("0", key=f"text{number}"))

    _, first, second = await two_clients(main)
    page = first.session.page

    def count(text: Any) -> None:
        for number in range(1, 301):
            text.value = str(number)
            text.update()

    def refresh() -> None:
        for _ in range(150):
            page.update()

    await in_threads(*[lambda text=text: count(text) for text in page.controls], refresh, refresh)
    for client in (first, second):
        await client.shows(*["300"] * 6)


async def test_properties_set_for_the_first_time_do_not_disturb_an_update_elsewhere() -> None:
    names = ["color", "size", "italic", "selectable", "no_wrap", "max_lines", "tooltip", "opacity", "visible"]
    values = ["red", 5, True, True, True, 2, "x", 0.5, True]

    def main(page: ft.Page) -> None:
        for _ in range(30):
            page.add(ft.Text("-"))

    _, first, second = await two_clients(main)
    page = first.session.page

    def decorate() -> None:
        for text in page.controls:
            for name, value in zip(names, values, strict=True):
                setattr(text, name, value)
            text.value = "done"
            text.update()

    def refresh() -> None:
        for _ in range(100):
            page.update()

    await in_threads(decorate, refresh, refresh)
    page.update()
    for client in (first, second):
        await client.shows(*["done"] * 30)
        assert all(node.get("max_lines") == 2 for node in client.all(_c="Text"))


async def test_controls_added_from_many_threads_all_arrive_and_are_mounted() -> None:  # noqa: C901 - four threads' code
    def main(page: ft.Page) -> None:
        for _ in range(4):
            page.add(ft.Column())

    _, first, second = await two_clients(main)
    page = first.session.page

    def grow(column: Any, name: str) -> None:
        for number in range(60):
            column.controls.append(ft.Text(f"{name}{number}"))
            if number % 3 == 0:
                column.update()
        column.update()

    def refresh() -> None:
        for _ in range(60):
            page.update()

    def rejoin() -> None:
        for _ in range(20):
            first.resync()
            second.resync()

    await in_threads(
        *[lambda c=c, n=n: grow(c, n) for c, n in zip(page.controls, "abcd", strict=True)], refresh, rejoin
    )
    expected = [f"{name}{number}" for name in "abcd" for number in range(60)]
    for client in (first, second):
        await client.shows(*expected)
    for column in page.controls:
        for text in column.controls:
            assert text.page is page
            assert first.session.index[text._i] is text


async def test_tasks_started_in_many_threads_all_run_and_all_end_with_the_session() -> None:
    tasks: list[asyncio.Task[Any]] = []

    def main(page: ft.Page) -> None:
        async def forever() -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.append(task)
            await asyncio.Event().wait()

        def start() -> None:
            for _ in range(50):
                page.run_task(forever)

        for _ in range(4):
            page.run_thread(start)

    app = App(main)
    session = await app.start()
    await until(lambda: len(tasks) == 200)
    app.host.close_session(session)
    await until(lambda: all(task.cancelled() for task in tasks))


async def test_did_mount_may_wait_for_a_coroutine_that_updates_the_page() -> None:
    class Waiting(ft.Text):
        def did_mount(self) -> None:
            async def note() -> None:
                self.page.controls[0].value = "mounted"
                self.page.update()

            # result() returns None once the coroutine has ended, else raises TimeoutError.
            self.page.run_task(note).result(PATIENCE)

    def main(page: ft.Page) -> None:
        page.add(ft.Text("-"))
        page.add(Waiting("text"))

    client = await App(main).open()
    await client.shows("mounted", "text")


async def test_a_control_that_goes_before_it_was_mounted_is_neither_mounted_nor_unmounted() -> None:
    noted: list[str] = []
    mounting, removed = threading.Event(), threading.Event()

    class Noting(ft.Text):
        def did_mount(self) -> None:
            noted.append(f"{self.value} comes")
            if self.value == "first":
                mounting.set()
                assert removed.wait(PATIENCE)

        def will_unmount(self) -> None:
            noted.append(f"{self.value} goes")

    _, first, _ = await two_clients(lambda page: page.add(ft.Text("-")))
    page = first.session.page

    def remove() -> None:
        assert mounting.wait(PATIENCE)
        page.remove(page.controls[-1])
        removed.set()

    await in_threads(lambda: page.add(Noting("first"), Noting("second")), remove)
    await first.shows("-", "first")
    assert noted == ["first comes"]
