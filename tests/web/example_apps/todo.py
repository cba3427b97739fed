"""A to-do list with filters, whose tasks are edited in place, made of controls of its own."""

from collections.abc import Callable
from dataclasses import field
from typing import Any

import flet as ft

from tests.web.example_apps.barrier import barrier


@ft.control
class Task(ft.Column):
    """One task, shown or being edited."""

    name: str = ""
    on_status: Callable[[], None] = field(default=lambda: None, metadata={"skip": True})
    on_remove: Callable[["Task"], None] = field(default=lambda _: None, metadata={"skip": True})

    def init(self) -> None:
        self.completed = False
        self.display = ft.Checkbox(label=self.name, value=False, on_change=self.checked, key=f"task {self.name}")
        self.field = ft.TextField(expand=1, on_submit=self.save, key=f"field {self.name}")
        self.shown = ft.Row(
            [
                self.display,
                ft.Row(
                    [
                        ft.IconButton(ft.Icons.CREATE_OUTLINED, on_click=self.edit, key=f"edit {self.name}"),
                        ft.IconButton(ft.Icons.DELETE_OUTLINE, on_click=self.remove, key=f"remove {self.name}"),
                    ],
                    spacing=0,
                ),
            ],
            alignment=ft.MainAxisAlignment.SPACE_BETWEEN,
        )
        self.editing = ft.Row(
            [self.field, ft.IconButton(ft.Icons.DONE, on_click=self.save, key=f"save {self.name}")], visible=False
        )
        self.controls = [self.shown, self.editing]

    def edit(self) -> None:
        self.field.value = str(self.display.label)
        self.shown.visible = False
        self.editing.visible = True
        self.update()

    def save(self) -> None:
        self.display.label = self.field.value
        self.shown.visible = True
        self.editing.visible = False
        self.update()

    def checked(self, e: Any) -> None:
        self.completed = bool(self.display.value)
        self.on_status()

    def remove(self) -> None:
        self.on_remove(self)


FILTERS = ("all", "active", "completed")


@ft.control
class TodoApp(ft.Column):
    """The whole list."""

    def init(self) -> None:
        self.new = ft.TextField(hint_text="What needs to be done?", on_submit=self.add, expand=True, key="new")
        self.tasks = ft.Column(key="tasks")
        self.chosen = ft.SegmentedButton(
            segments=[ft.Segment(value=name, label=ft.Text(name)) for name in FILTERS],
            selected=["all"],
            on_change=self.filter,
            key="filter",
        )
        self.summary = ft.Text("0 items left", key="left")
        self.width = 600
        self.controls = [
            ft.Row([self.new, ft.FloatingActionButton(icon=ft.Icons.ADD, on_click=self.add, key="add")]),
            self.chosen,
            self.tasks,
            ft.Row([self.summary, ft.OutlinedButton("Clear completed", on_click=self.clear, key="clear")]),
        ]

    def add(self) -> None:
        if self.new.value:
            task = Task(name=self.new.value, on_status=self.update, on_remove=self.remove)
            self.tasks.controls.append(task)
            self.new.value = ""
            self.update()

    def remove(self, task: Task) -> None:
        self.tasks.controls.remove(task)
        self.update()

    def filter(self) -> None:
        self.update()

    def clear(self) -> None:
        for task in self.tasks.controls[:]:
            if isinstance(task, Task) and task.completed:
                self.remove(task)

    def before_update(self) -> None:
        wanted = self.chosen.selected[0] if self.chosen.selected else "all"
        active = 0
        for task in self.tasks.controls:
            assert isinstance(task, Task)
            task.visible = wanted == "all" or (wanted == "completed") == task.completed
            active += not task.completed
        self.summary.value = f"{active} items left"


def main(page: ft.Page) -> None:
    page.title = "To do"
    page.horizontal_alignment = ft.CrossAxisAlignment.CENTER
    page.scroll = ft.ScrollMode.ADAPTIVE
    page.add(TodoApp())


ft.run(main, before_main=barrier())
