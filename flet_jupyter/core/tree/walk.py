"""What clients have been sent of a control: the controls in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flet_jupyter.core.flet_api import BaseControl, sent_parts
from flet_jupyter.core.tree.parts import is_dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["children_of", "descendants_of"]


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
