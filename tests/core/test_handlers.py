"""User code: main, handlers, what they start, and what they raise."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import flet as ft
import pytest

from flet_jupyter.core.current import current_session
from flet_jupyter.core.runtime import Runtime
from tests.core.harness import PATIENCE, App, Client, until


def errors_of(app: App) -> list[tuple[str, str]]:
    return [(str(error), where) for error, where in app.errors]


# -- forms of main -----------------------------------------------------------------------------------


def main_sync(page: ft.Page) -> None:
    page.controls.append(ft.Text("made"))


async def main_async(page: ft.Page) -> None:
    await asyncio.sleep(0)
    page.controls.append(ft.Text("made"))


def main_generator(page: ft.Page) -> Iterator[None]:
    page.controls.append(ft.Text("first"))
    yield
    page.controls[0].value = "made"


async def main_async_generator(page: ft.Page) -> AsyncIterator[None]:
    page.controls.append(ft.Text("first"))
    yield
    page.controls[0].value = "made"


class Callable:
    def __call__(self, page: ft.Page) -> None:
        main_sync(page)


MAINS = [main_sync, main_async, main_generator, main_async_generator, Callable()]


@pytest.mark.parametrize("main", MAINS, ids=lambda main: getattr(main, "__name__", "callable object"))
@pytest.mark.parametrize("threads", [True, False], ids=["threads", "pyodide"])
async def test_every_form_of_main_shows_what_it_made_without_an_update(main: Any, threads: bool) -> None:
    client = await App(main, threads=threads).open()
    await client.shows("made")


@pytest.mark.parametrize("main", [main_generator, main_async_generator])
async def test_each_yield_of_main_shows_what_was_made_so_far(main: Any) -> None:
    shown: list[list[str]] = []
    app = App(main)
    session = app.new_session()
    client = Client(session)
    client.register()
    await until(lambda: client.page)
    receive = client.receive
    client.receive = lambda packet: (receive(packet), shown.append(client.texts()))  # type: ignore[method-assign, assignment]
    await app.host.run_main(session)
    await until(lambda: shown[-1:] == [["made"]])
    assert ["first"] in shown


async def test_before_main_runs_first() -> None:
    order: list[str] = []
    app = App(lambda _page: order.append("main"), before_main=lambda _page: order.append("before"))
    await app.start()
    assert order == ["before", "main"]


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_what_main_raises_goes_to_whoever_runs_it(kind: str) -> None:
    def main(page: ft.Page) -> None:
        raise ValueError("mine")

    async def async_main(page: ft.Page) -> None:
        main(page)

    app = App(main if kind == "sync" else async_main)
    with pytest.raises(ValueError, match="mine"):
        await app.start()


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_a_main_that_exits_is_an_error_and_ends_nothing_else(kind: str) -> None:
    def main(page: ft.Page) -> None:
        raise SystemExit(2)

    async def async_main(page: ft.Page) -> None:
        raise SystemExit(2)

    app = App(main if kind == "sync" else async_main)
    with pytest.raises(RuntimeError, match="SystemExit") as caught:
        await app.start()
    assert isinstance(caught.value.__cause__, SystemExit)


async def test_a_main_that_lets_stop_iteration_through_is_an_error() -> None:
    app = App(lambda _page: next(iter(())))
    with pytest.raises(RuntimeError, match="StopIteration"):
        await app.start()


# -- forms of handlers -------------------------------------------------------------------------------


def handler_page(make: Any) -> Any:
    def main(page: ft.Page) -> None:
        text = ft.Text("before")
        page.add(text, ft.Button("Go", on_click=make(page, text)))

    return main


def sync_handler(page: ft.Page, text: ft.Text) -> Any:
    def handler(e: ft.ControlEvent) -> None:
        text.value = f"after {e.name} of {type(e.control).__name__}"

    return handler


def bare_handler(page: ft.Page, text: ft.Text) -> Any:
    return lambda: setattr(text, "value", "after click of Button")


def async_handler(page: ft.Page, text: ft.Text) -> Any:
    async def handler(e: ft.ControlEvent) -> None:
        await asyncio.sleep(0.001)
        text.value = f"after {e.name} of {type(e.control).__name__}"

    return handler


def generator_handler(page: ft.Page, text: ft.Text) -> Any:
    def handler(e: ft.ControlEvent) -> Iterator[None]:
        text.value = "between"
        yield
        text.value = f"after {e.name} of {type(e.control).__name__}"

    return handler


def async_generator_handler(page: ft.Page, text: ft.Text) -> Any:
    async def handler(e: ft.ControlEvent) -> AsyncIterator[None]:
        text.value = "between"
        yield
        text.value = f"after {e.name} of {type(e.control).__name__}"

    return handler


HANDLERS = [sync_handler, bare_handler, async_handler, generator_handler, async_generator_handler]


@pytest.mark.parametrize("make", HANDLERS)
@pytest.mark.parametrize("threads", [True, False], ids=["threads", "pyodide"])
async def test_every_form_of_handler_shows_its_change_without_an_update(make: Any, threads: bool) -> None:
    app = App(handler_page(make), threads=threads)
    client = await app.open()
    client.click(_c="Button")
    await client.shows("after click of Button")
    assert app.errors == []


@pytest.mark.parametrize("make", [generator_handler, async_generator_handler])
async def test_each_yield_of_a_handler_shows_what_was_changed_so_far(make: Any) -> None:
    client = await App(handler_page(make)).open()
    shown: list[list[str]] = []
    receive = client.receive
    client.receive = lambda packet: (receive(packet), shown.append(client.texts()))  # type: ignore[method-assign, assignment]
    client.click(_c="Button")
    await until(lambda: len(shown) == 2)
    assert shown == [["between"], ["after click of Button"]]


async def test_a_handler_that_updates_itself_gets_no_automatic_update() -> None:
    def main(page: ft.Page) -> None:
        first, second = ft.Text("1"), ft.Text("1")

        def go() -> None:
            first.value = second.value = "2"
            first.update()

        page.add(first, second, ft.Button("Go", on_click=go))

    client = await App(main).open()
    client.click(_c="Button")
    await client.shows("2", "1")
    await client.session.lane.run(lambda: None)
    assert client.texts() == ["2", "1"]


async def test_automatic_updates_switched_off_in_a_handler_are_off_in_that_handler() -> None:
    def main(page: ft.Page) -> None:
        text = ft.Text("a")

        def quiet() -> None:
            ft.context.disable_auto_update()
            text.value = "b"

        page.add(text, ft.Button("quiet", on_click=quiet), ft.Button("loud", on_click=lambda: None))

    client = await App(main).open()
    client.click(content="quiet")
    await client.session.lane.run(lambda: None)
    assert client.texts() == ["a"]
    client.click(content="loud")
    await client.shows("b")


async def test_a_handler_has_the_page_and_the_session_as_context() -> None:
    seen: list[Any] = []

    def main(page: ft.Page) -> None:
        def note() -> None:
            seen.append((ft.context.page is page, current_session.get()))

        async def note_async() -> None:
            note()

        page.add(ft.Button("sync", on_click=note), ft.Button("async", on_click=note_async))

    app = App(main)
    client = await app.open()
    client.click(content="sync")
    client.click(content="async")
    await until(lambda: len(seen) == 2)
    assert seen == [(True, client.session)] * 2


async def test_a_custom_event_has_its_data() -> None:
    seen: list[Any] = []

    def main(page: ft.Page) -> None:
        page.on_resize = lambda e: seen.append((type(e).__name__, e.width))

    client = await App(main).open()
    client.event(1, "resize", {"width": 12.0, "height": 34.0})
    await until(lambda: seen)
    assert seen == [("PageResizeEvent", 12.0)]


# -- threads and order ---------------------------------------------------------------------------------


async def test_clicks_on_a_sync_handler_are_handled_in_their_order_and_none_is_lost() -> None:
    order: list[str] = []

    def main(page: ft.Page) -> None:
        for name in "ab":
            page.add(ft.Button(name, on_click=lambda e: order.append(e.control.content)))

    client = await App(main).open()
    clicks = "abbaabab" * 20
    for name in clicks:
        client.click(content=name)
    await until(lambda: len(order) == len(clicks))
    assert "".join(order) == clicks


async def test_a_counter_loses_no_click() -> None:
    def main(page: ft.Page) -> None:
        count = ft.Text("0")

        def add() -> None:
            count.value = str(int(count.value) + 1)

        page.add(count, ft.Button("+", on_click=add))

    client = await App(main).open()
    for _ in range(300):
        client.click(_c="Button")
    await client.shows("300")


async def test_a_connection_bound_to_mains_thread_works_in_handlers() -> None:
    def main(page: ft.Page) -> None:
        db = sqlite3.connect(":memory:")  # refuses other threads than the one that made it
        db.execute("create table clicks (n integer)")
        count = ft.Text("0")

        def add() -> None:
            db.execute("insert into clicks values (1)")
            (number,) = db.execute("select count(*) from clicks").fetchone()
            count.value = str(number)

        page.add(count, ft.Button("+", on_click=add))

    app = App(main)
    client = await app.open()
    for number in range(1, 6):
        client.click(_c="Button")
        await client.shows(str(number))
    assert app.errors == []


async def test_a_cancel_button_works_while_another_handler_runs() -> None:
    def main(page: ft.Page) -> None:
        cancelled = threading.Event()
        status = ft.Text("idle")

        def run() -> None:
            status.value = "running"
            status.update()
            status.value = "cancelled" if cancelled.wait(PATIENCE) else "gave up"
            status.update()

        page.add(status, ft.Button("Run", on_click=run), ft.Button("Cancel", on_click=cancelled.set))

    client = await App(main).open()
    client.click(content="Run")
    await client.shows("running")
    client.click(content="Cancel")
    await client.shows("cancelled")


async def test_a_blocking_handler_holds_up_neither_async_handlers_nor_other_sessions() -> None:
    release = threading.Event()

    def main(page: ft.Page) -> None:
        text = ft.Text("-")

        async def quick() -> None:
            text.value = "quick"

        page.add(text, ft.Button("Block", on_click=lambda: release.wait(PATIENCE)), ft.Button("Quick", on_click=quick))

    app = App(main)
    blocked, other = await app.open(), await app.open()
    blocked.click(content="Block")
    blocked.click(content="Quick")
    other.click(content="Quick")
    await blocked.shows("quick")
    await other.shows("quick")
    release.set()


async def test_handlers_of_a_session_without_threads_run_on_the_loop() -> None:
    seen: list[int] = []

    def main(page: ft.Page) -> None:
        page.add(ft.Button("Go", on_click=lambda: seen.append(threading.get_ident())))
        page.run_thread(lambda: seen.append(threading.get_ident()))

    client = await App(main, threads=False).open()
    client.click(_c="Button")
    assert seen == [threading.get_ident()] * 2


async def test_tasks_and_timers_started_in_a_sync_handler_run_on_the_loop() -> None:
    def main(page: ft.Page) -> None:
        text = ft.Text("-")
        keep: list[Any] = []

        async def later() -> None:
            await asyncio.sleep(0)
            text.value = f"task on the loop: {threading.get_ident() == loop_thread}"
            text.update()

        def go() -> None:
            keep.append(asyncio.create_task(later()))

        def timer() -> None:
            def fire() -> None:
                text.value = "timer"
                text.update()

            asyncio.get_running_loop().call_later(0.001, fire)

        page.add(text, ft.Button("task", on_click=go), ft.Button("timer", on_click=timer))

    loop_thread = threading.get_ident()
    client = await App(main).open()
    client.click(content="task")
    await client.shows("task on the loop: True")
    client.click(content="timer")
    await client.shows("timer")


# -- errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", HANDLERS)
async def test_an_error_in_a_handler_is_reported_and_the_app_lives_on(make: Any) -> None:
    def main(page: ft.Page) -> None:
        text = ft.Text("-")

        def explode(e: ft.ControlEvent) -> None:
            raise ValueError("boom")

        async def explode_async(e: ft.ControlEvent) -> None:
            raise ValueError("boom")

        def explode_generator(e: ft.ControlEvent) -> Iterator[None]:
            yield
            raise ValueError("boom")

        async def explode_async_generator(e: ft.ControlEvent) -> AsyncIterator[None]:
            yield
            raise ValueError("boom")

        bad = {
            sync_handler: explode,
            bare_handler: lambda: int("boom"),
            async_handler: explode_async,
            generator_handler: explode_generator,
            async_generator_handler: explode_async_generator,
        }[make]
        page.add(text, ft.Button("bad", on_click=bad), ft.Button("good", on_click=make(page, text)))

    app = App(main)
    client = await app.open()
    client.click(content="bad")
    await until(lambda: app.errors)
    ((error, where),) = app.errors
    assert isinstance(error, ValueError)
    assert "boom" in str(error)
    assert where == "on_click"
    assert error.__traceback__ is not None
    client.click(content="good")
    await client.shows("after click of Button")


@pytest.mark.parametrize("kind", ["sync", "async", "task", "run_task", "run_thread"])
@pytest.mark.parametrize("exit_with", [SystemExit, KeyboardInterrupt])
def test_sys_exit_anywhere_is_reported_and_ends_neither_the_loop_nor_the_session(kind: str, exit_with: Any) -> None:
    keep: list[Any] = []

    def main(page: ft.Page) -> None:
        text = ft.Text("-")

        def sync_exit() -> None:
            raise exit_with("away")

        async def async_exit() -> None:
            raise exit_with("away")

        async def task() -> None:
            keep.append(asyncio.create_task(async_exit()))
            await asyncio.sleep(0)
            keep.clear()

        bad = {
            "sync": sync_exit,
            "async": async_exit,
            "task": task,
            "run_task": lambda: page.run_task(async_exit) and None,
            "run_thread": lambda: page.run_thread(sync_exit),
        }[kind]
        page.add(text, ft.Button("bad", on_click=bad), ft.Button("good", on_click=sync_handler(page, text)))

    async def check(app: App) -> None:
        client = await app.open()
        client.click(content="bad")
        await until(lambda: app.errors)
        assert "away" in str(app.errors[0][0])
        client.click(content="good")
        await client.shows("after click of Button")

    loop = asyncio.new_event_loop()
    runtime = Runtime(loop)
    thread = threading.Thread(target=runtime.run)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(check(App(main, runtime=runtime)), loop).result(PATIENCE * 2)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()
    assert not thread.is_alive()


async def test_an_error_in_a_background_task_is_reported_and_its_future_has_it() -> None:
    futures: list[Any] = []

    def main(page: ft.Page) -> None:
        async def broken(number: int, *, by: int) -> None:
            raise ValueError(f"broken {number * by}")

        futures.append(page.run_task(broken, 2, by=3))

    app = App(main)
    await app.start()
    await until(lambda: app.errors)
    ((message, where),) = errors_of(app)
    assert message == "broken 6"
    assert where.endswith("broken")
    with pytest.raises(ValueError, match="broken 6"):
        await asyncio.wrap_future(futures[0])


async def test_a_background_task_returns_its_result_and_refuses_what_is_no_coroutine_function() -> None:
    results: list[Any] = []

    def main(page: ft.Page) -> None:
        async def work(number: int) -> int:
            assert ft.context.page is page
            return number * 2

        results.append(page.run_task(work, 21))
        with pytest.raises(TypeError, match="coroutine function"):
            page.run_task(lambda: None)  # type: ignore[arg-type]

    app = App(main)
    await app.start()
    assert await asyncio.wrap_future(results[0]) == 42
    assert app.errors == []


async def test_an_error_in_a_background_thread_is_reported() -> None:
    def main(page: ft.Page) -> None:
        def broken(number: int, *, by: int) -> None:
            assert ft.context.page is page
            raise ValueError(f"broken {number * by}")

        page.run_thread(broken, 2, by=3)

    app = App(main)
    await app.start()
    await until(lambda: app.errors)
    ((message, where),) = errors_of(app)
    assert message == "broken 6"
    assert where.endswith("broken")


async def test_many_endless_background_threads_hold_up_nobody() -> None:
    release = threading.Event()
    started: list[int] = []

    def main(page: ft.Page) -> None:
        def endless(number: int) -> None:
            started.append(number)
            release.wait(PATIENCE)

        for number in range(50):
            page.run_thread(endless, number)

    app = App(main)
    await app.start()
    await until(lambda: len(started) == 50)
    release.set()


async def test_an_error_in_a_task_of_a_handler_is_reported() -> None:
    def main(page: ft.Page) -> None:
        async def broken() -> None:
            raise ValueError("boom")

        async def go() -> None:
            task = asyncio.create_task(broken())
            await asyncio.sleep(0)
            del task

        page.add(ft.Button("Go", on_click=go))

    app = App(main)
    client = await app.open()
    client.click(_c="Button")
    await until(lambda: app.errors)
    assert errors_of(app) == [("boom", "a background task")]


async def test_an_error_in_a_timer_of_a_handler_is_reported() -> None:
    def main(page: ft.Page) -> None:
        page.add(ft.Button("Go", on_click=lambda: asyncio.get_running_loop().call_later(0, int, "boom")))

    app = App(main)
    client = await app.open()
    client.click(_c="Button")
    await until(lambda: app.errors)
    ((message, where),) = errors_of(app)
    assert "boom" in message
    assert where == "a callback"


async def test_a_value_that_cannot_be_sent_is_an_error_of_the_handler() -> None:
    def main(page: ft.Page) -> None:
        text = ft.Text("-")
        page.add(
            text,
            ft.Button("bad", on_click=lambda: setattr(text, "value", print)),
            ft.Button("good", on_click=sync_handler(page, text)),
        )

    app = App(main)
    client = await app.open()
    client.click(content="bad")
    await until(lambda: app.errors)
    client.click(content="good")
    await client.shows("after click of Button")


# -- pub/sub -----------------------------------------------------------------------------------------


async def test_sessions_of_one_app_hear_each_other() -> None:
    def main(page: ft.Page) -> None:
        text = ft.Text("-")

        def heard(message: Any) -> None:
            text.value = message
            text.update()

        page.pubsub.subscribe(heard)
        page.pubsub.subscribe(heard)  # the second time changes nothing
        page.add(text, ft.Button("Send", on_click=lambda: page.pubsub.send_all("hello")))

    app = App(main)
    first, second = await app.open(), await app.open()
    first.click(_c="Button")
    await first.shows("hello")
    await second.shows("hello")


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_handlers_of_messages_belong_to_their_session(kind: str) -> None:
    seen: list[Any] = []

    def main(page: ft.Page) -> None:
        def heard(topic: str, message: Any) -> None:
            seen.append((topic, message, current_session.get(), ft.context.page))
            raise ValueError("deaf")

        async def heard_async(topic: str, message: Any) -> None:
            heard(topic, message)

        page.pubsub.subscribe_topic("news", heard if kind == "sync" else heard_async)

    app = App(main)
    first, second = await app.start(), await app.start()
    second.page.pubsub.send_others_on_topic("news", "hello")
    await until(lambda: app.errors)
    assert seen == [("news", "hello", first, first.page)]
    assert errors_of(app)[0][0] == "deaf"


async def test_a_closed_session_hears_nothing() -> None:
    heard: list[Any] = []

    def main(page: ft.Page) -> None:
        page.pubsub.subscribe(heard.append)

    app = App(main)
    first, second = await app.start(), await app.start()
    app.host.close_session(first)
    second.page.pubsub.send_all("hello")
    await until(lambda: heard)
    assert heard == ["hello"]


# -- components --------------------------------------------------------------------------------------


@ft.component
def counter(start: int) -> Any:
    count, set_count = ft.use_state(start)

    async def add_async() -> None:
        await asyncio.sleep(0)
        set_count(count + 10)

    return ft.Column(
        [
            ft.Text(f"count {count}"),
            ft.Button("sync", on_click=lambda: set_count(count + 1)),
            ft.Button("async", on_click=add_async),
            *[ft.Text(f"row {number}") for number in range(count)],
        ]
    )


async def test_components_work_from_sync_and_async_handlers_and_after_a_resync() -> None:
    app = App(lambda page: page.render(counter, 1))
    client = await app.open()
    await client.shows("count 1", "row 0")
    client.click(content="sync")
    await client.shows("count 2", "row 0", "row 1")
    client.resync()
    await until(lambda: client.pages == 2)
    assert client.texts() == ["count 2", "row 0", "row 1"]
    client.click(content="async")
    await client.shows("count 12", *[f"row {number}" for number in range(12)])
    late = Client(client.session)
    late.register()
    await late.shows(*client.texts())
    late.click(content="sync")
    for shown in (client, late):
        await shown.shows("count 13", *[f"row {number}" for number in range(13)])
    assert app.errors == []


async def test_a_component_that_fails_to_render_is_reported_and_the_others_go_on() -> None:
    @ft.component
    def fragile() -> Any:
        broken, set_broken = ft.use_state(False)
        if broken:
            raise ValueError("cannot draw this")
        return ft.Button("break", on_click=lambda: set_broken(True))

    @ft.component
    def both() -> Any:
        return ft.Column([fragile(), counter(0)])

    app = App(lambda page: page.render(both))
    client = await app.open()
    await until(lambda: client.all(content="break"))
    client.click(content="break")
    await until(lambda: app.errors)
    assert errors_of(app) == [("cannot draw this", "a component")]
    client.click(content="sync")
    await client.shows("count 1", "row 0")


async def test_effects_run_and_their_errors_are_reported() -> None:
    ran: list[str] = []

    @ft.component
    def with_effect() -> Any:
        def setup() -> Any:
            ran.append("setup")
            return lambda: ran.append("cleanup")

        def broken() -> None:
            raise ValueError("no effect")

        ft.use_effect(setup, [])
        ft.use_effect(broken, [])
        return ft.Text("x")

    app = App(lambda page: page.render(with_effect))
    await app.open()
    await until(lambda: ran and app.errors)
    assert ran == ["setup"]
    assert "no effect" in str(app.errors[0][0])
