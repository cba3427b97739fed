"""Wheels of what is installed, so that a kernel in the browser has the versions that the site was built with."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from flet_jupyter.exceptions import UsageError

__all__ = ["pack_wheel"]

_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)  # the same files make the same wheel
_NATIVE: Final = (".so", ".pyd", ".dylib")
_WHEEL: Final = "Wheel-Version: 1.0\nGenerator: flet-jupyter\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def pack_wheel(name: str, package: Path, into: Path, leave_out: str = "") -> Path:
    """Pack an installed distribution of one package, written in Python alone, as a wheel.

    Installed means importable: a source tree in development is as good.

    Parameters
    ----------
    name : str
        The distribution's.
    package : Path
        The package's folder.
    into : Path
        The folder in which the wheel is written; it is made if need be.
    leave_out : str
        A folder in the package that is not wanted.

    Returns
    -------
    Path
        The wheel.

    Raises
    ------
    UsageError
        The package has parts for one kind of machine only.
    """
    found = distribution(name)
    stem = f"{name.replace('-', '_')}-{found.version}"
    files = {
        file.relative_to(package.parent).as_posix(): file.read_bytes()
        for file in sorted(package.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts and not _is_in(file, package, leave_out)
    }
    if native := next((file for file in files if file.endswith(_NATIVE)), None):
        raise UsageError(f"{name} cannot run in a browser as it is installed here: it has {native}.")
    files[f"{stem}.dist-info/METADATA"] = (found.read_text("METADATA") or "").encode()
    files[f"{stem}.dist-info/WHEEL"] = _WHEEL.encode()
    record = f"{stem}.dist-info/RECORD"
    lines = [f"{file},sha256={_digest(content)},{len(content)}" for file, content in files.items()]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    into.mkdir(parents=True, exist_ok=True)
    wheel = into / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in files.items():
            entry = zipfile.ZipInfo(file, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return wheel


def _is_in(file: Path, package: Path, folder: str) -> bool:
    return bool(folder) and file.is_relative_to(package / folder)


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
