"""How fast a website answers: clicks in a closed loop, beside a handler that sleeps, and updates from a thread."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped] # without types-psutil

from tests.bench.website_apps import SLEEP, TICK_GAP, TICKS
from tests.bench.website_client import PATIENCE, Visitor, VisitorError, visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.website_peers import Address

CONNECTING = 20
"""Visitors that connect at the same time."""


@dataclass(frozen=True)
class Load:
    """What visitors found who clicked.

    Attributes
    ----------
    rate : float
        Answers per second.
    times : list of float
        Milliseconds from each click to its answer.
    errors : int
        Visitors who got a wrong answer or none.
    client_cpu, server_cpu : float
        Shares of a core that were taken meanwhile.
    """

    rate: float
    times: list[float]
    errors: int
    client_cpu: float
    server_cpu: float


class Clicker:
    """A visitor who clicks, awaits the answer, and clicks again."""

    def __init__(self, visitor: Visitor) -> None:
        self.times: list[tuple[float, float]] = []
        self.stopped = asyncio.Event()
        self._visitor = visitor
        self._packet = visitor.click("Add")
        self._stops = False
        self._count = 0
        self._sent = 0.0

    async def start(self) -> None:
        """Find out where the counter is, and click."""
        self._count = int(await self._visitor.answer("Add"))
        self._visitor.on_text = self._read
        self._click()

    async def stop(self) -> bool:
        """Click no more once the answer is there; tell whether it came."""
        self._stops = True
        try:
            await asyncio.wait_for(self.stopped.wait(), PATIENCE)
        except asyncio.TimeoutError:
            return False
        return True

    def _click(self) -> None:
        self._count += 1
        self._sent = time.perf_counter()
        self._visitor.send(self._packet)

    def _read(self, text: str) -> None:
        if text != str(self._count):
            return
        now = time.perf_counter()
        self.times.append((now, now - self._sent))
        if self._stops:
            self.stopped.set()
        else:
            self._click()


async def crowd(url: str, size: int, route: str = "/") -> list[Visitor]:
    """Have `size` visitors come, a few at a time."""
    visitors: list[Visitor] = []
    for first in range(0, size, CONNECTING):
        some = range(first, min(size, first + CONNECTING))
        visitors += await asyncio.gather(*(visit(url, route) for _ in some))
    return visitors


async def leave(visitors: Sequence[Visitor]) -> None:
    """Have visitors go."""
    await asyncio.gather(*(visitor.close() for visitor in visitors))


async def click_all(visitors: Sequence[Visitor], address: Address, warm_up: float, seconds: float) -> Load:
    """Have visitors click in a closed loop."""
    server = psutil.Process(address.pid)
    clickers = [Clicker(visitor) for visitor in visitors]
    await asyncio.gather(*(clicker.start() for clicker in clickers))
    await asyncio.sleep(warm_up)
    gc.collect()
    gc.disable()  # the client's own pauses are not the server's
    begin, cpu, server_cpu = time.perf_counter(), time.process_time(), _cpu(server)
    await asyncio.sleep(seconds)
    end, cpu, server_cpu = time.perf_counter(), time.process_time() - cpu, _cpu(server) - server_cpu
    gc.enable()
    answered = await asyncio.gather(*(clicker.stop() for clicker in clickers))
    times = [took * 1000 for clicker in clickers for at, took in clicker.times if begin <= at < end]
    return Load(
        rate=len(times) / (end - begin),
        times=times,
        errors=answered.count(False),
        client_cpu=cpu / (end - begin),
        server_cpu=server_cpu / (end - begin),
    )


async def closed_loop(address: Address, sessions: int, warm_up: float, seconds: float) -> Load:
    """Have `sessions` visitors come, click in a closed loop, and go."""
    visitors = await crowd(address.ws_url, sessions)
    load = await click_all(visitors, address, warm_up, seconds)
    await leave(visitors)
    return load


async def beside_sleeper(address: Address) -> list[float]:
    """Have one visitor click a handler that sleeps, another a counter meanwhile; return the latter's milliseconds."""
    sleeper, other = await visit(address.ws_url, "/slow", button="Sleep"), await visit(address.ws_url)
    await other.answer("Add")
    start = time.perf_counter()
    sleeping = asyncio.create_task(sleeper.answer("Sleep", "slept"))
    times = []
    await asyncio.sleep(0.1)
    while time.perf_counter() - start < SLEEP - 0.1:
        sent = time.perf_counter()
        await other.answer("Add")
        times.append((time.perf_counter() - sent) * 1000)
        await asyncio.sleep(0.05)
    await sleeping
    await leave([sleeper, other])
    return times


async def thread_updates(address: Address) -> list[float]:
    """Have a thread update a page every 20 ms; return how many milliseconds after that each value arrived."""
    visitor = await visit(address.ws_url, "/ticks", button="Tick")
    times: dict[str, float] = {}
    all_there = asyncio.Event()

    def read(text: str) -> None:
        times.setdefault(text, (time.monotonic() - float(text)) * 1000)
        if len(times) == TICKS:
            all_there.set()

    visitor.on_text = read
    visitor.press("Tick")
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(all_there.wait(), TICKS * TICK_GAP * 2 + 1)
    if not times:
        raise VisitorError("no update of a thread arrived")
    await visitor.close()
    return list(times.values())


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
