"""What is left in a website of clients that misbehave: that never register, send garbage, or stop reading."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.website_apps import FLOODED, UPDATES, flood_line
from tests.bench.website_client import Visitor, VisitorError, connect, visit
from tests.bench.website_fuzz import packets
from tests.bench.website_peers import census

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.website_peers import Address

CLIENTS = 50
"""Clients that misbehave at the same time."""
WARM_UP = 500
"""Connections and packets, at least, before anything is measured."""
LIMIT = 30.0
"""Seconds after which no more garbage is sent: a server that ends the connection each time takes long."""
SESSION_TIMEOUT = 3
"""Seconds that the server shall keep the sessions of those who left."""
SETTLE = 14.0
"""Seconds after which sessions have expired, which flet_web looks for every 10 s, and idle threads have gone."""
HUNG = 1.0
"""Seconds without an answer after which a client that sent garbage starts anew."""
FLOOD_LIMIT = 120.0
"""Seconds after which a flood is given up."""
RECEIVE_BUFFER = 4096
"""Bytes that the system may keep for the client that does not read: else it would keep most of the flood."""


@dataclass(frozen=True)
class State:
    """What a server holds: pending tasks of asyncio, threads, descriptors, unique set size in MB."""

    tasks: int
    threads: int
    fds: int
    uss: float


@dataclass(frozen=True)
class Left:
    """What clients left behind.

    Attributes
    ----------
    done : int
        Connections that were closed, or packets that were sent.
    ended : int
        Connections that the server ended.
    hung : int
        Times that a click after garbage was not answered, the connection still open.
    before, after : State
        The server before and well after.
    is_served : bool
        Whether the next visitor got a page and an answer.
    """

    done: int
    ended: int
    hung: int
    before: State
    after: State
    is_served: bool


@dataclass(frozen=True)
class Stalled:
    """What came of a client that did not read while its page changed.

    Attributes
    ----------
    growth : float
        By how many MB the server's unique set size grew at most.
    seconds : float
        How long the app took for its updates.
    packets : int
        How many the client got in all, most of them once it read again.
    is_exact : bool
        Whether it ended with the app's last value.
    reconnected : bool
        Whether the server had ended the connection.
    """

    growth: float
    seconds: float
    packets: int
    is_exact: bool
    reconnected: bool


async def state(address: Address) -> State:
    """Ask the server for its tasks, and the system for the rest."""
    visitor = await visit(address.ws_url, "/census", button="Census")
    await visitor.answer("Census", "tasks")  # for the first visitor, the server loads what stays loaded
    tasks = int((await visitor.answer("Census", "tasks")).split()[1])
    counted = census(address)
    await visitor.close()
    return State(tasks, counted.threads, counted.fds, counted.uss)


async def come_and_go(address: Address, times: int) -> int:
    """Connect and close without registering, every second time without a good-bye; return how many were refused."""
    numbers = iter(range(times))
    refused = 0

    async def work() -> None:
        nonlocal refused
        for number in numbers:
            try:
                visitor = await connect(address.ws_url)
            except VisitorError:
                refused += 1
                continue
            if number % 2:
                visitor.drop()
            else:
                await visitor.close()

    await asyncio.gather(*(work() for _ in range(CLIENTS)))
    return refused


async def send_garbage(address: Address, count: int) -> tuple[int, int, int]:
    """Send malformed packets, each followed by a click; return how many, connections ended, answers missed."""
    deadline = time.monotonic() + LIMIT
    numbers = itertools.takewhile(lambda _: time.monotonic() < deadline, range(count))
    totals = [0, 0, 0]
    await asyncio.gather(*(_garbage(address, seed, numbers, totals) for seed in range(CLIENTS)))
    return totals[0], totals[1], totals[2]


async def _garbage(address: Address, seed: int, numbers: Iterator[int], totals: list[int]) -> None:
    visitor: Visitor | None = None
    session_id = None
    for number in numbers:
        totals[0] += 1
        try:
            if visitor is None:
                visitor = await visit(address.ws_url, session_id=session_id)
                garbage = packets(seed * 1_000_000 + number, visitor.buttons["Add"])
            if number % 100:
                visitor.send(next(garbage))
            else:
                visitor.send_text(b"not even bytes")
            await visitor.answer("Add", patience=HUNG)
        except VisitorError:
            ended = visitor is not None and visitor.ended.done()
            totals[1 if ended else 2] += 1
            session_id = visitor.session_id if visitor is not None and ended else None
            if visitor is not None:
                visitor.drop()
            visitor = None
    if visitor is not None:
        visitor.drop()


async def leavings(addresses: Sequence[Address], connections: int, garbage: int) -> dict[str, tuple[Left, Left]]:
    """Measure what unregistered connections leave, then what malformed packets do.

    The servers wait together, and work one after the other.
    """
    for address in addresses:
        # What the first of them leave may be there for all.
        await come_and_go(address, max(connections // 10, WARM_UP))
        await send_garbage(address, max(garbage // 10, WARM_UP))
    states = [await _settled(addresses)]
    closed = {address.name: (connections - await come_and_go(address, connections), 0, 0) for address in addresses}
    states.append(await _settled(addresses))
    sent = {address.name: await send_garbage(address, garbage) for address in addresses}
    states.append(await _settled(addresses))
    served = {address.name: await is_served(address) for address in addresses}
    return {
        name: (
            Left(*closed[name], states[0][name], states[1][name], served[name]),
            Left(*sent[name], states[1][name], states[2][name], served[name]),
        )
        for name in served
    }


async def _settled(addresses: Sequence[Address]) -> dict[str, State]:
    await asyncio.sleep(SETTLE)
    return {address.name: await state(address) for address in addresses}


async def is_served(address: Address) -> bool:
    """Tell whether one more visitor gets a page and an answer."""
    with contextlib.suppress(VisitorError):
        visitor = await visit(address.ws_url)
        answer = await visitor.answer("Add")
        await visitor.close()
        return answer == "1"
    return False


async def stall_all(addresses: Sequence[Address]) -> dict[str, Stalled]:
    """Have a client of each server stop reading, at the same time: it is memory that is measured."""
    found = await asyncio.gather(*(stall(address) for address in addresses))
    return {address.name: each for address, each in zip(addresses, found, strict=True)}


async def stall(address: Address) -> Stalled:
    """Have a page updated whose client does not read; then read."""
    visitor = await connect(address.ws_url, "/flood", receive_buffer=RECEIVE_BUFFER)
    visitor.register()
    await visitor.sees_text("0")
    watcher = await visit(address.ws_url, "/watch", button="Flood")
    flooded = asyncio.Event()
    watcher.on_text = lambda text: flooded.set() if text == FLOODED else None
    before = peak = census(address).uss
    start = time.monotonic()
    visitor.stop_reading()
    watcher.press("Flood")
    while not flooded.is_set() and time.monotonic() < start + FLOOD_LIMIT:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(flooded.wait(), 0.2)
        peak = max(peak, census(address).uss)
    took = time.monotonic() - start
    is_exact = await _shows_last(visitor)
    packets_read = visitor.packets
    reconnected = visitor.ended.done()
    if reconnected:
        visitor = await connect(address.ws_url, "/flood", session_id=visitor.session_id)
        visitor.register()
        is_exact = await _shows_last(visitor)
    visitor.drop()
    watcher.drop()
    return Stalled(peak - before, took, packets_read, is_exact, reconnected)


async def _shows_last(visitor: Visitor) -> bool:
    visitor.read_again()
    try:
        await visitor.sees_text(flood_line(UPDATES))
    except VisitorError:
        return False
    return True
