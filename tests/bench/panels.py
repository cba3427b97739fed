"""How soon a panel is live, against the bare start of a kernel; and whether ten panels share one engine.

*Bare*: a session is started through JupyterLab's session manager, for a kernel that nobody uses, until the kernel has
told what it is (`kernel_info`) over the page's connection. *Panel*: from JupyterLab's command that opens the app file
until the view says `live`. A panel starts a kernel as well, and in it imports flet, runs the file and shows the app.

The server is warm: kernels were started and panels opened before. So it has a process in reserve that becomes the
panel's kernel (`FletExtension.preheat_kernel`); one line is of a server without. For a *first* panel the page is new,
and was left alone for some seconds. A browser that has shown an app before has loaded Flutter's engine in that time;
one that has not, or may not by the settings, starts the engine with the panel (which is in its cache here, for the
browser is the same, and made to forget). A *later* panel finds the engine there. Bare starts and panels take turns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.lab import COUNTER, lab, new_page
from tests.bench.report import Result, Row, in_ms, median

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.bench.lab import Lab

ROUNDS = 8
BAR = 1.5
PANELS = 10
PAUSE = 2_500
"""Milliseconds between two measurements, for what the last left to do and for a process in reserve to be there."""

BARE = """async name => {
    const { sessions } = window.jupyterapp.serviceManager;
    const start = performance.now();
    const session = await sessions.startNew({ path: name, name, type: 'console', kernel: { name: 'python3' } });
    await session.kernel.info;
    const time = performance.now() - start;
    await session.shutdown();
    return time;
}"""
OPEN = """async path => {
    const start = performance.now();
    const panel = await window.jupyterapp.commands.execute('docmanager:open', { path, factory: 'Flet' });
    await panel.content.live;
    return performance.now() - start;
}"""
CLOSE = "() => window.jupyterapp.shell.currentWidget.close()"
ENGINES = "() => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/main.dart.js')).length"


def measure() -> Result:
    """Open panels and start kernels by turns; then open many."""
    bare, ready, first, later, engines, views = _measure(preheat_kernel=True)
    usual_bare, _, _, usual, _, _ = _measure(preheat_kernel=False)
    opened = f"{PANELS} panels: engines that were loaded"
    return Result(
        [
            _row("later panel, the engine is there", later, bare, BAR),
            _row("first panel of a page, in a browser that has shown an app before", ready, bare, BAR),
            _row("first panel of a page, in a browser that has not, with the engine's start", first, bare, BAR),
            _row("later panel, no process in reserve", usual, usual_bare, None),
            Row(opened, engines, 1, "", f"{views} views", str(PANELS), views == PANELS),
        ]
    )


def _measure(*, preheat_kernel: bool) -> tuple[list[float], list[float], list[float], list[float], int, int]:
    """Return the times of bare starts, first and later panels; and how many engines and views ten panels have."""
    bare: list[float] = []
    ready: list[float] = []
    first: list[float] = []
    later: list[float] = []
    with lab(preheat_kernel=preheat_kernel) as running, running.browser() as browser:
        for number in range(PANELS):
            source = f"import flet as ft\n{COUNTER}\nft.run(main)\n"
            (running.server.root / f"app_{number}.py").write_text(source)
        page = new_page(browser)
        for number in range(ROUNDS + 1):
            if number > 0:
                page.evaluate("() => localStorage.clear()")
            _load(page, running)
            times = [_start(page, number), _open(page, 0), _start(page, number + 1_000), _open(page, 1)]
            if preheat_kernel:
                _load(page, running)
                times += [_start(page, number + 2_000), _open(page, 0)]
            if number > 0:  # before that the server is cold
                bare += times[::2]
                first.append(times[1])
                later.append(times[3])
                ready += times[5:]
        _load(page, running)
        for number in range(PANELS):
            page.evaluate(OPEN, f"app_{number}.py")
        engines = page.evaluate(ENGINES)
        views = page.evaluate("() => globalThis[Symbol.for('flet-jupyter')].views")
    return bare, ready, first, later, engines, views


def _row(what: str, panels: list[float], bare: list[float], bar: float | None) -> Row:
    measure = f"from opening to `live` against a bare kernel's start: {what}"
    ratio = median(panels) / median(bare)
    return Row(measure, ratio, bar, "x", f"{in_ms(panels)} / {in_ms(bare)}", f"{len(panels)} + {len(bare)}")


def _load(page: Page, running: Lab) -> None:
    page.goto(f"{running.server.url}lab?token={running.server.token}&reset")
    page.wait_for_function("() => window.jupyterapp?.restored")
    page.evaluate("() => window.jupyterapp.restored")
    page.wait_for_timeout(2 * PAUSE)


def _start(page: Page, number: int) -> float:
    time: float = page.evaluate(BARE, f"bare-{number}")
    page.wait_for_timeout(PAUSE)
    return time


def _open(page: Page, number: int) -> float:
    time: float = page.evaluate(OPEN, f"app_{number}.py")
    page.wait_for_timeout(PAUSE)
    page.evaluate(CLOSE)
    page.wait_for_timeout(PAUSE)
    return time
