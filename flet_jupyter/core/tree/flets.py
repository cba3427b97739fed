"""Flet's own diff, for a flet whose inside is not what :mod:`~.differ` was written for.

It is made safe from threads that change the tree while it runs.

Flet compares controls with snapshots that it took when it last sent them, and takes new ones as it goes. A value
that another thread sets, or a control that it adds, between a comparison and its snapshot would be taken for
known and never be sent. That is likely as soon as a page is large: a diff of a thousand controls takes longer
than the 5 ms for which CPython lets a thread run. So lists are compared as they were at one moment, and
properties set meanwhile stay marked for the next diff.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.flet_api import (
    BaseControl,
    DiffBuilder,
    ObjectPatch,
    PatchOperation,
    encode_object,
    sent_parts,
    set_sent_parts,
)
from flet_jupyter.core.tree.parts import as_sent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["FletDiffer"]


def encode_sent(value: Any) -> Any:
    """Like flet's encoder, for a tree as its clients know it and without side effect; see :mod:`~.packing`."""
    sent = sent_parts(value)
    if sent is None or hasattr(value, "_frozen"):
        return encode_object(value)
    packed = encode_object(value)
    set_sent_parts(value, *sent)
    known = as_sent(packed, sent)
    changes = getattr(value, "__changes", None)
    if changes is not None:
        # What is set in a dataclass that flet knows nothing of, it sends without noting the parts of it.
        known.update((name, part) for name, part in packed.items() if name not in known and name not in changes)
    return known


class FletUpdate:
    """What one update has found; see :class:`~.differ.Update`."""

    def __init__(self, patch: list[Any], added: list[BaseControl], removed: list[BaseControl]) -> None:
        self.patch = patch
        self.added = added
        self.removed = removed
        self.resent: dict[int, BaseControl] = {}

    def undo(self) -> None:
        """Do nothing: flet forgets what it was about when an update fails."""

    def undo_unsent(self) -> None:
        """Do nothing: as above."""


class FletDiffer:
    """Does what :class:`~.differ.Differ` does, by comparing the whole tree."""

    encode: Final = staticmethod(encode_object)
    encode_sent: Final = staticmethod(encode_sent)

    def mark(self, number: int) -> None:
        """Do nothing: everything is compared."""

    def first(self, page: BaseControl) -> list[BaseControl]:
        """Prepare a page that was never sent, and return the controls to mount."""
        return self.compare(None, page, None, [], frozen=False).added

    def compare(self, before: Any, after: Any, parent: Any, path: list[Any], *, frozen: bool) -> FletUpdate:
        """Compare as flet's ``ObjectPatch.from_diff`` does."""
        builder = _SteadyDiff(before, after, control_cls=BaseControl)
        builder._compare_values(parent, path, None, before, after, frozen=frozen)
        operations = list(builder.execute())
        added = list(builder.get_added_controls())
        removed = list(builder.get_removed_controls())
        builder.teardown()
        return FletUpdate(ObjectPatch(operations).to_message(), added, removed)

    def adopt(self, control: BaseControl, parent: BaseControl) -> list[BaseControl]:
        """Prepare a control that was sent as part of another one, and return the controls to mount."""
        return self.compare(None, control, parent, [], frozen=False).added

    def mount(self, controls: Iterable[BaseControl]) -> None:
        """Do nothing: nothing is watched."""

    def survivors(self, numbers: Iterable[int]) -> set[int]:
        """Return nothing: flet looks for what it has forgotten when an event comes."""
        del numbers
        return set()

    def unmount(self, numbers: Iterable[int]) -> None:
        """Do nothing: nothing is watched."""


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
        self._copies: dict[int, tuple[Any, Any]] = {}  # by id of the original, which is kept alive with it

    def _compare_values(  # noqa: PLR0917 - flet's
        self, parent: Any, path: list[Any], key: Any, src: Any, dst: Any, frozen: bool
    ) -> None:
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
            _guard(dst)
        super()._compare_dataclasses(parent, path, src, dst, frozen)

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
