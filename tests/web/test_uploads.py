"""Files that browsers send, over real sockets."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import psutil
import pytest

from tests.core.harness import until
from tests.site.socket_client import SocketClient
from tests.web.conftest import Many

__all__ = ["Half", "upload_url"]


async def upload_url(server: Many) -> str:
    """Ask the app for an address to upload ``folder/file.bin`` to."""
    async with SocketClient(server.url) as client:
        await client.register()
        await client.click(content="upload")
        await client.until(lambda: client.texts()[0].startswith("/"), "an upload address")
        return server.url.rstrip("/") + client.texts()[0]


class Half:
    """An upload that stops in the middle."""

    def __init__(self, url: str, declared: int, sent: int) -> None:
        parts = httpx.URL(url)
        self.socket = socket.create_connection((parts.host, parts.port or 80))
        head = f"PUT {parts.raw_path.decode()} HTTP/1.1\r\nHost: x\r\nContent-Length: {declared}\r\n\r\n"
        self.socket.sendall(head.encode() + bytes(sent))

    def status(self) -> int:
        """Read the answer's status."""
        return int(self.socket.makefile("rb").readline().split()[1])

    def close(self) -> None:
        self.socket.close()


async def test_a_file_arrives_where_the_app_wants_it(many: Many) -> None:
    url = await upload_url(many)
    content = bytes(range(256)) * 300
    assert httpx.put(url, content=content).status_code == 200
    assert (many.uploads / "folder" / "file.bin").read_bytes() == content


async def test_a_file_that_comes_in_chunks_of_unknown_number_arrives(many: Many) -> None:
    def pieces() -> Iterator[bytes]:
        for number in range(50):
            yield bytes([number]) * 1000

    url = await upload_url(many)
    assert httpx.put(url, content=pieces()).status_code == 200
    assert (many.uploads / "folder" / "file.bin").stat().st_size == 50_000


async def test_a_file_that_says_it_is_too_large_is_refused_before_it_is_sent(many: Many) -> None:
    before = set(many.uploaded())
    half = Half(await upload_url(many), declared=100_001, sent=0)
    assert half.status() == 413
    assert set(many.uploaded()) == before


async def test_a_file_that_turns_out_too_large_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(10_000)

    with Many(tmp_path, "--max-upload-size=100kB") as server:
        url = await upload_url(server)
        with contextlib.suppress(httpx.WriteError):  # it has hung up while we were still sending, as it may
            assert httpx.put(url, content=endless()).status_code == 413
        await until(lambda: server.uploaded() == [])
        assert list(server.uploads.iterdir()) == []
        server.wait_for("413")


async def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    with Many(tmp_path) as server:
        half = Half(await upload_url(server), declared=50_000, sent=20_000)
        await until(server.uploaded, "the first half")
        half.close()
        await until(lambda: server.uploaded() == [], "nothing")


async def test_a_large_file_needs_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    def pieces(count: int) -> Iterator[bytes]:
        for _ in range(count):
            yield bytes(100_000)

    with Many(tmp_path) as server:
        process = psutil.Process(server.process.pid)
        assert httpx.put(await upload_url(server), content=pieces(10)).status_code == 200
        before = process.memory_full_info().uss
        assert httpx.put(await upload_url(server), content=pieces(2000), timeout=60).status_code == 200
        assert process.memory_full_info().uss - before < 20_000_000
        assert (server.uploads / "folder" / "file.bin").stat().st_size == 200_000_000


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a\\..\\b", "folder/../../x", "CON", "a\0b", "x" * 300])
async def test_an_address_that_was_changed_is_refused(many: Many, name: str) -> None:
    url = urlsplit(await upload_url(many))
    query = {key: values[0] for key, values in parse_qs(url.query).items()}
    query["f"] = name
    changed = "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
    before = set(many.uploaded())
    reply = httpx.put(f"{many.url}upload?{changed}", content=b"x")
    assert reply.status_code in (400, 403)
    assert "message" in reply.json()
    assert set(many.uploaded()) == before


@pytest.mark.parametrize(
    "query", ["", "f=x", "f=x&e=1&s=2", "f=x&e=2099-01-01T00:00:00%2B00:00&s=0", "s=%FF&e=%FF&f=%FF"]
)
def test_an_address_that_was_made_up_is_refused(many: Many, query: str) -> None:
    assert httpx.put(f"{many.url}upload?{query}", content=b"x").status_code in (400, 403)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_other_methods_are_refused(many: Many, method: str) -> None:
    assert httpx.request(method, f"{many.url}upload").status_code in (404, 405)


async def test_a_moved_endpoint_moves_the_addresses(tmp_path: Path) -> None:
    with Many(tmp_path, FLET_UPLOAD_HANDLER_ENDPOINT="/files/in", FLET_WEB_APP_PATH="/app") as server:
        url = await upload_url(server)
        assert "/app/files/in?" in url
        url = url.replace("/app/app/", "/app/")  # the address holds the app's path, and so does the server's
        assert httpx.put(url, content=b"x").status_code == 200
        assert server.uploaded() == [server.uploads / "folder" / "file.bin"]
