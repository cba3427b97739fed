"""Runs the benchmarks, all or those that are named, and writes what they find into docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import busy, first_cell, flood, latency, many_cells, panels, rerun, updates, website
from tests.bench.report import say, section, table, update

if TYPE_CHECKING:
    from types import ModuleType

    from tests.bench.report import Result

BENCHMARKS: dict[str, ModuleType] = {
    "latency": latency,
    "busy": busy,
    "first-cell": first_cell,
    "many-cells": many_cells,
    "flood": flood,
    "rerun": rerun,
    "updates": updates,
    "website": website,
    "panels": panels,
}
DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def main() -> int:
    """Run what the command line names; return 1 if a bar was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="take few steps, print, and write nothing down")
    options = parser.parse_args()
    known = [name for name, benchmark in BENCHMARKS.items() if not options.quick or hasattr(benchmark, "quick")]
    names = options.names or known
    if unknown := set(names) - set(known):
        parser.error(
            f"no {'quick ' * options.quick}benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}"
        )
    results = [_run(name, quick=options.quick) for name in names]
    return 0 if all(row.is_met for result in results for row in result.rows) else 1


def _run(name: str, *, quick: bool) -> Result:
    say(f"\n{name}: running")
    start = time.monotonic()
    benchmark = BENCHMARKS[name]
    result: Result = benchmark.quick() if quick else benchmark.measure()
    if not quick:
        document = DOCUMENT.read_text() if DOCUMENT.exists() else ""
        # One that compares several peers writes a table of its own.
        write = getattr(benchmark, "section", section)
        text = write(name, benchmark.__doc__ or "", result)
        DOCUMENT.write_text(update(document, name, text, list(BENCHMARKS)))
    shown = benchmark.table(result) if hasattr(benchmark, "table") else table(result.rows)
    say(f"{shown}\n{name}: {time.monotonic() - start:.0f} s")
    return result


if __name__ == "__main__":
    sys.exit(main())
