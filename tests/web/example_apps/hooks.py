"""Components: what is shown is a function of state."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import flet as ft

from tests.web.example_apps.barrier import barrier

Style = ft.create_context("plain")


@ft.observable
@dataclass
class Contact:
    """Somebody."""

    name: str
    starred: bool = False

    def toggle(self) -> None:
        self.starred = not self.starred


@ft.observable
@dataclass
class Book:
    """All of them."""

    contacts: list[Contact] = field(default_factory=list)
    added: int = 0

    def add(self) -> None:
        self.added += 1
        self.contacts.append(Contact(f"Nr {self.added}"))

    def remove(self, contact: Contact) -> None:
        self.contacts.remove(contact)


def new_book() -> Any:
    return Book([Contact("Ada"), Contact("Alan")])


@ft.component
def card(contact: Contact, remove: Callable[[Contact], None]) -> Any:
    ft.use_state(contact)
    style = ft.use_context(Style)
    editing, set_editing = ft.use_state(False)
    text, set_text = ft.use_state(contact.name)

    def save() -> None:
        contact.name = text
        set_editing(False)

    if editing:
        return ft.Row(
            [
                ft.TextField(value=text, on_change=lambda e: set_text(e.control.value), key="text"),
                ft.Button("Save", on_click=save, key="save"),
            ]
        )
    return ft.Row(
        [
            ft.IconButton(ft.Icons.STAR if contact.starred else ft.Icons.STAR_BORDER, on_click=contact.toggle),
            ft.Text(contact.name, italic=style == "fancy"),
            ft.Button("Edit", on_click=lambda: set_editing(True), key=f"edit {contact.name}"),
            ft.Button("Remove", on_click=lambda: remove(contact), key=f"remove {contact.name}"),
        ]
    )


@ft.component
def log(count: int) -> Any:
    lines, set_lines = ft.use_state(["mounted"])
    renders = ft.use_ref(0)

    async def later() -> None:
        await asyncio.sleep(0)
        set_lines(lambda now: [*now[-3:], f"saw {count}"])

    ft.use_effect(later, dependencies=[count])
    doubled = ft.use_memo(lambda: count * 2, dependencies=[count])
    renders.current = (renders.current or 0) + 1
    return ft.Column([ft.Text(f"twice {doubled}"), *[ft.Text(line) for line in lines]])


@ft.component
def book_view() -> Any:
    book, _ = ft.use_state(new_book)
    count, set_count = ft.use_state(0)
    fancy, set_fancy = ft.use_state(False)
    asking, set_asking = ft.use_state(False)
    shown, set_shown = ft.use_state(True)

    async def slowly() -> None:
        for _ in range(3):
            await asyncio.sleep(0)
            set_count(lambda now: now + 1)

    def reverse() -> None:
        book.contacts.reverse()

    ft.use_dialog(
        ft.AlertDialog(
            title=ft.Text(f"Really? {count}"),
            actions=[ft.TextButton("No", on_click=lambda: set_asking(False), key="no")],
            on_dismiss=lambda: set_asking(False),
        )
        if asking
        else None
    )
    return Style(
        "fancy" if fancy else "plain",
        lambda: ft.Column(
            [
                ft.Row(
                    [
                        ft.Button("Add", on_click=book.add, key="add"),
                        ft.Button("Reverse", on_click=reverse, key="reverse"),
                        ft.Button(f"Count {count}", on_click=lambda: set_count(count + 1), key="count"),
                        ft.Button("Slowly", on_click=slowly, key="slowly"),
                        ft.Switch(value=fancy, on_change=lambda e: set_fancy(e.control.value), key="fancy"),
                        ft.Button("Ask", on_click=lambda: set_asking(True), key="ask"),
                        ft.Button("Hide log", on_click=lambda: set_shown(not shown), key="hide"),
                    ]
                ),
                *[
                    card(contact, book.remove, key=contact.name)  # type: ignore[call-arg]  # every component takes a key
                    for contact in book.contacts
                ],
                *([log(count)] if shown else []),
            ]
        ),
    )


def main(page: ft.Page) -> None:
    page.title = "Contacts"
    page.render(book_view)


ft.run(main, before_main=barrier())
