"""How a control tells that it was changed.

Flet notes the names of changed properties in a dictionary of each control and value (``_dirty``, ``__changes``).
Those of a mounted control are replaced by a :class:`Watch`, which does the same and also puts the control's number
among the :class:`Marks` of its session. So an update knows where to look without looking at anything else.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Marks", "Watch", "WatchedDict", "equality_was_asked", "guard_equality", "watch", "watch_internals"]

_FEW: Final = 16
"""Owners that one shared value may have before those that are gone are looked for."""


class Marks(set[int]):
    """The numbers of the controls of one session in which something was set since they were last visited.

    Parameters
    ----------
    mounted : mapping
        The session's controls by their numbers.
    """

    def __init__(self, mounted: Mapping[int, Any]) -> None:
        super().__init__()
        self.mounted = mounted


class Watch(dict[str, Any]):
    """A dictionary that marks a control when something is put into it.

    Attributes
    ----------
    marks : Marks
        Where.
    number : int
        The control's number. For a value: that of the control that has it.
    others : dict or None
        For a value that several controls share: the numbers of the others, and their marks.
    """

    __slots__ = ("marks", "number", "others")

    marks: Marks
    number: int
    others: dict[int, Marks] | None

    def __setitem__(self, name: str, value: Any) -> None:
        dict.__setitem__(self, name, value)
        # The name first: whoever takes the mark away reads the names after that.
        self.mark()

    def mark(self) -> None:
        """Mark all owners."""
        self.marks.add(self.number)
        others = self.others
        if others:
            for number, marks in list(others.items()):
                marks.add(number)

    def copy(self) -> Watch:
        """Return one for the same control; flet puts back such a copy when an update of services fails."""
        return _watch(type(self), self, self.marks, self.number)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # a copied or pickled control is mounted nowhere


class WatchedDict(Watch):
    """One that holds what the client gets: taking something out is a change too."""

    __slots__ = ()

    def __delitem__(self, name: str) -> None:
        dict.__delitem__(self, name)
        self.mark()

    def __ior__(self, other: Any) -> WatchedDict:  # type: ignore[override,misc]  # noqa: PYI034 - Self is of 3.11
        self.update(other)
        return self

    def clear(self) -> None:
        """Remove everything."""
        dict.clear(self)
        self.mark()

    def pop(self, *args: Any) -> Any:
        """Remove one entry and return it."""
        count = len(self)
        result = dict.pop(self, *args)
        if len(self) != count:
            self.mark()
        return result

    def popitem(self) -> tuple[str, Any]:
        """Remove the last entry and return it."""
        item = dict.popitem(self)
        self.mark()
        return item

    def setdefault(self, name: str, default: Any = None) -> Any:
        """Return an entry, which is `default` if it was missing."""
        if name not in self:
            self[name] = default
        return self[name]

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several entries."""
        dict.update(self, *args, **kwargs)
        self.mark()


def _watch(cls: type[Watch], names: dict[str, Any], marks: Marks, number: int) -> Watch:
    made = cls(names)
    made.marks = marks
    made.number = number
    made.others = None
    return made


_sharing = threading.Lock()


def watch(thing: Any, attribute: str, marks: Marks, number: int, *, is_control: bool) -> None:
    """Let a control or a value mark the control `number` when one of its properties is set.

    A value can have several owners, in several sessions.

    Parameters
    ----------
    thing : BaseControl or value
        Whose properties.
    attribute : str
        Where flet notes what was set: ``_dirty`` or ``__changes``.
    marks : Marks
        Where to mark.
    number : int
        The control, or the one that has the value.
    is_control : bool
        Whether `thing` is that control.
    """
    names = getattr(thing, attribute, None)
    if type(names) is not Watch:
        object.__setattr__(thing, attribute, _watch(Watch, names or {}, marks, number))
        if names:
            marks.add(number)
    elif is_control or names.number == number:
        names.number = number
        names.marks = marks
    else:
        with _sharing:
            _add_owner(names, marks, number)


def _add_owner(names: Watch, marks: Marks, number: int) -> None:
    others = names.others or {}
    if others.get(number) is marks:
        return
    if len(others) >= _FEW and len(others).bit_count() == 1:  # when it has doubled
        others = {n: m for n, m in others.items() if n in m.mounted}
    names.others = {**others, number: marks}


def watch_internals(control: Any, marks: Marks) -> None:
    """Let a control mark itself when flet's own code changes what is in its ``_internals``.

    Every control has such a dictionary, and it is nearly always empty: comparing ten thousand of them at each update
    would take longer than all the rest.
    """
    entries = control._internals
    if type(entries) is WatchedDict:
        entries.number = control._i
        entries.marks = marks
    else:
        object.__setattr__(control, "_internals", _watch(WatchedDict, entries, marks, control._i))


# -- equality ------------------------------------------------------------------------------------------

_asked = threading.local()
_GUARD: Final = "_flet_jupyter_guard"


def equality_was_asked() -> bool:
    """Tell whether this thread has asked a guarded object, since this was last called, if it equals another one.

    CPython compares two lists by the identity of their elements first, in a nanosecond or two for each. It asks only
    where two are not the same, and then two different controls with equal properties would pass for the same one.
    """
    asked = getattr(_asked, "yes", False)
    _asked.yes = False
    return asked


def guard_equality(cls: type) -> None:
    """Let :func:`equality_was_asked` know of comparisons of the instances of a class; their outcome stays as it is."""
    for base in cls.__mro__:
        compare = base.__dict__.get("__eq__")
        if compare is not None and base is not object and not hasattr(compare, _GUARD):
            type.__setattr__(base, "__eq__", _guarded(compare))


def _guarded(compare: Callable[[Any, object], Any]) -> Callable[[Any, object], Any]:
    @functools.wraps(compare)
    def equals(self: Any, other: object) -> Any:
        _asked.yes = True
        return compare(self, other)

    setattr(equals, _GUARD, True)
    return equals
