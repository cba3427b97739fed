"""Serving anew when sources change: the process starts again, and the pages connect to it."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

import flet as ft

from flet_jupyter.core.find import FoundApp
from flet_jupyter.core.sources import every_file
from flet_jupyter.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Reloader"]

log = logging.getLogger(__name__)

_PORT: Final = "_FLET_JUPYTER_PORT"
_LOOK_EVERY: Final = 0.3
"""Seconds between two looks at the sources."""


class Reloader:
    """Tells when sources have changed, and starts the process again.

    A new process has no stale modules. The clients connect again by themselves, find their session gone and get a
    new one at the route where they are. Source that does not run is shown as the app, until it does.

    Parameters
    ----------
    active : bool
        False: nothing ever changes.

    Attributes
    ----------
    former_port : int
        The port on which the process listened before it was started again; 0 for the first time.
    """

    def __init__(self, active: bool) -> None:
        self._active = active
        self._apps: list[FoundApp] = []
        self._failed: list[Path] = []
        self._changed_at: dict[Path, float] = {}
        self._folder = Path.cwd()
        # Taken out: another server that the app starts is another matter.
        text = os.environ.pop(_PORT, "")
        self.former_port = int(text) if text.isdigit() else 0

    def load(self, load: Callable[[], FoundApp], place: str) -> FoundApp:
        """Load an app, or one that shows why it cannot be loaded."""
        try:
            found = load()
        except UsageError as error:
            # A file that is not there is being written just now, if it was there before.
            if not self._active or not (Path(place).is_file() or self.former_port):
                raise
            log.error("%s", error)  # noqa: TRY400 - the sentence says it all
            # The fault may be in another file, which cannot be imported, and is in no list of modules.
            file = Path(place).resolve()
            self._failed += [file, *file.parent.glob("*.py")]
            cause = error.__cause__
            text = "".join(traceback.format_exception(cause)) if cause is not None else ""
            found = FoundApp(_failure(str(error), text), Path(place).name)
        self._apps.append(found)
        self._look()
        return found

    async def change(self) -> None:
        """Wait until a source has changed; for ever, if nobody asked for that."""
        # Looking is enough for some dozens of files, and works in every file system.
        while not self._active or not self._look():  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_EVERY if self._active else 3600)

    def start_again(self, port: int) -> None:
        """Replace this process by a new one with the same command line; does not return."""
        log.info("sources have changed")
        os.environ[_PORT] = str(port)
        os.chdir(self._folder)  # the command line may name files by it, and the app may have left it
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - it is what is running

    def _look(self) -> bool:
        """Tell whether a known source has changed; take note of new ones."""
        changed = False
        for file in {*self._failed, *(file for app in self._apps if app.file for file in every_file(app.file))}:
            try:
                at = file.stat().st_mtime
            except OSError:
                at = 0.0  # it is being replaced, or has gone
            changed |= self._changed_at.setdefault(file, at) != at
        return changed


def _failure(message: str, details: str) -> Callable[[ft.Page], None]:
    def main(page: ft.Page) -> None:
        page.title = "Error"
        page.scroll = ft.ScrollMode.AUTO
        page.add(
            # The labels are for screen readers, for which Flutter has nothing in a text that can be selected.
            ft.Text(message, size=18, color=ft.Colors.ERROR, selectable=True, semantics_label=message),
            ft.Text(details, font_family="monospace", selectable=True, semantics_label=details, visible=bool(details)),
            ft.Text("The app starts as soon as its source is mended."),
        )

    return main
