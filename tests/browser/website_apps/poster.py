"""Shows what one types in large letters, with a sign to choose beside it."""

import flet as ft

SIGNS = {"Star": ft.Icons.STAR, "Heart": ft.Icons.FAVORITE, "Sun": ft.Icons.SUNNY}


def main(page: ft.Page) -> None:
    page.title = "Poster"
    page.horizontal_alignment = ft.CrossAxisAlignment.CENTER

    def write() -> None:
        words.value = field.value

    def choose(event: ft.Event[ft.IconButton]) -> None:
        sign.icon = SIGNS[str(event.control.tooltip)]

    field = ft.TextField(label="Words", width=500, on_change=write)
    words = ft.Text("Hello", size=80)
    sign = ft.Icon(ft.Icons.STAR, size=80, color=ft.Colors.AMBER)
    page.add(
        field,
        ft.Row([ft.IconButton(icon, tooltip=name, on_click=choose) for name, icon in SIGNS.items()], tight=True),
        ft.Row([sign, words], alignment=ft.MainAxisAlignment.CENTER),
    )


ft.run(main)
