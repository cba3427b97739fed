"""How one list becomes another with few operations. Pure: sequences in, positions out."""

from __future__ import annotations

import itertools
import operator
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["common_ends", "moves"]


def common_ends(
    old: Sequence[Any], new: Sequence[Any], differ: Callable[[Any, Any], bool] = operator.is_not
) -> tuple[int, int]:
    """Count how many parts two lists share at the start, and how many of the others at the end."""
    most = min(len(old), len(new))
    start = _count_same(old, new, differ, most)
    end = _count_same(reversed(old), reversed(new), differ, most - start)
    return start, end


def _count_same(old: Any, new: Any, differ: Callable[[Any, Any], bool], most: int) -> int:
    differing = itertools.compress(itertools.count(), map(differ, old, new))
    return min(next(differing, most), most)


def moves(order: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Tell how to sort a list by as few moves as possible.

    Parameters
    ----------
    order : sequence of int
        What is to stand at each place: the numbers from 0 on, each once. They stand in their own order now.

    Yields
    ------
    tuple of int
        From where a part is taken out, and where it is put in then; one move after the other.
    """
    stays = _longest_rising(order)
    if len(stays) == len(order):
        return
    fixed_ranks = [order[place] for place in stays]
    waiting = sorted(set(order).difference(fixed_ranks))
    staying = set(stays)
    passed = 0  # of those that stay
    for place, rank in enumerate(order):
        if place in staying:
            passed += 1
            continue
        # What was moved stands right behind what is to be before it. So before this part there are: what is settled
        # already and that far to the left, what stays and is yet to come, and what still waits to be moved.
        waiting_before = bisect_left(waiting, rank)
        left = bisect_left(fixed_ranks, rank)
        source = waiting_before + (place + left - passed if left >= passed else stays[left])
        target = place + (bisect_left(waiting, fixed_ranks[passed - 1]) if passed else 0)
        del waiting[waiting_before]
        yield source, target - 1 if source < target else target


def _longest_rising(order: Sequence[int]) -> list[int]:
    """Return the places of a longest rising subsequence."""
    tails: list[int] = []  # the smallest last number of a rising run of each length
    places: list[int] = []
    before: list[int] = []
    for place, rank in enumerate(order):
        length = bisect_left(tails, rank)
        if length == len(tails):
            tails.append(rank)
            places.append(place)
        else:
            tails[length] = rank
            places[length] = place
        before.append(places[length - 1] if length else -1)
    found: list[int] = []
    place = places[-1] if places else -1
    while place >= 0:
        found.append(place)
        place = before[place]
    found.reverse()
    return found
