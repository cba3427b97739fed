"""What benchmarks find, and how it is written down."""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

import psutil  # type: ignore[import-untyped] # without types-psutil

from tests.browser.jupyter import chromium_path


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    measure : str
        What was measured.
    value : float
        What came out, in `unit`.
    bar : float or None
        What was wanted at most; None where a line is there to be read only.
    unit : str
        Of both; "x" for a ratio.
    basis : str
        The numbers behind the value.
    n : str
        How many there were.
    holds : bool
        Whether everything else that the line demands is so.
    """

    measure: str
    value: float
    bar: float | None
    unit: str
    basis: str
    n: str
    holds: bool = True

    @property
    def is_met(self) -> bool:
        """Whether the bar is reached."""
        return self.holds and (self.bar is None or self.value <= self.bar)


@dataclass(frozen=True)
class Result:
    """What one benchmark found."""

    rows: Sequence[Row]
    notes: Sequence[str] = field(default_factory=tuple)


def say(text: str) -> None:
    """Tell whoever waits."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile: the smallest value that is not below `percent` of them."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def in_ms(values: Sequence[float]) -> str:
    """Write p50 and p95 of milliseconds."""
    return f"{median(values):.1f} ms (p95 {percentile(values, 95):.1f})"


def table(rows: Sequence[Row]) -> str:
    """Write rows as a Markdown table."""
    lines = [
        "| measure | bar | measured | of the bar | | n | behind it |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        bar = "" if row.bar is None else f"<= {_number(row.bar)} {row.unit}"
        share = f"{row.value / row.bar:.2f}" if row.bar else "" if row.bar is None else "-"
        verdict = "**missed**" if not row.is_met else "" if row.bar is None else "met"
        lines.append(
            f"| {row.measure} | {bar} | **{_number(row.value)} {row.unit}** | {share} | {verdict} | {row.n} "
            f"| {row.basis} |"
        )
    return "\n".join(lines)


def section(name: str, explanation: str, result: Result) -> str:
    """Write one benchmark's part of docs/benchmarks.md."""
    title, _, details = explanation.strip().partition("\n")
    parts = [
        f"## {title.rstrip('.')}",
        f"`python -m tests.bench {name}`, {datetime.now(timezone.utc):%Y-%m-%d}. {machine()}",
        details.strip(),
        table(result.rows),
        *result.notes,
    ]
    return "\n\n".join(part for part in parts if part)


def update(document: str, name: str, text: str, order: Sequence[str]) -> str:
    """Return docs/benchmarks.md with one benchmark's part replaced or added; `order` is all their names.

    What people wrote under headings of their own stays, at the end.
    """
    measured: dict[str, str] = {}
    others: list[str] = []
    for part in re.split(r"^(?=## )", document, flags=re.MULTILINE)[1:]:
        found = _COMMAND.search(part)
        if found:
            measured[found[1]] = part.strip()
        else:
            others.append(part.strip())
    measured[name] = text
    return "\n\n".join([_HEAD, *(measured[each] for each in order if each in measured), *others]) + "\n"


_COMMAND = re.compile(r"^`python -m tests\.bench ([\w-]+)`, \d", re.MULTILINE)
_HEAD = """# Benchmarks

Made by `make bench`, or one by one with the command that each part names, in a real JupyterLab and a real Chromium.

Compare the ratios: absolute numbers are one machine's, and both sides of a ratio come from the same run, by turns.
*Of the bar* is what was measured, divided by what is allowed: up to 1.00 is good."""


def _number(value: float) -> str:
    if value == int(value) and abs(value) >= 10:
        return f"{int(value):,}"
    if 1e-4 <= abs(value) < 0.1:
        return f"{value:.2g}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")


def machine() -> str:
    """Say what this runs on."""
    cpu = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists() and (match := re.search(r"model name\s*: (.+)", information.read_text())):
        cpu = match[1]
    path = chromium_path()
    browser = "Playwright's Chromium"
    if path is not None:
        browser = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout.split(
            " built"
        )[0]
    packages = ", ".join(f"{name} {version(name)}" for name in ("flet", "jupyterlab", "ipykernel", "ipywidgets"))
    return (
        f"{os.cpu_count()} cores ({cpu}), "
        f"{psutil.virtual_memory().total / 1e9:.0f} GB, {platform.system()}; Python {platform.python_version()}, "
        f"{packages}, {browser.strip()}, painting in software."
    )
