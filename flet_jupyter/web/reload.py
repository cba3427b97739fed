"""Serving anew when sources change: the process starts again, and the pages connect to it."""

from __future__ import annotations

import logging
import os
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

import flet as ft
from tornado import autoreload

from flet_jupyter.core.find import FoundApp
from flet_jupyter.exceptions import UsageError
from flet_jupyter.site.loading import every_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from flet_jupyter.site.website import Website

__all__ = ["Reloader"]

log = logging.getLogger(__name__)

_PORT: Final = "_FLET_JUPYTER_PORT"
_LOOK_EVERY: Final = 300
"""Milliseconds between two looks at the sources."""


class Reloader:
    """Starts the process again when sources change.

    A new process has no stale modules. The clients connect again by themselves, find their session gone and get a
    new one at the route where they are. Source that does not run is shown as the app, until it does.

    Parameters
    ----------
    active : bool
        False: do nothing.
    """

    def __init__(self, active: bool) -> None:
        self._active = active
        self._failed: list[str] = []

    @staticmethod
    def former_port() -> int:
        """Return the port on which the process listened before it was started again; 0 for the first time."""
        text = os.environ.get(_PORT, "")
        return int(text) if text.isdigit() else 0

    def load(self, load: Callable[[], FoundApp], place: str) -> FoundApp:
        """Load an app, or one that shows why it cannot be loaded."""
        try:
            return load()
        except UsageError as error:
            if not self._active or not Path(place).is_file():
                raise
            log.error("%s", error)  # noqa: TRY400 - the sentence says it all
            self._failed.append(place)
            cause = error.__cause__
            text = "".join(traceback.format_exception(cause)) if cause is not None else ""
            return FoundApp(_failure(str(error), text), Path(place).name)

    def watch(self, port: int, website: Website) -> None:
        """Begin to watch; on the loop."""
        if not self._active:
            return
        os.environ[_PORT] = str(port)
        for app in website.apps.values():
            for file in every_file(app.found):
                autoreload.watch(str(file))
        for place in self._failed:
            autoreload.watch(str(Path(place).resolve()))
        autoreload.start(check_time=_LOOK_EVERY)


def _failure(message: str, details: str) -> Callable[[ft.Page], None]:
    def main(page: ft.Page) -> None:
        page.title = "Error"
        page.scroll = ft.ScrollMode.AUTO
        page.add(
            ft.Text(message, size=18, color=ft.Colors.ERROR, selectable=True),
            ft.Text(details, font_family="monospace", selectable=True),
            ft.Text("The app starts as soon as its source is mended."),
        )

    return main
