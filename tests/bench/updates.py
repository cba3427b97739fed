"""Updates, side by side with Flet's own session.

Each side is one process, with one client; they take turns of a few steps. There is no socket: the clock starts when
an event's bytes are given in and stops when the loop that would write them to a socket has the bytes of the patch.
*Flet* is its session behind flet_web's own `FletApp`, which reads, packs and dispatches; its handlers run on the
loop. Nothing of ours is in its process, which is made sure of at each turn. *Ours* is a live session with one link;
its handlers run in the session's thread, so two changes of threads are in it. At the end both clients must show the
same page, or the row is missed.

Ratios are those of the medians of the wall time, but for typing: there of the processor time that the whole process
takes. Behind it are ours / flet's; *processor* is that of a step, with all that is still done when the patch has
left: the median of the turns. Garbage is collected before each row, and left to Python then.

* *A page of N controls* is a column of texts and a button; the text in the middle changes. Rows, the table and the
  buttons likewise. *Against our own at 10 controls* our side is alone, and its two pages take turns.
* *Append* adds a row with a text to the end of the column and updates the column. What is inserted, removed and
  shuffled is left to the automatic update after the event.
* *First render* is in a new session: from all texts made until the packet with them is packed.
* *Typing* is, for each character, the client's update of the field's value and the event of its change, whose handler
  sets a text.
* *Memory* is measured in a fresh process for each side, after a session with ten controls has come and gone: what a
  session with its page adds, a click later and with garbage collected. *Allocated* is what was asked of Python's
  allocators (`tracemalloc`), *resident* the process's unique set size.

`python -m tests.bench.updates` prints and writes nothing; with `--quick` it takes fewer steps.
"""

from __future__ import annotations

import argparse
import sys
from typing import Final

import psutil  # type: ignore[import-untyped] # without types-psutil

from tests.bench import report, updates_rows
from tests.bench.report import Result, say
from tests.bench.updates_pair import Pair, Size
from tests.bench.updates_worker import working

__all__ = ["measure", "quick"]

QUICK: Final = Size(
    seconds=0.5,
    further_seconds=0.1,
    warm_up=1,
    least=3,
    most=200,
    own=100,
    renders=1,
    texts=1,
    processes=1,
    controls=1_000,
    rows=100,
    renders_in_column=0,
)


def measure(size: Size | None = None) -> Result:
    """Measure all.

    Raises
    ------
    RuntimeError
        One of the sides does not do what it must, or flet is not as it comes.
    """
    size = size or Size()
    others = psutil.cpu_percent(interval=0.5)
    with working("flet") as flet, working("ours") as ours:
        pair = Pair(flet, ours)
        rows = [
            *updates_rows.clicks(pair, size),
            *updates_rows.first_render(pair, size),
            updates_rows.typing(pair, size),
            *updates_rows.further(pair, size),
        ]
    rows += updates_rows.memory(size)
    return Result(rows, [f"Before it began, other processes took {others:.0f}% of the processors."])


def quick() -> Result:
    """Measure all with few steps, for development."""
    return measure(QUICK)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.updates", description="Updates, for development.")
    parser.add_argument("--quick", action="store_true", help="fewer steps")
    found = measure(QUICK if parser.parse_args().quick else None)
    say("\n\n".join([report.table(found.rows), *found.notes]))
    return 0 if all(row.is_met for row in found.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
