"""The inspector beside a panel, and JupyterLab's Log Console below it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.seeing import differ, picture, settled, wait_changed, wait_same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator

    from tests.browser.panels import Lab, Panel

APP = """\
import sys

import flet as ft

print("the module runs")


def main(page: ft.Page):
    page.title = "Inspected"
    print("main runs")
    count = ft.Text("0", size=40)
    lines = ft.ListView([ft.Text(f"line {n}") for n in range(10_000)], height=100)

    def add(e):
        count.value = str(int(count.value) + 1)
        print("clicked", count.value)

    def fail(e):
        print("about to fail", file=sys.stderr)
        raise ValueError("that went wrong")

    page.add(
        count,
        ft.Row([ft.FilledButton("Add", on_click=add), ft.FilledButton("Fail", on_click=fail)]),
        ft.Text("unseen", visible=False),
        lines,
    )


ft.run(main)
"""

THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"


class Inspector:
    """The sidebar."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        lab.command("flet:inspect")
        self.element = lab.page.locator("#flet-inspector")
        self.tree = self.element.get_by_role("tree")
        self.highlight = self.element.get_by_role("button", name="Highlight")
        self.errors = self.element.locator(".jp-FletErrors")

    def row(self, *texts: str) -> Locator:
        """Return the control that is told by its type and these texts."""
        return self.tree.get_by_role("treeitem").filter(has_text=re.compile("^" + "".join(map(re.escape, texts))))

    def rows(self, *texts: str) -> None:
        """Wait until the tree begins with these."""
        items = self.tree.get_by_role("treeitem")
        expect(items.nth(len(texts) - 1)).to_be_attached()
        expect(items.first).to_have_text(texts[0])
        for place, text in enumerate(texts):
            expect(items.nth(place)).to_have_text(text)

    def value(self, name: str) -> Locator:
        """Return the value of a property."""
        rows = self.element.locator(".jp-FletProperties tr")
        return rows.filter(has=self.lab.page.get_by_role("rowheader", name=name, exact=True)).locator("td")

    def figure(self, name: str) -> Locator:
        return self.element.locator(f"[data-figure={name}]")


def opened(lab: Lab, source: str = APP) -> tuple[Panel, Inspector]:
    lab.write("app.py", source)
    panel = lab.open("app.py")
    return panel, Inspector(lab)


def log_console(lab: Lab) -> Locator:
    return lab.page.locator(".jp-LogConsolePanel")


@pytest.fixture(autouse=True)
def closed_afterwards(lab: Lab) -> Iterator[None]:
    """Close the Log Console and the inspector in the end: the page is that of the next test, too."""
    yield
    if log_console(lab).count():
        lab.command("logconsole:open")
        expect(log_console(lab)).to_have_count(0)
    lab.command("application:toggle-right-area")


def test_the_inspector_shows_the_controls_with_their_live_values(lab: Lab) -> None:
    panel, inspector = opened(lab)
    inspector.rows("PageInspected5", "View/4", "Text0", "Row2", "Textunseen", "ListView10000")
    inspector.row("Text", "0").click()
    expect(inspector.value("value")).to_have_text("'0'")
    expect(inspector.value("size")).to_have_text("40")
    panel.count(1)
    expect(inspector.value("value")).to_have_text("'1'")
    expect(inspector.row("Text", "1")).to_have_attribute("aria-selected", "true")
    expect(inspector.figure("sessions")).to_have_text("1")
    expect(inspector.figure("clients")).to_have_text("1")
    expect(inspector.figure("sumIn")).to_contain_text("kB")
    lab.document("inspector")


def test_the_inspector_is_used_by_keyboard(lab: Lab) -> None:
    _, inspector = opened(lab)
    expect(inspector.row("Row")).to_be_visible()
    keys = lab.page.keyboard
    inspector.tree.focus()
    for _ in range(4):
        keys.press("ArrowDown")
    expect(inspector.row("Row")).to_have_attribute("aria-selected", "true")
    keys.press("ArrowRight")
    expect(inspector.row("Row")).to_have_attribute("aria-expanded", "true")
    expect(inspector.row("FilledButton", "Add")).to_be_visible()
    keys.press("ArrowRight")
    button = inspector.row("FilledButton", "Add")
    expect(button).to_have_attribute("aria-selected", "true")
    expect(inspector.tree).to_have_attribute("aria-activedescendant", str(button.get_attribute("id")))
    expect(inspector.value("on_click")).to_have_text(re.compile(r"main\.add\s+\(app\.py:14\)"))
    keys.press("ArrowLeft")
    keys.press("ArrowLeft")
    expect(button).to_have_count(0)
    keys.press("Home")
    expect(inspector.row("Page")).to_have_attribute("aria-selected", "true")


def test_a_list_of_ten_thousand_is_told_in_parts_and_only_what_is_seen_is_asked_for(lab: Lab) -> None:
    _, inspector = opened(lab)
    # What the page asks, noted where it leaves.
    lab.page.evaluate(
        """() => {
            const {content} = [...window.jupyterapp.shell.widgets('main')].find(({content}) => content?.inspect);
            const inspect = content.inspect.bind(content);
            window.asked = [];
            content.inspect = question => {
                window.asked.push(question.rows.reduce((sum, [, , count]) => sum + count, 0));
                return inspect(question);
            };
        }"""
    )
    inspector.row("ListView").locator(".jp-FletTree-caret").click()
    expect(inspector.row("Text", "line 199")).to_be_attached()
    expect(inspector.row("Text", "line 200")).to_have_count(0)
    for end in (400, 600):
        inspector.row("more…").click()
        expect(inspector.row("Text", f"line {end - 1}")).to_be_attached()
    expect(inspector.row("more…")).to_have_text(re.compile(r"^more… \(9400\)$"))
    lab.page.evaluate("() => { window.asked.length = 0; }")
    lab.page.wait_for_function("() => window.asked.length >= 2")
    assert max(lab.page.evaluate("() => window.asked")) <= 150


def test_what_has_not_changed_is_not_touched(lab: Lab) -> None:
    panel, inspector = opened(lab)
    inspector.row("Row").click()
    expect(inspector.value("controls")).to_be_visible()
    lab.page.evaluate(
        """() => {
            window.touched = [];
            const seen = {subtree: true, childList: true, characterData: true, attributes: true};
            const note = records => window.touched.push(...records.map(({target}) => target.textContent));
            for (const part of document.querySelectorAll('.jp-FletTree, .jp-FletProperties'))
                new MutationObserver(note).observe(part, seen);
            const {content} = [...window.jupyterapp.shell.widgets('main')].find(({content}) => content?.inspect);
            const inspect = content.inspect.bind(content);
            window.answered = 0;
            content.inspect = async question => {
                const answer = await inspect(question);
                window.answered += 1;
                return answer;
            };
        }"""
    )
    lab.page.wait_for_function("() => window.answered >= 3")
    assert lab.page.evaluate("() => window.touched") == []
    panel.count(1)
    lab.page.wait_for_function("() => window.touched.length > 0")
    assert set(lab.page.evaluate("() => window.touched")) == {"1", "Text1"}


def test_highlight_makes_a_control_blink_and_leaves_it_as_it_was(lab: Lab) -> None:
    panel, inspector = opened(lab)
    inspector.row("Text", "0").click()
    expect(inspector.highlight).to_have_attribute("aria-disabled", "false")
    before = settled(panel.view)
    inspector.highlight.click()
    wait_changed(panel.view, before)
    wait_same(panel.view, before)
    assert (
        panel.ask("[c.opacity for c in _flet.panels._files['app.py'].apps[0].page.controls]") == "[1.0, 1.0, 1.0, 1.0]"
    )


@pytest.mark.parametrize(
    ("row", "why"),
    [(("View",), "This control has no opacity"), (("Text", "unseen"), "This control is not visible.")],
)
def test_what_cannot_be_highlighted_says_why(lab: Lab, row: tuple[str, ...], why: str) -> None:
    panel, inspector = opened(lab)
    inspector.row(*row).click()
    expect(inspector.highlight).to_have_attribute("aria-disabled", "true")
    expect(inspector.highlight).to_have_attribute("title", re.compile(re.escape(why)))
    before = settled(panel.view)
    inspector.highlight.dispatch_event("click")  # Playwright itself clicks on nothing that says it is disabled
    inspector.row("Row").click()  # what is answered later than that
    expect(inspector.value("controls")).to_be_visible()
    assert not differ(before, picture(panel.view))


def test_an_error_is_in_the_last_errors_and_in_the_log_console(lab: Lab) -> None:
    panel, inspector = opened(lab)
    expect(inspector.errors).to_have_text(re.compile("None so far"))
    panel.press("Fail")
    summary = inspector.errors.locator("summary")
    expect(summary).to_contain_text("ValueError: that went wrong")
    summary.click()
    expect(inspector.errors.locator("pre")).to_contain_text("in fail")
    panel.view.click(position={"x": 5, "y": 5})
    lab.menu("View", "Show Log Console")
    log = log_console(lab)
    expect(lab.page.get_by_role("tab", name=f"Log: {lab.folder}/app.py")).to_be_visible()
    expect(log).to_contain_text("the module runs")
    for text in ("main runs", "about to fail", "ValueError: that went wrong"):
        expect(log).to_contain_text(text)
    shown = log.inner_text()
    assert [shown.count(text) for text in ("the module runs", "main runs")] == [1, 1]
    levels = log.locator("[data-log-level]").evaluate_all("found => found.map(each => each.dataset.logLevel)")
    assert set(levels) == {"warning", "error"}
    lab.page.evaluate(THEME, "JupyterLab Dark")
    try:
        expect(lab.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
        settled(panel.view)
        lab.picture("inspector-dark")
    finally:
        lab.page.evaluate(THEME, "JupyterLab Light")


def test_the_log_console_follows_the_panel_that_is_current(lab: Lab) -> None:
    lab.write("other.py", APP.replace("the module runs", "the other module runs"))
    lab.open("other.py")
    lab.write("app.py", APP)
    lab.open("app.py")
    lab.command("logconsole:open")
    shown = log_console(lab).locator("pre:visible")
    expect(shown.filter(has_text=re.compile("^the module runs"))).to_have_count(1)
    expect(shown.filter(has_text="the other module runs")).to_have_count(0)
    lab.tab("Inspected").first.click()
    expect(shown.filter(has_text="the other module runs")).to_have_count(1)
    expect(shown.filter(has_text=re.compile("^the module runs"))).to_have_count(0)


def test_what_keeps_an_app_from_starting_is_logged(lab: Lab) -> None:
    lab.write("broken.py", "import flet as ft\n\n1 / 0\n")
    panel = lab.open_any("broken.py")
    panel.says("The app failed to start: ZeroDivisionError")
    inspector = Inspector(lab)
    expect(inspector.errors.locator("summary")).to_contain_text("ZeroDivisionError: division by zero")
    expect(inspector.element).to_contain_text("The app does not run")
    lab.command("logconsole:open")
    expect(log_console(lab)).to_contain_text("ZeroDivisionError: division by zero")


def test_the_inspector_stays_with_the_last_panel_and_goes_on_after_a_reload(lab: Lab) -> None:
    panel, inspector = opened(lab)
    expect(inspector.row("Text", "0")).to_be_visible()
    lab.write("notes.txt", "something else")
    lab.command("docmanager:open", path=f"{lab.folder}/notes.txt")
    expect(lab.tab("notes.txt")).to_be_visible()
    expect(inspector.row("Text", "0")).to_be_visible()
    lab.write("app.py", APP.replace('ft.Text("0"', 'ft.Text("100"'))
    expect(inspector.row("Text", "100")).to_be_visible()
    lab.tab("Inspected").click()
    panel.shows("100")


def test_an_open_inspector_waits_for_a_panel(lab: Lab) -> None:
    inspector = Inspector(lab)
    expect(inspector.element).to_contain_text("Open a Flet app in a panel to see here what it is made of.")
    expect(inspector.tree).to_be_hidden()
    lab.write("app.py", APP)
    lab.open("app.py")
    expect(inspector.row("Text", "0")).to_be_visible()
