"""A cell that is run again two hundred times.

Each run waits until the view is live. Measured after 20 runs to warm up and then after every 50, with garbage
collected on both sides. The kernel's memory is resident, the browser's the proportional set size of all of
Chromium's processes.

JupyterLab changes the page's icon each time the kernel is busy, and the log of the network that Playwright has
Chromium keep holds every one of them: 0.25 MB for each run, of any cell. So the page has no icon here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.lab import COUNTER, browser_memory, js_heap, kernel_memory, lab, settle
from tests.bench.report import Result, Row
from tests.browser.jupyter import expect_state

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.jupyter import Notebook

WARM_UP = 20
RUNS = 200
STEPS = 4
CELL = "%%flet --height 200" + COUNTER


def measure() -> Result:
    """Run the cell, wait until it is live, and so on."""
    with lab() as running, running.browser() as browser, running.notebook(browser, [CELL]) as notebook:
        notebook.page.evaluate("() => document.querySelectorAll('link[rel~=icon]').forEach(icon => icon.remove())")
        _run(notebook, WARM_UP)
        samples = [_sample(browser, notebook)]
        for _ in range(STEPS):
            _run(notebook, RUNS // STEPS)
            samples.append(_sample(browser, notebook))
    kernel, browser_total, heap = (list(series) for series in zip(*samples, strict=True))
    return Result(
        [
            Row(
                f"a cell re-run {RUNS} times: growth of the kernel's memory",
                kernel[-1] - kernel[0], 5, "MB", f"resident {_series(kernel)} MB", str(RUNS),
            ),
            Row(
                f"a cell re-run {RUNS} times: growth of the browser's memory",
                browser_total[-1] - browser_total[0], 20, "MB",
                f"all processes {_series(browser_total)} MB; JavaScript heap {_series(heap)} MB", str(RUNS),
            ),
        ]
    )  # fmt: skip


def _run(notebook: Notebook, times: int) -> None:
    for _ in range(times):
        notebook.page.evaluate("() => { fletBench.views.length = 0; }")
        notebook.run(1)
        notebook.page.wait_for_function("() => fletBench.views.length > 0")
    expect_state(notebook.view(1), "live")


def _sample(browser: Browser, notebook: Notebook) -> tuple[float, float, float]:
    settle(notebook.page)
    return kernel_memory(notebook), browser_memory(browser).total, js_heap(notebook.page)


def _series(values: list[float]) -> str:
    return ", ".join(f"{value:.1f}" for value in values)
