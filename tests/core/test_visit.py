"""Visits of a website: registering, coming back, going, and clients that do as they please."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

import flet as ft
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flet_jupyter.core import visit as module
from flet_jupyter.core.client_info import ClientInfo
from flet_jupyter.core.dropped import DroppedLog
from flet_jupyter.core.link import WINDOW
from flet_jupyter.core.settings import AppSettings
from flet_jupyter.core.visit import POLICY, TOO_LARGE, Visit
from tests.core.harness import App, until
from tests.core.model_client import ModelClient, pack_event, pack_register
from tests.core.test_counter import counter

log = logging.getLogger("tests")


class Meter:
    def __init__(self) -> None:
        self.in_bytes = self.out_bytes = self.bad = 0

    def received(self, size: int) -> None:
        self.in_bytes += size

    def sent(self, size: int) -> None:
        self.out_bytes += size

    def dropped(self) -> None:
        self.bad += 1


class Wire(ModelClient):
    """A client at the other end of a socket: it reads unless told not to."""

    def __init__(self, site: Site, client: ClientInfo) -> None:
        super().__init__()
        self.reads = True
        self.unread: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.threads: set[int] = set()
        self.visit = Visit(
            site.app.host, client, self, visits=site.visits, meter=site.meter, dropped=DroppedLog(log, "packets")
        )

    def write(self, packet: bytes) -> bool:
        self.threads.add(threading.get_ident())
        if self.reads:
            self.receive(packet)
            return True
        self.unread.append(packet)
        return False

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def read_on(self) -> None:
        self.reads = True
        while self.unread:
            self.receive(self.unread.pop(0))
        self.visit.drained()

    def register(self, session_id: str = "", **page: Any) -> None:
        self.visit.receive(pack_register(page, session_id=session_id))

    def click(self, **properties: Any) -> None:
        self.visit.receive(pack_event(self.id_of(**properties), "click"))

    async def shows(self, *texts: str) -> None:
        await until(lambda: self.page is not None and self.texts() == list(texts), f"{texts}")


class Site:
    """An app and its visits."""

    def __init__(self, main: Callable[[ft.Page], Any], **options: Any) -> None:
        self.app = App(main, **options)
        self.app.host.on_session_closed = self._closed
        self.visits: set[Visit] = set()
        self.meter = Meter()

    def _closed(self, session: Any) -> None:
        for visit in [visit for visit in self.visits if visit.session is session]:
            visit.hang_up()

    def connect(self, **client: Any) -> Wire:
        return Wire(self, ClientInfo(**{"ip": "10.0.0.1", "page_url": "http://site", **client}))


async def test_a_visitor_gets_a_session_and_main_runs_for_it() -> None:
    site = Site(counter)
    visitor = site.connect()
    visitor.register()
    await visitor.shows("0")
    visitor.click(_c="Button")
    await visitor.shows("1")
    assert len(site.app.host.sessions) == 1


async def test_the_app_learns_of_its_visitor_before_main_runs() -> None:
    seen: list[Any] = []
    site = Site(lambda page: seen.append((page.client_ip, page.client_user_agent, page.url, page.route, page.web)))
    site.connect(user_agent="Firefox", page_url="https://site/app").register(route="/store", web=True)
    await until(lambda: seen)
    assert seen == [("10.0.0.1", "Firefox", "https://site/app", "/store", True)]


async def test_two_visitors_have_sessions_of_their_own() -> None:
    site = Site(counter)
    one, two = site.connect(), site.connect()
    for visitor in (one, two):
        visitor.register()
        await visitor.shows("0")
    one.click(_c="Button")
    await one.shows("1")
    assert two.texts() == ["0"]


async def test_a_visitor_who_comes_back_from_another_network_finds_everything_as_it_was() -> None:
    site = Site(counter)
    before = site.connect(user_agent="Chrome")
    before.register()
    await before.shows("0")
    before.click(_c="Button")
    await before.shows("1")
    before.visit.close()
    after = site.connect(ip="10.9.9.9", user_agent="Other")
    after.register(before.visit.session.id)
    await after.shows("1")
    assert after.visit.session is before.visit.session
    assert after.visit.session.page.client_ip == "10.9.9.9"


async def test_a_half_open_socket_does_not_keep_its_visitor_out_nor_take_him_along_when_it_ends() -> None:
    site = Site(counter)
    dead = site.connect()
    dead.register()
    await dead.shows("0")
    dead.reads = False
    alive = site.connect()
    alive.register(dead.visit.session.id)
    await alive.shows("0")
    dead.visit.close()
    alive.click(_c="Button")
    await alive.shows("1")


async def test_connect_disconnect_and_close_come_in_that_order() -> None:
    events: list[str] = []

    def main(page: ft.Page) -> None:
        page.on_connect = lambda _: events.append("connect")
        page.on_disconnect = lambda _: events.append("disconnect")
        page.on_close = lambda _: events.append("close")

    site = Site(main, settings=AppSettings(session_timeout=0))
    one = site.connect()
    one.register()
    await until(lambda: one.page is not None)
    site.app.host.settings = AppSettings(session_timeout=3600)
    one.visit.close()
    two = site.connect()
    two.register(one.visit.session.id)
    await until(lambda: events == ["disconnect", "connect"], lambda: str(events))
    site.app.host.settings = AppSettings(session_timeout=0)
    two.visit.close()
    await until(lambda: events == ["disconnect", "connect", "disconnect", "close"], lambda: str(events))


async def test_a_page_that_comes_back_with_another_route_changes_the_route() -> None:
    routes: list[str] = []

    def main(page: ft.Page) -> None:
        page.on_route_change = lambda event: routes.append(event.route)

    site = Site(main)
    one = site.connect()
    one.register(route="/")
    await until(lambda: one.page is not None)
    one.visit.close()
    two = site.connect()
    two.register(one.visit.session.id, route="/store")
    await until(lambda: routes)
    assert routes == ["/store"]


async def test_a_session_that_is_unknown_is_a_new_one() -> None:
    site = Site(counter)
    visitor = site.connect()
    visitor.register("long gone")
    await visitor.shows("0")
    assert visitor.visit.session.id != "long gone"


async def test_before_main_ends_before_the_client_has_the_page() -> None:
    may_go_on = asyncio.Event()

    async def before_main(page: ft.Page) -> None:
        await may_go_on.wait()
        page.title = "prepared"

    site = Site(counter, before_main=before_main)
    visitor = site.connect()
    visitor.register()
    await asyncio.sleep(0)
    assert visitor.page is None
    may_go_on.set()
    await visitor.shows("0")
    assert visitor.page["title"] == "prepared"


async def test_an_error_of_main_is_reported_and_the_client_has_its_page() -> None:
    def main(page: ft.Page) -> None:
        page.add(ft.Text("so far"))
        raise ValueError("broken")

    site = Site(main)
    visitor = site.connect()
    visitor.register()
    await visitor.shows("so far")
    await until(lambda: site.app.errors)
    assert str(site.app.errors[0][0]) == "broken"


async def test_an_error_of_before_main_is_reported_and_main_does_not_run() -> None:
    def before_main(page: ft.Page) -> None:
        raise ValueError("broken")

    ran: list[Any] = []
    site = Site(ran.append, before_main=before_main)
    visitor = site.connect()
    visitor.register()
    await until(lambda: site.app.errors and visitor.page is not None)
    assert not ran


async def test_a_visitor_who_leaves_while_before_main_runs_leaves_a_session_that_expires() -> None:
    may_go_on = asyncio.Event()

    async def before_main(page: ft.Page) -> None:
        await may_go_on.wait()

    site = Site(counter, before_main=before_main, settings=AppSettings(session_timeout=0))
    visitor = site.connect()
    visitor.register()
    visitor.visit.close()
    may_go_on.set()
    await until(lambda: not site.app.host.sessions)


async def test_a_visitor_who_does_not_register_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REGISTER_WITHIN", 0)
    site = Site(counter)
    visitor = site.connect()
    await until(lambda: visitor.closed)
    assert visitor.closed[0] == POLICY
    assert not site.visits


async def test_what_comes_before_the_registration_is_dropped_and_the_visitor_may_still_register() -> None:
    site = Site(counter)
    visitor = site.connect()
    visitor.visit.receive(pack_event(1, "click"))
    visitor.visit.receive(b"")
    visitor.visit.receive(b"\xff\xfe")
    assert site.meter.bad == 3
    visitor.register()
    await visitor.shows("0")


@settings(deadline=None)
@given(packets=st.lists(st.binary(max_size=60) | st.binary(max_size=60).map(lambda tail: b"\x00" + tail), max_size=20))
def test_whatever_is_sent_the_visitor_is_served_afterwards(packets: list[bytes]) -> None:
    async def run() -> None:
        site = Site(counter)
        visitor = site.connect()
        for packet in packets:
            visitor.visit.receive(packet)
        visitor.register()
        await visitor.shows("0")
        for packet in packets:
            visitor.visit.receive(packet)
        visitor.click(_c="Button")
        await visitor.shows("1")
        site.app.host.close_session(visitor.visit.session)

    asyncio.run(run())


async def test_a_packet_that_is_too_large_ends_the_connection() -> None:
    site = Site(counter, settings=AppSettings(max_packet_bytes=1000))
    visitor = site.connect()
    visitor.visit.receive(bytes(1001))
    assert visitor.closed is not None
    assert visitor.closed[0] == TOO_LARGE


async def test_one_session_too_many_is_refused_with_a_reason_that_the_client_shows() -> None:
    site = Site(counter, settings=AppSettings(max_sessions=1))
    one, two = site.connect(), site.connect()
    one.register()
    two.register()
    assert "1 session" in (two.error or "")
    assert two.closed is not None
    assert two.visit not in site.visits


async def test_one_address_may_have_but_so_many_sessions() -> None:
    site = Site(counter, settings=AppSettings(max_sessions_per_client=1))
    one, two, other = site.connect(), site.connect(), site.connect(ip="10.0.0.2")
    for visitor in (one, two, other):
        visitor.register()
    assert two.closed is not None
    assert (one.closed, other.closed) == (None, None)


async def test_a_session_nobody_has_looked_at_for_a_while_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    from flet_jupyter.core import app_host

    site = Site(counter, settings=AppSettings(max_sessions=1))
    one = site.connect()
    one.register()
    await one.shows("0")
    one.visit.close()
    await until(lambda: site.app.host._timers)
    assert site.app.host.full
    monkeypatch.setattr(app_host, "_RELOADING", 0)
    assert not site.app.host.full
    two = site.connect()
    two.register()
    await two.shows("0")
    assert list(site.app.host.sessions) == [two.visit.session.id]


async def test_a_client_that_stops_reading_gets_the_last_state_and_no_queue() -> None:
    async def main(page: ft.Page) -> None:
        text = ft.Text("start")

        async def flood(_: Any) -> None:
            for number in range(5000):
                text.value = str(number)
                page.update()

        page.add(text, ft.Button("go", on_click=flood))

    site = Site(main)
    visitor = site.connect()
    visitor.register()
    await until(lambda: visitor.page is not None and visitor.texts() == ["start"])
    visitor.reads = False
    visitor.click(_c="Button")
    await until(lambda: len(visitor.unread) >= WINDOW)
    await until(lambda: not visitor.visit.session.busy)
    assert len(visitor.unread) == WINDOW
    assert visitor.visit.session.packets_waiting == 1
    visitor.read_on()
    assert visitor.texts() == ["4999"]


async def test_updates_of_threads_are_written_on_the_loop_and_in_their_order() -> None:
    def main(page: ft.Page) -> None:
        rows = ft.Column()

        def add() -> None:
            for number in range(200):
                rows.controls.append(ft.Text(str(number)))
                page.update()

        page.add(rows, ft.Button("go", on_click=lambda _: page.run_thread(add)))

    site = Site(main)
    visitor = site.connect()
    visitor.register()
    await until(lambda: visitor.page is not None and visitor.all(_c="Button"))
    visitor.click(_c="Button")
    await visitor.shows(*map(str, range(200)))
    assert visitor.threads == {threading.get_ident()}


async def test_a_session_that_is_closed_hangs_up() -> None:
    site = Site(counter)
    visitor = site.connect()
    visitor.register()
    await visitor.shows("0")
    site.app.host.close_session(visitor.visit.session)
    assert visitor.closed is not None
    assert not site.visits


async def test_what_comes_after_the_end_of_a_connection_brings_nothing_to_life() -> None:
    site = Site(counter, settings=AppSettings(session_timeout=0))
    visitor = site.connect()
    visitor.visit.hang_up()
    visitor.register()
    await asyncio.sleep(0)
    assert not site.app.host.sessions
    other = site.connect()
    other.register()
    await other.shows("0")
    other.visit.hang_up()
    other.register(other.session_id)
    await until(lambda: not site.app.host.sessions, "the end of the session")


async def test_a_slow_before_main_is_no_reason_to_send_a_visitor_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REGISTER_WITHIN", 0.05)
    looked = asyncio.Event()

    async def before_main(page: ft.Page) -> None:
        asyncio.get_running_loop().call_later(0.1, looked.set)  # after the deadline has passed
        await looked.wait()

    site = Site(counter, before_main=before_main)
    visitor = site.connect()
    visitor.register()
    await visitor.shows("0")
    assert visitor.closed is None
