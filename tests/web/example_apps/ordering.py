"""Handlers that rely on the order in which things happen."""

import asyncio
import time
from typing import Any

import flet as ft

from tests.web.example_apps.barrier import barrier


def main(page: ft.Page) -> None:  # noqa: C901, PLR0915 - as people write them
    said: list[str] = []
    text = ft.Text("-", key="text")
    status = ft.Text("idle", key="status")
    spinner = ft.ProgressRing(visible=False, key="spinner")

    def say(word: str) -> None:
        said.append(word)

    def blocking(e: Any) -> None:
        sum(range(20_000))
        say(f"blocking {len(said)}")

    async def asynchronous(e: Any) -> None:
        say(f"async {len(said)}")

    async def in_two_parts(e: Any) -> None:
        say(f"first part {len(said)}")
        await asyncio.sleep(0)

    def show(e: Any) -> None:
        text.value = ", ".join(said)
        said.clear()

    def routed() -> None:
        time.sleep(0.002)  # as a query takes
        status.value = f"routed to {page.route}"
        say(str(status.value))

    async def go() -> None:
        say("going")
        await page.push_route(f"{page.route}x")
        say("gone")

    # What a blocking handler begins is to come after it.

    async def load() -> None:
        spinner.visible = False
        status.value = "loaded"
        page.update()

    def work() -> None:
        spinner.visible = False
        status.value = "worked"
        page.update()

    def busy() -> None:
        time.sleep(0.002)  # as a query takes
        spinner.visible = True
        status.value = "busy"

    def run_task() -> None:
        page.run_task(load)
        busy()

    def create_task() -> None:
        asyncio.create_task(load())  # noqa: RUF006 - as people do
        busy()

    def run_thread() -> None:
        page.run_thread(work)
        busy()

    def navigate() -> None:
        page.navigate("/there")
        busy()

    page.on_route_change = routed
    handlers: dict[str, Any] = {
        "blocking": blocking, "async": asynchronous, "two parts": in_two_parts, "show": show, "go": go,
        "run task": run_task, "create task": create_task, "run thread": run_thread, "navigate": navigate,
    }  # fmt: skip
    page.add(
        text,
        status,
        spinner,
        ft.Row([ft.Button(name, on_click=handler, key=name) for name, handler in handlers.items()]),
    )


ft.run(main, before_main=barrier())
