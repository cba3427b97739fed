"""What visitors, scripts and those who run it see of an app on an ASGI server."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import websockets

from flet_jupyter import asgi
from tests.asgi.apps import ALONE, LIMITED, MAIN
from tests.asgi.serving import Serving
from tests.core.harness import until
from tests.core.model_client import pack, pack_event, pack_register
from tests.site.socket_client import SocketClient

HTML = {"Accept": "text/html"}


async def number(browser: httpx.AsyncClient, name: str) -> float:
    """Read one of the server's metrics."""
    text = (await browser.get("/metrics")).text
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


async def comes_to(browser: httpx.AsyncClient, name: str, value: float) -> None:
    while await number(browser, name) != value:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.01)


async def settled(browser: httpx.AsyncClient) -> int:
    """Wait until nobody is connected; return how many tasks the server has then."""
    await comes_to(browser, 'flet_connections{app="/"}', 0)
    return int((await browser.get("/tasks")).text)


# -- pages --------------------------------------------------------------------------------------------


async def test_the_page_says_the_name_as_text(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")
    assert "<title>&lt;b&gt;Many&lt;/b&gt;</title>" in page.text


async def test_routes_of_the_app_are_answered_with_its_page(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/store/42")).text == (await browser.get("/")).text


async def test_a_file_of_the_app_can_be_had_in_parts(browser: httpx.AsyncClient) -> None:
    whole = await browser.get("/hello.txt")
    assert (whole.text, whole.headers["content-length"]) == ("hello, world", "12")
    part = await browser.get("/hello.txt", headers={"Range": "bytes=7-"})
    assert (part.status_code, part.text) == (206, "world")


async def test_a_long_file_arrives_whole(browser: httpx.AsyncClient) -> None:
    reply = await browser.get("/long.bin")
    assert reply.content == bytes(range(256)) * 4000


async def test_a_head_request_has_the_headers_alone(browser: httpx.AsyncClient) -> None:
    got, head = await browser.get("/long.bin"), await browser.head("/long.bin")
    assert {**got.headers, "date": ""} == {**head.headers, "date": ""}


async def test_for_a_head_request_no_file_is_read() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "HEAD", "path": "/main.dart.js", "headers": [], "query_string": b""}
    await asgi.app(lambda page: None)(scope, asyncio.Queue().get, send)
    assert sent[0]["status"] == 200
    assert [message["body"] for message in sent[1:]] == [b""]


async def test_what_the_browser_has_is_not_sent_again(browser: httpx.AsyncClient) -> None:
    tag = (await browser.get("/hello.txt")).headers["etag"]
    again = await browser.get("/hello.txt", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert "content-length" not in again.headers


@pytest.mark.parametrize("path", ["/nothing.txt", "/../application.py", "/%2e%2e/application.py", "/.env"])
async def test_what_is_not_there_is_not_found(browser: httpx.AsyncClient, path: str) -> None:
    reply = await browser.get(path)
    assert (reply.status_code, reply.json()) == (404, {"message": "There is nothing at this address."})


async def test_people_get_errors_as_pages(browser: httpx.AsyncClient) -> None:
    reply = await browser.get("/nothing.txt", headers=HTML)
    assert reply.status_code == 404
    assert "<h1>Not Found</h1>" in reply.text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "/", "GET, HEAD"), ("GET", "/upload", "PUT"), ("POST", "/oauth_callback", "GET")],
)
async def test_other_methods_are_refused(browser: httpx.AsyncClient, method: str, path: str, allowed: str) -> None:
    reply = await browser.request(method, path)
    assert (reply.status_code, reply.headers["allow"]) == (405, allowed)


async def test_all_answers_say_what_browsers_may_do_with_them(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/hello.txt", "/nothing.txt", "/healthz"):
        headers = (await browser.get(path)).headers
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
        assert "cross-origin-opener-policy" not in headers


async def test_a_login_that_nobody_began_is_refused(browser: httpx.AsyncClient) -> None:
    reply = await browser.get("/oauth_callback", params={"state": "<b>", "code": "1"})
    assert (reply.status_code, reply.headers["cache-control"]) == (410, "no-store")
    assert "Not logged in" in reply.text


async def test_those_who_run_it_can_ask_how_it_is(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/healthz")).text == "ok\n"
    assert (await browser.get("/readyz")).text == "ready\n"
    metrics = await browser.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=")
    assert 'flet_sessions{app="/"}' in metrics.text


# -- visits -------------------------------------------------------------------------------------------


async def test_the_app_knows_who_visits_and_where(many: Serving) -> None:
    async with SocketClient(many.url) as client:
        await client.register(route="/store")
        await client.click(content="who")
        await client.shows("0", f"127.0.0.1|{many.url}|/store|")


async def test_a_browser_gets_its_secret_once(many: Serving) -> None:
    async with SocketClient(many.url) as client:
        cookie = client.socket.response.headers["Set-Cookie"]
        assert re.fullmatch(r"flet_browser=[\w-]{32}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax", cookie)
    async with SocketClient(many.url, headers={"Cookie": cookie.partition(";")[0]}) as client:
        assert "Set-Cookie" not in client.socket.response.headers


async def test_pages_of_strangers_may_not_connect(many: Serving) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await SocketClient(many.url, headers={"Origin": "https://stranger.example"}).__aenter__()
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["https://friend.example", "own"])
async def test_pages_of_its_own_and_of_friends_may_connect(many: Serving, origin: str) -> None:
    headers = {"Origin": many.url if origin == "own" else origin}
    async with SocketClient(many.url, headers=headers) as client:
        await client.register()
        await client.shows("0", "-")


async def test_there_is_one_websocket(many: Serving) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await SocketClient(many.url, endpoint="other").__aenter__()
    assert refused.value.response.status_code == 403


async def test_garbage_does_not_end_the_connection(many: Serving) -> None:
    async with SocketClient(many.url) as client:
        for garbage in (b"", b"\x00", b"\x07", b"\x00\xc1", pack(99, {}), pack_event(1, "click"), "text"):
            await client.socket.send(garbage)
        await client.register()
        for garbage in (b"", b"\x00\x91", pack(3, []), pack_event(999_999, "click"), "text", pack_register()):
            await client.socket.send(garbage)
        await client.click(content="Add")
        await client.shows("1", "-")


async def test_a_packet_that_is_too_large_ends_the_connection(many: Serving) -> None:
    async with websockets.connect(f"{many.url.replace('http', 'ws')}/ws", compression=None) as socket:
        await socket.send(bytes(10_000_001))
        with pytest.raises(websockets.ConnectionClosed):
            await socket.recv()
    assert socket.close_code == 1009


async def test_a_visitor_too_many_is_told_so(tmp_path: Path) -> None:
    with Serving(tmp_path, LIMITED) as server:
        async with (
            SocketClient(server.url) as first,
            SocketClient(server.url) as second,
            SocketClient(server.url) as third,
            httpx.AsyncClient(base_url=server.url, trust_env=False) as browser,
        ):
            for client in (first, second, third):
                await client.register()
            assert (first.error, second.error) == ("", "")
            assert third.error == "This app already has 2 sessions, the most that are allowed."
            await third.gone()
            page = await browser.get("/", headers=HTML)
            assert (page.status_code, "is busy" in page.text) == (503, True)
            ready = await browser.get("/readyz")
            assert (ready.status_code, ready.text) == (503, "full: /\n")
            # Whoever has a session gets in.
            assert (await browser.get("/", headers={"Flet-Session": first.session_id})).status_code == 200

        sockets = [await websockets.connect(third.url) for _ in range(24)]
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(third.url)
        assert refused.value.response.status_code == 503
        assert b"too many connections" in (refused.value.response.body or b"")
        await asyncio.gather(*(socket.close() for socket in sockets))


# -- clients that misbehave ---------------------------------------------------------------------------


async def vanish(url: str, *packets: bytes, when: str) -> None:
    """Be a client whose machine loses its power."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(
        f"GET /ws HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await writer.drain()
    if when != "at once":
        assert b"101" in await reader.readuntil(b"\r\n\r\n")
        for packet in packets:
            header = bytes([0x82, 0x80 | 126]) + len(packet).to_bytes(2, "big") + bytes(4)
            writer.write(header + packet)
        await writer.drain()
        if when == "with its page":
            await reader.readexactly(100)
    # What is unread makes the system send a reset, as it does for a process that is killed.
    writer.transport.abort()


@pytest.mark.parametrize("when", ["at once", "before it registers", "while the app starts", "with its page"])
async def test_a_client_that_vanishes_leaves_nothing(many: Serving, browser: httpx.AsyncClient, when: str) -> None:
    packets = [pack_register()] if when in ("while the app starts", "with its page") else []
    await vanish(many.url, *packets, when=when)
    before = await settled(browser)
    await asyncio.gather(*(vanish(many.url, *packets, when=when) for _ in range(30)))
    await comes_to(browser, 'flet_connections{app="/"}', 0)
    while int((await browser.get("/tasks")).text) > before:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.01)
    async with SocketClient(many.url) as client:
        await client.register()
        await client.shows("0", "-")


async def test_a_client_that_reads_slowly_costs_no_memory_and_misses_nothing(
    many: Serving, browser: httpx.AsyncClient
) -> None:
    await settled(browser)
    url = f"{many.url.replace('http', 'ws')}/ws"
    async with SocketClient(many.url) as client:
        await client.register()
        await client.shows("0", "-")
        flood = client.id_of(content="flood")
        session = client.session_id
    notes = len(many.noted())
    # The library reads on by itself until this much waits.
    async with websockets.connect(url, compression=None, max_queue=1, max_size=None) as socket:
        await socket.send(pack_register(session_id=session))
        await socket.send(pack_event(flood, "click"))
        before = many.memory
        await until(lambda: "flooded" in many.noted()[notes:])
        assert many.memory - before < 8_000_000  # of 20 MB that were shown meanwhile
        reader = SocketClient(many.url)
        while reader.page is None or "the end" not in reader.texts():
            packet = await socket.recv()
            assert isinstance(packet, bytes)
            reader.receive(packet)


# -- uploads ------------------------------------------------------------------------------------------


@pytest.fixture
async def address(many: Serving) -> AsyncIterator[str]:
    """Where a file can be sent."""
    async with SocketClient(many.url) as client:
        await client.register()
        await client.click(content="upload")
        await client.until(lambda: client.texts()[1] != "-", "the address")
        yield client.texts()[1]


def files(server: Serving) -> list[str]:
    return sorted(str(path.relative_to(server.folder)) for path in (server.folder / "uploads").rglob("*"))


async def test_a_file_arrives_whole(many: Serving, browser: httpx.AsyncClient, address: str) -> None:
    content = bytes(range(256)) * 3000
    assert (await browser.put(address, content=content)).status_code == 200
    target = many.folder / "uploads" / "folder" / "file.bin"
    assert target.read_bytes() == content
    target.unlink()
    target.parent.rmdir()


async def test_a_file_that_is_too_large_is_refused_at_once(
    many: Serving, browser: httpx.AsyncClient, address: str
) -> None:
    reply = await browser.put(address, content=bytes(1_000_001))
    assert (reply.status_code, "at most" in reply.json()["message"]) == (413, True)
    assert files(many) == []


async def test_a_file_that_turns_out_too_large_leaves_nothing(
    many: Serving, browser: httpx.AsyncClient, address: str
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield bytes(10_000)

    reply = await browser.put(address, content=endless())
    assert reply.status_code == 413
    assert files(many) == []


async def test_an_address_that_was_made_up_is_refused(many: Serving, browser: httpx.AsyncClient, address: str) -> None:
    reply = await browser.put(address.replace("file.bin", "other.bin"), content=b"x")
    assert reply.status_code == 403
    assert files(many) == []


async def test_an_upload_whose_sender_vanishes_leaves_nothing(
    many: Serving, browser: httpx.AsyncClient, address: str
) -> None:
    parts = urlsplit(many.url)
    name = 'flet_uploads_total{app="/",outcome="broken off"}'
    before = await number(browser, name)
    _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"PUT {address} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf".encode())
    await comes_to(browser, 'flet_uploads_in_progress{app="/"}', 1)
    assert len(files(many)) == 2  # the folder, and what is not complete
    writer.transport.abort()
    await comes_to(browser, name, before + 1)
    assert files(many) == []


# -- the end ------------------------------------------------------------------------------------------


async def test_sessions_are_closed_when_the_server_stops(tmp_path: Path) -> None:
    with Serving(tmp_path, ALONE) as server:
        async with SocketClient(server.url) as gone, SocketClient(server.url) as client:
            for each in (gone, client):
                await each.register()
                await each.shows("0", "-")
            await gone.socket.close()
            await until(lambda: server.noted() == ["disconnect"])
            server.process.send_signal(signal.SIGTERM)
            await client.gone()
        assert server.stop() in (0, -signal.SIGTERM)
        assert server.noted().count("close") == 2
        assert "Traceback" not in "\n".join(server.log)


async def test_an_upload_is_aborted_when_the_server_stops(tmp_path: Path) -> None:
    source = f'{MAIN}\napp = asgi.app(main, upload_dir="uploads", secret_key="a secret")\n'
    with Serving(tmp_path, source, "--timeout-graceful-shutdown", "1") as server:
        async with SocketClient(server.url) as client:
            await client.register()
            await client.click(content="upload")
            await client.until(lambda: client.texts()[1] != "-", "the address")
        parts = urlsplit(server.url)
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(f"PUT {client.texts()[1]} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf".encode())
        await until(lambda: len(files(server)) == 2)
        server.stop()
        assert files(server) == []
        writer.close()
