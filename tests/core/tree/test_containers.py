"""How a list or dictionary is found to have changed."""

from __future__ import annotations

import enum
import gc
import weakref
from typing import Any

import flet as ft
import pytest

from flet_jupyter.core.tree.containers import Containers


class Holder:
    """Something with a field."""

    def __init__(self, value: Any) -> None:
        self.value = value


def put(containers: Containers, holder: Any, number: int = 1) -> Any:
    value = holder.value
    containers.put(number, [(holder, "value", value.copy() if isinstance(value, list | dict) else value)])
    return holder


class Level(enum.IntEnum):
    LOW = 1


A, B = ft.Text("a"), ft.Text("b")


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ([A], lambda holder: holder.value.append(B)),
        ([A, B], lambda holder: holder.value.pop()),
        ([A, B], lambda holder: holder.value.reverse()),
        ([A], lambda holder: holder.value.__setitem__(0, ft.Text("a"))),  # equal, but another one
        ([A], lambda holder: setattr(holder, "value", [ft.Text("a")])),
        ([A], lambda holder: setattr(holder, "value", None)),
        ([A], lambda holder: setattr(holder, "value", A)),
        ([A], lambda holder: delattr(holder, "value")),
        ([1, 2], lambda holder: holder.value.__setitem__(0, True)),  # equal, but otherwise on the wire
        ([1, 2], lambda holder: holder.value.__setitem__(0, 1.0)),
        ([True], lambda holder: holder.value.__setitem__(0, 1)),
        (["a"], lambda holder: holder.value.append("b")),
        ([ft.Padding.all(1)], lambda holder: holder.value.__setitem__(0, ft.Padding.all(1))),
        ([[A]], lambda holder: holder.value.__setitem__(0, [A])),
        ([], lambda holder: holder.value.append(A)),
        ({"a": A}, lambda holder: holder.value.__setitem__("a", ft.Text("a"))),
        ({"a": A}, lambda holder: holder.value.__setitem__("b", A)),
        ({"a": 1}, lambda holder: holder.value.__setitem__("a", True)),
        ({}, lambda holder: holder.value.__setitem__("a", 1)),
        (None, lambda holder: setattr(holder, "value", [])),
        (ft.Duration(1), lambda holder: setattr(holder, "value", ft.Duration(1))),
    ],
)
def test_every_change_is_found(value: Any, change: Any) -> None:
    containers = Containers()
    holder = put(containers, Holder(value.copy() if isinstance(value, list | dict) else value))
    others = [put(containers, Holder([ft.Text("x"), "y", Level.LOW, None]), number) for number in range(2, 5)]
    assert containers.changed() == set()
    change(holder)
    assert containers.changed() == {1}
    if hasattr(holder, "value"):
        put(containers, holder)
        assert containers.changed() == set()
    assert len(others) == 3


def test_what_was_removed_is_not_looked_at_and_its_place_is_used_again() -> None:
    containers = Containers()
    holders = [put(containers, Holder([1]), number) for number in range(10)]
    for number in range(5):
        containers.remove(number)
        holders[number].value.append(2)
    assert containers.changed() == set()
    assert len(containers) == 5
    again = [put(containers, Holder([A]), number) for number in range(20, 25)]
    again[3].value.append(B)
    assert containers.changed() == {23}
    assert len(containers) == 10
    assert len(containers._holders) == 10


def test_fewer_fields_than_before_leave_nothing_behind() -> None:
    containers = Containers()
    holder = Holder([1])
    containers.put(1, [(holder, "value", [1]), (holder, "other", None)])
    assert len(containers) == 2
    containers.put(1, [(holder, "value", [1])])
    assert containers.changed() == set()
    assert len(containers) == 1


def test_a_removed_control_is_not_kept_alive() -> None:
    containers = Containers()
    row = ft.Row([ft.Text("a")])
    containers.put(1, [(row, "controls", row.controls[:])])
    gone = weakref.ref(row.controls[0])
    containers.remove(1)
    del row
    gc.collect()
    assert gone() is None


def test_a_service_is_not_kept_alive_at_all() -> None:
    containers = Containers()
    service = ft.Clipboard()
    containers.put(1, [(service, "data", None)])
    gone = weakref.ref(service)
    del service
    gc.collect()
    assert gone() is None
    assert containers.changed() in (set(), {1})
