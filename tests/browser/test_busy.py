"""Apps live while cells compute, and say so where they cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.jupyter import enable_semantics, expect_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.browser.jupyter import Notebook

    OpenNotebook = Callable[[Sequence[str]], Notebook]

COUNTER = """
def main(page: ft.Page):
    count = ft.Text("0")
    def add(e):
        count.value = str(int(count.value) + 1)
    page.add(count, ft.FilledButton("Add", on_click=add))
ft.run(main)
"""


@pytest.mark.parametrize(
    "busy", ["import time; time.sleep(30)", "while True: pass"], ids=["a sleeping cell", "a tight loop"]
)
def test_clicks_are_handled_and_painted_while_a_cell_runs(notebook: OpenNotebook, busy: str) -> None:
    lab = notebook([COUNTER, busy])
    lab.run(1)
    view = lab.view(1)
    expect_state(view, "live")
    enable_semantics(lab.page)
    before = view.screenshot()
    lab.start(2)
    expect(lab.cell(2)).to_contain_text("[*]:")
    for count in ("1", "2", "3"):
        view.get_by_role("button", name="Add").click()
        expect(view.get_by_text(count, exact=True)).to_be_visible()
    assert view.screenshot() != before
    expect(lab.cell(2)).to_contain_text("[*]:")
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
    expect(lab.cell(2)).to_contain_text("KeyboardInterrupt")


def test_an_app_starts_while_another_cell_is_yet_to_end(notebook: OpenNotebook) -> None:
    lab = notebook([COUNTER + "\nimport time; time.sleep(30)"])
    lab.start(1)
    view = lab.view(1)
    expect_state(view, "live")
    enable_semantics(lab.page)
    view.get_by_role("button", name="Add").click()
    expect(view.get_by_text("1", exact=True)).to_be_visible()
    expect(lab.cell(1)).to_contain_text("[*]:")
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
    expect(lab.cell(1)).to_contain_text("KeyboardInterrupt")


def test_a_front_end_without_subshells_says_that_it_waits(notebook: OpenNotebook) -> None:
    lab = notebook([COUNTER, "import time; time.sleep(6)"])
    lab.page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.commsOverSubshells = 'disabled'; }"
    )
    lab.run(1)
    view = lab.view(1)
    expect_state(view, "live")
    enable_semantics(lab.page)
    lab.start(2)
    expect(lab.cell(2)).to_contain_text("[*]:")
    view.get_by_role("button", name="Add").click()
    expect(view).to_contain_text("Waiting for the kernel: it is busy")
    expect(view.get_by_text("1", exact=True)).to_be_visible()  # when the cell has ended
    expect(view).not_to_contain_text("Waiting for the kernel")


def test_one_slow_handler_holds_up_neither_its_own_app_nor_another(notebook: OpenNotebook) -> None:
    slow = """
import threading
released = threading.Event()
def main(page: ft.Page):
    state = ft.Text("idle")
    def work(e):
        state.value = "working"
        page.update()
        released.wait(30)
        state.value = "cancelled"
        page.update()
    def cancel(e):
        released.set()
    page.add(state, ft.FilledButton("Work", on_click=work), ft.FilledButton("Cancel", on_click=cancel))
ft.run(main)
"""
    lab = notebook([slow, COUNTER])
    lab.run_all()
    expect_state(lab.view(1), "live")
    expect_state(lab.view(2), "live")
    enable_semantics(lab.page)
    lab.view(1).get_by_role("button", name="Work").click()
    expect(lab.view(1).get_by_text("working")).to_be_visible()
    lab.view(2).get_by_role("button", name="Add").click()
    expect(lab.view(2).get_by_text("1", exact=True)).to_be_visible()
    lab.view(1).get_by_role("button", name="Cancel").click()
    expect(lab.view(1).get_by_text("cancelled")).to_be_visible()
