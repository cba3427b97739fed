"""How controls are packed, and what is remembered of them.

The bytes are those of flet's own encoder. What differs is the way there: what a class is like is known beforehand
(:mod:`~.kinds`), and what was sent is remembered only where there is something to remember.
"""

from __future__ import annotations

import enum
from typing import Any, Final

from flet_jupyter.core.flet_api import encode_value, sent_parts, set_sent_parts
from flet_jupyter.core.tree.kinds import Kind, kind_of
from flet_jupyter.core.tree.parts import NOTHING, PLAIN, as_sent, has_parts

__all__ = ["encode", "encode_sent"]

_MISSING: Final = object()


class _Parts:
    """The lists, dictionaries and objects of what is being packed."""

    __slots__ = ("classes", "dicts", "lists")

    def __init__(self) -> None:
        self.lists: dict[str, Any] = NOTHING
        self.dicts: dict[str, Any] = NOTHING
        self.classes: dict[str, Any] = NOTHING

    def note(self, name: str, value: Any) -> Any:
        """Note a value and return what to pack; a list or dictionary as it is at this moment."""
        if isinstance(value, list):
            if self.lists is NOTHING:
                self.lists = {}
            self.lists[name] = value = list(value)
        elif isinstance(value, dict):
            if self.dicts is NOTHING:
                self.dicts = {}
            self.dicts[name] = value = dict(value)
        else:
            if self.classes is NOTHING:
                self.classes = {}
            self.classes[name] = value
        return value


def encode(value: Any) -> Any:
    """Turn a control, a value, an enumeration or a date into what msgpack can pack: its ``default``.

    It stores on each control and value what was packed of it, with which the next update is compared.
    """
    if not hasattr(type(value), "__dataclass_fields__"):
        return value.value if isinstance(value, enum.Enum) else encode_value(value)
    kind = kind_of(type(value))
    parts = _Parts()
    packed = _tracked(value, kind, parts) if kind.tracked else _plain(value, kind, parts)
    if not hasattr(value, "_frozen"):
        set_sent_parts(value, parts.lists, parts.dicts, parts.classes)
    return packed


def encode_sent(value: Any) -> Any:
    """Like :func:`encode`, for a tree as its clients know it, and without storing anything.

    The app may be adding controls in another thread at this moment. They are left out: a control reaches the clients
    by an update, which mounts it too, and packing it here would hide it from the next one.
    """
    if not hasattr(type(value), "__dataclass_fields__"):
        return encode(value)
    sent = None if hasattr(value, "_frozen") else sent_parts(value)
    if sent is None:  # no control, or one that nobody can change
        return encode(value)
    kind = kind_of(type(value))
    parts = _Parts()
    packed = _tracked(value, kind, parts) if kind.tracked else _plain(value, kind, parts)
    return as_sent(packed, sent)


def _tracked(value: Any, kind: Kind, parts: _Parts) -> dict[str, Any]:
    packed: dict[str, Any] = {"_i": value._i, "_c": value._c} if kind.is_control else {}
    root_defaults = kind.root_defaults
    # At one moment: another thread of the app may be setting properties.
    for name, part in value._values.copy().items():
        if part is None:
            continue
        default = root_defaults.get(name, _MISSING)
        if default is not _MISSING and part == default:
            continue
        if type(part) in PLAIN:
            packed[name] = True if name in kind.events else part
        elif has_parts(part):
            packed[name] = parts.note(name, part)
        else:
            packed[name] = True if name in kind.events else part
    for name, part in kind.overrides.items():
        packed.setdefault(name, part)
    for name in kind.structural:
        _add_structural(value, name, kind, parts, packed)
    if kind.is_control and value._internals:
        packed["_internals"] = parts.note("_internals", value._internals)
    return packed


def _add_structural(value: Any, name: str, kind: Kind, parts: _Parts, packed: dict[str, Any]) -> None:
    part = getattr(value, name)
    if has_parts(part):
        part = parts.note(name, part)
        # An empty list is the default of most, and the client's too.
        if part or not isinstance(part, list | dict):
            packed[name] = part
    elif part is not None and part != kind.field_defaults[name]:
        packed[name] = part


def _plain(value: Any, kind: Kind, parts: _Parts) -> dict[str, Any]:
    """Pack a dataclass that flet knows nothing of."""
    packed: dict[str, Any] = {}
    for name in kind.order:
        part = getattr(value, name)
        if name in kind.events:
            if part is not None:
                packed[name] = True
        elif has_parts(part):
            part = parts.note(name, part)
            if part or not isinstance(part, list | dict):
                packed[name] = part
        elif part is not None:
            packed[name] = part
    return packed
