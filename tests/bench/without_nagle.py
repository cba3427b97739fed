"""Configuration of a Jupyter server whose kernel WebSockets send each message at once; see `latency.py`."""

from __future__ import annotations

from typing import Any

from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

_open = KernelWebsocketHandler.open


async def _open_without_nagle(self: KernelWebsocketHandler, **arguments: Any) -> None:
    self.set_nodelay(True)
    await _open(self, **arguments)  # type: ignore[no-untyped-call] # jupyter-server's is untyped


setattr(KernelWebsocketHandler, "open", _open_without_nagle)  # noqa: B010 - as an assignment it is an error in mypy
