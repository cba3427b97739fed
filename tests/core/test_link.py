"""One client: how fast packets leave, and what happens when it does not read."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from flet_jupyter.core import link as module
from flet_jupyter.core import outbox
from flet_jupyter.core.link import BURST, PAGE_COST, PROBE_AFTER, RATE, WINDOW, Link, own_pace
from flet_jupyter.core.outbox import Outgoing
from flet_jupyter.core.pace import Pace
from flet_jupyter.exceptions import ProtocolError
from tests.core.model_client import pack, pack_event, pack_frame


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Session:
    """Notes what a link hands on."""

    def __init__(self) -> None:
        self.packets: list[Any] = []

    def handle(self, _link: Link, packet: Any) -> None:
        self.packets.append(packet)

    def run_for(self, _link: Link, function: Any, *args: Any) -> None:
        function(*args)

    def send_to(self, link: Link, packet: Outgoing) -> None:
        link.push(packet)
        link.pump()


class Wire:
    """A link, and what comes out of it."""

    def __init__(
        self, *, lossy: bool = True, registered: bool = True, clock: Clock | None = None, pace: Pace | None = None
    ) -> None:
        self.clock = clock or Clock()
        self.packets: list[tuple[int, bytes, bool]] = []
        self.probes: list[int] = []
        self.session = Session()
        probe = self.probes.append if lossy else None
        paces = (own_pace(self.clock),) if pace is None else (own_pace(self.clock), pace)
        self.link = Link(self.session, self._transmit, probe, paces=paces, clock=self.clock)  # type: ignore[arg-type]
        if registered:
            self.link.start(b"page")
            self.link.acknowledge(1)
            self.clock.now += 10  # the allowance is whole again
            self.packets.clear()

    def _transmit(self, number: int, packet: bytes, *, base: bool) -> None:
        self.packets.append((number, packet, base))

    def push(self, count: int = 1) -> None:
        for _ in range(count):
            self.link.push(Outgoing(b"call"))

    @property
    def numbers(self) -> list[int]:
        return [number for number, _, _ in self.packets]

    def acknowledge_all(self) -> None:
        if self.packets:
            self.link.acknowledge(self.packets[-1][0])

    def overflow(self) -> None:
        for index in range(outbox.MAX_WAITING_PACKETS + 2):
            self.link.push(Outgoing(b"patch %d" % index, is_patch=True), hold=True)


def test_nothing_leaves_before_the_client_has_a_page() -> None:
    wire = Wire(registered=False)
    wire.push(3)
    assert wire.link.pump() is None
    assert wire.packets == []
    wire.link.start(b"page")
    wire.link.pump()
    assert wire.packets == [(1, b"page", True), (2, b"call", False), (3, b"call", False), (4, b"call", False)]


def test_numbers_count_from_one_without_gaps() -> None:
    wire = Wire(registered=False)
    wire.link.start(b"page")
    for _ in range(20):
        wire.push()
        wire.link.pump()
        wire.acknowledge_all()
    assert wire.numbers == list(range(1, 22))


def test_no_more_than_a_window_is_under_way() -> None:
    wire = Wire()
    wire.push(WINDOW + 5)
    wire.link.pump()
    assert len(wire.packets) == WINDOW
    wire.link.acknowledge(wire.numbers[1])
    wire.link.pump()
    assert len(wire.packets) == WINDOW + 2


def test_a_transport_that_loses_nothing_has_no_window() -> None:
    wire = Wire(lossy=False)
    wire.push(WINDOW * 2)
    wire.link.pump()
    assert len(wire.packets) == WINDOW * 2


def test_acknowledgements_that_make_no_sense_change_nothing() -> None:
    wire = Wire()
    wire.push(WINDOW + 1)
    wire.link.pump()
    for number in (-1, 0, 1, 10**9):
        wire.link.acknowledge(number)
        wire.link.pump()
    assert len(wire.packets) == WINDOW


def test_after_a_burst_packets_leave_at_the_rate() -> None:
    wire = Wire(lossy=False)
    wire.push(200)
    delay = wire.link.pump()
    assert len(wire.packets) == BURST
    assert delay == pytest.approx(1 / RATE)
    for _ in range(50):
        wire.clock.now += 1 / RATE
        wire.link.pump()
    assert len(wire.packets) == pytest.approx(BURST + 50, abs=1)


def test_the_allowance_fills_up_to_a_burst_and_no_further() -> None:
    wire = Wire(lossy=False)
    wire.clock.now += 3600
    wire.push(200)
    wire.link.pump()
    assert len(wire.packets) == BURST


def test_each_event_brings_the_allowance_for_an_answer() -> None:
    wire = Wire(lossy=False)
    wire.push(100)
    wire.link.pump()
    before = len(wire.packets)
    for _ in range(5):
        wire.link.receive(pack_event(1, "click"))
    wire.link.pump()
    assert len(wire.packets) == before + 5


def test_clients_that_share_a_pace_keep_to_it_together() -> None:
    clock = Clock()
    shared = Pace(RATE, BURST, clock)
    wires = [Wire(lossy=False, clock=clock, pace=shared) for _ in range(4)]

    def sent() -> int:
        return sum(len(wire.packets) for wire in wires)

    for wire in wires:
        wire.push(200)
        wire.link.pump()
    assert sent() == BURST
    for _ in range(100):
        clock.now += 1 / RATE
        for wire in wires:
            wire.link.pump()
    assert sent() == pytest.approx(BURST + 100, abs=1)
    # Whoever does something gets an answer all the same.
    before = len(wires[3].packets)
    wires[3].link.receive(pack_event(1, "click"))
    wires[3].link.pump()
    assert len(wires[3].packets) == before + 1


def test_a_client_that_does_not_acknowledge_is_asked_after_a_while() -> None:
    wire = Wire()
    wire.push()
    assert wire.link.pump() == pytest.approx(PROBE_AFTER)
    wire.clock.now += PROBE_AFTER - 0.1
    assert wire.link.pump() == pytest.approx(0.1)
    assert wire.probes == []
    wire.clock.now += 0.2
    wire.link.pump()
    assert wire.probes == wire.numbers


def test_the_gap_between_questions_doubles_up_to_a_minute() -> None:
    wire = Wire()
    wire.push()
    delay = wire.link.pump()
    gaps = []
    for _ in range(9):
        assert delay is not None
        gaps.append(delay)
        wire.clock.now += delay + 0.001
        delay = wire.link.pump()
    assert gaps == pytest.approx([2, 4, 8, 16, 32, 60, 60, 60, 60], abs=0.01)
    assert len(wire.probes) == 9


def test_an_acknowledgement_resets_the_gap() -> None:
    wire = Wire()
    wire.push()
    wire.link.pump()
    for _ in range(4):
        wire.clock.now += 100
        wire.link.pump()
    wire.acknowledge_all()
    assert wire.link.pump() is None
    wire.push()
    assert wire.link.pump() == pytest.approx(PROBE_AFTER)


def test_a_full_window_is_asked_about_too() -> None:
    wire = Wire()
    wire.push(WINDOW + 1)
    wire.link.pump()
    wire.clock.now += PROBE_AFTER + 0.1
    wire.link.pump()
    assert wire.probes == [wire.numbers[-1]]


def test_a_page_makes_what_is_under_way_unimportant() -> None:
    wire = Wire()
    wire.push(WINDOW)
    wire.link.pump()
    wire.link.start(b"page")
    number, packet, base = wire.packets[-1]
    assert (packet, base) == (b"page", True)
    wire.push(WINDOW)
    wire.link.pump()
    assert wire.numbers[-1] == number + WINDOW - 1


def test_a_page_drops_patches_that_wait_and_keeps_calls() -> None:
    wire = Wire()
    wire.push(WINDOW)
    wire.link.pump()
    wire.link.push(Outgoing(b"patch", is_patch=True))
    wire.link.push(Outgoing(b"call of something"))
    wire.packets.clear()
    wire.link.start(b"page")
    wire.link.pump()
    assert [packet for _, packet, _ in wire.packets] == [b"page", b"call of something"]


def test_after_an_overflow_the_client_needs_a_page_once_it_has_read_everything() -> None:
    wire = Wire()
    wire.push(2)
    wire.link.pump()
    wire.overflow()
    assert not wire.link.needs_page
    wire.link.acknowledge(wire.numbers[0])
    assert not wire.link.needs_page
    wire.acknowledge_all()
    assert wire.link.needs_page
    wire.link.start(b"page")
    assert not wire.link.needs_page


def test_a_packet_that_can_leave_at_once_does() -> None:
    wire = Wire()
    wire.link.push(Outgoing(b"at once"))
    assert [packet for _, packet, _ in wire.packets] == [b"at once"]


def test_a_packet_does_not_overtake_what_waits() -> None:
    wire = Wire()
    wire.link.push(Outgoing(b"first"), hold=True)
    wire.link.push(Outgoing(b"second"))
    assert wire.packets == []
    wire.link.pump()
    assert [packet for _, packet, _ in wire.packets] == [b"first", b"second"]


def test_after_an_overflow_calls_wait_for_the_page() -> None:
    wire = Wire()
    wire.overflow()
    wire.link.push(Outgoing(b"call of something new"))
    wire.link.pump()
    assert wire.packets == []
    wire.link.start(b"page")
    wire.link.pump()
    assert [packet for _, packet, _ in wire.packets] == [b"page", b"call of something new"]


def test_pages_are_sent_no_faster_than_a_client_can_use_them() -> None:
    wire = Wire(lossy=False)
    pages = 0
    for _ in range(100):  # ten seconds
        wire.clock.now += 0.1
        wire.overflow()
        delay = wire.link.pump()
        if wire.link.needs_page:
            wire.link.start(b"page")
            pages += 1
        else:
            assert delay is not None
    assert pages <= 10 * RATE / PAGE_COST + BURST / PAGE_COST + 1


def test_an_overflow_before_registration_needs_nothing() -> None:
    wire = Wire(registered=False)
    wire.overflow()
    assert not wire.link.needs_page


# -- in ----------------------------------------------------------------------------------------------


def test_a_malformed_packet_is_a_protocol_error() -> None:
    wire = Wire()
    with pytest.raises(ProtocolError):
        wire.link.receive(b"\x07")
    assert wire.session.packets == []


def test_packets_go_to_the_session() -> None:
    wire = Wire()
    wire.link.receive(pack_event(5, "click"))
    assert [packet.target for packet in wire.session.packets] == [5]


def test_frames_go_to_the_channel_of_their_number() -> None:
    wire = Wire()
    got: list[tuple[int, bytes]] = []
    for number in (3, 4):
        wire.link.data_channel(number).on_bytes(lambda data, number=number: got.append((number, data)))  # type: ignore[misc]
    wire.link.receive(pack_frame(4, b"x"))
    wire.link.receive(pack_frame(99, b"of nobody"))
    assert got == [(4, b"x")]


def test_a_channel_is_the_same_for_the_same_number_until_it_is_closed() -> None:
    wire = Wire()
    channel = wire.link.data_channel(3)
    assert wire.link.data_channel(3) is channel
    channel.close()
    assert wire.link.data_channel(3) is not channel


def test_bytes_sent_on_a_channel_are_a_frame_to_this_client() -> None:
    wire = Wire()
    wire.link.data_channel(258).send(b"abc")
    assert [packet for _, packet, _ in wire.packets] == [b"\x01\x02\x01\x00\x00abc"]


def test_merged_values_leave_as_flets_patch() -> None:
    wire = Wire()
    patch = [[0], [0, 0, "value", "x"]]
    value = msgpack.packb("x")
    wire.link.push(Outgoing(pack(2, {"id": 9, "patch": patch}), 9, [(("value",), value)], is_patch=True))
    wire.link.pump()
    assert msgpack.unpackb(wire.packets[0][1][1:]) == [2, {"id": 9, "patch": patch}]


def test_the_rate_is_far_below_what_makes_jupyter_drop_messages() -> None:
    # jupyter-server's iopub_msg_rate_limit is 1000 messages per second.
    assert module.RATE * 10 < 1000
