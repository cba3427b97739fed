"""Apps of cells in panels and in tabs of the browser: one session, which moves or is shown twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.jupyter import Notebook, enable_semantics, expect_state, write_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.browser.jupyter import JupyterServer
    from tests.browser.seeing import OpenNotebook

COUNTER = """
def main(page: ft.Page):
    page.title = "Counter"
    count = ft.Text("0")
    page.add(count, ft.FilledButton("Add", on_click=lambda e: setattr(count, "value", str(int(count.value) + 1))))
"""

WHOLE = (
    "%load_ext flet_jupyter\nimport flet as ft\nimport flet_jupyter" + COUNTER + "flet_jupyter.show(main, panel=True)"
)
"""A cell that needs no other."""

COUNT_OPENED = """
window.opened = 0;
const open = window.open;
window.open = (...options) => {
    window.opened += 1;
    return open.apply(window, options);
};
"""


def panels(page: Page) -> Locator:
    return page.locator(".jp-FletCellPanel")


def notice(page: Page) -> Locator:
    return panels(page).locator(".jp-FletPanel-notice")


def to_notebook(lab: Notebook) -> None:
    """Make the notebook the current widget again: a click in a panel takes that from it."""
    lab.page.evaluate(
        """() => {
            const { shell } = window.jupyterapp;
            for (const widget of shell.widgets('main')) if (widget.content?.deselectAll) shell.activateById(widget.id);
        }"""
    )
    lab.page.wait_for_function("() => !!window.jupyterapp.shell.currentWidget.content.deselectAll")


def count_on(place: Locator, text: str) -> None:
    """Wait for the app in `place`, click its button once, and see it show `text`."""
    expect_state(place.locator(".flet-view"), "live")
    enable_semantics(place.page)
    place.get_by_role("button", name="Add", exact=True).click()
    shows(place, text)


def shows(place: Locator, text: str) -> None:
    """Wait until the app in `place` shows the number `text`."""
    expect_state(place.locator(".flet-view"), "live")
    enable_semantics(place.page)
    expect(place.locator(".flet-view").get_by_text(text, exact=True)).to_be_visible()


def tool(lab: Notebook, index: int, name: str) -> None:
    """Press a button of those that a view shows when the pointer is there."""
    lab.view(index).hover(position={"x": 5, "y": 100})
    lab.cell(index).get_by_role("button", name=name).click()


def heard_wrong(page: Page) -> list[str]:
    """Collect what the browser has to complain of in a page, above all what its policy forbids."""
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return wrong


def save_and_reload(lab: Notebook) -> None:
    to_notebook(lab)
    lab.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    # JupyterLab saves the layout a moment after it has changed.
    with lab.page.expect_response(lambda response: "/api/workspaces/" in response.url):
        lab.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    lab.page.reload()
    lab.page.wait_for_function("() => window.jupyterapp?.shell")


def place_of(lab: Notebook, panel: Locator) -> str:
    """Return at which side of the notebook a panel is."""
    notebook, box = lab.page.locator(".jp-NotebookPanel").bounding_box(), panel.bounding_box()
    assert notebook is not None
    assert box is not None
    if box["x"] >= notebook["x"] + notebook["width"]:
        return "right"
    if box["x"] + box["width"] <= notebook["x"]:
        return "left"
    return "bottom" if box["y"] >= notebook["y"] + notebook["height"] else "top"


def test_a_cell_shows_its_app_in_a_panel_and_a_line_in_the_notebook(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --panel" + COUNTER])
    lab.run(1)
    count_on(panels(lab.page), "1")
    assert place_of(lab, panels(lab.page)) == "right"
    expect(lab.page.get_by_role("tab", name="Counter")).to_be_visible()
    expect(lab.cell(1).locator(".flet-placeholder")).to_have_text("Shown in a panel.Show Here")
    expect(lab.view(1)).to_have_count(0)


def test_the_mode_says_where_the_panel_is(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --panel split-bottom" + COUNTER, "%flet main --panel tab-after"])
    lab.run(1)
    shows(panels(lab.page), "0")
    assert place_of(lab, panels(lab.page)) == "bottom"
    to_notebook(lab)
    lab.run(2)
    expect(panels(lab.page)).to_have_count(2)
    expect(lab.page.locator(".jp-NotebookPanel")).to_be_hidden()
    shows(panels(lab.page).locator("visible=true").last, "0")


def test_the_cell_run_again_shows_its_new_app_in_the_same_panel(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --panel split-left" + COUNTER])
    lab.run(1)
    count_on(panels(lab.page), "1")
    widget = panels(lab.page).get_attribute("id")
    to_notebook(lab)
    lab.run(1)
    shows(panels(lab.page), "0")
    count_on(panels(lab.page), "1")
    assert panels(lab.page).get_attribute("id") == widget
    assert place_of(lab, panels(lab.page)) == "left"
    expect(lab.cell(1).locator(".flet-placeholder")).to_contain_text("Shown in a panel.")


def test_an_app_moves_to_a_panel_and_back_with_its_state(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --height 200" + COUNTER])
    lab.run(1)
    count_on(lab.cell(1), "1")
    tool(lab, 1, "Move to Panel")
    shows(panels(lab.page), "1")
    expect(lab.view(1)).to_have_count(0)
    count_on(panels(lab.page), "2")
    lab.page.get_by_role("tab", name="Counter").locator(".lm-TabBar-tabCloseIcon").click()
    expect(panels(lab.page)).to_have_count(0)
    shows(lab.cell(1), "2")
    count_on(lab.cell(1), "3")


def test_an_app_is_shown_twice_and_both_show_the_same(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --height 200" + COUNTER])
    lab.run(1)
    count_on(lab.cell(1), "1")
    tool(lab, 1, "Open in Panel")
    count_on(panels(lab.page), "2")
    shows(lab.cell(1), "2")
    count_on(lab.cell(1), "3")
    shows(panels(lab.page), "3")
    tool(lab, 1, "Open in Panel")
    expect(panels(lab.page)).to_have_count(1)


def test_the_line_in_the_cell_shows_the_app_there_and_opens_a_panel_that_was_closed(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --panel" + COUNTER])
    lab.run(1)
    count_on(panels(lab.page), "1")
    lab.page.get_by_role("tab", name="Counter").locator(".lm-TabBar-tabCloseIcon").click()
    line = lab.cell(1).locator(".flet-placeholder")
    expect(line).to_contain_text("The panel was closed.")
    line.get_by_role("button", name="Open in Panel").click()
    count_on(panels(lab.page), "2")
    line.get_by_role("button", name="Show Here").click()
    shows(lab.cell(1), "2")
    count_on(panels(lab.page), "3")
    panels(lab.page).get_by_role("button", name="Close, and show the app in its cell").click()
    expect(panels(lab.page)).to_have_count(0)
    count_on(lab.cell(1), "4")


def test_menu_and_commands_do_it_too(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --height 200" + COUNTER, "1"])
    lab.run(1)
    count_on(lab.cell(1), "1")
    lab.view(1).click(button="right", position={"x": 300, "y": 150})
    lab.page.locator(".lm-Menu").get_by_text("Move App to Panel").click()
    count_on(panels(lab.page), "2")
    panels(lab.page).get_by_role("button", name="Close, and show the app in its cell").click()
    to_notebook(lab)
    lab.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1; }")
    lab.command("flet:open-in-panel")
    count_on(panels(lab.page), "3")
    shows(lab.cell(1), "3")
    to_notebook(lab)
    lab.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2; }")
    assert not lab.page.evaluate("() => window.jupyterapp.commands.isEnabled('flet:detach')")


def test_a_reload_of_the_page_brings_panels_back_with_their_state(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --panel split-left" + COUNTER, "%%flet --height 200" + COUNTER.replace("Counter", "Moved")])
    lab.run(1)
    count_on(panels(lab.page), "1")
    to_notebook(lab)
    lab.run(2)
    count_on(lab.cell(2), "1")
    tool(lab, 2, "Move to Panel")
    moved = panels(lab.page).nth(1)
    count_on(moved, "2")
    save_and_reload(lab)
    expect(panels(lab.page)).to_have_count(2)
    to_notebook(lab)
    lab.wait_ready()
    for index in (1, 2):
        expect(lab.cell(index).locator(".flet-placeholder")).to_contain_text("Shown in a panel.")
    for name, text in (("Counter", "1"), ("Moved", "2")):
        lab.page.get_by_role("tab", name=name).click()
        widget = lab.page.get_by_role("tab", name=name).get_attribute("data-id") or ""
        panel = lab.page.locator(f"#{widget}") if widget else panels(lab.page).locator("visible=true").last
        shows(panel, text)
    expect(panels(lab.page)).to_have_count(2)


def test_a_panel_that_was_closed_stays_closed_after_a_reload(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --panel" + COUNTER])
    lab.run(1)
    count_on(panels(lab.page), "1")
    lab.page.get_by_role("tab", name="Counter").locator(".lm-TabBar-tabCloseIcon").click()
    expect(lab.cell(1).locator(".flet-placeholder")).to_contain_text("The panel was closed.")
    save_and_reload(lab)
    lab.wait_ready()
    expect(lab.cell(1).locator(".flet-placeholder")).to_contain_text("The panel was closed.")
    expect(panels(lab.page)).to_have_count(0)
    lab.cell(1).get_by_role("button", name="Show Here").click()
    shows(lab.cell(1), "1")


def test_a_saved_notebook_opens_no_panel_when_its_app_does_not_live(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --panel" + COUNTER])
    lab.run(1)
    count_on(panels(lab.page), "1")
    to_notebook(lab)
    state = lab.quietly("import json, ipywidgets; print(json.dumps(ipywidgets.Widget.get_manager_state()))")
    # As with the setting "Save Jupyter widget state in notebooks"; the next visit is in another tab of the browser.
    path = lab.page.evaluate(
        """async state => {
            const { commands, shell } = window.jupyterapp;
            const { context, sessionContext } = shell.currentWidget;
            context.model.setMetadata('widgets', { 'application/vnd.jupyter.widget-state+json': JSON.parse(state) });
            await commands.execute('docmanager:save');
            await sessionContext.shutdown();
            sessionStorage.clear();
            return context.path;
        }""",
        state,
    )
    expect(notice(lab.page)).to_contain_text("The kernel was shut down.")
    lab.page.goto("about:blank")
    lab.open(path)
    expect(lab.cell(1).locator(".flet-placeholder")).to_contain_text("If this stays, run this cell again.")
    lab.run(0)
    expect(lab.cell(0)).to_contain_text("[1]:")
    expect(lab.cell(1).locator(".flet-placeholder")).to_contain_text("If this stays, run this cell again.")
    expect(panels(lab.page)).to_have_count(0)
    lab.run(1)
    shows(panels(lab.page), "0")


def test_a_restarted_kernel_leaves_a_panel_that_runs_the_cell_again(notebook: OpenNotebook) -> None:
    lab = notebook([WHOLE])
    lab.run(1)
    count_on(panels(lab.page), "1")
    lab.page.evaluate(
        """() => {
            for (const widget of window.jupyterapp.shell.widgets('main'))
                if (widget.sessionContext && widget.content.deselectAll) return widget.sessionContext.restartKernel();
        }"""
    )
    expect(notice(lab.page)).to_contain_text("The kernel was restarted")
    lab.page.screenshot(path="test-results/code-panel-restarted.png")
    notice(lab.page).get_by_role("button", name="Run the Cell Again").click()
    shows(panels(lab.page), "0")
    count_on(panels(lab.page), "1")


def test_a_closed_app_tells_its_panel_why(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --panel --name mine" + COUNTER])
    lab.run(1)
    count_on(panels(lab.page), "1")
    to_notebook(lab)
    lab.execute("%flet --close mine")
    expect(notice(lab.page)).to_contain_text("This app was closed.")
    expect(lab.cell(1)).to_contain_text("This app was closed.")
    notice(lab.page).get_by_role("button", name="Run the Cell Again").click()
    shows(panels(lab.page), "0")


def test_a_front_end_without_panels_shows_the_app_in_the_cell(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --panel --height 200" + COUNTER])
    # As Voila and VS Code are.
    lab.page.evaluate("() => { globalThis[Symbol.for('flet-jupyter')].panels = null; }")
    lab.run(1)
    count_on(lab.cell(1), "1")
    expect(lab.cell(1).locator(".flet-tools")).to_have_count(0)
    expect(panels(lab.page)).to_have_count(0)


def test_an_app_is_in_a_browser_tab_too_with_its_title_and_state(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --height 200" + COUNTER])
    lab.run(1)
    count_on(lab.cell(1), "1")
    with lab.page.expect_popup() as popup:
        tool(lab, 1, "Open in Browser Tab")
    tab = popup.value
    wrong = heard_wrong(tab)
    assert re.search(r"/some/prefix/flet/app/[\w-]+/[0-9a-f]{16}$", tab.url)
    count_on(tab.locator("body"), "2")
    expect(tab).to_have_title("Counter")
    size = tab.viewport_size
    assert size is not None
    box = tab.locator(".flet-view").bounding_box()
    assert box == {"x": 0, "y": 0, "width": size["width"], "height": size["height"]}
    shows(lab.cell(1), "2")
    tab.reload()
    count_on(tab.locator("body"), "3")
    tab.screenshot(path="test-results/code-panel-tab.png")
    assert wrong == []
    lab.execute("import flet_jupyter\n%flet --close main")
    expect(tab.get_by_text("This app was closed.")).to_be_visible()


def test_the_magic_opens_a_browser_tab_once(page: Page, notebook: OpenNotebook) -> None:
    page.add_init_script(COUNT_OPENED)
    lab = notebook(["%%flet --browser" + COUNTER])
    with lab.page.expect_popup() as popup:
        lab.run(1)
    count_on(popup.value.locator("body"), "1")
    assert lab.page.evaluate("() => window.opened") == 1
    line = lab.cell(1).locator(".flet-placeholder")
    expect(line).to_have_text("Shown in a browser tab.Open in Browser TabShow Here")
    save_and_reload(lab)
    lab.wait_ready()
    expect(line).to_contain_text("Shown in a browser tab.")
    assert lab.page.evaluate("() => window.opened") == 0
    line.get_by_role("button", name="Show Here").click()
    shows(lab.cell(1), "1")


def test_where_popups_are_blocked_there_is_a_link(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --browser" + COUNTER])
    lab.page.evaluate("() => { window.open = () => null; globalThis[Symbol.for('flet-jupyter')].panels = null; }")
    lab.run(1)
    line = lab.cell(1).locator(".flet-placeholder")
    expect(line).to_contain_text("The browser has not allowed to open a tab.")
    with lab.page.expect_popup() as popup:
        line.get_by_role("link", name="Open in Browser Tab").click()
    count_on(popup.value.locator("body"), "1")


def test_the_page_of_an_app_says_what_has_become_of_it(notebook: OpenNotebook) -> None:
    lab = notebook([WHOLE.replace("panel=True", "height=200")])
    lab.run(1)
    count_on(lab.cell(1), "1")
    with lab.page.expect_popup() as popup:
        tool(lab, 1, "Open in Browser Tab")
    tab = popup.value
    shows(tab.locator("body"), "1")
    address = tab.url
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    expect(tab.get_by_text("The kernel was restarted, and the app has ended with it.")).to_be_visible()
    tab.reload()
    expect(tab.get_by_role("alert")).to_contain_text("does not run in its kernel any more")
    tab.screenshot(path="test-results/code-panel-tab-ended.png")
    tab.goto(re.sub(r"app/[\w-]+", "app/0000-1111", address))
    expect(tab.get_by_role("alert")).to_contain_text("The kernel of this app was shut down.")


def test_notebook_7_has_panels_at_its_side(page: Page, server: JupyterServer) -> None:
    write_notebook(server.root / "seven-panels.ipynb", [WHOLE.replace("panel=True", "panel='split-right', height=200")])
    lab = Notebook(page, server)
    lab.open("seven-panels.ipynb", app="notebooks")
    lab.run(0)
    count_on(panels(page), "1")
    assert place_of(lab, panels(page)) == "right"
    page.screenshot(path="test-results/code-panel-notebook7.png")
    panels(page).get_by_role("button", name="Close, and show the app in its cell").click()
    count_on(lab.cell(0), "2")
    tool(lab, 0, "Move to Panel")
    count_on(panels(page), "3")
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.goto("about:blank")
    for session in server.request("api/sessions"):
        if session["path"] == "seven-panels.ipynb":
            server.request(f"api/sessions/{session['id']}", "DELETE")
