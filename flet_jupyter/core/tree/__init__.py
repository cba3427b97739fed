"""The control tree of a session: what changed in it, and what of it travels.

Flet finds out what an update is about by visiting, validating and comparing every control of the page. Here a page's
controls announce what is set on them, lists and dictionaries are compared with what was sent of them at C's speed, and
only what has changed is visited. The result is the same: see ``tests/core/test_equivalence.py``.

:mod:`~.tree`
    What the session sees of it: sends, mounts and unmounts.
:mod:`~.kinds`
    What is known of a class of controls or values.
:mod:`~.watch`
    How a control tells that it was changed.
:mod:`~.containers`
    How a list or dictionary is found to have changed, which tells nobody.
:mod:`~.scope`
    Which controls an update has to visit, and how to get there.
:mod:`~.places`, :mod:`~.shared`, :mod:`~.walk`
    Where in a control its children are, which of them are elsewhere too, and all that are in it.
:mod:`~.lists`
    How one list of controls becomes another.
:mod:`~.operations`
    How values become others, and the operations that a client needs for it.
:mod:`~.compare`
    One update: visits what has changed and compares it.
:mod:`~.packing`
    How controls are packed, and what is remembered of them.
:mod:`~.differ`
    All of that, for one session.
:mod:`~.flets`
    Flet's own way, for a flet that is not as expected.
:mod:`~.choice`, :mod:`~.probe`
    Which of the two: whether the first fits the installed flet is tried once.
"""

from __future__ import annotations

from flet_jupyter.core.tree.tree import ControlTree

__all__ = ["ControlTree"]
