"""One site served by two processes behind nginx: visitors find their sessions, whichever process has them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import httpx
import pytest

from tests.core.harness import PATIENCE
from tests.site.oauth_provider import ENVIRONMENT, OAuthProviderServer
from tests.web.http_browser import Browser, TabClient
from tests.web.nginx import Nginx
from tests.web.serving import Serving

if TYPE_CHECKING:
    from typing_extensions import Self

pytestmark = pytest.mark.nginx

APP = """
import os
import time
from pathlib import Path

import flet as ft
import flet.auth

def main(page: ft.Page):
    count = ft.Text("0")
    said = ft.Text("")

    def add(e):
        count.value = str(int(count.value) + 1)

    def upload(e):
        said.value = page.get_upload_url(f"from {os.environ['WORKER']}.txt", 600)

    async def login(e):
        await page.login(flet.auth.OAuthProvider(
            client_id="the-client",
            client_secret=os.environ["CLIENT_SECRET"],
            authorization_endpoint=os.environ["PROVIDER"] + "/authorize",
            token_endpoint=os.environ["PROVIDER"] + "/token",
            user_endpoint=os.environ["PROVIDER"] + "/user",
            user_scopes=["profile"],
            user_id_fn=lambda user: user["id"],
            redirect_url=page.url + "/oauth_callback",
        ))

    def on_login(e):
        said.value = e.error or page.auth.user.id
        page.update()

    def on_close(e):
        while not Path(os.environ.get("MAY_END", "/")).exists():
            time.sleep(0.01)

    page.on_login = on_login
    page.on_close = on_close
    handlers = {"add": add, "upload": upload, "login": login}
    page.add(ft.Text(os.environ["WORKER"]), count, said)
    page.add(*[ft.Button(name, on_click=handler) for name, handler in handlers.items()])
"""


class Site:
    """Two processes, called one and two, and nginx in front of them."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        self.folder = folder
        self.uploads = folder / "uploads"
        self._arguments = (f"--upload-dir={self.uploads}", "--trusted-proxies=127.0.0.1", *arguments)
        self._variables: dict[str, Any] = {"FLET_SECRET_KEY": "what both know", **variables}
        self._stack = contextlib.ExitStack()
        (folder / "app.py").write_text(APP)
        self.workers = {name: self.serve(name) for name in ("one", "two")}
        urls = [worker.url for worker in self.workers.values()]
        self.nginx = self._stack.enter_context(Nginx(folder / "nginx", "root.conf", urls))
        self.url = self.nginx.url

    def serve(self, name: str, port: int = 0) -> Serving:
        """Start a process."""
        arguments = (*self._arguments, f"--port={port}")
        return self._stack.enter_context(Serving(self.folder / "app.py", *arguments, WORKER=name, **self._variables))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


@dataclass
class Visitor:
    """A browser, its connection, and where its session is."""

    browser: Browser
    client: TabClient
    worker: str

    async def come_back(self) -> None:
        """Connect again, as a client does whose network was away."""
        await self.client.__aexit__(None, None, None)
        former = self.client.session_id
        self.client = await self.browser.client().__aenter__()
        await self.client.register(former)
        await self.client.until(self.client.texts)
        self.worker = self.client.texts()[0]

    async def count(self, number: int) -> None:
        """Click until the counter says so."""
        for _ in range(number - int(self.client.texts()[1])):
            await self.client.click(content="add")
        await self.client.until(lambda: self.client.texts()[1] == str(number))

    async def said(self, button: str) -> str:
        """Press a button and return what the app then says."""
        await self.client.click(content=button)
        await self.client.until(lambda: self.client.texts()[2])
        return self.client.texts()[2]


@contextlib.asynccontextmanager
async def visitors(site: Site, *, each: int = 2, **browser: Any) -> AsyncIterator[list[Visitor]]:
    """Let visitors come until each process has some."""
    came: list[Visitor] = []
    try:
        while any(sum(visitor.worker == name for visitor in came) < each for name in site.workers):
            assert len(came) < 60, "all came to the same process"
            address = f"127.0.1.{len(came) + 1}"
            one = Browser(site.url, address=address, **browser)
            client = await one.client().__aenter__()
            await client.register()
            await client.until(client.texts)
            came.append(Visitor(one, client, client.texts()[0]))
        yield came
    finally:
        for visitor in came:
            await visitor.client.__aexit__(None, None, None)
            visitor.browser.__exit__()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with OAuthProviderServer() as provider:
        variables = {**ENVIRONMENT, "PROVIDER": provider.url, "CLIENT_SECRET": provider.client_secret}
        with Site(tmp_path_factory.mktemp("workers"), **variables) as site:
            yield site


@pytest.mark.parametrize("cookies", [True, False], ids=["by cookie", "by address"])
async def test_all_visitors_find_their_sessions_again(site: Site, cookies: bool) -> None:
    async with visitors(site, cookies=cookies) as came:
        before = []
        for number, visitor in enumerate(came):
            await visitor.count(number + 1)
            before.append((visitor.worker, visitor.client.session_id, visitor.client.texts()))
        for _ in range(3):
            for visitor, (worker, session, texts) in zip(came, before, strict=True):
                await visitor.come_back()
                assert (visitor.worker, visitor.client.session_id, visitor.client.texts()) == (worker, session, texts)


async def test_a_visitor_who_changes_networks_finds_his_session_by_his_cookie(site: Site) -> None:
    async with visitors(site) as came:
        for visitor in came:
            await visitor.count(1)
            visitor.browser.address = "127.0.2.1"
            await visitor.come_back()
            assert visitor.client.texts()[1] == "1"


async def test_tabs_of_one_browser_are_in_one_process(site: Site) -> None:
    async with visitors(site) as came:
        for visitor in came:
            async with visitor.browser.client() as tab:
                await tab.register()
                await tab.until(tab.texts)
                assert tab.texts()[0] == visitor.worker


def test_page_and_files_are_the_same_whoever_sends_them(site: Site) -> None:
    def told(url: str) -> tuple[str, list[str]]:
        with Browser(url) as browser:
            names = ("flutter_bootstrap.js", "main.dart.js", "canvaskit/canvaskit.wasm")
            files = [browser.get(browser.configuration["entrypointBaseUrl"] + name) for name in names]
            assert all(file.status_code == 200 for file in files)
            return browser.page.text, [re.sub(r"-\w+\"$", "", file.headers["ETag"]) for file in files]

    one, two = (told(worker.url) for worker in site.workers.values())
    assert one == two


async def test_an_upload_address_of_one_process_is_good_at_the_other(site: Site) -> None:
    async with visitors(site, each=1) as came:
        for visitor in came:
            (other,) = (worker for name, worker in site.workers.items() if name != visitor.worker)
            path = await visitor.said("upload")
            assert httpx.put(urljoin(other.url, path), content=b"here").status_code == 200
            assert (site.uploads / f"from {visitor.worker}.txt").read_bytes() == b"here"


async def test_logins_end_in_the_process_where_they_began(site: Site) -> None:
    async with visitors(site) as came:
        for visitor in came:
            await visitor.client.click(content="login")
            calls = visitor.client.calls
            await visitor.client.until(lambda calls=calls: "/authorize" in str(calls), "the login")
            (provider,) = re.findall(r"http://[^'\"]*/authorize[^'\"]*", str(calls))
            assert visitor.browser.get(provider).status_code == 200
            await visitor.client.until(lambda visitor=visitor: visitor.client.texts()[2] == "ada", "the login")


async def test_who_has_signed_in_is_known_to_both_processes(tmp_path: Path) -> None:
    with Site(tmp_path, "--token=open sesame") as site, Browser(site.url) as browser:
        assert "Sign in" in browser.page.text
        (form,) = re.findall(r'name="_xsrf" value="([^"]+)"', browser.page.text)
        browser.page = browser.http.post(browser.page.url, data={"_xsrf": form, "password": "open sesame"})
        for worker in site.workers.values():
            # The host is in the name of the cookie.
            page = browser.get(worker.url, headers={"Host": httpx.URL(site.url).netloc.decode()})
            assert (page.status_code, "Sign in" in page.text) == (200, False)
        async with browser.client() as client:
            await client.register()
            await client.until(client.texts)


async def test_a_process_that_is_about_to_end_gets_no_more_visitors(tmp_path: Path) -> None:
    may_end = tmp_path / "may end"
    with Site(tmp_path, MAY_END=str(may_end)) as site:
        async with visitors(site) as came:
            kept = HTTPConnection(httpx.URL(site.workers["one"].url).netloc.decode())
            kept.request("GET", "/healthz")
            assert kept.getresponse().read() == b"ok\n"
            process = site.workers["one"].process
            process.terminate()
            for visitor in [visitor for visitor in came if visitor.worker == "one"]:
                await visitor.client.gone()
                await visitor.come_back()
                assert visitor.worker == "two"
            upgrade = {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x" * 22 + "=="}
            kept.request("GET", "/ws", headers={"Connection": "Upgrade", "Upgrade": "websocket", **upgrade})
            answer = kept.getresponse()
            assert (answer.status, answer.headers["Connection"]) == (503, "close")
            may_end.touch()
            assert process.wait(PATIENCE) == 0


async def test_when_a_process_ends_its_visitors_begin_anew_and_the_others_notice_nothing(tmp_path: Path) -> None:
    with Site(tmp_path) as site:
        async with visitors(site) as came:
            for visitor in came:
                await visitor.count(1)
            lost = [visitor for visitor in came if visitor.worker == "one"]
            kept = [visitor for visitor in came if visitor.worker == "two"]
            assert site.workers["one"].stop() == 0
            for visitor in lost:
                await visitor.client.gone()
                former = visitor.client.session_id
                await visitor.come_back()
                assert (visitor.worker, visitor.client.texts()[1]) == ("two", "0")
                assert visitor.client.session_id != former
            for visitor in kept:
                assert not visitor.client.closed
                await visitor.count(2)
                await visitor.come_back()
                assert (visitor.worker, visitor.client.texts()[1]) == ("two", "2")
            with Browser(site.url) as newcomer:
                assert newcomer.page.status_code == 200

            # Back again, it has visitors at once.
            site.serve("one", port=httpx.URL(site.workers["one"].url).port or 0)
            for visitor in lost:
                await visitor.come_back()
                assert visitor.worker == "one"
