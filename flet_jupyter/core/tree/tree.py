"""The tree of controls of one session: kept in step with its clients, control by control mounted and unmounted."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.flet_api import (
    Message,
    MessageAction,
    PatchControlBody,
    id_of,
    note_body,
    sent_parts,
    set_sent_parts,
)
from flet_jupyter.core.packets import encode_message
from flet_jupyter.core.tree.choice import new_differ
from flet_jupyter.core.tree.parts import has_parts
from flet_jupyter.core.tree.walk import children_of, descendants_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from flet_jupyter.core.flet_api import BaseControl
    from flet_jupyter.core.settings import Differ
    from flet_jupyter.core.tree.differ import Update
    from flet_jupyter.core.tree.flets import FletUpdate

__all__ = ["ControlTree"]


_PATIENCE: Final = 0.05
"""Seconds for which the event loop waits for an update that is under way."""


class ControlTree:
    """The controls of one session.

    Parameters
    ----------
    index : mutable mapping
        Takes the mounted controls, by their numbers.
    differ : str
        How it is found out what an update has to send: see :class:`~flet_jupyter.core.settings.AppSettings`.

    Attributes
    ----------
    lock : threading.RLock
        Held while the tree is compared or packed: long, for a large page, and while code of the app runs
        (``before_update``).
    encode : callable
        Turns controls into what msgpack knows, and notes what was sent of them.
    encode_sent : callable
        The same for controls as clients know them, without noting anything.
    """

    def __init__(self, index: MutableMapping[int, BaseControl], differ: Differ) -> None:
        self.lock = threading.RLock()
        self._index = index
        self._differ = new_differ(index, differ)
        self.encode = self._differ.encode
        self.encode_sent = self._differ.encode_sent
        self._mounting: dict[int, BaseControl] = {}  # indexed, and about to be mounted by the thread that added them

    def mark(self, number: int) -> None:
        """Note that a client has set something in a control that the app may change too."""
        self._differ.mark(number)

    def set_lists(self, number: int, properties: Mapping[str, Any], set_them: Callable[[], None]) -> None:
        """Set properties as a client has them, with lists among them: those all clients know then.

        Flet compares with what it sent last, and so tells the client to insert or remove what that has done itself.
        That is so here, too, for what is set while a long update is under way: the event loop is not to wait for it.

        Parameters
        ----------
        number : int
            The control's.
        properties : mapping
            As the client has them.
        set_them : callable
            Sets them in the control, and tells the other clients.
        """
        is_free = self.lock.acquire(timeout=_PATIENCE)
        try:
            set_them()
            if is_free:
                self._note_lists(number, properties)
        finally:
            if is_free:
                self.lock.release()

    def _note_lists(self, number: int, properties: Mapping[str, Any]) -> None:
        control = self._index.get(number)
        sent = sent_parts(control)
        if control is None or sent is None:
            return
        lists = dict(sent[0])
        for name, value in properties.items():
            if not isinstance(value, list) or name in sent[1] or name in sent[2]:
                continue
            # What has parts of its own, or what flet has made something else of, is left to the next update.
            if not any(map(has_parts, [*value, *lists.get(name, ())])) and getattr(control, name, None) == value:
                lists[name] = list(value)
        set_sent_parts(control, lists, *sent[1:])
        self._differ.mount([control])

    def first(self, page: BaseControl) -> None:
        """Set the baseline that updates compare with: the first client gets the page as it is then."""
        added = self._differ.first(page)
        for control in added:
            self._index[id_of(control)] = control
            control.did_mount()
        encode_message(Message(MessageAction.REGISTER_CLIENT, page), self.encode)
        self._differ.mount(added)

    def update(
        self,
        before: Any,
        after: Any,
        parent: Any,
        path: list[Any],
        *,
        frozen: bool,
        send: Callable[[Message], None],
        settle: Callable[[], None],
    ) -> None:
        """Compare, send what changed, and mount and unmount; safe from any thread.

        Parameters
        ----------
        before, after, parent, path, frozen
            As flet's ``Session.patch_control`` has them.
        send : callable
            Takes the message, if there is anything to send.
        settle : callable
            Called when everything is as it was sent, before the app hears of it.
        """
        with self.lock:
            update = self._differ.compare(before, after, parent, path, frozen=frozen)
            if len(update.patch) > 1:
                target = after if parent is None else parent
                try:
                    send(Message(MessageAction.PATCH_CONTROL, PatchControlBody(id_of(target), update.patch)))
                except BaseException:
                    update.undo_unsent()
                    raise
            added, unmounts = self._commit(update)
            if parent is not None and isinstance(after, dict):
                note_body(parent, after)
            settle()
        # Without the lock: this is code of the app, and may wait for a thread that needs it.
        try:
            for gone in unmounts:
                gone.will_unmount()
            for new in added:
                if self._mounting.pop(id_of(new), None) is new:
                    new.did_mount()
        finally:
            for new in added:
                self._mounting.pop(id_of(new), None)

    def _commit(self, update: Update | FletUpdate) -> tuple[list[BaseControl], list[BaseControl]]:
        """Take over what was sent; return what was added, and what is to be unmounted."""
        if not (update.added or update.removed or update.resent):
            return [], []
        added = update.added + self._stragglers(update)
        unmounts = self._reindex(added, update.removed)
        self._differ.mount([*added, *update.resent.values()])
        return added, unmounts

    def _stragglers(self, update: Update | FletUpdate) -> list[BaseControl]:
        """Return controls that were sent along with added ones, and that nobody has prepared.

        Another thread has put them there at that moment; or they are new in something that was moved, in which flet
        does not look for any.
        """
        added = {id_of(control): control for control in update.added}
        removed = {id_of(control) for control in update.removed}
        prepared = set(added)
        found: list[BaseControl] = []

        def adopt(child: BaseControl, parent: BaseControl) -> None:
            adopted = self._differ.adopt(child, parent)
            prepared.update(map(id_of, adopted))
            found.extend(adopted)

        for parent in update.added:
            for child in children_of(parent):
                if id_of(child) not in prepared and id_of(child) not in self._index:
                    adopt(child, parent)
        for parent, child in descendants_of(added[number] for number in added.keys() & removed):
            number = id_of(child)
            if number not in prepared and (number not in self._index or child.parent is not parent):
                adopt(child, parent)
        return found

    def _reindex(self, added: list[BaseControl], removed: list[BaseControl]) -> list[BaseControl]:
        """Index what was added, forget what was removed; return those of them that are to be unmounted.

        A control that was only moved is neither mounted nor unmounted. One that goes before the thread that added it
        has mounted it is not mounted any more.
        """
        gone = {id_of(control): control for control in removed}
        new = {id_of(control): control for control in added}
        # What is in a control that was moved is unmounted by flet; it is on the page all the same.
        moved = {id_of(child) for _, child in descendants_of(new[number] for number in gone.keys() & new.keys())}
        lost = gone.keys() - new.keys() - moved
        lost -= self._differ.survivors(lost)
        for number in lost:
            self._index.pop(number, None)
        self._differ.unmount(lost)
        self._index.update(new)
        unmounts = [
            control
            for number, control in gone.items()
            if number not in new and self._mounting.pop(number, None) is None
        ]
        self._mounting.update((number, control) for number, control in new.items() if number not in gone)
        return unmounts
