"""A counter."""

from typing import Any

import flet as ft

from tests.web.example_apps.barrier import barrier


def main(page: ft.Page) -> None:
    page.title = "Counter"
    page.vertical_alignment = ft.MainAxisAlignment.CENTER
    number = ft.TextField(value="0", text_align=ft.TextAlign.RIGHT, width=100, key="number")
    history = ft.Text(key="history")

    def typed(e: Any) -> None:
        number.error = None if number.value.lstrip("-").isdigit() else "Not a number"
        history.value = f"typed {e.data!r}"

    def step(e: Any) -> None:
        if number.error is None:
            number.value = str(int(number.value or 0) + e.control.data)
            history.value = f"{history.value} {e.control.data:+}"[-40:]

    async def double(e: Any) -> None:
        if number.error is None:
            number.value = str(int(number.value or 0) * 2)
            page.update()

    number.on_change = typed
    page.add(
        ft.Row(
            [
                ft.IconButton(ft.Icons.REMOVE, data=-1, on_click=step, key="minus"),
                number,
                ft.IconButton(ft.Icons.ADD, data=1, on_click=step, key="plus", tooltip="One more"),
                ft.OutlinedButton("Double", on_click=double, key="double"),
            ],
            alignment=ft.MainAxisAlignment.CENTER,
        ),
        history,
    )


ft.run(main, before_main=barrier())
