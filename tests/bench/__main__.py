"""Runs the benchmarks: all of them, which writes docs/benchmarks.md, or those that are named."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import busy, first_cell, flood, latency, many_cells, rerun
from tests.bench.report import document, say, table

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
}
DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def main() -> int:
    """Run what the command line names; return 1 if a bar was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}; default: all")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    results = {name: _run(name) for name in names}
    if names == list(BENCHMARKS):
        DOCUMENT.write_text(document(results, {name: BENCHMARKS[name].__doc__ or "" for name in names}))
        say(f"written: {DOCUMENT.name}")
    return 0 if all(row.is_met for result in results.values() for row in result.rows) else 1


def _run(name: str) -> Result:
    say(f"\n{name}: running")
    start = time.monotonic()
    result: Result = BENCHMARKS[name].measure()
    say(f"{table(result.rows)}\n{name}: {time.monotonic() - start:.0f} s")
    return result


if __name__ == "__main__":
    sys.exit(main())
