"""What is to be known of an app from outside: its height, its title, where it is scrolled to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flet_jupyter.notebook.height import ContentHeight

if TYPE_CHECKING:
    from collections.abc import Callable

    from flet_jupyter.core.link import Link
    from flet_jupyter.core.packets import Event
    from flet_jupyter.core.session import LiveSession
    from flet_jupyter.notebook.scroll import ScrollMemory

__all__ = ["PageWatch"]


class PageWatch:
    """Watches the sessions of an app, and tells its pages.

    Parameters
    ----------
    tell : callable
        Sends a message to all pages.
    measures : bool
        Whether views are as high as their content.
    scroll : ScrollMemory, optional
        Remembers where the app is scrolled to.
    """

    def __init__(
        self, tell: Callable[[dict[str, Any]], None], *, measures: bool, scroll: ScrollMemory | None = None
    ) -> None:
        self.scroll = scroll
        self._tell = tell
        self._title = ""
        self._height = ContentHeight(self._tell_height) if measures else None
        self._observers = [observer for observer in (self._height, scroll) if observer is not None]

    @property
    def state(self) -> dict[str, Any]:
        """What a page that comes now is told."""
        return {"height": self._height.value if self._height else None, "title": self._title}

    def page_sent(self, session: LiveSession, link: Link) -> None:
        """Look at a session whose whole page a client has been sent."""
        for observer in self._observers:
            observer.page_sent(session, link)
        self._look_at_title(session)

    def tree_changed(self, session: LiveSession) -> None:
        """Look at a session that was diffed."""
        for observer in self._observers:
            observer.tree_changed(session)
        self._look_at_title(session)

    def saw_event(self, session: LiveSession, event: Event) -> bool:
        """Look at an event; return True if it was only for this."""
        return any(observer.saw_event(session, event) for observer in self._observers)

    def _look_at_title(self, session: LiveSession) -> None:
        title = str(session.page.title or "")
        if title != self._title:
            self._title = title
            self._tell({"op": "title", "title": title})

    def _tell_height(self, height: int | None) -> None:
        self._tell({"op": "height", "height": height})
