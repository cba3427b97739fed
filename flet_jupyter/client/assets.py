"""Our own browser-side code, built from ``client_assets`` into this package."""

from __future__ import annotations

from pathlib import Path

from flet_jupyter.client.served import ServedFile
from flet_jupyter.exceptions import AssetsNotBuilt

STATIC = Path(__file__).parent / "static"


def engine_path(name: str = "engine.js") -> Path:
    """Find the bundle of the shared engine, or another.

    Parameters
    ----------
    name : str
        ``app-page.js`` for the page of one app.

    Returns
    -------
    Path
        One JavaScript module.

    Raises
    ------
    AssetsNotBuilt
        If it is not there: only in a source tree where nothing was built.
    """
    path = STATIC / name
    if not path.is_file():
        raise AssetsNotBuilt(
            "The browser-side engine has not been built: run `npm ci && npm run build` in client_assets, "
            "or `pip install` the package, which does it."
        )
    return path


class EngineBundle:
    """The engine, or another bundle, as it is served: read again when a build has changed it.

    Parameters
    ----------
    name : str
        As for `engine_path`.
    """

    def __init__(self, name: str = "engine.js") -> None:
        self._name = name
        self._changed_ns = 0
        self._file: ServedFile | None = None

    def current(self) -> ServedFile:
        """Give the bundle as it is now.

        Raises
        ------
        AssetsNotBuilt
            As `engine_path`.
        """
        path = engine_path(self._name)
        changed_ns = path.stat().st_mtime_ns
        if self._file is None or changed_ns != self._changed_ns:
            self._file = ServedFile.in_memory(path.name, path.read_bytes())
            self._changed_ns = changed_ns
        return self._file
