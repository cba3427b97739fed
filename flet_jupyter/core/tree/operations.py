"""How values become others: the operations that a client needs for it.

Built on flet's own ``DiffBuilder``, which keeps the operations; the methods here take the place of flet's.
"""

from __future__ import annotations

import itertools
import weakref
from typing import TYPE_CHECKING, Any

from flet_jupyter.core.flet_api import (
    AddOperation,
    BaseControl,
    DiffBuilder,
    MoveOperation,
    ObjectPatchException,
    RemoveOperation,
    explicit_key,
)
from flet_jupyter.core.tree.lists import common_ends, moves
from flet_jupyter.core.tree.parts import is_dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flet_jupyter.core.tree.shared import Shared

__all__ = ["Operations"]


class Operations(DiffBuilder):
    """Compares values, and collects operations.

    ``frozen`` means that both values are of trees that nobody changes: what differs was made anew.
    """

    def __init__(self, before: Any, after: Any, shared: Shared) -> None:
        super().__init__(before, after, control_cls=BaseControl)
        self._shared = shared

    # -- what is left to who knows the tree ------------------------------------------------------------

    def _compare_same(self, thing: Any, path: list[Any]) -> None:
        """Compare an object with what was sent of it."""
        raise NotImplementedError

    def _compare_anew(self, parent: Any, path: list[Any], old: Any, new: Any) -> None:
        """Compare an object with the one that takes its place."""
        raise NotImplementedError

    def _compare_kept(self, path: list[Any], parts: list[Any], start: int) -> None:
        """Compare those parts of a list that are visited with what was sent of them; the first is at `start`."""
        raise NotImplementedError

    # -- values --------------------------------------------------------------------------------------

    def _compare_dataclasses(self, parent: Any, path: list[Any], src: Any, dst: Any, frozen: bool) -> None:
        if frozen:
            self._compare_anew(parent, path, src, dst)
        else:
            self._compare_same(dst, path)

    def _compare_values(  # noqa: PLR0917 - flet's
        self, parent: Any, path: list[Any], key: Any, src: Any, dst: Any, frozen: bool
    ) -> None:
        where = path if key is None else [*path, key]
        if isinstance(src, list) and isinstance(dst, list):
            if bool(src) is bool(dst):
                self._compare_lists(parent, where, src, dst, frozen)
            else:
                self._replace(parent, path, key, src, dst, frozen=frozen)
        elif isinstance(src, dict) and isinstance(dst, dict):
            if bool(src) is bool(dst):
                self._compare_dicts(parent, where, src, dst, frozen)
            else:
                self._replace(parent, path, key, src, dst, frozen=frozen)
        elif is_dataclass(src) and is_dataclass(dst):
            frozen = frozen or hasattr(src, "_frozen") or hasattr(dst, "_frozen")
            if src is dst:
                if not frozen:
                    self._compare_same(dst, where)
            elif frozen and _is_successor(src, dst) and explicit_key(src) == explicit_key(dst):
                self._compare_anew(parent, where, src, dst)
            else:
                self._replace(parent, path, key, src, dst, frozen=frozen)
        elif type(src) is not type(dst) or src != dst:
            self._replace(parent, path, key, src, dst, frozen=frozen)

    def _compare_dicts(
        self, parent: Any, path: list[Any], src: dict[Any, Any], dst: dict[Any, Any], frozen: bool
    ) -> None:
        # Flet makes strings of the keys, which are then not those that it packs: an enumeration travels as its value.
        kept = src.keys() & dst.keys()
        gone = {id(src[key]): key for key in src.keys() - kept if is_dataclass(src[key])}
        moved = {key: gone.pop(id(dst[key]), None) for key in dst.keys() - kept}
        for key in src.keys() - kept - set(moved.values()):
            self._dataclass_removed(src[key])
            self._remove(path, key)
        for key, old in moved.items():
            if old is None:
                self._dataclass_added(dst[key], parent, frozen)
                self._add(path, key, dst[key])
            else:
                self._compare_values(parent, path, old, src[old], dst[key], frozen)
                self._move(path, old, key)
        for key in kept:
            self._compare_values(parent, path, key, src[key], dst[key], frozen)

    def _replace(self, parent: Any, path: list[Any], key: Any, old: Any, new: Any, *, frozen: bool) -> None:
        self._item_replaced(path, key, new)
        self._dataclass_removed(old)
        self._dataclass_added(new, parent, frozen)

    def _dataclass_added(self, item: Any, parent: Any, frozen: bool) -> None:
        if is_dataclass(item):
            if parent is item:
                raise ObjectPatchException(f"Parent is the same as item: {item}")
            if parent is not None:
                if not frozen and isinstance(item, BaseControl):
                    self._shared.mounting(item, parent)
                item._parent = weakref.ref(parent)
            if frozen:
                item._frozen = frozen
            self._added_dataclasses[self._get_dataclass_key(item)] = item
        elif isinstance(item, list | dict):
            for part in item.values() if isinstance(item, dict) else item:
                self._dataclass_added(part, parent, frozen)

    def _dataclass_removed(self, item: Any) -> None:
        if is_dataclass(item):
            self._removed_dataclasses[self._get_dataclass_key(item)] = item
        elif isinstance(item, list | dict):
            for part in item.values() if isinstance(item, dict) else item:
                self._dataclass_removed(part)

    # -- lists ---------------------------------------------------------------------------------------

    def _compare_lists(self, parent: Any, path: list[Any], src: list[Any], dst: list[Any], frozen: bool) -> None:
        if any(hasattr(kind, "__dataclass_fields__") for kind in {*map(type, src), *map(type, dst)}):
            self._compare_objects(parent, path, src, dst, frozen=frozen)
        else:
            self._compare_plain(parent, path, src, dst, frozen=frozen)

    def _compare_plain(self, parent: Any, path: list[Any], src: list[Any], dst: list[Any], *, frozen: bool) -> None:
        """Compare lists of values that have no identity, place by place."""
        start, end = common_ends(src, dst, _may_differ)
        old, new = src[start : len(src) - end], dst[start : len(dst) - end]
        for index, (before, after) in enumerate(zip(old, new, strict=False), start):
            self._compare_values(parent, path, index, before, after, frozen)
        for index in range(len(old) - 1, len(new) - 1, -1):
            self._dataclass_removed(old[index])
            self._remove(path, start + index)
        for index in range(len(old), len(new)):
            self._dataclass_added(new[index], parent, frozen)
            self._add(path, start + index, new[index])

    def _compare_objects(self, parent: Any, path: list[Any], src: list[Any], dst: list[Any], *, frozen: bool) -> None:
        """Compare lists of controls or values: by their keys, else by what they are, or where if they are made anew.

        First what moves them to their places, then what has changed in each: that is named by its new place.
        """
        start, end = common_ends(src, dst)
        if frozen:
            end = 0  # of what has no key, the place counted from the start tells which is which
        old, new = src[start : len(src) - end], dst[start : len(dst) - end]
        origins = _origins(old, new, frozen=frozen)
        self._rearrange(path, start, old, new, origins)
        behind = len(dst) - end
        if not frozen:
            self._compare_kept(path, dst[:start], 0)
        self._account(parent, path, start, old, new, origins, frozen=frozen, is_end=not end)
        if not frozen:
            self._compare_kept(path, dst[behind:], behind)

    def _rearrange(self, path: list[Any], start: int, old: list[Any], new: list[Any], origins: list[int]) -> None:
        """Remove, move and add until a client's list has everything at its place."""
        if len(old) == len(new) and origins == list(range(len(old))):
            return
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
            self._move(path, start + source, start + target)
        for index, (item, origin) in enumerate(zip(new, origins, strict=True), start):
            if origin < 0:
                self._add(path, index, item)

    def _account(  # noqa: PLR0917 - flet's order of arguments
        self,
        parent: Any,
        path: list[Any],
        start: int,
        old: list[Any],
        new: list[Any],
        origins: list[int],
        *,
        frozen: bool,
        is_end: bool,
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
                self._dataclass_added(item, parent, frozen)
                continue
            gone.add(origin)
            if not is_dataclass(item):
                self._compare_values(parent, path, index, old[origin], item, frozen)
            elif old[origin] is item and not frozen:
                self._compare_same(item, [*path, index])
            else:  # built anew, with the same key or in the same place
                self._compare_anew(parent, [*path, index], old[origin], item)
        rest = range(head, len(old))
        for origin in reversed(rest) if is_end else rest:  # flet's order, however odd
            if origin not in staying:
                self._dataclass_removed(old[origin])

    def _add(self, path: list[Any], key: Any, item: Any) -> None:
        self.insert(AddOperation({"op": "add", "path": [*path, key], "value": item}))

    def _remove(self, path: list[Any], key: Any) -> None:
        self.insert(RemoveOperation({"op": "remove", "path": [*path, key]}))

    def _move(self, path: list[Any], source: Any, target: Any) -> None:
        self.insert(MoveOperation({"op": "move", "from": [*path, source], "path": [*path, target]}))

    # -- what travels ----------------------------------------------------------------------------------

    def message(self) -> list[Any]:
        """Return the operations as they travel.

        Paths share a table: ``[0, {key: [1, {...}]}]`` numbers all objects on the way to what is changed.
        """
        table = _Table()
        patch: list[Any] = [table.root]
        for operation in self.execute():
            kind = operation["op"]
            if kind == "replace":
                patch.append([0, *table.place(operation["path"]), operation["value"]])
            elif kind == "add":
                patch.append([1, *table.place(operation["path"]), operation["value"]])
            elif kind == "remove":
                patch.append([2, *table.place(operation["path"])])
            else:
                patch.append([3, *table.place(operation["from"]), *table.place(operation["path"])])
        return patch


class _Table:
    """The objects on the way to what a patch changes, numbered."""

    __slots__ = ("_count", "root")

    def __init__(self) -> None:
        self.root: list[Any] = [0]
        self._count = 0

    def place(self, path: list[Any]) -> tuple[int, Any]:
        """Return the number of the object that has the end of a path, and the last step to it."""
        if not path:
            return 0, 0
        node = self.root
        for step in path[:-1]:
            if len(node) == 1:
                node.append({})
            below = node[1].get(step)
            if below is None:
                self._count += 1
                below = node[1][step] = [self._count]
            node = below
        return node[0], path[-1]


def _may_differ(old: Any, new: Any) -> bool:
    """Tell whether two parts without identity differ, or have parts of their own that may."""
    if isinstance(old, list | dict):
        return True
    return old is not new and (type(old) is not type(new) or bool(old != new))


def _origins(old: list[Any], new: list[Any], *, frozen: bool) -> list[int]:
    """Return for each part of a list where it was in the old one; -1 for those that are new."""
    if not old:
        return [-1] * len(new)
    places = {key: index for index, key in enumerate(_keys(old, frozen=frozen))}
    origins = [places.get(key, -1) for key in _keys(new, frozen=frozen)]
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


def _keys(parts: list[Any], *, frozen: bool) -> Iterator[tuple[str, Any]]:
    """Yield by what each part of a list is known again."""
    plain, unkeyed = itertools.count(), itertools.count()
    for part in parts:
        if not is_dataclass(part):
            yield "plain", next(plain)
            continue
        key = explicit_key(part)
        if key is not None:
            yield "key", key
        elif frozen:
            yield "place", next(unkeyed)
        else:
            yield "id", id(part)


def _is_successor(old: Any, new: Any) -> bool:
    """Tell whether what has the key of an old control takes its place, instead of being something new."""
    if old is new or not is_dataclass(new):
        return True
    return type(old) is type(new) and (
        getattr(new, "_c", None) != "C" or getattr(old, "fn", None) is getattr(new, "fn", None)
    )
