"""What visitors of the example apps do, step by step."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgpack

from tests.web.replay import MEDIA, Step, click, on_page, route_to

__all__ = ["ANSWERS", "SCRIPTS", "clicks"]


def typing(key: str, text: str) -> Step:
    return Step("change", text, {"key": key}, {"value": text})


def chosen(key: str, value: Any, event: str = "change") -> Step:
    return Step(event, value, {"key": key}, {"value": value})


def dismissed(**dialog: str) -> Step:
    return Step("dismiss", None, dialog, {"open": False})


def clicks(*keys: str) -> list[Step]:
    return [click(key) for key in keys]


def moment(value: dt.datetime) -> msgpack.ExtType:
    return msgpack.ExtType(1, value.isoformat().encode())


def dragged(x: float, y: float, event: str = "pan_update") -> Step:
    at = {"x": x, "y": y}
    return Step(event, {"k": "mouse", "l": at, "g": at, "ld": at, "gd": at}, {"key": "board"})


ANSWERS = {
    "get": "copied",
    "set": True,
    "pick_files": [{"id": 0, "name": "a.png", "size": 3}, {"id": 1, "name": "\xfc b.png", "size": 0}],
    "get_device_info": RuntimeError("no device"),
}

SCRIPTS: dict[str, list[Step]] = {
    "counter": [
        *clicks("plus", "plus", "minus", "plus", "double"),
        typing("number", "4x"), click("plus"), typing("number", "40"), *clicks("plus", "double"),
    ],
    "todo": [
        *[step for name in ("milk", "bread", "tea") for step in (typing("new", name), click("add"))],
        typing("new", "salt"), Step("submit", "salt", {"key": "new"}), click("add"),
        chosen("task bread", True), chosen("task salt", True),
        *[
            Step("change", [name], {"key": "filter"}, {"selected": [name]})
            for name in ("active", "completed", "all")
        ],
        click("edit tea"), typing("field tea", "green tea"), Step("submit", "green tea", {"key": "field tea"}),
        click("edit milk"), typing("field milk", "soy milk"), click("save milk"),
        click("remove milk"), chosen("task salt", False), click("clear"), click("clear"),
    ],
    "routes": [
        *clicks("to /goods", "to /goods/plum", "buy", "buy", "home", "basket"),
        on_page("view_pop", {"route": "/basket"}),
        route_to("/goods/pear"), click("buy"), on_page("view_pop", {"route": "/goods/pear"}),
        on_page("view_pop", {"route": "/nowhere"}), on_page("view_pop", {"route": "/goods"}),
        route_to("/basket?full=a%20b&x=1"), click("empty"), route_to("/elsewhere/:odd"), route_to("/elsewhere/:odd"),
        route_to("/goods"), route_to("/"),
    ],
    "forms": [
        typing("name", "A"), typing("name", ""), typing("name", "Ada"), Step("submit", "Ada", {"key": "name"}),
        Step("focus", None, {"key": "name"}), Step("blur", None, {"key": "name"}),
        typing("notes", "one\ntwo \U0001f642"), chosen("agree", True), chosen("agree", None), chosen("agree", True),
        chosen("loud", True), chosen("cupertino", True), chosen("sex", "they"),
        chosen("color", "red", "select"), chosen("color", "none", "select"), chosen("color", "green", "select"),
        *[chosen("size", value) for value in (30.0, 100.0, 60.0)], chosen("size", 60.0, "change_end"),
        Step("change", None, {"key": "between"}, {"start_value": 11.0, "end_value": 33.5}),
        Step("select", True, {"key": "tag sweet"}, {"selected": True}), Step("delete", None, {"key": "tag fresh"}),
        Step("change", ["3"], {"key": "stars"}, {"selected": ["3"]}), chosen("fruit", "ap"),
        click("send"), Step("change", True, {"key": "more"}, {"expanded": True}),
        chosen("agree", True), typing("name", "Alan"), click("send"), Step("click", None, {"_c": "ListTile"}),
        click("focus"), Step("click", None, {"_c": "TextSpan"}),
    ],
    "table": [
        Step("sort", {"ci": 0, "asc": True}, {"key": "by city"}),
        Step("sort", {"ci": 1, "asc": False}, {"key": "by people"}),
        *[Step("select_change", True, {"_c": "DataRow"}), Step("tap", None, {"_c": "DataCell", "on_tap": True})] * 2,
        Step("sort", {"ci": 1, "asc": True}, {"key": "by people"}), Step("select_change", False, {"_c": "DataRow"}),
        *clicks("append", "append", "prepend", "thin out", "rotate", "end", "prepend", "rebuild"),
        Step("select_change", True, {"_c": "DataRow"}),
        Step(
            "scroll",
            {"event_type": "update", "pixels": 30.0, "min_scroll_extent": 0.0, "max_scroll_extent": 90.0,
             "viewport_dimension": 200.0, "scroll_delta": 3.0},
            {"key": "lines"},
        ),
        *clicks("thin out", "rotate", "append"),
    ],
    "dialogs": [
        *clicks("question", "nested"), Step("click", None, {"content": "Close"}), dismissed(key="inner 1"),
        click("yes"), dismissed(key="outer"), click("question"), click("yes"), dismissed(key="outer"),
        *clicks("sheet", "down"), dismissed(_c="BottomSheet"), *clicks("banner", "ok"), dismissed(_c="Banner"),
        click("snack"), Step("action", None, {"_c": "SnackBar"}), click("snack"), dismissed(_c="SnackBar"),
        click("pick date"), chosen("date", moment(dt.datetime(2025, 3, 1, tzinfo=dt.timezone.utc))),
        Step("dismiss", False, {"_c": "DatePicker"}, {"open": False}),
        click("pick time"), chosen("time", msgpack.ExtType(2, b"12:34")), dismissed(_c="TimePicker"),
        Step("open", None, {"_c": "PopupMenuButton"}), *clicks("item", "check", "item", "check"),
        *clicks("open", "quit", "open"),
        Step("open", None, {"_c": "SubmenuButton"}), click("drawer"),
        Step("change", 1, {"_c": "NavigationDrawer"}, {"selected_index": 1}),
        Step("change", 1, {"key": "bar"}, {"selected_index": 1}),
        Step("change", 1, {"key": "tabs"}, {"selected_index": 1}), click("add tab"),
        Step("change", 2, {"key": "tabs"}, {"selected_index": 2}), click("add tab"), click("pop"),
    ],
    "drawing": [
        *clicks("grow", "raise", "swap", "grow", "swap", "raise"),
        dragged(1, 2, "pan_start"), dragged(3, 4), dragged(5.5, 6), dragged(7, 8, "tap_down"),
        *clicks("thicker", "wipe"),
        dragged(7, 8, "tap_down"), dragged(9, 9), click("thicker"),
        Step("resize", {"w": 200.0, "h": 150.0}, {"key": "chart"}), *clicks("swap", "grow"),
    ],
    "hooks": [
        *clicks("count", "add", "edit Alan"), typing("text", "Turing"), click("save"),
        Step("click", None, {"_c": "IconButton"}), *clicks("reverse", "slowly", "remove Ada", "add", "hide"),
        chosen("fancy", True), *clicks("count", "hide", "count"),
        *clicks("ask", "no", "ask"), dismissed(_c="AlertDialog"), *clicks("reverse", "remove Turing", "slowly"),
    ],
    "router": [
        *clicks("click", "open one"), typing("text one", "abc"), typing("text one", "abcd"),
        on_page("view_pop", {"route": "/notes/one"}), click("open two"), typing("text two", "x"),
        *clicks("home", "click"),
        route_to("/notes/one"), route_to("/notes/two"), click("home"), click("lost"), route_to("/"),
    ],
    "background": [
        *clicks("steps", "steps later"), click("task", until="task done"), click("awaited", until="gathered [1, 2]"),
        click("thread", until="thread counted"), *clicks("own thread"), click("off loop", until="computed"),
        *clicks("created", "silently", "nothing"), *clicks("silently", "only this", "forget", "steps later", "steps"),
    ],
    "mutations": [
        *clicks("restyle", "share", "new_style", "restyle", "no_style", "equal", "nested", "shadows", "no_shadows"),
        *clicks("tip", "other_tip", "tip", "other_tip", "states", "badges", "append", "insert", "move", "move_back"),
        *clicks("swap", "spans", "attach", "change_detached", "attach", "change_detached", "attach", "options"),
        *clicks("equal", "replace", "swap", "replace", "hide", "rename", "hide", "only_box", "one_then_two", "views"),
        *clicks("whole_later", "more", "show", "views", "spans", "share", "restyle", "equal", "append"),
    ],
    "looks": [
        on_page("resize", {"width": 400.0, "height": 900.0}, width=400.0, height=900.0),
        on_page("resize", {"width": 600.0, "height": 900.0}, width=600.0, height=900.0),
        on_page("media_change", {**MEDIA, "device_pixel_ratio": 2.0, "orientation": "portrait"}),
        on_page("platform_brightness_change", {"brightness": "dark"}, platform_brightness="dark"),
        on_page("keyboard_event", {"key": "K", "shift": True, "ctrl": False, "alt": False, "meta": False}),
        *clicks("toggle", "seed", "states", "decorate", "replace", "toggle", "to top", "plain"),
        *clicks("undecorate", "decorate"),
        Step(where={"_i": 1}, props={"width": 123.0}), *clicks("undecorate", "toggle"),
    ],
    "visits": [
        *clicks("remember", "forget", "bye", "who", "launch", "launch later"),
        click("copy"), click("save"), click("refused"), click("in vain", until="in vain"),
        click("upload url"), click("sign in", until="login begun"), click("pick"),
        Step("upload", {"file_name": "a.png", "progress": 0.5, "error": None}, {"_c": "FilePicker"}),
        click("tell", until="heard all"), click("tell of", until="heard of weather"),
        *clicks("deaf", "tell", "tell others"),
        route_to("/somewhere?x=1"), route_to("/somewhere?x=1"),
    ],
}  # fmt: skip
