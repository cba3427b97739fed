"""A website below a path of its host, which a real nginx keeps or takes away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from tests.web.apps import COUNTER, MANY
from tests.web.http_browser import Browser
from tests.web.nginx import Nginx
from tests.web.serving import Serving
from tests.web.test_nginx import VISITOR, upload_path, who

pytestmark = pytest.mark.nginx

WAYS = {"kept": "--base-url=/apps/x", "stripped": "--proxy-path=/apps/x"}


@pytest.fixture(scope="module", params=WAYS)
def prefixed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with an app and another below it, below a path that nginx keeps or takes away."""
    folder = tmp_path_factory.mktemp(request.param)
    many, counter = folder / "many.py", folder / "counter.py"
    many.write_text(f"LOG = {str(folder / 'notes')!r}\n{MANY}")
    counter.write_text(COUNTER)
    (folder / "assets").mkdir()
    (folder / "assets" / "hello.txt").write_text("hello, world")
    arguments = (f"--upload-dir={folder / 'uploads'}", "--secret-key=long", "--trusted-proxies=127.0.0.1")
    with (
        Serving(f"/={many}", f"/sub={counter}", WAYS[request.param], *arguments) as server,
        Nginx(folder / "nginx", f"prefix-{request.param}.conf", [server.url]) as nginx,
    ):
        yield f"{nginx.url}apps/x/"


@pytest.mark.parametrize(("path", "app"), [("", ""), ("store/17", ""), ("sub/", "sub/"), ("sub/a/b", "sub/")])
async def test_below_a_path_the_page_finds_everything(prefixed: str, path: str, app: str) -> None:
    with Browser(prefixed + path) as browser:
        assert browser.base == prefixed + app
        assert urljoin(browser.base, browser.configuration["webSocketEndpoint"]) == f"{prefixed}{app}ws"
        for name in ("flutter_bootstrap.js", "main.dart.js", "canvaskit/canvaskit.wasm"):
            found = browser.get(browser.configuration["entrypointBaseUrl"] + name)
            assert (found.status_code, "html" in found.headers["Content-Type"]) == (200, False)
        assert browser.get("manifest.json").json()["name"]
        async with browser.client() as client:
            await client.register()
            await client.until(client.texts)


async def test_below_a_path_assets_and_uploads_are_below_it_too(prefixed: str) -> None:
    with Browser(prefixed, address=VISITOR) as browser:
        assert browser.get("hello.txt").text == "hello, world"
        async with browser.client() as client:
            ip, _, url, *_ = await who(client)
            assert (ip, url) == (VISITOR, prefixed.rstrip("/"))
            path = await upload_path(client)
        assert path.startswith("/apps/x/upload?")
        assert browser.http.put(urljoin(prefixed, path), content=b"x").status_code == 200


@pytest.mark.parametrize("path", ["", "/sub"])
def test_below_a_path_a_missing_slash_is_added(prefixed: str, path: str) -> None:
    reply = httpx.get(f"{prefixed.rstrip('/')}{path}?x=1")
    assert reply.status_code in (301, 302)
    assert reply.headers["Location"] == f"/apps/x{path}/?x=1"


@pytest.mark.parametrize("way", WAYS)
def test_below_a_path_the_index_of_apps_leads_to_them(app_file: Callable[..., Path], tmp_path: Path, way: str) -> None:
    app_file(COUNTER, name="one.py")
    with (
        Serving(tmp_path, WAYS[way]) as server,
        Nginx(tmp_path / "nginx", f"prefix-{way}.conf", [server.url]) as nginx,
    ):
        assert 'href="/apps/x/one"' in httpx.get(f"{nginx.url}apps/x/").text
        with Browser(f"{nginx.url}apps/x/one") as browser:
            assert str(browser.page.url) == f"{nginx.url}apps/x/one/"
            assert "<title>one</title>" in browser.page.text


def test_below_a_path_logins_come_back_to_the_app(prefixed: str) -> None:
    reply = httpx.get(f"{prefixed}oauth_callback?state=made-up&code=x", headers={"Accept": "text/html"})
    assert reply.status_code == 410
    assert "Log" in reply.text or "log" in reply.text
    assert 'href="/apps/x/"' in reply.text
