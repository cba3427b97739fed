"""Where the compiled Flutter client is, and of which version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flet_jupyter.exceptions import ClientNotFound


@dataclass(frozen=True)
class FlutterClient:
    """A folder with a compiled Flutter client.

    Attributes
    ----------
    path : Path
        The folder that holds ``flutter_bootstrap.js``.
    version : str
        The version of Flet whose wire protocol the client speaks. It is the version of ``flet-web``; the
        ``version.json`` inside the folder numbers the Flutter project and says something else.
    """

    path: Path
    version: str


def find_client() -> FlutterClient:
    """Find the client of the installed ``flet-web``, or of ``FLET_WEB_PATH`` where that is set.

    Returns
    -------
    FlutterClient
        Its folder and version.

    Raises
    ------
    ClientNotFound
        If ``flet-web`` is not installed, or the folder holds no client.
    """
    try:
        import flet_web  # noqa: PLC0415 (may be missing, and then this is where to say so)
        from flet_web.version import version  # noqa: PLC0415
    except ImportError as error:
        raise ClientNotFound(
            "The Flutter client is missing: install flet-web in the environment of the Jupyter server and restart it."
        ) from error
    return client_in(Path(flet_web.get_package_web_dir()), version)


def client_in(folder: Path, version: str) -> FlutterClient:
    """Check that a folder holds a Flutter client.

    Parameters
    ----------
    folder : Path
        A folder like ``flet_web/web``.
    version : str
        The version of Flet it belongs to.

    Raises
    ------
    ClientNotFound
        If ``flutter_bootstrap.js`` is not in it.
    """
    if not (folder / "flutter_bootstrap.js").is_file():
        raise ClientNotFound(
            f"There is no Flutter client of Flet {version} in {folder}: "
            "point FLET_WEB_PATH (or FletExtension.client_paths) at a folder that holds flutter_bootstrap.js."
        )
    return FlutterClient(path=folder.resolve(), version=version)
