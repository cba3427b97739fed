"""What makes unmodified code show its app: ``ft.run`` and its relatives, and controls as results."""

from __future__ import annotations

import functools
import sys
import types
import warnings
from typing import TYPE_CHECKING, Any

import flet as ft
import flet.app

from flet_jupyter.exceptions import UsageError
from flet_jupyter.notebook.find import FoundApp, as_app, offer
from flet_jupyter.notebook.show import show, start_and_show, start_and_show_async
from flet_jupyter.notebook.state import kernel_runtime

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["install", "remove"]

_MODULE = sys.modules["flet.app"]


def _found(main: Any, before_main: Any = None, name: str = "", assets_dir: str | None = None) -> FoundApp:
    app = as_app(main)
    return FoundApp(app.main, name or app.name, before_main, assets_dir)


@functools.wraps(_MODULE.run)
def _run(
    main: Any = None, before_main: Any = None, name: str = "", *_: Any, target: Any = None, **options: Any
) -> None:
    __tracebackhide__ = True  # IPython leaves out frames that say so
    found = _found(main if main is not None else target, before_main, name, options.get("assets_dir"))
    if not offer(found):
        start_and_show(found)


@functools.wraps(_MODULE.run_async)
async def _run_async(
    main: Any = None, before_main: Any = None, name: str = "", *_: Any, target: Any = None, **options: Any
) -> None:
    __tracebackhide__ = True  # IPython leaves out frames that say so
    found = _found(main if main is not None else target, before_main, name, options.get("assets_dir"))
    if not offer(found):
        await start_and_show_async(found)


class _CallableModule(types.ModuleType):
    """``flet.app``, called as the function that it was before Flet 0.80."""

    def __call__(self, target: Any = None, *args: Any, main: Any = None, **options: Any) -> None:
        __tracebackhide__ = True  # IPython leaves out frames that say so
        warnings.warn("ft.app() is deprecated in Flet; use ft.run().", DeprecationWarning, stacklevel=2)
        _run(target if target is not None else main, *args, **options)


def _show_control(control: Any) -> None:
    __tracebackhide__ = True  # IPython leaves out frames that say so
    try:
        show(control)
    except UsageError as error:
        # Raised here it would be followed by the control's long repr, the formatter's way out.
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201


class _Installed:
    """What was there before, to be put back."""

    def __init__(self) -> None:
        self.originals: dict[str, Callable[..., Any]] = {}


_installed = _Installed()


def install(shell: Any) -> None:
    """Make ``ft.run(main)``, ``ft.run_async``, ``ft.app`` and bare controls show their app in `shell`'s cells."""
    if not _installed.originals:
        _installed.originals = {"run": _MODULE.run, "run_async": _MODULE.run_async}
        for module in (_MODULE, ft):
            module.run = _run  # type: ignore[attr-defined]
            module.run_async = _run_async  # type: ignore[attr-defined]
        _MODULE.__class__ = _CallableModule
        ft.app = _MODULE
    if shell is not None:
        shell.display_formatter.ipython_display_formatter.for_type(ft.Control, _show_control)
        shell.events.register("pre_run_cell", kernel_runtime().close_former)


def remove(shell: Any) -> None:
    """Undo :func:`install`."""
    for name, original in _installed.originals.items():
        for module in (_MODULE, ft):
            setattr(module, name, original)
    if _installed.originals:
        _MODULE.__class__ = types.ModuleType
        _installed.originals = {}
    if shell is not None:
        shell.display_formatter.ipython_display_formatter.pop(ft.Control, None)
        shell.events.unregister("pre_run_cell", kernel_runtime().close_former)
