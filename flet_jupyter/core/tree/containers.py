"""How a list or dictionary is found to have changed, which tells nobody.

A list that is appended to stays the same object, and so does the control that has it. So the lists and dictionaries of
all controls are compared with what was sent of them at each update, but at C's speed: ten thousand controls in a list
take some ten microseconds, a thousand lists of ten the same again several times.
"""

from __future__ import annotations

import enum
import operator
import weakref
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.flet_api import Service
from flet_jupyter.core.tree.parts import has_parts
from flet_jupyter.core.tree.watch import guard_equality, have_same_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Containers", "is_same_content"]


class _Nothing:
    """What a free slot compares."""

    value: Final = None


_NOTHING: Final = _Nothing()


class Containers:
    """What was sent of the lists, dictionaries and objects of controls, slot by slot.

    A slot is a field of a control, or of one of its values: three lists have the object, the name and what was sent.
    """

    def __init__(self) -> None:
        self._holders: list[Any] = []
        self._names: list[str] = []
        self._sent: list[Any] = []
        self._numbers: list[int] = []
        self._free: list[int] = []
        self._slots: dict[int, list[int]] = {}
        self._loose: set[int] = set()  # slots whose parts can be equal and yet travel differently: 1 and True

    def __len__(self) -> int:
        return len(self._holders) - len(self._free)

    def put(self, number: int, fields: Iterable[tuple[Any, str, Any]]) -> None:
        """Note what was sent of a control, instead of what was noted of it before.

        Parameters
        ----------
        number : int
            The control's.
        fields : iterable of tuple
            The control or one of its values, the name of a field, and what was sent of it.
        """
        slots = iter(self._slots.pop(number, ()))
        used: list[int] = []
        for owner, name, value in fields:
            slot = next(slots, None)
            if slot is None:
                slot = self._new_slot()
            # Flet takes away services that nobody holds, and counts who does.
            self._holders[slot] = weakref.proxy(owner) if isinstance(owner, Service) else owner
            self._names[slot], self._sent[slot], self._numbers[slot] = name, value, number
            if _is_comparable(value):
                self._loose.discard(slot)
            else:
                self._loose.add(slot)
            used.append(slot)
        self._release(slots)
        if used:
            self._slots[number] = used

    def remove(self, number: int) -> None:
        """Forget a control."""
        slots = self._slots.pop(number, None)
        if slots:
            self._release(slots)

    def _new_slot(self) -> int:
        if self._free:
            return self._free.pop()
        self._holders.append(_NOTHING)
        self._names.append("value")
        self._sent.append(None)
        self._numbers.append(0)
        return len(self._holders) - 1

    def _release(self, slots: Iterable[int]) -> None:
        for slot in slots:
            self._holders[slot], self._names[slot], self._sent[slot] = _NOTHING, "value", None
            self._loose.discard(slot)
            self._free.append(slot)

    def changed(self) -> set[int]:
        """Return the numbers of controls of which something is no longer as it was sent."""
        try:
            now = list(map(getattr, self._holders, self._names))
            same = have_same_objects(self._sent, now)
        except Exception:  # noqa: BLE001 - no attribute, no object any more, or what cannot be compared
            same = False
        if not same:
            return set(self._look_closely())
        return {self._numbers[slot] for slot in self._loose if not is_same_content(self._sent[slot], now[slot])}

    def changed_of(self, numbers: set[int]) -> set[int]:
        """Return the same for some controls only, and without looking at the others."""
        return {number for number in numbers if any(not self._is_as_sent(slot) for slot in self._slots.get(number, ()))}

    def _is_as_sent(self, slot: int) -> bool:
        try:
            now = getattr(self._holders[slot], self._names[slot])
        except (AttributeError, ReferenceError):  # the control has gone, or somebody has deleted its attribute
            now = None
        sent = self._sent[slot]
        return now is sent or is_same_content(sent, now)

    def _look_closely(self) -> Iterator[int]:
        for slot, number in enumerate(self._numbers):
            if not self._is_as_sent(slot):
                yield number


def is_same_content(old: Any, new: Any) -> bool:
    """Tell whether two lists have the same objects, or two dictionaries, or two other values are one."""
    kind = type(old)
    if old is new:
        return kind is not list and kind is not dict
    if kind is list and isinstance(new, list):
        return len(old) == len(new) and all(map(operator.is_, old, new))
    if kind is dict and isinstance(new, dict):
        return len(old) == len(new) and all(new.get(key, _NOTHING) is part for key, part in old.items())
    return type(old) is type(new) and not has_parts(old) and bool(old == new)


def _is_comparable(value: Any) -> bool:
    """Tell whether :func:`operator.eq` sees every change of a value that matters, and guard what it has to."""
    parts = value if type(value) is list else value.values() if type(value) is dict else (value,)
    kinds = set(map(type, parts))
    return sum(map(_is_guarded, kinds)) == len(kinds)  # all of them are to be guarded


def _is_guarded(kind: type) -> bool:
    if kind in (str, type(None)):
        return True
    if hasattr(kind, "__dataclass_fields__"):
        return guard_equality(kind)
    return issubclass(kind, enum.Enum)
