"""The Jupyter server extension."""

from __future__ import annotations

from typing import Any

__all__ = ["_jupyter_server_extension_points"]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell jupyter-server what to load."""
    from flet_jupyter.server.extension import FletExtension  # noqa: PLC0415 (kernels import this package too)

    return [{"module": "flet_jupyter", "app": FletExtension}]
