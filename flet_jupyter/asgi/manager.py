"""The one object that knows all apps of this process: parts of one app, made apart, find each other by it."""

from __future__ import annotations

from typing import Final

from flet_jupyter.site.parts import AppManager

__all__ = ["app_manager"]

app_manager: Final = AppManager()
"""Flet's name for it: ``await app_manager.shutdown()`` belongs into the lifespan of an app that mounts others."""
