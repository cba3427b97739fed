"""One update: visits what has changed below a control, and collects the operations that bring clients up to date.

What components make is made anew each time, so all of that has to be compared; in everything else only what has changed
is visited.
"""

from __future__ import annotations

import itertools
import weakref
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.flet_api import BaseControl, sent_parts, set_sent_parts, validate
from flet_jupyter.core.tree.containers import is_same_content
from flet_jupyter.core.tree.kinds import kind_of
from flet_jupyter.core.tree.operations import Operations
from flet_jupyter.core.tree.parts import NOTHING, PLAIN, has_parts, is_dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flet_jupyter.core.tree.containers import Containers
    from flet_jupyter.core.tree.kinds import Kind
    from flet_jupyter.core.tree.places import Places
    from flet_jupyter.core.tree.scope import Scope
    from flet_jupyter.core.tree.shared import Shared

__all__ = ["Comparison"]

_NO_PARTS: Final = object()


class Comparison(Operations):
    """Compares a tree, as it is now, with what was sent of it.

    Parameters
    ----------
    before, after : object
        As flet gives them; one and the same for an ordinary update.
    scope : Scope
        Which controls to visit.
    containers : Containers
        The lists and dictionaries of all controls.
    places : Places
        Where in their parents these are.
    shared : Shared
        Controls that are in several places.

    Attributes
    ----------
    resent : dict
        The controls of which lists, dictionaries or objects have changed, by number.
    """

    def __init__(
        self,
        before: Any,
        after: Any,
        *,
        scope: Scope,
        containers: Containers,
        places: Places,
        shared: Shared,
    ) -> None:
        super().__init__(before, after, shared)
        self.resent: dict[int, BaseControl] = {}
        self._scope = scope
        self._containers = containers
        self._places = places
        self._control: Any = after
        self._number = 0
        self._taken: list[tuple[Any, dict[str, Any], dict[str, Any]]] = []
        self._before: list[tuple[Any, Any]] = []

    def run(self, parent: Any, path: list[Any], before: Any, after: Any, *, frozen: bool) -> None:
        """Compare; what was noted on the way is taken back if that fails."""
        try:
            if before is after and not frozen and isinstance(after, BaseControl):
                if not hasattr(after, "_frozen"):
                    self._visit(after, path)
            else:
                self._compare_values(parent, path, None, before, after, frozen)
        except BaseException:
            self.undo()
            raise

    def undo(self, is_wanted: Callable[[Any], bool] | None = None) -> None:
        """Take back what was noted: nothing of it was sent.

        Parameters
        ----------
        is_wanted : callable, optional
            Tells of the value of a property whether the next update is to send it; without it each is.
        """
        for thing, sent in reversed(self._before):
            set_sent_parts(thing, *sent)
        for thing, names, taken in self._taken:
            for name, original in taken.items():
                if is_wanted is None or is_wanted(getattr(thing, name, None)):
                    names.setdefault(name, original)  # flet compares with it: what is set back needs no sending
        self._before.clear()
        self._taken.clear()

    @property
    def added(self) -> dict[Any, Any]:
        """What was added, with flet's keys."""
        return self._added_dataclasses

    @property
    def removed(self) -> dict[Any, Any]:
        """What was removed, with flet's keys."""
        return self._removed_dataclasses

    # -- controls ----------------------------------------------------------------------------------

    def _visit(self, control: Any, path: list[Any]) -> None:
        """Visit a control that has changed, or in which something has."""
        kind = kind_of(type(control))
        number = control._i
        is_called = number in self._scope.called
        if kind.has_hook or is_called:
            control._before_update_safe()
            self._scope.take_marks()  # the hook may have set something
            if is_called:
                self._scope.suspect(self._containers.changed())  # or put something into a list, anywhere
        elif kind.has_rules and (number in self._scope.compared or _is_validated_with_parts(control, kind)):
            validate(control, suppress_repeated_errors=True)
        around = self._control, self._number
        self._control, self._number = control, number
        if number in self._scope.compared or not self._visit_below(control, number, path):
            self._scope.visited.add(number)
            self._compare_fields(control, kind, path)
        self._control, self._number = around

    def _visit_below(self, control: Any, number: int, path: list[Any]) -> bool:
        """Visit the children of a control that itself has not changed; return False if not all are to be found."""
        wanted = self._scope.below.get(number)
        if wanted is None:
            return control is not self.dst_doc or sent_parts(control) is not None
        places = self._places.find(control, number, wanted)
        index = 0
        while index < len(places):
            steps, child = places[index]
            count = len(wanted)
            self._visit_known(child, [*path, *steps])
            if len(wanted) != count:  # a hook has changed one of the siblings
                places = self._places.find(control, number, wanted)
                index = next(at for at, place in enumerate(places) if place[1] is child)
            index += 1
        return len(places) >= len(wanted)

    def _visit_known(self, control: Any, path: list[Any]) -> None:
        if control._i in self._scope and not hasattr(control, "_frozen"):
            self._visit(control, path)

    def _compare_same(self, thing: Any, path: list[Any]) -> None:
        """Compare a control or a value with what was sent of it."""
        if hasattr(thing, "_frozen"):
            return
        if self._control is not self.dst_doc and self._control.is_isolated():
            self._scope.postpone(self._number)  # what is in an isolated control waits for its own update
            return
        kind = kind_of(type(thing))
        if kind.is_control:
            self._visit_known(thing, path)
        else:
            self._compare_fields(thing, kind, path)

    def _dataclass_added(self, item: Any, parent: Any, frozen: bool) -> None:
        super()._dataclass_added(item, parent, frozen)
        if not frozen and isinstance(item, BaseControl) and kind_of(type(item)).is_app_hook:
            self._scope.call_new(self._number, item._i)

    # -- fields ------------------------------------------------------------------------------------

    def _compare_fields(self, thing: Any, kind: Kind, path: list[Any]) -> None:
        names = self._take(thing, "_dirty" if kind.tracked else "__changes")
        sent = sent_parts(thing)
        known = _Known(sent or (NOTHING, NOTHING, NOTHING))
        for name in names:
            if name in kind.order:
                self._compare_set(thing, kind, path, name, known)
        # What was set is gone through once more, as flet does: the hooks of what is in it are called twice.
        for name, old in known.all_parts():
            if name != "_internals":
                known.note(name, self._compare_part(thing, path, name, old, getattr(thing, name)))
        if sent is not None:
            self._compare_unset(thing, kind, path, known)
        if kind.is_control:
            self._compare_internals(thing, path, known)
        if known.is_changed:
            self._set_sent(thing, sent, known)

    def _set_sent(self, thing: Any, sent: Any, known: _Known) -> None:
        self.resent[self._number] = self._control
        if sent is not None:
            if thing is self._control:
                self._places.forget(self._number)
            set_sent_parts(thing, *known.parts)
            self._before.append((thing, sent))

    def _take(self, thing: Any, attribute: str) -> list[str]:
        """Take the names of the properties that were set. What is set from now on is for the next update."""
        names: dict[str, Any] = getattr(thing, attribute, None) or {}
        items: list[tuple[str, Any]] = []
        while names:
            try:
                items.append(dict.popitem(names))
            except KeyError:  # another thread compares a value that two sessions share
                break
        taken = dict(reversed(items))
        if taken:
            self._taken.append((thing, names, taken))
        return list(taken)

    def _compare_set(self, thing: Any, kind: Kind, path: list[Any], name: str, known: _Known) -> None:
        """Compare a property that was set."""
        value = getattr(thing, name, None)
        old = known.pop(name)
        if has_parts(value) or (value is None and old is not _NO_PARTS):
            known.note(name, self._compare_part(thing, path, name, _empty(value) if old is _NO_PARTS else old, value))
            return
        self._item_replaced(path, name, value is not None if name in kind.events else value)
        if old is not _NO_PARTS:
            self._dataclass_removed(old)

    def _compare_part(self, owner: Any, path: list[Any], name: str, old: Any, value: Any) -> Any:
        """Compare a list, a dictionary or an object; return what is to be remembered of it."""
        if isinstance(value, list):
            new: Any = list(value)  # as it is at this moment: other threads of the app may be changing it
            if type(old) is list and is_same_content(old, new):
                self._visit_parts(path, name, old)
                return old
        elif isinstance(value, dict):
            new = dict(value)
        elif is_dataclass(value):
            new = value
        else:
            new = _NO_PARTS
        self._compare_values(owner, path, name, old, value if new is _NO_PARTS else new, frozen=False)
        return old if type(new) is dict and is_same_content(old, new) else new

    def _compare_kept(self, path: list[Any], parts: list[Any], start: int) -> None:
        behind = 0
        while behind < len(parts):
            count = len(self._scope.below.get(self._number, ()))
            for index in self._visited_in(parts, behind):
                behind = index + 1
                self._compare_same(parts[index], [*path, start + index])
                if len(self._scope.below.get(self._number, ())) != count:  # a hook has changed one of the others
                    break
            else:
                return

    def _visited_in(self, parts: list[Any], start: int) -> list[int]:
        """Return at which places of a list, from `start` on, are objects that are visited."""
        wanted = self._scope.below.get(self._number, ())
        if not wanted and _are_controls(parts):
            return []
        return [
            index
            for index, part in enumerate(parts[start:], start)
            if (part._i in wanted if isinstance(part, BaseControl) else is_dataclass(part))
        ]

    def _visit_parts(self, path: list[Any], name: str, parts: list[Any]) -> None:
        """Visit what is in a list that is as it was."""
        self._compare_kept([*path, name], parts, 0)
        for index, part in enumerate(parts) if not _are_controls(parts) else ():
            if isinstance(part, list | dict):
                self._compare_values(self._control, [*path, name], index, part, part, frozen=False)

    def _compare_unset(self, thing: Any, kind: Kind, path: list[Any], known: _Known) -> None:
        """Compare fields that had no parts when they were last sent, and that nobody hears of."""
        for name in kind.structural:
            if name not in known:
                value = getattr(thing, name)
                if is_dataclass(value) or (value and has_parts(value)):
                    known.note(name, self._compare_part(thing, path, name, None, value))

    def _compare_internals(self, control: Any, path: list[Any], known: _Known) -> None:
        old, new = known.parts[1].get("_internals", NOTHING), dict(control._internals)
        if old or new:
            self._compare_values(control, path, "_internals", old, new, frozen=False)
            if not is_same_content(old, new):
                known.note("_internals", new or _NO_PARTS)

    # -- what a component has made anew ---------------------------------------------------------------

    def _compare_anew(self, parent: Any, path: list[Any], old: Any, new: Any) -> None:
        """Compare an object with the one that takes its place.

        Components make all their controls anew each time. A new one gets the number of the old one, and what clients
        know of that is what it is compared with.
        """
        if old is new:
            if parent is not None and parent is not new:
                new._parent = weakref.ref(parent)
            return
        if isinstance(parent, BaseControl) and parent is not self.dst_doc and parent.is_isolated():
            return  # it is left to its own update()
        kind = kind_of(type(new))
        if kind.is_control:
            self._take_over(parent, old, new, kind)
        if kind.tracked:
            self._compare_tracked(path, old, new, kind)
        else:
            for name in kind.order:
                self._compare_field(path, name, getattr(old, name), getattr(new, name), new, kind)
        self._dataclass_removed(old)
        self._dataclass_added(new, parent, frozen=True)

    def _take_over(self, parent: Any, old: Any, new: Any, kind: Kind) -> None:
        new._migrate_state(old)
        if not hasattr(new, "_initialized"):
            if kind.builds:
                _unfrozen(new, new.build)
            object.__setattr__(new, "_initialized", True)
        if parent is not None and parent is not new:
            # Before its parts, so that they are mounted after it.
            self._dataclass_added(new, parent, frozen=True)
            self._dataclass_removed(old)
        if kind.has_hook:
            new._before_update_safe()
        elif kind.has_rules:
            validate(new, suppress_repeated_errors=True)

    def _compare_tracked(self, path: list[Any], old: Any, new: Any, kind: Kind) -> None:
        for name in kind.structural:
            self._compare_field(path, name, getattr(old, name), getattr(new, name), new, kind)
        if kind.is_control and (old._internals or new._internals):
            self._compare_values(new, path, "_internals", old._internals, new._internals, frozen=True)
        old_values, new_values = old._values, new._values
        for name in {**old_values, **new_values}:
            default = kind.defaults.get(name)
            before, after = old_values.get(name, default), new_values.get(name, default)
            if before is not after:
                self._compare_field(path, name, before, after, new, kind)

    def _compare_field(  # noqa: PLR0917 - the last two only say whose field it is
        self, path: list[Any], name: str, before: Any, after: Any, new: Any, kind: Kind
    ) -> None:
        if name in kind.events:
            before, after = before is not None, after is not None
        if type(after) in PLAIN and type(before) in PLAIN:
            if before != after:
                self._item_replaced(path, name, after)
        elif self._holds_control(after) or type(before) is not type(after) or before != after:
            self._compare_values(new, path, name, before, after, frozen=True)


class _Known:
    """What was sent of a control or value, while it is compared."""

    __slots__ = ("is_changed", "parts")

    def __init__(self, sent: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]) -> None:
        self.parts = [dict(part) if part else part for part in sent]
        self.is_changed = False

    def __contains__(self, name: str) -> bool:
        return any(name in part for part in self.parts)

    def all_parts(self) -> Iterator[tuple[str, Any]]:
        """Yield lists, dictionaries and objects, with their names, as they are now."""
        return itertools.chain.from_iterable([list(part.items()) for part in self.parts])

    def pop(self, name: str) -> Any:
        """Take out what was sent of a field."""
        for part in self.parts:
            if name in part:
                self.is_changed = True
                return part.pop(name)
        return _NO_PARTS

    def note(self, name: str, value: Any) -> None:
        """Note what is sent of a field now."""
        place = 0 if isinstance(value, list) else 1 if isinstance(value, dict) else 2
        if value is not _NO_PARTS and self.parts[place].get(name, _NO_PARTS) is value:
            return
        self.is_changed = True
        for part in self.parts:
            if name in part:
                del part[name]
        if value is not _NO_PARTS:
            if self.parts[place] is NOTHING:
                self.parts[place] = {}
            self.parts[place][name] = value


def _are_controls(parts: list[Any]) -> bool:
    return all(issubclass(kind, BaseControl) for kind in set(map(type, parts)))


def _is_validated_with_parts(control: Any, kind: Kind) -> bool:
    """Tell whether what changed inside a control can make it invalid, as a hidden content can."""
    return kind.has_class_rules or any(not kind.validated.isdisjoint(parts) for parts in sent_parts(control) or ())


def _empty(value: Any) -> Any:
    """Return what a list or dictionary is compared with where there was none: to the client an empty one is none."""
    return [] if isinstance(value, list) else {} if isinstance(value, dict) else None


def _unfrozen(control: Any, call: Callable[[], None]) -> None:
    """Call a method that may set properties of what a component has made."""
    frozen = getattr(control, "_frozen", None)
    if frozen is not None:
        del control._frozen
    call()
    if frozen is not None:
        object.__setattr__(control, "_frozen", frozen)
