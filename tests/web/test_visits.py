"""Visitors of a real server: who they are, coming back, keeping them apart, keeping some out."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import websockets

from tests.core.harness import until
from tests.core.model_client import pack_register
from tests.site.socket_client import SocketClient
from tests.web.apps import COUNTER
from tests.web.conftest import Many
from tests.web.serving import Serving

AppFile = Callable[..., Path]


async def test_the_app_knows_its_visitor(many: Many) -> None:
    async with SocketClient(many.url, headers={"User-Agent": "Test/1.0"}) as client:
        await client.register(route="/store?x=1")
        await client.click(content="who")
        await client.until(lambda: "|" in client.texts()[0])
        ip, agent, url, route, session, web = client.texts()[0].split("|")
        assert (ip, agent, url, route, session, web) == (
            "127.0.0.1", "Test/1.0", many.url.rstrip("/"), "/store?x=1", client.session_id, "True",
        )  # fmt: skip


async def test_the_app_knows_its_visitors_platform(many: Many) -> None:
    async with SocketClient(many.url) as client:
        await client.register(platform="android", pwa=True, wasm=True)
        await client.click(content="platform")
        await client.shows("android|True|True")


async def test_forwarded_addresses_are_not_believed_unless_the_proxy_is_trusted(many: Many, tmp_path: Path) -> None:
    forwarded = {
        "X-Forwarded-For": "1.2.3.4, 10.0.0.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "site.example",
    }
    async with SocketClient(many.url, headers=forwarded) as client:
        await client.register()
        await client.click(content="who")
        await client.until(lambda: "|" in client.texts()[0])
        assert client.texts()[0].startswith("127.0.0.1|")
    with Many(tmp_path, "--trusted-proxies=127.0.0.1") as server:
        async with SocketClient(server.url, headers=forwarded) as client:
            await client.register()
            await client.click(content="who")
            await client.until(lambda: "|" in client.texts()[0])
            assert client.texts()[0].split("|")[::2][:2] == ["10.0.0.9", "https://site.example"]


async def test_two_visitors_do_not_see_each_other_but_by_pubsub(many: Many) -> None:
    async with SocketClient(many.url) as one, SocketClient(many.url) as two:
        for client in (one, two):
            await client.register()
            await client.until(lambda client=client: client.texts() == ["start"])
        await one.click(content="thread")
        await one.shows("from a thread")
        assert two.texts() == ["start"]
        await one.click(content="tell")
        for client in (one, two):
            await client.shows("heard news")


async def test_a_visitor_who_comes_back_goes_on_where_he_was(many: Many) -> None:
    async with SocketClient(many.url) as before:
        await before.register()
        await before.click(content="task")
        await before.shows("from a task")
    async with SocketClient(many.url, headers={"User-Agent": "Another"}) as after:
        await after.register(before.session_id)
        await after.shows("from a task")
        assert after.session_id == before.session_id


async def test_a_visitor_whose_connection_is_half_open_goes_on_over_a_new_one(many: Many) -> None:
    async with SocketClient(many.url) as dead:
        await dead.register()
        await dead.click(content="task")
        await dead.shows("from a task")
        async with SocketClient(many.url) as alive:
            await alive.register(dead.session_id)
            await alive.shows("from a task")
            await alive.click(content="thread")
            await alive.shows("from a thread")


async def test_connect_disconnect_and_close_come_in_that_order(tmp_path: Path) -> None:
    with Many(tmp_path, "--session-timeout=0.2") as server:
        async with SocketClient(server.url) as one:
            await one.register()
            await one.until(lambda: one.texts() == ["start"])
            async with SocketClient(server.url) as two:
                await two.register(one.session_id)
        await until(lambda: "close" in server.noted())
        assert server.noted() == ["disconnect", "close"]


async def test_a_handler_that_sleeps_stops_nobody_else_nor_its_own_page(many: Many) -> None:
    async with SocketClient(many.url) as sleeper, SocketClient(many.url) as other:
        for client in (sleeper, other):
            await client.register()
        await sleeper.click(content="sleep")
        await sleeper.shows("asleep")
        await other.click(content="thread")
        await other.shows("from a thread")
        await sleeper.click(content="task")
        await sleeper.shows("from a task")
        await other.click(content="wake")
        await sleeper.shows("awake")


@pytest.mark.parametrize("button", ["fail", "async fail"])
async def test_a_handler_that_fails_leaves_the_app_and_says_so_without_details(many: Many, button: str) -> None:
    async with SocketClient(many.url) as client:
        await client.register()
        await client.click(content=button)
        await client.until(lambda: client.all(_c="SnackBar"), "a notice")
        shown = str(client.page)
        assert "Something went wrong" in shown
        assert "secret detail" not in shown
        await client.click(content="thread")
        await client.until(lambda: client.all(value="from a thread"))
    many.wait_for(rf"error in on_click of session {client.session_id[:6]}")
    many.wait_for("secret detail")


async def test_a_developer_sees_the_traceback_in_the_page(app_file: AppFile) -> None:
    with Serving(app_file("def main(page):\n    1 / 0\n"), "--show-errors") as server:
        async with SocketClient(server.url) as client:
            await client.register()
            await client.until(lambda: client.error)
            assert "ZeroDivisionError" in client.error


async def test_an_app_that_fails_to_start_says_so(app_file: AppFile) -> None:
    with Serving(app_file("def main(page):\n    1 / 0\n")) as server:
        async with SocketClient(server.url) as client:
            await client.register()
            await client.until(lambda: client.error)
            assert "ZeroDivisionError" not in client.error
        server.wait_for("ZeroDivisionError")


# -- who is kept out -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://127.0.0.1:1", "null", "http://127.0.0.1.evil.example", "file://", "x", "https://"],
)
async def test_pages_of_other_sites_may_not_connect(many: Many, origin: str) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with SocketClient(many.url, headers={"Origin": origin}):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", [None, "https://friend.example", "own"])
async def test_own_pages_and_those_that_are_allowed_connect(many: Many, origin: str | None) -> None:
    own = many.url.rstrip("/")
    headers = {} if origin is None else {"Origin": own if origin == "own" else origin}
    async with SocketClient(many.url, headers=headers) as client:
        await client.register()
        await client.until(lambda: client.texts() == ["start"])


async def test_when_it_is_full_newcomers_get_a_page_that_says_so_and_others_go_on(app_file: AppFile) -> None:
    with Serving(app_file(COUNTER), "--max-sessions=1") as server:
        async with SocketClient(server.url) as one:
            await one.register()
            await one.shows("0")
            page = httpx.get(server.url)
            assert page.status_code == 503
            assert page.headers["retry-after"]
            assert "is busy" in page.text
            assert httpx.get(f"{server.url}readyz").status_code == 503
            assert httpx.get(f"{server.url}healthz").status_code == 200
            assert httpx.get(server.url, headers={"Flet-Session": "guessed"}).status_code == 503
            own = httpx.get(server.url, headers={"Flet-Session": one.session_id})
            assert own.status_code == 200
            assert "flutter_bootstrap.js" in own.text
            async with SocketClient(server.url) as two:
                await two.register()
                assert "1 session" in two.error
                await two.gone()


async def test_one_address_cannot_take_all_sessions(app_file: AppFile) -> None:
    arguments = ("--max-sessions-per-client=1", "--trusted-proxies=127.0.0.1")
    with Serving(app_file(COUNTER), *arguments) as server:
        async with (
            SocketClient(server.url, headers={"X-Forwarded-For": "10.0.0.1"}) as one,
            SocketClient(server.url, headers={"X-Forwarded-For": "10.0.0.1"}) as two,
            SocketClient(server.url, headers={"X-Forwarded-For": "10.0.0.2"}) as three,
        ):
            for client in (one, two, three):
                await client.register()
            assert [bool(client.error) for client in (one, two, three)] == [False, True, False]


# -- what clients may do to it ---------------------------------------------------------------------


async def test_garbage_does_not_end_a_connection(many: Many) -> None:
    async with SocketClient(many.url) as client:
        for packet in (b"", b"\x00", b"\x00\xc1", b"\x07", b"\x01\x00", b"\x00" + bytes(1000), "text"):
            await client.socket.send(packet)
        await client.register()
        for packet in (b"", b"\x00", b"\x00\xc1", "text", pack_register()):
            await client.socket.send(packet)
        await client.click(content="thread")
        await client.shows("from a thread")


async def test_a_message_beyond_the_limit_ends_the_connection_and_only_that(app_file: AppFile) -> None:
    with Serving(app_file(COUNTER), "--max-packet-bytes=1000") as server:
        async with SocketClient(server.url) as client:
            await client.socket.send(bytes(2000))
            await client.gone()
            assert client.socket.close_code == 1009
        async with SocketClient(server.url) as client:
            await client.register()
            await client.shows("0")


async def test_connections_that_never_register_leave_nothing(many: Many) -> None:
    for _ in range(50):
        async with websockets.connect(f"{many.url.replace('http', 'ws')}ws"):
            pass
    port = httpx.URL(many.url).port or 80
    for _ in range(20):  # not even a whole handshake
        with socket.create_connection(("127.0.0.1", port)) as half:
            half.sendall(b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n")
    await until(lambda: 'flet_connections{app="/"} 0.0' in httpx.get(f"{many.url}metrics").text)
