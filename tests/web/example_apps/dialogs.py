"""Tabs, menus, and everything that comes up above a page and goes again."""

import datetime as dt
import itertools
from typing import Any

import flet as ft

from tests.web.example_apps.barrier import barrier


def main(page: ft.Page) -> None:  # noqa: C901 - as people write them
    said = ft.Text("-", key="said")
    numbers = itertools.count(1)

    def say(e: Any) -> None:
        said.value = f"{type(e.control).__name__} {e.name} {e.data!r}"

    def close(e: Any) -> None:
        page.pop_dialog()
        said.value = f"closed by {e.control.content}"

    def open_question() -> None:
        page.show_dialog(question)

    def open_nested() -> None:
        page.show_dialog(
            ft.AlertDialog(
                content=ft.Text("nested"),
                actions=[ft.TextButton("Close", on_click=close)],
                key=f"inner {next(numbers)}",
            )
        )

    def ignored() -> None:
        said.value = "dismissed"

    question = ft.AlertDialog(
        modal=True,
        title=ft.Text("Sure?"),
        actions=[
            ft.TextButton("Yes", on_click=close, key="yes"),
            ft.TextButton("Ask again", on_click=open_nested, key="nested"),
        ],
        on_dismiss=ignored,
        key="outer",
    )
    sheet = ft.BottomSheet(ft.Container(ft.Column([ft.Text("sheet"), ft.Button("Down", on_click=close, key="down")])))
    banner = ft.Banner(
        content=ft.Text("Oh"), actions=[ft.TextButton("OK", on_click=close, key="ok")], leading=ft.Icon(ft.Icons.INFO)
    )
    picker = ft.DatePicker(
        current_date=dt.datetime(2025, 1, 1, tzinfo=dt.timezone.utc),
        first_date=dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc),
        last_date=dt.datetime(2030, 1, 1, tzinfo=dt.timezone.utc),
        on_change=say,
        key="date",
    )
    times = ft.TimePicker(value=dt.time(1, 2), on_change=say, key="time")

    def snack() -> None:
        page.show_dialog(ft.SnackBar(ft.Text(f"after {said.value}"), action="Undo", on_action=say))

    async def menu_item(e: Any) -> None:
        say(e)
        e.control.content = f"{e.control.content}*"

    def check(e: Any) -> None:
        e.control.checked = not e.control.checked

    def add_tab() -> None:
        number = len(bar.tabs) + 1
        bar.tabs.append(ft.Tab(label=f"Tab {number}"))
        views.controls.append(ft.Text(f"content {number}"))
        tabs.length = number

    bar = ft.TabBar(tabs=[ft.Tab(label="One"), ft.Tab(label="Two", icon=ft.Icons.LOOKS_TWO)])
    views = ft.TabBarView(controls=[ft.Text("content 1"), ft.Button("content 2", on_click=say)], expand=True)
    tabs = ft.Tabs(content=ft.Column([bar, views]), length=2, on_change=say, key="tabs")

    page.appbar = ft.AppBar(
        title=ft.Text("Dialogs"),
        actions=[
            ft.PopupMenuButton(
                items=[
                    ft.PopupMenuItem("Item", on_click=menu_item, key="item"),
                    ft.PopupMenuItem(),
                    ft.PopupMenuItem("Check", checked=False, on_click=check, key="check"),
                ],
                on_open=say,
            )
        ],
    )
    page.drawer = ft.NavigationDrawer(
        [ft.NavigationDrawerDestination(label=label, icon=ft.Icons.ABC) for label in ("A", "B")], on_change=say
    )
    page.navigation_bar = ft.NavigationBar(
        [ft.NavigationBarDestination(icon=icon, label=str(icon)) for icon in (ft.Icons.HOME, ft.Icons.SEARCH)],
        on_change=say,
        key="bar",
    )
    menus = ft.MenuBar(
        [
            ft.SubmenuButton(
                "File",
                [
                    ft.MenuItemButton("Open", leading=ft.Icon(ft.Icons.FILE_OPEN), on_click=menu_item, key="open"),
                    ft.MenuItemButton("Quit", on_click=menu_item, key="quit"),
                ],
                on_open=say,
            )
        ]
    )

    async def drawer() -> None:
        await page.show_drawer()

    opened = {
        "question": open_question,
        "sheet": lambda: page.show_dialog(sheet),
        "banner": lambda: page.show_dialog(banner),
        "pick date": lambda: page.show_dialog(picker),
        "pick time": lambda: page.show_dialog(times),
        "snack": snack,
        "drawer": drawer,
        "add tab": add_tab,
        "pop": page.pop_dialog,
    }
    page.add(menus, said, tabs)
    page.add(ft.Row([ft.Button(name, on_click=handler, key=name) for name, handler in opened.items()], wrap=True))


ft.run(main, before_main=barrier())
