"""Wheels of what is installed, so that a kernel in the browser has the versions that the site was built with."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from importlib.metadata import distribution
from typing import TYPE_CHECKING, Final

from flet_jupyter.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import Distribution
    from pathlib import Path

__all__ = ["pack_wheel"]

_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)  # the same files make the same wheel
_NATIVE: Final = frozenset((".so", ".pyd", ".dylib", ".dll"))
_SOURCES: Final = frozenset((".py", ".pyi", ".typed", ".json", ".html"))
"""What is taken of a source tree, in which anything may lie about."""
_ABOUT: Final = ("METADATA", "entry_points.txt", "licenses/", "LICENSE")
_WHEEL: Final = "Wheel-Version: 1.0\nGenerator: flet-jupyter\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def pack_wheel(name: str, package: Path, into: Path, leave_out: str = "") -> Path:
    """Pack an installed distribution of one package, written in Python alone, as a wheel.

    A source tree that was installed for development is as good; files that are no part of a package stay out.

    Parameters
    ----------
    name : str
        The distribution's.
    package : Path
        The package's folder.
    into : Path
        The folder in which the wheel is written; it is made if need be. Former wheels of the distribution are removed.
    leave_out : str
        A folder in the package that is not wanted.

    Returns
    -------
    Path
        The wheel.

    Raises
    ------
    UsageError
        The package has parts for one kind of machine only, or was not installed as packages are.
    """
    found = distribution(name)
    project = name.replace("-", "_")
    stem = f"{project}-{found.version}"
    files = {
        file.relative_to(package.parent).as_posix(): file.read_bytes()
        for file in sorted(_files_of(found, package))
        if not (leave_out and file.is_relative_to(package / leave_out))
    }
    if native := next((file for file in files if f".{file.rpartition('.')[2]}" in _NATIVE), None):
        raise UsageError(f"{name} cannot run in a browser as it is installed here: it has {native}.")
    files |= {f"{stem}.dist-info/{file}": content for file, content in _about(found)}
    if f"{stem}.dist-info/METADATA" not in files:
        raise UsageError(f"{name} cannot be packed for a browser: it has no metadata. Install it with pip.")
    files[f"{stem}.dist-info/WHEEL"] = _WHEEL.encode()
    record = f"{stem}.dist-info/RECORD"
    lines = [f"{file},sha256={_digest(content)},{len(content)}" for file, content in files.items()]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    into.mkdir(parents=True, exist_ok=True)
    for former in into.glob(f"{project}-*.whl"):
        former.unlink()
    wheel = into / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in files.items():
            entry = zipfile.ZipInfo(file, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return wheel


def _files_of(found: Distribution, package: Path) -> Iterator[Path]:
    """Give the files of a package: those that were installed, or those of its source tree that make it up."""
    listed = [file for file in found.files or () if file.parts[0] == package.name and "__pycache__" not in file.parts]
    if listed:
        yield from (package.parent / file for file in listed)
        return
    for file in package.rglob("*"):
        is_plain = file.is_file() and not file.is_symlink()
        if is_plain and (file.suffix in _SOURCES | _NATIVE) and not _is_hidden(file.relative_to(package).parts):
            yield file


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in parts)


def _about(found: Distribution) -> Iterator[tuple[str, bytes]]:
    """Give what belongs beside the package, by its path in the folder of its metadata."""
    for file in found.files or ():
        folder, _, path = file.as_posix().partition("/")
        if folder.endswith(".dist-info") and path.startswith(_ABOUT):
            yield path, file.read_binary()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
