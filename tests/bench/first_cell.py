"""How soon a cell is live: the first of a page, against a bare page of the same client, and later ones.

From output added: from when JupyterLab has put the output's element into the document until the view's element in
it says `live`. The kernel is new for each first cell.

The bare page is empty but for the client: one view, the same CanvasKit renderer, files from the same routes, and an
app that is answered in the page. Its clock starts with the first line of its script and stops at Flutter's event
`flutter-first-frame`, which comes before Flet shows the app.

*Cold* is a new browser context, in which nothing is cached; *warm* is the same context's second visit.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flet_jupyter.core.flet_api import FLET_VERSION
from tests.bench import wire
from tests.bench.lab import COUNTER, lab, new_page
from tests.bench.report import Result, Row, in_ms, median
from tests.browser.jupyter import expect_state, new_context

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from tests.bench.lab import Lab
    from tests.browser.jupyter import Notebook

REPETITIONS = 5
LATER_CELLS = 15
CELL = "%%flet --height 200" + COUNTER
BARE_SCRIPT = Path(__file__).with_name("bare.js")


def measure() -> Result:
    """Measure with empty caches, then in the same browser context again."""
    cells: dict[str, list[float]] = {"cold": [], "warm": []}
    bare: dict[str, list[dict[str, float]]] = {"cold": [], "warm": []}
    with lab() as running, running.browser() as browser:
        answer = _answer(running, new_context(browser))
        for _ in range(REPETITIONS):
            with contextlib.closing(new_context(browser)) as ours, contextlib.closing(new_context(browser)) as theirs:
                for caches in ("cold", "warm"):
                    bare[caches].append(_bare(running, theirs, answer))
                    with running.notebook(ours, [CELL]) as notebook:
                        cells[caches].append(_live(notebook, 1)["sinceOutput"])
        with running.notebook(browser, [CELL] * (LATER_CELLS + 1)) as notebook:
            later = [_live(notebook, index) for index in range(1, LATER_CELLS + 2)][1:]
    return Result(
        [
            *(_first_row(caches, cells[caches], [times["firstFrame"] for times in bare[caches]]) for caches in cells),
            Row(
                "second and later cells: from output added to `live`",
                median([times["sinceOutput"] for times in later]), 150, "ms",
                f"from the output's element {in_ms([times['sinceOutput'] for times in later])}; "
                f"from the view's element {in_ms([times['sinceView'] for times in later])}",
                str(len(later)),
            ),
        ],
        [
            f"In the bare page, {caches}, the app itself was there after {in_ms([one['app'] for one in times])}."
            for caches, times in bare.items()
        ],
    )  # fmt: skip


def _first_row(caches: str, cells: list[float], bare: list[float]) -> Row:
    return Row(
        f"first cell: from output added to `live`, against a bare page's first frame, {caches} cache",
        median(cells) / median(bare),
        1.3,
        "x",
        f"{in_ms(cells)} / {in_ms(bare)}",
        f"{len(cells)} + {len(bare)}",
    )


def _live(notebook: Notebook, index: int) -> dict[str, float]:
    notebook.page.wait_for_timeout(500)
    notebook.run(index)
    expect_state(notebook.view(index), "live", timeout=60_000)
    times: dict[str, float] = notebook.page.evaluate("() => fletBench.views.at(-1)")
    return times


def _answer(running: Lab, context: BrowserContext) -> str:
    """Return the whole page of a counter, as its kernel answers the client's registration."""
    with contextlib.closing(context), running.notebook(context, []) as notebook:
        comm = notebook.quietly(COUNTER + "print(flet_jupyter.show(main).widget.model_id)").strip()
        answer: str = notebook.page.evaluate(
            "([comm, page, register]) => fletBench.addApp('flet', comm, page, register)",
            [comm, wire.PAGE, wire.register()],
        )
    return answer


def _bare(running: Lab, context: BrowserContext, answer: str) -> dict[str, Any]:
    page = new_page(context)
    client = f"{running.server.url}flet/client/{FLET_VERSION}/"
    # Any page of this origin will do. This one logs in and has no policy against scripts.
    page.goto(f"{client}version.json?token={running.server.token}")
    page.set_content("<!doctype html><title>bare</title><body style='margin:0'></body>")
    page.wait_for_timeout(500)
    times: dict[str, Any] = page.evaluate(
        f"arguments => ({BARE_SCRIPT.read_text()})(arguments)", {"client": client, "answer": answer}
    )
    page.close()
    return times
