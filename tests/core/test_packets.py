"""Bytes to packets and back."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any

import flet as ft
import msgpack
import pytest
from flet.controls.object_patch import ObjectPatch
from hypothesis import given, settings
from hypothesis import strategies as st

from flet_jupyter.core.flet_api import BaseControl, Message, MessageAction, PatchControlBody
from flet_jupyter.core.packets import (
    DataFrame,
    Event,
    InvokeResult,
    PropsUpdate,
    Register,
    decode,
    encode_data_frame,
    encode_message,
    encode_replacements,
    encode_value,
    replace_properties,
    scalar_replacements,
)
from flet_jupyter.exceptions import ProtocolError
from tests.core.model_client import (
    ModelClient,
    pack,
    pack_event,
    pack_frame,
    pack_props,
    pack_register,
    pack_result,
)

REAL = [
    pack_register({"media": {"padding": {"left": 0.0}}}, "abcdef"),
    pack_event(7, "click"),
    pack_event(7, "size_change", {"w": 100.0, "h": 20.5}),
    pack_props(7, {"value": "Grüße", "selection": {"base_offset": 3}}),
    pack_result(7, "aBcDeF1234", {"answer": [1, 2, None]}),
    pack_result(7, "aBcDeF1234", None, "it broke"),
    pack_frame(3, b"\x00\x01\x02"),
    b"\x00"
    + msgpack.packb([3, {"target": 7, "name": "change", "data": msgpack.ExtType(1, b"2026-01-02T03:04:05+00:00")}]),
    b"\x00" + msgpack.packb([3, {"target": 7, "name": "change", "data": msgpack.ExtType(2, b"03:04")}]),
    b"\x00" + msgpack.packb([3, {"target": 7, "name": "change", "data": msgpack.ExtType(3, b"1500000")}]),
]


# -- in ----------------------------------------------------------------------------------------------


def test_register_has_session_page_name_and_properties() -> None:
    packet = decode(pack(1, {"session_id": "abc", "page_name": "shop/", "page": {"route": "/x"}}))
    assert packet == Register("abc", "shop/", {"route": "/x"})


@pytest.mark.parametrize("session_id", [None, "", 5])
def test_register_without_a_usable_session_id_asks_for_a_new_session(session_id: Any) -> None:
    packet = decode(pack(1, {"session_id": session_id, "page": {}}))
    assert packet == Register(None, "", {})


def test_event_has_target_name_and_data() -> None:
    assert decode(pack_event(12, "click", {"x": 1})) == Event(12, "click", {"x": 1})


def test_event_may_come_without_data() -> None:
    assert decode(pack(3, {"target": 12, "name": "click"})) == Event(12, "click", None)


def test_props_update_has_id_and_properties() -> None:
    assert decode(pack_props(12, {"value": "a"})) == PropsUpdate(12, {"value": "a"})


def test_invoke_result_has_result_or_error() -> None:
    assert decode(pack_result(12, "call", [1])) == InvokeResult(12, "call", [1], None)
    assert decode(pack_result(12, "call", None, "no")) == InvokeResult(12, "call", None, "no")


def test_data_frame_has_a_little_endian_channel_and_bytes() -> None:
    assert decode(b"\x01\x02\x01\x00\x00abc") == DataFrame(258, b"abc")
    assert decode(b"\x01\x02\x00\x00\x00") == DataFrame(2, b"")


@pytest.mark.parametrize(
    ("code", "data", "value"),
    [
        (1, b"2026-01-02T03:04:05+00:00", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc)),
        (2, b"03:04", dt.time(3, 4)),
        (3, b"1500000", ft.Duration(seconds=1, milliseconds=500)),
        (4, b"text", "text"),
        (77, b"?", msgpack.ExtType(77, b"?")),
    ],
)
def test_extension_types_are_those_of_flet(code: int, data: bytes, value: Any) -> None:
    packet = decode(pack_event(1, "change", msgpack.ExtType(code, data)))
    assert isinstance(packet, Event)
    if isinstance(value, ft.Duration):
        assert packet.data.in_microseconds == value.in_microseconds
    else:
        assert packet.data == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x01",
        b"\x01\x00\x00\x00",  # a frame without its whole channel id
        b"\x02abc",  # a type that does not exist
        b"\xff",
        b"\x00\xc1",  # never valid msgpack
        b"\x00" + msgpack.packb([3, {"target": 1, "name": "x"}]) + b"\x00",  # something behind the message
        b"\x00" + msgpack.packb([3, {"target": 1, "name": "x"}])[:-1],
        b"\x00\x93\x03\x80\x80",
        b"\x00" + msgpack.packb(3),
        b"\x00" + msgpack.packb([]),
        b"\x00" + msgpack.packb({}),
        b"\x00" + msgpack.packb(None),
        pack(2, {"id": 1, "patch": [[0]]}),  # only the session sends patches
        pack(6, {"message": "crash"}),
        pack(7, {"text": "x", "is_stderr": False}),
        pack(0, {}),
        pack(99, {}),
        pack(-1, {}),
        pack(1, {}),
        pack(1, {"page": None}),
        pack(1, {"page": [1]}),
        pack(3, {"target": "1", "name": "click"}),
        pack(3, {"target": 1, "name": 5}),
        pack(3, {"target": 1}),
        pack(3, ["target", 1]),
        pack(4, {"id": 1, "props": [1]}),
        pack(4, {"id": None, "props": {}}),
        pack(5, {"control_id": 1, "call_id": None}),
        pack(3, {"target": 1, "name": "x", "data": msgpack.ExtType(1, b"yesterday")}),
        pack(3, {"target": 1, "name": "x", "data": msgpack.ExtType(2, b"25:99")}),
        pack(3, {"target": 1, "name": "x", "data": msgpack.ExtType(3, b"soon")}),
        b"\x00" + b"\x91" * 5000,  # nested deeper than msgpack goes
    ],
    ids=lambda data: data[:24].hex() or "nothing",
)
def test_what_is_no_packet_of_a_client_is_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(data)


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_garbage_is_a_packet_or_a_protocol_error(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        decode(data)


@given(
    st.sampled_from(REAL),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255), st.sampled_from("sid")), max_size=8),
)
@settings(max_examples=500, deadline=None)
def test_a_damaged_packet_is_a_packet_or_a_protocol_error(real: bytes, damage: list[tuple[float, int, str]]) -> None:
    data = bytearray(real)
    for where, byte, kind in damage:
        index = int(where * len(data))
        if kind == "s" and data:
            data[index] = byte
        elif kind == "i":
            data.insert(index, byte)
        elif data:
            del data[index]
    with contextlib.suppress(ProtocolError):
        decode(bytes(data))


# -- out ---------------------------------------------------------------------------------------------


def test_a_data_frame_is_what_a_client_would_send() -> None:
    assert decode(encode_data_frame(258, b"abc")) == DataFrame(258, b"abc")


def test_a_message_is_its_action_and_its_body() -> None:
    packet = encode_message(Message(MessageAction.PATCH_CONTROL, PatchControlBody(5, [[0], [0, 0, "value", "x"]])))
    assert packet[0] == 0
    assert msgpack.unpackb(packet[1:]) == [2, {"id": 5, "patch": [[0], [0, 0, "value", "x"]]}]


def patch_of(change: Any) -> tuple[ft.Column, list[Any]]:
    """Make a column that has been sent, change it, and return it with flet's patch for the change."""
    column = ft.Column([ft.Text("a"), ft.Row([ft.Text("b"), ft.TextField(value="c")])], key="root")
    ObjectPatch.from_diff(None, column, control_cls=BaseControl)
    encode_value(column)
    change(column)
    patch, _, _ = ObjectPatch.from_diff(column, column, control_cls=BaseControl)
    return column, patch.to_message()


def model_of(column: ft.Column) -> ModelClient:
    client = ModelClient()
    client.page = msgpack.unpackb(encode_value(column))
    return client


def set_texts(column: ft.Column) -> None:
    column.controls[0].value = "A"
    column.controls[0].size = 12.5
    column.controls[1].controls[0].value = None
    column.controls[1].controls[1].value = "C"
    column.controls[1].visible = False
    column.spacing = 3


def test_a_patch_that_sets_plain_values_has_their_paths() -> None:
    _, patch = patch_of(set_texts)
    found = scalar_replacements(patch)
    assert found is not None
    assert {path: msgpack.unpackb(value) for path, value in found} == {
        ("spacing",): 3,
        ("controls", 0, "value"): "A",
        ("controls", 0, "size"): 12.5,
        ("controls", 1, "visible"): False,
        ("controls", 1, "controls", 0, "value"): None,
        ("controls", 1, "controls", 1, "value"): "C",
    }


def test_merged_values_change_a_client_as_flets_own_patch_does() -> None:
    fresh = ft.Column([ft.Text("a"), ft.Row([ft.Text("b"), ft.TextField(value="c")])], key="root")
    theirs, ours = model_of(fresh), model_of(fresh)
    _, patch = patch_of(set_texts)
    replacements = scalar_replacements(patch)
    assert replacements is not None
    theirs.receive(encode_message(Message(MessageAction.PATCH_CONTROL, PatchControlBody(fresh._i, patch))))
    ours.receive(encode_replacements(fresh._i, replacements))
    assert ours.page == theirs.page
    assert ours.find(_c="TextField")["value"] == "C"


@pytest.mark.parametrize(
    "change",
    [
        lambda column: column.controls.append(ft.Text("new")),
        lambda column: column.controls.pop(),
        lambda column: column.controls.reverse(),
        lambda column: setattr(column, "controls", [ft.Text("other")]),
        lambda column: setattr(column.controls[0], "style", ft.TextStyle(size=5)),
        lambda column: setattr(column.controls[0], "spans", [ft.TextSpan("x")]),
    ],
    ids=["add", "remove", "move", "replace a list", "set an object", "set a list"],
)
def test_a_patch_that_changes_structure_cannot_be_merged(change: Any) -> None:
    _, patch = patch_of(change)
    assert len(patch) > 1
    assert scalar_replacements(patch) is None


def test_an_enumeration_travels_as_its_value() -> None:
    _, patch = patch_of(lambda column: setattr(column.controls[0], "color", ft.Colors.RED))
    replacements = scalar_replacements(patch)
    assert replacements is not None
    assert msgpack.unpackb(replacements[0][1]) == "red"


def test_properties_of_a_client_may_be_merged_if_they_are_plain() -> None:
    packet, target, replacements = replace_properties(5, {"value": "x", "checked": True})
    assert msgpack.unpackb(packet[1:])[1]["id"] == target == 5
    assert replacements is not None
    _, _, replacements = replace_properties(5, {"selection": {"base_offset": 1}})
    assert replacements is None
