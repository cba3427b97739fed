"""Splits a bill. It has a fault: nobody has thought of no guests at all."""

import flet as ft


def main(page: ft.Page) -> None:
    page.title = "Bill"

    def split() -> None:
        share.value = f"Each pays {float(total.value) / int(guests.value):.2f}"

    total = ft.TextField(label="Total", value="60", width=200)
    guests = ft.TextField(label="Guests", value="4", width=200)
    share = ft.Text("Who pays what?")
    page.add(total, guests, ft.Button("Split", on_click=split), share)


ft.run(main)
