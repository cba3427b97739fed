"""The parts of an app, one by one in an app of somebody's own, as Flet documents them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
import websockets

from tests.asgi.apps import MAIN
from tests.asgi.serving import Serving
from tests.site.oauth_provider import ENVIRONMENT, OAuthProviderServer
from tests.site.socket_client import SocketClient

PARTS = f"""{MAIN}
import json, os
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, WebSocket
from flet.auth import OAuthProvider

from flet_jupyter.asgi import FletApp, FletOAuth, FletStaticFiles, FletUpload, app_manager


@asynccontextmanager
async def lifespan(app):
    await app_manager.start()
    yield
    await app_manager.shutdown()


app = FastAPI(lifespan=lifespan)


def login_main(page):
    user = ft.Text("nobody")

    async def login():
        known = json.loads(os.environ["PROVIDER"])
        callback = f"http://{{urlsplit(page.url).netloc}}/oauth_callback"
        await page.login(OAuthProvider(**known, user_id_fn=lambda user: user["id"], redirect_url=callback))

    def on_login(e):
        user.value = e.error or page.auth.user["name"]
        page.update()

    page.on_login = on_login
    page.add(user, ft.Button("login", on_click=login))


@app.websocket("/app1/ws")
async def flet_app(websocket: WebSocket):
    await FletApp(main, executor=app_manager.executor, upload_endpoint_path="/upload", secret_key="k").handle(websocket)


@app.websocket("/beside/ws")
async def flet_app_beside(websocket: WebSocket):
    await FletApp(main, secret_key="k").handle(websocket)


@app.put("/beside/upload")
async def flet_uploads_beside(request: Request):
    return await FletUpload("uploads", secret_key="k").handle(request)


@app.websocket("/accepted/ws")
async def flet_app_accepted(websocket: WebSocket):
    await websocket.accept()
    await FletApp(main).handle(websocket)


@app.websocket("/each/ws")
async def flet_app_of_each(websocket: WebSocket):
    await FletApp(lambda page: page.add(ft.Text("an app for one"))).handle(websocket)


@app.websocket("/login/ws")
async def flet_login(websocket: WebSocket):
    await FletApp(login_main).handle(websocket)


@app.put("/upload")
async def flet_uploads(request: Request):
    await FletUpload("uploads", max_upload_size=1000, secret_key="k").handle(request)


@app.get("/oauth_callback")
async def flet_oauth(request: Request):
    return await FletOAuth().handle(request)


app.mount("/app1", FletStaticFiles(app_name="One", assets_dir="assets"))
app.mount("/", FletStaticFiles(app_name="Root", websocket_endpoint_path="/app1/ws", web_renderer="canvaskit"))
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[OAuthProviderServer]:
    with OAuthProviderServer() as server:
        yield server


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory, provider: OAuthProviderServer) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("parts")
    (folder / "assets").mkdir()
    (folder / "assets" / "hello.txt").write_text("hello")
    known = {
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "authorization_endpoint": f"{provider.url}/authorize",
        "token_endpoint": f"{provider.url}/token",
        "user_endpoint": f"{provider.url}/user",
        "user_scopes": ["profile"],
    }
    with Serving(folder, PARTS, PROVIDER=json.dumps(known), **ENVIRONMENT) as server:
        yield server


@pytest.fixture
async def browser(parts: Serving) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=parts.url, trust_env=False) as client:
        yield client


async def test_static_files_are_the_page_and_what_is_behind_it(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/app1/store")
    assert "<title>One</title>" in page.text
    assert '<base href="/app1/">' in page.text
    assert '"webSocketEndpoint": "/app1/ws"' in page.text
    assert "flet_browser" in page.cookies
    assert (await browser.get("/app1/hello.txt")).text == "hello"
    assert (await browser.get("/app1/nothing.txt")).status_code == 404
    assert (await browser.post("/app1/")).status_code == 405


async def test_static_files_may_belong_to_a_websocket_elsewhere(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")
    assert '<base href="/">' in page.text
    assert '"webSocketEndpoint": "/app1/ws"' in page.text
    assert '"webRenderer": "canvaskit"' in page.text


async def test_each_connection_may_have_a_flet_app_of_its_own_and_finds_its_session(parts: Serving) -> None:
    async with SocketClient(f"{parts.url}/app1") as client:
        await client.register()
        await client.click(content="Add")
        await client.shows("1", "-")
        session = client.session_id
    async with SocketClient(f"{parts.url}/app1") as client:
        await client.register(session)
        await client.shows("1", "-")
        await client.click(content="who")
        await client.shows("1", f"127.0.0.1|{parts.url}/app1|/|app1")


async def test_apps_at_different_paths_have_sessions_of_their_own(parts: Serving) -> None:
    async with SocketClient(f"{parts.url}/app1") as client, SocketClient(f"{parts.url}/beside") as beside:
        await client.register()
        await beside.register(client.session_id)
        assert beside.session_id != client.session_id


async def test_a_connection_may_be_accepted_already(parts: Serving) -> None:
    async with SocketClient(f"{parts.url}/accepted") as client:
        await client.register()
        await client.shows("0", "-")


async def test_a_function_made_for_each_connection_is_an_app_of_its_own(parts: Serving) -> None:
    for _ in range(120):  # more than are kept
        async with SocketClient(f"{parts.url}/each") as client:
            await client.socket.ping()
    async with SocketClient(f"{parts.url}/each") as client:
        await client.register()
        await client.shows("an app for one")


async def test_pages_of_strangers_may_not_connect_to_a_flet_app(parts: Serving) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await SocketClient(f"{parts.url}/app1", headers={"Origin": "https://stranger.example"}).__aenter__()
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(("app", "endpoint"), [("app1", "/upload"), ("beside", "/beside/upload")])
async def test_a_file_arrives_by_way_of_both_parts(
    parts: Serving, browser: httpx.AsyncClient, app: str, endpoint: str
) -> None:
    async with SocketClient(f"{parts.url}/{app}") as client:
        await client.register()
        await client.click(content="upload")
        await client.until(lambda: client.texts()[1] != "-", "the address")
        address = client.texts()[1]
    assert urlsplit(address).path == endpoint
    assert (await browser.put(address, content=b"a file")).status_code == 200
    target = parts.folder / "uploads" / "folder" / "file.bin"
    assert target.read_bytes() == b"a file"
    target.unlink()

    # What the route does not return must not look as if it had been taken.
    other = "/beside/upload" if endpoint == "/upload" else "/upload"
    assert (await browser.put(address.replace(endpoint, other, 1), content=b"x")).status_code == 403
    assert (await browser.put(endpoint, content=b"x")).status_code == 400
    assert (await browser.put("/upload?f=a&e=2100-01-01T00:00:00Z&s=b", content=b"x")).status_code == 403
    assert not target.exists()


async def test_a_file_that_is_too_large_for_the_part_is_refused(parts: Serving, browser: httpx.AsyncClient) -> None:
    async with SocketClient(f"{parts.url}/app1") as client:
        await client.register()
        await client.click(content="upload")
        await client.until(lambda: client.texts()[1] != "-", "the address")

    async def stream() -> AsyncIterator[bytes]:
        yield bytes(600)
        yield bytes(600)

    reply = await browser.put(client.texts()[1], content=stream())
    assert (reply.status_code, reply.json()) == (
        413,
        {"detail": "The file is too large: it may have 1,000 bytes at most."},
    )
    assert not (parts.folder / "uploads" / "folder" / "file.bin").exists()


async def test_without_a_key_no_address_for_uploads_is_made(parts: Serving) -> None:
    async with SocketClient(f"{parts.url}/accepted") as client:
        await client.register()
        await client.click(content="upload")
        parts.wait_for("Uploads need a secret key: give FletApp and FletUpload the same secret_key")


async def test_a_login_comes_back_to_the_app_that_began_it(parts: Serving, browser: httpx.AsyncClient) -> None:
    await browser.get("/")
    cookie = f"flet_browser={browser.cookies['flet_browser']}"
    async with (
        SocketClient(f"{parts.url}/app1") as other,
        SocketClient(f"{parts.url}/login", headers={"Cookie": cookie}) as client,
    ):
        await other.register()
        await client.register()
        await client.click(content="login")
        await client.until(lambda: client.calls, "the login's window")
        away = await browser.get(client.calls[-1]["args"]["url"])
        assert away.status_code == 302
        back = await browser.get(away.headers["location"])
        assert (back.status_code, "Logged in" in back.text) == (200, True)
        assert back.headers["referrer-policy"] == "no-referrer"
        await client.shows("Ada Lovelace")
        # A login is good for one time.
        assert (await browser.get(away.headers["location"])).status_code == 410


async def test_a_login_in_another_browser_is_refused(parts: Serving, browser: httpx.AsyncClient) -> None:
    async with SocketClient(f"{parts.url}/login") as client:
        await client.register()
        await client.click(content="login")
        await client.until(lambda: client.calls, "the login's window")
        away = await browser.get(client.calls[-1]["args"]["url"])
        back = await browser.get(away.headers["location"])
        assert back.status_code == 403
        await client.shows("nobody")
