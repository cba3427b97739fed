"""A control that blinks where somebody points at it: in one page's views, unknown to the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import flet as ft

from flet_jupyter.core.flet_api import id_of
from flet_jupyter.core.outbox import Outgoing
from flet_jupyter.core.packets import encode_replacements, encode_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flet_jupyter.core.link import Link
    from flet_jupyter.core.session import LiveSession

__all__ = ["Blinker", "cannot_blink"]

_PROPERTY: Final = "opacity"
_STEP: Final = 0.25
"""Seconds between two changes: two flashes in a second, of which three are the most that harm nobody."""
_STEPS: Final = 4
_FAINT: Final = 0.15
_WITHOUT: Final = (ft.Page, ft.View, ft.Window)
"""Controls with an opacity that nothing is drawn with."""


def cannot_blink(control: Any) -> str:
    """Return why a control cannot blink: ``no_opacity`` or ``hidden``; empty if it can."""
    if isinstance(control, _WITHOUT) or not isinstance(getattr(control, _PROPERTY, None), int | float):
        return "no_opacity"
    return "" if getattr(control, "visible", True) else "hidden"


class Blinker:
    """Makes one control at a time blink: changes its opacity in some clients alone, and puts it back.

    Parameters
    ----------
    call_later : callable
        Calls a function on the session loop after some seconds; from any thread.
    """

    def __init__(self, call_later: Callable[[float, Callable[[], None]], None]) -> None:
        self._call_later = call_later
        self._last: _Blink | None = None

    def start(self, session: LiveSession, links: Sequence[Link], control: Any) -> bool:
        """Let a control blink; one that still does stops. Return False if it cannot now; from any thread."""
        if cannot_blink(control) or _is_unsent(control) or not links:
            return False
        former, blink = self._last, _Blink(session, links, control)
        self._last = blink

        def step() -> None:
            if blink.step():
                self._call_later(_STEP, step)

        def begin() -> None:
            if former is not None:
                former.stop()
            step()

        self._call_later(0, begin)
        return True


class _Blink:
    """On the loop, but for its making."""

    def __init__(self, session: LiveSession, links: Sequence[Link], control: Any) -> None:
        self._session = session
        self._links = links
        self._number = id_of(control)
        self._known = getattr(control, _PROPERTY)
        self._left = _STEPS

    def step(self) -> bool:
        """Make the control faint, or put it back; return whether there is more to do."""
        if self._left == 0:
            return False
        self._left -= 1
        value = self._own()
        self._send(value if self._left % 2 == 0 else _FAINT if value > 2 * _FAINT else 1.0)
        return self._left > 0

    def stop(self) -> None:
        """Put the control back at once."""
        if self._left:
            self._left = 0
            self._send(self._own())

    def _own(self) -> Any:
        """Return what the clients would know but for this: the app may have changed it meanwhile."""
        control = self._session.index.get(self._number)
        value = getattr(control, _PROPERTY, None)
        if isinstance(value, int | float) and not _is_unsent(control):
            self._known = value
        return self._known

    def _send(self, value: float) -> None:
        session = self._session
        if session.closed or self._number not in session.index:
            return
        change = [((_PROPERTY,), encode_value(value))]
        packet = Outgoing(encode_replacements(self._number, change), self._number, change, is_patch=True)
        for link in self._links:
            if link in session.links:
                session.send_to(link, packet)


def _is_unsent(control: Any) -> bool:
    """Tell whether the app has set another opacity that no update has sent yet; flet notes what is set."""
    return _PROPERTY in getattr(control, "_dirty", ())
