"""Where an app's lists are scrolled to, so that its next version can be shown at the same place."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from flet.controls.scrollable_control import ScrollableControl

from flet_jupyter.core.flet_api import id_of
from flet_jupyter.core.outbox import Outgoing
from flet_jupyter.core.packets import encode_replacements, encode_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flet_jupyter.core.link import Link
    from flet_jupyter.core.packets import Event
    from flet_jupyter.core.session import LiveSession

__all__ = ["ScrollMemory"]

Place: TypeAlias = tuple[str | int, ...]
"""The way to a control from the view: names of properties, places in lists, and the type of the control at the end."""

_EVENT: Final = "scroll"
_INTERVAL: Final = 200
"""Milliseconds between two reports of one list."""
_MAX_CONTROLS: Final = 200
_ALWAYS: Final = ("ListView", "GridView")
"""What scrolls without being told to."""


class ScrollMemory:
    """Remembers positions by the places of the controls, which the next version of an app has anew.

    The client reports the scrolling of a control whose ``on_scroll`` is set. This sets it in the client alone, for what
    scrolls near the top of the page, and takes the events before the app sees them.

    Parameters
    ----------
    positions : dict
        Where a former version was scrolled to, in CSS pixels.
    """

    def __init__(self, positions: dict[Place, float] | None = None) -> None:
        self.positions: dict[Place, float] = {}
        self._former = dict(positions or {})
        self._watched: dict[int, tuple[Place, bool]] = {}

    def page_sent(self, session: LiveSession, link: Link) -> None:
        """Ask a client that has just got the whole page to report."""
        self._look(session)
        for number, (_, is_own) in self._watched.items():
            if is_own:
                _watch(link, number)

    def tree_changed(self, session: LiveSession) -> None:
        """Ask for controls that are new on the page."""
        former = self._watched
        self._look(session)
        for number, (_, is_own) in self._watched.items():
            if is_own and number not in former:
                for link in session.receivers:
                    _watch(link, number)

    def saw_event(self, session: LiveSession, event: Event) -> bool:  # noqa: ARG002 - as an observer
        """Take a position. Return True if the event was only for this."""
        if event.name != _EVENT or event.target not in self._watched:
            return False
        place, is_own = self._watched[event.target]
        pixels = event.data.get("pixels") if isinstance(event.data, dict) else None
        if isinstance(pixels, int | float):
            self.positions[place] = float(pixels)
        return is_own

    async def restore(self, session: LiveSession) -> None:
        """Scroll a new version to where the former one was, as far as it has the same controls there."""
        former, self._former = self._former, {}
        for place, control in list(_scrollables(session)):
            pixels = former.get(place)
            if pixels:
                # A client that leaves, or has no such control yet, ends the wait with an error.
                with contextlib.suppress(Exception):
                    await control.scroll_to(offset=pixels, duration=0)

    def _look(self, session: LiveSession) -> None:
        # What the app has put there since the last diff, no client knows yet.
        self._watched = {
            id_of(control): (place, control.on_scroll is None)
            for place, control in _scrollables(session)
            if id_of(control) in session.index
        }


def _watch(link: Link, control_id: int) -> None:
    values = {"on_" + _EVENT: True, "scroll_interval": _INTERVAL}
    on = [((name,), encode_value(value)) for name, value in values.items()]
    link.session.send_to(link, Outgoing(encode_replacements(control_id, on), control_id, on, is_patch=True))


def _scrollables(session: LiveSession) -> Iterator[tuple[Place, ScrollableControl]]:
    """Give what scrolls in the view that is on top, from the outside in; of a large page only the beginning."""
    views = session.page.views
    waiting: list[tuple[Place, Any]] = [((), views[-1])] if isinstance(views, list) and views else []
    for _ in range(_MAX_CONTROLS):
        if not waiting:
            return
        place, control = waiting.pop(0)
        kind = type(control).__name__
        if isinstance(control, ScrollableControl) and (control.scroll is not None or kind in _ALWAYS):
            yield (*place, kind), control
        controls, content = getattr(control, "controls", None), getattr(control, "content", None)
        if isinstance(controls, list):
            waiting += [((*place, "controls", index), child) for index, child in enumerate(controls[:_MAX_CONTROLS])]
        if content is not None and not isinstance(content, str):
            waiting.append(((*place, "content"), content))
