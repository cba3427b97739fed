"""Shows a text file that is beside it, if it is."""

from pathlib import Path

import flet as ft


def main(page: ft.Page) -> None:
    page.title = "News"
    page.add(ft.Markdown((Path(__file__).parent / "news.md").read_text()))


ft.run(main)
