"""Where an app can be: below other apps, behind prefixes, on one event loop after another."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import flet as ft
import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from flet_jupyter import asgi
from tests.asgi.apps import ALONE, MAIN
from tests.asgi.serving import Serving
from tests.core.harness import until
from tests.core.model_client import ModelClient, pack_register
from tests.site.socket_client import SocketClient

SEVERAL = f"""{MAIN}
from fastapi import FastAPI


def sub_main(page):
    page.add(ft.Text("This is the sub app!"), ft.Button("where", on_click=lambda e: page.add(ft.Text(page.url))))


def root_main(page):
    page.add(ft.Text("This is the root app!"))


app = FastAPI()


@app.get("/api")
async def api():
    return {{"own": True}}


app.mount("/sub-app", asgi.app(sub_main))
app.mount("/", asgi.app(root_main))
"""

WITH_LIFESPAN = f"""{MAIN}
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app):
    await asgi.app_manager.start()
    yield
    await asgi.app_manager.shutdown()
    note("shut-down")


app = FastAPI(lifespan=lifespan)
app.mount("/flet-app", asgi.app(main))
"""


def main(page: ft.Page) -> None:
    page.add(ft.Text("here"))


def base_of(page: httpx.Response) -> str:
    """The path that a page says it is below."""
    found = re.search('<base href="([^"]*)">', page.text)
    assert found, page.text
    return found.group(1)


def asking(app: Any, root_path: str = "") -> httpx.AsyncClient:
    """Ask an application in this process."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, root_path=root_path), base_url="http://site")


@pytest.fixture(autouse=True)
async def _shut_down() -> AsyncIterator[None]:
    yield
    await asgi.app_manager.shutdown()


# -- mounted in another app ---------------------------------------------------------------------------


async def test_apps_below_one_address_are_apart(tmp_path: Path) -> None:
    with Serving(tmp_path, SEVERAL) as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as browser:
            assert (await browser.get("/api")).json() == {"own": True}
            for path, base in (
                ("/", "/"),
                ("/store", "/"),
                ("/sub-app/", "/sub-app/"),
                ("/sub-app/store", "/sub-app/"),
            ):
                assert base_of(await browser.get(path)) == base
            assert (await browser.get("/sub-app/main.dart.js")).status_code == 200
            # What those who run an app ask it, they ask the one around it here.
            assert base_of(await browser.get("/healthz")) == "/"
        async with SocketClient(server.url) as root, SocketClient(f"{server.url}/sub-app") as sub:
            await root.register()
            await root.shows("This is the root app!")
            await sub.register()
            await sub.click(content="where")
            await sub.shows("This is the sub app!", f"{server.url}/sub-app")


async def test_who_mounts_an_app_closes_its_sessions(tmp_path: Path) -> None:
    with Serving(tmp_path, WITH_LIFESPAN) as server:
        async with SocketClient(f"{server.url}/flet-app") as client:
            await client.register()
            await client.click(content="Add")
            await client.shows("1", "-")
        server.stop()
        assert server.noted()[-1] == "shut-down"
        assert server.noted().count("close") == 1


async def test_mounts_within_mounts_are_known() -> None:
    inner = Starlette(routes=[Mount("/inner", asgi.app(main))])
    async with asking(Starlette(routes=[Mount("/outer", inner)])) as browser:
        assert base_of(await browser.get("/outer/inner/")) == "/outer/inner/"


async def test_a_mount_with_a_parameter_serves_so_many_paths_and_no_more() -> None:
    async with asking(Starlette(routes=[Mount("/{tenant}", asgi.app(main))])) as browser:
        for tenant in range(16):
            assert base_of(await browser.get(f"/{tenant}/")) == f"/{tenant}/"
        assert (await browser.get("/16/")).status_code == 404
        assert base_of(await browser.get("/7/")) == "/7/"


async def test_a_mount_is_written_into_the_page_as_a_url() -> None:
    async with asking(Starlette(routes=[Mount("/{tenant}", asgi.app(main))])) as browser:
        assert base_of(await browser.get('/a"><b>/')) == "/a%22%3E%3Cb%3E/"


async def test_numbers_and_readiness_can_be_had_for_routes_of_ones_own() -> None:
    app = asgi.app(main, max_sessions=1)
    async with asking(Starlette(routes=[Mount("/flet", app)])) as browser:
        await browser.get("/flet/")
        assert b'flet_sessions{app="/flet"} 0.0' in app.metrics()
        assert app.why_not_ready() == ""
        await asgi.app_manager.shutdown()
        assert app.why_not_ready() == "stopping"


# -- behind prefixes ----------------------------------------------------------------------------------


async def test_a_server_may_be_told_the_path(tmp_path: Path) -> None:
    with Serving(tmp_path, ALONE, "--root-path", "/outer") as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as browser:
            # uvicorn puts its root path before what it is asked for.
            assert base_of(await browser.get("/")) == "/outer/"
            assert (await browser.get("/healthz")).text == "ok\n"


@pytest.mark.parametrize("path", ["/store", "/outer/store"], ids=["taken away", "left in place"])
async def test_the_path_of_a_server_may_be_in_requests_or_not(path: str) -> None:
    async with asking(asgi.app(main), root_path="/outer") as browser:
        assert base_of(await browser.get(path)) == "/outer/"


async def test_what_only_begins_like_the_path_is_not_below_it(tmp_path: Path) -> None:
    (tmp_path / "er.txt").write_text("er")
    async with asking(asgi.app(main, assets_dir=tmp_path), root_path="/out") as browser:
        assert (await browser.get("/outer.txt")).status_code == 404
        assert (await browser.get("/out/er.txt")).text == "er"


async def test_a_proxy_may_take_a_path_away() -> None:
    async with asking(asgi.app(main, proxy_path="/outer"), root_path="/inner") as browser:
        assert base_of(await browser.get("/inner/")) == "/outer/inner/"
        reply = await browser.get("/inner?a=1")
        assert (reply.status_code, reply.headers["location"]) == (302, "/outer/inner/?a=1")


async def test_an_app_that_nobody_mounts_can_say_itself_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLET_WEB_APP_PATH", "/apps/one")
    app = asgi.app(main)
    async with asking(app) as browser:
        assert base_of(await browser.get("/apps/one/store")) == "/apps/one/"
        assert (await browser.get("/apps/one")).headers["location"] == "/apps/one/"
        assert [(await browser.get(path)).status_code for path in ("/", "/apps", "/apps/one1")] == [404] * 3
        assert [(await browser.get(path)).text for path in ("/healthz", "/apps/one/healthz")] == ["ok\n"] * 2
    async with asking(Starlette(routes=[Mount("/mounted", app)])) as browser:
        assert base_of(await browser.get("/mounted/")) == "/mounted/"


# -- lives --------------------------------------------------------------------------------------------


async def test_nobody_is_let_in_after_the_end_until_it_starts_again() -> None:
    async with asking(asgi.app(main)) as browser:
        assert (await browser.get("/")).status_code == 200
        await asgi.app_manager.shutdown()
        assert (await browser.get("/")).status_code == 503
        async with asking(asgi.app(main)) as late:
            assert (await late.get("/")).status_code == 503
        assert (await browser.get("/readyz")).text == "stopping\n"
        assert (await browser.get("/healthz")).text == "ok\n"
        await asgi.app_manager.start()
        assert (await browser.get("/")).status_code == 200


def test_an_app_lives_on_one_loop_after_another() -> None:
    app = asgi.app(main)

    async def visit() -> list[str]:
        client, asked, seen = ModelClient(), asyncio.Queue[Any](), asyncio.Event()

        async def send(message: Any) -> None:
            if message["type"] == "websocket.send":
                client.receive(message["bytes"])
                if client.texts():
                    seen.set()

        asked.put_nowait({"type": "websocket.connect"})
        asked.put_nowait({"type": "websocket.receive", "bytes": pack_register()})
        scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b""}
        life = asyncio.create_task(app(scope, asked.get, send))
        await seen.wait()
        asked.put_nowait({"type": "websocket.disconnect"})
        await life
        return client.texts()

    assert [asyncio.run(visit()) for _ in range(3)] == [["here"]] * 3
    asyncio.run(asgi.app_manager.start())
    assert len(asgi.app_manager._loops) <= 2  # that one, and the test runner's


async def test_its_own_end_leaves_other_apps_alone() -> None:
    events: asyncio.Queue[Any] = asyncio.Queue()
    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    app, other = asgi.app(main), asgi.app(main)
    async with asking(other) as browser:
        assert (await browser.get("/")).status_code == 200
        life = asyncio.create_task(app({"type": "lifespan"}, events.get, send))
        await events.put({"type": "lifespan.startup"})
        await until(lambda: sent == ["lifespan.startup.complete"])
        await events.put({"type": "lifespan.shutdown"})
        await life
        assert sent[1:] == ["lifespan.shutdown.complete"]
        assert app.why_not_ready() == "stopping"
        assert (await browser.get("/")).status_code == 200


async def test_an_error_of_ours_is_answered_and_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    app = asgi.app(main)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("flet_jupyter.site.web_app.WebApp.reply", broken)
    async with asking(app) as browser:
        with pytest.raises(ZeroDivisionError):
            await browser.get("/")
    quiet = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=quiet, base_url="http://site") as browser:
        reply = await browser.get("/")
    assert reply.status_code == 500
    assert "log" in reply.json()["message"]
    assert "secret" not in reply.text
