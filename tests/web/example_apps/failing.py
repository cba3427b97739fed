"""An app with errors of every kind."""

from collections.abc import AsyncIterator, Iterator

import flet as ft

from tests.web.example_apps.barrier import barrier


def main(page: ft.Page) -> None:  # noqa: C901 - as people write them
    if page.route == "/main":
        raise ValueError("main fails")
    text = ft.Text("start", key="text")

    def blocking() -> None:
        text.value = "half done"
        raise ValueError("blocking fails")

    async def asynchronous() -> None:
        text.value = "half done"
        raise ValueError("async fails")

    def generator() -> Iterator[None]:
        text.value = "half done"
        yield
        raise ValueError("generator fails")

    async def async_generator() -> AsyncIterator[None]:
        text.value = "half done"
        yield
        raise ValueError("async generator fails")

    def not_shown() -> None:
        ft.Text("on no page").update()

    def invalid() -> None:
        page.controls.append(ft.Container(opacity=2))

    async def in_task() -> None:
        raise ValueError("task fails")

    def task() -> None:
        page.run_task(in_task)

    def in_thread() -> None:
        raise ValueError("thread fails")

    def thread() -> None:
        page.run_thread(in_thread)

    def fine() -> None:
        text.value = "fine"

    handlers = {
        "blocking": blocking, "async": asynchronous, "generator": generator, "async generator": async_generator,
        "not shown": not_shown, "invalid": invalid, "task": task, "thread": thread, "fine": fine,
    }  # fmt: skip
    page.add(text, ft.Row([ft.Button(name, on_click=handler, key=name) for name, handler in handlers.items()]))


def before_main(page: ft.Page) -> None:
    if page.route == "/before":
        raise ValueError("before_main fails")


ft.run(main, before_main=barrier(before_main))
