"""A process in which one side of the comparison of updates lives: `python -m tests.bench.updates_worker SIDE`.

Flet's has nothing of ours in it: our sessions put functions of theirs into the classes of flet's controls, and what
these cost, or save, would be flet's too.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import subprocess
import sys
import traceback
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import psutil  # type: ignore[import-untyped] # without types-psutil

from tests.bench import updates_apps as apps
from tests.bench.updates_sides import FletSide, Render, Side, Turn, assert_flet_is_as_it_comes
from tests.core.model_client import normal

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["WAYS", "Stage", "Worker", "working"]

ROOT: Final = Path(__file__).parents[2]
MEGABYTE: Final = 1e6


def _ours() -> Side:
    from tests.bench.updates_ours import OurSide  # with all that it imports, which is not flet's

    return OurSide()


SIDES: Final[dict[str, Callable[[], Side]]] = {
    "flet": FletSide,
    "unlogged": lambda: FletSide(logs=False),
    "ours": _ours,
}


def _allocated() -> float:
    return tracemalloc.get_traced_memory()[0]


def _resident() -> float:
    size: int = psutil.Process().memory_full_info().uss
    return float(size)


WAYS: Final[dict[str, Callable[[], float]]] = {"allocated": _allocated, "resident": _resident}


class Stage:
    """The apps of one process, and what can be measured of them.

    Parameters
    ----------
    side : str
        A name of :data:`SIDES`.
    """

    def __init__(self, side: str) -> None:
        self._make = SIDES[side]
        self._opened: dict[int, Side] = {}

    def open(self, app: Callable[[], apps.App]) -> int:
        """Open an app; return the number by which it is known."""
        side = self._make()
        side.open(app())
        side.read()
        number = len(self._opened)
        self._opened[number] = side
        return number

    def turn(self, number: int, action: apps.Action, steps: range) -> Turn:
        """Take some steps of an app, and let the client read what came back."""
        side = self._opened[number]
        turn = side.turn(action(side.model, steps))
        side.read()
        return turn

    def shown(self, number: int) -> Any:
        """Return what the client of an app shows, to be compared with what others show."""
        return normal(self._opened[number].model.page)

    def close(self) -> None:
        """Close all apps."""
        for side in self._opened.values():
            side.close()
        self._opened.clear()
        gc.collect()

    def collect(self) -> None:
        """Collect garbage."""
        gc.collect()

    def render(self, app: apps.Rendering) -> Render:
        """Open an app and close it again."""
        gc.collect()
        side = self._make()
        settled = side.open(app)
        side.read()
        times = app.construction, side.packed_at - app.began, app.ended - app.began, settled - app.cpu_began
        side.close()
        return Render(*times, tuple(side.model.texts()))

    def weigh(self, controls: int, way: str) -> float:
        """Return the MB that an app with so many controls takes, one of :data:`WAYS`. Only once in a process."""
        take = WAYS[way]
        first, second = self._make(), self._make()
        self._open_and_click(first, 10)  # what is loaded at the first use of a control is no session's
        first.close()
        if way == "allocated":
            tracemalloc.start()
        gc.collect()
        before = take()
        self._open_and_click(second, controls)
        gc.collect()
        return (take() - before) / MEGABYTE

    @staticmethod
    def _open_and_click(side: Side, controls: int) -> None:
        # The second diff of a page may keep other things than the first.
        side.open(apps.listing(controls, "change"))
        side.read()
        steps = apps.Click("change")(side.model, range(1))
        side.turn(steps)
        side.forget()


class Worker:
    """The stage of another process."""

    def __init__(self, side: str, process: subprocess.Popen[bytes]) -> None:
        self._side = side
        self._process = process

    def ask(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """Call a method of the stage there, return what it returns.

        Raises
        ------
        RuntimeError
            It raised something, or its process has ended.
        """
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        try:
            _send(requests, (method.__name__, arguments))
            result, error = pickle.load(answers)
        except (EOFError, BrokenPipeError):
            result, error = None, f"ended with code {self._process.wait()}"
        if error:
            raise RuntimeError(f"updates: the process of {self._side}: {error}")
        return result


@contextlib.contextmanager
def working(side: str) -> Iterator[Worker]:
    """Start a process for a side, and end it."""
    command = [sys.executable, "-m", "tests.bench.updates_worker", side]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        try:
            yield Worker(side, process)
        finally:
            process.kill()


def _send(pipe: IO[bytes], what: Any) -> None:
    pickle.dump(what, pipe)
    pipe.flush()


def _serve(side: str) -> None:
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints
    stage = Stage(side)
    while True:
        try:
            name, arguments = pickle.load(requests)
        except EOFError:
            return
        try:
            if side != "ours":
                assert_flet_is_as_it_comes()
            answer = getattr(stage, name)(*arguments), ""
            if side != "ours":
                assert_flet_is_as_it_comes()
        except Exception:  # noqa: BLE001 - raised again by who asked
            answer = None, traceback.format_exc()
        _send(answers, answer)


if __name__ == "__main__":
    _serve(sys.argv[1])
