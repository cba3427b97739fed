"""The apps whose updates are measured, and what their client sends."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import flet as ft

from tests.core.model_client import ModelClient, pack_event, pack_props

__all__ = ["Action", "App", "Click", "Rendering", "Type", "buttons", "component", "listing", "rows", "table", "typing"]

App: TypeAlias = Callable[[ft.Page], None]


class Action(Protocol):
    """What a client does, again and again."""

    def __call__(self, model: ModelClient, steps: range) -> list[list[bytes]]:
        """Return the packets of each step, by what the client shows; the last one of a step is answered by a patch."""


@dataclass(frozen=True)
class Click:
    """Click the button that says `name`."""

    name: str

    def __call__(self, model: ModelClient, steps: range) -> list[list[bytes]]:
        """Return the packets of each step."""
        return [[pack_event(model.id_of(_c="TextButton", content=self.name), "click")]] * len(steps)


@dataclass(frozen=True)
class Type:
    """Type into the one field, a character at each step; begin anew after `length` of them."""

    length: int

    def __call__(self, model: ModelClient, steps: range) -> list[list[bytes]]:
        """Return the packets of each step."""
        field = model.id_of(_c="TextField")
        texts = ["x" * (number % self.length + 1) for number in steps]
        return [[pack_props(field, {"value": text}), pack_event(field, "change", text)] for text in texts]


def listing(count: int, *names: str) -> App:
    """A column of texts, and a button for each named thing that can be done to it: `count` controls in all.

    "change" and "change, async" set one text's value, "append", "insert" and "remove" do so at the end, the front and
    the middle, "shuffle" puts the column, then one of keyed rows, into another order.
    """

    def main(page: ft.Page) -> None:
        texts = count - 1 - len(names)
        keyed = "shuffle" in names
        column = ft.Column([_row(number) if keyed else ft.Text(f"text {number}") for number in range(texts)])
        middle = column.controls[texts // 2]
        chance = random.Random(1)
        clicks = 0

        def change() -> None:
            nonlocal clicks
            clicks += 1
            assert isinstance(middle, ft.Text)
            middle.value = str(clicks)

        async def change_async() -> None:
            change()

        def append() -> None:
            column.controls.append(ft.Row([ft.Text(f"text {len(column.controls)}")]))
            column.update()

        def insert() -> None:
            column.controls.insert(0, ft.Text(f"text {len(column.controls)}"))

        def remove() -> None:
            del column.controls[len(column.controls) // 2]

        def shuffle() -> None:
            chance.shuffle(column.controls)

        actions = {"change": change, "change, async": change_async, "append": append, "insert": insert,
                   "remove": remove, "shuffle": shuffle}  # fmt: skip
        page.add(column, *(ft.TextButton(name, on_click=actions[name]) for name in names))

    return main


def _row(number: int) -> ft.Control:
    return ft.Row([ft.Text(f"text {number}")], key=f"row {number}")


def rows(count: int, texts: int) -> App:
    """Rows of texts, and a button that changes one in the middle."""

    def main(page: ft.Page) -> None:
        cells = [[ft.Text(f"text {row}, {place}") for place in range(texts)] for row in range(count)]
        page.add(ft.Column([ft.Row([*row]) for row in cells]), _changing(cells[count // 2][texts // 2]))

    return main


def table(count: int, columns: int) -> App:
    """A data table, and a button that changes the text of one cell in the middle."""

    def main(page: ft.Page) -> None:
        cells = [[ft.Text(f"cell {row}, {column}") for column in range(columns)] for row in range(count)]
        page.add(
            ft.DataTable(
                columns=[ft.DataColumn(label=f"column {column}") for column in range(columns)],
                rows=[ft.DataRow([ft.DataCell(cell) for cell in row]) for row in cells],
            ),
            _changing(cells[count // 2][columns // 2]),
        )

    return main


def buttons(count: int) -> App:
    """Buttons, each with a handler of its own; that of "change" sets a text."""

    def main(page: ft.Page) -> None:
        text = ft.Text("0")
        others = [ft.TextButton(f"button {number}", on_click=lambda: None) for number in range(count - 3)]
        page.add(ft.Column([*others, _changing(text)]), text)

    return main


def _changing(text: ft.Text) -> ft.TextButton:
    clicks = 0

    def change() -> None:
        nonlocal clicks
        clicks += 1
        text.value = str(clicks)

    return ft.TextButton("change", on_click=change)


def typing(count: int) -> App:
    """A field whose handler says in a text what was typed, in a page of `count` controls."""

    def main(page: ft.Page) -> None:
        echo = ft.Text("")
        field = ft.TextField()

        def changed() -> None:
            echo.value = field.value.upper()

        field.on_change = changed
        page.add(field, echo, ft.Column([ft.Text(f"text {number}") for number in range(count - 3)]))

    return main


def component(count: int) -> App:
    """A component that shows a list; its button puts another one into its state, in which one item differs."""

    @ft.component
    def items() -> ft.Control:
        numbers, set_numbers = ft.use_state(list(range(count)))

        def change() -> None:
            middle = count // 2
            set_numbers([*numbers[:middle], numbers[middle] + count, *numbers[middle + 1 :]])

        texts: list[ft.Control] = [ft.Text(f"item {number}") for number in numbers]
        return ft.Column([ft.TextButton("change", on_click=change), ft.Column(texts)])

    def main(page: ft.Page) -> None:
        page.render(items)

    return main


class Rendering:
    """An app that adds many texts at once, and notes when.

    Parameters
    ----------
    count : int
        How many.
    in_column : bool
        Whether to add one column of them; otherwise each is the page's own.

    Attributes
    ----------
    construction : float
        Seconds that it took to make them.
    began, ended : float
        The clock when all were made and none was added, and when they had been added.
    cpu_began : float
        The process's processor time at the first.
    """

    def __init__(self, count: int, *, in_column: bool) -> None:
        self.construction = self.began = self.ended = self.cpu_began = 0.0
        self._count = count
        self._in_column = in_column

    def __call__(self, page: ft.Page) -> None:
        """Be the app's main."""
        start = time.perf_counter()
        texts: list[ft.Control] = [ft.Text(f"text {number}") for number in range(self._count)]
        parts = [ft.Column(texts)] if self._in_column else texts
        self.construction = time.perf_counter() - start
        self.cpu_began = time.process_time()
        self.began = time.perf_counter()
        page.add(*parts)
        self.ended = time.perf_counter()
