"""From an event to its patch while a cell computes.

A cell runs `while True: pass` for 10 s, twice for each side; meanwhile events are sent alone as for `latency`,
each about 10 ms after the last answer. Idle is measured before each round, in the same way.

* *ipywidgets* is a Button as it comes. Since ipykernel 7.4 its clicks go to the shell that last sent something for
  it, which for a widget made by a cell is the busy one.
* *ipywidgets on the subshell* is a Button whose comm was told to leave messages where JupyterLab sends them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.lab import lab
from tests.bench.latency import GAP, add_sides
from tests.bench.report import Result, Row, in_ms, percentile

if TYPE_CHECKING:
    from tests.browser.jupyter import Notebook

ROUNDS = 2
IDLE_EVENTS = 150
LOOP = """
import signal
def _stop(*_):
    raise TimeoutError
signal.signal(signal.SIGALRM, _stop)
signal.setitimer(signal.ITIMER_REAL, 10)
try:
    while True: pass
except TimeoutError:
    pass
"""

# Since ipykernel 7.4 a widget's messages go to the shell that last sent something for it. Left at that, a Button made
# by a cell gets its clicks on the shell that is busy.
ON_SUBSHELL = """
kept_button, kept_label = button_and_label()
kept_button.comm._reply_subshell_for = lambda _data, subshell: subshell
print(kept_button.model_id, kept_label.model_id)
"""


def measure() -> Result:
    """Measure idle and busy by turns, each side in loops of its own."""
    sides = ["flet", "ipywidgets", "ipywidgets on the subshell"]
    idle: dict[str, list[float]] = {side: [] for side in sides}
    busy: dict[str, list[float]] = {side: [] for side in sides}
    with lab() as running, running.browser() as browser, running.notebook(browser, []) as notebook:
        add_sides(notebook)
        ids = notebook.quietly(ON_SUBSHELL).split()
        notebook.page.evaluate("([name, ...ids]) => fletBench.addButton(name, ...ids)", [sides[2], *ids])
        notebook.page.evaluate("names => fletBench.alternate(names, 30, 10)", sides)
        for _ in range(ROUNDS):
            calm = notebook.page.evaluate(
                "([names, count, gap]) => fletBench.alternate(names, count, gap)", [sides, IDLE_EVENTS, GAP]
            )
            for side in sides:
                idle[side] += calm[side]
                busy[side] += _while_busy(notebook, side)
    stuck = {side: sum(time > 1_000 for time in busy[side]) for side in sides}
    p95 = {side: percentile(busy[side], 95) for side in sides}
    counts = {side: str(len(busy[side])) for side in sides}
    return Result(
        [
            Row(
                "the same while a cell runs `while True: pass`, p95 against idle",
                p95["flet"] / percentile(idle["flet"], 95), 4, "x",
                f"busy {in_ms(busy['flet'])} / idle {in_ms(idle['flet'])}", f"{counts['flet']} + {len(idle['flet'])}",
            ),
            *(
                Row(
                    f"the same, p95 against {side}" + (" (stricter than asked)" if side == sides[2] else ""),
                    p95["flet"] / p95[side], 1, "x",
                    f"{in_ms(busy['flet'])} / {in_ms(busy[side])}, {stuck[side]} took over 1 s",
                    f"{counts['flet']} + {counts[side]}",
                )
                for side in sides[1:]
            ),
        ]
    )  # fmt: skip


def _while_busy(notebook: Notebook, side: str) -> list[float]:
    times: list[float] = notebook.page.evaluate(
        "([name, code, gap]) => fletBench.whileBusy(name, code, gap)", [side, LOOP, GAP]
    )
    return times
