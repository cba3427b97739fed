"""Jupyter Notebook 7 shows apps as JupyterLab does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.jupyter import Notebook, enable_semantics, expect_state, write_notebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.browser.jupyter import JupyterServer

COUNTER = """
%load_ext flet_jupyter
import flet as ft
def main(page: ft.Page):
    count = ft.Text("0")
    def add(e):
        count.value = str(int(count.value) + 1)
    page.add(count, ft.FilledButton("Add", on_click=add), ft.TextField(label="Name"))
ft.run(main)
"""


@pytest.fixture
def notebook7(page: Page, server: JupyterServer) -> Iterator[Notebook]:
    write_notebook(server.root / "seven.ipynb", [COUNTER, "import time; time.sleep(30)"])
    notebook = Notebook(page, server)
    notebook.open("seven.ipynb", app="notebooks")
    yield notebook
    page.goto("about:blank")
    for session in server.request("api/sessions"):
        if session["path"] == "seven.ipynb":
            server.request(f"api/sessions/{session['id']}", "DELETE")


def test_an_app_is_live_in_notebook_7_also_while_a_cell_runs(notebook7: Notebook) -> None:
    notebook7.run(0)
    view = notebook7.view(0)
    expect_state(view, "live")
    enable_semantics(notebook7.page)
    view.get_by_role("button", name="Add").click()
    expect(view.get_by_text("1", exact=True)).to_be_visible()
    notebook7.start(1)
    expect(notebook7.cell(1)).to_contain_text("[*]:")
    view.get_by_role("button", name="Add").click()
    expect(view.get_by_text("2", exact=True)).to_be_visible()
    expect(notebook7.cell(1)).to_contain_text("[*]:")
    cells = notebook7.cell_sources()
    view.get_by_role("textbox", name="Name").click()
    notebook7.page.keyboard.type("abdd hello")
    expect(view.get_by_role("textbox", name="Name")).to_have_value("abdd hello")
    assert notebook7.cell_sources() == cells
    notebook7.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
    expect(notebook7.cell(1)).to_contain_text("KeyboardInterrupt")
