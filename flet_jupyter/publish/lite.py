"""The addon of JupyterLite: ``jupyter lite build`` makes sites in which Flet apps run, in panels and in notebooks.

JupyterLite copies the JupyterLab extension by itself. What the server extension would answer is added here, and wheels
of this package and of flet: kernels install these, of the versions that fit, wherever they get all others from.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import flet
from jupyterlite_core.addons.base import BaseAddon

import flet_jupyter
from flet_jupyter.client import engine_path, find_client
from flet_jupyter.publish.tree import static_files
from flet_jupyter.publish.wheels import pack_wheel

__all__ = ["FletAddon"]

_FOLDER: Final = "flet"
_WHEELS: Final = "pypi"
"""Where the addon of Pyodide's kernel looks for wheels to list, when all are there."""


class FletAddon(BaseAddon):  # type: ignore[misc]
    """Adds to a site what Flet apps need."""

    __all__ = ("build",)

    def build(self, manager: Any) -> Iterator[dict[str, Any]]:
        """Give the tasks, in the words of doit.

        Raises
        ------
        ClientNotFound
            There is no Flutter client.
        AssetsNotBuilt
            Our own code has not been built.
        """
        client, site = find_client(), Path(manager.output_dir)
        yield self.task(
            name="client",
            doc=f"copy the Flutter client of Flet {client.version}",
            file_dep=[client.path / "main.dart.js", engine_path()],
            targets=[site / _FOLDER / "status"],
            actions=[(_write_all, [client, site / _FOLDER])],
        )
        yield self.task(
            name="wheels",
            doc="pack the packages that kernels have to have in these versions",
            actions=[(_pack_all, [site / _WHEELS])],
        )


def _write_all(client: Any, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in static_files(client):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _pack_all(folder: Path) -> None:
    pack_wheel("flet", Path(flet.__file__).parent, folder)
    # The browser's part of the package is in the site already.
    pack_wheel("flet-jupyter", Path(flet_jupyter.__file__).parent, folder, leave_out="client/static")
