"""Keys, clipboard and mouse wheel: what goes to the app and what goes to the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.jupyter import expect_state
from tests.browser.seeing import assert_quiet, rest, settled, show, wait_changed, wait_kernel, wait_same

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.jupyter import Notebook
    from tests.browser.seeing import OpenNotebook

FIELDS = """%%flet --height 300
keys = []
def main(page):
    global fields
    fields = page.controls
    page.on_keyboard_event = lambda e: keys.append(e.key)
    page.add(
        ft.TextField(label="First", on_submit=lambda e: keys.append("submitted")),
        ft.TextField(label="Second", multiline=True, min_lines=3),
        ft.FilledButton("Press", on_click=lambda e: keys.append("pressed")),
        ft.Text("Selectable", size=20, selectable=True),
    )
"""


RUN_ELSEWHERE = """index => {
    const { content, sessionContext } = window.jupyterapp.shell.currentWidget;
    const { model, outputArea } = content.widgets[index];
    model.trusted = true;
    const code = model.sharedModel.source;
    outputArea.future = sessionContext.session.kernel.requestExecute({ code }, false, { cellId: model.id });
}"""
"""Runs a cell as a running "Run All" does: the focus stays where the user has put it."""


def selection(lab: Notebook) -> tuple[int, str, int]:
    """Return the active cell, the notebook's mode and the number of cells: what a shortcut would change."""
    index, mode, cells = lab.page.evaluate(
        """() => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            return [notebook.activeCellIndex, notebook.mode, notebook.widgets.length];
        }"""
    )
    return index, mode, cells


def press(lab: Notebook, keys: str) -> None:
    for key in keys.split():
        lab.page.keyboard.press(key)


def test_keys_typed_in_a_view_are_no_notebook_shortcuts(notebook: OpenNotebook) -> None:
    lab = notebook([FIELDS, "1 + 1"])
    show(lab, 1)
    page, view = lab.page, lab.view(1)
    sources = lab.cell_sources()
    first, second = view.get_by_role("textbox", name="First"), view.get_by_role("textbox", name="Second")

    first.click()
    before = selection(lab)
    assert before == (1, "command", 3)
    page.keyboard.type("abdd hello")
    expect(first).to_have_value("abdd hello")
    press(lab, "Home ArrowRight ArrowDown ArrowUp End ArrowLeft")
    page.keyboard.type("!")
    expect(first).to_have_value("abdd hell!o")
    page.keyboard.press("Enter")
    wait_kernel(lab, "'submitted' in keys")
    first.click()
    page.keyboard.press("Tab")
    page.keyboard.type("x")
    page.keyboard.press("Enter")
    page.keyboard.type("jk")
    expect(second).to_have_value("x\njk")
    page.keyboard.press("Control+z")
    expect(second).not_to_have_value("x\njk")
    press(lab, "Shift+Enter Control+Enter Alt+Enter Escape")
    page.keyboard.type("m")
    page.keyboard.press("Control+a")
    page.keyboard.type("mine")
    expect(second).to_have_value("mine")
    press(lab, "Tab Enter")
    wait_kernel(lab, "'pressed' in keys")
    # Now a button has the focus, no text field.
    page.keyboard.type("abddxzmyj")
    page.keyboard.press("Shift+Enter")
    assert selection(lab) == before
    assert lab.cell_sources() == sources
    assert lab.text(2).strip() == ""

    # Out of the view, to the cell: command mode again.
    lab.cell(1).locator(".jp-InputPrompt").click()
    page.keyboard.press("b")
    expect(page.locator(".jp-Notebook-cell")).to_have_count(4)
    press(lab, "d d")
    expect(page.locator(".jp-Notebook-cell")).to_have_count(3)
    # To an editor: letters are text there, not in the app.
    lab.cell(2).locator(".cm-content").click()
    page.keyboard.press("End")
    page.keyboard.type(" + 2")
    expect(lab.cell(2).locator(".cm-content")).to_have_text("1 + 1 + 2")
    expect(second).to_have_value("mine")
    assert_quiet(lab)


def test_a_field_keeps_the_focus_while_another_app_starts(notebook: OpenNotebook) -> None:
    field = """%%flet --height 120
typed = []
def main(page):
    page.add(ft.TextField(on_change=lambda e: typed.append(e.control.value)))
"""
    # The second is like the spare app that waits by then, the third is not.
    others = ["%%flet --height 120\nft.TextField('other', autofocus=True)", "%%flet --height 250\nft.Text('another')"]
    lab = notebook([field, *others])
    page = lab.page
    lab.run(1)
    expect_state(lab.view(1), "live")
    lab.view(1).click(position={"x": 100, "y": 35})
    page.keyboard.type("begin ")
    wait_kernel(lab, "typed[-1:] == ['begin ']")
    for index in (2, 3):
        page.evaluate(RUN_ELSEWHERE, index)
        while lab.view(index).get_attribute("data-flet-state", timeout=20_000) != "live":
            page.keyboard.type("x")
        page.wait_for_timeout(700)  # while it starts up entirely, and perhaps a spare app
    page.keyboard.type(" end")
    wait_kernel(lab, "typed[-1].startswith('begin x') and typed[-1].endswith(' end')")
    assert_quiet(lab)


def test_an_app_hears_only_the_keys_that_are_meant_for_it(notebook: OpenNotebook) -> None:
    listening = (
        "%%flet --height 120\nkeys_{0} = []\ndef main(page):\n"
        "    page.on_keyboard_event = lambda e: keys_{0}.append(e.key)\n    page.add(ft.Text('{0}'))\n"
    )
    lab = notebook([listening.format("a"), listening.format("b"), "1"])
    lab.run_all()
    page, keys = lab.page, "keys_a + ['/'] + keys_b"
    for index in (1, 2):
        expect_state(lab.view(index), "live")
        # No semantics tree here: what has the focus is the canvas.
        lab.view(index).click(position={"x": 300, "y": 80})
        page.keyboard.press("x")
        page.keyboard.press("z")
    wait_kernel(lab, f"{keys} == ['X', 'Z', '/', 'X', 'Z']")
    assert len(lab.cell_sources()) == 4

    lab.cell(3).locator(".cm-content").click()
    page.keyboard.type("qrs")
    lab.cell(1).locator(".jp-InputPrompt").click()
    page.keyboard.press("b")
    expect(page.locator(".jp-Notebook-cell")).to_have_count(5)
    lab.view(1).click(position={"x": 300, "y": 80})
    page.keyboard.press("y")
    wait_kernel(lab, f"{keys} == ['X', 'Z', 'Y', '/', 'X', 'Z']")
    assert_quiet(lab)


def wait_clipboard(lab: Notebook, text: str) -> None:
    lab.page.evaluate(
        """async text => {
            const end = performance.now() + 5000;
            while (await navigator.clipboard.readText() !== text) {
                if (performance.now() > end) throw new Error(`clipboard: ${await navigator.clipboard.readText()}`);
                await new Promise(resolve => setTimeout(resolve, 50));
            }
        }""",
        text,
    )


def test_text_is_copied_cut_and_pasted(notebook: OpenNotebook) -> None:
    lab = notebook([FIELDS, "'from a cell'"])
    lab.run(1)
    page, view = lab.page, lab.view(1)
    expect_state(view, "live")
    # By place, as most people have it: with its semantics tree Flutter uses other elements for text.
    first, second, text = (100, 33), (100, 91), (60, 230)
    view.click(position={"x": first[0], "y": first[1]})
    page.keyboard.type("copied")
    press(lab, "Control+a Control+c")
    wait_clipboard(lab, "copied")
    view.click(position={"x": second[0], "y": second[1]})
    press(lab, "Control+v")
    wait_kernel(lab, "[field.value for field in fields[:2]] == ['copied', 'copied']")
    press(lab, "Control+a Control+x")
    wait_kernel(lab, "[field.value for field in fields[:2]] == ['copied', '']")
    page.evaluate("() => navigator.clipboard.writeText('from outside')")
    press(lab, "Control+v")
    wait_kernel(lab, "[field.value for field in fields[:2]] == ['copied', 'from outside']")

    view.dblclick(position={"x": text[0], "y": text[1]})
    page.wait_for_function(
        "() => document.activeElement.value === 'Selectable' && document.activeElement.selectionEnd === 10"
    )
    press(lab, "Control+c")
    wait_clipboard(lab, "Selectable")
    lab.cell(2).locator(".cm-content").click()
    press(lab, "Control+a Control+v")
    expect(lab.cell(2).locator(".cm-content")).to_have_text("Selectable")
    assert_quiet(lab)


def wheel(lab: Notebook, view: Locator, down: int) -> None:
    box = view.bounding_box()
    assert box is not None
    lab.page.mouse.move(box["x"] + 100, box["y"] + 100)
    lab.page.mouse.wheel(0, down)


def scrolled(lab: Notebook) -> float:
    top: float = lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.outerNode.scrollTop")
    return top


def test_the_wheel_scrolls_what_can_be_scrolled(notebook: OpenNotebook) -> None:
    lab = notebook(
        [
            "%%flet --height 300\nft.Text('nothing to scroll')",
            "%%flet --height 300\nft.ListView([ft.Text(f'line {n}', size=20) for n in range(60)], expand=True)",
            *["\n" * 20] * 4,
        ]
    )
    show(lab, 1, 2)
    page = lab.page
    plain, long = lab.view(1), lab.view(2)
    page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.outerNode.scrollTop = 0; }")
    rest(lab)
    settled(plain)

    wheel(lab, plain, 100)
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.content.outerNode.scrollTop === 100")
    wheel(lab, plain, -100)
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.content.outerNode.scrollTop === 0")

    rest(lab)
    before = settled(long)
    top = scrolled(lab)
    wheel(lab, long, 400)
    wait_changed(long, before)
    expect(long.get_by_text("line 20", exact=True)).to_be_visible()
    assert scrolled(lab) == top
    wheel(lab, long, -400)
    rest(lab)
    wait_same(long, before)
    assert scrolled(lab) == top
    for _ in range(10):
        wheel(lab, long, 200)
    expect(long.get_by_text("line 59", exact=True)).to_be_visible()
    settled(long)
    top = scrolled(lab)
    wheel(lab, long, 100)
    page.wait_for_function(
        "top => window.jupyterapp.shell.currentWidget.content.outerNode.scrollTop === top + 100", arg=top
    )
    assert_quiet(lab)
