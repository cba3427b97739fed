"""The one object that knows all apps of this process that Tornado applications have mounted."""

from __future__ import annotations

from typing import Final

from flet_jupyter.site.parts import AppManager

__all__ = ["app_manager"]

app_manager: Final = AppManager()
"""Flet's name for it: ``await app_manager.shutdown()`` before the loop ends lets sessions run their ``on_close``."""
