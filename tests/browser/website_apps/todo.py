"""A to-do list: type a task, tick it off, delete it."""

import flet as ft


def main(page: ft.Page) -> None:
    page.title = "To do"
    page.horizontal_alignment = ft.CrossAxisAlignment.CENTER

    def add() -> None:
        if not field.value:
            return
        tasks.controls.append(row(field.value))
        field.value = ""
        count()

    def row(name: str) -> ft.Row:
        def delete() -> None:
            tasks.controls.remove(task)
            boxes.remove(box)
            count()

        box = ft.Checkbox(label=name, on_change=count)
        boxes.append(box)
        task = ft.Row(
            alignment=ft.MainAxisAlignment.SPACE_BETWEEN,
            controls=[box, ft.IconButton(ft.Icons.DELETE_OUTLINE, tooltip=f"Delete {name}", on_click=delete)],
        )
        return task

    def count() -> None:
        done = sum(bool(box.value) for box in boxes)
        status.value = f"{done} of {len(boxes)} done"

    boxes: list[ft.Checkbox] = []
    field = ft.TextField(label="New task", expand=True, autofocus=True, on_submit=add)
    tasks = ft.Column()
    status = ft.Text("Nothing to do yet")
    page.add(
        ft.Column(
            width=500,
            controls=[
                ft.Row([field, ft.FloatingActionButton(icon=ft.Icons.ADD, tooltip="Add", on_click=add)]),
                tasks,
                status,
            ],
        )
    )


ft.run(main)
