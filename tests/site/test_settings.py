"""Where settings come from, how they are read, and what is said about those that cannot be had."""

from __future__ import annotations

import ipaddress
import itertools
import logging
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from flet import WebRenderer
from hypothesis import given
from hypothesis import strategies as st
from jupyter_server.auth.security import passwd
from traitlets.config import Application, Configurable
from traitlets.config.loader import DeferredConfigString

from flet_jupyter.core.settings import AppSettings
from flet_jupyter.exceptions import BadOption
from flet_jupyter.site import kinds
from flet_jupyter.site.options import Option
from flet_jupyter.site.settings import (
    SERVER_OPTIONS,
    SITE_OPTIONS,
    default_ip,
    is_headless,
    markdown,
    server_settings,
    site_settings,
)

OPTIONS = {**SITE_OPTIONS, **SERVER_OPTIONS}
WITH_VARIABLE = [each for each in OPTIONS.values() if each.variable]

# Values as they are written in variables and on command lines, and what they mean.
SAMPLES: dict[kinds.Kind[Any], dict[str, Any]] = {
    kinds.TEXT: {"one": "one", " two ": " two ", "three": "three"},
    kinds.FLAG: {"true": True, "no": False},
    kinds.SECONDS: {"1": 1.0, "2.5": 2.5, "inf": float("inf")},
    kinds.COUNT: {"1": 1, "20": 20, "300": 300},
    kinds.SIZE: {"5": 5, "10MB": 10_000_000, "1GiB": 2**30},
    kinds.PORT: {"0": 0, "80": 80, "65535": 65535},
    kinds.FOLDER: {"/a": Path("/a"), "/b c": Path("/b c"), "~/x": Path.home() / "x"},
    kinds.FILE: {"/a.pem": Path("/a.pem"), "/b.pem": Path("/b.pem"), "/c.pem": Path("/c.pem")},
    kinds.COLOR: {"teal": "teal", "#0175c2": "#0175c2", "rgb(1, 2, 3)": "rgb(1, 2, 3)"},
    kinds.BASE_URL: {"/": "/", "apps/x/": "/apps/x", "/~me": "/~me"},
    kinds.ENDPOINT: {"/one": "one", "a/b/": "a/b", "c.d": "c.d"},
    kinds.ADDRESS: {"0.0.0.0": "0.0.0.0", "::1": "::1", "localhost": "localhost"},
    kinds.ORIGINS: {"*": ("*",), "https://a,http://b:81": ("https://a", "http://b:81"), "": ()},
    kinds.NETWORKS: {"::1": (ipaddress.ip_network("::1"),), "10.0.0.0/8": (ipaddress.ip_network("10.0.0.0/8"),)},
    kinds.HASHED_PASSWORD: {"sha1:ab:cd": "sha1:ab:cd", "": ""},
    kinds.WEB_RENDERER: {"auto": "auto", "CanvasKit": "canvaskit", "skwasm": "skwasm"},
    kinds.ROUTE_URL_STRATEGY: {"path": "path", "hash": "hash"},
    kinds.LOG_LEVEL: {"debug": "DEBUG", "INFO": "INFO", "Error": "ERROR"},
    kinds.DIFFER: {"fast": "fast", "flet": "flet"},
    kinds.LOG_FORMAT: {"text": "text", "json": "json"},
}


def resolved(
    option: Option,
    explicit: Mapping[str, Any] = {},
    *,
    configured: Mapping[str, Any] = {},
    environ: Mapping[str, str] = {},
) -> Any:
    """Return the value in force of one option; what it needs besides is given."""
    also = {"upload_dir": {"secret_key": "k"}, "keyfile": {"certfile": "/x"}}.get(option.name, {})
    make: Callable[..., Any] = site_settings if option.per == "app" else server_settings
    return getattr(make({**also, **explicit}, configured=configured, environ=environ), option.name)


def refusal(make: Callable[..., Any], *arguments: Any, **more: Any) -> str:
    with pytest.raises(BadOption) as error:
        make(*arguments, **{"environ": {}, **more})
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith((".", "?"))
    return text


# -- which one wins ----------------------------------------------------------------------------------


@pytest.mark.parametrize("option", OPTIONS.values(), ids=list(OPTIONS))
def test_what_nobody_sets_has_its_default(option: Option) -> None:
    assert resolved(option) == option.default
    assert resolved(option, {option.name: None}, configured={option.name: None}) == option.default


@pytest.mark.parametrize("option", OPTIONS.values(), ids=list(OPTIONS))
def test_an_argument_wins_over_the_configuration_and_that_over_the_default(option: Option) -> None:
    for (one, expected), (other, _) in itertools.permutations(SAMPLES[option.kind].items(), 2):
        assert resolved(option, configured={option.name: one}) == expected
        assert resolved(option, {option.name: one}, configured={option.name: other}) == expected


@pytest.mark.parametrize("option", WITH_VARIABLE, ids=[each.name for each in WITH_VARIABLE])
def test_an_argument_wins_over_the_variable_and_that_over_the_configuration(option: Option) -> None:
    name, variable = option.name, option.variable
    assert variable
    for (one, expected), (other, _) in itertools.permutations(SAMPLES[option.kind].items(), 2):
        assert resolved(option, environ={variable: one}) == expected
        assert resolved(option, environ={variable: one}, configured={name: other}) == expected
        assert resolved(option, {name: one}, environ={variable: other}) == expected
        assert resolved(option, {name: one}, environ={variable: other}, configured={name: other}) == expected
        assert resolved(option, {name: None}, environ={variable: one}) == expected


@pytest.mark.parametrize("option", WITH_VARIABLE, ids=[each.name for each in WITH_VARIABLE])
def test_an_empty_variable_is_not_set(option: Option) -> None:
    raw, expected = list(SAMPLES[option.kind].items())[1]
    assert option.variable
    for empty in ("", "  "):
        assert resolved(option, environ={option.variable: empty}) == option.default
        assert resolved(option, environ={option.variable: empty}, configured={option.name: raw}) == expected


@pytest.mark.parametrize("option", OPTIONS.values(), ids=list(OPTIONS))
def test_a_value_that_was_read_may_be_given_again(option: Option) -> None:
    values = [*SAMPLES[option.kind].values(), *([] if option.default is None else [option.default])]
    for value in values:
        assert resolved(option, {option.name: value}) == value


def test_the_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLET_WEB_RENDERER", "skwasm")
    monkeypatch.setenv("FLET_SERVER_PORT", "8123")
    assert site_settings().web_renderer == "skwasm"
    assert server_settings().port == 8123


def test_an_empty_argument_takes_back_what_a_variable_says() -> None:
    environ = {"FLET_UPLOAD_DIR": "/up", "FLET_MAX_UPLOAD_SIZE": "5", "FLET_SERVER_IP": "::1"}
    site = site_settings({"upload_dir": "", "max_upload_size": ""}, environ=environ)
    assert (site.upload_dir, site.max_upload_size) == (None, None)
    assert server_settings({"ip": ""}, environ=environ).ip is None


def test_a_losing_value_is_not_judged() -> None:
    assert server_settings({"port": 1}, environ={"FLET_SERVER_PORT": "x"}, configured={"port": "y"}).port == 1


def test_only_a_relative_path_of_a_variable_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert site_settings(environ={"FLET_ASSETS_DIR": "assets"}).assets_dir == tmp_path / "assets"
    assert site_settings({"assets_dir": "assets"}, environ={}).assets_dir == Path("assets")
    assert site_settings(configured={"assets_dir": "assets"}, environ={}).assets_dir == Path("assets")


def test_every_variable_of_flet_is_one_options_only() -> None:
    documented_by_flet = """
        FLET_FORCE_WEB_SERVER FLET_SERVER_PORT FLET_SERVER_IP FLET_ASSETS_DIR FLET_UPLOAD_DIR FLET_MAX_UPLOAD_SIZE
        FLET_SECRET_KEY FLET_WEB_APP_PATH FLET_SESSION_TIMEOUT FLET_OAUTH_STATE_TIMEOUT FLET_WEB_RENDERER
        FLET_WEB_USE_COLOR_EMOJI FLET_WEB_ROUTE_URL_STRATEGY FLET_WEBSOCKET_HANDLER_ENDPOINT
        FLET_UPLOAD_HANDLER_ENDPOINT FLET_OAUTH_CALLBACK_HANDLER_ENDPOINT
    """
    read_in_its_source = "FLET_WEB_NO_CDN FLET_WEB_PATH FLET_LOG_LEVEL"
    ours = " FLET_JUPYTER_DIFFER"
    assert sorted(str(each.variable) for each in WITH_VARIABLE) == sorted(
        (documented_by_flet + read_in_its_source + ours).split()
    )


def test_every_name_and_flag_is_one_options_only() -> None:
    assert not set(SITE_OPTIONS) & set(SERVER_OPTIONS)
    assert len({each.flag for each in OPTIONS.values()}) == len(OPTIONS)


# -- bad values --------------------------------------------------------------------------------------

BAD: dict[kinds.Kind[Any], list[Any]] = {
    kinds.TEXT: [5, b"bytes", ["a"]],
    kinds.FLAG: ["maybe", "on", "2", 2, "truee", []],
    kinds.SECONDS: ["soon", "-1", "nan", "1s", True, [1], -0.1, 10**400],
    kinds.COUNT: ["0", "-3", "1.5", "many", 1.5, True, 0],
    kinds.SIZE: ["0", "-1", "10XB", "1.5MB", "MB", "1__0", "1 0", 1.5, True, 0, "9" * 5000],
    kinds.PORT: ["65536", "-1", "http", "80.0", 80.0, False],
    kinds.FOLDER: ["nul\0", 5, b"/bytes", "~nobody-has-this-name/x"],
    kinds.FILE: ["nul\0", 5],
    kinds.COLOR: ["#12", "#0175c", "red; x: url(y)", "<b>", "url(x)", 'a"b', "pin\u212a", 5],
    kinds.BASE_URL: ["/a//b", "/../x", "/a/./b", "/a b", "/a?b", "/a#b", "http://x/", "/a%2fb", "/ä", "\\a", 5],
    kinds.ENDPOINT: ["/", "a//b", "..", "a/../b", "a b", "ws?x", "ws#x", "<ws>", "{ws}", 'w"s', 5],
    kinds.ADDRESS: [
        "*",
        "999.1.1.1",
        "1.2.3",
        "host name",
        "-host",
        "host:80",
        "[::1]",
        "http://x",
        "a..b",
        "b\u00fccher",
        "\u212a",
        "a." * 127 + "b",
        5,
    ],
    kinds.ORIGINS: [
        "example.org",
        "https://",
        "https://a/path",
        "https://a?q",
        "https://me@a",
        "ftp://a",
        "null",
        "*, https://a",
        ["*", "*"],
        "https://*.example.org",
        "https://a:99999",
        "https://a:x",
        "https://[::1",
        "https://[::g]",
        "https://1.2.3",
        [5],
        5,
    ],
    kinds.NETWORKS: ["10.0.0.1/8", "localhost", "10.0.0.0/33", [5], 5, ["::1", "x"]],
    kinds.HASHED_PASSWORD: ["plain", "sha1:salt", "sha1:salt:", "none:salt:00", "argon2:plain", 5],
    kinds.WEB_RENDERER: ["webgl", 5, ["auto"]],
    kinds.ROUTE_URL_STRATEGY: ["query", True],
    kinds.LOG_LEVEL: ["LOUD", 20],
    kinds.DIFFER: ["slow", {}],
    kinds.LOG_FORMAT: ["xml", {}],
}


@pytest.mark.parametrize("option", OPTIONS.values(), ids=list(OPTIONS))
def test_a_bad_value_is_refused_with_its_source_and_what_is_expected(option: Option) -> None:
    make = site_settings if option.per == "app" else server_settings
    for bad in BAD[option.kind]:
        shown = repr(bad) if len(repr(bad)) <= 100 else repr(bad)[:100] + "..."
        value = "" if option.hidden else f"={shown}"
        end = f" is not {option.kind.expected}."
        assert refusal(make, {option.name: bad}) == f"{option.name}{value} ({option.flag}){end}"
        assert refusal(make, configured={option.name: bad}) == f"{option.name}{value} in the configuration{end}"
        if option.variable and isinstance(bad, str):
            assert refusal(make, environ={option.variable: bad}) == f"{option.variable}{value}{end}"


def test_the_core_and_the_site_say_the_same_about_a_bad_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLET_SESSION_TIMEOUT", "soon")
    with pytest.raises(BadOption) as error:
        AppSettings.from_environment()
    assert refusal(site_settings, environ={"FLET_SESSION_TIMEOUT": "soon"}) == str(error.value)


def test_some_refusals_word_for_word() -> None:
    assert refusal(site_settings, {"max_upload_size": "big"}) == (
        "max_upload_size='big' (--max-upload-size) is not a number of bytes, such as 10000000, 10MB or 10MiB."
    )
    assert refusal(server_settings, environ={"FLET_SERVER_PORT": "http"}) == (
        "FLET_SERVER_PORT='http' is not a port number from 0 to 65535."
    )
    assert refusal(site_settings, environ={"FLET_WEB_RENDERER": "webgl"}) == (
        "FLET_WEB_RENDERER='webgl' is not auto, canvaskit or skwasm."
    )
    assert "no-browser" in refusal(server_settings, {"open_browser": "perhaps"})


@pytest.mark.parametrize(
    ("make", "name", "said"),
    [
        (site_settings, "session_timeout_seconds", "not an option of an app; did you mean session_timeout?"),
        (site_settings, "max-upload-size", "not an option of an app; did you mean max_upload_size?"),
        (site_settings, "xyzzy", "xyzzy is not an option of an app."),
        (site_settings, "port", "port is an option of the server, not of an app."),
        (server_settings, "upload_dir", "upload_dir is an option of an app, not of the server."),
        (server_settings, "prot", "not an option of the server; did you mean port?"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(make: Callable[..., Any], name: str, said: str) -> None:
    assert said in refusal(make, {name: None})
    assert said in refusal(make, configured={name: 1})


def test_uploads_without_a_key_are_refused() -> None:
    said = refusal(site_settings, environ={"FLET_UPLOAD_DIR": "/up"})
    assert "/up" in said
    assert "set FLET_SECRET_KEY or --secret-key" in said
    assert "FLET_SECRET_KEY" in refusal(site_settings, {"upload_dir": "/up", "secret_key": ""})
    assert site_settings({"upload_dir": "/up"}, environ={"FLET_SECRET_KEY": "k"}).secret_key == "k"


def test_two_endpoints_on_one_path_are_refused() -> None:
    said = refusal(site_settings, {"upload_endpoint": "/ws/"})
    assert "websocket_endpoint and upload_endpoint are both 'ws'" in said
    assert "upload_endpoint" in refusal(site_settings, {"oauth_callback_endpoint": "upload"})
    assert site_settings({"upload_endpoint": "ws/upload"}, environ={}).upload_endpoint == "ws/upload"


def test_a_private_key_without_its_certificate_is_refused() -> None:
    assert "certfile" in refusal(server_settings, {"keyfile": "/key.pem"})
    assert server_settings({"certfile": "/both.pem"}, environ={}).keyfile is None


# -- how values are read -----------------------------------------------------------------------------


def test_an_old_web_renderer_is_taken_as_auto_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert site_settings({"web_renderer": "skwasm"}, environ={"FLET_WEB_RENDERER": "html"}).web_renderer == "skwasm"
        assert caplog.messages == []
        assert site_settings(environ={"FLET_WEB_RENDERER": "html"}).web_renderer == "auto"
    assert len(caplog.messages) == 1
    assert "'html'" in caplog.messages[0]
    assert "'auto'" in caplog.messages[0]


def test_flets_own_enums_are_understood() -> None:
    assert [site_settings({"web_renderer": each}, environ={}).web_renderer for each in WebRenderer] == [
        "auto",
        "canvaskit",
        "skwasm",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", 1), ("1k", 1000), ("1 KB", 1000), ("1Ki", 1024), ("3MiB", 3 * 2**20), ("2g", 2 * 10**9), ("7B", 7)],
)
def test_sizes_have_decimal_and_binary_suffixes(text: str, expected: int) -> None:
    assert site_settings({"max_upload_size": text}, environ={}).max_upload_size == expected


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        ("HTTPS://Example.ORG:443/", ("https://example.org",)),
        ("http://a:80", ("http://a",)),
        ("http://a:443", ("http://a:443",)),
        ("http://[0:0::1]:8000", ("http://[::1]:8000",)),
        (["http://127.0.0.1:8888", "https://b, https://c"], ("http://127.0.0.1:8888", "https://b", "https://c")),
        (["*"], ("*",)),
        ([], ()),
    ],
)
def test_origins_are_as_browsers_send_them(given_as: object, expected: tuple[str, ...]) -> None:
    assert server_settings({"allow_origin": given_as}, environ={}).allow_origin == expected


def test_a_password_is_a_hash_as_jupyter_makes_them() -> None:
    for algorithm in ("argon2", "sha256"):
        hashed = passwd("open sesame", algorithm)  # type: ignore[no-untyped-call] # it is not
        assert server_settings({"password": hashed}, environ={}).password == hashed


def test_secrets_are_in_no_repr_and_in_no_message() -> None:
    site = site_settings({"secret_key": "hush-1", "upload_dir": "/up"}, environ={})
    hashed = passwd("hush", "sha1")  # type: ignore[no-untyped-call] # it is not
    server = server_settings({"token": "hush-2", "password": hashed}, environ={})
    assert "hush" not in repr(site) + repr(server)
    assert hashed not in repr(server)
    assert (site.secret_key, server.token, server.password) == ("hush-1", "hush-2", hashed)
    said = refusal(server_settings, {"password": "hush"})
    assert "hush" not in said
    assert "passwd()" in said


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        site_settings(environ={}).app_name = "x"  # type: ignore[misc] # what is tested


def test_the_core_gets_its_settings() -> None:
    site = site_settings({"session_timeout": 5, "max_sessions": 6, "max_packet_bytes": "7k"}, environ={})
    assert site.app == AppSettings(session_timeout=5, max_sessions=6, max_packet_bytes=7000)
    assert site_settings(environ={}).app == AppSettings()


# -- anything at all ---------------------------------------------------------------------------------

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.lists(st.text()), st.just({})
)


@given(st.sampled_from(list(OPTIONS.values())), ANYTHING)
def test_anything_is_either_refused_or_stays_as_it_was_read(option: Option, value: Any) -> None:
    make = site_settings if option.per == "app" else server_settings
    also = (
        {"secret_key": "k"} if option.name == "upload_dir" else {"certfile": "/c"} if option.name == "keyfile" else {}
    )
    try:
        read = getattr(make({**also, option.name: value}, environ={}), option.name)
    except BadOption:
        return
    assert getattr(make({**also, option.name: read}, environ={}), option.name) == read


@given(st.integers(1, 10**9), st.sampled_from(["", "k", "m", "g"]), st.sampled_from(["", "i"]), st.booleans())
def test_a_size_is_its_number_times_its_suffix(number: int, prefix: str, binary: str, bytes_too: bool) -> None:
    text = f"{number}{prefix}{binary if prefix else ''}{'b' if bytes_too else ''}"
    factor = (1024 if prefix and binary else 1000) ** ["", "k", "m", "g"].index(prefix)
    assert kinds.SIZE.parse(text) == kinds.SIZE.parse(text.upper()) == number * factor


@given(st.lists(st.text("abcXYZ019-._~@", min_size=1).filter(lambda part: part not in (".", "..")), min_size=1))
def test_a_url_path_keeps_its_segments_and_loses_slashes_at_the_ends(segments: list[str]) -> None:
    path = "/".join(segments)
    for written in (path, f"/{path}", f"{path}/", f"//{path}//"):
        assert kinds.parse_url_path(written) == f"/{path}"
        assert kinds.ENDPOINT.parse(written) == path


@given(st.text())
def test_a_url_path_needs_no_quoting_anywhere(text: str) -> None:
    try:
        path = kinds.parse_url_path(text)
    except ValueError:
        return
    assert path.isascii()
    assert not set(path) & set("\"'<>&?#%\\ \n\t\0")
    assert not {"", ".", ".."} & set(path[1:].split("/")) or path == "/"


@given(st.text())
def test_an_origin_is_scheme_host_and_port_and_no_more(text: str) -> None:
    for written in (text, f"https://{text}"):
        try:
            (*_, origin) = ("*", *kinds.ORIGINS.parse(written))
        except (ValueError, TypeError):
            continue
        assert origin == "*" or (origin.startswith(("http://", "https://")) and origin.count("/") == 2)
        assert not set(origin) & set("@?#% ,\n")


@given(st.lists(st.ip_addresses() | st.builds(ipaddress.ip_network, st.ip_addresses()), max_size=4))
def test_networks_are_read_from_objects_lists_and_text(networks: list[Any]) -> None:
    expected = tuple(ipaddress.ip_network(str(each)) for each in networks)
    assert kinds.NETWORKS.parse(networks) == expected
    assert kinds.NETWORKS.parse(",".join(map(str, networks))) == expected
    assert kinds.NETWORKS.parse([str(each) for each in networks]) == expected


@given(st.floats(min_value=0) | st.integers(0, 10**9))
def test_seconds_are_any_number_from_0(number: float) -> None:
    assert kinds.SECONDS.parse(number) == kinds.SECONDS.parse(f" {number} ") == number


# -- the command line and the documentation ----------------------------------------------------------


# A configurable with all options and the short forms of the command line, as an application would offer them.
Settings = type("Settings", (Configurable,), {name: each.trait() for name, each in OPTIONS.items()})


class Serve(Application):
    name = "serve"
    classes = [Settings]  # noqa: RUF012 (traitlets' own way)
    aliases = {  # noqa: RUF012
        each.flag[2:]: f"Settings.{name}" for name, each in OPTIONS.items() if each.kind is not kinds.FLAG
    }
    flags = {  # noqa: RUF012
        each.flag[2:]: ({"Settings": {name: not each.default}}, each.help)
        for name, each in OPTIONS.items()
        if each.kind is kinds.FLAG
    }


def started_with(*arguments: str) -> Serve:
    app = Serve()
    app.parse_command_line(list(arguments))
    return app


@pytest.mark.parametrize("option", OPTIONS.values(), ids=list(OPTIONS))
def test_an_option_is_read_from_a_command_line_of_traitlets(option: Option) -> None:
    for raw, expected in SAMPLES[option.kind].items():
        short = [] if option.kind is kinds.FLAG else [f"{option.flag}={raw}"]
        for argument in (f"--Settings.{option.name}={raw}", *short):
            app = started_with(argument)
            assert resolved(option, app.cli_config["Settings"]) == expected
            assert resolved(option, {option.name: getattr(Settings(config=app.config), option.name)}) == expected


@pytest.mark.parametrize("option", [each for each in OPTIONS.values() if each.kind is kinds.FLAG], ids=lambda o: o.name)
def test_a_flag_switches_to_the_other_value(option: Option) -> None:
    assert resolved(option, started_with(option.flag).cli_config["Settings"]) is not option.default


@pytest.mark.parametrize("flag", ["--allow-origin", "--Settings.allow_origin"])
def test_a_list_may_be_given_in_several_arguments(flag: str) -> None:
    app = started_with(f"{flag}=https://a", f"{flag}=https://b")
    assert server_settings(app.cli_config["Settings"], environ={}).allow_origin == ("https://a", "https://b")


def test_a_bad_value_on_a_command_line_is_refused_by_the_settings_and_not_by_its_trait() -> None:
    app = started_with("--port=http", "--max-upload-size=big", "--trusted-proxies=x", "--Settings.metrics=maybe")
    Settings(config=app.config)
    given_as = app.cli_config["Settings"]
    assert refusal(server_settings, {"port": given_as["port"]}) == (
        "port='http' (--port) is not a port number from 0 to 65535."
    )
    # What traitlets hands over for a class that it does not know yet.
    assert refusal(server_settings, {"port": DeferredConfigString("http")}).startswith("port='http' (--port)")
    assert "'big'" in refusal(site_settings, {"max_upload_size": given_as["max_upload_size"]})
    assert "'x'" in refusal(server_settings, {"trusted_proxies": given_as["trusted_proxies"]})
    assert "'maybe'" in refusal(server_settings, {"metrics": given_as["metrics"]})


def test_help_and_a_generated_configuration_file_tell_variables_values_and_defaults(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = started_with("--secret-key=hush")
    app.print_help(classes=True)
    shown = capsys.readouterr().out
    configuration = app.generate_config_file(classes=[Settings])
    for name in OPTIONS:
        assert f"--Settings.{name}=<" in shown
        assert f"c.Settings.{name} = " in configuration
    for text in (" ".join(shown.split()), " ".join(configuration.replace("#", " ").split())):
        assert all(str(each.variable) in text for each in WITH_VARIABLE)
        assert "Environment variable: FLET_SERVER_PORT. Default: 8000" in text
        assert "Expected: a port number from 0 to 65535." in text
        assert "hush" not in text


def test_the_documented_settings_are_those_of_the_code() -> None:
    document = Path(__file__).parents[2] / "docs" / "settings.md"
    made = subprocess.run(
        [sys.executable, "-m", "flet_jupyter.site.settings"], capture_output=True, text=True, check=True
    )
    assert made.stderr == ""
    assert document.read_text(encoding="utf-8") == made.stdout == markdown()


def test_every_row_of_the_documentation_has_all_its_cells() -> None:
    rows = [line for line in markdown().splitlines() if line.startswith("| `")]
    assert len(rows) == len(OPTIONS)
    assert {row.count("|") for row in rows} == {7}


# -- where there is no desktop -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "system", "kernel", "headless"),
    [
        ({}, "linux", "6.1.0-18-amd64", True),
        ({"DISPLAY": ""}, "linux", "6.1.0-18-amd64", True),
        ({"DISPLAY": ":0"}, "linux", "6.1.0-18-amd64", False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", "6.1.0-18-amd64", False),
        ({}, "linux", "5.15.90.1-microsoft-standard-WSL2", False),
        ({}, "linux", "4.4.0-19041-Microsoft", False),
        ({}, "darwin", "23.4.0", False),
        ({}, "win32", "11", False),
    ],
)
def test_a_linux_machine_without_a_display_is_headless(
    environ: dict[str, str], system: str, kernel: str, headless: bool
) -> None:
    assert is_headless(environ, system, kernel) is headless


def test_this_machine_is_headless_as_its_kernel_and_environment_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.release", lambda: "5.15.90.1-microsoft-standard-WSL2")
    assert not is_headless({}, "linux")
    monkeypatch.setattr("platform.release", lambda: "6.1.0-18-amd64")
    assert is_headless({}, "linux")


def test_the_default_address_is_for_all_only_where_there_is_no_desktop() -> None:
    assert default_ip(for_all=False) == "127.0.0.1"
    assert default_ip(for_all=True) == "0.0.0.0"
