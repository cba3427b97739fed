"""From a cell's first run to its last trace: reload, re-run, restart, deletion, several pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.jupyter import Notebook, enable_semantics, expect_state, new_context

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from playwright.sync_api import Browser

    from tests.browser.jupyter import JupyterServer

    OpenNotebook = Callable[[Sequence[str]], Notebook]

RECORDING_APP = """
events = []
def main(page: ft.Page):
    events.append("main")
    count = ft.Text("0")
    page.on_connect = lambda e: events.append("connect")
    page.on_disconnect = lambda e: events.append("disconnect")
    page.on_close = lambda e: events.append("close")
    def add(e):
        count.value = str(int(count.value) + 1)
    page.add(count, ft.FilledButton("Add", on_click=add))
ft.run(main)
"""

HELPERS = """
import gc, threading, time
from flet_jupyter.core.session import LiveSession
from flet_jupyter.notebook.state import kernel_runtime
def sessions():
    gc.collect()
    return sum(isinstance(thing, LiveSession) for thing in gc.get_objects())
def wait_for(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())
"""


def click_add(notebook: Notebook, index: int, expected: str) -> None:
    view = notebook.view(index)
    expect_state(view, "live")
    enable_semantics(notebook.page)
    view.get_by_role("button", name="Add").click()
    expect(view.get_by_text(expected, exact=True)).to_be_visible()


def test_a_page_reload_keeps_the_app_and_its_state(notebook: OpenNotebook) -> None:
    lab = notebook([RECORDING_APP])
    lab.run(1)
    click_add(lab, 1, "1")
    lab.command("docmanager:save")
    lab.page.reload()
    lab.wait_ready()
    click_add(lab, 1, "2")
    lab.quietly(HELPERS)
    assert (
        lab.quietly("print(wait_for(lambda: 'connect' in events), events)")
        == "True ['main', 'disconnect', 'connect']\n"
    )


def test_a_rerun_closes_and_frees_the_former_app_first(notebook: OpenNotebook) -> None:
    lab = notebook([RECORDING_APP.replace("events = []", "events = globals().get('events', [])"), HELPERS])
    lab.run(1)
    expect_state(lab.view(1), "live")
    lab.run(2)
    assert lab.quietly("print(sessions())").strip() == "1"
    lab.run(1)
    click_add(lab, 1, "1")
    assert lab.quietly("print(wait_for(lambda: sessions() == 1), len(kernel_runtime().apps))").strip() == "True 1"
    assert lab.quietly("print(events)").strip() == "['main', 'close', 'main']"
    expect(lab.cell(1).locator(".flet-view")).to_have_count(1)


def test_a_cell_that_no_longer_shows_an_app_closes_the_one_it_showed(notebook: OpenNotebook) -> None:
    lab = notebook([RECORDING_APP, HELPERS])
    lab.run(1)
    expect_state(lab.view(1), "live")
    lab.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.setSource('1 + 1')"
    )
    lab.run(1)
    lab.run(2)
    assert lab.quietly("print(wait_for(lambda: sessions() == 0), len(kernel_runtime().apps), events)").strip() == (
        "True 0 ['main', 'close']"
    )


def test_a_kernel_restart_is_told_at_once_with_a_way_on(notebook: OpenNotebook) -> None:
    lab = notebook([RECORDING_APP])
    lab.run(1)
    click_add(lab, 1, "1")
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect_state(lab.view(1), "closed")
    expect(lab.view(1)).to_contain_text("The kernel was restarted: run this cell again")
    lab.wait_ready()
    lab.run(0)
    lab.run(1)
    click_add(lab, 1, "1")


def test_a_kernel_that_dies_is_told_with_a_way_on(notebook: OpenNotebook) -> None:
    lab = notebook([RECORDING_APP])
    lab.run(1)
    expect_state(lab.view(1), "live")
    lab.start(lab.add("import os; os._exit(1)"))
    expect_state(lab.view(1), "closed")
    expect(lab.view(1)).to_contain_text("The kernel died")
    expect(lab.view(1)).to_contain_text("run this cell")


def test_deleting_the_cell_disconnects_the_app_and_undo_brings_it_back(notebook: OpenNotebook) -> None:
    lab = notebook([RECORDING_APP])
    lab.run(1)
    click_add(lab, 1, "1")
    lab.quietly(HELPERS)
    lab.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1; }")
    lab.command("notebook:delete-cell")
    assert lab.quietly("print(wait_for(lambda: 'disconnect' in events), events)").strip() == (
        "True ['main', 'disconnect']"
    )
    assert lab.page.evaluate("() => globalThis[Symbol.for('flet-jupyter')].views") == 0
    lab.command("notebook:undo-cell-action")
    expect(lab.view(1)).to_be_visible()
    assert lab.quietly("print(len(kernel_runtime().apps))").strip() == "1"


def test_clearing_the_output_leaves_nothing_in_the_page(notebook: OpenNotebook) -> None:
    lab = notebook([RECORDING_APP])
    lab.run(1)
    expect_state(lab.view(1), "live")
    lab.quietly(HELPERS)
    lab.command("notebook:clear-all-cell-outputs")
    lab.page.wait_for_function("() => globalThis[Symbol.for('flet-jupyter')].views === 0")
    assert lab.quietly("print(wait_for(lambda: 'disconnect' in events))").strip() == "True"


def test_a_session_nobody_looks_at_expires_with_on_close(notebook: OpenNotebook) -> None:
    lab = notebook(["import os; os.environ['FLET_SESSION_TIMEOUT'] = '1'", RECORDING_APP, HELPERS])
    lab.run_all()
    expect_state(lab.view(2), "live")
    lab.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2; }")
    lab.command("notebook:delete-cell")
    assert lab.quietly("print(wait_for(lambda: 'close' in events and sessions() == 0), events)").strip() == (
        "True ['main', 'disconnect', 'close']"
    )
    assert lab.quietly("print(len(kernel_runtime().apps))").strip() == "0"


def test_the_same_notebook_in_two_tabs_shows_one_session(
    notebook: OpenNotebook, browser: Browser, server: JupyterServer
) -> None:
    lab = notebook([RECORDING_APP])
    lab.run(1)
    click_add(lab, 1, "1")
    lab.command("docmanager:save")
    path = lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")
    context = new_context(browser)
    try:
        other = Notebook(context.new_page(), server)
        other.open(path)
        click_add(other, 1, "2")
        expect(lab.view(1).get_by_text("2", exact=True)).to_be_visible()
        click_add(lab, 1, "3")
        expect(other.view(1).get_by_text("3", exact=True)).to_be_visible()
    finally:
        context.close()
    click_add(lab, 1, "4")
    assert lab.quietly("print(events)").strip() == "['main']"


def test_two_notebooks_on_one_kernel_both_show_their_apps(notebook: OpenNotebook, server: JupyterServer) -> None:
    lab = notebook([RECORDING_APP])
    lab.run(1)
    click_add(lab, 1, "1")
    lab.page.evaluate(
        """async () => {
            const app = window.jupyterapp;
            const kernel = app.shell.currentWidget.sessionContext.session.kernel.model;
            const file = await app.commands.execute('docmanager:new-untitled', {type: 'notebook'});
            const panel = await app.commands.execute('docmanager:open', {path: file.path, kernel, factory: 'Notebook'});
            await panel.sessionContext.ready;
        }"""
    )
    lab.wait_ready()
    index = lab.add("ft.Text('from the second notebook')")
    lab.run(index)
    view = lab.page.locator(".flet-view[aria-label=Text]")
    expect_state(view, "live")
    enable_semantics(lab.page)
    expect(view.get_by_text("from the second notebook")).to_be_visible()
    assert len([kernel for kernel in server.kernels() if kernel["connections"] >= 2]) == 1


def test_an_interrupt_reaches_the_running_cell_and_leaves_the_app_alone(notebook: OpenNotebook) -> None:
    lab = notebook([RECORDING_APP, "import time\nwhile True: time.sleep(0.1)"])
    lab.run(1)
    click_add(lab, 1, "1")
    lab.start(2)
    click_add(lab, 1, "2")
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
    expect(lab.cell(2)).to_contain_text("KeyboardInterrupt")
    click_add(lab, 1, "3")
