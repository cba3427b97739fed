"""A Jupyter server with the extension, below a prefix, where nobody gets in without a token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# Imported rather than named in pytest_plugins, which would give every test of the project its autouse fixtures.
from pytest_jupyter.jupyter_server import *  # noqa: F403 (they need each other, by name)
from tornado.httpclient import HTTPResponse

Fetch = Callable[..., Awaitable[HTTPResponse]]

# Like flet_web/web, but small: compressing the real one takes ten seconds.
FILES = {
    "flutter_bootstrap.js": b"// boot\n" * 500,
    "index.html": b"<!DOCTYPE html>\n" * 50,
    "main.dart.js": b"function f() { return 'Flutter'; }\n" * 5000,
    "main.dart.mjs": b"export const x = 1;\n" * 100,
    "main.dart.wasm": b"\0asm" + bytes(range(256)) * 100,
    "assets/FontManifest.json": b'[{"family":"MaterialIcons","fonts":[{"asset":"fonts/icons.otf"}]}]',
    "assets/NOTICES": b"Licence\n" * 100,
    "assets/fonts/roboto.woff2": b"wOF2" + bytes(100),
    "assets/fonts/icons.otf": b"OTTO" + bytes(1000),
    "icons/icon.png": b"\x89PNG" + bytes(10),
    "canvaskit/canvaskit.js.symbols": b"0:name",
    "flutter.js.map": b"{}",
    "pyodide/python": b"#!/bin/sh",
    "pyodide/python.exe": b"MZ",
}


@pytest.fixture
async def jp_asyncio_loop() -> asyncio.AbstractEventLoop:
    """Run pytest-jupyter's server on the loop of the test; left alone, each would have its own."""
    return asyncio.get_running_loop()


@pytest.fixture
def web_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "web"
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.setenv("FLET_WEB_PATH", str(root))
    return root


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The engine bundle, whether or not one was built."""
    path = tmp_path / "static" / "engine.js"
    path.parent.mkdir()
    path.write_bytes(b"export const engine = 1;\n" * 200)
    monkeypatch.setattr("flet_jupyter.client.assets.STATIC", path.parent)
    return path


@pytest.fixture
def cache_dir(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def jp_server_config(web_dir: Path, engine: Path, cache_dir: Path) -> dict[str, Any]:
    return {
        "ServerApp": {
            "jpserver_extensions": {"flet_jupyter": True, "jupyter_server_terminals": False},
            "allow_unauthenticated_access": False,
        },
        "FletExtension": {"cache_dir": str(cache_dir)},
    }


@pytest.fixture
def extension(jp_serverapp: Any) -> Any:
    (app,) = jp_serverapp.extension_manager.extension_apps["flet_jupyter"]
    for copies in app.copies:
        assert copies.wait(30)
    return app


@pytest.fixture
def fetch(extension: Any, http_server_client: Any, jp_base_url: str, jp_auth_header: dict[str, str]) -> Fetch:
    """Request a path below ``flet/`` exactly as it is written; an error status is a response as well."""

    async def request(path: str, *, method: str = "GET", login: bool = True, **headers: str) -> HTTPResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        response: HTTPResponse = await http_server_client.fetch(
            f"{jp_base_url}flet/{path}",
            method=method,
            headers=(jp_auth_header if login else {}) | sent,
            decompress_response=False,
            follow_redirects=False,
            raise_error=False,
            body=b"" if method in ("POST", "PUT", "PATCH") else None,
        )
        return response

    return request


def message(response: HTTPResponse) -> str:
    assert response.headers["Content-Type"] == "application/json"
    text = json.loads(response.body)["message"]
    assert isinstance(text, str)
    return text


@dataclass
class Browser:
    """Somebody who has logged in, and sends cookies where scripts send a token."""

    client: Any
    base_url: str
    cookies: dict[str, str]

    @property
    def xsrf(self) -> str:
        return self.cookies["_xsrf"]

    async def fetch(self, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> HTTPResponse:
        """Request a path below the server's base URL."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is None and method in ("POST", "PUT"):
            body = b""
        response: HTTPResponse = await self.client.fetch(
            f"{self.base_url}{path}",
            method=method,
            headers={"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} | sent,
            follow_redirects=False,
            raise_error=False,
            body=body,
        )
        return response

    async def ask(self, folder: str, *, path: str = "flet/uploads", **more: str) -> HTTPResponse:
        """Ask for a grant, as a page does."""
        body = json.dumps({"folder": folder, **more}).encode()
        return await self.fetch(path, method="POST", body=body, X_XSRFToken=self.xsrf)


@pytest.fixture
def log_in(extension: Any, http_server_client: Any, jp_base_url: str, jp_serverapp: Any) -> Callable[[], Any]:
    """Log in as somebody new, each time."""

    async def enter() -> Browser:
        token = jp_serverapp.identity_provider.token
        cookies: dict[str, str] = {}
        # The login page sets the XSRF token; any page with the server's token, who it is.
        for page in ("login", f"api/status?token={token}"):
            response = await http_server_client.fetch(f"{jp_base_url}{page}")
            for cookie in response.headers.get_list("Set-Cookie"):
                name, _, value = cookie.partition(";")[0].partition("=")
                cookies[name] = value
        return Browser(http_server_client, jp_base_url, cookies)

    return enter
