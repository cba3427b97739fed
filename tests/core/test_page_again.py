"""A page that is sent again: to a client that has lost one, or has come back after the network was gone.

Flet's client takes the new page for the old wherever the two are equal, and then shows no later change of what was
equal. So nothing of it may be.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import flet as ft

from tests.core.harness import App, Client, until
from tests.core.model_client import walk

if TYPE_CHECKING:
    from flet_jupyter.core.session import LiveSession


def main(page: ft.Page) -> None:
    ft.FilePicker()
    page.add(ft.Row([ft.Text("a"), ft.Text("b")]))


async def page_of(session: LiveSession) -> dict[int, dict[str, Any]]:
    """Return the controls that a new client gets, by id."""
    client = Client(session)
    client.register()
    await until(lambda: client.page)
    return {control["_i"]: control for control in walk(client.page) if "_c" in control}


async def test_no_control_of_a_page_is_equal_to_the_same_of_the_page_before() -> None:
    session = await App(main).start()
    pages = [await page_of(session) for _ in range(3)]
    for before, after in itertools.pairwise(pages):
        assert before.keys() == after.keys()
        assert all(before[number] != after[number] for number in before)
    assert len(pages[0]) > 6


async def test_a_page_names_its_service_registry_anew() -> None:
    session = await App(main).start()
    pages = [await page_of(session) for _ in range(3)]
    uids = [
        control["_internals"]["uid"]
        for page in pages
        for control in page.values()
        if control["_c"] == "ServiceRegistry"
    ]
    assert len(set(uids)) == len(pages)


async def test_the_first_page_is_as_flet_sends_it() -> None:
    session = await App(main).start()
    first = await page_of(session)
    assert not any("_mark" in control for control in first.values())
