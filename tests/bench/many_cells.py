"""A hundred live cells in one notebook.

Memory is the proportional set size of all of Chromium's processes, after garbage was collected, with all cells
shown and with the first only; the notebook has all its cells in both cases. Every view's link is sent a click event
and the answer read from the wire; a handful is clicked with the mouse.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.bench import wire
from tests.bench.lab import COUNTER, browser_memory, lab, settle
from tests.bench.latency import find_button, is_answered
from tests.bench.report import Result, Row, say

if TYPE_CHECKING:
    from tests.bench.lab import Lab
    from tests.browser.jupyter import Notebook

CELLS = 100
HANDFUL = 5
RUN_PATIENCE = 150_000
"""Milliseconds that all cells together may take to run."""
CELL = "%%flet --height 150" + COUNTER


def measure() -> Result:
    """Measure in JupyterLab's default windowing mode and in the one that takes hidden cells out of the page."""
    rows, notes = [], []
    with lab() as running:
        for mode in (None, "full"):
            running.set_windowing(mode)
            row, note = _measure(running, mode or "default")
            rows.append(row)
            notes.append(note)
    return Result(rows, notes)


def _measure(running: Lab, mode: str) -> tuple[Row, str]:
    with running.browser() as browser, running.notebook(browser, [CELL] * CELLS) as notebook:
        page = notebook.page
        page.evaluate("() => fletBench.keepPages()")
        _scroll_through(notebook)
        notebook.run(1)
        _wait_registered(notebook, 1)
        button = find_button(notebook, 1)
        settle(page)
        one = browser_memory(browser)
        say(f"  windowing {mode}: one cell is live")
        start = time.monotonic()
        _run_others(notebook)
        _show_all(notebook)
        took = time.monotonic() - start
        say(f"  windowing {mode}: {CELLS} cells have their app's page after {took:.0f} s")
        settle(page)
        many = browser_memory(browser)
        answered = _click_all(notebook)
        clicked = _click_handful(notebook, button)
        settle(page)
        webgl = page.evaluate("() => fletBench.webgl()")
        live = page.evaluate("() => fletBench.views.length")
        failed = page.evaluate("() => document.querySelectorAll('.flet-view:not([data-flet-state=live])').length")
        dropped = sum("rate exceeded" in line for line in running.server.log)
        warnings = [line for line in notebook.console if "WebGL" in line and "context" in line.lower()]
    each = (many.total - one.total) / (CELLS - 1)
    renderers = (many.renderers - one.renderers) / (CELLS - 1)
    return Row(
        f"{CELLS} live cells, windowing {mode}: browser memory per cell beyond the first",
        each,
        4,
        "MB",
        f"{one.total:.0f} MB with one, {many.total:.0f} MB with all (renderers {renderers:.2f} MB each); "
        f"{live} live, "
        f"{answered} of {CELLS} answer, {clicked} of {HANDFUL} mouse clicks too; "
        f"WebGL contexts in use: {webgl['drawing']}",
        str(CELLS),
        holds=answered == CELLS
        and clicked == HANDFUL
        and failed == 0
        and webgl["drawing"] == 1
        and webgl["lost"] == 0
        and not warnings,
    ), (
        f"Windowing {mode}: {webgl['made']} WebGL contexts were ever made; {webgl['alive']} are alive (one of them "
        f"makes images and has drawn nothing), {webgl['lost']} lost, "
        f"{len(warnings)} warnings about them; {dropped} IOPub warnings. All cells were "
        f"run at once, and all views were live after {took:.0f} s."
    )


def _scroll_through(notebook: Notebook) -> None:
    """Have JupyterLab make all its cells, so that their editors are not counted as ours."""
    for index in range(1, CELLS + 1):
        _scroll_to(notebook, index)
        notebook.page.wait_for_timeout(30)


def _run_others(notebook: Notebook) -> None:
    notebook.page.evaluate(
        """() => {
            const { commands, shell } = window.jupyterapp;
            shell.currentWidget.content.activeCellIndex = 2;
            void commands.execute('notebook:run-all-below');
        }"""
    )


def _show_all(notebook: Notebook) -> None:
    """Bring each cell into sight that waits for it: a view without a size is not begun."""
    page = notebook.page
    page.wait_for_function(
        "count => document.querySelectorAll('.flet-view').length >= count", arg=CELLS, timeout=RUN_PATIENCE
    )
    deadline = time.monotonic() + RUN_PATIENCE / 1_000
    for index in range(1, CELLS + 1):
        view = notebook.view(index)
        if not view.count() or view.get_attribute("data-flet-state") == "loading":
            _scroll_to(notebook, index)
            # Those that failed are counted afterwards.
            expect(view).not_to_have_attribute("data-flet-state", "loading", timeout=RUN_PATIENCE)
        assert time.monotonic() < deadline, f"only {index} views were begun in {RUN_PATIENCE / 1_000} s"


def _scroll_to(notebook: Notebook, index: int) -> None:
    notebook.page.evaluate(
        "index => window.jupyterapp.shell.currentWidget.content.scrollToItem(index, 'center')", index
    )


def _wait_registered(notebook: Notebook, count: int) -> None:
    notebook.page.wait_for_function(
        "count => Object.keys(fletBench.pages()).length >= count", arg=count, timeout=RUN_PATIENCE
    )


def _click_all(notebook: Notebook) -> int:
    """Send each view a click, as its Flutter app would; return how many answer with the next number."""
    pages: dict[str, str] = notebook.page.evaluate("() => fletBench.pages()")
    links: list[str] = notebook.page.evaluate("() => fletBench.links().map(link => link.id)")
    links = [link for link in links if link in pages]
    answered = 0
    for link in links:
        event = wire.click(wire.find(pages[link], "FilledButton"))
        answer: str = notebook.page.evaluate("([link, event]) => fletBench.sendThroughView(link, event)", [link, event])
        answered += _sets_number(wire.read(answer))
    return answered


def _sets_number(message: Any) -> bool:
    """Tell whether a patch sets a text's value to a number."""
    return any(operation[2] == "value" and operation[3].isdigit() for operation in message[1]["patch"][1:])


def _click_handful(notebook: Notebook, button: tuple[float, float]) -> int:
    clicked = 0
    for index in random.Random(1).sample(range(1, CELLS + 1), HANDFUL):
        # Made active first: when a click does that to a cell far away, JupyterLab moves it under the pointer.
        notebook.page.evaluate("i => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = i; }", index)
        _scroll_to(notebook, index)
        _wait_still(notebook, index)
        clicked += is_answered(notebook, index, button, patience=15)
    return clicked


def _wait_still(notebook: Notebook, index: int) -> None:
    """Wait until JupyterLab has put the cells around into the page, which moves this one."""
    last, times = None, 0
    while times < 8:
        notebook.page.wait_for_timeout(250)
        box = notebook.view(index).bounding_box()
        times = times + 1 if box == last else 0
        last = box
