"""Several choices in one control, and what the app knows of them."""

import flet as ft


def main(page: ft.Page) -> None:
    page.title = "Choices"
    chosen = ft.Text("chosen: milk, eggs")

    def choose() -> None:
        chosen.value = "chosen: " + ", ".join(sorted(shopping.selected))

    shopping = ft.SegmentedButton(
        [ft.Segment(name, label=name.title()) for name in ("bread", "eggs", "milk")],
        selected=["milk", "eggs"],
        allow_multiple_selection=True,
        allow_empty_selection=True,
        on_change=choose,
    )
    page.add(shopping, chosen)


ft.run(main)
