"""Bytes to packets and back. Pure: no state, no clock, no I/O.

The wire format is Flet's own: ``[type u8][payload]``, where type 0 is a msgpack ``[action, body]`` and
type 1 a frame of a data channel, ``[channel id, u32 little-endian][bytes]``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgpack

from flet_jupyter.core.flet_api import (
    Message,
    MessageAction,
    PatchControlBody,
    decode_extension,
    encode_object,
)
from flet_jupyter.exceptions import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "DataFrame",
    "Event",
    "InvokeResult",
    "Packet",
    "Path",
    "PropsUpdate",
    "Register",
    "decode",
    "encode_data_frame",
    "encode_message",
    "encode_page",
    "encode_replacements",
    "encode_value",
    "replace_properties",
    "scalar_replacements",
]

_MESSAGE: Final = 0
_DATA: Final = 1

Encoder: TypeAlias = Callable[[Any], Any]

Path: TypeAlias = tuple[Any, ...]
"""Where a property lives below a control: property names and list indexes."""


@dataclass(frozen=True, slots=True)
class Register:
    """A client introduces itself, with a session to resume or none, and the properties of its page."""

    session_id: str | None
    page_name: str
    page: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to a control; `name` is without ``on_``."""

    target: int
    name: str
    data: Any


@dataclass(frozen=True, slots=True)
class PropsUpdate:
    """The client changed properties of a control, as a text field does while one types."""

    id: int
    props: dict[str, Any]


@dataclass(frozen=True, slots=True)
class InvokeResult:
    """The answer to a method that Python called on a control."""

    control_id: int
    call_id: str
    result: Any
    error: str | None


@dataclass(frozen=True, slots=True)
class DataFrame:
    """Raw bytes on a data channel that the client opened."""

    channel_id: int
    payload: bytes


Packet: TypeAlias = Register | Event | PropsUpdate | InvokeResult | DataFrame


def decode(data: bytes) -> Packet:
    """Read one packet from a client.

    Raises
    ------
    ProtocolError
        The bytes are no packet that a Flet client sends. Whatever else msgpack or flet's decoder
        raise on garbage is turned into this.
    """
    if not data:
        raise ProtocolError("empty packet")
    if data[0] == _DATA:
        if len(data) < 5:
            raise ProtocolError("data frame shorter than its header")
        return DataFrame(int.from_bytes(data[1:5], "little"), bytes(data[5:]))
    if data[0] != _MESSAGE:
        raise ProtocolError(f"unknown packet type {data[0]}")
    try:
        message = msgpack.unpackb(memoryview(data)[1:], ext_hook=decode_extension)
    except Exception as error:
        raise ProtocolError(f"not a Flet message: {error}") from error
    match message:
        case [MessageAction.REGISTER_CLIENT.value, {"page": dict(page), **body}]:
            session_id, name = body.get("session_id"), body.get("page_name")
            return Register(
                session_id if isinstance(session_id, str) and session_id else None,
                name if isinstance(name, str) else "",
                page,
            )
        case [MessageAction.CONTROL_EVENT.value, {"target": int(target), "name": str(name), **body}]:
            return Event(target, name, body.get("data"))
        case [MessageAction.UPDATE_CONTROL_PROPS.value, {"id": int(control_id), "props": dict(props)}]:
            return PropsUpdate(control_id, props)
        case [
            MessageAction.INVOKE_METHOD.value,
            {"control_id": int(control_id), "call_id": str(call_id), **body},
        ]:
            error_text = body.get("error")
            return InvokeResult(
                control_id, call_id, body.get("result"), None if error_text is None else str(error_text)
            )
    action = message[0] if isinstance(message, list) and message else message
    raise ProtocolError(f"not a message that a client sends: action {str(action)[:40]!r}")


def encode_message(message: Message, default: Encoder = encode_object) -> bytes:
    """Pack one message for the client.

    Parameters
    ----------
    message : Message
        What to pack; controls in it exactly once, since that notes what was sent of them.
    default : callable
        Turns controls into what msgpack knows.
    """
    body = message.body
    if isinstance(body, PatchControlBody):
        body = {"id": body.id, "patch": body.patch}
    return b"\x00" + _pack([message.action.value, body], default)


_packers: dict[Encoder, list[msgpack.Packer]] = {}
"""Packers that are not in use. Making one costs as much as packing a small patch."""
_KEPT_BYTES: Final = 1_000_000
"""A packer keeps the memory that its largest packet took; beyond this it is not used again."""


def _pack(value: Any, default: Encoder) -> bytes:
    free = _packers.setdefault(default, [])
    try:
        packer = free.pop()
    except IndexError:
        packer = msgpack.Packer(default=default)
    packed: bytes = packer.pack(value)
    if len(packed) < _KEPT_BYTES:
        free.append(packer)
    return packed


_MARK: Final = "_mark"
"""A property that Flet's client keeps without knowing it."""


def encode_page(message: Message, default: Encoder, mark: int = 0) -> bytes:
    """Pack a whole page as its clients know it, however often.

    A client that has the page already takes the new one for the old where the two are equal, and then shows no later
    change of what was equal: its widgets listen to the controls of the old page, while patches go to those of the new
    one. Likewise its services stay bound to the old controls as long as their registry has the same uid, so that calls
    to them are never answered (both seen with Flet 1.0.5, whose own server is met by it too).

    Parameters
    ----------
    message : Message
        What to pack.
    default : callable
        Turns controls into what msgpack knows, without noting anything.
    mark : int
        A number that no page had before which a client may have; 0 for the first page, which needs none.
    """

    def marked(value: Any) -> Any:
        known = default(value)
        if not isinstance(known, dict) or "_c" not in known:
            return known
        known = {**known, _MARK: mark}
        if known["_c"] == "ServiceRegistry":
            internals = known.get("_internals", {})
            known["_internals"] = {**internals, "uid": f"{internals.get('uid')} {mark}"}
        return known

    body: bytes = msgpack.packb([message.action.value, message.body], default=marked if mark else default)
    return b"\x00" + body


def encode_data_frame(channel_id: int, payload: bytes) -> bytes:
    """Build a data-channel packet."""
    return b"\x01" + channel_id.to_bytes(4, "little") + payload


def encode_value(value: Any) -> bytes:
    """Pack one property value."""
    packed: bytes = msgpack.packb(value, default=encode_object)
    return packed


_SCALARS: Final = (str, bytes, int, float, bool, type(None))


def scalar_replacements(patch: list[Any]) -> list[tuple[Path, bytes]] | None:
    """Return what a patch sets, if all it does is set plain values; else None.

    Such a patch can be merged with a later one: for each path the last value wins. Anything that
    adds, removes or moves changes what later paths mean, so it cannot.

    Parameters
    ----------
    patch : list
        ``[tree, operation...]`` as flet's differ makes it. ``tree`` is ``[0, {key: [number, {...}]}]``; an
        operation that sets is ``[0, tree node, key, value]``.
    """
    operations = patch[1:]
    for operation in operations:
        kind = operation[0]
        if getattr(kind, "value", kind) != 0 or not isinstance(operation[3], _SCALARS):
            return None
    paths: dict[int, Path] = {}
    _number_paths(patch[0], (), paths)
    return [((*paths[node], key), encode_value(value)) for _, node, key, value in operations]


def replace_properties(target: int, props: dict[str, Any]) -> tuple[bytes, int, list[tuple[Path, bytes]] | None]:
    """Return the packet that sets properties of `target`, and its replacements if they may be merged."""
    replacements: list[tuple[Path, bytes]] = [((name,), encode_value(value)) for name, value in props.items()]
    packet = encode_replacements(target, replacements)
    return packet, target, replacements if all(isinstance(value, _SCALARS) for value in props.values()) else None


def _number_paths(tree: list[Any], path: Path, found: dict[int, Path]) -> None:
    found[tree[0]] = path
    if len(tree) > 1:
        for key, child in tree[1].items():
            _number_paths(child, (*path, key), found)


def encode_replacements(target: int, replacements: Iterable[tuple[Path, bytes]]) -> bytes:
    """Build the packet that sets already packed values at paths below the control `target`."""
    tree: list[Any] = [0]
    count = 0
    operations: list[bytes] = []
    packer = msgpack.Packer()
    for path, value in replacements:
        node = tree
        for part in path[:-1]:
            if len(node) == 1:
                node.append({})
            child = node[1].get(part)
            if child is None:
                count += 1
                child = node[1][part] = [count]
            node = child
        operations.append(
            packer.pack_array_header(4) + packer.pack(0) + packer.pack(node[0]) + packer.pack(path[-1]) + value
        )
    return b"".join(
        (
            b"\x00",
            packer.pack_array_header(2),
            packer.pack(MessageAction.PATCH_CONTROL.value),
            packer.pack_map_header(2),
            packer.pack("id"),
            packer.pack(target),
            packer.pack("patch"),
            packer.pack_array_header(len(operations) + 1),
            packer.pack(tree),
            *operations,
        )
    )
