"""Flet's diff, safe from threads that change the tree while it runs.

Flet compares controls with snapshots that it took when it last sent them, and takes new ones as it goes. A value
that another thread sets, or a control that it adds, between a comparison and its snapshot would be taken for
known and never be sent. That is likely as soon as a page is large: a diff of a thousand controls takes longer
than the 5 ms for which CPython lets a thread run. So lists are compared as they were at one moment, and
properties set meanwhile stay marked for the next diff.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.changes import changed_nodes
from flet_jupyter.core.flet_api import BaseControl, DiffBuilder, ObjectPatch, PatchOperation, snapshots_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["diff", "unmounted"]

_CONTAINERS: Final = (list, dict)


def diff(
    before: Any, after: Any, parent: Any, path: list[Any] | None, *, frozen: bool
) -> tuple[list[Any], list[BaseControl], list[BaseControl]]:
    """Compare as flet's ``ObjectPatch.from_diff`` does.

    Returns
    -------
    tuple
        The patch as it travels, the controls that were added, and those that were removed.
    """
    builder = _SteadyDiff(before, after, control_cls=BaseControl)
    builder._compare_values(parent, path or [], None, before, after, frozen=frozen)  # noqa: SLF001 - as flet does
    operations = list(builder.execute())
    added = list(builder.get_added_controls())
    removed = list(builder.get_removed_controls())
    builder.teardown()
    return ObjectPatch(operations).to_message(), added, removed


def unmounted(added: list[BaseControl], index: Mapping[int, BaseControl]) -> Iterator[tuple[BaseControl, BaseControl]]:
    """Find controls that went along with `added` ones: put into them between their diff and their packing.

    Yields
    ------
    tuple
        Such a control and the one that has it.
    """
    for parent in added:
        for child in _controls(snapshots_of(parent)):
            if child._i not in index:  # noqa: SLF001 - flet's number for it
                yield child, parent


def _controls(value: Any) -> Iterator[BaseControl]:
    if isinstance(value, BaseControl):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _controls(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _controls(part)


class _Same:
    """Equal to one thing only.

    Flet asks of each child of an isolated control whether its parent *equals* the one that is updated, which compares
    the two property by property: a quarter of what a click costs on a small page.
    """

    __slots__ = ("_thing",)

    def __init__(self, thing: Any) -> None:
        self._thing = thing

    def __eq__(self, other: object) -> bool:
        return other is self._thing

    def __hash__(self) -> int:
        return id(self._thing)


class _SteadyDiff(DiffBuilder):
    """Flet's diff on copies of lists and dictionaries."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._document = self.dst_doc
        self.dst_doc = _Same(self._document)
        # A frozen tree is another one each time; what changed in one that lives on is known beforehand.
        self._changed = changed_nodes(self._document) if self.src_doc is self._document else None
        self._copies: dict[int, tuple[Any, Any]] = {}  # by id of the original, which is kept alive with it

    def _compare_values(  # noqa: PLR0917 - flet's
        self, parent: Any, path: list[Any], key: Any, src: Any, dst: Any, frozen: bool
    ) -> None:
        if not frozen and self._is_same(src, dst):
            self._copies[id(dst)] = (dst, src)
            return
        if not frozen and isinstance(dst, list | dict):
            copy = dst.copy()
            self._copies[id(dst)] = (dst, copy)
            dst = copy
        super()._compare_values(parent, path, key, src, dst, frozen)

    def _affected_is_list(self, op: PatchOperation) -> bool:
        return isinstance(op.to_last(self._document), list)

    def _update_list_snapshot(self, snapshots: Any, key: Any, value: Any) -> None:  # type: ignore[override]
        copy = self._copies.get(id(value), (None, value))[1]
        if snapshots.get(key) is not copy:
            super()._update_list_snapshot(snapshots, key, copy)

    def _update_dict_snapshot(self, snapshots: Any, key: Any, value: Any) -> None:  # type: ignore[override]
        copy = self._copies.get(id(value), (None, value))[1]
        if snapshots.get(key) is not copy:
            super()._update_dict_snapshot(snapshots, key, copy)

    def _compare_dataclasses(self, parent: Any, path: list[Any], src: Any, dst: Any, frozen: bool) -> None:
        if not frozen:
            if src is dst and self._is_same(src, dst):
                return
            _guard(dst)
        super()._compare_dataclasses(parent, path, src, dst, frozen)

    def _is_same(self, src: Any, dst: Any) -> bool:
        """Tell whether comparing these two would find nothing."""
        kind = type(dst)
        if self._changed is None or type(src) is not kind:
            return False
        if kind is list:
            # Nothing is said of lists in lists: flet looks into those.
            return (
                len(src) == len(dst)
                and all(map(operator.is_, src, dst))
                and not any(id(part) in self._changed or type(part) in _CONTAINERS for part in dst)
            )
        if kind is dict:
            return (
                len(src) == len(dst)
                and all(dst.get(key, self) is part for key, part in src.items())
                and not any(id(part) in self._changed or type(part) in _CONTAINERS for part in src.values())
            )
        return src is dst and id(dst) not in self._changed

    def teardown(self) -> None:
        super().teardown()
        self._document = None
        self._copies.clear()


def _guard(thing: Any) -> None:
    dirty = getattr(thing, "_dirty", None)
    if type(dirty) is dict:
        guarded = _Dirty(dirty)
        object.__setattr__(thing, "_dirty", guarded)
        guarded.update(dirty)  # what was set in between


class _Dirty(dict[str, None]):
    """The names of a control's changed properties: what is set while the diff reads them survives its ``clear()``."""

    __slots__ = ("_fresh",)

    def __init__(self, names: dict[str, None]) -> None:
        super().__init__(names)
        self._fresh: set[str] = set()

    def __setitem__(self, name: str, value: None) -> None:
        super().__setitem__(name, value)
        self._fresh.add(name)

    def __iter__(self) -> Iterator[str]:
        self._fresh = set()
        return iter(list(super().keys()))

    def clear(self) -> None:
        for name in list(super().keys()):
            if name not in self._fresh:
                super().pop(name, None)
