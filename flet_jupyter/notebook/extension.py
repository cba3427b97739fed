"""Loading into IPython, and unloading."""

from __future__ import annotations

from typing import Any

from flet_jupyter.notebook import hooks, panels
from flet_jupyter.notebook.magics import FletMagics
from flet_jupyter.notebook.output import OutputRouter
from flet_jupyter.notebook.state import kernel_runtime

__all__ = ["load", "unload"]

_router = OutputRouter()


def load(shell: Any) -> None:
    """Make Flet work in `shell`."""
    hooks.install(shell)
    _router.install()
    panels.install()
    shell.register_magics(FletMagics)


def unload(shell: Any) -> None:
    """Close all apps and leave `shell` as it was."""
    kernel_runtime().close_all()
    hooks.remove(shell)
    panels.remove()
    _router.remove()
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("flet", None)
