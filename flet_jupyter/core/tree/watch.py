"""How a control tells that it was changed.

Flet notes the names of changed properties in a dictionary of each control and value (``_dirty``, ``__changes``).
Those of a mounted control are replaced by a :class:`Watch`, which does the same and also puts the control's number
among the :class:`Marks` of its session. So an update knows where to look without looking at anything else.
"""

from __future__ import annotations

import functools
import threading
import types
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Marks", "Watch", "WatchedDict", "guard_equality", "have_same_objects", "watch", "watch_internals"]

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
        self.fresh: set[int] = set()  # what is about to be mounted

    def has(self, number: int) -> bool:
        """Tell whether a control is mounted, or about to be."""
        return number in self.mounted or number in self.fresh


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
    others: dict[tuple[int, int], tuple[int, Marks]] | None

    def __setitem__(self, name: str, value: Any) -> None:
        dict.__setitem__(self, name, value)
        # The name first: whoever takes the mark away reads the names after that.
        self.mark()

    def mark(self) -> None:
        """Mark all owners."""
        self.marks.add(self.number)
        others = self.others
        if others:
            for number, marks in others.copy().values():
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
    elif names.marks is marks and (is_control or names.number == number):
        names.number = number
    else:  # of another control, or in another session too, where the page has the same number
        with _sharing:
            _add_owner(names, marks, number)


def _add_owner(names: Watch, marks: Marks, number: int) -> None:
    others = names.others
    if others is None:
        others = names.others = {}
    if len(others) >= _FEW and len(others).bit_count() == 1:  # when it has doubled
        others = names.others = {key: (n, m) for key, (n, m) in others.copy().items() if m.has(n)}
    if not names.marks.has(names.number):  # its first owner has gone
        names.marks, names.number = marks, number
    else:
        others[id(marks), number] = number, marks


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

_comparing = threading.local()


def have_same_objects(sent: Any, now: Any) -> bool:
    """Tell whether two lists have the same objects in the same places, as far as these are guarded.

    CPython compares two lists by the identity of their elements first, in a nanosecond or two for each. It asks only
    where two are not the same: the guarded ones then say no, without being compared property by property.
    """
    _comparing.on = True
    try:
        return bool(sent == now)
    finally:
        _comparing.on = False


def guard_equality(cls: type) -> bool:
    """Have :func:`have_same_objects` tell the instances of a class apart; return False if that cannot be done.

    Only classes that dataclasses have made are changed: the others may be anybody's, or built in.
    """
    found = [base for base in cls.__mro__ if base is not object and base.__dict__.get("__eq__") is not None]
    if not all("__dataclass_fields__" in base.__dict__ for base in found):
        return False
    for base in found:
        compare = base.__dict__["__eq__"]
        if not isinstance(compare, _Guarded):
            type.__setattr__(base, "__eq__", _Guarded(compare))
    return True


class _Guarded:
    """A class's ``__eq__``, whose outcome stays as it is for everybody else."""

    def __init__(self, compare: Callable[[Any, object], Any]) -> None:
        functools.update_wrapper(self, compare)
        self._compare = compare

    def __get__(self, thing: Any, cls: type | None = None) -> Any:
        return self if thing is None else types.MethodType(self, thing)

    def __call__(self, thing: Any, other: object) -> Any:
        return False if getattr(_comparing, "on", False) else self._compare(thing, other)

    def __reduce__(self) -> tuple[Any, ...]:
        return _itself, (self._compare,)  # cloudpickle takes classes of notebooks along


def _itself(compare: Any) -> Any:
    return compare
