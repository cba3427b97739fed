"""What clients have been sent of a control: the controls and values in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flet_jupyter.core.flet_api import BaseControl, sent_parts
from flet_jupyter.core.tree.parts import PLAIN, is_dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["children_of", "descendants_of", "values_of"]


def children_of(parent: BaseControl) -> Iterator[BaseControl]:
    """Yield the controls that were sent as part of one, but not what is in them in turn."""
    for parts in sent_parts(parent) or ():
        for part in parts.values():
            yield from _controls(part)


def descendants_of(parents: Iterable[BaseControl]) -> Iterator[tuple[BaseControl, BaseControl]]:
    """Yield all controls that were sent as part of some, each once and behind the one that has it."""
    seen: set[int] = set()
    waiting = list(parents)
    while waiting:
        parent = waiting.pop()
        for child in children_of(parent):
            if child._i not in seen:
                seen.add(child._i)
                waiting.append(child)
                yield parent, child


def values_of(thing: Any) -> Iterator[Any]:
    """Yield the values that were sent as part of a control or value, with those in them, but for frozen ones."""
    for parts in sent_parts(thing) or ():
        if parts:
            yield from _values(list(parts.values()))


def _values(parts: list[Any]) -> Iterator[Any]:
    if all(issubclass(kind, BaseControl) or kind in PLAIN for kind in set(map(type, parts))):
        return
    for part in parts:
        if isinstance(part, list | dict):
            yield from _values(part if isinstance(part, list) else list(part.values()))
        elif is_dataclass(part) and not isinstance(part, BaseControl) and not hasattr(part, "_frozen"):
            yield part
            yield from values_of(part)


def _controls(value: Any) -> Iterator[BaseControl]:
    if isinstance(value, BaseControl):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _controls(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _controls(part)
    elif is_dataclass(value):
        for parts in sent_parts(value) or ():
            yield from _controls(parts)
