"""Where in a control its children are."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from flet_jupyter.core.flet_api import sent_parts

__all__ = ["Place", "Places"]

Place: TypeAlias = tuple[list[Any], Any]
"""The last steps of the way to a child, and the child itself."""

_LONG: Final = 50
"""Parts of a list from which on it is worth remembering where each is."""
_MANY: Final = 1000
"""Children whose last place is remembered."""


class Places:
    """Finds children in what was sent of a control, and remembers where they are in long lists."""

    def __init__(self) -> None:
        self._indexes: dict[int, dict[str, tuple[list[Any], dict[int, int]]]] = {}
        self._last: dict[int, list[Any]] = {}

    def forget(self, number: int) -> None:
        """Forget the lists of a control."""
        self._indexes.pop(number, None)

    def find(self, control: Any, number: int, wanted: set[int]) -> list[Place]:
        """Return the places of those children of a control whose numbers are wanted, in the order of flet's visits."""
        sent = sent_parts(control)
        if sent is None:
            return []
        lists, dicts, classes = sent
        if len(wanted) == 1:
            (child,) = wanted
            steps = self._last.get(child)
            if steps is not None:
                part = _at(steps, lists, dicts, classes)
                if getattr(part, "_i", None) == child:
                    return [(steps, part)]
        places: list[Place] = []
        for name, parts in lists.items():
            places += [([name, index], parts[index]) for index in self._in_list(number, name, parts, wanted)]
        for name, entries in dicts.items():
            places += [([name, key], part) for key, part in entries.items() if getattr(part, "_i", None) in wanted]
        places += [([name], part) for name, part in classes.items() if getattr(part, "_i", None) in wanted]
        if len(wanted) == len(places) == 1:
            if len(self._last) >= _MANY:
                self._last.clear()
            self._last[child] = places[0][0]
        return places

    def _in_list(self, number: int, name: str, parts: list[Any], wanted: set[int]) -> list[int]:
        if len(parts) < _LONG:
            return [index for index, part in enumerate(parts) if getattr(part, "_i", None) in wanted]
        known = self._indexes.setdefault(number, {})
        of, indexes = known.get(name, (None, {}))
        if of is not parts:
            indexes = {part._i: index for index, part in enumerate(parts) if hasattr(part, "_i")}
            known[name] = parts, indexes
        if len(wanted) > len(parts):
            return [index for index, part in enumerate(parts) if getattr(part, "_i", None) in wanted]
        return sorted(indexes[child] for child in wanted if child in indexes)


def _at(
    steps: list[Any], lists: dict[str, list[Any]], dicts: dict[str, dict[Any, Any]], classes: dict[str, Any]
) -> Any:
    """Return what is at the end of the last steps of a way, if there is something."""
    if len(steps) == 1:
        return classes.get(steps[0])
    name, key = steps
    parts = lists.get(name)
    if parts is not None:
        return parts[key] if type(key) is int and key < len(parts) else None
    return dicts.get(name, {}).get(key)
