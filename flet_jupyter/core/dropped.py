"""Notes what was dropped of what clients sent, without filling the log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

__all__ = ["DroppedLog"]


class DroppedLog:
    """Logs dropped messages at most once a second: a client that sends garbage sends much of it.

    Parameters
    ----------
    log : logging.Logger
        Where to.
    what : str
        What is dropped, such as ``"message(s) from a view"``.
    """

    def __init__(self, log: logging.Logger, what: str) -> None:
        self._log = log
        self._what = what
        self._count = 0
        self._logged_at = float("-inf")

    def note(self, error: Exception) -> None:
        """Note that something was dropped because of `error`."""
        self._count += 1
        now = time.monotonic()
        if now - self._logged_at >= 1:
            self._log.warning("dropped %d %s, the last one because: %s", self._count, self._what, error)
            self._count, self._logged_at = 0, now
