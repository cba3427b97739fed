"""Where an app can be shown: below its cell, in a panel beside the notebook, in a browser tab."""

from __future__ import annotations

from typing import Final

from flet.utils import is_pyodide

from flet_jupyter.exceptions import BadOption

__all__ = ["BROWSER_TAB", "PANEL_MODES", "panel_mode"]

PANEL_MODES: Final = ("split-right", "split-left", "split-top", "split-bottom", "tab-after", "tab-before")
"""Where a panel can be, seen from the notebook. The names are those of JupyterLab's ``shell.add``."""
BROWSER_TAB: Final = "browser-tab"
"""A tab of the browser, outside the front end."""


def panel_mode(panel: object) -> str:
    """Return the place that an option ``panel`` names; empty for the cell.

    Parameters
    ----------
    panel : bool, str or None
        True for the usual place, or its name.

    Raises
    ------
    BadOption
        There is no such place, here or anywhere.
    """
    if panel is True:
        return PANEL_MODES[0]
    if panel in (None, False, ""):
        return ""
    if panel == BROWSER_TAB and is_pyodide():
        raise BadOption("A browser tab needs a Jupyter server; here the app lives in this page. Show it in a panel.")
    if panel == BROWSER_TAB or panel in PANEL_MODES:
        return str(panel)
    raise BadOption(f"panel={panel!r}: give {', '.join(PANEL_MODES)} or {BROWSER_TAB}, or True for {PANEL_MODES[0]}.")
