"""From what was measured of the website to the lines of its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.bench.report import median, percentile
from tests.bench.website_abuse import Left, Stalled
from tests.bench.website_apps import SLEEP, TICKS, UPDATES
from tests.bench.website_idle import Held, Idle
from tests.bench.website_load import Load
from tests.bench.website_page import Cold
from tests.bench.website_peers import MEGABYTE, PEERS
from tests.bench.website_table import Bar, Row, number

LEFT_MEMORY = 5.0
"""MB that may be left after ten thousand of something. It is what the allocator keeps of the busiest moment, half a
kilobyte each; a connection that is not forgotten takes tens of kilobytes."""


@dataclass(frozen=True)
class Round:
    """What one round found of one peer: one session, many, clicks beside a sleeper, delays of a thread's updates."""

    one: Load
    many: Load
    beside: list[float]
    thread: list[float]


@dataclass
class Found:
    """All that was measured, by peer; empty where it was left out."""

    others: float = 0.0
    """Percent of all processors that were taken before anything was started."""
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    cold: dict[str, Cold] = field(default_factory=dict)
    idle: dict[str, tuple[Idle, Held]] = field(default_factory=dict)
    left: dict[str, tuple[Left, Left]] = field(default_factory=dict)
    stalled: dict[str, Stalled] = field(default_factory=dict)


def rows(found: Found, connections: int, garbage: int) -> list[Row]:
    """Return the lines for what was measured."""
    lines: list[Row] = []
    if found.rounds:
        lines += _pace_rows(found.rounds)
    if found.idle:
        lines.append(_idle_row({name: idle for name, (idle, _) in found.idle.items()}))
    if found.rounds:
        lines += _delay_rows(found.rounds)
    if found.cold:
        lines.append(_cold_row(found.cold))
    if found.idle:
        lines.append(_held_row({name: held for name, (_, held) in found.idle.items()}))
    if found.left:
        closed = {name: left[0] for name, left in found.left.items()}
        sent = {name: left[1] for name, left in found.left.items()}
        lines += _left_rows(f"{connections:,} connections closed without registering", closed, connections)
        lines += _left_rows(f"{garbage:,} malformed packets", sent, garbage)
    if found.stalled:
        lines.append(_stalled_row(found.stalled))
    return lines


def notes(found: Found) -> list[str]:
    """Return what is to be said of the load client and the noise."""
    quiet = [f"Before it began, other processes took {found.others:.0f}% of the processors."]
    if not found.rounds:
        return quiet
    shares = [
        f"{PEERS[name].title} {number(_median(rounds, lambda each: each.many.server_cpu))} of a core "
        f"and its client {number(_median(rounds, lambda each: each.many.client_cpu))}"
        for name, rounds in found.rounds.items()
    ]
    ticks = [f"{PEERS[name].title} {sum(len(each.thread) for each in rounds)}" for name, rounds in found.rounds.items()]
    return [
        *quiet,
        f"With many sessions, {'; '.join(shares)}. Where a server took less than a whole core, others had it.",
        f"Of {TICKS * max(map(len, found.rounds.values()))} updates of a thread arrived: {', '.join(ticks)}.",
    ]


def _pace_rows(rounds: Mapping[str, list[Round]]) -> list[Row]:
    errors = {name: sum(each.many.errors + each.one.errors for each in some) for name, some in rounds.items()}
    faults = {name: f"{count} sessions were not answered" for name, count in errors.items() if count}
    return [
        Row("clicks/s, 200 sessions in a closed loop", "", _medians(rounds, lambda each: each.many.rate),
            Bar(1.2, at_least=True, of_theirs=True), faults=faults),
        Row("the same, for each second of the server's processor time", "",
            _medians(rounds, lambda each: each.many.rate / each.many.server_cpu)),
        Row("from click to patch, 200 sessions, p50", "ms", _medians(rounds, lambda each: median(each.many.times))),
        Row("from click to patch, 200 sessions, p99", "ms",
            _medians(rounds, lambda each: percentile(each.many.times, 99)), Bar(1.0, of_theirs=True), faults=faults),
        Row("from click to patch, one session, p50", "ms", _medians(rounds, lambda each: median(each.one.times)),
            Bar(1.0, of_theirs=True), faults=faults),
    ]  # fmt: skip


def _idle_row(idle: Mapping[str, Idle]) -> Row:
    sessions = next(iter(idle.values())).sessions
    return Row(f"memory of each of {sessions:,} idle sessions", "kB",
               {name: median(each.kilobytes) for name, each in idle.items()}, Bar(1.0, of_theirs=True))  # fmt: skip


def _delay_rows(rounds: Mapping[str, list[Round]]) -> list[Row]:
    p50 = _medians(rounds, lambda each: median(each.thread))
    most = {name: max(max(each.thread) for each in some) for name, some in rounds.items()}
    return [
        Row(f"another user's click while a sync handler sleeps {SLEEP:g} s, the worst", "ms",
            _medians(rounds, lambda each: max(each.beside)), Bar(50)),
        Row("update from a thread to the client, p99", "ms",
            _medians(rounds, lambda each: percentile(each.thread, 99)), Bar(5),
            {name: f"p50 {number(p50[name])}, at most {number(most[name])}" for name in p50}),
    ]  # fmt: skip


def _cold_row(cold: Mapping[str, Cold]) -> Row:
    def largest(each: Cold) -> str:
        size, url = each.largest[0]
        return f"`{url.rsplit('/', 1)[-1].partition('?')[0]}` {number(size / MEGABYTE)}"

    return Row("bytes of a cold first page", "MB", {name: each.total / MEGABYTE for name, each in cold.items()},
               Bar(0.35, of_theirs=True), {name: largest(each) for name, each in cold.items()},
               {name: f"{len(each.failed)} failed" for name, each in cold.items() if each.failed})  # fmt: skip


def _held_row(held: Mapping[str, Held]) -> Row:
    some = next(iter(held.values()))
    return Row(
        f"{some.sessions:,} idle sessions, then 200 of them active: errors", "",
        {name: each.lost + each.load.errors for name, each in held.items()}, Bar(0),
        {
            name: f"{number(each.load.rate)} clicks/s, p99 {number(percentile(each.load.times, 99))} ms, "
            f"resident {number(each.census.rss)} MB, {each.census.fds:,} descriptors, {each.census.threads} threads"
            for name, each in held.items() if each.load.times
        },
    )  # fmt: skip


def _left_rows(what: str, left: Mapping[str, Left], wanted: int) -> list[Row]:
    faults = {}
    for name, each in left.items():
        if not each.is_served:
            faults[name] = "the next visitor was NOT served"
        elif each.done < wanted:
            faults[name] = f"only {each.done:,} were taken within the time"
    values = {
        name: max(each.after.tasks - each.before.tasks, 0) + max(each.after.fds - each.before.fds, 0)
        for name, each in left.items()
    }
    growth = {name: each.after.uss - each.before.uss for name, each in left.items()}
    return [
        Row(f"{what}: tasks and descriptors left", "", values, Bar(0), _ways(left), faults),
        Row(f"{what}: memory left", "MB", growth, Bar(LEFT_MEMORY), faults=faults),
    ]


def _ways(left: Mapping[str, Left]) -> dict[str, str]:
    return {
        name: ", ".join(
            [f"{each.after.threads - each.before.threads:+d} threads"] * (each.after.threads != each.before.threads)
            + [f"{each.ended:,} connections ended"] * bool(each.ended)
            + [f"{each.hung:,} clicks not answered"] * bool(each.hung)
        )
        for name, each in left.items()
    }


def _stalled_row(stalled: Mapping[str, Stalled]) -> Row:
    return Row(
        f"a client that stops reading while its app updates {UPDATES:,} times: growth of the server's memory", "MB",
        {name: each.growth for name, each in stalled.items()}, Bar(5),
        {
            name: f"{each.seconds:.1f} s, then {each.packets:,} packets"
            + (", connection ended by the server" if each.reconnected else "")
            for name, each in stalled.items()
        },
        {name: "WRONG last value" for name, each in stalled.items() if not each.is_exact},
    )  # fmt: skip


def _medians(rounds: Mapping[str, list[Round]], value: Callable[[Round], float]) -> dict[str, float]:
    return {name: _median(some, value) for name, some in rounds.items()}


def _median(rounds: list[Round], value: Callable[[Round], float]) -> float:
    return median([value(each) for each in rounds])
