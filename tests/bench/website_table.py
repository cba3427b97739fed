"""How the website's comparison is written down: a column for each peer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version

from tests.bench.report import machine
from tests.bench.website_peers import PEERS

THEIRS = "flet_web"


@dataclass(frozen=True)
class Bar:
    """What is wanted of us.

    Attributes
    ----------
    limit : float
        How much.
    at_least : bool
        Whether that is the least, not the most.
    of_theirs : bool
        Whether it is a multiple of what flet_web has, not an absolute value.
    """

    limit: float
    at_least: bool = False
    of_theirs: bool = False

    def is_met(self, value: float, theirs: float | None) -> bool:
        """Tell whether a value is good enough; False for a multiple of what is not known."""
        limit = self.limit
        if self.of_theirs:
            if theirs is None:
                return False
            limit *= theirs
        return value >= limit if self.at_least else value <= limit

    def text(self, unit: str) -> str:
        """Write it."""
        sign = ">=" if self.at_least else "<="
        return f"{sign} {self.limit:g}x flet_web" if self.of_theirs else f"{sign} {self.limit:g} {unit}".rstrip()


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    measure, unit : str
        What was measured, in what.
    values : mapping of str to float
        What came out for each peer.
    bar : Bar or None
        What is wanted; None where a line is there to be read only.
    remarks : mapping of str to str
        What else is to be said about a peer's value.
    faults : mapping of str to str
        Why the line is missed by a peer, whatever its value.
    """

    measure: str
    unit: str
    values: Mapping[str, float]
    bar: Bar | None = None
    remarks: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_met(self) -> bool:
        """Whether all of our peers reach the bar."""
        return not self.missed_by

    @property
    def missed_by(self) -> list[str]:
        """Our peers that miss the bar."""
        return [name for name in self.values if name != THEIRS and not self._is_met_by(name)]

    def _is_met_by(self, name: str) -> bool:
        return self.bar is None or (
            name not in self.faults and self.bar.is_met(self.values[name], self.values.get(THEIRS))
        )

    def cell(self, name: str) -> str:
        """Write what came out for a peer."""
        if name not in self.values:
            return "-"
        value, theirs = self.values[name], self.values.get(THEIRS)
        text = f"{number(value)} {self.unit}".rstrip()
        if name != THEIRS:
            text = f"**{text}**"
            if self.bar is not None and self.bar.of_theirs and theirs:
                text += f" ({value / theirs:.2f}x)"
        return "; ".join(part for part in (text, self.remarks.get(name), self.faults.get(name)) if part)

    def verdict(self) -> str:
        """Write whether the bar is met."""
        ours = [name for name in self.values if name != THEIRS]
        if self.bar is None or not ours or (self.bar.of_theirs and THEIRS not in self.values):
            return ""
        missed = self.missed_by
        if not missed:
            return "met"
        if len(missed) == len(ours):
            return "**missed**"
        return f"**missed** by {' and '.join(PEERS[name].title for name in missed)}"


@dataclass(frozen=True)
class Comparison:
    """What the benchmark found."""

    peers: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str]


def table(found: Comparison) -> str:
    """Write the rows as a Markdown table."""
    titles = [PEERS[name].title for name in found.peers]
    lines = [f"| measure | {' | '.join(titles)} | bar | met? |", "|---" * (len(titles) + 3) + "|"]
    for row in found.rows:
        cells = " | ".join(row.cell(name) for name in found.peers)
        bar = "" if row.bar is None else row.bar.text(row.unit)
        lines.append(f"| {row.measure} | {cells} | {bar} | {row.verdict()} |")
    return "\n".join(lines)


def section(name: str, explanation: str, found: Comparison) -> str:
    """Write the part of docs/benchmarks.md."""
    title, _, details = explanation.strip().partition("\n")
    servers = ", ".join(f"{package} {version(package)}" for package in ("uvicorn", "uvloop", "websockets", "tornado"))
    parts = [
        f"## {title.rstrip('.')}",
        f"`python -m tests.bench {name}`, {datetime.now(timezone.utc):%Y-%m-%d}. {machine()} {servers}.",
        details.strip(),
        table(found),
        *found.notes,
    ]
    return "\n\n".join(part for part in parts if part)


def number(value: float) -> str:
    """Write a number with what of it matters."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
