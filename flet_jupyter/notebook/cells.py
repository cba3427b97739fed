"""Which cell is running now, and which run of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flet.utils import is_pyodide

from flet_jupyter.exceptions import Shown

__all__ = ["Cell", "current_cell", "shown"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell and one execution of it.

    Attributes
    ----------
    id : str
        The cell's id in its notebook; empty where the front end does not tell (a console).
    execution : str
        The id of the request that runs it.
    number : int
        The number in brackets beside the cell; 0 outside IPython.
    """

    id: str = ""
    execution: str = ""
    number: int = 0


def shown(shell: Any, message: str = "") -> Shown:
    """Return what to raise when ``shell.run_cell`` has failed, in code that a cell runs: it has shown the traceback."""
    # Pyodide's kernel shows nothing before the cell has ended, and then the last traceback alone.
    last = getattr(shell, "_last_traceback", None)
    return Shown(message, last["traceback"] if isinstance(last, dict) else [])


def current_cell(shell: Any) -> Cell:
    """Return the cell that IPython's `shell` is running."""
    kernel = getattr(shell, "kernel", None)
    # Not execution_count: since IPython 9 that is the next cell's number already while a cell runs.
    number = int(getattr(getattr(shell, "displayhook", None), "prompt_count", 0))
    if kernel is None:
        return Cell(number=number)
    parent = (kernel.get_parent() if is_pyodide() else kernel.get_parent("shell")) or {}
    # JupyterLab, Notebook and VS Code put the id there; nbclient does since 0.6.
    cell_id = (parent.get("metadata") or {}).get("cellId") or ""
    execution = (parent.get("header") or {}).get("msg_id") or ""
    return Cell(str(cell_id), str(execution), number)
