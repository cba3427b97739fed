"""``jupyter flet serve`` as a command: what it takes, what it refuses, how it ends."""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.core.harness import until
from tests.site.socket_client import SocketClient
from tests.web.apps import COUNTER
from tests.web.conftest import Many
from tests.web.serving import Serving, run_to_end
from tests.web.test_uploads import Half, upload_url

AppFile = Callable[..., Path]


def refused(*arguments: object, **variables: str) -> str:
    """Run a command that must not begin to serve; return what it says."""
    result = run_to_end(*arguments, **variables)
    assert result.returncode == 2, (result.returncode, result.stdout, result.stderr)
    assert "Serving" not in result.stdout
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


# -- what cannot be served -------------------------------------------------------------------------


def test_a_port_that_is_taken_is_said_before_anything_listens(app_file: AppFile) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(app_file(COUNTER), f"--port={port}", "--ip=127.0.0.1")
    assert f"port {port}" in said
    assert "--port=0" in said


def test_a_file_that_is_missing() -> None:
    assert "no file 'nowhere.py'" in refused("nowhere.py")


def test_no_file_at_all() -> None:
    assert "Name an app" in refused()


def test_a_file_without_an_app(app_file: AppFile) -> None:
    assert "neither calls ft.run() nor defines" in refused(app_file("x = 1"))


def test_a_file_that_fails(app_file: AppFile) -> None:
    assert "ZeroDivisionError" in refused(app_file("1 / 0"))


def test_a_file_that_is_no_python(app_file: AppFile) -> None:
    assert "line 1" in refused(app_file("def main(:"))


def test_a_module_that_is_missing() -> None:
    assert "no module nowhere" in refused("nowhere:main")


def test_a_folder_without_apps(tmp_path: Path) -> None:
    assert "no Flet apps" in refused(tmp_path)


def test_an_upload_folder_that_cannot_be_written(app_file: AppFile, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = refused(app_file(COUNTER), f"--upload-dir={tmp_path / 'file'}", "--secret-key=x")
    assert str(tmp_path / "file") in said


def test_uploads_without_a_secret(app_file: AppFile, tmp_path: Path) -> None:
    assert "FLET_SECRET_KEY" in refused(app_file(COUNTER), f"--upload-dir={tmp_path / 'uploads'}")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FLET_SERVER_PORT", "http"),
        ("FLET_SESSION_TIMEOUT", "soon"),
        ("FLET_WEB_RENDERER", "crayons"),
        ("FLET_WEB_ROUTE_URL_STRATEGY", "query"),
        ("FLET_WEB_USE_COLOR_EMOJI", "perhaps"),
        ("FLET_MAX_UPLOAD_SIZE", "big"),
    ],
)
def test_a_variable_with_an_impossible_value(app_file: AppFile, variable: str, value: str) -> None:
    said = refused(app_file(COUNTER), **{variable: value})
    assert variable in said
    assert value in said


@pytest.mark.parametrize("argument", ["--port=http", "--prot=1", "--web-renderer=crayons", "--session-timeout=-1"])
def test_an_argument_with_an_impossible_value(app_file: AppFile, argument: str) -> None:
    assert argument.partition("=")[0].removeprefix("--").replace("-", "_") in refused(
        app_file(COUNTER), argument
    ).replace("-", "_")


def test_a_certificate_that_is_none(app_file: AppFile) -> None:
    path = app_file(COUNTER)
    assert "certificate" in refused(path, f"--certfile={path}")


def test_two_apps_in_one_place(app_file: AppFile) -> None:
    path = app_file(COUNTER)
    assert "/a" in refused(f"/a={path}", f"/a={path}")


# -- what is served --------------------------------------------------------------------------------


async def test_a_module_is_served(app_file: AppFile, tmp_path: Path) -> None:
    app_file(COUNTER, name="module.py")
    with Serving("module:main", cwd=tmp_path) as server:
        async with SocketClient(server.url) as client:
            await client.register()
            await client.shows("0")


async def test_several_apps_under_one_address_each_with_its_own_settings(app_file: AppFile, tmp_path: Path) -> None:
    root = app_file(COUNTER.replace('"0"', '"10"'), name="root.py")
    sub = app_file(COUNTER.replace('"0"', '"20"'), name="sub.py")
    config = tmp_path / "config.py"
    config.write_text("c.FletServe.apps = {'/sub-app': {'app_name': 'The sub app'}}")
    with Serving(f"/={root}", f"/sub-app={sub}", f"--config={config}", JUPYTER_NO_CONFIG="") as server:
        for path, text, title in (("", "10", "root"), ("sub-app", "20", "The sub app")):
            page = httpx.get(f"{server.url}{path}/".replace("//sub", "/sub").rstrip("/") + "/")
            assert f"<title>{title}</title>" in page.text
            async with SocketClient(f"{server.url}{path}") as client:
                await client.register()
                await client.shows(text)
        assert httpx.get(f"{server.url}sub-app").headers["location"] == "/sub-app/"


def test_a_folder_has_an_index_of_its_apps(app_file: AppFile, tmp_path: Path) -> None:
    for name in ("one.py", "two.py"):
        app_file(COUNTER, name=name)
    app_file("print('no app')", name="tool.py")
    with Serving(tmp_path) as server:
        index = httpx.get(server.url).text
        assert ('href="/one"' in index, 'href="/two"' in index, "tool" in index) == (True, True, False)
        assert "<title>two</title>" in httpx.get(f"{server.url}two/").text


async def test_everything_is_below_the_base_url(app_file: AppFile) -> None:
    with Serving(app_file(COUNTER), "--base-url=/apps/mine") as server:
        assert server.url.endswith("/apps/mine/")
        page = httpx.get(server.url).text
        assert '<base href="/apps/mine/">' in page
        assert '"/apps/mine/ws"' in page
        async with SocketClient(server.url) as client:
            await client.register()
            await client.shows("0")
        root = server.url.removesuffix("apps/mine/")
        assert httpx.get(root).status_code == 404
        assert httpx.get(f"{root}healthz").text == "ok\n"


def test_what_ft_run_says_holds_unless_the_command_line_says_otherwise(app_file: AppFile) -> None:
    path = app_file(COUNTER.replace("ft.run(main)", "ft.run(main, route_url_strategy=ft.RouteUrlStrategy.HASH)"))
    with Serving(path) as server:
        assert route_strategy(server) == "hash"
    with Serving(path, "--route-url-strategy=path") as server:
        assert route_strategy(server) == "path"


def route_strategy(server: Serving) -> str:
    # The last word counts: the page's own script says something before ours.
    return re.findall(r'routeUrlStrategy"?\s*[:=]\s*"(\w+)"', httpx.get(server.url).text)[-1]


def test_the_environment_is_heeded_and_the_command_line_more(app_file: AppFile) -> None:
    path = app_file(COUNTER)
    with Serving(path, FLET_WEB_APP_PATH="/from-env") as server:
        assert server.url.endswith("/from-env/")
    with Serving(path, "--base-url=/given", FLET_WEB_APP_PATH="/from-env") as server:
        assert server.url.endswith("/given/")


def test_help_and_configuration_list_every_option(tmp_path: Path) -> None:
    for arguments in (["--help-all"], [f"--config={tmp_path / 'made.py'}", "--generate-config"]):
        result = run_to_end(*arguments)
        assert result.returncode == 0, result.stderr
        text = (tmp_path / "made.py").read_text() if len(arguments) > 1 else result.stdout
        for name in ("session_timeout", "upload_dir", "base_url", "trusted_proxies", "FLET_SECRET_KEY"):
            assert name in text or f"--{name.replace('_', '-')}" in text, name


# -- how it ends -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_stops_cleanly_and_sessions_are_closed(number: int, tmp_path: Path) -> None:
    with Many(tmp_path) as server:
        async with SocketClient(server.url) as client:
            await client.register()
            await client.shows("start")
            code = server.stop(number)
            await client.gone()
        assert code == 0
        assert server.noted() == ["disconnect", "close"]
        assert not any("Traceback" in line for line in server.log), server.log


async def test_an_upload_in_progress_leaves_nothing_when_the_server_stops(tmp_path: Path) -> None:
    with Many(tmp_path) as server:
        url = await upload_url(server)
        half = Half(url, declared=50_000, sent=20_000)
        await until(server.uploaded, "the first half")
        server.stop()
        half.close()
        assert server.uploaded() == []
