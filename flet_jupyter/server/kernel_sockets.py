"""Kernel WebSockets that do not hold small messages back, and are there as soon as the kernel is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jupyter_server.services.kernels.connection.base import BaseKernelWebsocketConnection

__all__ = ["without_delay"]

_PATIENCE: Final = 0.02
"""Seconds until a kernel is asked once more for a sign of life; each time it is twice as long."""


def without_delay(connection_class: type[BaseKernelWebsocketConnection]) -> type[BaseKernelWebsocketConnection]:
    """Return a class of kernel connections whose WebSockets open and send without needless waits.

    Jupyter's server leaves Nagle's algorithm on: the second of two small messages waits until the browser's TCP has
    acknowledged the first, which takes it 40 ms when it has nothing to say. A widget's answer nearly always is such
    a second message, behind the kernel's status.

    And it lets nothing through before a new connection has heard something of the kernel, which it asks for a sign of
    life. A kernel that is idle answers before the subscription to its messages has come about, which then misses the
    answer; the server asks again after half a second.
    """

    class Undelayed(connection_class):  # type: ignore[misc, valid-type]
        async def connect(self) -> Any:
            self.websocket_handler.set_nodelay(True)
            return await super().connect()

        def nudge(self) -> asyncio.Future[None]:
            heard: asyncio.Future[None] = super().nudge()
            if not heard.done():
                channel = self.kernel_manager.connect_control()
                loop = asyncio.get_running_loop()

                def ask(patience: float) -> None:
                    if not heard.done():
                        self.session.send(channel, "kernel_info_request")
                        loop.call_later(patience, ask, 2 * patience)

                loop.call_later(_PATIENCE, ask, 2 * _PATIENCE)
                heard.add_done_callback(lambda _: channel.close())
            return heard

    # What people put into their configuration under the class's name goes for this one too; so do its log messages.
    Undelayed.__name__ = connection_class.__name__
    Undelayed.__qualname__ = connection_class.__qualname__
    return Undelayed
