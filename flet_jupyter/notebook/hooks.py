"""What makes unmodified code show its app: ``ft.run`` and its relatives, and controls as results."""

from __future__ import annotations

import sys
from typing import Any

import flet as ft

from flet_jupyter.core import run_calls
from flet_jupyter.exceptions import UsageError
from flet_jupyter.notebook.show import show, start_and_show, start_and_show_async
from flet_jupyter.notebook.state import kernel_runtime

__all__ = ["install", "remove"]


def _show_control(control: Any) -> None:
    __tracebackhide__ = True  # IPython leaves out frames that say so
    try:
        show(control)
    except UsageError as error:
        # Raised here it would be followed by the control's long repr, the formatter's way out.
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201


def install(shell: Any) -> None:
    """Make ``ft.run(main)``, ``ft.run_async``, ``ft.app`` and bare controls show their app in `shell`'s cells."""
    run_calls.install(start_and_show, start_and_show_async)
    if shell is not None:
        shell.display_formatter.ipython_display_formatter.for_type(ft.Control, _show_control)
        shell.events.register("pre_run_cell", kernel_runtime().close_former)


def remove(shell: Any) -> None:
    """Undo :func:`install`."""
    run_calls.remove()
    if shell is not None:
        shell.display_formatter.ipython_display_formatter.pop(ft.Control, None)
        shell.events.unregister("pre_run_cell", kernel_runtime().close_former)
