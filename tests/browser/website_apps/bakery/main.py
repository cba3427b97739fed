"""A bakery with a page of its own making: pictures, icons, a manifest, all in the folder ``assets`` beside it."""

import flet as ft


def main(page: ft.Page) -> None:
    page.title = "Bakery"
    page.horizontal_alignment = ft.CrossAxisAlignment.CENTER
    page.add(
        ft.Image(src="images/loaf.png", width=320, height=200, semantics_label="A loaf of bread"),
        ft.Text("Bread, since five o'clock.", size=24),
    )


ft.run(main, assets_dir="assets")
