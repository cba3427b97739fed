"""Whose code runs here: known in handlers, in ``main``, and in the tasks they start."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flet_jupyter.core.link import Link
    from flet_jupyter.core.session import LiveSession

__all__ = ["current_link", "current_session"]

current_session: contextvars.ContextVar[LiveSession | None] = contextvars.ContextVar(
    "flet_jupyter_session", default=None
)
"""The session whose code runs here."""

current_link: contextvars.ContextVar[Link | None] = contextvars.ContextVar("flet_jupyter_link", default=None)
"""The client whose event is being handled here."""
