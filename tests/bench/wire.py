"""The few Flet packets that the benchmarks make and read."""

from __future__ import annotations

import base64
from typing import Any

import msgpack

PAGE = {
    "route": "/", "web": True, "pwa": False, "debug": False, "wasm": False, "test": False, "multi_view": False,
    "pyodide": False, "platform": "linux", "platform_brightness": "light", "width": 800.0, "height": 400.0,
}  # fmt: skip
"""What a view says of its page."""


def register() -> str:
    """Return the packet with which Flet's client introduces itself, in base64."""
    return _packet(1, {"session_id": None, "page_name": "", "page": PAGE})


def click(control_id: int) -> str:
    """Return the packet of a click on a control, in base64."""
    return _packet(3, {"target": control_id, "name": "click", "data": None})


def read(packet: str) -> Any:
    """Decode a packet in base64."""
    return msgpack.unpackb(base64.b64decode(packet)[1:], ext_hook=lambda _code, data: data, strict_map_key=False)


def find(packet: str, control_type: str) -> int:
    """Return the number of the first control of a type in a whole page."""
    found = _find(read(packet), control_type)
    assert found is not None, f"no {control_type} in the page"
    return found


def _find(value: Any, control_type: str) -> int | None:
    if isinstance(value, dict) and value.get("_c") == control_type:
        return int(value["_i"])
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for part in parts if (found := _find(part, control_type)) is not None), None)


def _packet(action: int, body: dict[str, Any]) -> str:
    packed: bytes = msgpack.packb([action, body])
    return base64.b64encode(b"\0" + packed).decode()
