from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flet_jupyter.client import ClientFiles, FlutterClient, Reply, find_client
from flet_jupyter.client.fonts import FallbackFonts
from flet_jupyter.exceptions import AssetChanged, BadOption, ClientNotFound
from flet_jupyter.site.assets import media_type
from flet_jupyter.site.files import Found, SiteFiles, client_version
from flet_jupyter.site.page import PageOptions

OPTIONS = PageOptions(public_path="/sub", client_path="/sub/_flet/1/", app_name="My app")
KEPT = "public, max-age=31536000, immutable"
FONT = "assets/fonts/fallback/notosansmath/v15/7Aump_cpkSecTWaHRlH2hyV5UHkD-V048PW0.woff2"

posix = pytest.mark.skipif(os.name == "nt", reason="needs symbolic links, pipes and POSIX permissions")


@pytest.fixture(scope="module")
def client() -> ClientFiles:
    return ClientFiles(find_client())


@pytest.fixture(scope="module")
def fonts() -> FallbackFonts:
    return FallbackFonts()


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    folder = tmp_path / "assets"
    folder.mkdir()
    return folder


@pytest.fixture
def site(client: ClientFiles, assets: Path, fonts: FallbackFonts) -> SiteFiles:
    return SiteFiles(client, assets, OPTIONS, fonts=fonts)


def write(folder: Path, name: str, content: str | bytes = "content") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def found(site: SiteFiles, path: str) -> Found:
    result = site.find(path)
    assert result is not None, f"nothing is at {path}"
    return result


def body(reply: Reply) -> bytes:
    return b"".join(reply.chunks())


def content(site: SiteFiles, path: str) -> bytes:
    return body(found(site, path).reply())


# -- the page


@pytest.mark.parametrize(
    "path", ["", "/", "index.html", "store", "store/", "a/b/c", "x.html", "item:5", "a b", "ä/ö", "//"]
)
def test_every_route_is_answered_with_the_page(site: SiteFiles, path: str) -> None:
    page = found(site, path)
    assert page.is_page
    reply = page.reply()
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert reply.headers["Cache-Control"] == "no-cache"
    assert b"<title>My app</title>" in body(reply)


@pytest.mark.parametrize(
    "path", ["x.png", "a/x.js", "robots.txt", "store.v2/x.json", ".env", "a/.git/config", ".git", "a\\b", "a\0b"]
)
def test_what_is_no_route_and_no_file_is_nothing(site: SiteFiles, path: str) -> None:
    assert site.find(path) is None


def test_an_unchanged_page_is_not_sent_again(site: SiteFiles) -> None:
    page = found(site, "store")
    assert page.reply(if_none_match=page.reply().headers["ETag"]).status == 304


def test_the_app_may_have_a_page_of_its_own(site: SiteFiles, assets: Path) -> None:
    write(assets, "index.html", "\ufeff<head><title>x</title></head>Mine")
    page = content(site, "store").decode()
    assert page.endswith("Mine")
    assert "<title>My app</title>" in page
    assert '"webSocketEndpoint": "/ws"' in page


def test_a_page_that_is_edited_while_the_app_runs_is_filled_in_anew(site: SiteFiles, assets: Path) -> None:
    before = content(site, "")
    own = write(assets, "index.html", "<head></head>One")
    assert content(site, "").endswith(b"One")
    write(assets, "index.html", "<head></head>Two!")
    assert content(site, "store").endswith(b"Two!")
    own.unlink()
    assert content(site, "") == before


def test_a_page_is_filled_in_once_for_many_visitors(site: SiteFiles) -> None:
    assert found(site, "").file is found(site, "store").file


def test_a_name_that_was_only_found_does_not_replace_that_of_a_page_of_the_apps_own(
    client: ClientFiles, assets: Path
) -> None:
    options = PageOptions(app_name="main", is_named=False)
    assert b"<title>main</title>" in content(SiteFiles(client, assets, options), "")
    write(assets, "index.html", "<head><title>Chosen</title></head>")
    write(assets, "manifest.json", '{"name": "Chosen"}')
    site = SiteFiles(client, assets, options)
    assert b"<title>Chosen</title>" in content(site, "")
    assert json.loads(content(site, "manifest.json"))["name"] == "Chosen"


def test_the_manifest_has_the_name_of_the_app(site: SiteFiles, assets: Path) -> None:
    made = json.loads(content(site, "manifest.json"))
    assert made["name"] == made["short_name"] == "My app"
    assert made["icons"]
    write(assets, "manifest.json", '{"name": "x", "lang": "de"}')
    assert json.loads(content(site, "manifest.json")) == {"name": "My app", "short_name": "My app", "lang": "de"}


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("manifest.json", b"{"),
        ("index.html", b"\xff\xfe"),
        ("assets/FontManifest.json", b"{"),
        ("assets/FontManifest.json", b"[1]"),
    ],
)
def test_a_file_that_cannot_be_filled_in_is_named_at_start(
    client: ClientFiles, assets: Path, name: str, broken: bytes
) -> None:
    path = write(assets, name, broken)
    with pytest.raises(BadOption) as error:
        SiteFiles(client, assets, OPTIONS)
    assert str(error.value).startswith(str(path.resolve()))


def test_a_file_that_somebody_breaks_while_the_app_runs_does_not_break_the_app(
    client: ClientFiles, assets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(assets, "manifest.json", '{"lang": "de"}')
    site = SiteFiles(client, assets, OPTIONS)
    write(assets, "manifest.json", '{"lang": ')
    for _ in range(3):
        assert json.loads(content(site, "manifest.json"))["lang"] == "de"
    assert len(caplog.records) == 1
    assert "manifest.json" in caplog.text
    write(assets, "manifest.json", '{"lang": "it"}')
    assert json.loads(content(site, "manifest.json"))["lang"] == "it"


def test_a_client_without_a_page_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "client/flutter_bootstrap.js")
    with pytest.raises(ClientNotFound, match=r"has no index\.html"):
        SiteFiles(ClientFiles(FlutterClient(tmp_path / "client", "1.0.5")), None, OPTIONS)


# -- the client's files


@pytest.mark.parametrize("name", ["main.dart.js", "canvaskit/chromium/canvaskit.wasm", "assets/fonts/roboto.woff2"])
def test_the_clients_files_are_kept_below_the_path_that_names_their_version(site: SiteFiles, name: str) -> None:
    kept, plain = found(site, f"_flet/1/{name}"), found(site, name)
    assert (kept.cache_control, plain.cache_control) == (KEPT, "no-cache")
    assert kept.file is plain.file


def test_a_page_of_another_version_gets_what_there_is_but_does_not_keep_it(site: SiteFiles) -> None:
    assert found(site, "_flet/0.9/main.dart.js").cache_control == "no-cache"
    assert found(site, f"_flet/0.9/{FONT}").cache_control == "no-cache"


@pytest.mark.parametrize(
    "path", ["_flet/1", "_flet/1/", "_flet/1/x", "_flet/1/index.html", "_flet/1/../index.html", "_flet/x"]
)
def test_there_are_no_routes_among_the_clients_files(site: SiteFiles, path: str) -> None:
    assert site.find(path) is None


def test_fonts_are_listed_with_roboto(site: SiteFiles, assets: Path) -> None:
    assert {"MaterialIcons", "Roboto"} <= {
        each["family"] for each in json.loads(content(site, "assets/FontManifest.json"))
    }
    write(assets, "assets/FontManifest.json", "[]")
    for path in ("assets/FontManifest.json", "_flet/1/assets/FontManifest.json"):
        assert [each["family"] for each in json.loads(content(site, path))] == ["Roboto"]


def test_what_the_app_has_itself_is_served_in_the_clients_place(site: SiteFiles, assets: Path) -> None:
    write(assets, "favicon.png", b"mine")
    write(assets, "icons/loading-animation.png", b"mine, too")
    write(assets, "main.dart.js", b"mine as well")
    assert content(site, "favicon.png") == b"mine"
    assert content(site, "icons/loading-animation.png") == b"mine, too"
    assert content(site, "_flet/1/main.dart.js") == b"mine as well"
    assert found(site, "_flet/1/main.dart.js").cache_control == "no-cache"


def test_the_page_loads_a_loader_of_the_apps_own_from_where_it_is(site: SiteFiles, assets: Path) -> None:
    assert b'src="/sub/_flet/1/python.js"' in content(site, "")
    write(assets, "python.js")
    assert b'src="python.js"' in content(site, "")


def test_the_client_may_be_offered_elsewhere_for_several_apps(client: ClientFiles) -> None:
    site = SiteFiles(client, None, PageOptions(public_path="/sub", client_path="/_flet/1/"))
    assert b'src="/_flet/1/flutter_bootstrap.js"' in content(site, "")
    assert found(site, "_flet").is_page
    assert site.find("_flet/1/main.dart.js") is None


def test_an_app_at_the_root_keeps_its_client_too(client: ClientFiles) -> None:
    site = SiteFiles(client, None, PageOptions(client_path="/_flet/1.0.5-ab/"))
    assert found(site, "_flet/1.0.5-ab/main.dart.js").cache_control == KEPT


def test_the_version_of_a_client_changes_with_its_content(tmp_path: Path, fonts: FallbackFonts) -> None:
    def version(script: str, icon: str = "icon", fonts: FallbackFonts = fonts) -> str:
        write(tmp_path, "flutter_bootstrap.js", "")
        write(tmp_path, "main.dart.js", script)
        write(tmp_path, "icon.png", icon)
        return client_version(ClientFiles(FlutterClient(tmp_path, "1.0.5")), fonts)

    first = version("one")
    assert first == version("one")
    assert first.startswith("1.0.5-")
    assert (
        len({first, version("two"), version("one", "other icon"), version("one", fonts=FallbackFonts(tmp_path))}) == 4
    )


# -- fonts


def test_fonts_for_symbols_are_kept(site: SiteFiles, fonts: FallbackFonts) -> None:
    reply = found(site, f"_flet/1/{FONT}").reply()
    assert reply.headers["Cache-Control"] == KEPT
    assert reply.headers["Content-Type"] == "font/woff2"
    assert body(reply) == fonts.files["notosansmath"].content()


def test_a_font_that_is_not_here_is_stood_in_for(site: SiteFiles) -> None:
    reply = found(site, "_flet/1/assets/fonts/fallback/notosansthai/v25/iJWnBXe.woff2").reply()
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("font/")
    assert "immutable" not in reply.headers["Cache-Control"]


def test_a_font_that_is_not_here_may_come_from_google(client: ClientFiles, fonts: FallbackFonts) -> None:
    site = SiteFiles(client, None, PageOptions(client_path="/_flet/1/", no_cdn=False), fonts=fonts)
    reply = found(site, "_flet/1/assets/fonts/fallback/notosansthai/v25/iJWnBXe.woff2").reply()
    assert (reply.status, body(reply)) == (302, b"")
    assert reply.headers["Location"] == "https://fonts.gstatic.com/s/notosansthai/v25/iJWnBXe.woff2"
    assert found(site, f"_flet/1/{FONT}").reply().status == 200


@pytest.mark.parametrize("no_cdn", [True, False])
@pytest.mark.parametrize(
    "name", ["", "x.woff2", "../../../main.dart.js", "/evil.example/v1/x.woff2", "notosans/v1/\r\nX: y.woff2"]
)
def test_nobody_is_sent_elsewhere_for_anything_but_a_font(
    client: ClientFiles, fonts: FallbackFonts, name: str, no_cdn: bool
) -> None:
    site = SiteFiles(client, None, PageOptions(client_path="/_flet/1/", no_cdn=no_cdn), fonts=fonts)
    assert site.find(f"_flet/1/assets/fonts/fallback/{name}") is None


# -- the app's own files


def test_the_apps_files_are_served(site: SiteFiles, assets: Path) -> None:
    write(assets, "images/x.png", b"picture")
    reply = found(site, "/images/x.png").reply()
    assert (reply.status, reply.headers["Content-Type"], body(reply)) == (200, "image/png", b"picture")
    assert reply.headers["Cache-Control"] == "no-cache"
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_a_part_of_a_video_can_be_had(site: SiteFiles, assets: Path) -> None:
    write(assets, "x.mp4", bytes(range(100)))
    reply = found(site, "x.mp4").reply(range_="bytes=10-19", accept_encoding="br")
    assert (reply.status, body(reply)) == (206, bytes(range(10, 20)))


def test_a_changed_file_is_sent_anew_and_an_unchanged_one_is_not(site: SiteFiles, assets: Path) -> None:
    path = write(assets, "x.csv", "1,2")
    tag = found(site, "x.csv").reply().headers["ETag"]
    assert found(site, "x.csv").reply(if_none_match=tag).status == 304
    path.write_text("3,4")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    reply = found(site, "x.csv").reply(if_none_match=tag)
    assert (reply.status, body(reply)) == (200, b"3,4")


def test_a_file_may_appear_and_go_while_the_app_runs(site: SiteFiles, assets: Path) -> None:
    assert site.find("new.png") is None
    path = write(assets, "new.png")
    assert site.find("new.png") is not None
    path.unlink()
    assert site.find("new.png") is None


def test_a_file_that_is_replaced_while_it_is_asked_for_is_not_sent_in_part(site: SiteFiles, assets: Path) -> None:
    path = write(assets, "x.csv", "1,2,3")
    reply = found(site, "x.csv").reply()
    path.write_text("1,2,3,4")
    with pytest.raises(AssetChanged, match=r"x\.csv changed"):
        body(reply)


def test_an_app_without_a_folder_has_its_page(client: ClientFiles, tmp_path: Path) -> None:
    for folder in (None, tmp_path / "missing"):
        site = SiteFiles(client, folder, OPTIONS)
        assert found(site, "store").is_page
        assert site.find("x.png") is None


def test_the_folder_may_be_a_link_and_relative(
    client: ClientFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "real/x.png")
    monkeypatch.chdir(tmp_path)
    assert SiteFiles(client, Path("real"), OPTIONS).find("x.png") is not None
    if os.name != "nt":
        (tmp_path / "link").symlink_to("real")
        assert SiteFiles(client, Path("link"), OPTIONS).find("x.png") is not None


def test_a_folder_is_no_file(site: SiteFiles, assets: Path) -> None:
    (assets / "images.d").mkdir()
    assert site.find("images.d") is None
    assert site.find("images.d/") is not None  # a route


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x.PNG", "image/png"),
        ("x.mjs", "text/javascript; charset=utf-8"),
        ("x.wasm", "application/wasm"),
        ("x.md", "text/markdown; charset=utf-8"),
        ("x.mp4", "video/mp4"),
        ("x.ico", "image/vnd.microsoft.icon"),
        ("x.tar.gz", "application/gzip"),
        ("x.frag", "text/plain; charset=utf-8"),
        ("x.bz2", "application/octet-stream"),
        ("x.svgz", "application/octet-stream"),
        ("x.unknown", "application/octet-stream"),
        ("README", "application/octet-stream"),
        ("a.png/README", "application/octet-stream"),
    ],
)
def test_a_file_has_the_media_type_of_its_ending(name: str, expected: str) -> None:
    assert media_type(name) == expected


def test_the_machines_registry_does_not_decide_what_scripts_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mimetypes.guess_type", lambda *_args, **_options: ("text/plain", None))
    assert media_type("x.js") == "text/javascript; charset=utf-8"


def test_a_well_known_file_is_served_though_its_folder_is_hidden(site: SiteFiles, assets: Path) -> None:
    write(assets, ".well-known/security.txt", "Contact: x")
    write(assets, "a/.well-known/x.txt")
    assert content(site, ".well-known/security.txt") == b"Contact: x"
    assert site.find("a/.well-known/x.txt") is None


# -- what nobody may see

PUBLIC = b"for everybody"
SECRET = b"for nobody"


@pytest.fixture(scope="module")
def guarded(client: ClientFiles, tmp_path_factory: pytest.TempPathFactory) -> SiteFiles:
    """A site with something to hide beside, in and behind its folder."""
    root = tmp_path_factory.mktemp("guarded")
    folder = root / "assets"
    for name in ("x.txt", "sub/x.txt", "sub/deep/x.txt", "x", "~", "CON.txt"):
        write(folder, name, PUBLIC)
    for name in (
        ".env",
        ".git/config",
        ".git/x.txt",
        "sub/.hidden",
        "sub/.hidden.d/x.txt",
        ".well-known/.env",
        "..x",
        "...",
        ".x.txt",
    ):
        write(folder, name, SECRET)
    for name in ("x.txt", "secret.txt", "assets-old/x.txt", "assets.bak/x.txt"):
        write(root, name, SECRET)
    if os.name != "nt":
        for name, target in {
            "out.txt": "../secret.txt",
            "out.d": "..",
            "absolute.txt": str(root / "secret.txt"),
            "twice.txt": "sub/../out.txt",
            "visible.txt": ".env",
            "sub/visible.d": "../.git",
            "ring.txt": "ring.txt",
            "gone.txt": "nowhere.txt",
            "beside.d": "../assets-old",
        }.items():
            (folder / name).symlink_to(target)
        (folder / "in.txt").symlink_to("sub/x.txt")
        os.mkfifo(folder / "pipe.txt")
        for name in ("a\\x.txt", "c:x.txt"):
            write(folder, name, SECRET)
    return SiteFiles(client, folder, PageOptions(client_path="/_flet/1/"))


def secrets(site: SiteFiles) -> Iterator[str]:
    root = str(site._assets.folder)
    yield from (".env", ".git/config", "sub/.hidden", "sub/.hidden.d/x.txt", ".well-known/.env", "..x", "...", ".x.txt")
    yield from ("../x.txt", "sub/../../x.txt", "sub/../x.txt", "./x.txt", "sub//x.txt", "sub/./x.txt", "/x.txt/..")
    yield from (f"{root}/x.txt", f"/{root}/x.txt", f"/{root}/../secret.txt", "//etc/passwd", "file:///etc/passwd")
    yield from (
        "..\\secret.txt",
        "sub\\x.txt",
        "\\x.txt",
        "C:\\x.txt",
        "C:x.txt",
        "c:x.txt",
        "a\\x.txt",
        "\\\\host\\x.txt",
    )
    yield from ("x.txt\0", "x.txt\0.png", "\0", "x.txt/", "x.txt/.", "x.txt::$DATA", "\ud800.txt", "x" * 5000 + ".txt")
    yield from ("../assets-old/x.txt", "../assets.bak/x.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "..;/secret.txt")


def test_hidden_and_outer_files_are_not_served(guarded: SiteFiles) -> None:
    for prefix in ("", "/", "_flet/1/", "_flet/2/"):
        for path in secrets(guarded):
            result = guarded.find(prefix + path)
            assert result is None or result.is_page, prefix + path


@posix
@pytest.mark.parametrize(
    "name",
    [
        "out.txt",
        "out.d/secret.txt",
        "absolute.txt",
        "twice.txt",
        "visible.txt",
        "sub/visible.d/x.txt",
        "ring.txt",
        "gone.txt",
        "beside.d/x.txt",
        "pipe.txt",
    ],
)
def test_links_lead_nowhere_that_their_names_do_not(guarded: SiteFiles, name: str) -> None:
    assert guarded.find(name) is None


@posix
def test_a_link_within_the_folder_is_followed(guarded: SiteFiles) -> None:
    assert content(guarded, "in.txt") == PUBLIC


def test_a_file_that_cannot_be_read_is_not_there(
    site: SiteFiles, assets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(assets, "x.txt")
    monkeypatch.setattr("flet_jupyter.site.assets.os.access", lambda _path, _mode: False)
    assert site.find("x.txt") is None


WORDS = ".. . ~ x.txt x sub deep .env .git config secret.txt assets out.d out.txt C: \\ ..\\ %2e%2e .well-known _flet 1"
PIECES = st.sampled_from(["", "\0", *WORDS.split()])
PATHS = st.lists(PIECES, max_size=8).flatmap(
    lambda pieces: st.sampled_from(["/", "//", "\\", ""]).map(lambda separator: separator.join(pieces))
)


@given(path=PATHS | st.text())
@example(path="sub/x.txt")
def test_whatever_is_asked_for_only_public_files_are_sent(guarded: SiteFiles, path: str) -> None:
    result = guarded.find(path)
    if result is None or result.is_page:
        return
    served = result.file.bodies["identity"].source
    assert isinstance(served, bytes) or guarded._client.client.path in served.parents or served.read_bytes() == PUBLIC
