"""Methods that Python calls in the client, and data channels."""

from __future__ import annotations

import asyncio
from typing import Any

import flet as ft
import pytest

from flet_jupyter.core import calls, outbox
from flet_jupyter.exceptions import ProtocolError
from tests.core.harness import App, Client, until
from tests.core.test_counter import counter


async def opened() -> tuple[App, Client]:
    app = App(counter)
    client = await app.open()
    await client.shows("0")
    return app, client


async def test_a_call_reaches_the_client_and_its_answer_returns() -> None:
    _, client = await opened()
    call = asyncio.ensure_future(client.session.invoke_method(1, "greet", {"name": "Ada"}))
    await until(lambda: client.calls)
    assert client.calls[0]["control_id"] == 1
    assert client.calls[0]["name"] == "greet"
    assert client.calls[0]["args"] == {"name": "Ada"}
    client.answer(client.calls[0], {"said": "hello"})
    assert await call == {"said": "hello"}


async def test_an_error_that_the_client_answers_is_raised() -> None:
    _, client = await opened()
    call = asyncio.ensure_future(client.session.invoke_method(1, "greet", None))
    await until(lambda: client.calls)
    client.answer(client.calls[0], None, "no such method")
    with pytest.raises(RuntimeError, match="no such method"):
        await call


async def test_a_call_that_is_not_answered_in_time_times_out_and_is_forgotten() -> None:
    _, client = await opened()
    with pytest.raises(TimeoutError, match="greet"):
        await client.session.invoke_method(1, "greet", None, timeout=0.01)
    assert len(client.session._calls) == 0
    with pytest.raises(ProtocolError):
        client.answer(client.calls[0], "too late")


async def test_a_cancelled_call_is_forgotten() -> None:
    _, client = await opened()
    call = asyncio.ensure_future(client.session.invoke_method(1, "greet", None))
    await until(lambda: client.calls)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert len(client.session._calls) == 0


async def test_an_answer_to_a_call_that_was_never_made_is_refused_and_changes_nothing() -> None:
    _, client = await opened()
    with pytest.raises(ProtocolError, match="nobody waits"):
        client.answer({"control_id": 1, "call_id": "invented"}, "x")
    client.click(_c="Button")
    await client.shows("1")


async def test_an_answer_for_a_control_that_is_gone_still_ends_the_call() -> None:
    _, client = await opened()
    call = asyncio.ensure_future(client.session.invoke_method(987654, "greet", None))
    await until(lambda: client.calls)
    client.answer(client.calls[0], "anyway")
    assert await call == "anyway"


async def test_calls_before_the_first_client_wait_for_it_in_their_order() -> None:
    session = await App(counter).start()
    waiting = [asyncio.ensure_future(session.invoke_method(1, name, None)) for name in ("a", "b")]
    await asyncio.sleep(0)
    client = Client(session)
    client.register()
    await until(lambda: len(client.calls) == 2)
    assert [call["name"] for call in client.calls] == ["a", "b"]
    for call in client.calls:
        client.answer(call, call["name"].upper())
    assert await asyncio.gather(*waiting) == ["A", "B"]


async def test_a_call_of_main_before_the_first_client_comes_after_the_page() -> None:
    # The client must know the control before it is asked to do something with it.
    order: list[str] = []

    async def main(page: ft.Page) -> None:
        page.add(ft.TextField(key="field"))
        await page.controls[0].focus()
        order.append("answered")

    app = App(main)
    session = app.new_session()
    running = asyncio.ensure_future(app.host.run_main(session))
    await until(session._calls.waiting)
    client = Client(session)
    client.register()
    await until(lambda: client.calls)
    assert client.calls[0]["control_id"] == client.id_of(key="field")
    client.answer(client.calls[0])
    await running
    assert order == ["answered"]


async def test_a_call_that_gave_up_before_the_first_client_is_not_made() -> None:
    session = await App(counter).start()
    with pytest.raises(TimeoutError):
        await session.invoke_method(1, "old", None, timeout=0.001)
    client = Client(session)
    client.register()
    await client.shows("0")
    call = asyncio.ensure_future(session.invoke_method(1, "new", None))
    await until(lambda: client.calls)
    assert [call["name"] for call in client.calls] == ["new"]
    client.answer(client.calls[0])
    await call


async def test_calls_that_wait_for_a_client_are_limited() -> None:
    session = await App(counter).start()
    waiting = [asyncio.ensure_future(session.invoke_method(1, "x", None)) for _ in range(calls.MAX_WAITING + 5)]
    await until(lambda: sum(call.done() for call in waiting) == 5)
    with pytest.raises(RuntimeError, match="No client"):
        await waiting[-1]
    for call in waiting:
        call.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_client_that_leaves_fails_the_calls_it_was_asked_and_no_others() -> None:
    _, first = await opened()
    second = Client(first.session)
    second.register()
    await second.shows("0")
    first.set_props(1, width=1.0)  # used last
    to_first = asyncio.ensure_future(first.session.invoke_method(1, "x", None))
    await until(lambda: first.calls)
    second.set_props(1, width=1.0)
    to_second = asyncio.ensure_future(first.session.invoke_method(1, "y", None))
    await until(lambda: second.calls)
    first.detach()
    with pytest.raises(RuntimeError, match="disconnected"):
        await to_first
    second.answer(second.calls[0], "still here")
    assert await to_second == "still here"


async def test_calls_to_a_client_that_reads_nothing_fail_when_there_are_too_many() -> None:
    app = App(counter)
    client = Client((await app.open()).session, lossy=True)
    client.register()
    await until(lambda: client.page)
    client.stop_reading()
    client.event(1, "noticed")  # the client used last is the one that calls go to
    asked = [
        asyncio.ensure_future(client.session.invoke_method(1, "greet", None))
        for _ in range(outbox.MAX_WAITING_PACKETS + 50)
    ]
    await until(lambda: any(call.done() for call in asked), "a call that fails")
    failed = [call for call in asked if call.done()]
    with pytest.raises(RuntimeError, match="has not read anything"):
        await failed[0]
    for call in asked:
        call.cancel()


async def test_a_call_that_waited_for_its_client_fails_when_that_one_leaves() -> None:
    session = await App(counter).start()
    call = asyncio.ensure_future(session.invoke_method(1, "x", None))
    await asyncio.sleep(0)
    client = Client(session)
    client.register()
    await until(lambda: client.calls)
    client.detach()
    with pytest.raises(RuntimeError, match="disconnected"):
        await call


async def asking(started: asyncio.Event) -> tuple[Client, Client, list[Any]]:
    """Return two clients, of which the first pressed a button whose handler calls when `started`; and its answers."""
    asked: list[Any] = []

    def main(page: ft.Page) -> None:
        async def go() -> None:
            await started.wait()
            asked.append(await page.session.invoke_method(1, "which", None))

        page.add(ft.Text("-"), ft.Button("Go", on_click=go))

    first = await App(main).open()
    second = Client(first.session)
    second.register()
    await second.shows("-")
    first.click(_c="Button")
    return first, second, asked


async def test_a_call_from_a_handler_goes_to_the_client_that_raised_the_event() -> None:
    started = asyncio.Event()
    first, second, asked = await asking(started)
    await asyncio.sleep(0)
    second.set_props(1, width=1.0)  # used after the click, but it did not click
    started.set()
    await until(lambda: first.calls)
    first.answer(first.calls[0], "first")
    await until(lambda: asked == ["first"])
    assert second.calls == []


async def test_a_call_from_a_handler_whose_client_has_left_goes_to_one_that_is_there() -> None:
    started = asyncio.Event()
    first, second, asked = await asking(started)
    first.detach()
    started.set()
    await until(lambda: second.calls)
    second.answer(second.calls[0], "second")
    await until(lambda: asked == ["second"])


async def test_closing_the_session_fails_its_calls() -> None:
    app, client = await opened()
    call = asyncio.ensure_future(client.session.invoke_method(1, "x", None))
    await until(lambda: client.calls)
    app.host.close_session(client.session)
    with pytest.raises(RuntimeError, match="closed"):
        await call
    with pytest.raises(RuntimeError, match="closed"):
        await client.session.invoke_method(1, "x", None)


async def test_a_call_comes_after_the_changes_made_before_it() -> None:
    _, client = await opened()
    client.stop_reading()
    text = client.session.page.controls[0]
    for number in range(100):
        text.value = f"value {number}"
        text.update()
    call = asyncio.ensure_future(client.session.invoke_method(text._i, "x", None))
    await asyncio.sleep(0)
    text.value = "after the call"
    text.update()
    shown: list[Any] = []
    receive = client.receive

    def read(packet: bytes) -> None:
        before = len(client.calls)
        receive(packet)
        if len(client.calls) > before:
            shown.extend(client.texts())

    client.receive = read  # type: ignore[method-assign]
    client.read_on()
    await client.shows("after the call")
    assert shown == ["value 99"]
    client.answer(client.calls[0])
    await call


async def test_calls_from_a_loop_of_its_own_return_there() -> None:
    _, client = await opened()
    other = asyncio.ensure_future(asyncio.to_thread(asyncio.run, client.session.invoke_method(1, "x", None)))
    await until(lambda: client.calls)
    client.answer(client.calls[0], "across")
    assert await other == "across"


# -- data channels -------------------------------------------------------------------------------------


async def test_a_data_channel_belongs_to_the_client_that_opened_it() -> None:
    channels: list[Any] = []
    heard: list[bytes] = []

    def main(page: ft.Page) -> None:
        def opened(e: ft.ControlEvent) -> None:
            channel = page.get_data_channel(7)
            channel.on_bytes(heard.append)
            channels.append(channel)

        page.add(ft.Text("-"), ft.Button("Open", on_click=opened))

    first = await App(main).open()
    second = Client(first.session)
    second.register()
    await second.shows("-")
    first.click(_c="Button")
    await until(lambda: len(channels) == 1)
    second.click(_c="Button")
    await until(lambda: len(channels) == 2)
    channels[0].send(b"to the first")
    channels[1].send(b"to the second")
    await until(lambda: first.frames and second.frames)
    assert (first.frames, second.frames) == ([(7, b"to the first")], [(7, b"to the second")])
    first.frame(7, b"from the first")
    second.frame(7, b"from the second")
    await until(lambda: heard == [b"from the first", b"from the second"])


async def test_a_data_channel_without_a_client_is_an_error() -> None:
    session = await App(counter).start()
    with pytest.raises(RuntimeError, match="connected client"):
        session.page.get_data_channel(1)


async def test_large_frames_arrive_whole_and_in_order() -> None:
    _, client = await opened()
    channel = client.session.page.get_data_channel(7)
    payloads = [bytes([number]) * 3_000_000 for number in range(4)]
    for payload in payloads:
        channel.send(payload)
    await until(lambda: len(client.frames) == 4)
    assert [payload for _, payload in client.frames] == payloads
