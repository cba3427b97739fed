"""Get JupyterLite, and what its sites take from the network, so that the tests can build one that needs none.

Usage: PYTHON tools/get_pyodide.py FOLDER, with a Python that has the package and its `test` extra.

FOLDER/core is Pyodide's own files, as on its CDN: the interpreter from flet-web, and those packages of its distribution
that the tests need, from the package index. FOLDER/pypi has the wheels that kernels take from the package index.
FOLDER/lite is JupyterLite: not installed, for JupyterLab would load its kernel's extension as well, and complain.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import Parser
from importlib.metadata import requires
from pathlib import Path

import flet_web
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

# Kernels begin with these; the last two are for apps to import, one of Pyodide's distribution and one that is not.
ROOTS = ["ipython", "jedi", "comm", "micropip", "packaging", "sortedcontainers", "humanize"]
# From the site itself, or from Pyodide's kernel.
NOT_FETCHED = {"flet", "flet-jupyter", "ipykernel", "piplite", "pyodide-kernel", "widgetsnbextension"}
CORE = ["pyodide.mjs", "pyodide.js", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"]


def main() -> None:
    target = Path(sys.argv[1])
    shutil.rmtree(target, ignore_errors=True)
    install(target / "lite")
    source = Path(flet_web.get_package_web_dir()) / "pyodide"
    lock = json.loads((source / "pyodide-lock.json").read_text())
    wheels = fetch(target / "wheels", lock["info"])
    (target / "core").mkdir()
    (target / "pypi").mkdir()
    for name in CORE:
        shutil.copy(source / name, target / "core")
    distributed = {name for name in wheels if name in lock["packages"]}
    while more := {need for name in distributed for need in wheels[name][1]} - distributed:
        distributed |= more  # newer ones may need what those in the lock file did not
    packages = {}
    for name, (wheel, needs) in wheels.items():
        if name in distributed:
            shutil.move(wheel, target / "core")
            packages[name] = entry(name, target / "core" / wheel.name, needs)
        else:
            shutil.move(wheel, target / "pypi")
    (target / "wheels").rmdir()
    (target / "core" / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": packages}))


def install(folder: Path) -> None:
    """Install what the package's `lite` extra names."""
    parsed = [Requirement(one) for one in requires("flet-jupyter") or []]
    markers = [(one, str(one.marker)) for one in parsed if one.marker]
    names = [f"{one.name}{one.specifier}" for one, marker in markers if marker == 'extra == "lite"']
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--target", folder, *names],
        check=True,
    )


def fetch(folder: Path, info: dict[str, str]) -> dict[str, tuple[Path, list[str]]]:
    """Download what the roots, flet and the package need; give each package's wheel and what it needs."""
    folder.mkdir(parents=True)
    version = ".".join(info["python"].split(".")[:2])
    environment = {
        "implementation_name": "cpython", "os_name": "posix", "platform_machine": "wasm32",
        "platform_python_implementation": "CPython", "platform_system": "Emscripten",
        "python_full_version": info["python"], "python_version": version, "sys_platform": "emscripten",
    }  # fmt: skip
    platform = ["--platform", f"pyemscripten_{info['abi_version']}_wasm32", "--implementation", "cp"]

    def wanted(requirements: list[str], extras: set[str]) -> list[Requirement]:
        # pip would take the markers for questions about this machine.
        parsed = [Requirement(requirement) for requirement in requirements]
        return [
            one
            for one in parsed
            if not one.marker or any(one.marker.evaluate({**environment, "extra": extra}) for extra in extras | {""})
        ]

    todo = [Requirement(name) for name in ROOTS]
    for name in ("flet", "flet-jupyter"):
        todo += wanted(requires(name) or [], set())
    found: dict[str, tuple[Path, list[str]]] = {}
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if name in found or name in NOT_FETCHED:
            continue
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps",
             "--only-binary=:all:", *platform, "--python-version", version, "--dest", folder,
             f"{requirement.name}{requirement.specifier}"],
            check=True,
        )  # fmt: skip
        wheel = next(file for file in folder.iterdir() if parse_wheel_filename(file.name)[0] == name)
        needs = wanted(metadata(wheel).get_all("Requires-Dist") or [], requirement.extras)
        found[name] = wheel, [canonicalize_name(need.name) for need in needs]
        todo += needs
    return found


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def entry(name: str, wheel: Path, depends: list[str]) -> dict[str, object]:
    """Describe a package as Pyodide's lock file does."""
    with zipfile.ZipFile(wheel) as archive:
        tops = {file.split("/")[0].removesuffix(".py") for file in archive.namelist() if file.endswith((".py", ".so"))}
    return {
        "name": name,
        "version": metadata(wheel)["Version"],
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(tops),
        "depends": depends,
        "unvendored_tests": False,
    }


main()
