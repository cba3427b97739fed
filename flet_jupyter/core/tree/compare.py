"""One update: visits what has changed below a control, and collects the operations that bring clients up to date.

Built on flet's own ``DiffBuilder``, which keeps the operations, and which compares what components render: those make
all their controls anew, so all have to be compared. For everything else the methods here take the place of flet's.
"""

from __future__ import annotations

import itertools
import weakref
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.flet_api import (
    AddOperation,
    BaseControl,
    DiffBuilder,
    MoveOperation,
    ObjectPatchException,
    RemoveOperation,
    explicit_key,
    sent_parts,
    set_sent_parts,
    validate,
)
from flet_jupyter.core.tree.containers import is_same_content
from flet_jupyter.core.tree.kinds import kind_of
from flet_jupyter.core.tree.lists import common_ends, moves
from flet_jupyter.core.tree.parts import NOTHING, has_parts, is_dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flet_jupyter.core.tree.kinds import Kind
    from flet_jupyter.core.tree.places import Places
    from flet_jupyter.core.tree.scope import Scope
    from flet_jupyter.core.tree.shared import Shared

__all__ = ["Comparison"]

_NO_PARTS: Final = object()


class Comparison(DiffBuilder):
    """Compares a tree, as it is now, with what was sent of it.

    Parameters
    ----------
    before, after : object
        As flet gives them; one and the same for an ordinary update.
    scope : Scope
        Which controls to visit.
    places : Places
        Where in their parents these are.
    shared : Shared
        Controls that are in several places.

    Attributes
    ----------
    resent : dict
        The controls of which lists, dictionaries or objects have changed, by number.
    visited : set of int
        The numbers of those that were compared.
    """

    def __init__(self, before: Any, after: Any, scope: Scope, places: Places, shared: Shared) -> None:
        super().__init__(before, after, control_cls=BaseControl)
        self.resent: dict[int, BaseControl] = {}
        self.visited: set[int] = set()
        self._scope = scope
        self._places = places
        self._shared = shared
        self._control: Any = after
        self._number = 0
        self._taken: list[tuple[Any, dict[str, Any], list[str]]] = []
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
            names.update((name, None) for name in taken if is_wanted is None or is_wanted(getattr(thing, name, None)))
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
        if kind.has_hook:
            control._before_update_safe()
            self._scope.take_marks()  # the hook may have set something, anywhere
        elif kind.has_rules and (number in self._scope.compared or _is_validated_with_parts(control, kind)):
            validate(control, suppress_repeated_errors=True)
        around = self._control, self._number
        self._control, self._number = control, number
        if number in self._scope.compared or not self._visit_below(control, number, path):
            self.visited.add(number)
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
            size = len(wanted)
            self._visit_known(child, [*path, *steps])
            if len(wanted) != size:  # a hook has set something in one of the siblings
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
        kind = kind_of(type(thing))
        if kind.is_control:
            self._visit_known(thing, path)
        else:
            self._compare_fields(thing, kind, path)

    # -- fields ------------------------------------------------------------------------------------

    def _compare_fields(self, thing: Any, kind: Kind, path: list[Any]) -> None:
        names = self._take(thing, "_dirty" if kind.tracked else "__changes")
        sent = sent_parts(thing)
        known = _Known(sent or (NOTHING, NOTHING, NOTHING))
        for name in names:
            if name in kind.order:
                self._compare_set(thing, kind, path, name, known)
        done = set(names)
        for name, old in known.all_parts():
            if name not in done and name != "_internals":
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
        taken: list[str] = []
        while names:
            try:
                taken.append(dict.popitem(names)[0])
            except KeyError:  # another thread compares a value that two sessions share
                break
        if taken:
            taken.reverse()
            self._taken.append((thing, names, taken))
        return taken

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
        return new

    def _visit_parts(self, path: list[Any], name: str, parts: list[Any]) -> None:
        """Visit what is in a list that is as it was."""
        wanted = self._scope.below.get(self._number)
        if not wanted and all(issubclass(kind, BaseControl) for kind in set(map(type, parts))):
            return
        for index, part in enumerate(parts):
            if is_dataclass(part):
                self._compare_same(part, [*path, name, index])
            elif has_parts(part):
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

    # -- what flet's builder calls -------------------------------------------------------------------

    def _compare_dataclasses(self, parent: Any, path: list[Any], src: Any, dst: Any, frozen: bool) -> None:
        if frozen:
            super()._compare_dataclasses(parent, path, src, dst, frozen)
        else:
            self._compare_same(dst, path)

    def _compare_values(  # noqa: PLR0917 - flet's
        self, parent: Any, path: list[Any], key: Any, src: Any, dst: Any, frozen: bool
    ) -> None:
        if frozen:
            super()._compare_values(parent, path, key, src, dst, frozen)
        elif isinstance(src, list) and isinstance(dst, list):
            if bool(src) is bool(dst):
                self._compare_lists(parent, [*path, key], src, dst, frozen=False)
            else:
                self._replace(parent, path, key, src, dst)
        elif isinstance(src, dict) and isinstance(dst, dict):
            if bool(src) is bool(dst):
                self._compare_dicts(parent, [*path, key], src, dst, frozen=False)
            else:
                self._replace(parent, path, key, src, dst)
        elif is_dataclass(src) and is_dataclass(dst):
            if src is dst:
                self._compare_same(dst, [*path, key])
            elif hasattr(src, "_frozen") or hasattr(dst, "_frozen"):
                super()._compare_values(parent, path, key, src, dst, frozen=True)
            else:
                self._replace(parent, path, key, src, dst)
        elif type(src) is not type(dst) or src != dst:
            self._replace(parent, path, key, src, dst)

    def _dataclass_added(self, item: Any, parent: Any, frozen: bool) -> None:
        if is_dataclass(item):
            if parent is item:
                raise ObjectPatchException(f"Parent is the same as item: {item}")
            if parent is not None:
                if isinstance(item, BaseControl):
                    self._shared.mounting(item, parent)
                item._parent = weakref.ref(parent)
            if frozen:
                item._frozen = frozen
            self._added_dataclasses[self._get_dataclass_key(item)] = item
        elif isinstance(item, list | dict):
            for part in item.values() if isinstance(item, dict) else item:
                self._dataclass_added(part, parent, frozen)

    def _replace(self, parent: Any, path: list[Any], key: Any, old: Any, new: Any) -> None:
        self._item_replaced(path, key, new)
        self._dataclass_removed(old)
        self._dataclass_added(new, parent, frozen=False)

    # -- lists -------------------------------------------------------------------------------------

    def _compare_lists(self, parent: Any, path: list[Any], src: list[Any], dst: list[Any], frozen: bool) -> None:
        if frozen:
            super()._compare_lists(parent, path, src, dst, frozen)
        elif any(hasattr(kind, "__dataclass_fields__") for kind in {*map(type, src), *map(type, dst)}):
            self._compare_objects(parent, path, src, dst)
        else:
            self._compare_plain(parent, path, src, dst)

    def _compare_plain(self, parent: Any, path: list[Any], src: list[Any], dst: list[Any]) -> None:
        """Compare lists of values that have no identity, place by place."""
        start, end = common_ends(src, dst, _differ)
        old, new = src[start : len(src) - end], dst[start : len(dst) - end]
        for index, (before, after) in enumerate(zip(old, new, strict=False), start):
            self._compare_values(parent, path, index, before, after, frozen=False)
        for index in range(len(old) - 1, len(new) - 1, -1):
            self._dataclass_removed(old[index])
            self._remove(path, start + index)
        for index in range(len(old), len(new)):
            self._dataclass_added(new[index], parent, frozen=False)
            self._add(path, start + index, new[index])

    def _compare_objects(self, parent: Any, path: list[Any], src: list[Any], dst: list[Any]) -> None:
        """Compare lists of controls or values: by their keys, else by what they are.

        First what moves them to their places, then what has changed in each: that is named by its new place.
        """
        start, end = common_ends(src, dst)
        old, new = src[start : len(src) - end], dst[start : len(dst) - end]
        origins = _origins(old, new)
        self._rearrange(path, start, old, new, origins)
        wanted = self._scope.below.get(self._number, ())
        for index in _indexes(dst[:start], wanted):
            self._compare_same(dst[index], [*path, index])
        self._account(parent, path, start, old, new, origins)
        behind = len(dst) - end
        for index in _indexes(dst[behind:], wanted):
            self._compare_same(dst[behind + index], [*path, behind + index])

    def _rearrange(self, path: list[Any], start: int, old: list[Any], new: list[Any], origins: list[int]) -> None:
        """Remove, move and add until a client's list has everything at its place."""
        kept = [origin for origin in origins if origin >= 0]
        if not kept and len(old) == len(new):
            for index, item in enumerate(new, start):
                self._item_replaced(path, index, item)
            return
        staying = set(kept)
        for index in range(len(old) - 1, -1, -1):
            if index not in staying:
                self._remove(path, start + index)
        ranks = {origin: rank for rank, origin in enumerate(sorted(kept))}
        for source, target in moves([ranks[origin] for origin in kept]):
            move = {"op": "move", "from": [*path, start + source], "path": [*path, start + target]}
            self.insert(MoveOperation(move))
        for index, (item, origin) in enumerate(zip(new, origins, strict=True), start):
            if origin < 0:
                self._add(path, index, item)

    def _account(  # noqa: PLR0917 - flet's order of arguments
        self, parent: Any, path: list[Any], start: int, old: list[Any], new: list[Any], origins: list[int]
    ) -> None:
        """Note what was added and removed, and compare what stayed, in the order in which flet does."""
        staying = {origin for origin in origins if origin >= 0}
        gone: set[int] = set()
        head = 0
        for index, (item, origin) in enumerate(zip(new, origins, strict=True), start):
            while head < len(old) and (head in gone or head not in staying):
                if head not in gone:
                    self._dataclass_removed(old[head])
                head += 1
            if origin < 0:
                self._dataclass_added(item, parent, frozen=False)
                continue
            gone.add(origin)
            if old[origin] is item:
                self._compare_same(item, [*path, index])
            elif is_dataclass(item):  # built anew with the same key
                self._compare_dataclasses(parent, [*path, index], old[origin], item, frozen=True)
            else:
                self._compare_values(parent, path, index, old[origin], item, frozen=False)
        for origin in range(len(old) - 1, head - 1, -1):
            if origin not in staying:
                self._dataclass_removed(old[origin])

    def _add(self, path: list[Any], index: int, item: Any) -> None:
        self.insert(AddOperation({"op": "add", "path": [*path, index], "value": item}))

    def _remove(self, path: list[Any], index: int) -> None:
        self.insert(RemoveOperation({"op": "remove", "path": [*path, index]}))


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


def _is_validated_with_parts(control: Any, kind: Kind) -> bool:
    """Tell whether what changed inside a control can make it invalid, as a hidden content can."""
    return kind.has_class_rules or any(not kind.validated.isdisjoint(parts) for parts in sent_parts(control) or ())


def _empty(value: Any) -> Any:
    """Return what a list or dictionary is compared with where there was none: to the client an empty one is none."""
    return [] if isinstance(value, list) else {} if isinstance(value, dict) else None


def _differ(old: Any, new: Any) -> bool:
    """Tell whether two parts without identity differ, or have parts of their own that may."""
    if isinstance(old, list | dict):
        return True
    return old is not new and (type(old) is not type(new) or bool(old != new))


def _indexes(parts: list[Any], wanted: Iterable[int]) -> list[int]:
    """Return where in a list those controls are that are visited, and all other objects."""
    if not wanted and not any(is_dataclass(part) and not isinstance(part, BaseControl) for part in parts):
        return []
    numbers = set(wanted)
    return [
        index
        for index, part in enumerate(parts)
        if (part._i in numbers if isinstance(part, BaseControl) else is_dataclass(part))
    ]


def _origins(old: list[Any], new: list[Any]) -> list[int]:
    """Return for each part of a list where it was in the old one; -1 for those that are new."""
    if not old:
        return [-1] * len(new)
    places = {key: index for index, key in enumerate(_keys(old))}
    origins = [places.get(key, -1) for key in _keys(new)]
    for index, origin in enumerate(origins):
        if origin >= 0 and not _is_successor(old[origin], new[index]):
            origins[index] = -1
    if len(set(origins)) < len(origins):  # the same twice, or many new ones
        seen: set[int] = set()
        for index, origin in enumerate(origins):
            if origin in seen:
                origins[index] = -1
            seen.add(origin)
    return origins


def _keys(parts: list[Any]) -> Iterator[tuple[str, Any]]:
    plain = itertools.count()
    for part in parts:
        if is_dataclass(part):
            key = explicit_key(part)
            yield ("id", id(part)) if key is None else ("key", key)
        else:
            yield "plain", next(plain)


def _is_successor(old: Any, new: Any) -> bool:
    """Tell whether what has the key of an old control takes its place, instead of being something new."""
    if old is new or not is_dataclass(new):
        return True
    return type(old) is type(new) and (
        getattr(new, "_c", None) != "C" or getattr(old, "fn", None) is getattr(new, "fn", None)
    )
