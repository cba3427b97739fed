"""How one list becomes another."""

from __future__ import annotations

import itertools
import operator

from hypothesis import given
from hypothesis import strategies as st

from flet_jupyter.core.tree.lists import common_ends, moves


@given(st.permutations(range(9)), st.integers(0, 9))
def test_the_moves_bring_everything_to_its_place(numbers: list[int], count: int) -> None:
    order = [number for number in numbers if number < count]
    parts = list(range(count))
    for source, target in moves(order):
        parts.insert(target, parts.pop(source))
    assert parts == order


@given(st.permutations(range(7)))
def test_there_are_no_more_moves_than_needed(order: list[int]) -> None:
    rising = max(
        size
        for size in range(len(order) + 1)
        if any(list(run) == sorted(run) for run in itertools.combinations(order, size))
    )
    assert len(list(moves(order))) == len(order) - rising


def test_what_goes_from_the_front_to_the_end_is_one_move() -> None:
    assert list(moves([*range(1, 1000), 0])) == [(0, 999)]


def test_ten_thousand_shuffled_parts_take_no_quadratic_time() -> None:
    order = [number * 7919 % 10_000 for number in range(10_000)]
    assert len(list(moves(order))) < 10_000


@given(st.lists(st.integers(0, 3), max_size=6), st.lists(st.integers(0, 3), max_size=6))
def test_the_common_ends_are_common_and_do_not_overlap(old: list[int], new: list[int]) -> None:
    start, end = common_ends(old, new, operator.ne)
    assert start + end <= min(len(old), len(new))
    assert old[:start] == new[:start]
    assert old[len(old) - end :] == new[len(new) - end :]
    left = old[start : len(old) - end], new[start : len(new) - end]
    if all(left):
        assert left[0][0] != left[1][0]
        assert left[0][-1] != left[1][-1]
