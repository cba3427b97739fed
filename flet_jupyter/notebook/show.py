"""Showing an app below the running cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.display import display

from flet_jupyter.core.find import FoundApp, as_app
from flet_jupyter.notebook.modes import panel_mode
from flet_jupyter.notebook.state import kernel_runtime

if TYPE_CHECKING:
    from flet_jupyter.notebook.app import CellApp

__all__ = ["show", "start_and_show", "start_and_show_async"]


def show(
    app: Any,
    *,
    height: int | None = None,
    width: int | None = None,
    name: str | None = None,
    panel: bool | str = False,
) -> CellApp:
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
    panel : bool or str, optional
        Where to show it instead, in front ends that can: in a panel at this side of the notebook, ``"split-right"``
        (what True means), ``"split-left"``, ``"split-top"``, ``"split-bottom"``, in a tab beside the notebook's,
        ``"tab-after"``, ``"tab-before"``, or in a tab of the browser, ``"browser-tab"``.

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
    return start_and_show(found, height=height, width=width, name=name, panel=panel)


def start_and_show(found: FoundApp, **options: Any) -> CellApp:
    """Show an app that was found, with the options of :func:`show`, and wait until it has started."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    app = _display(found, **options)
    app.wait_started()
    return app


async def start_and_show_async(found: FoundApp, **options: Any) -> CellApp:
    """Like :func:`start_and_show`; the kernel is free while it waits."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    app = _display(found, **options)
    await app.wait_started_async()
    return app


def _display(
    found: FoundApp,
    *,
    height: int | None = None,
    width: int | None = None,
    name: str | None = None,
    panel: bool | str = False,
) -> CellApp:
    runtime = kernel_runtime()
    app = runtime.start(
        found,
        name=name or found.name,
        height=height,
        width=width,
        panel=panel_mode(panel),
    )
    display(app.widget)
    return app
