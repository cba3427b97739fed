"""The website behind a real nginx, with the configurations of ``docs/nginx``."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import flet as ft
import httpx
import pytest
import websockets
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from flet_jupyter.core.find import FoundApp
from flet_jupyter.site.settings import server_settings, site_settings
from flet_jupyter.site.website import Website
from flet_jupyter.web.application import SERVER_OPTIONS, make_application
from tests.core.harness import until
from tests.site.socket_client import SocketClient
from tests.web.conftest import Many
from tests.web.http_browser import Browser, in_background
from tests.web.nginx import Nginx, Tls
from tests.web.test_uploads import Half

pytestmark = pytest.mark.nginx

VISITOR = "127.0.0.2"
"""An address that no proxy of ours has."""


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    """A server that believes what nginx tells."""
    with Many(tmp_path_factory.mktemp("behind"), "--trusted-proxies=127.0.0.1", "--max-upload-size=2MB") as server:
        (server.assets / "large.bin").write_bytes(bytes(30_000_000))
        yield server


@pytest.fixture(scope="module")
def site(behind: Many, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """A nginx in front of it."""
    with Nginx(tmp_path_factory.mktemp("root"), "root.conf", [behind.url]) as nginx:
        yield nginx


async def who(client: SocketClient) -> list[str]:
    """Ask the app for its visitor's address, browser, URL, route, session, and whether this is the web."""
    await client.register()
    return await pressed(client, "who", lambda text: "|" in text, "|")


async def pressed(client: SocketClient, button: str, done: Callable[[str], bool], separator: str = "\0") -> list[str]:
    await client.click(content=button)
    await client.until(lambda: done(client.texts()[0]), button)
    return client.texts()[0].split(separator)


async def upload_path(client: SocketClient) -> str:
    return (await pressed(client, "upload", lambda text: text.startswith("/")))[0]


# -- what passes through ---------------------------------------------------------------------------


async def test_the_page_its_files_and_its_connection_come_through(site: Nginx) -> None:
    with Browser(site.url) as browser:
        assert browser.get("store/17?x=1").text == browser.page.text
        assert browser.get("hello.txt").text == "hello, world"
        assert browser.get("nowhere.txt").status_code == 404
        loader = browser.get(browser.configuration["entrypointBaseUrl"] + "flutter_bootstrap.js")
        assert "javascript" in loader.headers["Content-Type"]
        async with browser.client() as client:
            await client.register()
            await client.click(content="thread")
            await client.shows("from a thread")


async def test_what_is_for_the_operator_alone_does_not_come_through(site: Nginx, behind: Many) -> None:
    assert httpx.get(f"{site.url}healthz").text == "ok\n"
    assert httpx.get(f"{behind.url}metrics").status_code == 200
    assert httpx.get(f"{site.url}metrics").status_code == 404


async def test_the_app_knows_the_visitor_and_the_address_that_he_sees(site: Nginx) -> None:
    with Browser(site.url, address=VISITOR) as browser:
        async with browser.client() as client:
            ip, _, url, *_ = await who(client)
            assert (ip, url) == (VISITOR, site.url.rstrip("/"))


async def test_what_a_visitor_makes_up_about_himself_is_not_believed(site: Nginx) -> None:
    made_up = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    with Browser(site.url, address=VISITOR, headers=made_up) as browser:
        assert "secure" not in browser.page.headers["Set-Cookie"].lower()
        async with browser.client() as client:
            ip, _, url, *_ = await who(client)
            assert (ip, url) == (VISITOR, site.url.rstrip("/"))


async def test_an_update_arrives_while_its_handler_still_runs(site: Nginx) -> None:
    with Browser(site.url) as browser:
        async with browser.client() as client, browser.client() as other:
            for each in (client, other):
                await each.register()
            await client.click(content="sleep")
            await client.shows("asleep")
            await other.click(content="wake")
            await client.shows("awake")


async def test_an_upload_arrives_as_it_is_sent(site: Nginx, behind: Many) -> None:
    with Browser(site.url) as browser:
        async with browser.client() as client:
            await client.register()
            url = urljoin(site.url, await upload_path(client))
    before = set(behind.uploaded())
    half = Half(url, declared=500_000, sent=250_000)
    (part,) = await until(lambda: set(behind.uploaded()) - before, "the first half")
    await until(lambda: part.stat().st_size == 250_000, "all of the first half")
    half.socket.sendall(bytes(250_000))
    assert half.status() == 200
    assert (behind.uploads / "folder" / "file.bin").stat().st_size == 500_000
    half.close()


async def test_an_upload_may_be_as_large_as_the_server_says_and_no_larger(site: Nginx, behind: Many) -> None:
    with Browser(site.url) as browser:
        async with browser.client() as client:
            await client.register()
            url = urljoin(site.url, await upload_path(client))
    assert httpx.put(url, content=iter([bytes(100_000)] * 20)).status_code == 200
    assert (behind.uploads / "folder" / "file.bin").stat().st_size == 2_000_000  # nginx by itself takes one
    assert Half(url, declared=2_000_001, sent=0).status() == 413


async def test_a_refused_upload_is_answered_and_not_cut_off_which_nginx_would_take_for_a_failure(
    site: Nginx, behind: Many
) -> None:
    with Browser(site.url) as browser:
        async with browser.client() as client:
            await client.register()
            path = await upload_path(client)
    half = Half(urljoin(behind.url, path), declared=5_000_000, sent=100_000)
    assert half.status() == 413
    half.socket.sendall(bytes(4_900_000))
    half.close()
    before = len(site.log)
    for _ in range(10):
        assert httpx.put(urljoin(site.url, path), content=bytes(5_000_000)).status_code == 413
    assert "[error]" not in site.log[before:]


async def test_a_file_that_one_visitor_takes_slowly_is_neither_written_to_disk_nor_in_the_way(site: Nginx) -> None:
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 10_000)
        slow.connect(("127.0.0.1", site.port))
        slow.sendall(b"GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in slow.recv(1000)
        assert len(httpx.get(f"{site.url}large.bin").content) == 30_000_000
        assert "temporary file" not in site.log
        part = httpx.get(f"{site.url}large.bin", headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.headers["Content-Range"]) == (206, "bytes 10-19/30000000")


async def test_a_connection_that_is_idle_for_longer_than_nginx_waits_lives_on(tmp_path: Path) -> None:
    def main(page: ft.Page) -> None:
        text = ft.Text("idle")
        page.add(text, ft.Button("wake", on_click=lambda e: setattr(text, "value", "awake")))

    website = Website(server_settings(environ={}))
    website.add("/", FoundApp(main, "app"), site_settings(environ={}))
    application = make_application(website)
    assert 2 * application.settings["websocket_ping_interval"] < 60  # what nginx waits if it is not told
    application.settings.update(websocket_ping_interval=0.1, websocket_ping_timeout=0.1)
    website.start()
    server = HTTPServer(application, **SERVER_OPTIONS)
    (listening,) = bind_sockets(0, "127.0.0.1")
    server.add_socket(listening)
    waits = {"proxy_http_version 1.1;": "proxy_http_version 1.1;\nproxy_read_timeout 1s;"}
    try:
        port = listening.getsockname()[1]
        with Nginx(tmp_path, "root.conf", [f"http://127.0.0.1:{port}/"], changes=waits) as nginx:
            browser = await in_background(lambda: Browser(nginx.url))
            async with browser.client() as client:
                await client.register()
                await until(lambda: client.closed or client.pings >= 20, "20 pings")
                assert not client.closed, nginx.log
                await client.click(content="wake")
                await client.shows("awake")
    finally:
        server.stop()
        await website.stop()


# -- TLS -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tls_site(behind: Many, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Nginx, Tls]]:
    folder = tmp_path_factory.mktemp("tls")
    tls = Tls(folder)
    with Nginx(folder / "nginx", "tls.conf", [behind.url], tls=tls) as nginx:
        yield nginx, tls


async def test_a_site_by_https_knows_that_it_is_one(tls_site: tuple[Nginx, Tls]) -> None:
    nginx, tls = tls_site
    with Browser(nginx.url, tls=tls, address=VISITOR) as browser:
        assert "; secure" in browser.page.headers["Set-Cookie"].lower()
        async with browser.client() as client:
            ip, _, url, *_ = await who(client)
            assert (ip, url) == (VISITOR, nginx.url.rstrip("/"))
            assert url.startswith("https://")
            path = await upload_path(client)
        assert browser.http.put(urljoin(nginx.url, path), content=b"by https").status_code == 200


def test_a_visitor_who_comes_by_http_is_sent_to_https(tls_site: tuple[Nginx, Tls]) -> None:
    reply = httpx.get(f"{tls_site[0].plain_url}store?x=1")
    assert (reply.status_code, reply.headers["Location"]) == (301, "https://127.0.0.1/store?x=1")


# -- the origin check ------------------------------------------------------------------------------


async def test_pages_of_other_sites_may_not_connect_through_nginx_either(site: Nginx) -> None:
    with Browser(site.url, headers={"Origin": "https://evil.example"}) as browser:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with browser.client():
                pass
        assert refused.value.response.status_code == 403


async def test_without_the_host_nobody_may_connect_and_the_log_says_what_to_set(behind: Many, tmp_path: Path) -> None:
    forgotten = {"proxy_set_header Host $http_host;": "", "proxy_set_header X-Forwarded-Host $http_host;": ""}
    with Nginx(tmp_path, "root.conf", [behind.url], changes=forgotten) as nginx, Browser(nginx.url) as browser:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with browser.client():
                pass
        assert refused.value.response.status_code == 403
        line = behind.wait_for(f"refused a page of {browser.origin}:").string
        for word in ("known as flet", "Host", "trusted_proxies", "allow_origin"):
            assert word in line


async def test_the_forwarded_host_of_a_trusted_proxy_is_as_good(behind: Many, tmp_path: Path) -> None:
    changes = {"proxy_set_header Host $http_host;": ""}
    with Nginx(tmp_path, "root.conf", [behind.url], changes=changes) as nginx, Browser(nginx.url) as browser:
        async with browser.client() as client:
            assert (await who(client))[2] == nginx.url.rstrip("/")
