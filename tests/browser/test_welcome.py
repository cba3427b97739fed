"""The notebook that greets new users, and the picture of it in the README."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.jupyter import Notebook, enable_semantics, expect_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.browser.jupyter import JupyterServer

WELCOME = Path(__file__).parents[2] / "notebooks" / "welcome.ipynb"


@pytest.fixture
def welcome(page: Page, server: JupyterServer) -> Iterator[Notebook]:
    shutil.copy(WELCOME, server.root / "welcome.ipynb")
    notebook = Notebook(page, server)
    notebook.open("welcome.ipynb")
    yield notebook
    page.goto("about:blank")
    for session in server.request("api/sessions"):
        if session["path"] == "welcome.ipynb":
            server.request(f"api/sessions/{session['id']}", "DELETE")


def test_the_welcome_notebook_is_live_from_top_to_bottom(welcome: Notebook, request: pytest.FixtureRequest) -> None:
    welcome.page.set_viewport_size({"width": 1280, "height": 1000})
    welcome.run_all()
    views = welcome.page.locator(".flet-view")
    sources = welcome.cell_sources()
    counter = welcome.view(next(i for i, source in enumerate(sources) if "Add" in source and "%%flet" in source))
    greeter = welcome.view(next(i for i, source in enumerate(sources) if source.endswith("ft.run(hello)")))
    welcome.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(0)")
    for view in (counter, greeter):
        expect_state(view, "live")
    enable_semantics(welcome.page)
    for count in ("1", "2", "3"):
        counter.get_by_role("button", name="Add").click()
        expect(counter.get_by_text(count, exact=True)).to_be_visible()
    greeter.get_by_role("textbox", name="Your name").click()
    welcome.page.keyboard.type("Ada")
    expect(greeter.get_by_text("Hello, Ada!")).to_be_visible()
    expect(views).not_to_have_count(0)
    folder = request.config.rootpath / "test-results"
    folder.mkdir(exist_ok=True)
    welcome.page.screenshot(path=folder / "welcome.png")
    assert not [line for line in welcome.console if line.startswith(("error", "pageerror"))]
