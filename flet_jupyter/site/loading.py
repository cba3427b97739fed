"""From what a user names to apps: files, modules, folders, each with the place where it is mounted."""

from __future__ import annotations

import ast
import contextlib
import importlib
import re
import sys
import types
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from flet_jupyter.core import run_calls
from flet_jupyter.core.find import FoundApp, app_in_file, as_app, capturing
from flet_jupyter.exceptions import AppFileError, NoAppFound, UsageError

__all__ = ["Source", "load", "sources"]

_MOUNTED: Final = re.compile(r"(/[^=]*)=(.+)")
_MODULE: Final = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Source:
    """Where one app comes from.

    Attributes
    ----------
    mount : str
        Its path on the server.
    place : str
        A file, or ``module:function``.
    """

    mount: str
    place: str


def sources(arguments: list[str]) -> list[Source]:
    """Read what a command line names: ``app.py``, ``package.module:main``, a folder, each perhaps after ``/mount=``.

    One app alone is mounted at ``/``, several at the names of their files; those of a folder always are.

    Raises
    ------
    UsageError
        Nothing is named, or something that does not exist; a folder has no apps.
    """
    if not arguments:
        raise UsageError("Name an app to serve: a file, module:function, or a folder of apps.")
    found: list[Source] = []
    for argument in arguments:
        match = None if Path(argument).exists() else _MOUNTED.fullmatch(argument)
        mount, place = match.groups() if match else (None, argument)
        folder = Path(place).expanduser()
        if folder.is_dir():
            found += [Source(_below(mount or "/", file.stem), str(file)) for file in _apps_in(folder, place)]
        else:
            alone = "/" if len(arguments) == 1 else f"/{_stem(place)}"
            found.append(Source(quote(mount or alone), place))
    return found


def load(source: Source) -> FoundApp:
    """Run an app's file, or import its module, and return what it gives to ``ft.run`` or defines as ``main``.

    Raises
    ------
    AppFileError
        The file or module is missing, or raises an error.
    NoAppFound
        There is no app in it.
    """
    run_calls.install(_refuse, _refuse)
    match = None if Path(source.place).expanduser().exists() else _MODULE.fullmatch(source.place)
    try:
        app = _app_in_module(*match.groups()) if match else _app_in_script(source.place)
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        raise AppFileError(f"{source.place} failed: {type(error).__name__}: {error}", source.place) from error
    folder = _folder(app)
    options = dict(app.options)
    if folder is not None and options.get("upload_dir"):
        options["upload_dir"] = folder / options["upload_dir"]
    return replace(app, options={name: getattr(value, "value", value) for name, value in options.items()})


def _refuse(app: FoundApp) -> Any:
    raise UsageError(f"ft.run() was called while {app.name} runs; an app that is served cannot run another.")


def _app_in_script(place: str) -> FoundApp:
    # As Python does it: what looks for the app's module by its name (dataclasses, pickle) is to find it, and what
    # looks at the command line is not to find ours.
    script = types.ModuleType("__main__")
    sys.modules["__main__"] = script
    sys.argv = [place]
    return app_in_file(place, script.__dict__)


def _app_in_module(module: str, function: str) -> FoundApp:
    with contextlib.suppress(ValueError):
        sys.path.remove("")
    sys.path.insert(0, "")  # a module beside the user, as with python -m
    with capturing() as found:
        try:
            loaded = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name is not None and f"{module}.".startswith(f"{error.name}."):
                raise AppFileError(f"There is no module {error.name}.", module) from None
            raise
    main = getattr(loaded, function, None)
    if main is None:
        raise NoAppFound(f"The module {module} has no {function}.")
    file = getattr(loaded, "__file__", None)
    given = next((app for app in found if app.main is main), None) or as_app(main)
    assets = Path(file).parent / (given.assets_dir or "assets") if file else None
    return replace(
        given,
        name=module.rpartition(".")[2],
        assets_dir=str(assets) if assets is not None and assets.is_dir() else None,
        file=Path(file) if file else None,
    )


def _folder(app: FoundApp) -> Path | None:
    return app.file.parent if app.file is not None else None


def _apps_in(folder: Path, named: str) -> list[Path]:
    files = [file for file in sorted(folder.glob("*.py")) if not file.name.startswith(("_", ".")) and _is_app(file)]
    if not files:
        raise NoAppFound(
            f"The folder {named!r} has no Flet apps: files that import flet and define main or call ft.run()."
        )
    return files


def _is_app(file: Path) -> bool:
    """Tell whether a file looks like an app, without running it."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return True  # serving it will say what is wrong
    return any(_imports_flet(node) for node in ast.walk(tree)) and any(_starts_app(node) for node in ast.walk(tree))


def _imports_flet(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] == "flet" for alias in node.names)
    return isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "flet"


def _starts_app(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name == "main"
    called = node.func if isinstance(node, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name in ("run", "run_async", "app", "app_async")


def _stem(place: str) -> str:
    match = None if Path(place).exists() else _MODULE.fullmatch(place)
    return match.group(1).rpartition(".")[2] if match else Path(place).stem


def _below(mount: str, name: str) -> str:
    return quote(f"{mount.rstrip('/')}/{name}")  # as browsers send it
