"""A process that does a kernel's imports before it is told which kernel to be.

A program, not a module: it is run by the Python of the kernels, in whose environment flet_jupyter may be missing. It
reads one line of JSON from its standard input and becomes that kernel; when the input ends before, so does it, hence it
does not outlive the server.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path

MODULES = (
    "ipykernel.kernelapp",
    # What it imports when it starts.
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "pdb",
    "sqlite3",
    "tornado.platform.asyncio",
    # What the panel asks for.
    "flet_jupyter.notebook.extension",
)
"""Half a second of imports, which leave everything as it is until they are used."""


def stamps(paths: list[str]) -> list[tuple[int, int, int] | None]:
    """Tell which version of files and folders there is."""
    # Not by pathlib: it takes three times as long, for hundreds of files, while somebody waits for the kernel.
    found: list[tuple[int, int, int] | None] = []
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116
        except OSError:
            found.append(None)
        else:
            found.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return found


def sources() -> list[str]:
    """List the files that were imported."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return [file for file in files if isinstance(file, str)]


def hidden() -> bool:
    """Tell whether the working directory has modules that a kernel would have imported instead of the packages."""
    # Python 3.9 does not tell which modules are its own; some more starts from the beginning are all that is lost.
    packages = {name.partition(".")[0] for name in sys.modules} - set(getattr(sys, "stdlib_module_names", ()))
    return any(Path(name).is_dir() or Path(f"{name}.py").exists() for name in packages)


def become(module: str) -> None:
    """Run a module as Python's option ``-m`` does it: it is ``__main__`` to the very end."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    main = importlib.util.module_from_spec(spec)
    main.__name__ = "__main__"
    sys.modules["__main__"] = main
    sys.argv[0] = spec.origin
    exec(spec.loader.get_code(module), vars(main))  # type: ignore[union-attr] # noqa: S102 (what `-m` does)


def main() -> None:
    """Import, wait, and be the kernel."""
    # Python puts the folder of a program at the front, and that of `-m module`, the working directory; or neither.
    has_folder = bool(sys.path) and Path(sys.path[0]).resolve() == Path(__file__).resolve().parent
    if has_folder:
        del sys.path[0]
    folders = list(sys.path)
    before = stamps(folders)
    for module in MODULES:
        # What is wrong with it, the kernel will tell when it needs it.
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    files = sources()
    imported = stamps(files)
    order = sys.stdin.buffer.readline()
    if not order:
        return
    # A kernel has nothing to read. Our pipe may still be open: in a child that the server has forked meanwhile.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    kernel = json.loads(order)
    os.environ["JPY_SESSION_NAME"] = kernel["session"]
    if kernel["cwd"] is not None:
        os.chdir(kernel["cwd"])
    if stamps(folders) != before or stamps(files) != imported or hidden():
        # What has been imported is not what would be now.
        cmd = [*kernel["python"], "-m", kernel["module"], *kernel["arguments"]]
        os.execvp(cmd[0], cmd)  # noqa: S606 (the server's own command)
    if has_folder:
        sys.path.insert(0, str(Path.cwd()))
    sys.argv[1:] = kernel["arguments"]
    become(kernel["module"])


if __name__ == "__main__":
    main()
