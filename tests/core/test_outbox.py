"""What waits for a client: bounded, merged, and in the end the same."""

from __future__ import annotations

import copy
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flet_jupyter.core import outbox as module
from flet_jupyter.core.outbox import Outbox, Outgoing
from flet_jupyter.core.packets import encode_value, scalar_replacements
from tests.core.model_client import ModelClient, pack

PAGE, COLUMN, FIRST, SECOND = 1, 2, 3, 4
TREE = {
    "_i": PAGE,
    "title": "t",
    "controls": [
        {
            "_i": COLUMN,
            "spacing": 0,
            "controls": [{"_i": FIRST, "value": 0, "size": 0}, {"_i": SECOND, "value": 0, "size": 0}],
        }
    ],
}


def outgoing(target: int, patch: list[Any]) -> Outgoing:
    return Outgoing(pack(2, {"id": target, "patch": patch}), target, scalar_replacements(patch), is_patch=True)


def set_value(target: int, path: tuple[Any, ...], value: Any) -> Outgoing:
    tree: list[Any] = [0]
    node = tree
    for number, part in enumerate(path[:-1], 1):
        child = [number]
        node.append({part: child})
        node = child
    return outgoing(target, [tree, [0, len(path) - 1, path[-1], value]])


def drained(box: Outbox) -> list[bytes]:
    packets = []
    while len(box):
        packets.append(box.pop())
    return packets


def bodies(box: Outbox) -> list[Any]:
    return [msgpack.unpackb(packet[1:])[1] for packet in drained(box)]


def test_of_many_values_of_one_property_the_last_is_sent() -> None:
    box = Outbox()
    for value in range(1000):
        box.put(set_value(FIRST, ("value",), value))
    assert bodies(box) == [{"id": FIRST, "patch": [[0], [0, 0, "value", 999]]}]


def test_values_below_one_control_share_a_packet() -> None:
    box = Outbox()
    box.put(set_value(PAGE, ("controls", 0, "controls", 0, "value"), 1))
    box.put(set_value(PAGE, ("controls", 0, "controls", 1, "value"), 2))
    box.put(set_value(PAGE, ("title",), "x"))
    assert len(drained(box)) == 1


def test_values_are_not_merged_across_a_change_of_structure() -> None:
    box = Outbox()
    box.put(set_value(COLUMN, ("controls", 0, "value"), 1))
    box.put(outgoing(COLUMN, [[0, {"controls": [1]}], [2, 1, 0]]))
    box.put(set_value(COLUMN, ("controls", 0, "value"), 2))
    assert len(drained(box)) == 3


def test_what_is_no_patch_keeps_its_place() -> None:
    box = Outbox()
    box.put(set_value(FIRST, ("value",), 1))
    box.put(Outgoing(b"call"))
    box.put(set_value(FIRST, ("value",), 2))
    first, call, second = drained(box)
    assert call == b"call"
    assert msgpack.unpackb(first[1:])[1]["patch"][1][3] == 1
    assert msgpack.unpackb(second[1:])[1]["patch"][1][3] == 2


def test_popping_an_empty_box_is_an_index_error() -> None:
    with pytest.raises(IndexError):
        Outbox().pop()


def test_a_patch_that_sets_nothing_is_not_sent() -> None:
    box = Outbox()
    box.put(outgoing(FIRST, [[0]]))
    assert len(box) == 0


def test_a_full_page_makes_patches_superfluous_but_no_calls() -> None:
    box = Outbox()
    box.put(set_value(FIRST, ("value",), 1))
    box.put(outgoing(COLUMN, [[0, {"controls": [1]}], [2, 1, 0]]))
    box.put(Outgoing(b"call"))
    box.drop_patches()
    assert drained(box) == [b"call"]
    assert box.waiting_bytes == 0


def test_too_many_changes_of_structure_overflow() -> None:
    box = Outbox()
    for _ in range(module.MAX_WAITING_PACKETS + 1):
        box.put(outgoing(COLUMN, [[0, {"controls": [1]}], [2, 1, 0]]))
    assert box.overflowed
    assert len(box) == 0


def test_values_of_too_many_controls_overflow() -> None:
    # Each control takes a packet of its own: fifty a second would be a minute for three thousand.
    box = Outbox()
    for target in range(3000):
        box.put(set_value(target, ("value",), target))
    assert box.overflowed


def test_values_of_many_controls_below_one_do_not_overflow() -> None:
    box = Outbox()
    for index in range(3000):
        box.put(set_value(PAGE, ("controls", index, "value"), index))
    assert not box.overflowed
    assert len(drained(box)) == 1


def test_too_many_bytes_overflow() -> None:
    box = Outbox()
    box.put(Outgoing(b"call"))
    for index in range(5):
        box.put(set_value(FIRST, (f"src{index}",), bytes(1_000_000)))
    assert box.overflowed
    assert drained(box) == [b"call"]


def test_one_packet_may_be_larger_than_the_bound() -> None:
    box = Outbox()
    box.put(Outgoing(bytes(module.MAX_WAITING_BYTES * 2)))
    assert [len(packet) for packet in drained(box)] == [module.MAX_WAITING_BYTES * 2]
    assert box.waiting_bytes == 0


def test_patches_after_an_overflow_are_left_to_the_page() -> None:
    box = Outbox()
    for _ in range(module.MAX_WAITING_PACKETS + 1):
        box.put(outgoing(COLUMN, [[0, {"controls": [1]}], [2, 1, 0]]))
    box.put(set_value(FIRST, ("value",), 1))
    box.put(Outgoing(b"call"))
    assert drained(box) == [b"call"]
    box.drop_patches()
    box.put(set_value(FIRST, ("value",), 2))
    assert len(drained(box)) == 1


def test_calls_to_a_client_that_stopped_reading_are_bounded() -> None:
    box = Outbox()
    for _ in range(10_000):
        box.put(Outgoing(bytes(1000)))
        assert len(box) <= module.MAX_WAITING_PACKETS
        assert box.waiting_bytes <= module.MAX_WAITING_BYTES


def test_a_hundred_thousand_updates_stay_small() -> None:
    box = Outbox()
    for value in range(20_000):
        box.put(set_value(FIRST, ("value",), value))
        box.put(set_value(PAGE, ("controls", 0, "controls", 0, "value"), value))
        box.put(set_value(SECOND, ("value",), value))
    assert len(box) == 1
    assert box.waiting_bytes < 50
    assert len(drained(box)) == 3


# -- merging is equivalent to not merging ---------------------------------------------------------------

# Every property can be reached by its own control, by the column and by the page.
paths = st.sampled_from(
    [
        (FIRST, ("value",)),
        (FIRST, ("size",)),
        (SECOND, ("value",)),
        (COLUMN, ("spacing",)),
        (COLUMN, ("controls", 0, "value")),
        (COLUMN, ("controls", 1, "value")),
        (PAGE, ("title",)),
        (PAGE, ("controls", 0, "spacing")),
        (PAGE, ("controls", 0, "controls", 0, "value")),
        (PAGE, ("controls", 0, "controls", 0, "size")),
        (PAGE, ("controls", 0, "controls", 1, "value")),
    ]
)
sets = st.tuples(st.just("set"), paths, st.integers(0, 3) | st.none() | st.text(max_size=2))
structural = st.tuples(st.sampled_from(["swap", "rotate", "nest"]), st.just(None), st.integers(0, 3))
pops = st.tuples(st.just("pop"), st.just(None), st.integers(1, 3))


def packet_for(kind: str, place: Any, value: Any, step: int) -> Outgoing:
    if kind == "set":
        return set_value(*place, value)
    if kind == "swap":  # moves what the indexes of later paths mean
        return outgoing(COLUMN, [[0, {"controls": [1]}], [3, 1, 0, 1, 1]])
    if kind == "rotate":  # a control with the same number but other values
        return outgoing(COLUMN, [[0, {"controls": [1]}], [0, 1, 0, {"_i": FIRST, "value": value, "size": step}]])
    return outgoing(PAGE, [[0, {"controls": [1, {0: [2]}]}], [0, 0, "title", value], [0, 2, "data", {"n": step}]])


@given(st.lists(sets | sets | sets | structural | pops, max_size=40))
@settings(max_examples=400, deadline=None)
def test_what_comes_out_leaves_a_client_as_everything_in_order_would(steps: list[Any]) -> None:
    box = Outbox()
    everything, merged = ModelClient(), ModelClient()
    everything.page, merged.page = copy.deepcopy(TREE), copy.deepcopy(TREE)
    swapped = False
    for step, (kind, place, value) in enumerate(steps):
        if kind == "pop":
            for _ in range(min(value, len(box))):
                merged.receive(box.pop())
            continue
        if kind == "rotate" and swapped:
            continue  # it would give two controls one number
        swapped ^= kind == "swap"
        packet = packet_for(kind, place, value, step)
        everything.receive(packet.data)
        box.put(packet)
    for data in drained(box):
        merged.receive(data)
    assert merged.page == everything.page
    assert box.waiting_bytes == 0
    assert encode_value(merged.page) == encode_value(everything.page)
