"""Runs one program in two sessions, flet's own and ours, and compares what their clients show after each statement."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import contextvars
import dataclasses
import enum
import functools
import gc
import logging
import re
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import flet as ft
import msgpack
from hypothesis import settings as hypothesis_settings

from flet_jupyter.core.flet_api import BaseControl, bind_page, encode_object
from flet_jupyter.core.link import Link
from flet_jupyter.core.runtime import Runtime
from flet_jupyter.core.tree.choice import new_differ
from flet_jupyter.core.tree.differ import Differ
from flet_jupyter.core.tree.flets import FletDiffer
from tests.core.equivalence_programs import VOCABULARY, Mounts, Noted, Numbers, Palette, Program, Writer, mounts
from tests.core.flet_client import FletClient
from tests.core.harness import App
from tests.core.model_client import ModelClient, pack_event, pack_props, pack_register

if TYPE_CHECKING:
    from types import CodeType

    from flet_jupyter.core.settings import AppSettings

__all__ = ["Arena", "Different", "Discarded", "Pair", "Tally", "difference", "examples"]


class Discarded(Exception):
    """Flet's own client is wrong: there is nothing to compare with. Says how, and what differs."""


class Different(AssertionError):
    """The two sessions differ; the message has the script that shows it."""


class _Ended(Exception):
    """The program has ended: both sides have raised the same error."""


def examples(count: int) -> int:
    """Return how many examples a test is to run: `count`, and as many as the profile says when it is for fuzzing."""
    profile = hypothesis_settings()
    return profile.max_examples if hypothesis_settings.get_current_profile_name() == "fuzz" else count


_ROUNDS = 3
"""Updates after which what controls change in each other before they are updated has come to rest."""

# -- sides -----------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=4096)
def _compiled(statement: str) -> CodeType:
    return compile(statement, "<program>", "exec")


class Side:
    """One of the two sessions, with the app in it and its client."""

    client: ModelClient

    def __init__(self) -> None:
        self.mounts = Mounts()
        self.todo: Iterable[str] = ()
        self.names: dict[str, Any] = {**VOCABULARY, "event": self.event, "press": self.press, "sent": self.sent}
        self.names["attach"] = self.attach
        self._define_handlers()

    def _define_handlers(self) -> None:
        # Functions, not methods: flet and we ask of what kind they are.
        def run() -> None:
            for statement in self.todo:
                self.execute(statement)

        async def run_async() -> None:
            for statement in self.todo:
                self.execute(statement)
                await asyncio.sleep(0)

        def run_steps() -> Iterator[None]:
            for statement in self.todo:
                self.execute(statement)
                yield

        self.names |= {"run": run, "run_async": run_async, "run_steps": run_steps}

    def enter(self, context: contextvars.Context, page: ft.Page) -> None:
        """Let what the app does at its top level happen in this context."""
        self.context = context
        self.names["page"] = page
        page.session.connection.page_url = "https://example.org"
        context.run(mounts.set, self.mounts)
        context.run(bind_page, page)

    def execute(self, statement: str) -> None:
        exec(_compiled(statement), self.names)

    def attempt(self, statement: str) -> str:
        """Execute a statement as the app would; return what it raised."""
        try:
            self.context.run(self.execute, statement)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other side has to raise it too
            return _described(error)
        return ""

    def event(self, control: Any, name: str, todo: Iterable[str] = ()) -> None:
        """Let the client fire an event, whose handler executes what is to do."""
        self.todo = todo
        self.fire(control._i, name)

    def press(self, place: int) -> None:
        """Let the client press one of the buttons that it shows, named by its place among them."""
        self.fire(list(_numbers(self.client.page))[place], "click")

    def sent(self, control: Any, properties: dict[str, Any]) -> None:
        """Let the client change properties of a control."""
        self.change(control._i, properties)

    def fire(self, number: int, name: str, data: Any = None) -> None:
        """Let the client fire an event of a control, which it knows by its number."""
        raise NotImplementedError

    def change(self, number: int, properties: dict[str, Any]) -> None:
        """Let the client change properties of a control, in itself and in the app."""
        raise NotImplementedError

    def attach(self) -> None:
        """Let another client see the app."""

    def failures(self) -> list[str]:
        """Return what handlers have raised."""
        raise NotImplementedError

    def shows_what_is(self) -> bool:
        """Tell whether the client shows what the app's objects say."""
        return not untrue(self.names["page"], self.client.page)

    def untrue(self) -> str:
        """Send everything that has not been sent yet, and say where the client shows something else than is."""
        found = ""
        for _ in range(_ROUNDS):
            self.attempt("page.update()")
            for control in list(_controls(self.names["page"])):
                if control.is_isolated() and not isinstance(control, ft.Page):
                    with contextlib.suppress(RuntimeError):  # it is frozen, or not really on the page
                        self.context.run(control.update)
            found = untrue(self.names["page"], self.client.page)
            if not found:
                break
        return found

    def not_mounted(self) -> set[str]:
        """Return what controls are called that are on the page and not mounted."""
        present = self.mounts.present
        controls = _controls(self.names["page"])
        return {control.data for control in controls if isinstance(control, Noted) and control._i not in present}

    @property
    def busy(self) -> bool:
        raise NotImplementedError


class FletSide(Side):
    """Flet's own session."""

    def __init__(self) -> None:
        super().__init__()
        context = contextvars.copy_context()
        self.client: FletClient = context.run(FletClient, lambda page: None)
        self.session = self.client.session
        self.enter(context, self.session.page)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self.context.run(self.client.attach)
        self.attempt("page.update()")

    def fire(self, number: int, name: str, data: Any = None) -> None:
        dispatched = self.session.dispatch_event(number, name, data)
        task = asyncio.get_running_loop().create_task(dispatched)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def change(self, number: int, properties: dict[str, Any]) -> None:
        self.client.control(number).update(properties)
        if number not in self.session.index:  # after some moves
            self.client.broken = LookupError(f"control {number} is lost")
        self.session.apply_patch(number, dict(properties))

    def failures(self) -> list[str]:
        return [_described(error) for error in self.client.failures]

    @property
    def busy(self) -> bool:
        return bool(self._tasks)

    def close(self) -> None:
        _end_scheduler(self.session)


class _Screen(ModelClient):
    """A client of ours that reads at once whatever it is sent."""

    def __init__(self, session: Any) -> None:
        super().__init__()
        self.link = Link(session, self._arrived, paces=())
        self.link.receive(pack_register())

    def _arrived(self, number: int, packet: bytes, *, base: bool) -> None:
        self.receive(packet)


class OurSide(Side):
    """Our session, and any number of clients."""

    def __init__(self, runtime: Runtime, settings: AppSettings | None = None) -> None:
        super().__init__()
        self._app = App(lambda page: None, runtime=runtime, settings=settings)
        context = contextvars.copy_context()
        context.run(mounts.set, self.mounts)
        self.session = context.run(self._app.new_session)
        self.enter(self.session.new_context(), self.session.page)
        self.client: _Screen
        self.others: list[_Screen] = []

    async def start(self) -> None:
        self.client = _Screen(self.session)
        self.session.main_has_run()
        self.attempt("page.update()")

    def fire(self, number: int, name: str, data: Any = None) -> None:
        contextvars.Context().run(self.client.link.receive, pack_event(number, name, data))

    def change(self, number: int, properties: dict[str, Any]) -> None:
        self.client.control(number).update(properties)
        self.client.link.receive(pack_props(number, properties))

    def attach(self) -> None:
        self.others.append(contextvars.Context().run(_Screen, self.session))

    def failures(self) -> list[str]:
        return [_described(error) for error, _ in self._app.errors]

    @property
    def busy(self) -> bool:
        return self.session.busy

    def close(self) -> None:
        _end_scheduler(self.session)
        for timer in self._app.host._timers.values():
            timer.cancel()
        self._app.host.sessions.clear()


def _end_scheduler(session: Any) -> None:
    task = session._Session__updates_task
    if task is not None:
        task.cancel()


def _is_as_good(ours: list[str], theirs: list[tuple[str, bool]], ignored: set[str]) -> bool:
    """Tell whether the same was mounted and unmounted in the same order; what makes no difference may be missing."""
    rest = iter([*(note for note in ours if note[2:] not in ignored), ""])
    expected = next(rest)
    for note, makes_difference in theirs:
        if note[2:] in ignored:
            continue
        if note == expected:
            expected = next(rest)
        elif makes_difference:
            return False
    return not expected


def _numbers(shown: Any) -> Iterator[int]:
    """Yield the numbers of those that a client can click, in an order that is the same on both sides."""
    if isinstance(shown, dict):
        if shown.get("on_click"):
            yield shown["_i"]
        for name in sorted(shown):
            yield from _numbers(shown[name])
    elif isinstance(shown, list):
        for part in shown:
            yield from _numbers(part)


def _controls(value: Any) -> Iterator[BaseControl]:
    if isinstance(value, BaseControl):
        yield value
    if isinstance(value, list):
        for part in value:
            yield from _controls(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _controls(part)
    elif dataclasses.is_dataclass(value):
        for name in _set_in(value):
            yield from _controls(getattr(value, name))


def _described(error: BaseException | str | None) -> str:
    # Numbers of controls, and where they are in memory, are not the same on two sides.
    text = re.sub(r"\(\d+( - \d+)?\)", "()", str(error))
    return f"{type(error).__name__}: {re.sub(r'0x[0-9a-f]+', '', text)}"


# -- comparing -------------------------------------------------------------------------------------------


def difference(one: Any, other: Any, page: ft.Page) -> str:
    """Say where two trees that clients show differ; nothing if they do not.

    It is :func:`~tests.core.model_client.normal` of both, compared, but ten times as fast; it looks at types too, and
    knows that what is the default need not be said.

    Parameters
    ----------
    one, other : object
        What the clients show.
    page : Page
        What one of them is to show.
    """
    numbers = _Numbers()
    found = numbers.difference(one, other, ("page",))
    if found or not numbers.one_sided:
        return found
    controls = {control._i: control for control in _controls(page)}
    return _first(
        f"{_written(path)}: {_short(value)}, or nothing"
        for path, start, value in numbers.one_sided
        if not _is_default(controls.get(start[0]), path[start[1] :], value)
    )


class _Numbers:
    """Which numbers of controls on one side are which on the other, and what there is on one side only."""

    def __init__(self) -> None:
        # Where, the number of the control that has it and how far on the way that is, and what.
        self.one_sided: list[tuple[tuple[Any, ...], tuple[int, int], Any]] = []
        self._control = (0, 0)
        self._there: dict[Any, Any] = {}
        self._back: dict[Any, Any] = {}

    def difference(self, one: Any, other: Any, path: tuple[Any, ...]) -> str:
        if (one is None) is not (other is None) and not isinstance(one or other, dict | list):
            self.one_sided.append((path, self._control, other if one is None else one))
            return ""
        if type(one) is not type(other):
            return f"{_written(path)}: {_short(one)} | {_short(other)}"
        if isinstance(one, dict):
            return self._in_objects(one, other, path)
        if isinstance(one, list):
            if len(one) != len(other):
                return f"{_written(path)}: {len(one)} | {len(other)} parts, {_short(one)} | {_short(other)}"
            pairs = enumerate(zip(one, other, strict=True))
            return _first(self.difference(left, right, (*path, index)) for index, (left, right) in pairs)
        return "" if one == other else f"{_written(path)}: {_short(one)} | {_short(other)}"

    def _in_objects(self, one: dict[Any, Any], other: dict[Any, Any], path: tuple[Any, ...]) -> str:
        there, back = one.get("_i"), other.get("_i")
        if self._there.setdefault(there, back) != back or self._back.setdefault(back, there) != there:
            return f"{_written(path)}: control {there} | {back}"
        around = self._control
        if back is not None:
            self._control = back, len(path)
        for key in one.keys() | other.keys():
            if key in _IGNORED:
                continue
            left, right = one.get(key), other.get(key)
            if _is_nothing(left) and _is_nothing(right):
                continue
            if found := self.difference(left, right, (*path, key)):
                return found
        self._control = around
        return ""


def _written(path: tuple[Any, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _is_default(thing: Any, path: tuple[Any, ...], value: Any) -> bool:
    """Tell whether a value is what a client takes for the default there."""
    for step in path[:-1]:
        if isinstance(thing, dict):
            thing = next((part for key, part in thing.items() if getattr(key, "value", key) == step), None)
        elif isinstance(thing, list | tuple):
            thing = thing[step] if step < len(thing) else None
        else:
            thing = getattr(thing, step, None)
    default = getattr(type(thing), "_root_defaults", {}).get(path[-1], _ABSENT)
    return default is not _ABSENT and _packed(default) == value


_IGNORED = {"_i", "_mark", "uid"}
_ABSENT = object()


def _is_nothing(value: Any) -> bool:
    """Tell whether a client takes a value for one that is not set."""
    if isinstance(value, dict):
        return "_i" not in value and all(_is_nothing(part) for part in value.values())
    return value is None or value == []


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 300 else f"{text[:300]}..."


def untrue(thing: Any, shown: Any, path: str = "page") -> str:
    """Say where a client shows something else than the app's objects say; nothing if it does not.

    Neither flet's comparison nor its encoder has a part in this.

    Parameters
    ----------
    thing : object
        A page, or something in it.
    shown : object
        What a model client has of it.
    """
    what = f"{path}: {_short(shown)} instead of {_short(thing)}"
    if dataclasses.is_dataclass(thing):
        return _untrue_object(thing, shown, path) if isinstance(shown, dict) else what
    if isinstance(thing, dict):
        entries = {getattr(key, "value", key): part for key, part in thing.items() if key not in _IGNORED}
        if not isinstance(shown, dict) or entries.keys() != shown.keys() - _IGNORED:
            return what
        return _first(untrue(part, shown[key], f"{path}.{key}") for key, part in entries.items())
    if isinstance(thing, list | tuple):
        if not isinstance(shown, list) or len(thing) != len(shown):
            return what
        return _first(untrue(part, shown[index], f"{path}[{index}]") for index, part in enumerate(thing))
    packed = _packed(thing)
    return "" if type(packed) is type(shown) and packed == shown else what


def _untrue_object(thing: Any, shown: dict[str, Any], path: str) -> str:
    kind: Any = type(thing)
    known, events, defaults = _fields_of(kind)
    if getattr(thing, "_i", None) != shown.get("_i"):
        return f"{path}: control {shown.get('_i')} instead of {thing._i}"
    for name in dict.fromkeys((*_set_in(thing), *shown)):
        there = shown.get(name)
        if name not in known:
            if there is not None and name not in _IGNORED:
                return f"{path}.{name}: {_short(there)} instead of nothing"
            continue
        value = getattr(thing, name)
        if name in events:
            value, there = (None if value is None else True), there or None
        if there is None and (value is None or value == defaults.get(name, _ABSENT) or value in ([], {})):
            continue
        if found := untrue(value, there, f"{path}.{name}"):
            return found
    return ""


@functools.cache
def _fields_of(kind: type) -> tuple[set[str], set[str], dict[str, Any]]:
    """Return which fields of a class travel, which of them are events, and what the client takes for their defaults."""
    fields = [field for field in dataclasses.fields(kind) if not field.metadata.get("skip", False)]
    events = {field.name for field in fields if field.name.startswith("on_") and field.metadata.get("event", True)}
    return {field.name for field in fields}, events, getattr(kind, "_root_defaults", {})


def _set_in(thing: Any) -> list[str]:
    """Return the names of the fields that may have something else than their defaults."""
    kind = type(thing)
    if hasattr(thing, "_values"):
        return [*thing._values, *kind._override_props, *kind._structural_fields]
    return [field.name for field in dataclasses.fields(thing)]


def _first(findings: Iterable[str]) -> str:
    return next(filter(None, findings), "")


def _packed(value: Any) -> Any:
    """Return a plain value as it travels."""
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, enum.Enum)):
        return value
    return msgpack.unpackb(msgpack.packb(value, default=encode_object), strict_map_key=False)


# -- running ---------------------------------------------------------------------------------------------


class Tally(collections.Counter[str]):
    """How programs ended."""

    @property
    def discarded(self) -> float:
        """The part of the programs with which flet's own client could not go on."""
        kinds = ("broken in flet", "wrong in flet", "wrong in both")
        return sum(self[kind] for kind in kinds) / max(self["programs"], 1)

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.items()))
        return f"{counts}; {self.discarded:.2%} discarded"


_FLETS_OWN = re.compile(r"AttributeError|IndexError|KeyError|.*must be added to the page first")
"""What flet raises for no fault of the app's: it does not know of what it has never mounted, and takes a control for
another one if a list changes while it looks at it."""


class Pair:
    """The same app in two sessions, and a script of what has happened in both."""

    def __init__(self, runtime: Runtime, settings: AppSettings | None = None, *, turns: int = 0) -> None:
        self.theirs = FletSide()
        self.ours = OurSide(runtime, settings)
        self.script: list[str] = []
        self.lost: set[str] = set()  # controls that flet has not mounted when it should have
        self._turns = turns
        self._compared = (0, 0)

    async def start(self) -> None:
        await self.theirs.start()
        await self.ours.start()
        self.compare()

    def close(self) -> None:
        self.theirs.close()
        self.ours.close()

    async def step(self, statement: str) -> None:
        """Execute a statement on both sides, and compare what there is then."""
        self.script.append(statement)
        await self._both(statement)

    async def event(self, statement: str, todo: Iterator[str]) -> None:
        """Fire an event on both sides; what the handler does is found on the one, and repeated on the other."""
        done: list[str] = []
        self.script.append(statement)

        def noting() -> Iterator[str]:
            for line in todo:
                done.append(line)
                self.script[-1] = f"{statement[:-1]}, {done!r})"
                yield line

        self.theirs.names["todo"], self.ours.names["todo"] = noting(), done
        await self._both(f"{statement[:-1]}, todo)")

    async def _both(self, statement: str) -> None:
        theirs = self.theirs.attempt(statement)
        await self._settle(self.theirs)
        ours = self.ours.attempt(statement)
        await self._settle(self.ours)
        if self.theirs.client.broken is not None:
            self._blame("broken in flet", repr(self.theirs.client.broken))
        if _FLETS_OWN.match(theirs) and not ours:
            self._blame("wrong in flet", theirs)
        self._expect_same("raised", theirs, ours)
        self._expect_same("handlers raised", self.theirs.failures(), self.ours.failures())
        self._expect_same("effects", self.theirs.mounts.effects, self.ours.mounts.effects)
        self._compare_mounts()
        if raised := [error for error in (theirs, *self.theirs.failures()) if error]:
            raise _Ended(statement, *raised)
        self.compare()

    async def _settle(self, side: Side) -> None:
        while side.busy:  # noqa: ASYNC110 - in flet's session there is nothing to wait for
            await asyncio.sleep(0)
        for _ in range(self._turns):
            await asyncio.sleep(0)

    def compare(self) -> None:
        """Compare what the clients show, if they have been sent anything."""
        patches = self.theirs.client.patches, self.ours.client.patches
        if patches != self._compared:
            self._compared = patches
            found = difference(self.theirs.client.page, self.ours.client.page, self.ours.session.page)
            if not found:
                return
            # Flet may be wrong for good, or send the half of it with the next update; and it calls no hooks of what it
            # has not mounted.
            if not self.lost and not self.ours.shows_what_is() and not self.theirs.untrue():
                self.fail(found)
            self._blame("wrong in flet", found)

    def _compare_mounts(self) -> None:
        theirs, ours = self.theirs.mounts.notes, [note for note, _ in self.ours.mounts.notes]
        if not _is_as_good(ours, theirs, self.lost):
            # When a control is moved, flet unmounts what is in it, and never mounts what is new in it.
            self.lost |= self.theirs.not_mounted() - self.ours.not_mounted()
            if not _is_as_good(ours, theirs, self.lost):
                self.fail(f"mounts: {theirs!r} | {ours!r}")
        theirs.clear()
        self.ours.mounts.notes.clear()

    def _expect_same(self, what: str, one: Any, other: Any) -> None:
        if one != other:
            self.fail(f"{what}: {one!r} | {other!r}")

    def _blame(self, how: str, what: str) -> None:
        """Discard the program as one with which flet fails."""
        raise Discarded("wrong in both" if self.ours.untrue() else how, what)

    def fail(self, what: str) -> None:
        raise Different(f"flet | ours: {what}\n\nafter\n" + "\n".join(self.script))

    def compare_newcomers(self) -> bool:
        """See whether clients that have come later show what is; return whether the first client does.

        Where that one does not, nor does flet's: it misses some changes.
        """
        if self.ours.untrue():
            return False
        self.ours.attach()
        for other in self.ours.others:
            if found := untrue(self.ours.session.page, other.page):
                self.fail(f"for a client that came later: {found}")
        return True


class Arena:
    """Where programs run: one event loop for many of them, and no threads.

    Parameters
    ----------
    settings : AppSettings, optional
        Those of our session.

    Attributes
    ----------
    tally : Tally
        How the programs ended.
    ended : tuple of str
        The statement that ended the last program that did not come to its end, and what it raised.
    """

    def __init__(self, settings: AppSettings | None = None) -> None:
        self.tally = Tally()
        self.ended: tuple[str, ...] = ()
        self._settings = settings
        wanted = FletDiffer if self.as_flet else Differ
        assert isinstance(new_differ({}, "flet" if self.as_flet else "fast"), wanted), "it has fallen back"
        logging.getLogger("flet").disabled = True  # it logs what programs raise, with tracebacks
        self._loop = asyncio.new_event_loop()
        self._runtime = Runtime(self._loop, threads=False)
        self._runtime.adopt_thread()
        gc.collect()
        gc.freeze()  # programs collect garbage: of theirs, not of all that was imported

    @property
    def as_flet(self) -> bool:
        """Whether our session compares as flet does, and so is as wrong as flet is."""
        return self._settings is not None and self._settings.differ == "flet"

    def close(self) -> None:
        logging.getLogger("flet").disabled = False
        gc.unfreeze()
        self._loop.close()

    def run(self, play: Callable[[Pair], Coroutine[Any, Any, None]], *, turns: int = 0) -> None:
        """Let `play` lead a pair of sessions to its end.

        Raises
        ------
        Different
            The clients show different things, or different things were raised, mounted or unmounted.
        Discarded
            Flet's own client cannot go on.
        """
        self._loop.run_until_complete(self._run(play, turns))

    async def _run(self, play: Callable[[Pair], Coroutine[Any, Any, None]], turns: int) -> None:
        self.tally["programs"] += 1
        pair = Pair(self._runtime, self._settings, turns=turns)
        try:
            await pair.start()
            await play(pair)
            self.tally["to their end" if pair.compare_newcomers() else "as wrong as flet"] += 1
        except _Ended as ended:
            self.tally["raised"] += 1
            self.ended = ended.args
        except Discarded as discarded:
            self.tally[discarded.args[0]] += 1
            raise
        finally:
            self.tally["statements"] += len(pair.script)
            self.tally["with mounts that flet misses"] += bool(pair.lost)
            pair.close()

    def follow(self, program: Program, palette: Palette) -> None:
        """Run a program. Raises what :meth:`run` does."""
        self.run(functools.partial(_follow, program, palette))

    def replay(self, script: str) -> None:
        """Run statements as the message of :class:`Different` has them, one per line. Raises what :meth:`run` does."""

        async def play(pair: Pair) -> None:
            for statement in script.strip().splitlines():
                await pair.step(statement.strip())

        self.run(play, turns=10)


async def _follow(program: Program, palette: Palette, pair: Pair) -> None:
    first, steps = program
    writer = Writer(pair.theirs.names, pair.theirs.client, palette)
    for statement in writer.begin(first):
        await pair.step(statement)
    for step, numbers in steps:
        n = Numbers(numbers)
        for statement in writer.statements(step, n):
            if statement.startswith("event("):
                await pair.event(statement, writer.handled(n))
            else:
                await pair.step(statement)
    for statement in writer.flush():
        await pair.step(statement)
