"""``ft.run(main)`` and its relatives, handed to whoever shows apps here."""

from __future__ import annotations

import functools
import sys
import types
import warnings
from typing import TYPE_CHECKING, Any, Final

import flet as ft
import flet.app

from flet_jupyter.core.find import FoundApp, as_app, offer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["install", "remove"]

_MODULE = sys.modules["flet.app"]


class _Installed:
    """What was there before, to be put back, and what shows apps meanwhile."""

    def __init__(self) -> None:
        self.originals: dict[str, Callable[..., Any]] = {}
        self.show: Callable[[FoundApp], object]
        self.show_async: Callable[[FoundApp], Awaitable[object]]


_installed = _Installed()


def install(show: Callable[[FoundApp], object], show_async: Callable[[FoundApp], Awaitable[object]]) -> None:
    """Have ``ft.run``, ``ft.run_async`` and ``ft.app`` call `show` or `show_async`.

    Within :func:`~flet_jupyter.core.find.capturing` they call neither: the app is then collected there.
    """
    _installed.show, _installed.show_async = show, show_async
    if not _installed.originals:
        _installed.originals = {"run": _MODULE.run, "run_async": _MODULE.run_async}
        for module in (_MODULE, ft):
            module.run = _run  # type: ignore[attr-defined]
            module.run_async = _run_async  # type: ignore[attr-defined]
        _MODULE.__class__ = _CallableModule
        ft.app = _MODULE


def remove() -> None:
    """Undo :func:`install`."""
    for name, original in _installed.originals.items():
        for module in (_MODULE, ft):
            setattr(module, name, original)
    if _installed.originals:
        _MODULE.__class__ = types.ModuleType
        _installed.originals = {}


_HEEDED: Final = ("upload_dir", "web_renderer", "route_url_strategy")


def _found(main: Any, before_main: Any, name: str, options: dict[str, Any]) -> FoundApp:
    app = as_app(main)
    heeded = {key: options[key] for key in _HEEDED if options.get(key) is not None}
    return FoundApp(app.main, name or app.name, before_main, options.get("assets_dir"), heeded)


@functools.wraps(_MODULE.run)
def _run(
    main: Any = None, before_main: Any = None, name: str = "", *_: Any, target: Any = None, **options: Any
) -> None:
    __tracebackhide__ = True  # IPython leaves out frames that say so
    found = _found(main if main is not None else target, before_main, name, options)
    if not offer(found):
        _installed.show(found)


@functools.wraps(_MODULE.run_async)
async def _run_async(
    main: Any = None, before_main: Any = None, name: str = "", *_: Any, target: Any = None, **options: Any
) -> None:
    __tracebackhide__ = True  # IPython leaves out frames that say so
    found = _found(main if main is not None else target, before_main, name, options)
    if not offer(found):
        await _installed.show_async(found)


class _CallableModule(types.ModuleType):
    """``flet.app``, called as the function that it was before Flet 0.80."""

    def __call__(self, target: Any = None, *args: Any, main: Any = None, **options: Any) -> None:
        __tracebackhide__ = True  # IPython leaves out frames that say so
        warnings.warn("ft.app() is deprecated in Flet; use ft.run().", DeprecationWarning, stacklevel=2)
        _run(target if target is not None else main, *args, **options)
