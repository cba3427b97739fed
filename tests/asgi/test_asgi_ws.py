"""The WebSocket transport, with the server played by the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flet_jupyter.transports import asgi_ws
from flet_jupyter.transports.asgi_ws import AsgiSocket, carry
from tests.core.harness import until


class Server:
    """What an ASGI server does: takes what is sent unless the client does not read, and says what arrives."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.arrived: asyncio.Queue[Any] = asyncio.Queue()
        self.reading = asyncio.Event()
        self.reading.set()
        self.gone: Exception | None = None

    async def send(self, message: Any) -> None:
        await self.reading.wait()
        if self.gone is not None:
            raise self.gone
        self.sent.append(message.get("bytes", (message.get("code"), message.get("reason"))))

    def arrives(self, **message: Any) -> None:
        self.arrived.put_nowait({"type": "websocket.receive", **message})

    def disconnects(self) -> None:
        self.arrived.put_nowait({"type": "websocket.disconnect", "code": 1006})


class Visit:
    """What the core does with a connection."""

    def __init__(self, socket: AsgiSocket) -> None:
        self.socket = socket
        self.received: list[bytes] = []
        self.on_drained: list[Callable[[], object]] = []
        self.drains = 0
        self.closed = False

    def receive(self, data: bytes) -> None:
        self.received.append(data)

    def drained(self) -> None:
        self.drains += 1
        if self.on_drained:
            self.on_drained.pop()()

    def close(self) -> None:
        self.closed = True


class Carried:
    """A connection that is being carried."""

    def __init__(self) -> None:
        self.server = Server()
        socket = AsgiSocket(self.server.send)
        visit: Any = Visit(socket)
        self.visits: list[Visit] = [visit]
        self.task = asyncio.create_task(carry(self.server.arrived.get, socket, visit))

    async def begins(self) -> Visit:
        await until(lambda: self.visits[0].drains)
        return self.visits[0]

    async def ends(self) -> None:
        """Wait for the end, and see that nothing is left."""
        await self.task
        assert self.visits[0].closed
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_packets_are_sent_in_their_order_and_their_leaving_is_told_once() -> None:
    carried = Carried()
    visit = await carried.begins()
    drains = visit.drains
    assert [visit.socket.write(packet) for packet in (b"1", b"2", b"3")] == [False] * 3
    await until(lambda: visit.drains > drains)
    assert carried.server.sent == [b"1", b"2", b"3"]
    assert visit.drains == drains + 1
    carried.server.disconnects()
    await carried.ends()


async def test_while_the_client_does_not_read_nothing_is_said_to_have_left() -> None:
    carried = Carried()
    visit = await carried.begins()
    drains = visit.drains
    carried.server.reading.clear()
    visit.socket.write(b"1")
    await asyncio.sleep(0)
    visit.socket.write(b"2")
    for _ in range(10):
        await asyncio.sleep(0)
    assert (carried.server.sent, visit.drains) == ([], drains)
    carried.server.reading.set()
    await until(lambda: visit.drains > drains)
    assert carried.server.sent == [b"1", b"2"]
    carried.server.disconnects()
    await carried.ends()


async def test_who_is_told_may_write_more() -> None:
    carried = Carried()
    visit = await carried.begins()
    visit.on_drained = [lambda: visit.socket.write(b"2")]
    visit.socket.write(b"1")
    await until(lambda: carried.server.sent == [b"1", b"2"])
    carried.server.disconnects()
    await carried.ends()


async def test_bytes_are_packets_and_text_is_nothing() -> None:
    carried = Carried()
    visit = await carried.begins()
    carried.server.arrives(bytes=b"1")
    carried.server.arrives(text="text")
    carried.server.arrives(bytes=None, text="as hypercorn has it")
    carried.server.arrives(bytes=b"", text=None)
    carried.server.arrives(bytes=b"2")
    carried.server.disconnects()
    await carried.ends()
    assert visit.received == [b"1", b"", b"2"]


async def test_last_words_are_sent_before_the_connection_is_closed() -> None:
    carried = Carried()
    visit = await carried.begins()
    visit.socket.write(b"why")
    visit.socket.close(1008, "é" * 100)
    visit.socket.close(1000, "again")
    await until(lambda: len(carried.server.sent) == 2)
    assert carried.server.sent == [b"why", (1008, "é" * 61)]
    assert visit.socket.write(b"too late") is False
    carried.server.disconnects()
    await carried.ends()
    assert len(carried.server.sent) == 2


@pytest.mark.parametrize("reads", [True, False])
async def test_a_client_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, reads: bool) -> None:
    monkeypatch.setattr(asgi_ws, "CLOSE_WITHIN", 0.01)
    carried = Carried()
    visit = await carried.begins()
    if not reads:
        carried.server.reading.clear()
        visit.socket.write(b"unread")
        await asyncio.sleep(0)
    visit.socket.close(1001, "")
    await carried.ends()


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("Unexpected ASGI message")])
async def test_a_client_that_has_gone_while_it_was_sent_to_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(asgi_ws, "CLOSE_WITHIN", 0.01)
    carried = Carried()
    visit = await carried.begins()
    carried.server.gone = error
    visit.socket.write(b"1")
    visit.socket.write(b"2")
    await carried.ends()
    assert visit.socket.write(b"3") is False
    assert not visit.socket._packets


async def test_a_client_that_goes_while_it_does_not_read_leaves_nothing() -> None:
    carried = Carried()
    visit = await carried.begins()
    carried.server.reading.clear()
    visit.socket.write(b"1")
    await asyncio.sleep(0)
    carried.server.disconnects()
    await carried.ends()


async def test_a_server_that_cancels_its_connections_leaves_nothing() -> None:
    carried = Carried()
    await carried.begins()
    carried.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await carried.task
    assert carried.visits[0].closed
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_error_of_the_core_is_not_taken_for_a_client_that_has_gone() -> None:
    carried = Carried()
    visit = await carried.begins()

    def broken() -> None:
        raise ZeroDivisionError

    visit.on_drained = [broken]
    visit.socket.write(b"1")
    carried.server.disconnects()
    with pytest.raises(ZeroDivisionError):
        await carried.task
    assert visit.closed
