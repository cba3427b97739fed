"""A process that does a kernel's imports before it is told which kernel to be.

A program, not a module: it is run by the Python of the kernels, in whose environment flet_jupyter may be missing. It
reads one JSON object from its standard input, up to the end, and becomes that kernel; nothing but the end ends it.
As it ends with its input, it does not outlive the server.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import sys
from pathlib import Path

MODULES = ("ipykernel.kernelapp", "flet_jupyter.notebook.extension")
"""Half a second of imports, which leave everything as it is until they are used."""


def installed() -> list[tuple[str, int]]:
    """Tell when each folder of packages has last changed: installing, updating or removing one touches it."""
    found = []
    for folder in sys.path:
        with contextlib.suppress(OSError):
            found.append((folder, Path(folder).stat().st_mtime_ns))
    return found


def hidden() -> bool:
    """Tell whether the working directory has modules that a kernel would have imported instead of the packages."""
    packages = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
    return any(Path(name).is_dir() or Path(f"{name}.py").exists() for name in packages)


def main() -> None:
    """Import, wait, and be the kernel."""
    # Python puts the folder of a program at the front, and that of `-m module`, the working directory; or neither.
    has_folder = sys.path[:1] == [str(Path(__file__).parent)]
    if has_folder:
        del sys.path[0]
    before = installed()
    for module in MODULES:
        # What is wrong with it, the kernel will tell when it needs it.
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    order = sys.stdin.buffer.read()
    if not order:
        return
    kernel = json.loads(order)
    os.environ["JPY_SESSION_NAME"] = kernel["session"]
    if kernel["cwd"] is not None:
        os.chdir(kernel["cwd"])
    if installed() != before or hidden():
        # What has been imported is not what would be now.
        cmd = [*kernel["python"], "-m", kernel["module"], *kernel["arguments"]]
        os.execvp(cmd[0], cmd)  # noqa: S606 (the server's own command)
    if has_folder:
        sys.path.insert(0, str(Path.cwd()))
    sys.argv[1:] = kernel["arguments"]
    runpy.run_module(kernel["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
