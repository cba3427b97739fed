"""Finds out whether the differ fits the installed flet: both compare the same small tree."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import flet as ft
import msgpack

from flet_jupyter.core.flet_api import BaseControl
from flet_jupyter.core.tree.differ import Differ
from flet_jupyter.core.tree.flets import FletDiffer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["problems"]


def problems() -> list[str]:
    """Return what the installed flet does otherwise than the differ takes for granted; empty if nothing."""
    found = []
    for name, change in _CHANGES.items():
        try:
            ours, theirs = _Side(Differ), _Side(lambda _: FletDiffer())
            if ours.pack(ours.root) != theirs.pack(theirs.root):
                return ["controls are packed otherwise"]
            if ours.after(change) != theirs.after(change):
                found.append(f"{name} is noticed otherwise")
        except Exception as error:  # noqa: BLE001 - whatever it is, flet's own way is there
            found.append(f"{name}: {type(error).__name__}: {error}")
    return found


class _Side:
    """A small tree that was sent, and a differ that looks after it."""

    def __init__(self, make_differ: Callable[[Any], Any]) -> None:
        self._mounted: weakref.WeakValueDictionary[int, BaseControl] = weakref.WeakValueDictionary()
        self._differ = make_differ(self._mounted)
        text = ft.Text("a", style=ft.TextStyle(size=10, shadow=[ft.BoxShadow(blur_radius=1)]))
        box = ft.Container(ft.Row([text, ft.TextField(value="b")]), padding=ft.Padding.all(3))
        self.root = ft.Column([box, ft.Button("c"), ft.Text("d", key="d")])
        self._mount(self._differ.first(self.root))

    def _mount(self, controls: list[BaseControl]) -> None:
        self._mounted.update({control._i: control for control in controls})
        self.pack(self.root)
        self._differ.mount(controls)

    def pack(self, value: Any) -> Any:
        """Return what a client gets, without the numbers that tell two trees apart."""
        return _without_numbers(
            msgpack.unpackb(msgpack.packb(value, default=self._differ.encode), strict_map_key=False)
        )

    def after(self, change: Callable[[ft.Column], None]) -> Any:
        """Change the tree; return the patch, and what comes and goes."""
        change(self.root)
        update = self._differ.compare(self.root, self.root, None, [], frozen=False)
        patch = self.pack(update.patch)
        return patch, [control._c for control in update.added], [control._c for control in update.removed]


def _text(root: ft.Column) -> Any:
    return root.controls[0].content.controls[0]  # type: ignore[attr-defined]


_CHANGES: dict[str, Callable[[ft.Column], Any]] = {
    "a property": lambda root: setattr(root.controls[2], "value", "D"),
    "a property of a value": lambda root: setattr(root.controls[0].padding, "left", 5),  # type: ignore[attr-defined]
    "a property beside a list": lambda root: setattr(_text(root).style, "size", 20),
    "a list of a value": lambda root: _text(root).style.shadow.append(ft.BoxShadow(blur_radius=2)),
    "a new value": lambda root: setattr(root.controls[0], "padding", ft.Padding.all(4)),
    "an added control": lambda root: root.controls.append(ft.Text("e")),
    "a removed control": lambda root: root.controls.pop(),
    "a control built anew": lambda root: root.controls.__setitem__(2, ft.Text("D", key="d")),
    "another list": lambda root: setattr(root, "controls", [*root.controls, ft.Text("f")]),
    "another content": lambda root: setattr(root.controls[0], "content", ft.Text("g")),
    "no content": lambda root: setattr(root.controls[0], "content", None),
}


def _without_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_numbers(part) for key, part in value.items() if key != "_i"}
    if isinstance(value, list):
        return [_without_numbers(part) for part in value]
    return value
