"""Nobody gets anything from this extension without a login and a permission."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
from flet_web.version import version
from jupyter_server.auth import AllowAllAuthorizer
from tornado.web import RequestHandler, authenticated

import flet_jupyter.server

from .conftest import Fetch

ROUTES = [f"client/{version}/main.dart.js", f"client/{version}/absent.js", "client/0/x.js", "engine.js", "status"]
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


class DenyFlet(AllowAllAuthorizer):
    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return (action, resource) != ("read", "flet")


class TestAuthorizer:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["ServerApp"]["authorizer_class"] = DenyFlet
        return jp_server_config

    @pytest.mark.parametrize("route", ROUTES)
    async def test_refuses_whom_the_authorizer_denies(self, fetch: Fetch, route: str) -> None:
        assert (await fetch(route)).code == 403


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
    assert len(handlers) >= 3
    assert [name for handler in handlers for name in unguarded(handler)] == []


def test_that_test_sees_a_handler_without_them() -> None:
    class Open(RequestHandler):
        def get(self) -> None: ...

        @authenticated
        def post(self) -> None: ...

    assert unguarded(Open) == ["Open.get", "Open.post"]
