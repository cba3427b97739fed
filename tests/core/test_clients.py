"""Clients of a session: registering, several at once, coming back, losing packets."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import flet as ft
import pytest

from flet_jupyter.core import outbox
from flet_jupyter.core.client_info import ClientInfo
from flet_jupyter.core.settings import AppSettings
from flet_jupyter.exceptions import LimitReached
from tests.core.harness import App, Client, until
from tests.core.test_counter import counter


def form(page: ft.Page) -> None:
    """Two fields, and what was read from them."""
    name, said = ft.TextField(key="name"), ft.Text("")

    def say() -> None:
        said.value = f"Hello {name.value}"

    page.add(name, said, ft.Button("Say", on_click=say))


async def joined(app: App, count: int = 2, **options: Any) -> list[Client]:
    """Open a session with several clients."""
    first = await app.open()
    clients = [first, *(Client(first.session, **options) for _ in range(count - 1))]
    for client in clients[1:]:
        client.register()
        await until(lambda client=client: client.page)
    return clients


# -- registering -------------------------------------------------------------------------------------


async def test_a_client_gets_the_whole_page_and_the_sessions_id() -> None:
    client = await App(counter).open()
    await client.shows("0")
    assert client.session_id == client.session.id
    assert client.page is not None
    assert client.page["_i"] == 1
    assert client.page["_c"] == "Page"
    assert client.sent[0] == (1, True)


async def test_a_client_that_comes_after_main_gets_what_main_made() -> None:
    app = App(counter)
    session = await app.start()
    client = Client(session)
    client.register()
    await client.shows("0")
    client.click(_c="Button")
    await client.shows("1")


async def test_main_sees_the_page_of_the_client() -> None:
    seen: list[Any] = []

    def main(page: ft.Page) -> None:
        seen.extend([page.route, page.width, page.platform, page.web, page.platform_brightness])

    await App(main).start(route="/shop", width=321.5, platform="android", web=True)
    assert seen == ["/shop", 321.5, ft.PagePlatform.ANDROID, True, ft.Brightness.LIGHT]


async def test_main_does_not_see_how_the_client_is_embedded() -> None:
    seen: list[Any] = []

    def main(page: ft.Page) -> None:
        seen.extend([page.pyodide, page.multi_view])

    app = App(main)
    client = Client(await app.start(pyodide=True, multi_view=True))
    client.register(pyodide=True, multi_view=True)
    await until(lambda: client.page)
    assert not any(seen)
    assert not client.session.page.pyodide


async def test_a_client_of_another_size_than_was_assumed_is_a_resize() -> None:
    sizes: list[Any] = []

    def main(page: ft.Page) -> None:
        page.on_resize = lambda e: sizes.append((e.width, e.height))

    session = await App(main).start(width=800.0, height=400.0)
    client = Client(session)
    client.register(width=640.0, height=300.0)
    await until(lambda: sizes)
    assert sizes == [(640, 300)]
    assert session.page.width == 640


async def test_a_client_of_the_assumed_size_is_no_resize() -> None:
    events: list[str] = []

    def main(page: ft.Page) -> None:
        page.on_resize = lambda: events.append("resize")
        page.on_connect = lambda: events.append("connect")

    session = await App(main).start(width=800.0, height=400.0)
    client = Client(session)
    client.register()
    await until(lambda: client.page)
    await session.lane.run(lambda: None)
    assert events == []


async def test_registering_twice_sends_the_page_again_and_adds_no_client() -> None:
    client = await App(counter).open()
    await client.shows("0")
    client.register()
    await until(lambda: client.pages == 2)
    assert len(client.session.links) == 1
    client.click(_c="Button")
    await client.shows("1")
    assert client.patches == 2  # one by main's page.add, one by the click


async def test_an_announced_client_has_the_page_before_it_asks_and_gets_no_second_one() -> None:
    app = App(counter)
    client = Client(app.new_session(), lossy=True)
    client.session.announce(client.link)
    await client.session.lane.run(lambda: None)
    assert client.pages == 0, "main has not run"
    await app.host.run_main(client.session)
    await until(lambda: client.pages == 1)
    client.register(width=640.0)
    await until(lambda: client.session.links)
    client.click(_c="Button")
    await client.shows("1")
    assert client.pages == 1
    assert client.session.page.width == 640.0


async def test_what_changes_before_an_announced_client_registers_waits_for_it() -> None:
    app = App(counter)
    session = await app.start()
    client = Client(session, lossy=True)
    session.announce(client.link)
    await until(lambda: client.pages == 1)
    for number in range(500):
        session.page.controls[0].value = f"value {number}"
        session.page.update()
    await session.lane.run(lambda: None)
    assert client.texts() == ["0"]
    client.register()
    await client.shows("value 499")
    assert client.pages == 1
    assert client.patches == 1


async def test_an_announced_client_counts_for_nothing_before_it_registers() -> None:
    app = App(counter)
    first = await app.open()
    second = Client(first.session, lossy=True)
    first.session.announce(second.link)
    await until(lambda: second.pages == 1)
    assert first.session.active_link is first.link
    first.detach()
    await until(lambda: not first.session.links)
    call = asyncio.ensure_future(first.session.invoke_method(1, "greet", None))
    await asyncio.sleep(0)
    assert not second.calls
    second.register()
    await until(lambda: second.calls)
    second.answer(second.calls[0], "hello")
    assert await call == "hello"


async def test_an_announced_client_that_leaves_is_forgotten() -> None:
    app = App(counter)
    session = app.new_session()
    early, late = Client(session, lossy=True), Client(session, lossy=True)
    session.announce(early.link)
    await until(lambda: early.link in session._announced)
    early.detach()
    await app.host.run_main(session)
    session.announce(late.link)
    await until(lambda: late.pages == 1)
    late.detach()
    session.page.controls[0].value = "new"
    session.page.update()
    assert early.pages == 0
    assert len(late.link._outbox) == 0


async def test_the_page_knows_the_clients_browser() -> None:
    app = App(counter)
    session = app.new_session()
    client = Client(session)
    client.link.client = ClientInfo(ip="10.0.0.1", user_agent="Firefox")
    client.register()
    await until(lambda: client.page)
    assert (session.page.client_user_agent, session.page.client_ip) == ("Firefox", "10.0.0.1")


async def test_a_page_that_cannot_be_packed_is_reported() -> None:
    def main(page: ft.Page) -> None:
        page.add(ft.Text("ok"))

    app = App(main)
    session = await app.start()
    session.page.title = print  # type: ignore[assignment]
    client = Client(session)
    client.register()
    await until(lambda: app.errors)
    assert "Cannot serialize" in str(app.errors[0][0])
    session.page.title = "better"
    client.resync()
    await client.shows("ok")


# -- several clients -----------------------------------------------------------------------------------


async def test_all_clients_show_a_change() -> None:
    clients = await joined(App(counter), 3)
    clients[1].click(_c="Button")
    for client in clients:
        await client.shows("1")
    clients[0].click(_c="Button")
    for client in clients:
        await client.shows("2")


async def test_a_change_is_packed_once_for_all_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = await joined(App(counter), 3)
    packets: list[bytes] = []
    for client in clients:
        monkeypatch.setattr(client, "receive", lambda packet, client=client: packets.append(packet))
    clients[0].click(_c="Button")
    await until(lambda: len(packets) == 3)
    assert len(set(packets)) == 1


async def test_what_is_typed_in_one_client_appears_in_the_other() -> None:
    first, second = await joined(App(form))
    field = first.id_of(key="name")
    first.set_props(field, value="Ada")
    await until(lambda: second.find(key="name").get("value") == "Ada")
    assert first.find(key="name").get("value") is None  # it has it already: an echo would move the cursor
    second.click(_c="Button")
    await first.shows("Hello Ada")
    await second.shows("Hello Ada")


async def test_an_object_that_a_client_changes_appears_in_the_other_in_its_place() -> None:
    first, second = await joined(App(form))
    field = first.id_of(key="name")
    first.set_props(field, value="a", selection={"base_offset": 1, "extent_offset": 1})
    first.set_props(field, value="ab", selection={"base_offset": 2, "extent_offset": 2})
    await until(lambda: second.find(key="name").get("value") == "ab")
    assert second.find(key="name")["selection"]["base_offset"] == 2


def stars(page: ft.Page) -> None:
    """Choices that are a list, which a client changes, and so does the app."""
    button = ft.SegmentedButton(
        [ft.Segment(str(n), label=str(n)) for n in range(1, 4)],
        selected=["1", "2"],
        allow_multiple_selection=True,
        allow_empty_selection=True,
        on_change=lambda: said.__setattr__("value", ",".join(button.selected)),
    )
    said = ft.Text("-")
    page.add(button, said, ft.Button("Third", on_click=lambda: button.selected.append("3")))


@pytest.mark.parametrize("differ", ["auto", "flet"])
@pytest.mark.parametrize("choice", [["2"], ["3", "1", "2"], []], ids=["less", "more", "none"])
async def test_a_list_that_one_client_changes_stays_as_it_is_there_and_appears_in_the_other(
    choice: list[str], differ: Any
) -> None:
    first, second = await joined(App(stars, settings=AppSettings(differ=differ)))
    both = [client.find(_c="SegmentedButton") for client in (first, second)]
    both[0]["selected"] = list(choice)
    first.set_props(both[0]["_i"], selected=choice)
    first.event(both[0]["_i"], "change", choice)
    for client in (first, second):
        await client.shows(",".join(choice))
    assert [button["selected"] for button in both] == [choice, choice]
    second.click(_c="Button")
    await until(lambda: [button["selected"] for button in both] == [[*choice, "3"]] * 2)


async def test_a_list_that_a_client_changes_during_a_long_update_holds_nobody_up() -> None:
    (client,) = await joined(App(stars), 1)
    button = client.find(_c="SegmentedButton")
    is_held, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with client.session._tree.lock:
            is_held.set()
            is_over.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    is_held.wait()
    try:
        client.set_props(button["_i"], selected=["2"])
        assert client.session.index[button["_i"]].selected == ["2"]  # type: ignore[attr-defined]
    finally:
        is_over.set()
        thread.join()


async def test_the_size_of_one_clients_page_is_not_told_to_the_other() -> None:
    first, second = await joined(App(form))
    first.set_props(1, width=111.0, route="/elsewhere")
    first.set_props(first.id_of(key="name"), value="marker")
    await until(lambda: second.find(key="name").get("value") == "marker")
    assert second.page is not None
    assert second.page.get("width") != 111
    assert second.page.get("route") != "/elsewhere"
    assert first.session.page.width == 111


async def test_a_client_that_leaves_gets_nothing_more_and_the_others_go_on() -> None:
    first, second = await joined(App(counter))
    first.detach()
    second.click(_c="Button")
    await second.shows("1")
    assert first.texts() == ["0"]


async def test_leaving_twice_is_harmless() -> None:
    client = await App(counter).open()
    client.detach()
    client.detach()
    assert client.session.links == ()


async def test_a_slow_client_does_not_hold_up_the_other() -> None:
    first, second = await joined(App(counter), lossy=True)
    await until(lambda: second.texts() == ["0"])
    second.stop_reading()
    for number in range(1, 40):
        first.click(_c="Button")
        await first.shows(str(number))
    assert second.texts() == ["0"]
    second.read_on()
    await second.shows("39")


# -- resync --------------------------------------------------------------------------------------------


async def test_a_client_that_missed_a_packet_gets_the_page_and_goes_on() -> None:
    app = App(counter)
    session = await app.start()
    client = Client(session, lossy=True)
    client.register()
    await client.shows("0")
    client.lose = True
    client.click(_c="Button")
    await until(lambda: client.lost == 1)
    client.lose = False
    client.click(_c="Button")
    await client.shows("2")
    assert client.pages == 2
    client.click(_c="Button")
    await client.shows("3")
    assert client.pages == 2


async def test_a_client_that_missed_the_last_packet_is_asked_and_gets_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flet_jupyter.core.link.PROBE_AFTER", 0.01)
    session = await App(counter).start()
    client = Client(session, lossy=True)
    client.register()
    await client.shows("0")
    await until(lambda: client.link._delivered == client.link._sent)
    client.lose = True
    client.click(_c="Button")
    await until(lambda: client.lost == 1)
    client.lose = False
    await client.shows("1")  # nothing else was sent: only the question could tell
    assert client.probes


async def test_after_a_resync_of_one_client_changes_reach_both() -> None:
    first, second = await joined(App(counter))
    second.resync()
    await until(lambda: second.pages == 2)
    first.click(_c="Button")
    await first.shows("1")
    await second.shows("1")
    assert first.pages == 1


async def test_a_resync_shows_no_change_that_the_app_has_not_updated() -> None:
    def main(page: ft.Page) -> None:
        ft.context.disable_auto_update()
        page.add(ft.Text("shown"))
        page.controls.append(ft.Text("not yet"))

    client = await App(main).open()
    client.resync()
    await until(lambda: client.pages == 2)
    assert client.texts() == ["shown"]
    client.session.page.update()
    await client.shows("shown", "not yet")


async def test_a_control_added_while_the_page_is_packed_is_mounted_by_the_next_update() -> None:
    # A page sent between append() and update() must not take the new control along: it would be in
    # the snapshot that the update is compared with, and never be mounted.
    mounted: list[str] = []

    class Row(ft.Text):
        def did_mount(self) -> None:
            mounted.append(str(self.value))

    def main(page: ft.Page) -> None:
        ft.context.disable_auto_update()
        page.add(ft.Column([Row("a")], key="rows"))

    first, second = await joined(App(main))
    column = first.session.index[first.id_of(key="rows")]
    column.controls.append(Row("b"))
    first.resync()
    await until(lambda: first.pages == 2)
    column.update()
    for client in (first, second):
        await client.shows("a", "b")
    assert mounted == ["a", "b"]
    assert column.controls[1].page is first.session.page


@pytest.mark.parametrize(("make", "scalar"), [(ft.Button, "text"), (ft.Container, None)])
async def test_an_object_replaced_while_the_page_is_packed_reaches_everybody(make: Any, scalar: Any) -> None:
    def main(page: ft.Page) -> None:
        ft.context.disable_auto_update()
        page.add(make(ft.Text("old"), key="button"))

    first, second = await joined(App(main))
    button = first.session.index[first.id_of(key="button")]
    button.content = scalar
    first.resync()
    await until(lambda: first.pages == 2)
    assert first.texts() == ["old"]
    button.update()
    for client in (first, second):
        await until(lambda client=client: client.find(key="button").get("content") == scalar)
    button.content = ft.Text("new")
    first.resync()
    await until(lambda: first.pages == 3)
    assert first.texts() == []
    button.update()
    for client in (first, second):
        await client.shows("new")


async def test_resyncs_asked_for_at_once_are_one_page() -> None:
    client = await App(counter).open()
    await client.shows("0")
    with client.session._tree.lock:  # as during a long diff
        for _ in range(50):
            client.resync()
    await until(lambda: client.pages == 2)
    client.click(_c="Button")
    await client.shows("1")
    assert client.pages == 2


async def test_asking_for_a_page_does_not_wait_for_a_diff() -> None:
    # The loop and the transports serve other sessions too.
    client = await App(counter).open()
    await client.shows("0")
    lock = client.session._tree.lock
    taken, release = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def diffing() -> None:
        with lock:
            loop.call_soon_threadsafe(taken.set)
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result()

    diff = asyncio.ensure_future(asyncio.to_thread(diffing))
    await taken.wait()
    client.resync()
    client.session.acknowledge(client.link, 1)
    client.set_props(1, width=5.0)
    late = Client(client.session)
    late.register()
    client.detach()
    client.register()
    await asyncio.sleep(0)
    release.set()
    await diff
    await late.shows("0")


# -- a client that stops reading ------------------------------------------------------------------------


@pytest.mark.parametrize("lossy", [True, False], ids=["comm", "websocket"])
async def test_twenty_thousand_updates_end_in_the_exact_state_and_in_few_packets(lossy: bool) -> None:
    def main(page: ft.Page) -> None:
        ft.context.disable_auto_update()
        count = ft.Text("0")
        bar = ft.ProgressBar(value=0.0)

        def run() -> None:
            for number in range(1, 10_001):
                count.value = str(number)
                count.update()
                bar.value = number / 10_000
                page.update()

        page.add(count, bar, ft.Button("Run", on_click=run))

    app = App(main)
    client = Client(app.new_session(), lossy=lossy)
    client.register()
    await app.host.run_main(client.session)
    await client.shows("0")
    client.click(_c="Button")
    await client.shows("10000")
    await until(lambda: client.find(_c="ProgressBar")["value"] == 1.0)
    assert len(client.sent) < 1000
    assert app.errors == []


async def test_a_client_that_stops_reading_costs_bounded_memory_and_recovers_exactly() -> None:
    def main(page: ft.Page) -> None:
        ft.context.disable_auto_update()
        rows = ft.Column(key="rows")

        def run() -> None:
            for number in range(2000):
                rows.controls.append(ft.Text(f"row {number}"))
                if len(rows.controls) > 20:
                    del rows.controls[0]
                rows.controls[0].value += "!"
                rows.update()
                largest.append(client.link._outbox.waiting_bytes)

        page.add(rows, ft.Button("Run", on_click=run), ft.Text("end", key="end"))

    largest: list[int] = []
    app = App(main)
    client = Client(app.new_session(), lossy=True)
    client.register()
    await app.host.run_main(client.session)
    await client.shows("end")
    client.stop_reading()
    client.click(_c="Button")
    await until(lambda: len(largest) == 2000)
    assert max(largest) < outbox.MAX_WAITING_BYTES
    assert len(client.link._outbox) <= outbox.MAX_WAITING_PACKETS
    assert client.unread <= 8
    client.read_on()
    column = client.session.page.controls[0]
    await client.shows(*[row.value for row in column.controls], "end")
    assert app.errors == []


async def test_updates_while_the_client_reads_on_end_in_the_exact_state() -> None:
    ended = threading.Event()

    # Overflow, page, patches behind the page, overflow again, with a client that reads all the time.
    def main(page: ft.Page) -> None:
        ft.context.disable_auto_update()
        rows = ft.Column(key="rows")

        def run() -> None:
            for number in range(1500):
                rows.controls.insert(number % 7, ft.Text(str(number)))
                if len(rows.controls) > 30:
                    rows.controls.pop(number % 11)
                rows.update()
            ended.set()

        page.add(rows, ft.Button("Run", on_click=run))

    app = App(main)
    client = Client(app.new_session(), lossy=True)
    client.register()
    await app.host.run_main(client.session)
    await until(lambda: client.all(_c="Button"))
    client.click(_c="Button")
    await until(ended.is_set)
    await client.shows(*[row.value for row in client.session.page.controls[0].controls])
    assert client.pages > 1
    assert len(client.sent) < 1000


# -- limits --------------------------------------------------------------------------------------------


async def test_an_app_has_no_more_sessions_than_allowed() -> None:
    app = App(counter, settings=AppSettings(max_sessions=2))
    sessions = [app.new_session(), app.new_session()]
    with pytest.raises(LimitReached, match="2"):
        app.new_session()
    app.host.close_session(sessions[0])
    app.new_session()


async def test_what_a_client_sends_right_behind_its_registration_waits_for_that() -> None:
    app = App(counter)
    client = await app.open()
    session = client.session
    await client.shows("0")
    button = client.id_of(_c="Button")
    second = Client(session)

    def send() -> None:  # as a comm does: in a thread, while the loop has something else to do
        second.register()
        second.event(button, "click")

    thread = threading.Thread(target=send)
    thread.start()
    thread.join()
    await second.shows("1")
