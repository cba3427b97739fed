"""Values that have values in them."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["NOTHING", "PLAIN", "as_sent", "has_parts", "is_dataclass"]

PLAIN: Final = frozenset((str, int, float, bool, bytes, type(None)))
"""Types of values that have no parts."""
NOTHING: Final[dict[str, Any]] = {}
"""What is remembered of an object without lists, dictionaries or objects: one for all of them, and never written to."""


def is_dataclass(value: object) -> bool:
    """Tell whether a value is an instance of a dataclass."""
    return hasattr(type(value), "__dataclass_fields__")


def has_parts(value: object) -> bool:
    """Tell whether a value is a list, a dictionary or an object with fields."""
    return isinstance(value, list | dict) or hasattr(type(value), "__dataclass_fields__")


def as_sent(packed: dict[str, Any], sent: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """Return what was packed of an object, with its lists, dictionaries and objects as they were sent."""
    known = {name: part for name, part in packed.items() if not has_parts(part)}
    for parts in sent:
        known.update((name, part) for name, part in parts.items() if part or name in packed)
    return known
