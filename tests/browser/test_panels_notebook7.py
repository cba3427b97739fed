"""Jupyter Notebook 7 shows app files as JupyterLab does, each in a browser tab of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.panels import COUNTER, Lab, counter
from tests.browser.seeing import pixel, wait_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.browser.jupyter import JupyterServer


@pytest.fixture
def tree(page: Page, server: JupyterServer, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Notebook's list of files, in an empty folder."""
    lab = Lab(page, server, request.node.name)
    lab.load_notebook("tree")
    yield lab
    for number, tab in enumerate(page.context.pages):
        Lab(tab, server, lab.folder).picture(f"{request.node.name}-{number}")
    for tab in page.context.pages:
        tab.goto("about:blank")
    lab.clean_up()
    assert lab.wrong == []


def popup(lab: Lab, action: Callable[[], object]) -> Lab:
    """Do something that opens a browser tab, and return it."""
    with lab.page.context.expect_page() as opened:
        action()
    tab = Lab(opened.value, lab.server, lab.folder)
    tab.wait_ready()
    return tab


def open_with_flet(tree: Lab, name: str) -> Lab:
    return popup(tree, lambda: tree.open_with(name))


def test_open_with_shows_a_script_in_a_browser_tab_of_its_own(tree: Lab) -> None:
    tree.write("helper.py", "START = '41'\n")
    tree.write(
        "counter.py", COUNTER.replace("pages = []", "from helper import START\n\npages = []").replace('"0"', "START")
    )
    tree.browse()
    tab = open_with_flet(tree, "counter.py")
    panel = tab.panel("counter.py")
    panel.wait_live()
    panel.count(42)
    expect(tab.page).to_have_title("Counter")
    assert [session["type"] for session in tree.sessions()] == ["flet"]
    assert panel.ask("__import__('os').getcwd()") == str(tree.path)
    # The list of files knows that it runs, and a reload of its tab shows it as it was.
    tab.page.reload()
    tab.wait_ready()
    panel = tab.panel("counter.py")
    panel.wait_live()
    panel.count(43)
    tree.write("counter.py", counter(2))
    panel.shows("version 2", "0")
    tab.picture("notebook7-panel")
    assert tab.wrong == []


def test_open_with_shows_a_notebook_with_a_kernel_beside_the_notebooks_own(tree: Lab) -> None:
    tree.write_notebook("app.ipynb", [COUNTER])
    tree.browse()
    tab = open_with_flet(tree, "app.ipynb")
    panel = tab.panel("app.ipynb")
    panel.wait_live()
    panel.count(1)
    tree.load_notebook("notebooks", "app.ipynb")
    tree.wait_sessions(2)
    kernels = {session["type"]: session["kernel"]["id"] for session in tree.sessions()}
    assert set(kernels) == {"notebook", "flet"}
    assert kernels["notebook"] != kernels["flet"]
    expect(tree.page.locator(".jp-InputPrompt").first).to_have_text("[ ]:")
    assert tab.wrong == []


def test_the_button_on_the_toolbar_of_a_notebook_and_of_an_editor_shows_the_app(tree: Lab) -> None:
    tree.write_notebook("app.ipynb", [COUNTER])
    tree.write("counter.py", counter(5))
    tree.load_notebook("notebooks", "app.ipynb")
    preview = tree.page.locator("[data-jp-item-name='flet-preview'] [title^='Run this file']")
    tab = popup(tree, preview.click)
    tab.panel("app.ipynb").wait_live()
    tab.panel("app.ipynb").count(1)
    tree.load_notebook("edit", "counter.py")
    second = popup(tree, preview.click)
    second.panel("counter.py").wait_live()
    second.panel("counter.py").shows("version 5")
    assert tab.wrong == []
    assert second.wrong == []


def test_a_panel_belongs_to_notebook_as_to_the_lab(tree: Lab) -> None:
    tree.write("counter.py", COUNTER)
    tree.load_notebook("edit", "counter.py", "&factory=Flet")
    panel = tree.panel("counter.py")
    panel.wait_live()
    panel.count(1)
    assert panel.ask("pages[0].theme.color_scheme_seed") == "#1976d2"
    # The theme, while it is open.
    try:
        tree.theme("Dark")
        wait_picture(panel.view, lambda image: sum(pixel(image, -5, -5)) < 200, "a dark app")
        panel.shows("1")
        tree.picture("notebook7-dark")
    finally:
        tree.theme("Light")
    wait_picture(panel.view, lambda image: sum(pixel(image, -5, -5)) > 600, "a light app")
    # Keys.
    field = panel.view.get_by_role("textbox", name="Name")
    field.click()
    tree.page.keyboard.type("abdd hello")
    expect(field).to_have_value("abdd hello")
    # The kernel: its state, its end, and the way on.
    status = panel.element.locator("[data-jp-item-name='kernelStatus']")
    expect(status).to_have_attribute("title", "Kernel Idle")
    panel.tool("Restart the kernel and the app").click()
    panel.shows("0")
    panel.wait_live()
    panel.count(1)
    tree.server.request(f"api/kernels/{tree.session('counter.py')['kernel']['id']}", "DELETE")
    tree.page.evaluate("() => window.jupyterapp.serviceManager.kernels.refreshRunning()")
    panel.says("The kernel was shut down.")
    panel.do("Start the App")
    panel.wait_live()
    panel.count(1)
    tree.write("counter.py", "broken")
    panel.says("NameError: name 'broken' is not defined")
    panel.count(2)
