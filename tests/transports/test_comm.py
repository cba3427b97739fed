"""The kernel's end of the comm protocol: a page's messages in, the kernel's messages out."""

from __future__ import annotations

from typing import Any

import pytest

from flet_jupyter.core.settings import AppSettings
from flet_jupyter.exceptions import LimitReached
from flet_jupyter.transports import comm
from flet_jupyter.transports.comm import PROTOCOL, CommTransport
from tests.core.harness import App, until
from tests.core.model_client import PAGE, ModelClient, pack_event, pack_register
from tests.core.test_counter import counter

LINK = "link-of-the-test"


class Views:
    """What the pages that show one widget do and hear; each link is a view with a model client of its own."""

    def __init__(self, app: App) -> None:
        self.heard: list[dict[str, Any]] = []
        self.clients: dict[str, ModelClient] = {}
        self.acknowledges = True
        self._app = app
        self._session: Any = None
        self.transport = CommTransport(self._hear, self._open_session, lambda: {"output": [], "height": None})

    def _open_session(self, page: dict[str, Any], message: dict[str, Any]) -> Any:
        if self._session is None:
            self._session = self._app.new_session(**page)
            self._app.host.loop.create_task(self._app.host.run_main(self._session))
        return self._session

    def _hear(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.heard.append(content)
        if content["op"] == "packet":
            (packet,) = buffers or []
            self.clients.setdefault(content["link"], ModelClient()).receive(packet)
            if self.acknowledges:
                self._app.host.loop.call_soon(self.say, {"op": "ack", "link": content["link"], "ack": content["n"]})

    def say(self, content: Any, *buffers: bytes) -> None:
        self.transport.receive(content, list(buffers))

    def open(self, link: str = LINK, **more: Any) -> None:
        self.say({"op": "open", "link": link, "protocol": PROTOCOL, "page": PAGE, "user_agent": "test", **more})

    def register(self, link: str = LINK) -> None:
        self.say({"op": "packet", "link": link, "n": 1, "ack": 0}, pack_register({}))

    def ops(self, link: str = LINK) -> list[str]:
        return [content["op"] for content in self.heard if content.get("link") == link]


async def live_views(app: App | None = None) -> Views:
    views = Views(app or App(counter))
    views.open()
    views.register()
    await until(lambda: LINK in views.clients and views.clients[LINK].page, "the page")
    return views


async def test_a_view_that_opens_gets_the_shell_and_then_the_page() -> None:
    views = await live_views()
    opened = views.heard[0]
    assert opened["op"] == "opened"
    assert opened["link"] == LINK
    assert opened["protocol"] == PROTOCOL
    assert opened["shell"]["view"]["views"][0]["controls"][0]["_c"] == "FletApp"
    packet = next(content for content in views.heard if content["op"] == "packet")
    assert (packet["n"], packet["base"]) == (1, True)


async def test_an_event_changes_what_the_view_shows() -> None:
    views = await live_views()
    client = views.clients[LINK]
    await until(lambda: "0" in client.texts(), "the counter")
    button = client.id_of(_c="Button")
    views.say({"op": "packet", "link": LINK, "n": 2, "ack": 1}, pack_event(button, "click", None))
    await until(lambda: "1" in client.texts(), "the click's effect")


async def test_a_view_that_asks_again_gets_the_same_answer_and_no_second_link() -> None:
    views = await live_views()
    views.open()
    assert views.ops().count("opened") == 2
    assert len(views._session.links) == 1


async def test_a_view_that_misses_a_packet_gets_the_whole_page_again() -> None:
    views = await live_views()
    before = len([c for c in views.heard if c["op"] == "packet" and c["base"]])
    views.say({"op": "resync", "link": LINK})
    await until(lambda: len([c for c in views.heard if c["op"] == "packet" and c["base"]]) == before + 1)


async def test_a_link_that_is_not_known_is_told_so_but_not_when_it_says_goodbye() -> None:
    views = Views(App(counter))
    views.say({"op": "ping", "link": LINK, "ack": 0})
    views.say({"op": "close", "link": LINK})
    assert views.ops() == ["unknown"]


async def test_a_ping_is_answered() -> None:
    views = await live_views()
    views.say({"op": "ping", "link": LINK, "ack": 1})
    assert views.ops()[-1] == "pong"


async def test_a_view_that_closes_is_detached() -> None:
    views = await live_views()
    views.say({"op": "close", "link": LINK})
    await until(lambda: not views._session.links, "the link's end")


async def test_a_page_of_another_version_is_refused_with_a_sentence() -> None:
    views = Views(App(counter))
    views.open(protocol=PROTOCOL + 1)
    assert views.heard[0]["op"] == "refused"
    assert "Reload the page" in views.heard[0]["message"]


async def test_more_views_than_allowed_are_refused_with_a_sentence() -> None:
    views = Views(App(counter, settings=AppSettings(max_links=2)))
    for number in range(3):
        views.open(f"link-number-{number}")
    assert [content["op"] for content in views.heard] == ["opened", "opened", "refused"]
    assert "2 places" in views.heard[-1]["message"]


async def test_a_view_that_was_away_for_long_makes_room_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    views = Views(App(counter, settings=AppSettings(max_links=2)))
    views.open("link-that-crashed")
    views.open("link-that-lives")
    monkeypatch.setattr(comm, "AWAY", 0.0)
    for name in views.transport._seen:
        if name == "link-that-lives":
            views.transport._seen[name] += 60
    views.open("link-that-is-new")
    assert views.heard[-1]["op"] == "opened"
    assert sorted(views.transport._links) == ["link-that-is-new", "link-that-lives"]


async def test_a_view_that_left_before_its_first_message_came_is_not_let_in() -> None:
    views = Views(App(counter))
    views.transport.receive({"op": "close", "link": LINK}, [])
    views.open(LINK)
    assert views.heard == []
    views.open(LINK + "-next")
    assert views.heard[0]["op"] == "opened"


async def test_a_transport_that_was_closed_opens_nothing_more() -> None:
    views = await live_views()
    views.transport.close()
    heard = len(views.heard)
    views.open("link-that-is-late")
    assert [content["op"] for content in views.heard[heard:]] == ["unknown"]
    assert not views.transport._links


async def test_a_session_that_cannot_be_had_refuses_the_view() -> None:
    def full(page: dict[str, Any], message: dict[str, Any]) -> Any:
        raise LimitReached("This app already has 3 sessions.", 3)

    heard: list[dict[str, Any]] = []
    transport = CommTransport(lambda content, buffers=None: heard.append(content), full, dict)
    transport.receive({"op": "open", "link": LINK, "protocol": PROTOCOL, "page": {}}, [])
    assert heard == [{"op": "refused", "link": LINK, "message": "This app already has 3 sessions."}]


async def test_an_app_that_starts_anew_has_its_views_open_new_links() -> None:
    views = await live_views()
    views.transport.close(reopen=True)
    assert views.ops()[-1] == "unknown"


async def test_a_view_without_a_word_for_long_is_taken_for_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "SILENCE", 0.05)
    views = await live_views()
    await until(lambda: not views._session.links, "the silent link's end")


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        42,
        [],
        {},
        {"op": "open"},
        {"op": "open", "link": LINK},
        {"op": "open", "link": "short", "protocol": PROTOCOL, "page": {}},
        {"op": "open", "link": "x" * 100_000, "protocol": PROTOCOL, "page": {}},
        {"op": "open", "link": "../../../etc", "protocol": PROTOCOL, "page": {}},
        {"op": "open", "link": LINK + "2", "protocol": PROTOCOL, "page": {"width": "wide", "_services": 1}},
        {"op": "packet", "link": LINK, "n": 1, "ack": 10**30},
        {"op": "packet", "link": LINK, "n": 1, "ack": -1},
        {"op": "packet", "link": LINK, "n": 1, "ack": True},
        {"op": "ack", "link": LINK, "ack": "three"},
        {"op": "shutdown", "link": LINK},
        {"op": 7, "link": 8},
    ],
)
async def test_garbage_from_a_page_is_dropped_and_the_app_lives_on(garbage: Any) -> None:
    views = await live_views()
    views.say(garbage)
    views.say(garbage, b"\x00\xff\xff", b"more")
    views.say({"op": "packet", "link": LINK, "n": 9, "ack": 0}, b"\x00garbage")
    views.say({"op": "packet", "link": LINK, "n": 9, "ack": 0}, b"\x00" * 11_000_000)
    client = views.clients[LINK]
    await until(lambda: "0" in client.texts(), "the counter")
    views.say({"op": "packet", "link": LINK, "n": 10, "ack": 1}, pack_event(client.id_of(_c="Button"), "click", None))
    await until(lambda: "1" in client.texts(), "the click's effect")
