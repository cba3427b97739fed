"""A number, and two buttons that change it."""

import flet as ft


def main(page: ft.Page) -> None:
    page.title = "Counter"
    page.vertical_alignment = ft.MainAxisAlignment.CENTER
    number = ft.Text("0", size=40)

    def more() -> None:
        number.value = str(int(number.value) + 1)

    def less() -> None:
        number.value = str(int(number.value) - 1)

    page.add(
        ft.Row(
            alignment=ft.MainAxisAlignment.CENTER,
            controls=[
                ft.IconButton(ft.Icons.REMOVE, tooltip="Less", on_click=less),
                number,
                ft.IconButton(ft.Icons.ADD, tooltip="More", on_click=more),
            ],
        )
    )


ft.run(main)
