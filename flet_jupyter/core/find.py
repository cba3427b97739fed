"""Finding the app: in an object, in a cell, in a file."""

from __future__ import annotations

import ast
import contextlib
import contextvars
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flet as ft

from flet_jupyter.exceptions import AlreadyShown, AppFileError, NoAppFound, NotAnApp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["FoundApp", "app_in_file", "app_in_namespace", "as_app", "capturing", "is_shown", "offer"]


@dataclass(frozen=True, slots=True)
class FoundApp:
    """An app, ready to be started.

    Attributes
    ----------
    main : callable
        Called with the page.
    name : str
        What to call the app.
    before_main : callable or None
        Called before it.
    assets_dir : str or None
        The folder of its assets, as the app named it.
    options : mapping of str to Any
        What else it says in ``ft.run`` that a website heeds: ``upload_dir``, ``web_renderer``, ``route_url_strategy``.
    file : Path or None
        The file that it comes from, if it is known.
    """

    main: Callable[[ft.Page], Any]
    name: str
    before_main: Callable[[ft.Page], Any] | None = None
    assets_dir: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    file: Path | None = None


@dataclass(slots=True)
class _Capture:
    found: list[FoundApp] = field(default_factory=list)


_capture: contextvars.ContextVar[_Capture | None] = contextvars.ContextVar("flet_jupyter_capture", default=None)


@contextlib.contextmanager
def capturing() -> Iterator[list[FoundApp]]:
    """Collect what is passed to ``ft.run`` within, instead of showing it."""
    capture = _Capture()
    token = _capture.set(capture)
    try:
        yield capture.found
    finally:
        _capture.reset(token)


def offer(app: FoundApp) -> bool:
    """Hand an app to whoever captures here; return False if nobody does."""
    capture = _capture.get()
    if capture is None:
        return False
    capture.found.append(app)
    return True


def is_shown(control: ft.Control) -> bool:
    """Tell whether `control` is part of a page that is live."""
    try:
        session = control.page.session
    except RuntimeError:  # flet's word for: on no page, or on one whose session is gone
        return False
    return not getattr(session, "closed", False)


def as_app(thing: object) -> FoundApp:
    """Make an app of an app function or of a control.

    Raises
    ------
    NotAnApp
        It is neither.
    AlreadyShown
        It is a control that is on a page already; a control can be in one place only.
    """
    if isinstance(thing, ft.Page):
        raise NotAnApp("A page cannot be shown in another place. Pass the app's main function, or a control.")
    if isinstance(thing, ft.Control):
        if is_shown(thing):
            raise AlreadyShown(
                f"This {type(thing).__name__} is already shown in another place, and a control can be in one only. "
                "Close the app that shows it (%flet --list, %flet --close NAME), "
                "or use 'Create New View for Output' to see it twice."
            )
        return FoundApp(_page_of(thing), type(thing).__name__)
    if isinstance(thing, type) or not callable(thing):
        raise NotAnApp(
            f"{_describe(thing)} is not a Flet app. Pass a function that takes the page, such as "
            "'def main(page: ft.Page)', or a control."
        )
    return FoundApp(thing, str(getattr(thing, "__name__", type(thing).__name__)))


def _page_of(control: ft.Control) -> Callable[[ft.Page], None]:
    def main(page: ft.Page) -> None:
        page.add(control)

    return main


def _describe(thing: object) -> str:
    text = repr(thing)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(thing).__name__})"


def app_in_namespace(found: list[FoundApp], namespace: dict[str, Any], result: object, defined: set[str]) -> FoundApp:
    """Choose the app that a cell defines.

    What it passes to ``ft.run`` comes first, then a function ``main`` that the cell itself defines, then
    the value of its last expression.

    Raises
    ------
    NoAppFound
        There is none of these.
    """
    if found:
        return found[-1]
    if "main" in defined and callable(namespace.get("main")):
        return as_app(namespace["main"])
    if isinstance(result, ft.Control) or (callable(result) and not isinstance(result, type)):
        return as_app(result)
    raise NoAppFound(
        "This cell defines no Flet app: pass one to ft.run(), define a function 'main(page)', "
        "or end the cell with a control or a function."
    )


def _called(file: Path) -> str:
    """Return what people call a file: its path from where they are, if it is below."""
    with contextlib.suppress(ValueError):
        return str(file.relative_to(Path.cwd()))
    return str(file)


def app_in_file(path: str | Path, namespace: dict[str, Any] | None = None) -> FoundApp:
    """Run an app file as Python runs a script, and return the app it starts.

    Its folder comes first on ``sys.path``, so that its imports work, also those that handlers do later.

    Parameters
    ----------
    path : str or Path
        The file.
    namespace : dict, optional
        What to run it in; a new one if left out.

    Raises
    ------
    AppFileError
        The file does not exist, cannot be read, or is no valid Python.
    NoAppFound
        It neither calls ``ft.run`` nor defines ``main``.
    """
    file = Path(path).expanduser()
    called = _called(file)
    try:
        source = file.read_bytes()
    except FileNotFoundError:
        raise AppFileError(f"There is no file {called!r} (looked in {Path.cwd()}).", str(path)) from None
    except OSError as error:
        raise AppFileError(f"{called!r} cannot be read: {error.strerror}.", str(path)) from None
    file = file.resolve()
    try:
        code = compile(ast.parse(source, str(file)), str(file), "exec")
    except (SyntaxError, ValueError) as error:
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise AppFileError(f"{called}{where}: {getattr(error, 'msg', error)}.", str(path)) from None
    folder = str(file.parent)
    if folder in sys.path:
        sys.path.remove(folder)
    sys.path.insert(0, folder)
    namespace = {} if namespace is None else namespace
    namespace.update({"__name__": "__main__", "__file__": str(file), "__builtins__": __builtins__})
    with capturing() as found:
        try:
            exec(code, namespace)  # noqa: S102 - running it is what the user asked for
        except SystemExit:
            if not found:  # a script may well end with sys.exit() when its app has
                raise
    if found:
        app = found[-1]
    elif callable(namespace.get("main")):
        app = as_app(namespace["main"])
    else:
        raise NoAppFound(f"{called} neither calls ft.run() nor defines a function 'main(page)'.")
    assets = file.parent / (app.assets_dir or "assets")
    return replace(app, name=file.stem, assets_dir=str(assets) if assets.is_dir() else None, file=file)
