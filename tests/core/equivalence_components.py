"""Random programs over components with hooks: a description of what to show changes, bit by bit."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import flet as ft
import flet.canvas as cv
from hypothesis import strategies as st

from tests.core.equivalence_programs import VOCABULARY, Board, Built, Numbers, Spot, Summing, mounts
from tests.core.model_client import walk

if TYPE_CHECKING:
    from tests.core.equivalence import Pair

__all__ = ["ComponentProgram", "component_programs", "follow_components"]


class Part(NamedTuple):
    """What is to be shown somewhere: a kind of control, its key, a number that it shows, what is in it."""

    kind: str
    key: str | None
    number: int
    parts: tuple[Part, ...] = ()


# -- components ----------------------------------------------------------------------------------------


@ft.component
def Root(first: Part) -> Any:  # noqa: N802 - components are named like classes
    part, show = ft.use_state(first)
    mounts.get().setters["root"] = show
    return rendered(part)


@ft.component
def Counting(part: Part) -> Any:  # noqa: N802
    count, set_count = ft.use_state(part.number)
    noted = mounts.get()
    noted.setters[f"{part.key}{part.number}"] = lambda: set_count(lambda number: number + 1)

    def run() -> Callable[[], None]:
        noted.effects.append(f"{part.key} has {count}")
        return lambda: noted.effects.append(f"{part.key} had {count}")

    ft.use_effect(run, [count])
    parts = [rendered(inner) for inner in part.parts[: 1 + count % 4]]
    return ft.Column([ft.Text(f"{count}"), *parts, ft.Button("more", on_click=lambda: set_count(count + 1))])


@ft.component
def Several(part: Part) -> Any:  # noqa: N802
    reverse, set_reverse = ft.use_state(False)
    mounts.get().setters[f"{part.key}{part.number}"] = lambda: set_reverse(lambda now: not now)
    parts = [rendered(inner) for inner in part.parts]
    return parts[::-1] if reverse else parts


def _noting(kind: str) -> Any:
    return getattr(VOCABULARY["noting_ft"], kind)


# No isolated controls: flet does not look into them when they are built anew, so that nobody knows what is in the new
# ones.
_MAKERS: dict[str, Callable[[Part, list[Any]], Any]] = {
    "text": lambda part, _: ft.Text(f"{part.number}", size=part.number or None, key=part.key),
    "column": lambda part, parts: ft.Column(parts, spacing=part.number, key=part.key),
    "noted": lambda part, parts: _noting("Row")(parts, key=part.key, data=f"row {part.key}{part.number}"),
    "box": lambda part, parts: ft.Container(
        parts[0] if parts else None, padding=ft.Padding.all(part.number), visible=part.number != 3, key=part.key
    ),
    "note": lambda part, _: _noting("Text")(f"{part.number}", key=part.key, data=f"text {part.key}{part.number}"),
    "styled": lambda part, _: ft.Text(
        "styled",
        style=ft.TextStyle(size=part.number, shadow=[ft.BoxShadow(blur_radius=i) for i in range(part.number % 3)]),
        key=part.key,
    ),
    "pressed": lambda part, _: ft.Button(
        f"{part.number}",
        on_click=(lambda: None) if part.number % 2 else None,
        style=ft.ButtonStyle(color="red", elevation=part.number),
        key=part.key,
    ),
    "field": lambda part, _: ft.TextField(value=f"{part.number}", cursor_color="red", key=part.key),
    "counting": lambda part, _: Counting(part, key=part.key),  # type: ignore[call-arg] # every component takes it
    "memo": lambda part, _: ft.memo(Counting)(part, key=part.key),
    "several": lambda part, _: Several(part, key=part.key),  # type: ignore[call-arg]
    "built": lambda part, _: Built(title=f"{part.number}", key=part.key, data=f"built {part.key}{part.number}"),
    "board": lambda part, parts: Board(
        parts[:1],
        extras={"n": part.number, "list": [1] * part.number, "spot": Spot(part.number)},
        spots=[Spot(i, marks=["m"] * i) for i in range(part.number)],
        sides=dict(zip("ab", parts[1:], strict=False)),
        key=part.key,
        data=f"board {part.key}{part.number}",
    ),
    "summing": lambda part, parts: Summing(parts, key=part.key, data=f"summing {part.key}{part.number}"),
    "choice": lambda part, _: ft.Dropdown(
        options=[ft.DropdownOption(key=f"{i}", text=f"{part.number}") for i in range(part.number)], key=part.key
    ),
    "drawn": lambda part, _: cv.Canvas(
        [cv.Rect(i, part.number, 1, 1, paint=ft.Paint(stroke_width=i)) for i in range(part.number)], key=part.key
    ),
}
_LEAVES = ("text", "note", "styled", "field", "choice", "built", "drawn", "pressed")
_KINDS = tuple(_MAKERS)


def rendered(part: Part) -> Any:
    """Make what a description says."""
    inner = [] if part.kind in {"counting", "memo", "several"} else [rendered(below) for below in part.parts]
    return _MAKERS[part.kind](part, inner)


# -- programs ------------------------------------------------------------------------------------------

ComponentProgram = tuple[bytes, list[tuple[str, bytes]]]
"""What is shown at first, and steps: what happens, and numbers that say where and how."""

STEPS = ("vary", "vary", "vary", "vary", "anew", "count", "count", "press", "page", "update", "attach")


def component_programs() -> st.SearchStrategy[ComponentProgram]:
    """Return a strategy for programs."""
    step = st.tuples(st.sampled_from(STEPS), st.binary(min_size=4, max_size=20))
    steps = st.tuples(*[st.lists(step, max_size=8)] * 2).map(lambda lists: [step for part in lists for step in part])
    return st.tuples(st.binary(min_size=8, max_size=50), steps)


def described(n: Numbers, depth: int = 0) -> Part:
    """Make a description of numbers."""
    kind = n.pick(_LEAVES if depth >= 4 else _KINDS)
    parts = () if kind in _LEAVES else _with_own_keys([described(n, depth + 1) for _ in range(n.below(4))])
    return Part(kind, n.pick((None, "k", "m", "p")), n.below(4), parts)


def _with_own_keys(parts: list[Part]) -> tuple[Part, ...]:
    """Take away keys that a sibling has too."""
    seen: set[str] = set()
    own = []
    for part in parts:
        own.append(part._replace(key=None) if part.key in seen else part)
        seen |= {part.key} - {None}  # type: ignore[arg-type]
    return tuple(own)


def varied(part: Part, n: Numbers, depth: int = 0) -> Part:
    """Change something in a description, somewhere."""
    if part.parts and n.below(3):
        at = n.below(len(part.parts))
        parts = list(part.parts)
        parts[at] = varied(parts[at], n, depth + 1)
        return part._replace(parts=_with_own_keys(parts))
    parts = list(part.parts)
    how = n.below(7)
    if how == 0:
        return part._replace(number=n.below(4))
    if how == 1:
        return part._replace(key=n.pick((None, "k", "m", "p")))
    if how == 2:
        return described(n, depth)
    if how == 3 and parts:
        del parts[n.below(len(parts))]
    elif how == 4 and parts:
        parts.insert(n.below(len(parts)), parts.pop(n.below(len(parts))))
    elif how == 5:
        parts.reverse()
    elif part.kind not in _LEAVES:
        parts.insert(n.below(len(parts) + 1), described(n, depth + 1))
    return part._replace(parts=_with_own_keys(parts))


async def follow_components(program: ComponentProgram, pair: Pair) -> None:
    """Run a program on both sides."""
    for side in (pair.theirs, pair.ours):
        side.names |= {
            "Part": Part,
            "Root": Root,
            "show": functools.partial(_show, side.mounts),
            "count": functools.partial(_count, side.mounts),
        }
    first, steps = program
    part = described(Numbers(first))
    await pair.step(f"page.render(Root, {part!r})")
    for step, numbers in steps:
        n = Numbers(numbers)
        if step in {"vary", "anew"}:
            part = varied(part, n) if step == "vary" else described(n)
        for statement in _statements(step, part, n, pair):
            await pair.step(statement)
    await pair.step("page.update()")


def _show(side: Any, part: Part) -> None:
    side.setters["root"](part)


def _count(side: Any, name: str) -> None:
    side.setters[name]()


def _statements(step: str, part: Part, n: Numbers, pair: Pair) -> Iterator[str]:
    if step in {"vary", "anew"}:
        yield f"show({part!r})"
    elif step == "count":
        names = sorted(pair.theirs.mounts.setters.keys() - {"root"})
        if names:
            yield f"count({n.pick(names)!r})"
    elif step == "press":
        # By their place: the controls have other numbers on the other side, and no names on either.
        count = sum(bool(node.get("on_click")) for node in walk(pair.theirs.client.page))
        if count:
            yield f"press({n.below(count)})"
    elif step == "page":
        yield n.pick(
            ("page.title = 'a'", "page.title = 'b'", "page.bgcolor = 'red'", "page.appbar = ft.AppBar(title='t')")
        )
    elif step == "update":
        yield "page.update()"
    else:
        yield "attach()"
