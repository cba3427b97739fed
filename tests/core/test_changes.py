"""What a diff may leave out: nothing that has changed."""

from __future__ import annotations

from typing import Any

import flet as ft
import pytest

from tests.core.harness import App


class Rows(list[Any]):
    """A list of somebody's own."""


def _text(page: ft.Page) -> ft.Text:
    found = page.controls[0]
    while not isinstance(found, ft.Text):
        found = found.content if isinstance(found, ft.Container) else found.controls[0]  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: ft.Column(controls=[text]),
        lambda text: ft.Column(controls=Rows([text])),
        lambda text: ft.Container(content=ft.Row([ft.Container(content=text)])),
        lambda text: ft.Stack([ft.ListView([text])]),
    ],
)
async def test_a_change_is_found_wherever_it_is(wrap: Any) -> None:
    app = App(lambda page: page.add(wrap(ft.Text("before"))))
    client = await app.open()
    await client.shows("before")
    _text(client.session.page).value = "after"
    client.session.page.update()
    await client.shows("after")


async def test_a_changed_value_inside_a_control_is_found() -> None:
    style = ft.TextStyle(size=10)
    app = App(lambda page: page.add(ft.Column([ft.Text("a", style=style), ft.Text("b", style=style)])))
    client = await app.open()
    await client.shows("a", "b")
    style.size = 20
    client.session.page.update()
    assert client.find(value="a")["style"]["size"] == 20


async def test_what_is_appended_in_place_is_found_and_what_follows_too() -> None:
    column = ft.Column([ft.Text("0")])
    app = App(lambda page: page.add(column))
    client = await app.open()
    for number in range(1, 5):
        column.controls.append(ft.Text(str(number)))
        client.session.page.update()
        await client.shows(*map(str, range(number + 1)))
    column.controls[2].value = "two"
    client.session.page.update()
    await client.shows("0", "1", "two", "3", "4")


async def test_the_list_may_be_replaced_by_an_equal_one_with_other_controls() -> None:
    column = ft.Column([ft.Text("same")])
    app = App(lambda page: page.add(column))
    client = await app.open()
    column.controls = [ft.Text("same")]
    client.session.page.update()
    column.controls[0].value = "changed"
    client.session.page.update()
    await client.shows("changed")
