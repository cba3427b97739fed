"""Random programs, once with flet's own session and once with ours: the clients show the same after every step."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings

from flet_jupyter.core.settings import AppSettings
from tests.core.equivalence import Arena, Discarded, examples
from tests.core.equivalence_components import component_programs, follow_components
from tests.core.equivalence_programs import HOOKED, PLAIN, SPECIAL, programs

DISCARDED = 0.02
"""The part of the programs with which flet's own client may fail: the others are what is held to it."""
PALETTES = {"plain": PLAIN, "special": SPECIAL, "hooked": HOOKED}


@pytest.fixture(params=["fast", "flet"])
def arena(request: pytest.FixtureRequest) -> Iterator[Arena]:
    arena = Arena(AppSettings(differ=request.param))
    yield arena
    arena.close()


def hold(arena: Arena, count: int, strategy: Any, follow: Callable[[Any], None]) -> None:
    """Run random programs, and see that nearly all of them could be held to flet's session."""

    # The same programs in each run: looking for others is what `make fuzz` is for.
    @settings(
        max_examples=examples(count),
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=os.environ.get("HYPOTHESIS_PROFILE") != "fuzz",
    )
    @given(strategy)
    def holds(program: Any) -> None:
        try:
            follow(program)
        except Discarded:
            reject()

    holds()
    print(arena.tally)  # noqa: T201 - for who asks how many there were
    # Programs that are discarded come in families: one more is not much among a few.
    assert arena.tally.discarded < DISCARDED + 10 / count, arena.tally


@pytest.mark.parametrize(
    ("palette", "fast", "flets"), [("plain", 1100, 250), ("special", 900, 250), ("hooked", 500, 150)]
)
def test_after_every_step_of_a_random_program_clients_show_what_flets_session_would(
    arena: Arena, palette: str, fast: int, flets: int
) -> None:
    count = flets if arena.as_flet else fast
    hold(arena, count, programs(), lambda program: arena.follow(program, PALETTES[palette]))


def test_after_every_change_of_components_clients_show_what_flets_session_would(arena: Arena) -> None:
    def follow(program: Any) -> None:
        arena.run(functools.partial(follow_components, program), turns=12)

    hold(arena, 200 if arena.as_flet else 700, component_programs(), follow)
