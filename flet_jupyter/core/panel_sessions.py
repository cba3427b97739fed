"""The names of panels' sessions, by which the server knows their kernels, and the kernels their files."""

from __future__ import annotations

from typing import Final

__all__ = ["SUFFIX", "VARIABLE"]

VARIABLE: Final = "JPY_SESSION_NAME"
"""The environment variable in which jupyter-server tells a kernel its session's name, behind the path of its folder."""

SUFFIX: Final = " (Flet)"
"""What the front end puts behind the name of the file."""
