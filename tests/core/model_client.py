"""A small model of Flet's client: takes packets, keeps the tree that would be on the screen."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any

import msgpack

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ModelClient",
    "normal",
    "pack",
    "pack_event",
    "pack_frame",
    "pack_props",
    "pack_register",
    "pack_result",
    "walk",
]

REGISTER, PATCH, EVENT, PROPS, INVOKE, CRASHED = 1, 2, 3, 4, 5, 6
_REPLACE, _ADD, _REMOVE, _MOVE = range(4)

PAGE = {"route": "/", "web": True, "width": 800.0, "height": 400.0, "platform": "linux", "platform_brightness": "light"}


def pack(action: int, body: Any) -> bytes:
    return b"\x00" + msgpack.packb([action, body])


def pack_register(page: dict[str, Any] | None = None, session_id: str | None = None) -> bytes:
    return pack(REGISTER, {"session_id": session_id, "page_name": "", "page": {**PAGE, **(page or {})}})


def pack_event(target: int, name: str, data: Any = None) -> bytes:
    return pack(EVENT, {"target": target, "name": name, "data": data})


def pack_props(target: int, props: dict[str, Any]) -> bytes:
    return pack(PROPS, {"id": target, "props": props})


def pack_result(control_id: int, call_id: str, result: Any = None, error: str | None = None) -> bytes:
    return pack(INVOKE, {"control_id": control_id, "call_id": call_id, "result": result, "error": error})


def pack_frame(channel_id: int, payload: bytes) -> bytes:
    return b"\x01" + channel_id.to_bytes(4, "little") + payload


class ModelClient:
    """What one Flet client has been told.

    Attributes
    ----------
    page : dict or None
        The page with everything in it; None until the first whole page.
    error : str
        What it shows instead of the app; empty while there is nothing wrong.
    calls : list of dict
        Methods that it was asked to invoke, oldest first.
    frames : list of tuple
        Data-channel frames: channel id and bytes.
    """

    def __init__(self) -> None:
        self.page: dict[str, Any] | None = None
        self.session_id = ""
        self.error = ""
        self.pages = 0
        self.patches = 0
        self.calls: list[dict[str, Any]] = []
        self.frames: list[tuple[int, bytes]] = []

    def receive(self, packet: bytes) -> None:
        """Apply one packet. Raises what a client would choke on: KeyError, IndexError, TypeError."""
        if packet[0] == 1:
            self.frames.append((int.from_bytes(packet[1:5], "little"), packet[5:]))
            return
        assert packet[0] == 0
        action, body = msgpack.unpackb(packet[1:], strict_map_key=False)
        if action == REGISTER:
            self.error = body["error"]
            if self.error:
                return
            self.session_id = body["session_id"]
            self.page = body["page_patch"]
            self.pages += 1
        elif action == PATCH:
            self.patch(body["id"], body["patch"])
        elif action == INVOKE:
            self.calls.append(body)
        elif action == CRASHED:
            self.error = body["message"]
        else:
            raise AssertionError(f"unexpected action {action}: {body}")

    def patch(self, control_id: int, patch: list[Any]) -> None:
        """Apply a patch to the control with this id."""
        nodes: dict[int, Any] = {}
        _resolve(patch[0], self.control(control_id), nodes)
        for operation in patch[1:]:
            kind, node, *rest = operation
            container = nodes[node]
            if kind == _REPLACE:
                key, value = rest
                container[key] = value
            elif kind == _ADD:
                key, value = rest
                if isinstance(container, list):
                    assert 0 <= key <= len(container)
                    container.insert(key, value)
                else:
                    container[key] = value
            elif kind == _REMOVE:
                del container[rest[0]]
            elif kind == _MOVE:
                from_key, to_node, to_key = rest
                value = container.pop(from_key)
                target = nodes[to_node]
                if isinstance(target, list):
                    target.insert(to_key, value)
                else:
                    target[to_key] = value
            # An operation can put another object where a later one points.
            _resolve(patch[0], self.control(control_id), nodes)
        self.patches += 1

    def control(self, control_id: int) -> dict[str, Any]:
        """Return the control with this id. Raises KeyError if the client knows none."""
        for node in walk(self.page):
            if node.get("_i") == control_id:
                return node
        raise KeyError(control_id)

    def find(self, **properties: Any) -> dict[str, Any]:
        """Return the one control that has these properties. Raises LookupError for none or several."""
        found = self.all(**properties)
        if len(found) != 1:
            raise LookupError(f"{len(found)} controls have {properties}")
        return found[0]

    def all(self, **properties: Any) -> list[dict[str, Any]]:
        """Return all controls that have these properties."""
        return [node for node in walk(self.page) if all(node.get(key) == value for key, value in properties.items())]

    def id_of(self, **properties: Any) -> int:
        """Return the id of the one control that has these properties."""
        number: int = self.find(**properties)["_i"]
        return number

    def texts(self) -> list[str]:
        """Return the values of all texts, in the order of the tree."""
        return [node.get("value", "") for node in walk(self.page) if node.get("_c") == "Text"]

    def shown(self) -> Any:
        """Return the page with ids renumbered, to be compared with that of another session."""
        return normal(self.page)


def _resolve(tree: list[Any], value: Any, nodes: dict[int, Any]) -> None:
    nodes[tree[0]] = value
    if len(tree) > 1:
        for key, child in tree[1].items():
            try:
                part = value[key]
            except (KeyError, IndexError, TypeError):
                continue  # an operation that needs it will fail
            _resolve(child, part, nodes)


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every control of a tree, parents first."""
    if isinstance(value, dict):
        if "_i" in value:
            yield value
        for part in value.values():
            yield from walk(part)
    elif isinstance(value, list):
        for part in value:
            yield from walk(part)


def normal(tree: Any) -> Any:
    """Return a tree without what tells two equal screens apart: numbers, marks, and properties that are not set."""
    tree = copy.deepcopy(tree)
    numbers = itertools.count(1)
    renumbered: dict[int, int] = {}

    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            cleaned = {}
            for key in sorted(value.keys() - {"_mark"}, key=str):
                if key == "_i":
                    cleaned[key] = renumbered.setdefault(value[key], next(numbers))
                    continue
                part = "random" if key == "uid" else clean(value[key])
                if part is not None and part not in ([], {}):
                    cleaned[key] = part
            return cleaned
        if isinstance(value, list):
            return [clean(part) for part in value]
        return value

    return clean(tree)
