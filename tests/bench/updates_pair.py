"""The same app on both sides of the comparison of updates, by turns."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.bench import updates_apps as apps
from tests.bench.report import median
from tests.bench.updates_worker import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.bench.updates_sides import Turn
    from tests.bench.updates_worker import Worker

__all__ = ["DIFFERENT", "LENGTH", "Found", "Pair", "Size", "Times"]

TURNS: Final = 12
"""How many at least, where steps are so few or so long."""
LONGEST: Final = 50
"""Steps in a turn: short enough that a moment in which the machine is slow is not one side's alone."""
LENGTH: Final = 100
"""Characters that are typed."""
DIFFERENT: Final = "the clients show DIFFERENT pages"


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes
    ----------
    seconds, further_seconds : float
        For each row with a bar, and without one.
    warm_up, least, most : int
        Steps of each side: before anything counts, and then.
    own : int
        Steps of our side where it is compared with itself.
    renders, renders_in_column, texts : int
        How often a first page is rendered, one whose texts are in a column, and a text typed.
    processes, controls : int
        How many processes of each side are looked at for their resident memory, and how large their pages are.
    rows : int
        How many rows of ten texts the page of rows has.
    """

    seconds: float = 6.0
    further_seconds: float = 2.0
    warm_up: int = 3
    least: int = 24
    most: int = 6_000
    own: int = 1_000
    renders: int = 7
    renders_in_column: int = 3
    texts: int = 8
    processes: int = 3
    controls: int = 10_000
    rows: int = 1_000


@dataclass
class Times:
    """What steps of one side took: wall seconds of each, processor seconds of a step in the mean of each turn."""

    walls: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)

    def add(self, turn: Turn) -> None:
        """Add what one more turn took."""
        self.walls += turn.walls
        self.cpus.append(turn.cpu / len(turn.walls))


@dataclass
class Found:
    """What both sides took for the same, and why it does not count, if so."""

    faults: list[str]
    flet: Times = field(default_factory=Times)
    ours: Times = field(default_factory=Times)


class Pair:
    """The same apps on both sides.

    Attributes
    ----------
    faults : list of str
        Why nothing that was measured of the apps that are open counts; empty if it does.
    """

    def __init__(self, flet: Worker, ours: Worker) -> None:
        self.workers = {"flet": flet, "ours": ours}
        self.faults: list[str] = []

    @contextlib.contextmanager
    def opened(self, app: Callable[[], apps.App]) -> Iterator[None]:
        """Open an app on both sides; see, at the end, whether both clients show the same, and close all apps."""
        self.faults = []
        for worker in self.workers.values():
            worker.ask(Stage.open, app)
        yield
        flet, ours = (worker.ask(Stage.shown, 0) for worker in self.workers.values())
        if flet != ours:
            self.faults.append(DIFFERENT)
        for worker in self.workers.values():
            worker.ask(Stage.close)

    def ours_alone(self, opened: Sequence[Callable[[], apps.App]], action: apps.Action, steps: int) -> list[Times]:
        """Open other apps on our side alone, and take steps in them by turns."""
        ours = self.workers["ours"]
        numbers = [ours.ask(Stage.open, app) for app in opened]
        found = [Times() for _ in numbers]
        ours.ask(Stage.collect)
        for start in range(0, steps, LONGEST):
            for number, times in zip(numbers, found, strict=True):
                times.add(ours.ask(Stage.turn, number, action, range(start, start + LONGEST)))
        return found

    def compare(self, action: apps.Action, seconds: float, size: Size) -> Found:
        """Take the same steps on both sides by turns, as many as `seconds` allow."""
        pilot = self._take(action, range(size.warm_up), size.warm_up)
        a_step = median(pilot.flet.walls) + median(pilot.ours.walls)
        steps = min(max(int(seconds / a_step), size.least), size.most)
        return self._take(action, range(size.warm_up, size.warm_up + steps), min(-(-steps // TURNS), LONGEST))

    def type_texts(self, texts: int, warm_up: int) -> Found:
        """Type into the field on both sides by turns; a turn is a whole text."""
        action = apps.Type(LENGTH)
        self._take(action, range(warm_up), warm_up)
        return self._take(action, range(texts * LENGTH), LENGTH)

    def _take(self, action: apps.Action, steps: range, a_turn: int) -> Found:
        found = Found(self.faults)
        for worker in self.workers.values():
            worker.ask(Stage.collect)
        for start in range(0, len(steps), a_turn):
            numbers = steps[start : start + a_turn]
            for name, times in (("flet", found.flet), ("ours", found.ours)):
                turn: Turn = self.workers[name].ask(Stage.turn, 0, action, numbers)
                times.add(turn)
                if turn.packets != len(numbers):
                    self.faults.append(f"{name}: {turn.packets} packets for {len(numbers)} steps")
        return found
