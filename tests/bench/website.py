"""The dynamic website against Flet's own server.

The same app, the same load client, one run: flet_web is Flet's FastAPI application under one uvicorn worker, ours is
what `jupyter flet serve` starts, and our ASGI application under one uvicorn worker. Each server is one process, and
so is the client, which speaks Flet's protocol and does not draw. Rates and delays are medians of three rounds, in
which the peers take turns.

* *Clicks*: every session clicks the counter, awaits the patch with the right number, and clicks again. The client
  offers no compression of WebSocket messages, which makes flet_web faster and smaller.
* *Beside a sleeping handler*: one user's sync handler sleeps 1.5 s; another clicks a counter meanwhile, the worst of
  these clicks counts.
* *Update from a thread*: every 20 ms a thread sets a text to the time and calls `page.update()`; the delay is from
  that time to the text's arrival in the client.
* *Memory* is the unique set size of the server's process: with 500 sessions, 15 s after the last has come, less
  what it was before; the median of three servers.
* *Cold first page*: Chromium with an empty cache, all responses with their headers and all WebSocket frames until
  the network is idle. flet_web serves the client's files itself (`no_cdn`).
* *Left behind*: what the server has more than before, its abandoned sessions expired; tasks are asyncio's pending
  ones. Every second connection is closed without a good-bye. The malformed packets come from 50 registered clients;
  each is followed by a click, which must be answered unless the server ends the connection.
* *A client that stops reading* has 4 kB of receive buffer; a thread sets a text to lines of 200 bytes and updates it.

`python -m tests.bench.website --quick` prints figures of short rounds, and writes nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped] # without types-psutil
from playwright.sync_api import sync_playwright

from tests.bench import website_abuse, website_idle, website_load, website_rows
from tests.bench.report import say
from tests.bench.website_client import VisitorError
from tests.bench.website_page import Cold, load_cold
from tests.bench.website_peers import PEERS, Address, PeerError, allow_many_descriptors, serving
from tests.bench.website_rows import Round
from tests.bench.website_table import Comparison, section, table
from tests.browser.jupyter import CHROMIUM_ARGUMENTS, chromium_path

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

__all__ = ["measure", "section", "table"]


@dataclass(frozen=True)
class Size:
    """How much is measured; seconds and numbers of sessions, connections and packets."""

    rounds: int = 3
    warm_up: float = 1.5
    single: float = 2.0
    loop: float = 8.0
    idle: int = 500
    held: int = 2_000
    active: int = 200
    active_seconds: float = 10.0
    connections: int = 10_000
    garbage: int = 10_000


QUICK = Size(rounds=1, warm_up=0.5, single=1.0, loop=3.0, idle=200, held=500, active_seconds=3.0, connections=1_000,
             garbage=1_000)  # fmt: skip
STAGES = ("pace", "page", "idle", "abuse", "flood")


def measure(
    peers: Sequence[str] = tuple(PEERS), stages: Sequence[str] = STAGES, size: Size | None = None
) -> Comparison:
    """Run all that is measured, for all peers.

    Raises
    ------
    SystemExit
        A peer does not start, or does not do what it must for anything to be measured.
    """
    try:
        return _measure(peers, stages, size or Size())
    except (PeerError, VisitorError) as error:
        raise SystemExit(f"website: {error}") from error


def _measure(peers: Sequence[str], stages: Sequence[str], size: Size) -> Comparison:
    allow_many_descriptors()
    found = website_rows.Found(others=psutil.cpu_percent(interval=1))
    with _client() as client:
        if "pace" in stages or "page" in stages:
            with _servers(peers) as addresses:
                if "pace" in stages:
                    found.rounds = _pace(client, addresses, size)
                if "page" in stages:
                    found.cold = _cold(addresses)
        if "idle" in stages:
            with _servers(list(peers) * size.rounds) as addresses:
                say("website: idle sessions")
                arguments = (size.idle, size.held, size.active, size.active_seconds)
                found.idle = client(website_idle.hold, addresses, *arguments)
        if "abuse" in stages:
            environment = {"FLET_SESSION_TIMEOUT": str(website_abuse.SESSION_TIMEOUT)}
            with _servers(peers, environment) as addresses:
                say("website: connections and packets that make no sense")
                found.left = client(website_abuse.leavings, addresses, size.connections, size.garbage)
        if "flood" in stages:
            with _servers(peers) as addresses:
                say("website: a client that stops reading")
                found.stalled = client(website_abuse.stall_all, addresses)
    return Comparison(peers, website_rows.rows(found, size.connections, size.garbage), website_rows.notes(found))


def _pace(client: Client, addresses: Sequence[Address], size: Size) -> dict[str, list[Round]]:
    rounds: dict[str, list[Round]] = {address.name: [] for address in addresses}
    for number in range(size.rounds):
        for address in addresses:
            say(f"website: round {number + 1} of {size.rounds}, {PEERS[address.name].title}")
            one = client(website_load.closed_loop, address, 1, size.warm_up / 3, size.single)
            many = client(website_load.closed_loop, address, size.active, size.warm_up, size.loop)
            beside = client(website_load.beside_sleeper, address)
            rounds[address.name].append(Round(one, many, beside, client(website_load.thread_updates, address)))
    return rounds


def _cold(addresses: Sequence[Address]) -> dict[str, Cold]:
    say("website: a cold page in Chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
        try:
            return {address.name: load_cold(browser, address) for address in addresses}
        finally:
            browser.close()


@contextlib.contextmanager
def _servers(names: Sequence[str], environment: dict[str, str] | None = None) -> Iterator[list[Address]]:
    with contextlib.ExitStack() as stack:
        addresses = []
        for name in names:
            addresses.append(stack.enter_context(serving(PEERS[name], environment)))
            say(f"website: {PEERS[name].title} is at {addresses[-1].url}")
        yield addresses


class Client:
    """The process of the load client: calls a coroutine function in an event loop there."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def __call__(self, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
        """Return what the function returns."""
        return self._pool.submit(_run, function, *arguments).result()


def _run(function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
    return asyncio.run(function(*arguments))


@contextlib.contextmanager
def _client() -> Iterator[Client]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield Client(pool)


def main() -> int:
    """Measure what the command line asks for; print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.website", description="The website, for development.")
    parser.add_argument("--quick", action="store_true", help="short rounds, fewer sessions")
    parser.add_argument("--peer", action="append", choices=PEERS, help="measure this one; may be repeated")
    parser.add_argument("--stage", action="append", choices=STAGES, help="measure this; may be repeated")
    options = parser.parse_args()
    found = measure(options.peer or tuple(PEERS), options.stage or STAGES, QUICK if options.quick else Size())
    say("\n\n".join([table(found), *found.notes]))
    return 0 if all(row.is_met for row in found.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
