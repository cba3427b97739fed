"""``flet/uploads`` and ``flet/uploads/<grant>``."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPResponse

from flet_jupyter.core.uploads import UploadSigner
from flet_jupyter.exceptions import UploadRefused
from flet_jupyter.server import grants
from flet_jupyter.server.grants import SCOPE, Grants
from flet_jupyter.site import tornado_uploads
from tests.core.harness import until

from .conftest import Browser, message


@pytest.fixture
def app(jp_root_dir: Path) -> Path:
    """The folder of an app."""
    (jp_root_dir / "work" / "app").mkdir(parents=True)
    return jp_root_dir / "work" / "app"


@dataclass
class Uploader:
    """A page whose kernel has the key."""

    browser: Browser
    url: str
    key: str

    def address(self, name: str = "file.bin", *, expires_in: float = 600) -> str:
        """Sign an address, as the kernel does."""
        return f"{self.url}?{UploadSigner(self.key, SCOPE).query(name, expires_in)}"

    async def put(self, address: str, content: bytes = b"content", *, method: str = "PUT") -> HTTPResponse:
        """Send a file as Flet's client does: with the page's cookies and nothing else."""
        return await self.browser.fetch(address.removeprefix(self.browser.base_url), method=method, body=content)


@pytest.fixture
async def uploader(log_in: Callable[[], Any], app: Path) -> Uploader:
    browser = await log_in()
    answer = json.loads((await browser.ask("work/app")).body)
    return Uploader(browser, answer["url"], answer["key"])


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


async def test_a_file_arrives_beside_the_app(uploader: Uploader, app: Path) -> None:
    content = bytes(range(256)) * 5000
    response = await uploader.put(uploader.address("folder/ä file.bin"), content)
    assert (response.code, response.body) == (200, b"")
    assert (app / "uploads" / "folder" / "ä file.bin").read_bytes() == content
    assert files_in(app) == ["uploads/folder/ä file.bin"]


async def test_a_post_does_as_well(uploader: Uploader, app: Path) -> None:
    assert (await uploader.put(uploader.address(), method="POST")).code == 200
    assert (app / "uploads" / "file.bin").read_bytes() == b"content"


async def test_a_file_replaces_the_former_one(uploader: Uploader, app: Path) -> None:
    await uploader.put(uploader.address(), b"former")
    await uploader.put(uploader.address(), b"new")
    assert (app / "uploads" / "file.bin").read_bytes() == b"new"


async def test_an_app_may_name_its_upload_folder(log_in: Callable[[], Any], app: Path) -> None:
    browser = await log_in()
    answer = json.loads((await browser.ask("work/app", name="in/box")).body)
    uploader = Uploader(browser, answer["url"], answer["key"])
    assert (await uploader.put(uploader.address())).code == 200
    assert files_in(app) == ["in/box/file.bin"]


async def test_an_app_may_be_at_the_root(log_in: Callable[[], Any], jp_root_dir: Path) -> None:
    browser = await log_in()
    answer = json.loads((await browser.ask("")).body)
    uploader = Uploader(browser, answer["url"], answer["key"])
    assert (await uploader.put(uploader.address())).code == 200
    assert (jp_root_dir / "uploads" / "file.bin").read_bytes() == b"content"


class TestGrant:
    async def test_says_where_and_how_large(self, log_in: Callable[[], Any], app: Path, jp_base_url: str) -> None:
        response = await (await log_in()).ask("work/app")
        answer = json.loads(response.body)
        assert answer.keys() == {"url", "key", "max_bytes"}
        assert answer["url"].startswith(f"{jp_base_url}flet/uploads/")
        assert answer["max_bytes"] is None
        assert response.headers["Cache-Control"] == "no-store"
        assert not (app / "uploads").exists()

    async def test_needs_the_xsrf_token(self, log_in: Callable[[], Any], app: Path) -> None:
        browser = await log_in()
        body = b'{"folder": "work/app"}'
        assert (await browser.fetch("flet/uploads", method="POST", body=body)).code == 403
        other = (await log_in()).xsrf
        assert (await browser.fetch("flet/uploads", method="POST", body=body, X_XSRFToken=other)).code == 403
        assert (await browser.fetch("flet/uploads", method="POST", body=body, X_XSRFToken=browser.xsrf)).code == 200

    async def test_is_not_for_pages_of_other_sites(self, log_in: Callable[[], Any], app: Path) -> None:
        browser = await log_in()
        response = await browser.fetch(
            "flet/uploads",
            method="POST",
            body=b'{"folder": "work/app"}',
            X_XSRFToken=browser.xsrf,
            Origin="https://example.org",
        )
        assert response.code == 404

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    async def test_is_not_given_to_who_only_looks(self, log_in: Callable[[], Any], app: Path, method: str) -> None:
        assert (await (await log_in()).fetch("flet/uploads", method=method)).code == 405

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"{}", b'"folder"', b'{"folder": 1}', b"\xff", b'{"folder":"","name":1}']
    )
    async def test_is_not_given_to_who_makes_no_sense(self, log_in: Callable[[], Any], app: Path, body: bytes) -> None:
        browser = await log_in()
        response = await browser.fetch("flet/uploads", method="POST", body=body, X_XSRFToken=browser.xsrf)
        assert response.code == 400
        assert '{"folder":' in message(response)

    @pytest.mark.parametrize(
        "folder", ["absent", "..", "work/..", "/etc", ".hidden", "work/app/file", "a\0b", "\ud800"]
    )
    async def test_is_for_visible_folders_below_the_root(
        self, log_in: Callable[[], Any], app: Path, jp_root_dir: Path, folder: str
    ) -> None:
        (jp_root_dir / ".hidden").mkdir()
        (app / "file").touch()
        assert (await (await log_in()).ask(folder)).code == 404

    @pytest.mark.parametrize(
        ("name", "status"),
        [("", 400), (".", 400), ("..", 400), ("../x", 400), ("/tmp", 400), ("a\\b", 400), (".ssh", 403), ("a/.b", 403)],
    )
    async def test_is_for_no_folder_of_another_kind(
        self, log_in: Callable[[], Any], app: Path, name: str, status: int
    ) -> None:
        response = await (await log_in()).ask("work/app", name=name)
        assert response.code == status
        assert message(response).startswith("Uploads cannot go to")

    async def test_is_not_for_a_link_out_of_the_root(
        self, log_in: Callable[[], Any], app: Path, jp_root_dir: Path
    ) -> None:
        (app / "uploads").symlink_to(jp_root_dir.parent)
        assert (await (await log_in()).ask("work/app")).code == 403

    async def test_is_not_for_what_is_no_folder(self, log_in: Callable[[], Any], app: Path) -> None:
        (app / "uploads").touch()
        response = await (await log_in()).ask("work/app")
        assert response.code == 409
        assert str(app) not in message(response)

    async def test_comes_with_a_folder_free_of_what_a_crash_left(self, log_in: Callable[[], Any], app: Path) -> None:
        (app / "uploads").mkdir()
        for name in ("0" * 32, "1" * 32):
            (app / "uploads" / f".flet-upload-{name}.part").touch()
        os.utime(app / "uploads" / f".flet-upload-{'0' * 32}.part", (0, 0))
        assert (await (await log_in()).ask("work/app")).code == 200
        assert files_in(app) == [f"uploads/.flet-upload-{'1' * 32}.part"]

    async def test_is_not_given_where_files_are_elsewhere(
        self, log_in: Callable[[], Any], app: Path, jp_serverapp: Any
    ) -> None:
        browser = await log_in()
        jp_serverapp.web_app.settings["contents_manager"] = object()
        assert (await browser.ask("work/app")).code == 404


class TestAddress:
    async def refused(self, uploader: Uploader, address: str, app: Path, *statuses: int) -> None:
        response = await uploader.put(address)
        assert response.code in statuses
        assert message(response)
        assert files_in(app) == []

    async def test_that_was_tampered_with_is_refused(self, uploader: Uploader, app: Path) -> None:
        address = uploader.address("file.bin")
        await self.refused(uploader, address.replace("file.bin", "other.bin"), app, 403)
        await self.refused(uploader, address[:-1] + ("0" if address[-1] != "0" else "1"), app, 403)
        for query in ("", "f=x", "f=x&e=1&s=2", "f=x&e=2099-01-01T00:00:00%2B00:00&s=0", "s=%FF&e=%FF&f=%FF"):
            await self.refused(uploader, f"{uploader.url}?{query}", app, 400, 403)

    @pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a\\b", "folder/../../x", "CON", "a\0b", "x" * 300])
    async def test_with_a_name_that_leads_elsewhere_is_refused(
        self, uploader: Uploader, app: Path, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr("flet_jupyter.core.uploads._faults", lambda name: iter(()))
            address = uploader.address(name)  # by a kernel that does not look at names
        await self.refused(uploader, address, app, 400)

    @pytest.mark.parametrize("name", [".bashrc", ".ssh/authorized_keys", "a/.b/c"])
    async def test_with_a_hidden_name_is_refused(self, uploader: Uploader, app: Path, name: str) -> None:
        await self.refused(uploader, uploader.address(name), app, 403)

    async def test_through_a_link_is_refused(self, uploader: Uploader, app: Path, jp_root_dir: Path) -> None:
        hidden = app / "uploads" / ".hidden"
        hidden.mkdir(parents=True)
        for name, target in [("out", jp_root_dir.parent), ("hidden", hidden), ("beside", app)]:
            (app / "uploads" / name).symlink_to(target)
            await self.refused(uploader, uploader.address(f"{name}/file.bin"), app, 403)
        assert not (jp_root_dir.parent / "file.bin").exists()

    async def test_of_a_folder_that_became_a_link_is_refused(
        self, uploader: Uploader, app: Path, jp_root_dir: Path
    ) -> None:
        (app / "uploads").symlink_to(jp_root_dir.parent)
        await self.refused(uploader, uploader.address(), app, 403)
        assert not (jp_root_dir.parent / "file.bin").exists()

    async def test_of_an_app_that_has_gone_is_refused(self, uploader: Uploader, app: Path) -> None:
        app.rmdir()
        assert (await uploader.put(uploader.address())).code == 404
        assert not app.exists()

    async def test_that_has_expired_is_refused(self, uploader: Uploader, app: Path) -> None:
        await self.refused(uploader, uploader.address(expires_in=-1), app, 410)

    async def test_of_a_grant_that_has_expired_is_refused(
        self, uploader: Uploader, app: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = grants.time.time()
        monkeypatch.setattr(grants.time, "time", lambda: now + 24 * 3600 - 60)
        assert (await uploader.put(uploader.address())).code == 200
        (app / "uploads" / "file.bin").unlink()
        monkeypatch.setattr(grants.time, "time", lambda: now + 24 * 3600 + 1)
        await self.refused(uploader, uploader.address(), app, 410)

    async def test_of_another_user_is_refused(self, uploader: Uploader, log_in: Callable[[], Any], app: Path) -> None:
        mallory = Uploader(await log_in(), uploader.url, uploader.key)
        await self.refused(mallory, mallory.address(), app, 403)
        assert (await uploader.put(uploader.address())).code == 200

    async def test_of_another_server_is_refused(self, uploader: Uploader, app: Path) -> None:
        elsewhere = Grants(b"another secret")
        user = grants_user(uploader)
        grant = elsewhere.write("work/app", "uploads", user)
        forged = Uploader(uploader.browser, uploader.url.rpartition("/")[0] + "/" + grant, elsewhere.key(grant))
        await self.refused(forged, forged.address(), app, 403)

    async def test_signed_with_the_key_of_another_grant_is_refused(
        self, uploader: Uploader, app: Path, jp_root_dir: Path
    ) -> None:
        (jp_root_dir / "other").mkdir()
        other = json.loads((await uploader.browser.ask("other")).body)
        mixed = Uploader(uploader.browser, other["url"], uploader.key)
        await self.refused(mixed, mixed.address(), app, 403)
        assert files_in(jp_root_dir / "other") == []

    @pytest.mark.parametrize("grant", ["x", "x.y", ".", "WyJhcHAi", "%00", "%FF"])
    async def test_with_a_grant_that_was_made_up_is_refused(self, uploader: Uploader, app: Path, grant: str) -> None:
        made_up = Uploader(uploader.browser, uploader.url.rpartition("/")[0] + "/" + grant, "0")
        response = await made_up.put(made_up.address())
        assert response.code in (400, 403)
        assert files_in(app) == []

    async def test_from_a_page_of_another_site_is_refused(self, uploader: Uploader, app: Path) -> None:
        response = await uploader.browser.fetch(
            uploader.address().removeprefix(uploader.browser.base_url),
            method="PUT",
            body=b"content",
            Origin="https://example.org",
        )
        assert response.code == 403
        assert files_in(app) == []

    @pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
    async def test_takes_nothing_by_other_methods(self, uploader: Uploader, app: Path, method: str) -> None:
        path = uploader.address().removeprefix(uploader.browser.base_url)
        assert (await uploader.browser.fetch(path, method=method)).code == 405
        assert not (app / "uploads").exists()


def grants_user(uploader: Uploader) -> str:
    """Return the name of the user."""
    content = uploader.url.rpartition("/")[2].partition(".")[0]
    decoded = json.loads(grants.base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)))
    assert isinstance(decoded[2], str)
    return decoded[2]


class TestSharedSecret:
    @pytest.fixture(autouse=True)
    def secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FLET_SECRET_KEY", "a long random text")

    async def test_no_state_is_kept_between_grant_and_upload(self, uploader: Uploader, app: Path) -> None:
        """A grant that this server never gave, but another with its secret did."""
        elsewhere = Grants.from_environment()
        grant = elsewhere.write("work/app", "other", grants_user(uploader))
        other = Uploader(uploader.browser, uploader.url.rpartition("/")[0] + "/" + grant, elsewhere.key(grant))
        assert (await other.put(other.address())).code == 200
        assert files_in(app) == ["other/file.bin"]


def test_without_a_secret_each_server_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLET_SECRET_KEY", raising=False)
    assert Grants.from_environment().key("grant") != Grants.from_environment().key("grant")


def test_a_grant_of_another_server_is_not_read() -> None:
    grant = Grants(b"secret").write("app", "uploads", "user")
    assert Grants(b"secret").read(grant).folder == "app"
    with pytest.raises(UploadRefused, match="not valid here") as refused:
        Grants(b"another secret").read(grant)
    assert refused.value.status == 403


def test_a_key_tells_nothing_of_others() -> None:
    grants = Grants(b"secret")
    one, other = grants.write("a", "uploads", "user"), grants.write("b", "uploads", "user")
    assert len({grants.key(one), grants.key(other), one.rpartition(".")[2], other.rpartition(".")[2]}) == 4


class Half:
    """An upload that stops in the middle, byte by byte as its test wants it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    async def status(self) -> int:
        """Read the answer's status."""
        return int((await asyncio.wait_for(self.reader.readline(), 10)).split()[1])


Begin = Callable[..., Any]


@pytest.fixture
def begin(jp_serverapp: Any) -> Begin:
    """Begin an upload on a connection of its own."""

    @asynccontextmanager
    async def connect(uploader: Uploader, address: str, *headers: str) -> AsyncIterator[Half]:
        reader, writer = await asyncio.open_connection("127.0.0.1", jp_serverapp.port)
        cookies = "; ".join(f"{name}={value}" for name, value in uploader.browser.cookies.items())
        host = f"127.0.0.1:{jp_serverapp.port}"
        lines = [f"PUT {address} HTTP/1.1", f"Host: {host}", f"Cookie: {cookies}", *headers, "", ""]
        half = Half(reader, writer)
        await half.send("\r\n".join(lines).encode())
        try:
            yield half
        finally:
            writer.close()

    return connect


async def test_an_upload_that_breaks_off_leaves_nothing(uploader: Uploader, begin: Begin, app: Path) -> None:
    async with begin(uploader, uploader.address("folder/file.bin"), "Content-Length: 50000") as half:
        await half.send(bytes(20_000))
        await until(lambda: files_in(app) != [], "the first half")
    await until(lambda: files_in(app) == [], "nothing")
    assert not (app / "uploads" / "folder").exists()


async def test_an_upload_that_stalls_is_given_up(
    uploader: Uploader, begin: Begin, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tornado_uploads, "_STALLED", 0.2)
    async with begin(uploader, uploader.address(), "Content-Length: 50000") as half:
        await half.send(bytes(20_000))
        assert await asyncio.wait_for(half.reader.read(), 10) == b""
    await until(lambda: files_in(app) == [], "nothing")


async def test_two_at_once_with_the_same_name_do_not_mix(uploader: Uploader, begin: Begin, app: Path) -> None:
    address, length = uploader.address(), "Content-Length: 40000"
    async with begin(uploader, address, length) as one, begin(uploader, address, length) as other:
        for _ in range(4):
            await one.send(b"1" * 10_000)
            await other.send(b"2" * 10_000)
        assert (await one.status(), await other.status()) == (200, 200)
    assert files_in(app) == ["uploads/file.bin"]
    assert (app / "uploads" / "file.bin").read_bytes() in (b"1" * 40_000, b"2" * 40_000)


async def test_a_stranger_is_refused_before_the_file_is_sent(uploader: Uploader, begin: Begin, app: Path) -> None:
    uploader.browser.cookies = {}
    async with begin(uploader, uploader.address(), "Content-Length: 50000") as half:
        assert await half.status() == 403
    assert files_in(app) == []


async def test_a_server_that_stops_leaves_nothing(uploader: Uploader, begin: Begin, app: Path, extension: Any) -> None:
    async with begin(uploader, uploader.address(), "Content-Length: 50000") as half:
        await half.send(bytes(20_000))
        await until(lambda: files_in(app) != [], "the first half")
        await extension.stop_extension()
        assert files_in(app) == []
    assert (await uploader.put(uploader.address())).code == 503


class TestLimits:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["FletExtension"] |= {"max_upload_bytes": 100_000, "max_uploads_at_once": 1}
        return jp_server_config

    async def test_a_file_of_just_the_limit_is_taken(self, uploader: Uploader, app: Path) -> None:
        assert (await uploader.put(uploader.address(), bytes(100_000))).code == 200
        assert (app / "uploads" / "file.bin").stat().st_size == 100_000

    async def test_a_file_that_says_it_is_too_large_is_refused_before_it_is_sent(
        self, uploader: Uploader, begin: Begin, app: Path
    ) -> None:
        async with begin(uploader, uploader.address(), "Content-Length: 100001") as half:
            assert await half.status() == 413
        assert files_in(app) == []

    async def test_a_file_that_turns_out_too_large_is_refused_and_leaves_nothing(
        self, uploader: Uploader, begin: Begin, app: Path
    ) -> None:
        async with begin(uploader, uploader.address("folder/file.bin"), "Transfer-Encoding: chunked") as half:
            for _ in range(11):
                await half.send(b"2710\r\n" + bytes(10_000) + b"\r\n")
            assert await half.status() == 413
        await until(lambda: files_in(app) == [], "nothing")

    async def test_the_page_is_told_the_limit(self, uploader: Uploader) -> None:
        answer = json.loads((await uploader.browser.ask("work/app")).body)
        assert answer["max_bytes"] == 100_000

    async def test_no_more_than_so_many_are_in_progress_in_all_folders(
        self, uploader: Uploader, begin: Begin, app: Path, jp_root_dir: Path
    ) -> None:
        (jp_root_dir / "other").mkdir()
        answer = json.loads((await uploader.browser.ask("other")).body)
        other = Uploader(uploader.browser, answer["url"], answer["key"])
        async with begin(uploader, uploader.address(), "Content-Length: 50000") as half:
            await half.send(bytes(20_000))
            await until(lambda: files_in(app) != [], "the first half")
            assert (await other.put(other.address())).code == 503
        await until(lambda: files_in(app) == [], "the end of the first")
        assert (await other.put(other.address())).code == 200


class TestWithHiddenFiles:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["ContentsManager"] = {"allow_hidden": True}
        return jp_server_config

    async def test_takes_hidden_files(self, uploader: Uploader, app: Path) -> None:
        assert (await uploader.put(uploader.address(".env"))).code == 200
        assert files_in(app) == ["uploads/.env"]
