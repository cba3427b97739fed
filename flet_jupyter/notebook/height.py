"""How high a view has to be: measured by the client, for views whose height nobody set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.flet_api import id_of
from flet_jupyter.core.outbox import Outgoing
from flet_jupyter.core.packets import encode_replacements, encode_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from flet_jupyter.core.link import Link
    from flet_jupyter.core.packets import Event
    from flet_jupyter.core.session import LiveSession

__all__ = ["ContentHeight"]

_LEAST: Final = 48
_MOST: Final = 640
_MAX_CONTROLS: Final = 50
_EVENT: Final = "size_change"


class ContentHeight:
    """Adds up the heights of a page's top-level controls.

    The client measures a control whose ``on_size_change`` is set. This sets it in the client alone, for
    the few controls directly on the page, and takes the events before the app sees them. A page that
    fills its space (``expand``, an app bar, many controls) has no height of its own.

    Parameters
    ----------
    tell : callable
        Called with the new height in CSS pixels, or None when the page has none of its own.
    """

    def __init__(self, tell: Callable[[int | None], None]) -> None:
        self.value: int | None = None
        self._tell = tell
        self._watched: tuple[int, ...] = ()
        self._heights: dict[int, float] = {}

    def page_sent(self, session: LiveSession, link: Link) -> None:
        """Ask a client that has just got the whole page to measure."""
        self._watched = tuple(id_of(control) for control in _measurable(session))
        for number in self._watched:
            _watch(link, number)

    def tree_changed(self, session: LiveSession) -> None:
        """Ask for controls that are new on the page."""
        controls = _measurable(session)
        ids = tuple(id_of(control) for control in controls)
        if ids == self._watched:
            return
        fresh = set(ids) - set(self._watched)
        self._watched = ids
        for link in session.receivers:
            for number in ids:
                if number in fresh:
                    _watch(link, number)
        self._heights = {number: self._heights[number] for number in ids if number in self._heights}
        self._add_up(session)

    def saw_event(self, session: LiveSession, event: Event) -> bool:
        """Take a measurement. Return True if the event was only for this."""
        if event.name != _EVENT or event.target not in self._watched:
            return False
        data = event.data if isinstance(event.data, dict) else {}
        height = data.get("h")  # the client's short name for it
        if isinstance(height, int | float):
            self._heights[event.target] = float(height)
            self._add_up(session)
        control = session.index.get(event.target)
        return control is None or getattr(control, "on_size_change", None) is None

    def _add_up(self, session: LiveSession) -> None:
        if not self._watched or any(number not in self._heights for number in self._watched):
            value = None if not self._watched else self.value
        else:
            view = session.page.views[-1]
            gaps = _number(view.spacing, 10) * (len(self._watched) - 1)
            content = sum(self._heights.values()) + gaps + _vertical_padding(view.padding)
            value = round(min(_MOST, max(_LEAST, content)))
        if value != self.value:
            self.value = value
            self._tell(value)


def _watch(link: Link, control_id: int) -> None:
    on = [(("on_" + _EVENT,), encode_value(True))]
    link.session.send_to(link, Outgoing(encode_replacements(control_id, on), control_id, on, is_patch=True))


def _measurable(session: LiveSession) -> list[Any]:
    """Return the controls whose heights add up to the page's, or none if it fills its space."""
    views = session.page.views
    view = views[-1] if isinstance(views, list) and views else None
    controls = getattr(view, "controls", None)
    if not isinstance(controls, list) or not 0 < len(controls) <= _MAX_CONTROLS:
        return []
    bars = ("appbar", "bottom_appbar", "navigation_bar", "floating_action_button", "drawer", "end_drawer")
    if any(getattr(view, bar, None) is not None for bar in bars):
        return []
    visible = [control for control in controls if getattr(control, "visible", True)]
    if any(getattr(control, "expand", None) or not hasattr(control, "on_size_change") for control in visible):
        return []
    # What the app has put there since the last diff, no client knows yet.
    return [control for control in visible if id_of(control) in session.index]


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default


def _vertical_padding(padding: Any) -> float:
    if isinstance(padding, int | float):
        return 2.0 * padding
    return _number(getattr(padding, "top", None), 10) + _number(getattr(padding, "bottom", None), 10)
