"""From an event to the patch that answers it, on the wire, against an ipywidgets Button and Label.

Both sides are in one page and one kernel and take turns, one event at a time. The clock starts when JupyterLab's
kernel connection has sent the event's comm message and stops when it has received the one that answers.

* *Event alone*: nothing is painted. A click event for the counter's button is sent on a link of its own, about 10
  ms after the last answer; a Button's click message likewise, its Label not displayed.
* *Real mouse click*: the mouse is pressed and released over the button in its view, every 300 ms; Flutter paints
  the button's ripple meanwhile.
* *With Nagle*: left alone, Jupyter's server has Nagle's algorithm on in its WebSockets. Most of the time an answer
  then waits until the browser's TCP has acknowledged the message before it (the kernel's status), which takes 40 ms.
  The server extension turns it off, for every widget; these rows are with `undelayed_kernel_sockets = False`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.bench import wire
from tests.bench.lab import COUNTER, lab
from tests.bench.report import Result, Row, in_ms, median
from tests.browser.jupyter import expect_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.lab import Lab
    from tests.browser.jupyter import Notebook

WARM_UP = 50
EVENTS = 300
GAP = 10
"""Milliseconds between an answer and the next event, on average."""
CLICKS = 100
CLICK_GAP = 300
"""Milliseconds from one real click to the next: by then a ripple has ended and costs the other side nothing."""

BUTTON = """
import ipywidgets
def button_and_label():
    label, button = ipywidgets.Label("0"), ipywidgets.Button(description="Add")
    button.on_click(lambda _: setattr(label, "value", str(int(label.value) + 1)))
    return button, label
button, label = button_and_label()
"""


def measure() -> Result:
    """Measure events alone, then real mouse clicks, with the WebSockets as the extension makes them and as before."""
    rows = []
    for undelayed in (True, False):
        with lab(undelayed_kernel_sockets=undelayed) as running:
            rows += [_alone(running, undelayed=undelayed), _clicked(running, undelayed=undelayed)]
    return Result(rows)


def _alone(running: Lab, *, undelayed: bool) -> Row:
    with running.browser() as browser, running.notebook(browser, []) as notebook:
        add_sides(notebook)
        alternate = "count => fletBench.alternate(['flet', 'ipywidgets'], count, GAP)".replace("GAP", str(GAP))
        notebook.page.evaluate(alternate, WARM_UP)
        return _row("event alone", notebook.page.evaluate(alternate, EVENTS), 1.2, undelayed=undelayed)


def _clicked(running: Lab, *, undelayed: bool) -> Row:
    with running.browser() as browser, running.notebook(browser, _shown()) as notebook:
        return _row("real mouse click", _click(notebook), 1.6, undelayed=undelayed)


def add_sides(notebook: Notebook) -> None:
    """Make the sides `flet` and `ipywidgets` in a page; neither is displayed."""
    notebook.quietly(BUTTON + COUNTER)
    # Outside a cell nothing is displayed. The handle's start waits for a view for a while, and gives up.
    comm = notebook.quietly("app = flet_jupyter.show(main)\nprint(app.widget.model_id)").strip()
    page = notebook.page
    whole = page.evaluate(
        "([comm, page, register]) => fletBench.addApp('flet', comm, page, register)",
        [comm, wire.PAGE, wire.register()],
    )
    page.evaluate("event => fletBench.setEvent('flet', event)", wire.click(wire.find(whole, "FilledButton")))
    ids = notebook.quietly("print(button.model_id, label.model_id)").split()
    page.evaluate("ids => fletBench.addButton('ipywidgets', ...ids)", ids)


def _row(kind: str, times: dict[str, list[float]], bar: float, *, undelayed: bool) -> Row:
    ours, theirs = times["flet"], times["ipywidgets"]
    return Row(
        f"event to patch, {kind}, p50 against ipywidgets, " + ("server as it comes" if undelayed else "with Nagle"),
        median(ours) / median(theirs),
        bar,
        "x",
        f"{in_ms(ours)} / {in_ms(theirs)}",
        f"{len(ours)} + {len(theirs)}",
    )


def _shown() -> list[str]:
    return [
        COUNTER + "app = flet_jupyter.show(main, height=200)",
        BUTTON + "display(ipywidgets.VBox([label, button]))",
    ]


def _click(notebook: Notebook) -> dict[str, list[float]]:
    notebook.run(1)
    notebook.run(2)
    expect_state(notebook.view(1), "live")
    page = notebook.page
    ids = notebook.quietly("print(app.widget.model_id, button.model_id, label.model_id)").split()
    spots = {"flet": spot_in_view(notebook, 1, find_button(notebook, 1)), "ipywidgets": _middle(notebook)}
    for spot in [*spots.values()] * 5:
        page.mouse.click(*spot)
        page.wait_for_timeout(CLICK_GAP)
    page.evaluate("() => fletBench.takeLog()")
    for _ in range(CLICKS):
        for spot in spots.values():
            page.mouse.click(*spot)
            page.wait_for_timeout(CLICK_GAP)
    log = page.evaluate("() => fletBench.takeLog()")
    return {
        "flet": round_trips(log, ids[0], {"op": "packet", "action": 3}, ids[0], {"op": "packet", "action": 2}),
        "ipywidgets": round_trips(log, ids[1], {"method": "custom"}, ids[2], {"method": "update"}),
    }


def round_trips(
    log: Sequence[dict[str, Any]], to: str, event: dict[str, Any], back: str, answer: dict[str, Any]
) -> list[float]:
    """Return the milliseconds from each event to a comm to the next answer on another (or the same)."""
    times = []
    sent: float | None = None
    for entry in log:
        if entry["direction"] == "send" and entry["comm"] == to and event.items() <= entry.items():
            sent = entry["time"]
        elif (
            sent is not None
            and entry["direction"] == "recv"
            and entry["comm"] == back
            and answer.items() <= entry.items()
        ):
            times.append(entry["time"] - sent)
            sent = None
    return times


def find_button(notebook: Notebook, index: int) -> tuple[float, float]:
    """Return where in a counter's view a click is answered; Flutter paints its button on a canvas."""
    for y in range(45, 100, 8):
        if is_answered(notebook, index, (45, y), patience=0.5):
            return 45, y
    raise AssertionError("no click in the view was answered")


def spot_in_view(notebook: Notebook, index: int, offset: tuple[float, float]) -> tuple[float, float]:
    """Return where in the page an offset in a view is."""
    notebook.view(index).scroll_into_view_if_needed()
    box = notebook.view(index).bounding_box()
    assert box is not None
    return box["x"] + offset[0], box["y"] + offset[1]


def is_answered(notebook: Notebook, index: int, offset: tuple[float, float], patience: float) -> bool:
    """Click in a view; tell whether its kernel sends a packet within `patience` seconds."""
    page = notebook.page
    spot = spot_in_view(notebook, index, offset)
    page.evaluate("() => fletBench.takeLog()")
    page.mouse.click(*spot)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        page.wait_for_timeout(100)
        log = page.evaluate("() => fletBench.takeLog()")
        if any(entry["direction"] == "recv" and entry["op"] == "packet" for entry in log):
            return True
    return False


def _middle(notebook: Notebook) -> tuple[float, float]:
    box = notebook.cell(2).locator("button.jupyter-button").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
