"""A table that is sorted and selected from, and a list that grows."""

from typing import Any

import flet as ft

from tests.web.example_apps.barrier import barrier

CITIES = [("Bern", 134_000), ("Oslo", 709_000), ("Lima", 10_092_000), ("Rome", 2_873_000)]


def main(page: ft.Page) -> None:  # noqa: C901 - as people write them
    chosen: set[str] = set()
    summary = ft.Text("none", key="summary")

    def select(e: Any) -> None:
        row = e.control
        row.selected = e.data
        (chosen.add if e.data else chosen.discard)(row.data)
        summary.value = ", ".join(sorted(chosen)) or "none"

    def row_of(city: tuple[str, int]) -> ft.DataRow:
        return ft.DataRow(
            cells=[
                ft.DataCell(ft.Text(city[0]), on_tap=rename),
                ft.DataCell(ft.Text(f"{city[1]:,}"), show_edit_icon=city[1] > 1_000_000),
            ],
            data=city[0],
            on_select_change=select,
        )

    def rename(e: Any) -> None:
        e.control.content = ft.Text(f"{e.control.content.value}!", italic=True)

    def sort(e: ft.DataColumnSortEvent) -> None:
        table.sort_column_index = e.column_index
        table.sort_ascending = e.ascending
        table.rows.sort(
            key=lambda row: (row.data, 0) if e.column_index == 0 else ("", dict(CITIES)[row.data]),
            reverse=not e.ascending,
        )

    def rebuild() -> None:
        chosen.clear()
        summary.value = "rebuilt"
        table.rows = [row_of(city) for city in CITIES]
        table.columns[1].label = ft.Text("People")

    table = ft.DataTable(
        columns=[
            ft.DataColumn(label=ft.Text("City"), on_sort=sort, key="by city"),
            ft.DataColumn(label=ft.Text("Inhabitants"), numeric=True, on_sort=sort, key="by people"),
        ],
        rows=[row_of(city) for city in CITIES],
        show_checkbox_column=True,
        key="table",
    )
    lines = ft.ListView(spacing=2, height=200, auto_scroll=True, key="lines")

    def append() -> None:
        start = len(lines.controls)
        lines.controls.extend(ft.Text(f"line {number}") for number in range(start, start + 10))

    def prepend() -> None:
        lines.controls.insert(0, ft.Text(f"before {len(lines.controls)}"))

    def thin_out() -> None:
        del lines.controls[1::2]

    def scrolled(e: ft.OnScrollEvent) -> None:
        summary.value = f"{e.event_type.value} at {e.pixels:.0f}"

    async def to_the_end() -> None:
        await lines.scroll_to(offset=-1, duration=100)

    def shuffled() -> None:
        lines.controls = [*lines.controls[3:], *lines.controls[:3]]

    lines.on_scroll = scrolled
    page.add(summary, table, lines)
    handlers = {
        "append": append, "prepend": prepend, "thin out": thin_out, "end": to_the_end, "rotate": shuffled,
        "rebuild": rebuild,
    }  # fmt: skip
    page.add(ft.Row([ft.Button(name, on_click=handler, key=name) for name, handler in handlers.items()]))


ft.run(main, before_main=barrier())
