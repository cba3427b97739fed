"""Options of an app: an argument wins over the environment, that over the default."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from flet_jupyter.exceptions import BadOption

__all__ = ["AppSettings"]

_DEFAULT_TIMEOUT: Final = 3600


@dataclass(frozen=True, slots=True)
class AppSettings:
    """How long and how much.

    Attributes
    ----------
    session_timeout : float
        Seconds that a session is kept while no client shows it. Flet's ``FLET_SESSION_TIMEOUT``.
    max_sessions : int
        Sessions that one app may have at a time.
    max_links : int
        Clients that may show one session at a time.
    max_packet_bytes : int
        The largest packet taken from a client.
    """

    session_timeout: float = _DEFAULT_TIMEOUT
    max_sessions: int = 1000
    max_links: int = 20
    max_packet_bytes: int = 10_000_000

    @classmethod
    def from_environment(cls, *, session_timeout: float | None = None) -> AppSettings:
        """Return the settings in force; None means not given.

        Raises
        ------
        BadOption
            An environment variable has a value that is no number of seconds.
        """
        if session_timeout is None:
            session_timeout = _seconds("FLET_SESSION_TIMEOUT", _DEFAULT_TIMEOUT)
        return cls(session_timeout=session_timeout)


def _seconds(name: str, default: float) -> float:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not value >= 0:
        raise BadOption(f"{name}={text!r} is not a number of seconds.")
    return value
