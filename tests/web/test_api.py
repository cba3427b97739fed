"""Flet apps in a program's own Tornado server: whole applications, and parts of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import flet as ft
import httpx
import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from flet_jupyter.exceptions import BadOption, NotAnApp
from flet_jupyter.web import App, FletApp, FletOAuth, FletStaticFiles, FletUpload, app_manager, application
from tests.site.socket_client import SocketClient

closed: list[str] = []


def counter(page: ft.Page) -> None:
    count = ft.Text("0")

    def add() -> None:
        count.value = str(int(count.value) + 1)

    page.on_close = lambda _: closed.append("counter")
    page.add(count, ft.Button("Add", on_click=add), ft.Button("Where", on_click=lambda: where(page, count)))


def where(page: ft.Page, text: ft.Text) -> None:
    text.value = page.get_upload_url("a/b.txt", 60)


def other(page: ft.Page) -> None:
    page.add(ft.Text("other"))


class Own(RequestHandler):
    def get(self) -> None:
        self.write("mine")


@asynccontextmanager
async def running(app: Application) -> AsyncIterator[str]:
    """Serve `app` on this loop, as a program would."""
    server = HTTPServer(app)
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    await app_manager.start()
    try:
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    finally:
        server.stop()
        await app_manager.shutdown()
        await server.close_all_connections()


async def get(url: str, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url, **options)


async def put(url: str, content: bytes) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.put(url, content=content)


async def use(client: SocketClient) -> None:
    await client.register()
    await client.shows("0")
    await client.click(content="Add")
    await client.shows("1")


async def test_one_app_is_an_application() -> None:
    async with running(application(counter, app_name="Mine")) as url:
        assert "<title>Mine</title>" in (await get(f"{url}/")).text
        async with SocketClient(url) as client:
            await use(client)


async def test_several_apps_have_settings_of_their_own() -> None:
    apps = {"/": counter, "/sub-app": App(other, options={"app_name": "The other", "max_sessions": 1})}
    async with running(application(apps, app_name="The root")) as url:
        assert "<title>The root</title>" in (await get(f"{url}/")).text
        assert "<title>The other</title>" in (await get(f"{url}/sub-app/")).text
        async with SocketClient(url) as one, SocketClient(f"{url}/sub-app") as two:
            await use(one)
            await two.register()
            await two.shows("other")
            assert (await get(f"{url}/sub-app/")).status_code == 503
            assert (await get(f"{url}/")).status_code == 200


async def test_shutting_down_closes_sessions() -> None:
    closed.clear()
    async with running(application(counter)) as url, SocketClient(url) as client:
        await use(client)
        await app_manager.shutdown()
        await client.gone()
        assert closed == ["counter"]
        assert (await get(f"{url}/readyz")).text == "stopping\n"


async def test_parts_work_together_in_an_application_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "hello.txt").write_text("hello")
    uploads = {"upload_dir": tmp_path / "uploads", "secret_key": "long"}
    app = Application(
        [
            (r"/mine", Own),
            (r"/app1/live", FletApp, {"main": counter, "upload_endpoint_path": "/take", "secret_key": "long"}),
            (r"/take", FletUpload, {**uploads, "max_upload_size": 100}),
            (r"/oauth_callback", FletOAuth),
            (
                r"/app1/(.*)",
                FletStaticFiles,
                {
                    "app_mount_path": "/app1",
                    "websocket_endpoint_path": "/app1/live",
                    "assets_dir": tmp_path / "assets",
                    "app_name": "Part",
                },
            ),
        ]
    )
    async with running(app) as url:
        assert (await get(f"{url}/mine")).text == "mine"
        page = await get(f"{url}/app1/")
        assert "<title>Part</title>" in page.text
        assert '"/app1/live"' in page.text
        assert page.headers["x-content-type-options"] == "nosniff"
        assert (await get(f"{url}/app1/hello.txt")).text == "hello"
        assert (await get(f"{url}/app1/store")).text == page.text
        async with SocketClient(f"{url}/app1", endpoint="live") as client:
            await use(client)
            await client.click(content="Where")
            await client.until(lambda: client.texts()[0].startswith("/take?"))
            assert (await put(url + client.texts()[0], b"content")).status_code == 200
            assert (await put(url + client.texts()[0], bytes(101))).status_code == 413
        assert (tmp_path / "uploads" / "a" / "b.txt").read_bytes() == b"content"
        assert (await get(f"{url}/oauth_callback?state=made-up&code=1")).status_code == 410
        async with SocketClient(f"{url}/app1", endpoint="live") as again:
            await again.register(client.session_id)
            assert again.session_id == client.session_id


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: application(counter, prot=1), "port"),
        (lambda: application(counter, port=1), "server that runs this app"),
        (lambda: application(counter, token="x"), "authentication"),
        (lambda: application({"/": counter, "": other}), "Two apps"),
        (lambda: application({"/": counter}, before_main=other), "App()"),
        (lambda: application(counter, upload_dir="x"), "FLET_SECRET_KEY"),
    ],
)
def test_what_cannot_be_had_is_said_at_once(make: Callable[[], object], said: str) -> None:
    with pytest.raises(BadOption, match=said.replace("(", "\\(").replace(")", "\\)")):
        make()


def test_a_control_is_no_app_of_a_website() -> None:
    with pytest.raises(NotAnApp):
        application(ft.Text("x"))  # type: ignore[arg-type]


async def test_nothing_is_left_of_a_loop_that_has_ended() -> None:
    def run() -> None:
        async def once() -> None:
            async with running(application(counter)) as url, SocketClient(url) as client:
                await use(client)

        asyncio.run(once())

    for _ in range(2):
        await asyncio.to_thread(run)
