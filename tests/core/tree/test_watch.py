"""How a control tells that it was changed."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Iterator, Mapping
from typing import Any

import flet as ft
import pytest

from flet_jupyter.core.tree.watch import (
    Marks,
    Watch,
    WatchedDict,
    guard_equality,
    have_same_objects,
    watch,
    watch_internals,
)


def watched(thing: Any, marks: Marks, number: int, *, is_control: bool = False) -> Any:
    watch(thing, "_dirty", marks, number, is_control=is_control)
    return thing


def test_what_is_set_in_a_control_marks_it_and_is_noted_as_flet_does() -> None:
    marks = Marks({})
    text = ft.Text("a")
    watched(text, marks, text._i, is_control=True)
    assert not marks
    text.value = "b"
    assert marks == {text._i}
    assert text._dirty == {"value": None}


def test_what_was_set_before_is_not_forgotten() -> None:
    marks = Marks({})
    text = ft.Text("a")
    text.value = "b"
    watched(text, marks, text._i, is_control=True)
    assert marks == {text._i}
    assert text._dirty == {"value": None}


def test_setting_the_same_again_marks_nothing() -> None:
    marks = Marks({})
    text = watched(ft.Text("a"), marks, 1, is_control=True)
    text.value = "a"
    assert not marks


def test_a_value_marks_all_controls_that_have_it_in_all_sessions() -> None:
    here, there = Marks(dict.fromkeys(range(5))), Marks(dict.fromkeys(range(5)))
    style = ft.TextStyle(size=10)
    for marks, number in ((here, 1), (here, 2), (there, 3)):
        watched(style, marks, number)
    style.size = 11
    assert here == {1, 2}
    assert there == {3}


def test_a_control_that_moves_to_another_session_marks_only_there() -> None:
    here, there = Marks({}), Marks({})
    text = ft.Text("a")
    watched(text, here, 1, is_control=True)
    watched(text, there, 1, is_control=True)
    text.value = "b"
    assert (here, there) == (set(), {1})


def test_a_value_forgets_controls_that_have_gone() -> None:
    mounted: dict[int, Any] = {}
    marks = Marks(mounted)
    style = watched(ft.TextStyle(size=10), marks, 0)
    for number in range(1, 5000):
        mounted[number] = object()
        watched(style, marks, number)
        mounted.pop(number - 1, None)
    assert len(style._dirty.others) < 100
    style.size = 12
    assert 4999 in marks


@pytest.mark.parametrize("again", [copy.deepcopy, lambda text: pickle.loads(pickle.dumps(text._dirty))])
def test_a_copy_is_watched_by_nobody(again: Any) -> None:
    marks = Marks({})
    text = watched(ft.Text("a"), marks, 1, is_control=True)
    text.value = "b"
    copied = again(text)
    names = copied if isinstance(copied, dict) else copied._dirty
    assert type(names) is dict
    assert names == {"value": None}
    assert dataclasses.asdict(text)["value"] == "b"


def test_flet_can_put_back_a_copy_of_what_was_noted() -> None:
    marks = Marks({})
    text = watched(ft.Text("a"), marks, 1, is_control=True)
    text._dirty = text._dirty.copy()
    text.value = "b"
    assert type(text._dirty) is Watch
    assert marks == {1}


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries.__setitem__("b", 2),
        lambda entries: entries.pop("a"),
        lambda entries: entries.__delitem__("a"),
        lambda entries: entries.popitem(),
        lambda entries: entries.clear(),
        lambda entries: entries.update(b=3),
        lambda entries: entries.setdefault("b", 4),
        lambda entries: entries.__ior__({"b": 5}),
    ],
)
def test_every_change_of_the_internals_is_noticed(change: Any) -> None:
    marks = Marks({})
    text = ft.Text("a")
    text._internals["a"] = 1
    watch_internals(text, marks)
    assert type(text._internals) is WatchedDict
    assert text._internals.get("a") == text._internals.setdefault("a") == 1
    text._internals.pop("z", None)
    assert not marks
    change(text._internals)
    assert marks == {text._i}


def test_equal_controls_are_told_apart_without_being_asked_for_their_properties() -> None:
    assert guard_equality(ft.Text)
    assert guard_equality(ft.Text)  # once is enough
    one, equal, other = ft.Text("a"), ft.Text("a"), ft.Text("b")
    assert have_same_objects([one, other], [one, other])
    assert not have_same_objects([one], [equal])
    assert one == equal
    assert one != other
    assert hash(one) != hash(equal)


@dataclasses.dataclass
class Number(float):
    """A value of a class that is built in."""


@dataclasses.dataclass(eq=False)
class Entries(Mapping[str, int]):
    """A value whose equality is that of all mappings."""

    entries: dict[str, int]

    def __getitem__(self, key: str) -> int:
        return self.entries[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def test_what_is_not_a_dataclasss_own_is_left_alone() -> None:
    before = Mapping.__eq__
    assert not guard_equality(Entries)
    assert Mapping.__eq__ is before
    assert not guard_equality(Number)


def test_a_guarded_class_is_pickled_as_it_was() -> None:
    guard_equality(ft.Text)
    rebuild, parts = ft.Text.__dict__["__eq__"].__reduce__()
    assert rebuild(*parts)(ft.Text("a"), ft.Text("a"))
    assert copy.deepcopy(ft.Text("a")) == ft.Text("a")
