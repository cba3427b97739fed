"""flet-jupyter: Flet apps wherever Jupyter runs.

``%load_ext flet_jupyter`` makes Flet work in a notebook; :func:`show` is the same from code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flet_jupyter.notebook.app import CellApp
    from flet_jupyter.notebook.show import show

__version__ = "0.1.0"

__all__ = ["CellApp", "__version__", "load_ipython_extension", "show", "unload_ipython_extension"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: the server extension needs neither flet's controls nor a kernel.
    if name == "show":
        from flet_jupyter.notebook.show import show

        return show
    if name == "CellApp":
        from flet_jupyter.notebook.app import CellApp

        return CellApp
    if name == "panels":
        from flet_jupyter.notebook import panels

        return panels
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: Any) -> None:
    """Register the magics and make ``ft.run`` and bare controls show their app; for ``%load_ext``."""
    from flet_jupyter.notebook.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Close all apps and undo :func:`load_ipython_extension`; for ``%unload_ext``."""
    from flet_jupyter.notebook.extension import unload

    unload(shell)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from flet_jupyter.server import _jupyter_server_extension_points

    return _jupyter_server_extension_points()
