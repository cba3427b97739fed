"""The app that the website's peers serve: what a visitor gets depends on the route.

One file for all measurements, so that every peer is started in one way and serves the same.
"""

from __future__ import annotations

import asyncio
import gc
import time
from typing import TYPE_CHECKING, Any

import flet as ft

if TYPE_CHECKING:
    from collections.abc import Callable

SLEEP = 1.5
"""Seconds that the slow handler takes."""
TICKS = 150
TICK_GAP = 0.02
"""Seconds between two updates of the ticking thread."""
UPDATES = 100_000
"""Updates of the flooding thread."""
FLOODED = "flooded"
"""What the other visitors of the flooded app are shown when its thread has ended."""


def main(page: ft.Page) -> None:
    """Build the page of `page.route`; the counter for any that is unknown."""
    pages: dict[str, Callable[[ft.Page], None]] = {
        "/ticks": _ticks, "/flood": _flood, "/watch": _watch, "/census": _census,
    }  # fmt: skip
    pages.get(page.route, _counter)(page)


def _counter(page: ft.Page) -> None:
    count = ft.Text("0")

    def add(_: Any) -> None:
        count.value = str(int(count.value) + 1)

    def sleep(_: Any) -> None:
        time.sleep(SLEEP)
        count.value = "slept"

    controls: list[ft.Control] = [count, ft.FilledButton("Add", on_click=add)]
    if page.route == "/slow":
        controls.append(ft.FilledButton("Sleep", on_click=sleep))
    page.add(*controls)


def _ticks(page: ft.Page) -> None:
    now = ft.Text("0")

    def tick() -> None:
        for _ in range(TICKS):
            now.value = repr(time.monotonic())
            page.update()
            time.sleep(TICK_GAP)

    page.add(now, ft.FilledButton("Tick", on_click=lambda _: page.run_thread(tick)))


def _flood(page: ft.Page) -> None:
    count = ft.Text("0")

    def flood() -> None:
        for number in range(UPDATES):
            count.value = flood_line(number + 1)
            count.update()
        page.pubsub.send_others_on_topic("end", FLOODED)

    page.pubsub.subscribe_topic("start", lambda _topic, _message: page.run_thread(flood))
    page.add(count)


def _watch(page: ft.Page) -> None:
    state = ft.Text("waiting")

    def tell(_topic: str, message: str) -> None:
        state.value = message
        page.update()

    page.pubsub.subscribe_topic("end", tell)
    page.add(state, ft.FilledButton("Flood", on_click=lambda _: page.pubsub.send_others_on_topic("start", "")))


def flood_line(number: int) -> str:
    """Return what the flooded page says after so many updates: as long as a line of a log."""
    return f"{number:>200}"


def _census(page: ft.Page) -> None:
    count, tasks = ft.Text("0"), ft.Text("?")

    def add(_: Any) -> None:
        count.value = str(int(count.value) + 1)

    def take(_: Any) -> None:
        # Not asyncio.all_tasks(): it sees one loop only, and a server may have several.
        gc.collect()
        pending = [task for task in gc.get_objects() if isinstance(task, asyncio.Task) and not task.done()]
        tasks.value = f"tasks {len(pending)} at {time.monotonic()}"

    page.add(count, tasks, ft.FilledButton("Add", on_click=add), ft.FilledButton("Census", on_click=take))
