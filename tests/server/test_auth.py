"""Nobody gets anything from this extension without a login and a permission."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from flet_web.version import version
from jupyter_server.auth import AllowAllAuthorizer
from jupyter_server.auth.identity import PasswordIdentityProvider
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import RequestHandler, authenticated

import flet_jupyter.server
from flet_jupyter.core.uploads import UploadSigner
from flet_jupyter.server.grants import SCOPE

from .conftest import Fetch, message

COMMON = [f"client/{version}/main.dart.js", f"client/{version}/absent.js", "client/0/x.js", "engine.js", "status"]
PERSONAL = ["files/app.png", "files/absent.png", "oversized/", "oversized/absent"]
ROUTES = [*COMMON, *PERSONAL]
CHANGING = [("POST", "uploads"), ("PUT", "uploads/grant?f=x"), ("POST", "uploads/grant?f=x")]
METHODS = ["get", "head", "post", "put", "patch", "delete"]


@pytest.fixture(params=[False, True], ids=["strict", "lenient"])
def jp_server_config(request: pytest.FixtureRequest, jp_server_config: dict[str, Any]) -> dict[str, Any]:
    """Both ways, for in the lenient one only our own decorators stand at the door."""
    jp_server_config["ServerApp"]["allow_unauthenticated_access"] = request.param
    return jp_server_config


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("route", ROUTES)
async def test_refuses_a_stranger_without_a_login_page(fetch: Fetch, route: str, method: str, accept: str) -> None:
    response = await fetch(route, method=method, login=False, Accept=accept)
    assert response.code == 403
    assert "Location" not in response.headers
    assert "Flutter'" not in response.body.decode()
    assert "immutable" not in response.headers.get("Cache-Control", "")


@pytest.mark.parametrize(("method", "route"), CHANGING)
async def test_takes_nothing_from_a_stranger(fetch: Fetch, jp_root_dir: Path, method: str, route: str) -> None:
    response = await fetch(route, method=method, login=False)
    assert response.code == 403
    assert message(response)
    assert list(jp_root_dir.iterdir()) == []


@pytest.mark.parametrize("route", ROUTES)
async def test_refuses_a_wrong_token(fetch: Fetch, route: str) -> None:
    assert (await fetch(route, login=False, Authorization="token wrong")).code == 403


async def test_a_login_cookie_suffices_without_xsrf_token_or_referer(
    fetch: Fetch, http_server_client: Any, jp_base_url: str, jp_serverapp: Any
) -> None:
    """A module's import and a worker's importScripts send cookies and cannot add a header."""
    login = await http_server_client.fetch(
        f"{jp_base_url}api/status?token={jp_serverapp.identity_provider.token}", follow_redirects=False
    )
    cookies = "; ".join(cookie.partition(";")[0] for cookie in login.headers.get_list("Set-Cookie"))
    assert cookies
    for route in (f"client/{version}/main.dart.js", "engine.js"):
        assert (await fetch(route, login=False, Cookie=cookies)).code == 200


class HubLike(PasswordIdentityProvider):
    """As JupyterHub's: it accepts the cookie of what a script has asked for only with the XSRF token, if the handler
    has no check of its own."""

    async def get_user(self, handler: Any) -> Any:
        own = type(handler).check_xsrf_cookie is not JupyterHandler.check_xsrf_cookie
        headers = handler.request.headers
        if headers.get("Sec-Fetch-Mode") == "cors" and not own and "X-XSRFToken" not in headers:
            return None
        return await super().get_user(handler)


class TestBehindAHub:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["ServerApp"]["identity_provider_class"] = HubLike
        return jp_server_config

    async def test_scripts_load_what_is_everybodys(self, log_in: Any) -> None:
        browser = await log_in()
        for route in (f"client/{version}/main.dart.js", "engine.js"):
            assert (await browser.fetch(f"flet/{route}", Sec_Fetch_Mode="cors")).code == 200

    async def test_scripts_load_what_is_the_users_with_the_token(self, log_in: Any, jp_root_dir: Path) -> None:
        (jp_root_dir / "app.png").touch()
        browser = await log_in()
        assert (await browser.fetch("flet/files/app.png", Sec_Fetch_Mode="cors")).code == 403
        with_token = await browser.fetch("flet/files/app.png", Sec_Fetch_Mode="cors", X_XSRFToken=browser.xsrf)
        assert with_token.code == 200

    async def test_files_are_uploaded_with_a_signature(self, log_in: Any, jp_root_dir: Path) -> None:
        browser = await log_in()
        answer = json.loads((await browser.ask("")).body)
        path = f"{answer['url']}?{UploadSigner(answer['key'], SCOPE).query('x', 60)}".removeprefix(browser.base_url)
        assert (await browser.fetch(path, method="PUT", body=b"x", Sec_Fetch_Mode="cors")).code == 200
        assert (jp_root_dir / "uploads" / "x").read_bytes() == b"x"


class Deny(AllowAllAuthorizer):
    """Denies what a test says."""

    denied: ClassVar[set[tuple[str, str]]] = set()

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return (action, resource) not in self.denied


class TestAuthorizer:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["ServerApp"]["authorizer_class"] = Deny
        return jp_server_config

    @pytest.fixture(autouse=True)
    def denied(self, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
        denied: set[tuple[str, str]] = set()
        monkeypatch.setattr(Deny, "denied", denied)
        return denied

    @pytest.mark.parametrize("route", ROUTES)
    async def test_refuses_whom_the_authorizer_denies(
        self, fetch: Fetch, denied: set[tuple[str, str]], route: str
    ) -> None:
        denied.add(("read", "flet"))
        assert (await fetch(route)).code == 403

    async def test_gives_no_files_to_who_may_not_read_contents(
        self, fetch: Fetch, denied: set[tuple[str, str]], jp_root_dir: Path
    ) -> None:
        (jp_root_dir / "app.png").touch()
        assert (await fetch("files/app.png")).code == 200
        denied.add(("read", "contents"))
        for route in PERSONAL:
            assert (await fetch(route)).code == 403
        assert (await fetch("status")).code == 200

    @pytest.mark.parametrize("resource", ["flet", "contents"])
    async def test_takes_no_files_from_who_may_not_write(
        self, log_in: Any, denied: set[tuple[str, str]], jp_root_dir: Path, resource: str
    ) -> None:
        browser = await log_in()
        answer = json.loads((await browser.ask("")).body)
        path = f"{answer['url']}?{UploadSigner(answer['key'], SCOPE).query('x', 60)}".removeprefix(browser.base_url)
        denied.add(("write", resource))
        assert (await browser.fetch("flet/oversized/")).code == 200  # who reads is none who writes
        assert (await browser.ask("")).code == 403
        for method in ("PUT", "POST"):
            assert (await browser.fetch(path, method=method, body=b"x")).code == 403
        assert list(jp_root_dir.iterdir()) == []
        denied.clear()
        assert (await browser.fetch(path, method="PUT", body=b"x")).code == 200


def handlers_in(package: Any) -> Iterator[type[RequestHandler]]:
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for _, found in inspect.getmembers(importlib.import_module(info.name), inspect.isclass):
            if issubclass(found, RequestHandler) and found.__module__ == info.name:
                yield found


def unguarded(handler: type[RequestHandler]) -> list[str]:
    """Name the handler's own HTTP methods that are not behind both decorators."""
    missing = []
    for name in METHODS:
        method = vars(handler).get(name)
        if method is None:
            continue
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(method))).body
        assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
        guards = {ast.unparse(decorator).rpartition(".")[2] for decorator in definition.decorator_list}
        if not ("authorized" in guards and guards & {"authenticated", "ws_authenticated"}):
            missing.append(f"{handler.__name__}.{name}")
    return missing


def test_every_method_of_every_handler_is_behind_both_decorators() -> None:
    handlers = list(handlers_in(flet_jupyter.server))
    assert len(handlers) >= 7
    assert [name for handler in handlers for name in unguarded(handler)] == []


def test_that_test_sees_a_handler_without_them() -> None:
    class Open(RequestHandler):
        def get(self) -> None: ...

        @authenticated
        def post(self) -> None: ...

    assert unguarded(Open) == ["Open.get", "Open.post"]
