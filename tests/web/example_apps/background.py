"""Work beside the handlers: coroutines, generators, tasks, threads."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import flet as ft

from tests.web.example_apps.barrier import barrier


async def main(page: ft.Page) -> AsyncIterator[None]:  # noqa: C901, PLR0915 - as people write them
    status = ft.Text("starting", key="status")
    progress = ft.ProgressBar(value=0, key="progress")
    rows = ft.Column(key="rows")
    page.add(status, progress, rows)
    yield

    def steps() -> Iterator[None]:
        for part in range(5):
            progress.value = part / 4
            status.value = f"part {part}"
            yield
        status.value = "all parts"

    async def steps_later() -> AsyncIterator[None]:
        for part in range(3):
            rows.controls.append(ft.Text(f"row {len(rows.controls)}"))
            yield
            await asyncio.sleep(0)
            progress.value = part / 2

    async def work(name: str, *, times: int) -> int:
        for number in range(times):
            await asyncio.sleep(0.001)
            status.value = f"{name} {number}"
            page.update()
        status.value = f"{name} done"
        status.update()
        return times

    def task() -> None:
        page.run_task(work, "task", times=3)

    async def awaited() -> None:
        done = await asyncio.gather(work("a", times=1), asyncio.wrap_future(page.run_task(work, "b", times=2)))
        status.value = f"gathered {done}"
        page.update()  # what was awaited has updated the page already

    def count(name: str, limit: int) -> None:
        for number in range(limit):
            rows.controls.append(ft.Text(f"{name} {number}"))
        status.value = f"{name} counted"
        page.update()

    def thread() -> None:
        status.value = "thread begins"
        page.run_thread(count, "thread", limit=3)

    def own_thread() -> None:
        thread = threading.Thread(target=count, args=("own", 2))
        thread.start()
        thread.join()

    async def off_loop() -> None:
        text = await asyncio.to_thread(lambda: "computed")
        status.value = text

    async def created() -> None:
        async def inner() -> None:
            await asyncio.sleep(0)
            status.value = "inner"
            page.update()

        task = asyncio.create_task(inner())
        await task

    def fire_and_forget() -> None:
        async def inner() -> None:
            rows.controls.clear()
            status.value = "forgotten"
            page.update()

        asyncio.create_task(inner())  # noqa: RUF006 - as people do

    def only_this() -> None:
        progress.value = 0.75
        status.value = "only this"
        status.update()

    def silently() -> None:
        ft.context.disable_auto_update()
        status.value = "silent"

    handlers = {
        "steps": steps, "steps later": steps_later, "task": task, "awaited": awaited, "thread": thread,
        "own thread": own_thread, "off loop": off_loop, "created": created, "forget": fire_and_forget,
        "only this": only_this, "silently": silently, "nothing": None,
    }  # fmt: skip
    page.add(ft.Row([ft.Button(name, on_click=handler, key=name) for name, handler in handlers.items()], wrap=True))
    yield
    status.value = "ready"


ft.run(main, before_main=barrier())
