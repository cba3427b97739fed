"""What sessions cost a website that do nothing, and whether thousands of them are held."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.website_load import Load, click_all, crowd
from tests.bench.website_peers import MEGABYTE, Census, census

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.website_client import Visitor
    from tests.bench.website_peers import Address

SETTLE = 15.0
"""Seconds after which threads that idle have gone and what was needed to connect is free again."""
FIRST = 20
"""Visitors who come and go before anything is measured: what is loaded for the first stays."""


@dataclass(frozen=True)
class Idle:
    """What sessions that do nothing take.

    Attributes
    ----------
    sessions : int
        How many were there when memory was measured.
    kilobytes : list of float
        Unique set size for each of them, of each server.
    """

    sessions: int
    kilobytes: list[float]


@dataclass(frozen=True)
class Held:
    """What became of many sessions.

    Attributes
    ----------
    sessions, lost : int
        How many came, and how many of these connections had ended at the end.
    load : Load
        What some of them found when they clicked.
    census : Census
        The server, with all of them.
    """

    sessions: int
    lost: int
    load: Load
    census: Census


async def hold(
    addresses: Sequence[Address], some: int, many: int, active: int, seconds: float
) -> dict[str, tuple[Idle, Held]]:
    """Measure memory with `some` idle sessions on each server; then have `many`, of which `active` click.

    A peer may have several servers: memory is the median of them, and only the first has more sessions.
    """
    for address in addresses:
        for visitor in await crowd(address.ws_url, FIRST):
            await visitor.answer("Add")
            await visitor.close()
    await asyncio.sleep(1)
    before, visitors = {}, {}
    for address in addresses:
        before[address.pid] = census(address).uss
        visitors[address.pid] = await crowd(address.ws_url, some)
    await asyncio.sleep(SETTLE)
    servers: dict[str, list[Address]] = {}
    for address in addresses:
        servers.setdefault(address.name, []).append(address)
    idle = {
        name: Idle(some, [(census(each).uss - before[each.pid]) * MEGABYTE / 1000 / some for each in equals])
        for name, equals in servers.items()
    }
    for first, *others in servers.values():
        visitors[first.pid] += await crowd(first.ws_url, many - some)
        for other in others:
            for visitor in visitors[other.pid]:
                visitor.drop()
    found = {}
    for name, (first, *_) in servers.items():
        found[name] = (idle[name], await _activate(first, visitors[first.pid], active, seconds))
    return found


async def _activate(address: Address, everyone: list[Visitor], active: int, seconds: float) -> Held:
    load = await click_all(everyone[:: len(everyone) // active][:active], address, warm_up=1, seconds=seconds)
    held = Held(len(everyone), sum(visitor.ended.done() for visitor in everyone), load, census(address))
    for visitor in everyone:
        visitor.drop()
    return held
