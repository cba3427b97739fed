"""Views stay what they are while JupyterLab scrolls, moves, hides and doubles them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.jupyter import enable_semantics, expect_state
from tests.browser.seeing import (
    assert_quiet,
    rest,
    scroll,
    settings,
    settled,
    show,
    wait_changed,
    wait_packet,
    wait_same,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator

    from tests.browser.jupyter import JupyterServer
    from tests.browser.seeing import OpenNotebook

APP = """%%flet --height 260
starts, sizes = 0, []
def main(page):
    global starts, add
    starts += 1
    page.on_resize = lambda e: sizes.append(page.height)
    page.bgcolor = "#e0f0ff"
    count = ft.Text("0")
    def add(e=None):
        count.value = str(int(count.value) + 1)
        page.update()
    page.add(count, ft.FilledButton("Add", on_click=add), ft.TextField(label="Name"))
"""
FILLER = [f"print({number!r} * 300)\n" + "\n" * 12 for number in range(25)]


@pytest.fixture(params=["full", "defer", "contentVisibility", "none"])
def windowing(request: pytest.FixtureRequest, server: JupyterServer) -> Iterator[str]:
    settings(server, "@jupyterlab/notebook-extension:tracker", windowingMode=request.param, scrollPastEnd=False)
    yield request.param
    settings(server, "@jupyterlab/notebook-extension:tracker")


def expect_count(view: Locator, count: int) -> None:
    expect(view.get_by_text(str(count), exact=True)).to_be_visible()


def test_views_survive_scrolling_away_and_back(windowing: str, notebook: OpenNotebook) -> None:
    lab = notebook([APP, *FILLER, "ft.Text('far below')"])
    page = lab.page
    assert page.evaluate("window.jupyterapp.shell.currentWidget.content.notebookConfig.windowingMode") == windowing
    view, far = lab.view(1), lab.view(len(FILLER) + 2)
    show(lab, 1)
    view.get_by_role("button", name="Add").click()
    expect_count(view, 1)
    view.get_by_role("textbox").click()
    page.keyboard.type("Ada")
    expect(view.get_by_role("textbox")).to_have_value("Ada")
    rest(lab)
    before = settled(view)

    lab.run(len(FILLER) + 2)
    expect_state(far, "live")
    for _ in range(2):
        scroll(lab, down=True, to=far)
        expect(far.get_by_text("far below")).to_be_visible()
        scroll(lab, down=False, to=view)
        expect_state(view, "live")
        wait_same(view, before)
    view.get_by_role("button", name="Add").click()
    expect_count(view, 2)
    expect(view.get_by_role("textbox")).to_have_value("Ada")
    rest(lab)
    before = settled(view)

    scroll(lab, down=True, to=far)
    wait_packet(lab, lambda: lab.quietly("add()"))
    scroll(lab, down=False, to=view)
    wait_changed(view, before)
    expect_count(view, 3)
    view.get_by_role("button", name="Add").click()
    expect_count(view, 4)
    assert_quiet(lab)


def test_a_view_survives_moves_of_its_cell(notebook: OpenNotebook) -> None:
    lab = notebook([APP, "ft.Text('other')", "1"])
    show(lab, 1, 2)
    lab.view(1).get_by_role("button", name="Add").click()
    expect_count(lab.view(1), 1)
    rest(lab)
    before = settled(lab.view(1))
    lab.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1; }")
    for direction, index in (("down", 2), ("down", 3), ("up", 2), ("up", 1)):
        lab.command(f"notebook:move-cell-{direction}")
        view = lab.view(index)
        expect_state(view, "live")
        expect_count(view, 1)
        wait_same(view, before)
    lab.view(1).get_by_role("button", name="Add").click()
    expect_count(lab.view(1), 2)
    expect(lab.view(2).get_by_text("other")).to_be_visible()
    assert lab.page.evaluate("globalThis[Symbol.for('flet-jupyter')].views") == 2
    assert lab.quietly("print(starts)").strip() == "1"
    assert_quiet(lab)


def test_a_view_survives_a_collapsed_output(notebook: OpenNotebook) -> None:
    lab = notebook([APP])
    show(lab, 1)
    view = lab.view(1)
    view.get_by_role("button", name="Add").click()
    expect_count(view, 1)
    rest(lab)
    before = settled(view)
    sizes = lab.quietly("print(sizes)")
    lab.command("notebook:hide-cell-outputs")
    expect(view).to_be_hidden()
    lab.command("notebook:show-cell-outputs")
    expect_state(view, "live")
    wait_same(view, before)

    lab.command("notebook:hide-cell-outputs")
    expect(view).to_be_hidden()
    wait_packet(lab, lambda: lab.quietly("add()"))
    lab.command("notebook:show-cell-outputs")
    wait_changed(view, before)
    expect_count(view, 2)
    view.get_by_role("button", name="Add").click()
    expect_count(view, 3)
    # An app told that it has no size would lose the scroll positions of its lists.
    assert lab.quietly("print(sizes)") == sizes
    assert_quiet(lab)


def test_two_views_of_an_output_show_one_session(notebook: OpenNotebook) -> None:
    lab = notebook([APP])
    show(lab, 1)
    lab.page.evaluate("() => { window.notebookPanel = window.jupyterapp.shell.currentWidget; }")
    lab.command("notebook:create-output-view")
    views = lab.page.locator(".flet-view")
    expect(views).to_have_count(2)
    first, second = lab.view(1), lab.page.locator(".jp-LinkedOutputView .flet-view")
    expect_state(second, "live")
    enable_semantics(lab.page)
    second.get_by_role("button", name="Add").click()
    for view in (first, second):
        expect_count(view, 1)
    first.get_by_role("button", name="Add").click()
    for view in (first, second):
        expect_count(view, 2)
    rest(lab)
    for here, there, typed, text in ((first, second, "Ada", "Ada"), (second, first, " L", "Ada L")):
        before = settled(there)
        here.get_by_role("textbox").click()
        lab.page.keyboard.press("End")
        lab.page.keyboard.type(typed)
        wait_changed(there, before)
        # Flutter tells assistive tools of a field's text when the field has the focus.
        there.get_by_role("textbox").click()
        expect(there.get_by_role("textbox")).to_have_value(text)
        rest(lab)
    assert lab.page.evaluate("globalThis[Symbol.for('flet-jupyter')].views") == 2
    assert lab.quietly("print(starts)").strip() == "1"

    lab.page.evaluate(
        """() => [...window.jupyterapp.shell.widgets('main')]
            .filter(widget => widget !== window.notebookPanel).forEach(widget => widget.close())"""
    )
    expect(second).to_have_count(0)
    first.get_by_role("button", name="Add").click()
    expect_count(first, 3)
    expect_state(first, "live")
    assert_quiet(lab)
