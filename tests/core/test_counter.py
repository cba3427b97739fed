"""The smallest app, from the first packet to the last."""

from __future__ import annotations

import flet as ft

from tests.core.harness import App


def counter(page: ft.Page) -> None:
    count = ft.Text("0")

    def add() -> None:
        count.value = str(int(count.value) + 1)

    page.add(count, ft.Button("Add", on_click=add))


async def test_a_click_changes_what_the_client_shows() -> None:
    app = App(counter)
    client = await app.open()
    await client.shows("0")
    client.click(_c="Button")
    await client.shows("1")
    assert app.errors == []
