"""A handler that updates the page a hundred thousand times.

A sync handler sets a text to 1, 2, 3... and updates the page each time. It ends when Flutter's semantics tree says
the last number. Warnings are looked for in the server's log, the browser's console and the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.bench import wire
from tests.bench.lab import lab
from tests.bench.report import Result, Row
from tests.browser.jupyter import enable_semantics, expect_state

if TYPE_CHECKING:
    from tests.browser.jupyter import Notebook

UPDATES = 100_000
APP = f"""
import time
took = None
def main(page):
    count = ft.Text("0")
    def flood(e):
        global took
        start = time.monotonic()
        for number in range({UPDATES}):
            count.value = str(number + 1)
            page.update()
        took = time.monotonic() - start
    page.add(count, ft.FilledButton("Flood", on_click=flood))
app = flet_jupyter.show(main, height=200)
"""


def measure() -> Result:
    """Click once, wait for the end, count."""
    with lab() as running, running.browser() as browser, running.notebook(browser, [APP]) as notebook:
        notebook.run(1)
        expect_state(notebook.view(1), "live")
        page = notebook.page
        page.evaluate("() => { fletBench.keepPages(); fletBench.keepLatest(); }")
        enable_semantics(page)
        page.evaluate("() => fletBench.takeLog()")
        notebook.view(1).get_by_role("button", name="Flood").click()
        expect(notebook.view(1).get_by_text(f"{UPDATES}", exact=True)).to_be_visible(timeout=240_000)
        took = _seconds(notebook)
        log = page.evaluate("() => fletBench.takeLog()")
        packets = [entry for entry in log if entry["direction"] == "recv" and entry["op"] == "packet"]
        last = wire.read(page.evaluate("() => fletBench.latestPacket()"))
        warnings = [line for line in [*running.server.log, *notebook.console] if "rate exceeded" in line.lower()]
        shown = page.locator("body").inner_text()
    exact = str(UPDATES) in str(last)
    return Result(
        [
            Row(
                f"a handler that calls `page.update()` {UPDATES:,} times: packets",
                len(packets), 1_999, "packets",
                f"the handler took {took:.1f} s; final state {'exact' if exact else 'WRONG'}; "
                f"{len(warnings)} IOPub warnings",
                "1", holds=exact and not warnings and "rate exceeded" not in shown,
            )
        ]
    )  # fmt: skip


def _seconds(notebook: Notebook) -> float:
    return float(notebook.quietly("while took is None: time.sleep(0.05)\nprint(took)"))
