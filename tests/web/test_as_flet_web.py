"""The same apps on Flet's own web server and on ours: the same packets sent, the same shown."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.site.socket_client import SocketClient
from tests.web.compare import notices, shown
from tests.web.flet_web_server import FletServing
from tests.web.gestures import gestures
from tests.web.replay import PAGE, Replay, Side, Step, click
from tests.web.scripts import ANSWERS, SCRIPTS, clicks
from tests.web.serving import Serving

ROOT = Path(__file__).parents[2]
APPS = {file.stem: file for file in sorted((Path(__file__).parent / "example_apps").glob("*.py"))}
del APPS["__init__"], APPS["barrier"]
HEADERS = {"User-Agent": "Test/1.0"}


class Servers:
    """Flet's server and ours, with all the apps."""

    def __init__(self, folder: Path) -> None:
        mounted = [f"/{name}={file}" for name, file in APPS.items()]
        for name in ("theirs", "ours"):
            (folder / name).mkdir()
        variables = {
            "FLET_SECRET_KEY": "a long secret",
            "PYTHONHASHSEED": "0",  # flet asks sets which of several names for one thing comes first
            "PYTHONPATH": str(ROOT),
        }
        with contextlib.ExitStack() as stack:
            self.theirs = stack.enter_context(
                FletServing(*mounted, upload_dir=folder / "theirs", log=folder / "log", **variables)
            )
            self.ours = stack.enter_context(Serving(*mounted, f"--upload-dir={folder / 'ours'}", cwd=None, **variables))
            self.stop = stack.pop_all().close

    @contextlib.asynccontextmanager
    async def visit(self, app: str, **headers: str) -> AsyncIterator[Replay]:
        """Come to an app on both."""
        headers = {**HEADERS, **headers}
        async with (
            SocketClient(f"{self.theirs.url}{app}", headers=headers) as theirs,
            SocketClient(f"{self.ours.url}{app}", headers=headers) as ours,
        ):
            yield Replay(theirs, ours)

    @contextlib.asynccontextmanager
    async def come_back(self, former: Replay, **page: Any) -> AsyncIterator[Replay]:
        """Come back to the sessions of a visitor who has left both."""
        async with resumed(former.theirs, page) as theirs, resumed(former.ours, page) as ours:
            replay = Replay(theirs, ours)
            for side, before in zip(replay.sides, former.sides, strict=True):
                side.results, side.silent = before.results, before.silent
            yield replay


@contextlib.asynccontextmanager
async def resumed(side: Side, page: dict[str, Any]) -> AsyncIterator[SocketClient]:
    """Connect to a session again, as soon as its server has noticed that the former client has gone."""
    session = side.client.session_id
    while True:
        async with SocketClient(side.url, headers=HEADERS) as client:
            await client.register(session, **{**PAGE, **page})
            if client.session_id == session:
                yield client
                return


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    servers = Servers(tmp_path_factory.mktemp("servers"))
    yield servers
    servers.stop()


@pytest.mark.parametrize("app", SCRIPTS)
async def test_after_every_step_a_visitor_sees_what_flets_server_would_show(servers: Servers, app: str) -> None:
    async with servers.visit(app) as replay:
        for side in replay.sides:
            side.results = ANSWERS
            side.silent = {"unanswered"}
        await replay.begin()
        await replay.act(*SCRIPTS[app])
        assert replay.changes > 0.6 * len(SCRIPTS[app])  # the steps do something


AT_RANDOM = (
    "counter",
    "todo",
    "routes",
    "forms",
    "table",
    "dialogs",
    "drawing",
    "hooks",
    "router",
    "looks",
    "mutations",
)
HEALTHY = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # a failure is read from its steps; shrinking takes minutes


@pytest.mark.parametrize("app", AT_RANDOM)
@settings(max_examples=6, deadline=None, phases=PHASES, suppress_health_check=HEALTHY)
@given(data=st.data())
async def test_whatever_a_visitor_does_he_sees_what_flets_server_would_show(
    servers: Servers, app: str, data: Any
) -> None:
    async with servers.visit(app) as replay:
        await replay.begin()
        for _ in range(data.draw(st.integers(1, 8), label="steps")):
            await replay.act(data.draw(gestures(replay.theirs.client.page or {})))
            if replay.theirs.failed:
                break  # Flet's visitor sees the error instead of the app from here on


# -- the order of things -------------------------------------------------------------------------------


@settings(max_examples=10, deadline=None, phases=PHASES, suppress_health_check=HEALTHY)
@given(keys=st.lists(st.sampled_from(["blocking", "async", "two parts"]), min_size=2, max_size=8))
async def test_handlers_of_all_kinds_begin_in_the_order_of_their_events(servers: Servers, keys: list[str]) -> None:
    async with servers.visit("ordering") as replay:
        await replay.begin()
        await replay.act_at_once(*clicks(*keys))
        await replay.act(click("show"))
        said = [word.split()[-1] for word in replay.ours.client.find(key="text")["value"].split(", ")]
        assert said == [str(number) for number in range(len(keys))]


async def test_what_follows_a_call_finds_what_blocking_handlers_of_events_before_its_answer_have_done(
    servers: Servers,
) -> None:
    async with servers.visit("ordering") as replay:
        await replay.begin()
        await replay.act(click("go"), click("show"))
        assert replay.ours.client.find(key="text")["value"] == "going, routed to /x, gone"


@pytest.mark.parametrize(
    ("key", "then"),
    [("run task", "loaded"), ("create task", "loaded"), ("run thread", "worked"), ("navigate", "routed to /there")],
)
async def test_what_a_blocking_handler_begins_comes_after_it(servers: Servers, key: str, then: str) -> None:
    async with servers.visit("ordering") as replay:
        await replay.begin()
        await replay.act(click(key, until=then), click("show"))  # which sends what has not been sent
        assert replay.ours.client.find(key="status")["value"] == then


async def test_a_second_click_on_what_the_first_removes_is_ignored(servers: Servers) -> None:
    async with servers.visit("todo") as replay:
        await replay.begin()
        await replay.act(*SCRIPTS["todo"][:6])
        await replay.act_at_once(*clicks("remove milk", "remove milk", "edit milk"))
        assert not replay.ours.failed


# -- visitors ------------------------------------------------------------------------------------------


async def test_visitors_of_one_app_hear_each_other(servers: Servers) -> None:
    async with servers.visit("visits") as one, servers.visit("visits") as two:
        for replay in (one, two):
            await replay.begin()
        await one.act(click("tell others"))
        await two.compare("hearing others", awaited="heard others")
        await two.act(click("tell", until="heard all"))
        await one.compare("hearing all", awaited="heard all")
        await one.act(click("tell of", until="heard of weather"))
        await two.compare("hearing of the weather", awaited="heard of weather")
        await one.act(click("deaf"), click("tell"))
        await two.compare("hearing", awaited="heard all")
        await one.compare("being deaf")
        assert one.ours.client.texts().count("heard others") == 0


@pytest.mark.parametrize("route", ["/", "/elsewhere?x=1"])
async def test_a_visitor_who_comes_back_finds_what_flets_server_would_show(servers: Servers, route: str) -> None:
    async with servers.visit("visits") as before:
        await before.begin()
        await before.act(*clicks("remember", "who"))
    async with servers.come_back(before, route=route) as after:
        await after.compare("coming back", awaited="connect 2")
        assert "disconnect" in after.ours.client.texts()
        await after.act(*clicks("remember", "who", "launch"), click("tell", until="heard all"))


@pytest.mark.parametrize("app", ["counter", "todo", "dialogs", "hooks", "router", "drawing"])
async def test_an_app_goes_on_for_a_visitor_who_comes_back_as_on_flets_server(servers: Servers, app: str) -> None:
    script = SCRIPTS[app]
    half = len(script) // 2
    async with servers.visit(app) as before:
        await before.begin()
        await before.act(*script[:half])
    async with servers.come_back(before, route=before.ours.route) as after:
        await after.compare("coming back")
        await after.act(*script[half:])


@pytest.mark.parametrize(
    "page",
    [
        {"pwa": True, "wasm": True, "platform": "android"},
        {"platform": "macos", "platform_brightness": "dark", "width": 320.5, "height": 1.0},
        {"route": "/deep/link?x=1&y=%20#end", "debug": True, "test": True},
    ],
    ids=["phone", "small", "deep"],
)
async def test_an_app_learns_of_a_browser_what_flets_server_would_tell_it(
    servers: Servers, page: dict[str, Any]
) -> None:
    async with servers.visit("visits") as one, servers.visit("looks") as two:
        await one.begin(**page)
        await one.act(click("who"))
        await two.begin(**page)
        await two.act(click("toggle"))


async def test_uploads_and_logins_go_where_flets_server_would_send_them(servers: Servers) -> None:
    async with servers.visit("visits") as replay:
        for side in replay.sides:
            side.results = ANSWERS
        await replay.begin()
        await replay.act(click("pick"), click("sign in", until="login begun"))
        for side in replay.sides:
            calls = {call["name"]: call.get("args", {}) for call in side.client.calls}
            urls = [urlsplit(file["upload_url"]) for file in calls["upload"]["files"]]
            assert [url.path for url in urls] == ["/visits/upload"] * 2
            assert [sorted(parse_qs(url.query)) for url in urls] == [["e", "f", "s"]] * 2
            assert [parse_qs(url.query)["f"] for url in urls] == [["a.png"], ["\xfc b.png"]]
            login = urlsplit(calls["open_window"]["url"])
            assert login.netloc == "login.example"
            assert parse_qs(login.query)["redirect_uri"] == ["https://app.example/oauth_callback"]
            assert parse_qs(login.query)["state"]


# -- where this server differs from Flet's on purpose --------------------------------------------------


@pytest.mark.parametrize("key", ["blocking", "async", "generator", "async generator", "not shown", "invalid"])
async def test_a_handler_that_fails_ends_flets_app_and_leaves_ours_with_a_notice(servers: Servers, key: str) -> None:
    async with servers.visit("failing") as replay:
        await replay.begin()
        await replay.act(click(key))
        theirs, ours = replay.theirs.client, replay.ours.client
        assert "Traceback" in theirs.error
        assert ours.error == ""
        assert len(notices(ours)) == 1
        assert "Traceback" not in str(ours.page)
        if key == "invalid":
            # What failed is part of the next update. Flet has forgotten it, and would not show it any more.
            await replay.ours.do(click("fine"))
            await ours.until(lambda: ours.find(key="text")["value"] == "fine")
            assert ours.find(opacity=2)
        else:
            await replay.act(click("fine"))
            assert ours.find(key="text")["value"] == "fine"


@pytest.mark.parametrize("key", ["task", "thread"])
async def test_nobody_learns_of_errors_in_the_background_on_flets_server_but_by_a_notice_on_ours(
    servers: Servers, key: str
) -> None:
    async with servers.visit("failing") as replay:
        await replay.begin()
        for side in replay.sides:
            await side.do(click(key))
        await replay.ours.client.until(lambda: notices(replay.ours.client))
        for side in replay.sides:
            await side.settle()
        assert not replay.theirs.failed
        assert shown(replay.theirs.client) == shown(replay.ours.client)


async def test_what_a_visitor_adds_to_a_choice_of_several_is_there_twice_on_flets_server_and_once_on_ours(
    servers: Servers,
) -> None:
    async with servers.visit("forms") as replay:
        await replay.begin()
        for side in replay.sides:
            await side.do(Step("change", ["1", "3"], {"key": "stars"}, {"selected": ["1", "3"]}))
            await side.settle()
        assert replay.theirs.client.find(key="stars")["selected"] == ["1", "3", "3"]
        assert replay.ours.client.find(key="stars")["selected"] == ["1", "3"]


@pytest.mark.parametrize("where", ["main", "before"])
async def test_an_app_that_fails_to_begin_says_why_on_flets_server_and_keeps_it_to_the_log_on_ours(
    servers: Servers, where: str
) -> None:
    async with servers.visit("failing") as replay:
        await replay.register(route=f"/{where}")
        for side in replay.sides:
            await side.client.until(lambda side=side: side.client.error)
        assert "fails" in replay.theirs.client.error
        assert "fails" not in replay.ours.client.error
        servers.ours.wait_for(f"{where}.* fails")


async def test_a_second_window_gets_a_session_of_its_own_from_flets_server_and_the_same_from_ours(
    servers: Servers,
) -> None:
    async with servers.visit("counter") as one, servers.visit("counter") as two:
        await one.begin()
        await one.act(*clicks("plus", "plus"))
        await two.register(one)
        theirs, ours = two.theirs.client, two.ours.client
        assert theirs.session_id != one.theirs.client.session_id
        assert ours.session_id == one.ours.client.session_id
        await theirs.until(lambda: theirs.all(key="number", value="0"))
        await ours.until(lambda: ours.all(key="number", value="2"))
        await ours.click(key="plus")
        await one.ours.client.until(lambda: one.ours.client.all(key="number", value="3"))


async def test_a_visitor_with_another_browser_is_a_stranger_to_flets_server_and_known_to_ours(servers: Servers) -> None:
    async with servers.visit("counter") as before:
        await before.begin()
        await before.act(click("plus"))
    async with servers.visit("counter", **{"User-Agent": "Another/2.0"}) as after:
        await after.register(before)
        theirs, ours = after.theirs.client, after.ours.client
        await theirs.until(lambda: theirs.all(key="number", value="0"))
        await ours.until(lambda: ours.all(key="number", value="1"))


async def test_the_pages_url_is_the_web_sockets_on_flets_server_and_the_pages_on_ours(servers: Servers) -> None:
    async with servers.visit("visits") as replay:
        await replay.begin()
        for side, server in zip(
            replay.sides, (servers.theirs.url.replace("http", "ws"), servers.ours.url), strict=True
        ):
            await side.do(click("where"))
            await side.client.until(lambda side=side, server=server: f"{server}visits" in side.client.texts())
