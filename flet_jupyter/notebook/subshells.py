"""Comms whose messages are handled while a cell runs."""

from __future__ import annotations

from typing import Any

__all__ = ["stay_on_subshell"]


def stay_on_subshell(comm: Any) -> None:
    """Have the kernel handle a comm's messages in the shell to which a page sends them.

    JupyterLab sends comm messages to a subshell, which is free while a cell runs. Since 7.4, ipykernel takes what
    answers a comm back to the shell that last wrote to it: for a widget made by a cell that is the busy one. Messages
    of a view answer nothing.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, subshell: subshell  # noqa: SLF001
