"""What whoever runs a website needs: health, numbers, logs, headers, closed sites, certificates, reloading."""

from __future__ import annotations

import inspect
import json
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import websockets
from jupyter_server.auth import passwd
from tornado.web import RequestHandler

from flet_jupyter.web import handlers
from tests.core.harness import until
from tests.core.model_client import pack_register
from tests.site.socket_client import SocketClient
from tests.web.apps import COUNTER
from tests.web.conftest import Many
from tests.web.serving import Serving

AppFile = Callable[..., Path]


def number(server: Serving, name: str, **labels: str) -> float:
    """Read one number from the metrics."""
    wanted = ",".join(f'{key}="{value}"' for key, value in {"app": "/", **labels}.items())
    for line in httpx.get(f"{server.url}metrics").text.splitlines():
        if line.startswith(f"{name}{{{wanted}}} "):
            return float(line.rpartition(" ")[2])
    raise LookupError(name)


async def test_the_numbers_follow_what_happens(tmp_path: Path) -> None:
    with Many(tmp_path) as server:
        names = ("sessions", "clients", "connections", "handlers_waiting", "packets_waiting", "uploads_in_progress")
        assert [number(server, f"flet_{name}") for name in names] == [0] * 6
        async with SocketClient(server.url) as client:
            await client.register()
            await client.click(content="thread")
            await client.shows("from a thread")
            await client.socket.send(b"garbage")
            await client.click(content="fail")
            await client.until(lambda: client.all(_c="SnackBar"))
            assert [number(server, f"flet_{name}") for name in names[:3]] == [1, 1, 1]
            assert number(server, "flet_sessions_started_total") == 1
            assert number(server, "flet_dropped_packets_total") == 1
            assert number(server, "flet_errors_total") == 1
            assert number(server, "flet_handler_seconds_count") == 2
            assert number(server, "flet_received_bytes_total") > 100
            assert number(server, "flet_sent_bytes_total") > 1000
        await until(lambda: number(server, "flet_clients") == 0)
        assert number(server, "flet_sessions") == 1


async def test_the_log_names_sessions_and_no_secrets(tmp_path: Path) -> None:
    with Many(tmp_path, "--log-style=json") as server:
        async with SocketClient(server.url) as client:
            await client.register()
            await client.click(content="fail")
            await client.until(lambda: client.all(_c="SnackBar"))
        httpx.get(f"{server.url}nothing.js?token=very-secret")
        server.wait_for("nothing.js")
        server.stop()
        entries = [json.loads(line) for line in server.log if line.startswith("{")]
        error = next(entry for entry in entries if entry["level"] == "ERROR")
        assert error["session"] == client.session_id[:6]
        assert "ValueError: secret detail" in error["error"]
        missing = next(entry for entry in entries if entry.get("path", "").startswith("/nothing.js"))
        assert (missing["status"], missing["method"], missing["ip"]) == (404, "GET", "127.0.0.1")
        assert "very-secret" not in "".join(server.log)
        assert client.session_id not in "".join(server.log)  # who has that can go on with the session
        assert any(entry.get("path") == "/ws" and entry.get("session") == client.session_id[:6] for entry in entries)


def test_a_request_cannot_forge_a_line_of_the_log(many: Many) -> None:
    httpx.get(f"{many.url}forged%0a2026-01-01 00:00:00 ERROR forged")
    line = many.wait_for("forged").string
    assert "forged%0a" in line or "\\n" in line


def test_answers_have_the_headers_that_keep_browsers_safe(many: Many) -> None:
    for path in ("", "main.dart.js", "hello.txt", "nothing.js", "healthz"):
        headers = httpx.get(f"{many.url}{path}").headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin"
        assert "server" not in headers
        assert "cross-origin-opener-policy" not in headers
        assert "access-control-allow-origin" not in headers


def test_cross_origin_isolation_is_there_for_those_who_ask(app_file: AppFile) -> None:
    with Serving(app_file(COUNTER), "--cross-origin-isolation") as server:
        headers = httpx.get(server.url).headers
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-embedder-policy"] == "require-corp"


def test_errors_are_pages_for_people_and_json_for_scripts(many: Many) -> None:
    person = httpx.get(f"{many.url}nothing.js", headers={"Accept": "text/html"})
    assert (person.status_code, person.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing at this address" in person.text
    script = httpx.get(f"{many.url}nothing.js")
    assert script.json() == {"message": "There is nothing at this address."}


def test_assets_are_served_with_ranges_and_revalidation(many: Many) -> None:
    whole = httpx.get(f"{many.url}hello.txt")
    assert whole.text == "hello, world"
    part = httpx.get(f"{many.url}hello.txt", headers={"Range": "bytes=7-"})
    assert (part.status_code, part.text, part.headers["content-range"]) == (206, "world", "bytes 7-11/12")
    beyond = httpx.get(f"{many.url}hello.txt", headers={"Range": "bytes=99-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */12")
    again = httpx.get(f"{many.url}hello.txt", headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = httpx.head(f"{many.url}hello.txt")
    assert (head.headers["content-length"], head.content) == ("12", b"")


@pytest.mark.parametrize("path", ["../many.py", "%2e%2e/many.py", "..%2fmany.py", "..\\many.py", "/etc/passwd", ".env"])
def test_nothing_outside_the_assets_is_served(many: Many, path: str) -> None:
    reply = httpx.get(httpx.URL(many.url, raw_path=f"/{path}".encode()))
    assert "LOG =" not in reply.text
    assert "root:" not in reply.text
    assert reply.status_code in (200, 404)
    if reply.status_code == 200:
        assert "flutter_bootstrap.js" in reply.text  # a route of the app


def test_routes_of_the_app_get_its_page(many: Many) -> None:
    for route in ("store", "store/1", "a/b/c.html"):
        reply = httpx.get(f"{many.url}{route}")
        assert (reply.status_code, "flutter_bootstrap.js" in reply.text) == (200, True)


def test_a_name_with_markup_in_it_is_text(app_file: AppFile) -> None:
    name = "<script>alert(1)</script>\"'&"
    with Serving(app_file(COUNTER), f"--app-name={name}", f"--app-description={name}") as server:
        assert "<script>alert" not in httpx.get(server.url).text
        manifest = httpx.get(f"{server.url}manifest.json").json()
        assert (manifest["name"], manifest["short_name"], manifest["description"]) == (name, name, name)


# -- closed sites ----------------------------------------------------------------------------------

OPEN = {"healthz", "readyz", "signin"}


@pytest.mark.parametrize("arguments", [("--token=letmein",), (f"--password={passwd('letmein', 'sha1')}",)])
async def test_a_closed_site_shows_nothing_to_strangers_and_all_to_those_who_sign_in(
    app_file: AppFile, arguments: tuple[str, ...]
) -> None:
    with Serving(app_file(COUNTER), *arguments) as server:
        url = server.url.partition("?")[0]
        for path in ("", "store", "main.dart.js", "manifest.json", "oauth_callback?state=x", "metrics"):
            reply = httpx.get(f"{url}{path}")
            assert reply.status_code == 302, path
            assert reply.headers["location"].startswith("/signin?next=")
        assert httpx.put(f"{url}upload?f=x&e=x&s=x", content=b"x").status_code == 403
        with pytest.raises(websockets.InvalidStatus):
            async with SocketClient(url):
                pass
        for path in ("healthz", "readyz"):
            assert httpx.get(f"{url}{path}").status_code == 200

        with httpx.Client(follow_redirects=True) as browser:
            form = browser.get(f"{url}store")
            assert "Sign in" in form.text
            data = {"_xsrf": browser.cookies["_xsrf"], "next": "/store"}
            assert browser.post(f"{url}signin", data={**data, "password": "wrong"}).status_code == 401
            assert httpx.post(f"{url}signin", data={"password": "letmein"}).status_code == 403  # another site's form
            page = browser.post(f"{url}signin", data={**data, "password": "letmein"})
            assert page.url.path == "/store"
            assert "flutter_bootstrap.js" in page.text
            cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
        async with SocketClient(url, headers={"Cookie": cookies}) as client:
            await client.register()
            await client.shows("0")


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "x"]
)
def test_signing_in_leads_nowhere_else(app_file: AppFile, wanted: str) -> None:
    with Serving(app_file(COUNTER), "--token=letmein") as server, httpx.Client() as browser:
        url = server.url.partition("?")[0]
        browser.get(f"{url}signin")
        data = {"_xsrf": browser.cookies["_xsrf"], "next": wanted, "password": "letmein"}
        assert browser.post(f"{url}signin", data=data).headers["location"] == "/"


def test_the_address_that_is_printed_signs_in(app_file: AppFile) -> None:
    with Serving(app_file(COUNTER), "--token=let me in") as server, httpx.Client(follow_redirects=True) as browser:
        page = browser.get(server.url)
        assert (page.status_code, page.url.query) == (200, b"")  # the token does not stay in the address
        assert browser.get(f"{server.url.partition('?')[0]}metrics").status_code == 200


def test_every_handler_asks_who_is_there_or_says_that_it_does_not() -> None:
    found = 0
    for name, handler in inspect.getmembers(handlers, inspect.isclass):
        if not issubclass(handler, RequestHandler) or handler.__module__ != handlers.__name__:
            continue
        for method in ("get", "head", "post", "put", "delete", "patch", "options"):
            function = handler.__dict__.get(method)
            if function is None:
                continue
            found += 1
            closed = "tornado.web" in getattr(function, "__globals__", {}).get("__name__", "")
            assert closed or getattr(function, "__allow_unauthenticated", False), f"{name}.{method}"
    assert found > 10


# -- certificates and reloading --------------------------------------------------------------------


async def test_with_a_certificate_it_speaks_tls(app_file: AppFile, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 "
        f"-keyout {key} -out {cert}".split(),
        check=True,
        capture_output=True,
    )
    with Serving(app_file(COUNTER), f"--certfile={cert}", f"--keyfile={key}") as server:
        assert server.url.startswith("https://")
        trust = ssl.create_default_context(cafile=str(cert))
        page = httpx.get(server.url, verify=trust)
        assert page.status_code == 200
        assert "Secure" in page.headers["set-cookie"]
        async with websockets.connect(server.url.replace("https", "wss") + "ws", ssl=trust) as client:
            await client.send(pack_register())
            assert await client.recv()


async def test_a_changed_source_reloads_the_app_at_the_same_address(app_file: AppFile) -> None:
    path = app_file(
        "from beside import WORD\nimport flet as ft\ndef main(page):\n    page.add(ft.Text(WORD))",
        beside="WORD = 'one'",
    )
    with Serving(path, "--autoreload") as server:
        async with SocketClient(server.url) as client:
            await client.register()
            await client.shows("one")
            (path.parent / "beside.py").write_text("WORD = 'two'")
            await client.gone()
        server.wait_for("Serving")
        async with SocketClient(server.url) as again:
            await again.register(client.session_id, route="/store")
            await again.shows("two")
            assert again.page is not None
            assert again.page["route"] == "/store"
            path.write_text("import flet as ft\ndef main(page:\n")
            await again.gone()
        server.wait_for("Serving")
        async with SocketClient(server.url) as broken:
            await broken.register()
            await broken.until(lambda: "line 2" in str(broken.page), "what is wrong")
            path.write_text("import flet as ft\ndef main(page):\n    page.add(ft.Text('three'))")
            await broken.gone()
        server.wait_for("Serving")
        async with SocketClient(server.url) as mended:
            await mended.register()
            await mended.shows("three")
