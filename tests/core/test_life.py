"""From the first client to the end: what fires when, what ends, what is freed."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import Any

import flet as ft
import pytest

from flet_jupyter.core import session as session_module
from flet_jupyter.core.settings import AppSettings
from flet_jupyter.exceptions import BadOption, SessionClosed
from tests.core.harness import PATIENCE, App, Client, until
from tests.core.test_counter import counter


def noting(order: list[str]) -> Any:
    def main(page: ft.Page) -> None:
        page.on_connect = lambda: order.append("connect")
        page.on_disconnect = lambda: order.append("disconnect")
        page.on_close = lambda: order.append("close")
        page.add(ft.Text("-"))

    return main


async def test_events_of_a_life_fire_in_order() -> None:
    order: list[str] = []
    app = App(noting(order))
    first = await app.open()
    await first.shows("-")
    await first.session.lane.run(lambda: None)
    assert order == []  # Flet: on_connect is not for the first time
    first.detach()
    await until(lambda: order == ["disconnect"])
    again = Client(first.session)
    again.register()
    await until(lambda: order == ["disconnect", "connect"])
    await again.shows("-")
    app.host.close_session(first.session)
    await until(lambda: order == ["disconnect", "connect", "close"])


async def test_only_the_last_client_to_leave_is_a_disconnect_and_only_the_first_to_return_a_connect() -> None:
    order: list[str] = []
    first = await App(noting(order)).open()
    second = Client(first.session)
    second.register()
    await second.shows("-")
    first.detach()
    await first.session.lane.run(lambda: None)
    assert order == []
    second.detach()
    await until(lambda: order == ["disconnect"])
    for client in (Client(first.session), Client(first.session)):
        client.register()
        await client.shows("-")
    await first.session.lane.run(lambda: None)
    assert order == ["disconnect", "connect"]


async def test_the_app_goes_on_while_nobody_looks_and_the_next_client_sees_it() -> None:
    client = await App(counter).open()
    text = client.session.page.controls[0]
    client.detach()
    for number in range(5):
        text.value = str(number)
        text.update()
    again = Client(client.session)
    again.register()
    await again.shows("4")
    assert client.texts() == ["0"]


async def test_a_session_that_nobody_looks_at_expires() -> None:
    order: list[str] = []
    app = App(noting(order), settings=AppSettings(session_timeout=0.05))
    closed: list[Any] = []
    app.host.on_session_closed = closed.append
    client = await app.open()
    await client.shows("-")
    client.detach()
    await until(lambda: closed)
    assert closed == [client.session]
    assert app.host.sessions == {}
    await until(lambda: order == ["disconnect", "close"])


async def test_a_client_that_returns_in_time_stops_the_timeout() -> None:
    app = App(counter, settings=AppSettings(session_timeout=0.05))
    client = await app.open()
    await client.shows("0")
    client.detach()
    again = Client(client.session)
    again.register()
    await again.shows("0")
    await asyncio.sleep(0.1)  # longer than the timeout: nothing may happen, so there is no event to await
    assert not client.session.closed
    again.click(_c="Button")
    await again.shows("1")


async def test_closing_twice_is_harmless() -> None:
    order: list[str] = []
    app = App(noting(order))
    client = await app.open()
    app.host.close_session(client.session)
    app.host.close_session(client.session)
    client.session.close()
    await until(lambda: order)
    await client.session.lane.run(lambda: None)
    assert order == ["close"]


async def test_a_closed_session_lets_its_clients_go_and_takes_no_new_ones() -> None:
    app = App(counter)
    client = await app.open()
    await client.shows("0")
    app.host.close_session(client.session)
    assert client.session.links == ()
    sent = len(client.sent)
    late = Client(client.session)
    late.register()
    await client.session.lane.run(lambda: None)
    assert late.page is None
    assert len(client.sent) == sent


async def test_async_loops_of_the_app_end_with_the_session() -> None:
    running: list[asyncio.Task[Any]] = []

    async def forever() -> None:
        task = asyncio.current_task()
        assert task is not None
        running.append(task)
        await asyncio.Event().wait()

    async def main(page: ft.Page) -> None:
        page.run_task(forever)
        running.append(asyncio.create_task(forever()))
        page.add(ft.Button("sync", on_click=lambda: running.append(asyncio.create_task(forever()))))
        page.add(ft.Button("async", on_click=forever))
        page.pubsub.subscribe(lambda _: None)

    app = App(main)
    client = await app.open()
    client.click(content="sync")
    client.click(content="async")
    await until(lambda: len({*running}) == 4)
    app.host.close_session(client.session)
    await until(lambda: all(task.cancelled() for task in running))
    assert app.errors == []


async def test_tasks_end_with_the_session_where_the_loop_takes_no_task_factory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in Pyodide, whose loop fails with one."""
    running: list[asyncio.Task[None]] = []

    async def forever() -> None:
        await asyncio.Event().wait()

    def main(page: ft.Page) -> None:
        running.append(asyncio.create_task(forever()))

    def refuse(factory: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(asyncio.get_running_loop(), "set_task_factory", refuse)
    app = App(main, threads=False)
    session = await app.start()
    mine = asyncio.create_task(forever())
    app.host.close_session(session)
    await until(running[0].cancelled)
    assert not mine.done()
    mine.cancel()


async def test_an_async_main_that_never_ends_ends_with_the_session() -> None:
    async def main(page: ft.Page) -> None:
        page.add(ft.Text("-"))
        await asyncio.Event().wait()

    app = App(main)
    session = app.new_session()
    running = asyncio.ensure_future(app.host.run_main(session))
    await until(lambda: session.page.controls)
    app.host.close_session(session)
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_task_that_ran_main_outlives_the_session() -> None:
    app = App(counter)
    client = await app.open()  # in this very task
    app.host.close_session(client.session)
    await asyncio.sleep(0)


@pytest.mark.parametrize("kind", ["handler", "thread"])
async def test_blocking_loops_of_the_app_end_at_their_next_update(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "_CLOSING_TIME", 0.01)
    ended: list[BaseException] = []
    started = threading.Event()

    def main(page: ft.Page) -> None:
        text = ft.Text("0")

        def forever() -> None:
            try:
                while True:
                    text.value = str(int(text.value) + 1)
                    text.update()
                    started.set()
            except SessionClosed as error:
                ended.append(error)
                raise

        page.add(text, ft.Button("Run", on_click=forever if kind == "handler" else lambda: page.run_thread(forever)))

    app = App(main)
    client = await app.open()
    client.click(_c="Button")
    await asyncio.to_thread(started.wait, PATIENCE)
    app.host.close_session(client.session)
    await until(lambda: ended)
    assert app.errors == []  # it is no error of the app


async def test_on_close_has_time_for_its_work() -> None:
    done: list[str] = []

    def main(page: ft.Page) -> None:
        async def closing() -> None:
            await asyncio.sleep(0.01)
            page.update()
            done.append("closed")

        page.on_close = closing

    app = App(main)
    session = await app.start()
    app.host.close_session(session)
    await until(lambda: done)
    assert app.errors == []


async def test_an_error_in_on_close_is_reported() -> None:
    def main(page: ft.Page) -> None:
        page.on_close = lambda: int("boom")

    app = App(main)
    session = await app.start()
    app.host.close_session(session)
    await until(lambda: app.errors)
    assert app.errors[0][1] == "on_close"


async def test_timers_of_a_session_end_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "_CLOSING_TIME", 0.0)
    app = App(counter)
    client = Client(app.new_session(), lossy=True, reads=False)
    client.register()
    await app.host.run_main(client.session)
    session = client.session
    await until(lambda: session._pump_timer is not None)
    app.host.close_session(session)
    await until(lambda: session._ended)
    assert session._pump_timer.cancelled()


async def test_a_waiting_client_keeps_one_timer_however_much_is_sent() -> None:
    app = App(counter)
    client = Client(app.new_session(), lossy=True)
    client.register()
    await app.host.run_main(client.session)
    await client.shows("0")
    client.stop_reading()
    loop = asyncio.get_running_loop()
    text = client.session.page.controls[0]
    for number in range(300):
        text.value = str(number)
        text.update()
        await asyncio.sleep(0)
    due = [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
    ours = [timer for timer in due if "_pump_now" in repr(timer)]
    assert len(ours) <= 1


async def test_three_hundred_sessions_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "_CLOSING_TIME", 0.0)
    monkeypatch.setattr("flet_jupyter.core.threads._IDLE_SECONDS", 0.01)
    loop = asyncio.get_running_loop()

    def main(page: ft.Page) -> None:
        async def sleeps() -> None:
            await asyncio.sleep(3600)

        page.pubsub.subscribe(lambda _: None)
        page.run_task(sleeps)
        page.run_thread(lambda: None)
        page.on_disconnect = lambda: None
        page.on_close = lambda: None
        texts.add(text := ft.Text("0"))
        page.add(text, ft.Button("Add", on_click=lambda: setattr(text, "value", "1")))

    texts: weakref.WeakSet[Any] = weakref.WeakSet()
    sessions: weakref.WeakSet[Any] = weakref.WeakSet()
    links: weakref.WeakSet[Any] = weakref.WeakSet()
    app = App(main)
    threads_before, tasks_before = threading.active_count(), len(asyncio.all_tasks())

    async def live(number: int) -> None:
        client = await app.open()
        sessions.add(client.session)
        links.add(client.link)
        client.click(_c="Button")
        await client.shows("1")
        call = asyncio.ensure_future(client.session.invoke_method(1, "x", None))
        await until(lambda: client.calls)
        if number % 2:
            client.detach()
        app.host.close_session(client.session)
        with pytest.raises(RuntimeError):
            await call

    for start in range(0, 300, 50):
        await asyncio.gather(*(live(number) for number in range(start, start + 50)))
    await until(lambda: threading.active_count() <= threads_before, f"the threads' end: {threading.enumerate()}")
    await until(lambda: len(asyncio.all_tasks()) <= tasks_before, "the tasks' end")
    assert app.host.sessions == {}
    assert app.host._timers == {}

    def nothing_left() -> bool:
        gc.collect()
        return not (sessions or texts or links)

    await until(nothing_left, "the release of sessions, controls and links")
    assert len([timer for timer in loop._scheduled if not timer.cancelled()]) < 20  # type: ignore[attr-defined]
    assert app.errors == []


# -- settings ----------------------------------------------------------------------------------------


def test_the_timeout_comes_from_the_argument_else_the_environment_else_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLET_SESSION_TIMEOUT", raising=False)
    assert AppSettings.from_environment().session_timeout == 3600
    monkeypatch.setenv("FLET_SESSION_TIMEOUT", " 12.5 ")
    assert AppSettings.from_environment().session_timeout == 12.5
    assert AppSettings.from_environment(session_timeout=3).session_timeout == 3


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "1s"])
def test_a_timeout_that_is_none_is_refused_by_name(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLET_SESSION_TIMEOUT", text)
    with pytest.raises(BadOption, match="FLET_SESSION_TIMEOUT"):
        AppSettings.from_environment()
