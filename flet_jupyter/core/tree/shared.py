"""Controls that are in several places of one tree, as an app bar can be in several views."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from flet_jupyter.core.tree.scope import parent_of
from flet_jupyter.core.tree.walk import children_of, descendants_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flet_jupyter.core.flet_api import BaseControl

__all__ = ["Shared"]


class Shared:
    """Knows the parents of controls that have several.

    Flet keeps only the last one. It finds changes in a tree without looking for parents; here the way to a control
    leads over them.

    Parameters
    ----------
    mounted : mapping
        The session's controls by their numbers.
    """

    def __init__(self, mounted: Mapping[int, BaseControl]) -> None:
        self._mounted = mounted
        self._parents: dict[int, list[weakref.ref[Any]]] = {}
        self._again: dict[int, list[weakref.ref[Any]]] = {}

    def mounting(self, control: Any, parent: Any) -> None:
        """Note that a control is about to get a parent."""
        old = parent_of(control)
        if old is not None and old is not parent:
            self._again.setdefault(control._i, []).append(weakref.ref(old))

    def settle(self) -> None:
        """Keep those parents, of what was mounted again, that still have it."""
        if not self._again:
            return
        again, self._again = self._again, {}
        has = _Members()
        for number, parents in again.items():
            control = self._mounted.get(number)
            others = [*self._parents.get(number, ()), *parents]
            kept = {id(parent): ref for ref in others if (parent := ref()) is not None and has(parent, control)}
            if kept:
                self._parents[number] = list(kept.values())
            else:
                self._parents.pop(number, None)

    def parents_of(self, control: Any) -> Iterable[Any]:
        """Return what has a control, beside the one that flet knows."""
        if not self._parents:
            return ()
        return [parent for ref in self._parents.get(control._i, ()) if (parent := ref()) is not None]

    def look_for(self, control: Any, root: Any) -> None:
        """Find what has a control below `root`: another session has it too, and is the one that flet knows."""
        number = control._i
        if number not in self._parents:
            parent = next((parent for parent, child in descendants_of([root]) if child is control), None)
            if parent is not None:
                self._parents[number] = [weakref.ref(parent)]

    def survivors(self, numbers: Iterable[int]) -> set[int]:
        """Return those of some removed controls that are in another place still, with what is in them.

        Flet gets to know that place.
        """
        found: set[int] = set()
        if not self._parents:
            return found
        has = _Members()
        going = set(numbers)

        def holds(parent: Any, control: Any) -> bool:
            return parent is not None and parent._i not in going and has(parent, control)

        for number in going & self._parents.keys():
            control: Any = self._mounted.get(number)
            left = [parent for ref in self._parents.pop(number) if holds(parent := ref(), control)]
            stays = holds(parent_of(control), control)
            if not left and not stays:
                continue
            found.add(number)
            if not stays:
                control._parent = weakref.ref(left.pop())
            if left:
                self._parents[number] = [weakref.ref(parent) for parent in left]
        return found | {child._i for _, child in descendants_of(self._mounted[number] for number in found)}


class _Members:
    """Tells whether something was sent as a part of a control; goes through each control's parts once."""

    def __init__(self) -> None:
        self._known: dict[int, set[int]] = {}

    def __call__(self, parent: Any, child: Any) -> bool:
        members = self._known.get(id(parent))
        if members is None:
            members = self._known[id(parent)] = {id(part) for part in children_of(parent)}
        return id(child) in members
