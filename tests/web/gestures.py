"""What a user can do to what a client shows, drawn at random."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
from hypothesis import strategies as st

from tests.web.replay import MEDIA, Step, TreePath

__all__ = ["gestures"]

Node = dict[str, Any]
Drawn = st.SearchStrategy[tuple[dict[str, Any], Any]]
"""What the client changes of the control itself, and what comes with the event."""

_TEXTS = st.sampled_from(["", "a", "12", "-3", "x" * 30, "ß\U0001f642", "soy milk"])
_FLAGS = st.booleans()
_INTERNAL = {"app_lifecycle_state_change", "locale_change"}  # of the barrier
_SESSION = {"connect", "disconnect", "close", "login", "logout", "error"}  # not for a client to say


def _set(name: str, values: st.SearchStrategy[Any]) -> Drawn:
    """The client sets a property and tells its value along."""
    return values.map(lambda value: ({name: value}, value))


def _told(values: st.SearchStrategy[Any]) -> Drawn:
    return values.map(lambda value: ({}, value))


def _options(node: Node) -> st.SearchStrategy[Any]:
    return st.sampled_from([option.get("key") or option.get("text") for option in node["options"]])


def _segments(node: Node) -> st.SearchStrategy[Any]:
    # One at a time, even where several are allowed: Flet then changes the client's list, which is right already.
    return st.sampled_from([segment["value"] for segment in node["segments"]]).map(lambda value: [value])


def _index(*names: str) -> Callable[[Node], Drawn]:
    def drawn(node: Node) -> Drawn:
        count = next((node[name] for name in names if name in node), 1)
        return _set("selected_index", st.integers(0, (count if isinstance(count, int) else len(count)) - 1))

    return drawn


def _point(_: Node) -> Drawn:
    at = st.tuples(st.integers(0, 300), st.integers(0, 300)).map(lambda xy: {"x": float(xy[0]), "y": float(xy[1])})
    return _told(at.map(lambda at: {"k": "mouse", "l": at, "g": at, "ld": at, "gd": at}))


def _size(_: Node) -> Drawn:
    sizes = st.tuples(st.sampled_from([320.0, 499.0, 1200.0]), st.sampled_from([200.0, 900.0]))
    return sizes.map(lambda size: (dict(zip(("width", "height"), size, strict=True)),) * 2)


def _scroll(_: Node) -> Drawn:
    fixed = {"min_scroll_extent": 0.0, "max_scroll_extent": 90.0, "viewport_dimension": 200.0, "scroll_delta": 1.0}
    return _told(st.integers(0, 90).map(lambda at: {"event_type": "update", "pixels": float(at), **fixed}))


def _routes(page: Node) -> Drawn:
    known = ["/", "/goods", "/goods/pear", "/basket?full=1", "/elsewhere", "/notes/one", "/notes/two"]
    return st.sampled_from(known).map(lambda route: ({"route": route}, {"route": route}))


def _views(page: Node) -> Drawn:
    views = page["views"]
    routes = [_body(view).get("route", "/") for view in (views if isinstance(views, list) else _body(views))]
    return _told(st.sampled_from(routes[1:] or ["/nowhere"]).map(lambda route: {"route": route}))


def _body(node: Any) -> Any:
    while isinstance(node, dict) and "_b" in node:
        node = node["_b"]
    return node


_TIMES = st.integers(0, 23).map(lambda hour: msgpack.ExtType(2, f"{hour:02}:00".encode()))
_DATES = st.dates(dt.date(2024, 2, 1), dt.date(2029, 12, 1)).map(
    lambda date: msgpack.ExtType(1, f"{date}T00:00:00".encode())
)

DATA: dict[tuple[str, str], Callable[[Node], Drawn]] = {
    ("TextField", "change"): lambda _: _set("value", _TEXTS),
    ("TextField", "submit"): lambda node: _told(st.just(node.get("value", ""))),
    ("AutoComplete", "change"): lambda _: _set("value", _TEXTS),
    ("Checkbox", "change"): lambda node: _set("value", st.sampled_from([True, False] + [None] * ("tristate" in node))),
    ("Switch", "change"): lambda _: _set("value", _FLAGS),
    ("CupertinoSwitch", "change"): lambda _: _set("value", _FLAGS),
    ("Dropdown", "select"): lambda node: _set("value", _options(node)),
    ("RadioGroup", "change"): lambda _: _set("value", st.sampled_from(["she", "he", "they"])),
    ("Slider", "change"): lambda _: _set("value", st.integers(0, 10).map(lambda tenth: tenth * 10.0)),
    ("Slider", "change_end"): lambda node: _told(st.just(node.get("value", 0.0))),
    ("RangeSlider", "change"): lambda _: st.integers(0, 25).map(
        lambda n: ({"start_value": float(n), "end_value": float(2 * n)}, None)
    ),
    ("Chip", "select"): lambda _: _set("selected", _FLAGS),
    ("SegmentedButton", "change"): lambda node: _set("selected", _segments(node)),
    ("ExpansionTile", "change"): lambda _: _set("expanded", _FLAGS),
    ("DataColumn", "sort"): lambda _: _told(
        st.tuples(st.integers(0, 1), _FLAGS).map(lambda by: {"ci": by[0], "asc": by[1]})
    ),
    ("DataRow", "select_change"): lambda _: _told(_FLAGS),
    ("ListView", "scroll"): _scroll,
    ("DatePicker", "change"): lambda _: _set("value", _DATES),
    ("TimePicker", "change"): lambda _: _set("value", _TIMES),
    ("Tabs", "change"): _index("length"),
    ("NavigationBar", "change"): _index("destinations"),
    ("NavigationDrawer", "change"): _index("destinations"),
    ("GestureDetector", "pan_start"): _point,
    ("GestureDetector", "pan_update"): _point,
    ("GestureDetector", "tap_down"): _point,
    ("Canvas", "resize"): lambda _: _told(st.just({"w": 100.0, "h": 50.0})),
    ("Page", "resize"): _size,
    ("Page", "route_change"): _routes,
    ("Page", "view_pop"): _views,
    ("Page", "views_pop_until"): lambda _: _told(st.just({"route": "/"})),
    ("Page", "media_change"): lambda _: _told(
        st.sampled_from([1.0, 1.5, 3.0]).map(lambda ratio: {**MEDIA, "device_pixel_ratio": ratio})
    ),
    ("Page", "platform_brightness_change"): lambda _: st.sampled_from(["light", "dark"]).map(
        lambda value: ({"platform_brightness": value}, {"brightness": value})
    ),
    ("Page", "keyboard_event"): lambda _: _told(
        st.tuples(st.sampled_from("AB"), _FLAGS).map(
            lambda key: {"key": key[0], "shift": key[1], "ctrl": not key[1], "alt": False, "meta": False}
        )
    ),
}  # fmt: skip


def gestures(page: Node) -> st.SearchStrategy[Step]:
    """Draw one thing that can be done to any control that has a handler for it."""
    possible = list(_possible(page))
    return st.sampled_from(possible).flatmap(_step_of)


def _possible(page: Node) -> Iterator[tuple[TreePath, str, Node]]:
    for path, node in _nodes(page, ()):
        for name, value in node.items():
            event = name.removeprefix("on_")
            if name.startswith("on_") and value is True and event not in _INTERNAL | _SESSION:
                yield path, event, node


def _nodes(value: Any, path: TreePath) -> Iterator[tuple[TreePath, Node]]:
    if isinstance(value, dict):
        if "_i" in value:
            yield path, value
        for key in sorted(value):
            yield from _nodes(value[key], (*path, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _nodes(part, (*path, number))


def _step_of(possible: tuple[TreePath, str, Node]) -> st.SearchStrategy[Step]:
    path, event, node = possible
    if event == "dismiss":
        return st.just(Step(event, None, path, {"open": False}))
    drawn = DATA.get((node["_c"], event))
    if drawn is None:
        return st.just(Step(event, None, path))
    return drawn(node).map(lambda both: Step(event, both[1], path, both[0]))
