from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flet_jupyter.client import find_client
from flet_jupyter.exceptions import BadOption
from flet_jupyter.site.notices import apps_page, error_page, full_page
from flet_jupyter.site.page import PageOptions, index_html, manifest_json
from flet_jupyter.site.settings import site_settings

NASTY = '"it\'s" </title></script><script>alert(1)</script> & <!-- \N{LINE SEPARATOR} \\ é'


@dataclass
class Page(HTMLParser):
    """A page as a browser reads it, as far as it matters here."""

    source: str
    base: str = ""
    title: str = ""
    meta: dict[str, str] = field(default_factory=dict)
    links: dict[str, dict[str, str | None]] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._inside = ""
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        values = dict(attrs)
        if tag == "base":
            self.base = self.base or values["href"] or ""
        elif tag == "meta" and "name" in values:
            self.meta[values["name"] or ""] = values.get("content") or ""
        elif tag == "link":
            self.links[values["rel"] or ""] = values
        elif tag == "a":
            self.sources.append(values["href"] or "")
        elif tag == "script" and "src" in values:
            self.sources.append(values["src"] or "")
        elif tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data
        elif self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text += data

    @property
    def flet(self) -> dict[str, Any]:
        """What is set on the global object `flet`."""
        [script] = [script for script in self.scripts if "Object.assign" in script]
        match = re.search(r"Object\.assign\(target, (\{.*\})\);", script)
        assert match
        found = json.loads(match[1])
        assert isinstance(found, dict)
        return found


@pytest.fixture(scope="module")
def template() -> str:
    return (find_client().path / "index.html").read_text(encoding="utf-8")


OPTIONS = PageOptions(
    public_path="/apps/x/sub",
    websocket_path="/apps/x/sub/ws",
    client_path="/apps/x/sub/_flet/1/",
    app_name="My app",
    web_renderer="canvaskit",
    route_url_strategy="hash",
)


def test_the_client_learns_where_everything_is(template: str) -> None:
    page = Page(index_html(template, OPTIONS))
    assert page.base == "/apps/x/sub/"
    assert page.flet == {
        "pyodide": False,
        "webSocketEndpoint": "/apps/x/sub/ws",
        "routeUrlStrategy": "hash",
        "webRenderer": "canvaskit",
        "noCdn": True,
        "entrypointBaseUrl": "/apps/x/sub/_flet/1/",
        "assetBase": "/apps/x/sub/_flet/1/",
        "assetsDir": "/apps/x/sub/",
        "canvasKitBaseUrl": "/apps/x/sub/_flet/1/canvaskit/",
        "fontFallbackBaseUrl": "/apps/x/sub/_flet/1/assets/fonts/fallback/",
    }
    assert page.sources == ["/apps/x/sub/_flet/1/python.js", "/apps/x/sub/_flet/1/flutter_bootstrap.js"]


def test_the_configuration_follows_what_it_configures(template: str) -> None:
    page = index_html(template, OPTIONS)
    assert page.index("var flet") < page.index("Object.assign") < page.index("flutter_bootstrap.js")
    assert "fletAppConfig" not in page


@pytest.mark.parametrize("path", ["", "/", "//"])
def test_an_app_may_be_at_the_root(template: str, path: str) -> None:
    assert Page(index_html(template, PageOptions(public_path=path))).base == "/"


def test_names_and_descriptions_are_text(template: str) -> None:
    before = Page(template)
    page = Page(index_html(template, PageOptions(app_name=NASTY, app_description=NASTY)))
    assert page.title == page.meta["apple-mobile-web-app-title"] == page.meta["description"] == NASTY
    assert len(page.scripts) == len(before.scripts) + 1
    assert "alert" not in "".join(page.scripts)


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")))
def test_any_text_may_be_a_name_and_a_path(text: str) -> None:
    template = "<html><head><title>x</title><!-- fletAppConfig --></head><body>end</body></html>"
    page = Page(index_html(template, PageOptions(app_name=text, websocket_path=text, client_path=text)))
    assert page.flet["webSocketEndpoint"] == page.flet["entrypointBaseUrl"] == text
    assert page.title == (text or "x")
    assert page.text.endswith("end")
    assert len(page.scripts) == 1


def test_nothing_can_end_the_script() -> None:
    page = index_html("<!-- fletAppConfig -->", PageOptions(websocket_path=NASTY))
    assert page.count("</script") == 1
    assert "\N{LINE SEPARATOR}" not in page


def test_without_a_name_the_template_keeps_its_own(template: str) -> None:
    before, after = Page(template), Page(index_html(template, PageOptions()))
    assert (after.title, after.meta) == (before.title, before.meta)


def test_the_rest_of_a_page_stays_as_it_is() -> None:
    own = (
        "<!DOCTYPE html>\r\n<html lang=de>\n<!-- <base href='/wrong/'> <title>no</title> -->\n<HEAD>"
        "<META content='old' NAME='Description'><title>A <b>bold</b> title</TITLE><script>'<base href=x>'</script>"
        "<base target=_top href=/old/>\n<!-- fletAppConfig --></HEAD>\n<body>"
        "<svg><title>pic</title></svg></body></html>\n"
    )
    page = index_html(own, PageOptions(public_path="/a", app_name="New", app_description="new"))
    config = page[page.index("<script>\n(() =>") : page.index("</script></HEAD>") + len("</script>")]
    expected = (
        own.replace("<META content='old' NAME='Description'>", '<meta content="new" name="Description">')
        .replace("<title>A <b>bold</b> title</TITLE>", "<title>New</title>")
        .replace("<base target=_top href=/old/>", '<base target="_top" href="/a/">')
        .replace("<!-- fletAppConfig -->", config)
        .replace("<HEAD>", '<HEAD>\n<meta name="apple-mobile-web-app-title" content="New">')
    )
    assert page == expected


def test_a_page_without_the_marker_is_configured_at_the_end_of_its_head() -> None:
    page = index_html("<head><title>x</title></head><body><script src='flutter_bootstrap.js'></script></body>", OPTIONS)
    assert page.index("</title>") < page.index("Object.assign") < page.index("</head>")


@pytest.mark.parametrize("declaration", ["var flet = {}", "const flet={a: 1}", "let flet", "window.flet = {}"])
def test_a_page_without_the_marker_is_configured_after_it_declares_the_object(declaration: str) -> None:
    own = f"<head><script>{declaration};</script></head><body><script>{declaration}2;</script></body>"
    page = index_html(own, OPTIONS)
    assert f"<script>{declaration};</script><script>\n(() =>" in page
    late = index_html(f"<head></head><body><script>{declaration};</script><!-- after --></body>", OPTIONS)
    assert late.index(declaration) < late.index("Object.assign") < late.index("<!-- after -->")


def test_a_marker_before_the_declaration_is_of_no_use() -> None:
    page = index_html("<head><!-- fletAppConfig --><script>var flet = {};</script></head>", OPTIONS)
    assert page.index("var flet") < page.index("Object.assign")


def test_a_loader_in_the_head_runs_after_the_configuration() -> None:
    page = index_html("<head><script async src='flutter_bootstrap.js'></script></head>", OPTIONS)
    assert page.index("Object.assign") < page.index("flutter_bootstrap.js")
    assert Page(page).sources == ["/apps/x/sub/_flet/1/flutter_bootstrap.js"]


@pytest.mark.parametrize(
    "own", ["", "Hello", "<p>Hello", "<body>Hello", "<html>Hello", "<!DOCTYPE html>Hello", "<", "<!--"]
)
def test_a_page_may_be_written_carelessly(own: str) -> None:
    page = Page(index_html(own, OPTIONS))
    assert page.base == "/apps/x/sub/"
    assert page.flet["webSocketEndpoint"] == "/apps/x/sub/ws"
    assert "Hello" not in own or page.text.strip() == "Hello"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("flutter_bootstrap.js", "/apps/x/sub/_flet/1/flutter_bootstrap.js"),
        ("./python.js", "/apps/x/sub/_flet/1/python.js"),
        ("/flutter.js?v=3", "/apps/x/sub/_flet/1/flutter.js"),
        ("/apps/x/sub/flutter.js", "/apps/x/sub/_flet/1/flutter.js"),
        ("https://example.org/flutter.js", "https://example.org/flutter.js"),
        ("//example.org/flutter.js", "//example.org/flutter.js"),
        ("js/flutter.js", "js/flutter.js"),
        ("main.dart.js", "main.dart.js"),
    ],
)
def test_only_the_clients_loaders_are_loaded_from_where_they_are_kept(source: str, expected: str) -> None:
    assert Page(index_html(f"<head><script src={source}></script></head>", OPTIONS)).sources == [expected]


def test_a_loader_of_the_apps_own_is_left_where_it_is(template: str) -> None:
    page = Page(index_html(template, OPTIONS, replaced={"python.js"}))
    assert page.sources == ["python.js", "/apps/x/sub/_flet/1/flutter_bootstrap.js"]


def test_the_manifest_is_fetched_with_the_cookies_that_a_password_needs(template: str) -> None:
    assert Page(index_html(template, OPTIONS)).links["manifest"]["crossorigin"] == "use-credentials"
    own = "<link rel=manifest href=m.json crossorigin=anonymous>"
    assert Page(index_html(own, OPTIONS)).links["manifest"]["crossorigin"] == "anonymous"


def test_no_script_of_a_cdn_is_loaded_unless_wanted(template: str) -> None:
    assert "/@rive-app/" in index_html(template, PageOptions(no_cdn=True))
    page = index_html(template, PageOptions(no_cdn=False))
    assert "/@rive-app/" not in page
    assert Page(page).flet["noCdn"] is False


def test_options_come_from_the_settings() -> None:
    settings = site_settings(
        {"app_short_name": "S", "theme_color": "#123456", "websocket_endpoint": "live/ws", "no_cdn": False}, environ={}
    )
    options = PageOptions.of(settings, "/apps/x", "1.0.5-abc", "found")
    assert options == PageOptions(
        public_path="/apps/x",
        websocket_path="/apps/x/live/ws",
        client_path="/apps/x/_flet/1.0.5-abc/",
        app_name="found",
        is_named=False,
        app_short_name="S",
        theme_color="#123456",
        no_cdn=False,
    )
    named = PageOptions.of(site_settings({"app_name": "Chosen"}, environ={}), "/", "1", "found")
    assert (named.app_name, named.is_named, named.websocket_path) == ("Chosen", True, "/ws")


# -- manifest.json


def manifest(template: str, **options: Any) -> dict[str, Any]:
    made = json.loads(manifest_json(template.encode(), PageOptions(**options)))
    assert isinstance(made, dict)
    return made


def test_the_manifest_has_what_was_given_and_keeps_the_rest() -> None:
    made = manifest(
        '{"name": "a", "icons": [1], "display": "standalone"}',
        app_name=NASTY,
        app_short_name="S",
        app_description="D",
        theme_color="#111111",
        background_color="red",
    )
    assert made == {
        "name": NASTY,
        "short_name": "S",
        "description": "D",
        "theme_color": "#111111",
        "background_color": "red",
        "icons": [1],
        "display": "standalone",
    }


def test_the_name_stands_in_for_the_short_name() -> None:
    assert manifest('{"short_name": "old"}', app_name="N")["short_name"] == "N"


def test_a_manifest_of_which_nothing_is_given_stays_as_it_is() -> None:
    own = {"name": "a", "short_name": "b", "description": "c", "theme_color": "d"}
    assert manifest(json.dumps(own)) == own


def test_a_manifest_may_have_a_byte_order_mark() -> None:
    assert manifest("\N{ZERO WIDTH NO-BREAK SPACE}" + '{"name": "a"}') == {"name": "a"}


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b'"x"', b"\xff\xfe\x00", b"[" * 100_000, b"null"])
def test_a_broken_manifest_is_named(broken: bytes) -> None:
    with pytest.raises(BadOption, match=r"^/assets/manifest\.json (is|must)"):
        manifest_json(broken, PageOptions(), source="/assets/manifest.json")


# -- pages for people


def test_an_error_page_says_what_is_wrong_and_what_to_do() -> None:
    page = Page(error_page(404, "Not <here>", f"Look elsewhere {NASTY}"))
    assert page.title == "Not <here>"
    assert "Not <here>" in page.text
    assert NASTY in page.text
    assert page.scripts == []


def test_an_error_page_loads_nothing_and_knows_the_dark() -> None:
    source = error_page(500, "a", "b")
    assert "color-scheme: light dark" in source
    assert not re.search(r"(src|href)=|url\(|@import|https?:", source)


def test_an_error_page_tries_again_when_told_to() -> None:
    assert 'http-equiv="refresh" content="7"' in error_page(503, "a", "b", retry_after=7)
    assert "refresh" not in error_page(503, "a", "b")


def test_the_page_of_a_full_app_names_the_app() -> None:
    page = Page(full_page(NASTY, 5))
    assert page.title == NASTY
    assert f"{NASTY} is busy" in page.text
    assert "every 5 seconds" in page.text
    assert len(page.scripts) == 1


def test_the_page_of_a_full_app_names_the_session_that_the_tab_has() -> None:
    [script] = Page(full_page(None, 5)).scripts
    assert 'sessionStorage.getItem("_flet_session_id")' in script
    assert '"Flet-Session": session' in script
    assert "5000" in script


def test_the_index_of_apps_links_to_each() -> None:
    page = Page(apps_page(NASTY, [("/a/", "A", "first"), ('/b"><script>', "B <b>", "")]))
    assert page.sources == ["/a/", '/b"><script>']
    assert all(text in page.text for text in (NASTY, "A", "first", "B <b>"))
    assert page.scripts == []


def test_an_index_without_apps_says_so() -> None:
    assert "no apps" in Page(apps_page("Apps", [])).text
