"""Finds what may have changed in a tree since it was last sent, at a fraction of what comparing it costs.

Flet's diff visits every control of a page for every update, and takes some 20 us for each. A look at what flet
itself keeps (the names of changed properties, copies of lists, dictionaries and nested objects) takes one, and tells
which controls the diff can leave out: those that have not changed and have nothing below them that has. What is not
understood counts as changed.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.flet_api import BaseControl

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["changed_nodes"]

_ABSENT: Final = object()
_SCALARS: Final = (str, int, float, bool, type(None))


def changed_nodes(root: Any) -> set[int] | None:
    """Return the ids of controls and values in a tree that may have changed, or have something below that may.

    Parameters
    ----------
    root : BaseControl
        Where to begin. Nobody else diffs or packs this tree meanwhile.

    Returns
    -------
    set of int or None
        As :func:`id` gives them; whatever is not among them would add nothing to a patch. None if that cannot be
        told: there are controls whose ``before_update()``, which the diff calls, is the app's own. It can change any
        other control, as one does that sums up what its children say.
    """
    scan = _Scan()
    scan.visit(root)
    return None if scan.has_hooks else scan.changed


class _Scan:
    """One walk over a tree."""

    def __init__(self) -> None:
        self.changed: set[int] = set()
        self.has_hooks = False
        self._seen: set[int] = set()
        self._kinds: dict[type, tuple[bool, tuple[str, ...]]] = {}

    def visit(self, node: Any) -> bool:
        """Tell whether a control or a value may have changed, or anything below it."""
        number = id(node)
        if number in self._seen:
            return number in self.changed
        self._seen.add(number)
        changed = self._look_at(node)
        if changed:
            self.changed.add(number)
        return changed

    def _look_at(self, node: Any) -> bool:
        kept = getattr(node, "__dict__", None)
        if kept is None:
            return True
        if "_frozen" in kept:
            return False  # it cannot change; another in its place is seen by whoever has it
        lists, dicts, classes = kept.get("__prev_lists"), kept.get("__prev_dicts"), kept.get("__prev_classes")
        if lists is None or dicts is None or classes is None:
            return True  # never sent
        always, structural = self._kind_of(type(node))
        changed = always or bool(kept.get("_dirty")) or bool(kept.get("__changes"))
        # All are looked at, also when the answer is known: the diff will ask about each.
        for name, old in lists.items():
            changed |= self._list_changed(old, _value(node, kept, name))
        for name, old in dicts.items():
            changed |= self._dict_changed(old, _value(node, kept, name))
        for name, old in classes.items():
            changed |= self.visit(old) or _value(node, kept, name) is not old
        for name in structural:
            if name not in lists and name not in dicts and name not in classes:
                changed |= not isinstance(_value(node, kept, name), _SCALARS)
        return changed

    def _list_changed(self, old: list[Any], new: Any) -> bool:
        # By identity, at C's speed: equal numbers that are two objects only cost a comparison more.
        changed = type(new) is not list or len(old) != len(new) or not all(map(operator.is_, old, new))
        for part in old:
            changed |= self._part_changed(part)
        return changed

    def _dict_changed(self, old: dict[Any, Any], new: Any) -> bool:
        changed = (
            type(new) is not dict
            or len(old) != len(new)
            or any(new.get(key, _ABSENT) is not part for key, part in old.items())
        )
        for part in old.values():
            changed |= self._part_changed(part)
        return changed

    def _part_changed(self, part: Any) -> bool:
        kind = type(part)
        if kind in _SCALARS:
            return False
        if kind is list:
            return self._list_changed(part, part)
        if kind is dict:
            return self._dict_changed(part, part)
        return self.visit(part)

    def _kind_of(self, kind: type) -> tuple[bool, tuple[str, ...]]:
        """Tell whether all of a class count as changed, and where they may hold lists and the like."""
        known = self._kinds.get(kind)
        if known is None:
            # What before_update() does to its control, nobody knows before it has run; those of flet do no more.
            hook = getattr(kind, "before_update", None)
            always = hook is not None and hook is not BaseControl.before_update
            self.has_hooks |= always and not getattr(hook, "__module__", "").startswith("flet.")
            structural = tuple(name for name in getattr(kind, "_structural_fields", ()) if name not in ("_i", "_c"))
            known = self._kinds[kind] = (always, structural)
        return known


def _value(node: Any, kept: Mapping[str, Any], name: str) -> Any:
    value = kept.get(name, _ABSENT)
    return getattr(node, name, None) if value is _ABSENT else value
