"""Which controls an update has to visit, and how to get there from the control that is updated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.flet_api import BaseControl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flet_jupyter.core.tree.shared import Shared
    from flet_jupyter.core.tree.watch import Marks

__all__ = ["Scope", "parent_of"]

_PAGE: Final = 1
"""The number of every page, which has no parent."""


class Scope:
    """The part of a tree that one update visits.

    Parameters
    ----------
    root : BaseControl
        What is updated.
    mounted : mapping
        The session's controls by their numbers.
    marks : Marks
        What was set since the last update. Those within the scope are taken away; those outside it wait for another.
    shared : Shared
        Controls to which several ways lead.

    Attributes
    ----------
    within : set of int or None
        The numbers of all controls below the root, where these are few compared with what has changed elsewhere.
    compared : set of int
        Controls to compare with what was sent of them. Others are only on the way to these.
    called : set of int
        Controls to visit for the sake of their hooks.
    below : dict
        For each control on the way: the numbers of its children that are visited.
    taken : set of int
        The marks that were taken.
    suspected : set of int
        Those of them that nobody has marked.
    visited : set of int
        Those that were compared.
    """

    def __init__(self, root: BaseControl, mounted: Mapping[int, BaseControl], marks: Marks, shared: Shared) -> None:
        self.root = root
        self.within: set[int] | None = None
        self.compared: set[int] = set()
        self.called: set[int] = set()
        self.below: dict[int, set[int]] = {}
        self.taken: set[int] = set()
        self.suspected: set[int] = set()
        self.visited: set[int] = set()
        self._mounted = mounted
        self._marks = marks
        self._shared = shared

    def take_marks(self) -> None:
        """Take what was marked below the root, and leave what is elsewhere."""
        numbers = list(self._marks if self.within is None else self._marks & self.within)
        if not numbers:
            return
        self._marks.difference_update(numbers)
        elsewhere = [number for number in numbers if not self._take(number)]
        self._marks.update(elsewhere)

    def _take(self, number: int) -> bool:
        """Add a marked control; return False if that has to wait: it is mounted elsewhere, or was compared already."""
        control = self._mounted.get(number)
        if control is None:
            return True  # it is not mounted any more
        if number in self.visited or not self.add(control):
            return False
        self.compared.add(number)
        self.taken.add(number)
        return True

    def suspect(self, numbers: Iterable[int]) -> None:
        """Have these compared, as far as they are below the root: a list or the like of theirs may have changed."""
        for number in numbers:
            control = self._mounted.get(number)
            if control is not None and self.add(control):
                self.compared.add(number)
                self.suspected.add(number)

    def call(self, numbers: Iterable[int]) -> None:
        """Have the hooks of these called, as far as they are below the root."""
        for number in numbers:
            control = self._mounted.get(number)
            if control is not None and self.add(control):
                self.called.add(number)

    def call_new(self, parent: int, number: int) -> None:
        """Have the hook of a control called that is about to be mounted, should its parent be gone through again."""
        self.below.setdefault(parent, set()).add(number)
        self.called.add(number)

    def __contains__(self, number: int) -> bool:
        """Tell whether a control is visited."""
        return number in self.below or number in self.compared or number in self.called

    def postpone(self, number: int) -> None:
        """Leave a control marked for the next update."""
        self._marks.add(number)

    def add(self, control: BaseControl) -> bool:
        """Find the way from the root to a control; return False if there is none.

        There is none through an isolated control: it is left to its own ``update()``.
        """
        root, below = self.root, self.below
        way: list[tuple[int, int]] = []
        found = False
        while control is not root:
            parent = parent_of(control)
            if self._mounted.get(parent._i) is not parent if parent is not None else control._i != _PAGE:
                self._shared.look_for(control, root)
            for other in self._shared.parents_of(control):
                found = self._add_over(other, control, way) or found
            if parent is None or (parent is not root and parent.is_isolated()):
                return found
            number = parent._i
            way.append((number, control._i))
            if number in below:
                break  # from there on the way is known
            control = parent
        for number, child in way:
            below.setdefault(number, set()).add(child)
        return True

    def _add_over(self, parent: BaseControl, control: BaseControl, way: list[tuple[int, int]]) -> bool:
        """Find a way that leads over one of several parents of a control, which the `way` so far has come to."""
        if (parent is not self.root and parent.is_isolated()) or not self.add(parent):
            return False
        for number, child in [*way, (parent._i, control._i)]:
            self.below.setdefault(number, set()).add(child)
        return True


def parent_of(control: Any) -> BaseControl | None:
    """Return the control that has a control, in itself or in one of its values."""
    reference = getattr(control, "_parent", None)
    parent = reference() if reference is not None else None
    while parent is not None and not isinstance(parent, BaseControl):
        reference = getattr(parent, "_parent", None)
        parent = reference() if reference is not None else None
    return parent
