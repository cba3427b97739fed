"""One app with one client and no transport: what the client sends is given in, what is for it is taken out."""

from __future__ import annotations

import abc
import asyncio
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import flet_web.fastapi as flet_fastapi
import msgpack
from flet.controls import base_control, control_event
from flet.messaging.protocol import configure_encode_object_for_msgpack, decode_ext_from_msgpack
from flet.pubsub.pubsub_hub import PubSubHub
from flet.utils import object_model
from flet_web.fastapi.flet_app_manager import app_manager

from tests.core.model_client import ModelClient, pack_register

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from flet.messaging.session import Session

    from tests.bench.updates_apps import App

__all__ = ["FletSide", "Render", "Side", "Turn", "assert_flet_is_as_it_comes"]

PATIENCE: Final = 120.0
"""Seconds after which a turn is taken for stuck."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Turn:
    """What a few steps took, one after another.

    Attributes
    ----------
    walls : sequence of float
        Seconds of each, from the first packet in until the loop that would write it to a socket has the patch.
    cpu : float
        Seconds of processor time that the whole process, all its threads, took for all of them.
    packets : int
        What came back in all.
    """

    walls: Sequence[float]
    cpu: float
    packets: int


@dataclass(frozen=True)
class Render:
    """One first render.

    Attributes
    ----------
    construction : float
        Seconds that it took to make the texts.
    packed, returned : float
        Seconds from then until they were packed, and until all were mounted too, so that the app goes on.
    cpu : float
        Seconds of processor time until there was nothing left to do.
    texts : tuple of str
        What the client shows.
    """

    construction: float
    packed: float
    returned: float
    cpu: float
    texts: tuple[str, ...]


class Side(abc.ABC):
    """One app, its session and one client, on an event loop of their own that runs while something is measured.

    Attributes
    ----------
    model : ModelClient
        What the client shows.
    packed_at : float
        The clock when the newest packet was given to the transport.
    """

    def __init__(self) -> None:
        self.model = ModelClient()
        self.packed_at = 0.0
        self._loop = asyncio.new_event_loop()
        self._packets: list[bytes] = []
        self._waiting: asyncio.Future[None] | None = None

    def open(self, main: App) -> float:
        """Register the client and run the app's main; return the process's processor time when all was done."""

        async def open_and_settle() -> float:
            await self._open(main)
            await self._settle()
            return time.process_time()

        return self._run(open_and_settle())

    def turn(self, steps: Sequence[Sequence[bytes]]) -> Turn:
        """Take steps, each when the one before it is answered."""
        return self._run(self._turn(steps))

    def read(self) -> None:
        """Show the client what has come for it since."""
        packets, self._packets = self._packets, []
        for packet in packets:
            self.model.receive(packet)
        assert not self.model.error, self.model.error

    def forget(self) -> None:
        """Drop what has come since, and what the client shows: nobody measures that."""
        self._packets.clear()
        self.model.page = None

    def close(self) -> None:
        """End the session."""

        async def close() -> None:
            await self._close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self._loop.run_until_complete(close())
        self._loop.close()

    async def _turn(self, steps: Sequence[Sequence[bytes]]) -> Turn:
        walls: list[float] = []
        before = len(self._packets)
        cpu_began = time.process_time()
        for packets in steps:
            began = time.perf_counter()
            self._waiting = self._loop.create_future()
            for packet in packets:
                await self._receive(packet)
            await self._waiting
            walls.append(time.perf_counter() - began)
        await self._settle()
        cpu = time.process_time() - cpu_began
        return Turn(walls, cpu, len(self._packets) - before)

    def _arrived(self, packet: bytes) -> None:
        """Take a packet, on the loop."""
        self._packets.append(packet)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return self._loop.run_until_complete(asyncio.wait_for(coroutine, PATIENCE))

    @abc.abstractmethod
    async def _open(self, main: App) -> None:
        """Make a session with a client and run main."""

    @abc.abstractmethod
    async def _receive(self, packet: bytes) -> None:
        """Take a packet as the transport does that has just read it from a socket."""

    @abc.abstractmethod
    async def _settle(self) -> None:
        """Wait for what is still done when the patch has left."""

    @abc.abstractmethod
    async def _close(self) -> None:
        """End the session."""


class FletSide(Side):
    """Flet's session, behind flet_web's own `FletApp`; only the socket is missing, and its two loops.

    Parameters
    ----------
    logs : bool
        False: leave out that flet_web writes out each message for a log that nobody keeps.
    """

    def __init__(self, *, logs: bool = True) -> None:
        super().__init__()
        self._logs = logs
        self._app: Any = None

    async def _open(self, main: App) -> None:
        app = self._app = flet_fastapi.FletApp(self._loop, app_manager.executor, main, None)
        app.page_url = "http://localhost"
        app.pubsubhub = PubSubHub(loop=self._loop, executor=app_manager.executor)
        for name in ("client_ip", "client_user_agent", "oauth_state_id"):
            setattr(app, f"_FletApp__{name}", None)  # what it takes from the socket
        app._FletApp__send_queue = self
        if not self._logs:
            app.send_message = self._send_unlogged
        await self._receive(pack_register())
        await self._settle()  # main is a task by now

    def put_nowait(self, packet: bytes) -> None:
        """Be the queue from which packets go to the socket."""
        self.packed_at = time.perf_counter()
        self._arrived(packet)

    def _send_unlogged(self, message: Any) -> None:
        encode = configure_encode_object_for_msgpack(base_control.BaseControl)
        self.put_nowait(b"\x00" + msgpack.packb([message.action, message.body], default=encode))

    async def _receive(self, packet: bytes) -> None:
        # What stands in its loop that reads the socket.
        assert packet[0] == 0x00
        await self._app._FletApp__on_message(msgpack.unpackb(packet[1:], ext_hook=decode_ext_from_msgpack))

    async def _settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def _close(self) -> None:
        session: Session = self._app._FletApp__session
        await app_manager.delete_session(self._app._FletApp__get_unique_session_id(session.id))
        await self._settle()
        self._app = None


def assert_flet_is_as_it_comes() -> None:
    """Make sure that in this process flet is flet's alone: we may not have made it any faster, nor slower.

    Raises
    ------
    RuntimeError
        We are here too, or what was replaced by us once is not flet's.
    """
    loaded = sorted(name for name in sys.modules if name.split(".")[0] == "flet_jupyter")
    originals = {
        "get_event_field_type": control_event.get_event_field_type,
        "get_param_count": object_model.get_param_count,
    }
    replaced = [name for name, original in originals.items() if vars(base_control)[name] is not original]
    if loaded or replaced:
        raise RuntimeError(f"flet is not as it comes: {', '.join([*loaded, *replaced])}")
