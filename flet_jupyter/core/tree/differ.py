"""The control tree of one session: what an update has to send, and what of it is watched."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Final

import msgpack

from flet_jupyter.core.flet_api import BaseControl, ObjectPatchException, note_plain_changes, sent_parts, validate
from flet_jupyter.core.tree.compare import Comparison
from flet_jupyter.core.tree.containers import Containers
from flet_jupyter.core.tree.kinds import Kind, has_own_hook, kind_of
from flet_jupyter.core.tree.packing import encode, encode_sent
from flet_jupyter.core.tree.parts import NOTHING, PLAIN, has_parts, is_dataclass
from flet_jupyter.core.tree.places import Places
from flet_jupyter.core.tree.scope import Scope, parent_of
from flet_jupyter.core.tree.shared import Shared
from flet_jupyter.core.tree.walk import descendants_of, values_of
from flet_jupyter.core.tree.watch import Marks, Watch, watch, watch_internals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Differ", "Update"]


class Update:
    """What one update has found.

    Attributes
    ----------
    patch : list
        As it travels: ``[tree, operation...]``.
    added : list of BaseControl
        What is to be mounted, in the order in which flet does.
    removed : list of BaseControl
        What is not shown any more, in flet's order too.
    """

    def __init__(self, comparison: Comparison, scope: Scope, marks: Marks) -> None:
        self.patch: list[Any] = [[0]]
        self.added: list[BaseControl] = []
        self.removed: list[BaseControl] = []
        self.resent = comparison.resent
        self._comparison = comparison
        self._scope = scope
        self._marks = marks

    def undo(self) -> None:
        """Forget the update: it failed. What it was about is part of the next one."""
        self._comparison.undo()
        self._marks.fresh.clear()
        self._marks.update(self._scope.taken)

    def undo_unsent(self) -> None:
        """Forget the update: it could not be packed. Of that too the next one is about, but for what no client can get.

        That was refused with an error, and refusing it again would hold up everything else.
        """
        self._comparison.undo(_can_be_sent)
        self._marks.update(self._scope.taken)


class Differ:
    """Finds out what has changed in the tree of one session.

    Not safe from several threads: the session's lock is held. The app may change the tree meanwhile.

    Parameters
    ----------
    mounted : mapping
        The session's controls by their numbers.
    """

    encode: Final = staticmethod(encode)
    encode_sent: Final = staticmethod(encode_sent)

    def __init__(self, mounted: Mapping[int, BaseControl]) -> None:
        self._mounted = mounted
        self._marks = Marks(mounted)
        self._containers = Containers()
        self._places = Places()
        self._shared = Shared(mounted)
        self._is_packed = False
        self._hooked: set[int] = set()  # with a before_update() of the app's own

    def mark(self, number: int) -> None:
        """Note that something was set in a control without its knowledge."""
        self._marks.add(number)

    # -- updates -----------------------------------------------------------------------------------

    def first(self, page: BaseControl) -> list[BaseControl]:
        """Prepare a page that was never sent, and return the controls to mount."""
        added: list[BaseControl] = []
        self._prepare(page, None, added, frozen=False)
        return added

    def compare(self, before: Any, after: Any, parent: Any, path: list[Any], *, frozen: bool) -> Update:
        """Compare a tree with what was sent of it, as flet's ``ObjectPatch.from_diff`` does.

        Raises
        ------
        Exception
            What the app's code raises, and flet's validation. Nothing is lost by that: the next update is about the
            same things.
        """
        scope = Scope(after, self._mounted, self._marks, self._shared)
        comparison = Comparison(
            before, after, scope=scope, containers=self._containers, places=self._places, shared=self._shared
        )
        update = Update(comparison, scope, self._marks)
        try:
            if before is after and isinstance(after, BaseControl):
                self._fill(scope, after)
            comparison.run(parent, path, before, after, frozen=frozen)
            self._finish(comparison, update)
        except BaseException:
            update.undo()
            raise
        self._marks.update(scope.taken - scope.visited)
        # Of what was compared for the sake of a list or the like, it is noted anew what was sent.
        update.resent.update(
            (number, self._mounted[number]) for number in scope.suspected & scope.visited if number in self._mounted
        )
        return update

    def _fill(self, scope: Scope, root: BaseControl) -> None:
        """Find out what is to be visited."""
        number = root._i
        if self._mounted.get(number) is not root or type(root._dirty) is not Watch:
            scope.compared.add(number)
        sent = sent_parts(root)
        if sent is None or not any(sent):  # there is nothing below it
            self._marks.discard(number)
            scope.taken.add(number)
            scope.compared.add(number)
            return
        scope.within = self._within(root)
        scope.take_marks()
        if scope.within is None:
            scope.suspect(self._containers.changed())
            scope.call(self._hooked)
        else:
            scope.suspect(self._containers.changed_of(scope.within))
            scope.call(self._hooked & scope.within)

    def _within(self, root: BaseControl) -> set[int] | None:
        """Return the numbers of all controls below one, if going through these is less than going through the rest."""
        most = len(self._marks) + len(self._containers) // 50
        found = {root._i}
        for _, child in descendants_of([root]):
            found.add(child._i)
            if len(found) > most:
                return None
        return found

    def _finish(self, comparison: Comparison, update: Update) -> None:
        added, removed = comparison.added, comparison.removed
        for key, thing in list(added.items()):
            self._prepare(thing, None, update.added, frozen=False, alone=key in removed)
        for key, thing in removed.items():
            update.removed += comparison._removed_controls(thing, key not in added)
        update.patch = comparison.message()
        comparison.teardown()

    def adopt(self, control: Any, parent: BaseControl) -> list[BaseControl]:
        """Prepare a control that was sent as part of another one, and return the controls to mount."""
        added: list[BaseControl] = []
        self._is_packed = True  # what is set from now on, by hooks too, is for the next update
        try:
            self._prepare(control, parent, added, frozen=False)
        finally:
            self._is_packed = False
        return added

    # -- what is new ---------------------------------------------------------------------------------

    def _prepare(self, thing: Any, parent: Any, added: list[BaseControl], *, frozen: bool, alone: bool = False) -> None:
        """Do what flet does with what is about to be shown, watch it, and collect its controls.

        Parameters
        ----------
        thing : object
            A control, or something with parts that may have controls.
        parent : BaseControl or None
            The control that has it; None if it knows that already.
        added : list
            Takes the controls.
        frozen : bool
            Whether a component has made it, so that nobody may change it.
        alone : bool
            Whether to leave out what is in it: it was only moved, or takes the place of another one.
        """
        if isinstance(thing, dict):
            for part in list(thing.values()):
                self._prepare(part, parent, added, frozen=frozen)
        elif isinstance(thing, list):
            for part in list(thing):
                self._prepare(part, parent, added, frozen=frozen)
        elif is_dataclass(thing):
            self._prepare_object(thing, parent, added, frozen=frozen, alone=alone)

    def _prepare_object(self, thing: Any, parent: Any, added: list[BaseControl], *, frozen: bool, alone: bool) -> None:
        kind = kind_of(type(thing))
        if parent is None:
            reference = getattr(thing, "_parent", None)
            parent = reference() if reference is not None else None
        if parent is thing:
            raise ObjectPatchException(f"Parent is the same as item: {thing}")
        if hasattr(thing, "_frozen"):
            frozen = thing._frozen
        elif frozen:
            thing._frozen = frozen
        if parent is not None:
            if kind.is_control and not frozen:
                self._shared.mounting(thing, parent)
            thing._parent = weakref.ref(parent)
        if kind.is_control:
            self._prepare_control(thing, kind, added, alone=alone)
        if not alone:
            owner = thing if kind.is_control else parent
            for part in _parts_of(thing, kind):
                self._prepare(part, owner, added, frozen=frozen)
        self._watch(thing, kind, thing if kind.is_control else parent_of(thing), frozen=frozen)

    def _prepare_control(self, control: Any, kind: Kind, added: list[BaseControl], *, alone: bool) -> None:
        if not alone:
            if kind.builds:
                control.build()
            if kind.has_hook or has_own_hook(control, kind):
                control._before_update_safe()
            elif kind.has_rules:
                validate(control, suppress_repeated_errors=True)
            object.__setattr__(control, "_initialized", True)
        added.append(control)

    def _watch(self, thing: Any, kind: Kind, owner: Any, *, frozen: bool) -> None:
        """From here on what is set in a control or value is noted; what was set before is sent with it as a whole."""
        if kind.tracked:
            if not frozen and not self._is_packed:
                dict.clear(thing._dirty)
            attribute = "_dirty"
        elif frozen:
            return
        else:
            note_plain_changes(thing)
            attribute = "__changes"
        if isinstance(owner, BaseControl):
            if kind.is_control:
                self._marks.fresh.add(owner._i)
            watch(thing, attribute, self._marks, owner._i, is_control=kind.is_control)
            if kind.is_control:
                watch_internals(thing, self._marks)

    # -- what is mounted -----------------------------------------------------------------------------

    def mount(self, controls: Iterable[BaseControl]) -> None:
        """Watch what nobody hears of in controls that have just been sent, or sent again in part, and are indexed."""
        for control in controls:
            sent = sent_parts(control)
            number = control._i
            self._marks.fresh.discard(number)
            if sent is None or hasattr(control, "_frozen"):
                self.unmount((number,))  # it may have taken the place, and the number, of one that was watched
                continue
            kind = kind_of(type(control))
            if kind.is_app_hook or has_own_hook(control, kind):
                self._hooked.add(number)
            if kind.structural or kind.inputs or any(sent):
                self._watch_parts(control, number, kind)
        self._shared.settle()

    def _watch_parts(self, control: Any, number: int, kind: Kind) -> None:
        values = list(values_of(control))
        fields = [field for thing in (control, *values) for field in _watched_fields(thing, kind_of(type(thing)))]
        self._containers.put(number, fields)
        inputs = [getattr(control, name) for name in kind.inputs]
        for value in [*values, *filter(is_dataclass, inputs)]:
            # Whoever else has it too, and was told of when it was prepared.
            if kind_of(type(value)).tracked:
                watch(value, "_dirty", self._marks, number, is_control=False)
            elif hasattr(value, "__changes"):
                watch(value, "__changes", self._marks, number, is_control=False)

    def survivors(self, numbers: Iterable[int]) -> set[int]:
        """Return those of some removed controls that are still in another place of the tree."""
        return self._shared.survivors(numbers)

    def unmount(self, numbers: Iterable[int]) -> None:
        """Forget controls."""
        for number in numbers:
            self._hooked.discard(number)
            self._containers.remove(number)
            self._places.forget(number)


def _can_be_sent(value: Any) -> bool:
    if has_parts(value):
        return True
    try:
        msgpack.packb(value, default=encode)
    except Exception:  # noqa: BLE001 - whatever the reason, it is no
        return False
    return True


def _parts_of(thing: Any, kind: Kind) -> list[Any]:
    """Return what a control or value has that may have controls in it, in the order of its fields."""
    if not kind.tracked:
        return [getattr(thing, name) for name in kind.order]
    names = [name for name, part in thing._values.copy().items() if type(part) not in PLAIN and has_parts(part)]
    names += kind.structural
    if kind.is_control and thing._internals:
        names.append("_internals")
    if len(names) > 1:
        order = kind.order
        names = sorted((name for name in names if name in order), key=order.__getitem__)
    return [getattr(thing, name, None) for name in names]


def _watched_fields(thing: Any, kind: Kind) -> Iterator[tuple[Any, str, Any]]:
    """Yield what was sent of those fields of a control or value that change without anybody's knowledge."""
    lists, dicts, classes = sent_parts(thing) or (NOTHING, NOTHING, NOTHING)
    for parts in (lists, dicts):
        for name, part in parts.items():
            if name != "_internals":
                yield thing, name, part
    for name in (*kind.structural, *kind.inputs):
        if name not in lists and name not in dicts:
            yield thing, name, classes[name] if name in classes else getattr(thing, name)
    if not kind.tracked:
        for name, value in classes.items():
            yield thing, name, value
