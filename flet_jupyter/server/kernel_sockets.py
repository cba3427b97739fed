"""Kernel WebSockets that do not hold small messages back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_server.services.kernels.connection.base import BaseKernelWebsocketConnection

__all__ = ["without_delay"]


def without_delay(connection_class: type[BaseKernelWebsocketConnection]) -> type[BaseKernelWebsocketConnection]:
    """Return a class of kernel connections whose WebSockets send each message at once.

    Jupyter's server leaves Nagle's algorithm on: the second of two small messages waits until the browser's TCP has
    acknowledged the first, which takes it 40 ms when it has nothing to say. A widget's answer nearly always is such
    a second message, behind the kernel's status.
    """

    class Undelayed(connection_class):  # type: ignore[misc, valid-type]
        async def connect(self) -> Any:
            self.websocket_handler.set_nodelay(True)
            return await super().connect()

    # What people put into their configuration under the class's name goes for this one too; so do its log messages.
    Undelayed.__name__ = connection_class.__name__
    Undelayed.__qualname__ = connection_class.__qualname__
    return Undelayed
