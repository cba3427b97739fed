"""Packets that no client of Flet sends."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import msgpack

from tests.bench.website_client import EVENT, REGISTER, pack
from tests.bench.wire import PAGE

PROPS, INVOKED = 4, 5
_WRONG: tuple[Any, ...] = (
    None, True, -1, 2**63, 1.5, float("nan"), "", "x" * 1000, "\0", "value", b"\xff" * 9, [], [[[[]]]], {}, {"_i": 1},
    {1: 2}, msgpack.ExtType(1, b"no date"), msgpack.ExtType(3, b"\xff"), msgpack.ExtType(99, b""),
)  # fmt: skip


def packets(seed: int, target: int) -> Iterator[bytes]:
    """Yield malformed packets without end, the same for the same seed; `target` is a control of the page.

    A third is noise, a third a good packet with some of its bytes changed, a third good msgpack that says the wrong
    things. Among the changed ones are some that a client might have sent: servers have to live with them, too.
    """
    chance = random.Random(seed)
    makers: tuple[Callable[[random.Random, int], bytes], ...] = (_noise, _changed, _wrong)
    while True:
        yield chance.choice(makers)(chance, target)


def _noise(chance: random.Random, _target: int) -> bytes:
    return bytes([chance.choice((0, 0, 1, 2, 255))]) + chance.randbytes(chance.randrange(64))


def _changed(chance: random.Random, target: int) -> bytes:
    packet = bytearray(chance.choice(_good(target)))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(packet))
        match chance.randrange(4):
            case 0:
                packet[at] ^= 1 << chance.randrange(8)
            case 1:
                packet[at:at] = chance.randbytes(chance.randint(1, 8))
            case 2 if at:
                del packet[at:]
            case _:
                packet[at : at + 4] = packet[-4:]
    return bytes(packet)


def _wrong(chance: random.Random, target: int) -> bytes:
    bodies = [msgpack.unpackb(packet[1:]) for packet in _good(target)]
    action, body = chance.choice(bodies)
    match chance.randrange(4):
        case 0:
            action = chance.choice((0, 2, 6, 7, 99, -1, *_WRONG))
        case 1:
            body = chance.choice(_WRONG)
        case 2:
            del body[chance.choice(list(body))]
        case _:
            body[chance.choice([*body, "else"])] = chance.choice(_WRONG)
    return pack(action, body)


def _good(target: int) -> list[bytes]:
    return [
        pack(REGISTER, {"session_id": None, "page_name": "", "page": PAGE}),
        pack(EVENT, {"target": target, "name": "click", "data": None}),
        pack(PROPS, {"id": target, "props": {"width": 80, "tooltip": "x"}}),
        pack(INVOKED, {"control_id": target, "call_id": "abc", "result": [1, "x"], "error": None}),
    ]
