"""Options of an app: an argument wins over the environment, that over the default."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from flet_jupyter.exceptions import BadOption

__all__ = ["A_NUMBER_OF_SECONDS", "AppSettings", "Differ", "parse_seconds"]

A_NUMBER_OF_SECONDS: Final = "a number of seconds"
"""What `parse_seconds` takes, as a message says it: "X is not ..."."""

Differ: TypeAlias = Literal["fast", "flet"]
"""How it is found out what an update has to send."""

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
    max_sessions_per_client : int
        Those of them that clients of one address may have.
    max_links : int
        Clients that may show one session at a time.
    max_packet_bytes : int
        The largest packet taken from a client.
    differ : str
        How it is found out what an update has to send: ``"fast"``, or ``"flet"`` for flet's own way, should the other
        ever be wrong. The environment's ``FLET_JUPYTER_DIFFER``.
    """

    session_timeout: float = _DEFAULT_TIMEOUT
    max_sessions: int = 1000
    max_sessions_per_client: int = 200
    max_links: int = 20
    max_packet_bytes: int = 10_000_000
    differ: Differ = "fast"

    @classmethod
    def from_environment(cls, *, session_timeout: float | None = None) -> AppSettings:
        """Return the settings in force; None means not given.

        Raises
        ------
        BadOption
            An environment variable has a value that makes no sense.
        """
        if session_timeout is None:
            session_timeout = _DEFAULT_TIMEOUT
            if text := os.environ.get("FLET_SESSION_TIMEOUT", "").strip():
                try:
                    session_timeout = parse_seconds(text)
                except ValueError:
                    raise BadOption(f"FLET_SESSION_TIMEOUT={text!r} is not {A_NUMBER_OF_SECONDS}.") from None
        return cls(session_timeout=session_timeout, differ=_differ())


def _differ() -> Differ:
    match os.environ.get("FLET_JUPYTER_DIFFER", "").strip():
        case "" | "fast":
            return "fast"
        case "flet":
            return "flet"
        case name:
            raise BadOption(f"FLET_JUPYTER_DIFFER={name!r} is neither fast nor flet.")


def parse_seconds(value: str | float) -> float:
    """Read a duration as people write it in options and variables.

    Parameters
    ----------
    value : str or float
        Seconds, with a fraction or without; ``"inf"`` is without end.

    Raises
    ------
    ValueError
        It is no number, or a negative one.
    """
    seconds = float(value)
    if isinstance(value, bool) or not seconds >= 0:
        raise ValueError
    return seconds
