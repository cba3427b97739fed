"""Showing an app below the running cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.display import display

from flet_jupyter.core.find import FoundApp, as_app
from flet_jupyter.notebook.state import kernel_runtime

if TYPE_CHECKING:
    from flet_jupyter.notebook.app import CellApp

__all__ = ["show", "start_and_show", "start_and_show_async"]


def show(app: Any, *, height: int | None = None, width: int | None = None, name: str | None = None) -> CellApp:
    """Show a Flet app below the cell that calls this.

    Parameters
    ----------
    app : callable or flet.Control
        The app's ``main(page)`` (sync, async, a generator or an async generator), or a control, which is shown
        as it is and stays connected: change it and call its ``update()`` from any cell.
    height, width : int, optional
        CSS pixels. Without a height the view is as high as its content, within bounds; without a
        width as wide as the output.
    name : str, optional
        What ``%flet --list`` calls it; the function's name by default.

    Returns
    -------
    CellApp
        The handle: ``page``, ``state``, ``close()``, ``reload()``.

    Raises
    ------
    UsageError
        `app` is no app, is a control that is shown elsewhere, or an option is impossible.
    Exception
        Whatever ``main`` raises while the cell waits for it, one second at most.
    """
    __tracebackhide__ = True  # IPython leaves out frames that say so
    found = as_app(app)
    return start_and_show(found, height=height, width=width, name=name)


def start_and_show(
    found: FoundApp, *, height: int | None = None, width: int | None = None, name: str | None = None
) -> CellApp:
    """Show an app that was found, and wait until it has started."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    app = _display(found, height, width, name)
    app.wait_started()
    return app


async def start_and_show_async(
    found: FoundApp, *, height: int | None = None, width: int | None = None, name: str | None = None
) -> CellApp:
    """Like :func:`start_and_show`; the kernel is free while it waits."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    app = _display(found, height, width, name)
    await app.wait_started_async()
    return app


def _folder(assets_dir: str | None) -> Path | None:
    """Return the assets folder, if it is there; like Flet, take a relative one from the current folder."""
    folder = Path(assets_dir or "assets").absolute()
    return folder if folder.is_dir() else None


def _display(found: FoundApp, height: int | None, width: int | None, name: str | None) -> CellApp:
    runtime = kernel_runtime()
    app = runtime.start(
        found,
        name=name or found.name,
        assets_dir=_folder(found.assets_dir),
        height=height,
        width=width,
    )
    display(app.widget)
    return app
