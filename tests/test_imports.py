"""Who may import whom: the arrows of the design, and what the browser does without."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

import flet_jupyter

PACKAGE = Path(__file__).parent.parent / "flet_jupyter"

HOSTS = ["notebook", "server", "web", "asgi", "publish"]
TRANSPORTS = [f"transports.{name}" for name in ("comm", "tornado_ws", "asgi_ws", "pyodide")]

# Which parts of flet_jupyter each part may import besides itself. A part that is not named here is an error, so
# that a new folder gets its place in the design before it gets code.
MAY_IMPORT: dict[str, set[str]] = {
    "exceptions": set(),
    "core": {"exceptions"},
    "client": {"exceptions"},
    "site": {"core", "client", "exceptions"},
    **{transport: {"core", "exceptions"} for transport in TRANSPORTS},
    "kernels": {"core", "exceptions", *TRANSPORTS},
    **{host: {"core", "client", "exceptions", *TRANSPORTS} for host in HOSTS},
}
MAY_IMPORT["server"] |= {"kernels", "site"}
MAY_IMPORT["web"] |= {"kernels", "site"}
MAY_IMPORT["asgi"] |= {"site"}

# The core runs wherever Python does, Pyodide included.
CORE_MAY_IMPORT = {*sys.stdlib_module_names, "flet", "msgpack", "flet_jupyter"}

NOT_IN_THE_BROWSER = ["tornado", "jupyter_server", "starlette", "zmq", "brotli", "flet_web", "ipykernel"]


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"), path


def part_of(module: str) -> str:
    """Name the part that a module (without the package's name) belongs to."""
    first, _, rest = module.partition(".")
    return f"{first}.{rest.partition('.')[0]}" if first == "transports" and rest else first


def imports_of(source: str, module: str, *, is_package: bool = False) -> Iterator[str]:
    """Give the full names of what a module imports at any depth, but for type checkers only."""
    package = f"flet_jupyter.{module}".split(".")
    tree = ast.parse(source)
    skipped = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package[: len(package) - node.level + is_package]
                base = ".".join([*parents, base]).rstrip(".")
            # `from package import name`: the name may be a module.
            yield from (f"{base}.{alias.name}" for alias in node.names)


def forbidden(module: str, source: str, *, is_package: bool = False) -> list[str]:
    part = part_of(module)
    assert part in MAY_IMPORT or part in ("__init__", "transports"), f"{part} has no place in the design yet"
    found = []
    for name in imports_of(source, module, is_package=is_package):
        top, _, rest = name.partition(".")
        if top == "flet_jupyter":
            if rest and part in MAY_IMPORT and part_of(rest) not in MAY_IMPORT[part] | {part}:
                found.append(name)
        elif part == "core" and top not in CORE_MAY_IMPORT:
            found.append(name)
    return found


@pytest.mark.parametrize(("module", "path"), list(modules()), ids=[name for name, _ in modules()])
def test_imports_follow_the_design(module: str, path: Path) -> None:
    if module == "__init__":
        pytest.skip("the package itself only imports when asked for a name")
    assert forbidden(module, path.read_text(encoding="utf-8"), is_package=path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.link", "import tornado.web"),
        ("core.link", "def f():\n    import anywidget"),
        ("core.link", "from flet_jupyter.client import find_client"),
        ("core.link", "from ..transports import comm"),
        ("transports.comm", "from flet_jupyter.transports.tornado_ws import x"),
        ("transports.comm", "from . import tornado_ws"),
        ("transports.comm", "from flet_jupyter.client import x"),
        ("notebook.widget", "import flet_jupyter.server.handlers"),
        ("server.handlers", "from flet_jupyter import notebook"),
        ("client.files", "from ..core import link"),
    ],
)
def test_that_test_sees(module: str, source: str) -> None:
    assert forbidden(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.link", "import asyncio, flet, msgpack\nfrom . import packets\nfrom ..exceptions import ProtocolError"),
        ("core.link", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import typing_extensions"),
        ("transports.comm", "import ipywidgets\nfrom flet_jupyter.core.link import Link"),
        ("server.handlers", "from flet_jupyter.kernels import pool"),
    ],
)
def test_that_test_permits(module: str, source: str) -> None:
    assert forbidden(module, source) == []


@pytest.mark.parametrize("module", ["flet_jupyter", "flet_jupyter.core", "flet_jupyter.transports.comm"])
def test_imports_where_there_is_no_server(module: str) -> None:
    """Pyodide has none of these packages, and nothing that the core needs may pull one in."""
    script = f"""
import importlib, pkgutil, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {NOT_IN_THE_BROWSER!r}:
            raise ModuleNotFoundError(f"{{name}} is not in the browser", name=name)

sys.meta_path.insert(0, Absent())
package = importlib.import_module({module!r})
if package.__name__ == "flet_jupyter.core":
    for info in pkgutil.walk_packages(package.__path__, "flet_jupyter.core."):
        importlib.import_module(info.name)
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_the_front_end_asks_kernels_in_the_browser_for_this_version() -> None:
    package = json.loads((PACKAGE.parent / "labextension" / "package.json").read_text())
    assert package["version"] == flet_jupyter.__version__ == version("flet-jupyter")
