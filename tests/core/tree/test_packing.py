"""What is packed is what flet packs."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

import flet as ft
import flet.canvas as cv
import msgpack
import pytest

from flet_jupyter.core.flet_api import BaseControl, encode_object, sent_parts
from flet_jupyter.core.tree.packing import encode, encode_sent


@ft.control("Odd")
class Odd(ft.Container):
    """A control with other defaults than its base, and with parts of its own."""

    width: ft.Number | None = 100
    opacity: ft.Number = 1.0
    names: list[str] = dataclasses.field(default_factory=list)
    sizes: dict[str, int] = dataclasses.field(default_factory=dict)
    plain: Any = None
    on_odd: Any = None


@dataclasses.dataclass
class Plain:
    """A dataclass that flet knows nothing of."""

    text: str = "t"
    nothing: Any = None
    parts: list[Any] = dataclasses.field(default_factory=list)
    on_it: Any = None
    secret: str = dataclasses.field(default="s", metadata={"skip": True})


def trees() -> Iterator[Any]:
    yield ft.Text("a", size=10, style=ft.TextStyle(shadow=[ft.BoxShadow(blur_radius=3)]), spans=[ft.TextSpan("x")])
    yield ft.Text("", selectable=False, color=ft.Colors.RED)
    yield ft.Column([ft.Row([ft.TextField(value="v", on_change=lambda: None)]), ft.Container(padding=3)], spacing=0)
    yield ft.Button("b", style=ft.ButtonStyle(color={ft.ControlState.HOVERED: "red"}, padding=ft.Padding.all(2)))
    yield ft.DataTable([ft.DataColumn(ft.Text("c"))], rows=[ft.DataRow([ft.DataCell(ft.Text("d"))])])
    yield ft.Tabs(length=1, content=ft.Column([ft.TabBar([ft.Tab("t")]), ft.TabBarView([ft.Text("x")])]))
    yield cv.Canvas([cv.Line(1, 2, 3, 4, paint=ft.Paint(stroke_width=2)), cv.Circle(1, 2, 3)])
    yield ft.Image("i", border_radius=ft.BorderRadius.all(3), key=ft.ScrollKey("k"))
    yield ft.Dismissible(ft.Text("d"), dismiss_thresholds={ft.DismissDirection.VERTICAL: 0.1})
    yield ft.DatePicker(value=dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc))
    yield ft.Container(gradient=ft.LinearGradient(["red", "blue"], stops=[0, 1]), border=ft.Border.all(1))
    yield Odd(plain=Plain(parts=[1, Plain("u")], on_it=print), names=["a"], sizes={"b": 1}, on_odd=print)
    yield Odd(width=None, names=[], opacity=0.5, plain=[])
    yield ft.View("/", [ft.Text("v")], appbar=ft.AppBar(title=ft.Text("t"), actions=[ft.IconButton("add")]))
    yield Plain()


def every_control() -> Iterator[Any]:
    """Make one of each of flet's controls that can be made of nothing."""
    for name in sorted(dir(ft)):
        cls = getattr(ft, name)
        if isinstance(cls, type) and issubclass(cls, BaseControl):
            try:
                yield cls()
            except Exception:  # noqa: BLE001 - it wants something, or a page
                continue


def packed(value: Any, default: Any) -> Any:
    return msgpack.unpackb(msgpack.packb(value, default=default), strict_map_key=False)


@pytest.mark.parametrize("tree", [*trees(), *every_control()], ids=lambda tree: type(tree).__name__)
def test_it_is_what_flet_packs_and_remembers(tree: Any) -> None:
    theirs = packed(tree, encode_object)
    remembered = [{name: part for name, part in parts.items() if part != {}} for parts in sent_parts(tree) or ()]
    ours = packed(tree, encode)
    assert ours == theirs
    assert [
        {name: part for name, part in parts.items() if part != {}} for parts in sent_parts(tree) or ()
    ] == remembered
    assert packed(tree, encode_sent) == theirs


def test_there_are_many_of_them() -> None:
    assert len(list(every_control())) > 80


def test_what_was_sent_is_packed_again_without_what_was_added_since() -> None:
    column = ft.Column([ft.Text("a")])
    packed(column, encode)
    column.controls.append(ft.Text("b"))
    column.spacing = 3
    again = packed(column, encode_sent)
    assert [text["value"] for text in again["controls"]] == ["a"]
    assert again["spacing"] == 3
    assert sent_parts(column) is not None
    assert len(sent_parts(column)[0]["controls"]) == 1  # type: ignore[index]


def test_what_a_component_has_made_is_remembered_nowhere() -> None:
    text = ft.Text("a")
    text._frozen = True  # type: ignore[attr-defined]
    packed(text, encode)
    assert sent_parts(text) is None
