"""The same app on each of the servers."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.asgi.apps import ALONE
from tests.asgi.serving import SERVERS, Serving
from tests.site.socket_client import SocketClient


@pytest.mark.parametrize("server", SERVERS)
async def test_an_app_is_shown_clicked_and_found_again(server: str, tmp_path: Path) -> None:
    with Serving(tmp_path, ALONE, server=server) as serving:
        async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as browser:
            page = await browser.get("/")
            assert page.status_code == 200
            assert 'base href="/"' in page.text
            assert "flet_browser" in browser.cookies
            assert (await browser.get("/main.dart.js")).headers["content-type"] == "text/javascript; charset=utf-8"

        async with SocketClient(serving.url) as client:
            await client.register()
            await client.shows("0", "-")
            await client.click(content="Add")
            await client.shows("1", "-")
            session = client.session_id

        async with SocketClient(serving.url) as client:
            await client.register(session)
            await client.shows("1", "-")
            assert client.session_id == session
    # daphne tells applications nothing of its end.
    assert ("close" in serving.noted()) == (server != "daphne")
