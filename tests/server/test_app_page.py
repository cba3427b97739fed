"""``flet/app/<kernel>/<app>``: the page of one app, and the script that it loads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.auth import AllowAllAuthorizer

from .conftest import Fetch, message

PAGE = "app/1d2e3f40-0000-4000-8000-123456789abc/0123456789abcdef"


async def test_the_page_knows_its_app_and_where_the_server_is(fetch: Fetch, jp_base_url: str) -> None:
    response = await fetch(PAGE)
    assert response.code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    page = response.body.decode()
    config = re.search(r'<script id="jupyter-config-data" type="application/json">(.*?)</script>', page)
    assert config is not None
    assert json.loads(config[1]) == {
        "baseUrl": jp_base_url,
        "kernelId": "1d2e3f40-0000-4000-8000-123456789abc",
        "appId": "0123456789abcdef",
    }
    assert f'src="{jp_base_url}flet/app-page.js"' in page


async def test_the_page_holds_no_token_and_is_kept_by_nobody(fetch: Fetch, jp_serverapp: Any) -> None:
    response = await fetch(PAGE)
    assert jp_serverapp.identity_provider.token not in response.body.decode()
    assert response.headers["Cache-Control"] == "no-store"


async def test_the_page_runs_scripts_of_the_server_alone(fetch: Fetch) -> None:
    policy = (await fetch(PAGE)).headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert directives["default-src"] == "'self'"
    assert directives["frame-ancestors"] == "'self'"
    assert directives["base-uri"] == "'none'"
    scripts = re.findall(r"<script\b[^>]*>", (await fetch(PAGE)).body.decode())
    assert [script for script in scripts if "src=" not in script and "application/json" not in script] == []


async def test_who_has_logged_in_with_a_cookie_gets_the_page_and_the_xsrf_cookie(log_in: Any) -> None:
    browser = await log_in()
    del browser.cookies["_xsrf"]
    response = await browser.fetch(f"flet/{PAGE}")
    assert response.code == 200
    assert any(cookie.startswith("_xsrf=") for cookie in response.headers.get_list("Set-Cookie"))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_stranger_is_led_to_the_login(fetch: Fetch, jp_base_url: str, method: str) -> None:
    response = await fetch(PAGE, method=method, login=False)
    if method == "GET":
        assert response.code == 302
        assert response.headers["Location"].startswith(f"{jp_base_url}login?next=")
    assert b"jupyter-config-data" not in response.body


class DenyAll(AllowAllAuthorizer):
    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return resource != "flet"


class TestWithoutPermission:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["ServerApp"]["authorizer_class"] = DenyAll
        return jp_server_config

    async def test_there_is_no_page(self, fetch: Fetch) -> None:
        response = await fetch(PAGE)
        assert response.code == 403
        assert b"jupyter-config-data" not in response.body


@pytest.mark.parametrize("path", ["app/a", "app/a/b/c", 'app/"><script>/b', "app/a%22/b", "app/../status/b"])
async def test_what_is_no_address_of_an_app_is_not_found(fetch: Fetch, path: str) -> None:
    response = await fetch(path)
    assert response.code in (400, 404)
    assert b"<script>/" not in response.body


async def test_sends_the_script_of_the_page(fetch: Fetch, engine: Path) -> None:
    script = engine.with_name("app-page.js")
    response = await fetch("app-page.js")
    assert response.code == 404
    assert "npm run build" in message(response)
    script.write_bytes(b"export {};\n")
    response = await fetch("app-page.js")
    assert (response.code, response.body) == (200, b"export {};\n")
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
