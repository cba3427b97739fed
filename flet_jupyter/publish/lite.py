"""The addon of JupyterLite: ``jupyter lite build`` makes sites in which Flet apps run, in panels and in notebooks.

JupyterLite copies the JupyterLab extension by itself. What the server extension would answer is added here, and wheels
of this package and of flet: kernels install these, of the versions that fit, wherever they get all others from.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import flet
from jupyterlite_core.addons.base import BaseAddon

import flet_jupyter
from flet_jupyter.client import FlutterClient, engine_path, find_client
from flet_jupyter.core.flet_api import FLET_VERSION
from flet_jupyter.exceptions import UsageError
from flet_jupyter.publish.static_files import static_files
from flet_jupyter.publish.wheels import pack_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FletAddon"]

_CLIENT: Final = "flet"
_WHEELS: Final = "pypi"
"""Where the addon of Pyodide's kernel looks for wheels to list, when all are there."""


class FletAddon(BaseAddon):  # type: ignore[misc]
    """Adds to a site what Flet apps need."""

    __all__ = ("build",)

    def build(self, manager: Any) -> Iterator[dict[str, Any]]:
        """Give the tasks, in the words of doit. They are done anew each time, which takes a second.

        Raises
        ------
        ClientNotFound
            There is no Flutter client.
        AssetsNotBuilt
            Our own code has not been built.
        UsageError
            The client is not that of the installed flet.
        """
        client, site = find_client(), Path(manager.output_dir)
        engine_path()
        if client.version != FLET_VERSION:
            raise UsageError(
                f"flet is {FLET_VERSION} here and flet-web {client.version}: a site needs both in one version. "
                f"Install it with: pip install flet-web=={FLET_VERSION}"
            )
        yield self.task(
            name="client",
            doc=f"copy the Flutter client of Flet {client.version}",
            actions=[(self._write_client, [client, site / _CLIENT])],
        )
        yield self.task(
            name="wheels",
            doc="pack the packages that kernels have to have in these versions",
            actions=[(self._pack_wheels, [site / _WHEELS])],
        )

    def _write_client(self, client: FlutterClient, folder: Path) -> None:
        if folder.exists():
            shutil.rmtree(folder)
        for name, content in static_files(client):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        self.maybe_timestamp(folder)

    def _pack_wheels(self, folder: Path) -> None:
        wheels = [
            pack_wheel("flet", Path(flet.__file__).parent, folder),
            # The browser's part of the package is in the site already.
            pack_wheel("flet-jupyter", Path(flet_jupyter.__file__).parent, folder, leave_out="client/static"),
        ]
        for wheel in wheels:
            self.maybe_timestamp(wheel)
