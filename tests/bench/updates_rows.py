"""What is measured of updates, and how its lines are written."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence

from tests.bench import updates_apps as apps
from tests.bench.report import Row, median, percentile, say
from tests.bench.updates_pair import DIFFERENT, LENGTH, Found, Pair, Size
from tests.bench.updates_sides import Render
from tests.bench.updates_worker import Stage, Worker, working

__all__ = ["clicks", "first_render", "further", "memory", "typing"]


def clicks(pair: Pair, size: Size) -> Iterator[Row]:
    """Change one text, and append one row."""
    what = "one click that changes one text, page of {:,} controls, against flet"
    click, small = apps.Click("change"), functools.partial(apps.listing, 10, "change")
    say("updates: clicks, 10 controls")
    with pair.opened(small):
        found = pair.compare(click, size.seconds, size)
    yield _row(what.format(10), found, 0.33)
    for count, bar in ((1_000, 0.05), (10_000, 0.01)):
        say(f"updates: clicks, {count:,} controls")
        large, appended = functools.partial(apps.listing, count, "change", "append"), None
        with pair.opened(large):
            found = pair.compare(click, size.seconds, size)
            if count == 10_000:
                appended = pair.compare(apps.Click("append"), size.seconds, size)
            of_large, of_small = (times.walls for times in pair.ours_alone([large, small], click, size.own))
        yield _row(what.format(count), found, bar)
        yield Row(
            "the same, against our own at 10 controls", median(of_large) / median(of_small), 2, "x",
            f"{_spread(of_large)} / {_spread(of_small)}", _n(of_large, of_small), holds=not found.faults,
        )  # fmt: skip
        if appended is not None:
            yield _row("`controls.append` of one row to a list of 10,000, against flet", appended, 0.1)


def first_render(pair: Pair, size: Size) -> Iterator[Row]:
    """Show many texts at once."""
    with working("unlogged") as unlogged:
        renders = _renders({**pair.workers, "unlogged": unlogged}, size.renders, in_column=False)
    what = "first render of 10,000 texts, against flet"
    yield _render_row(what, renders["ours"], renders["flet"], 0.6)
    what = "the same, did flet_web not write out each message for a log that nobody keeps"
    yield _render_row(what, renders["ours"], renders["unlogged"], None)
    if size.renders_in_column:
        renders = _renders(pair.workers, size.renders_in_column, in_column=True)
        what = "first render of a column of 10,000 texts, against flet"
        yield _render_row(what, renders["ours"], renders["flet"], None)


def _renders(workers: Mapping[str, Worker], count: int, *, in_column: bool) -> dict[str, list[Render]]:
    renders: dict[str, list[Render]] = {name: [] for name in workers}
    for number in range(count):
        say(f"updates: first render{' of a column' * in_column}, {number + 1} of {count}")
        for name, worker in workers.items():
            renders[name].append(worker.ask(Stage.render, apps.Rendering(10_000, in_column=in_column)))
    return renders


def _render_row(what: str, ours: Sequence[Render], flet: Sequence[Render], bar: float | None) -> Row:
    sides = (ours, flet)
    packed = [[each.packed for each in side] for side in sides]
    returned = (_ms([each.returned for each in side]) for side in sides)
    cpus = (_ms([each.cpu for each in side]) for side in sides)
    behind = [
        " / ".join(map(_spread, packed)),
        f"`page.add` returns after {' / '.join(returned)}",
        f"processor {' / '.join(cpus)}",
        f"making the texts takes {_ms([each.construction for each in (*ours, *flet)])}",
    ]
    same = len({each.texts for each in (*ours, *flet)}) == 1
    return Row(
        what, median(packed[0]) / median(packed[1]), bar, "x", _behind(*behind, *[DIFFERENT] * (not same)),
        _n(ours, flet), holds=same,
    )  # fmt: skip


def typing(pair: Pair, size: Size) -> Row:
    """Type into a field."""
    say("updates: typing")
    with pair.opened(functools.partial(apps.typing, 1_000)):
        found = pair.type_texts(size.texts, 10 * size.warm_up)
    ours, flet = ([cpu * LENGTH for cpu in times.cpus] for times in (found.ours, found.flet))
    walls = f"a character takes {_ms(found.ours.walls)} / {_ms(found.flet.walls)} of wall time"
    return Row(
        f"typing {LENGTH} characters into a field of a page of 1,000 controls, processor time against flet",
        median(ours) / median(flet), 0.1, "x", _behind(f"{_ms(ours)} / {_ms(flet)}", walls, *found.faults),
        _n(ours, flet), holds=not found.faults,
    )  # fmt: skip


def memory(size: Size) -> Iterator[Row]:
    """Weigh a session."""
    # What is allocated is the same each time, and takes long to find out.
    for way, bar, processes in (("allocated", 1.0, 1), ("resident", None, size.processes)):
        runs: dict[str, list[float]] = {"flet": [], "ours": []}
        for _ in range(processes):
            for name, values in runs.items():
                say(f"updates: memory, {way}, {name}")
                with working(name) as worker:
                    values.append(worker.ask(Stage.weigh, size.controls, way))
        flet, ours = median(runs["flet"]), median(runs["ours"])
        yield Row(
            f"memory of a session with a page of {size.controls:,} controls, {way}, against flet", ours / flet, bar,
            "x", f"{ours:.1f} MB / {flet:.1f} MB", _n(runs["ours"], runs["flet"]),
        )  # fmt: skip


def further(pair: Pair, size: Size) -> Iterator[Row]:
    """Do what has no bar."""
    rows = f"one click that changes one text, {size.rows:,} rows of 10 texts"
    component = "a component with a list of 1,000, one item changed through `use_state`"
    make = functools.partial
    measures: tuple[tuple[Callable[[], apps.App], dict[str, str]], ...] = (
        (make(apps.rows, size.rows, 10), {"change": rows}),
        (make(apps.table, 100, 10), {"change": "the same, data table of 100 rows and 10 columns"}),
        (make(apps.buttons, 10), {"change": "the same, page of 10 buttons"}),
        (make(apps.buttons, 1_000), {"change": "the same, page of 1,000 buttons"}),
        (make(apps.listing, 10, "change, async"), {"change, async": "the same, async handler, page of 10 controls"}),
        (make(apps.listing, 1_003, "insert", "remove"), {"insert": "a text inserted at the front of 1,000",
                                                         "remove": "a text removed from the middle of 1,000"}),
        (make(apps.listing, 1_002, "shuffle"), {"shuffle": "1,000 keyed rows shuffled"}),
        (make(apps.component, 1_000), {"change": component}),
    )  # fmt: skip
    for app, names in measures:
        found: dict[str, Found] = {}
        with pair.opened(app):
            for name, measure in names.items():
                say(f"updates: {measure}")
                found[measure] = pair.compare(apps.Click(name), size.further_seconds, size)
        for measure, each in found.items():
            yield _row(f"{measure}, against flet", each, None)


def _row(measure: str, found: Found, bar: float | None) -> Row:
    ours, flet = found.ours, found.flet
    walls = f"{_spread(ours.walls)} / {_spread(flet.walls)}"
    cpus = f"processor {_ms(ours.cpus)} / {_ms(flet.cpus)}"
    return Row(
        measure, median(ours.walls) / median(flet.walls), bar, "x", _behind(walls, cpus, *found.faults),
        _n(ours.walls, flet.walls), holds=not found.faults,
    )  # fmt: skip


def _behind(*parts: str) -> str:
    return "; ".join(parts)


def _n(ours: Sequence[object], flet: Sequence[object]) -> str:
    return f"{len(ours):,} + {len(flet):,}"


def _ms(seconds: Sequence[float]) -> str:
    return f"{_number(median(seconds) * 1e3)} ms"


def _spread(seconds: Sequence[float]) -> str:
    return f"{_ms(seconds)} (p95 {_number(percentile(seconds, 95) * 1e3)})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
