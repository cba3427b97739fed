"""What an inspector sees of an app: its controls with their properties, and who looks at it."""

from __future__ import annotations

import dataclasses
import enum
import itertools
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from flet_jupyter.core.flet_api import BaseControl, id_of
from flet_jupyter.core.pace import Pace
from flet_jupyter.notebook.blink import Blinker, cannot_blink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from flet_jupyter.core.link import Link
    from flet_jupyter.core.session import LiveSession
    from flet_jupyter.notebook.live import LiveApp

__all__ = ["MAX_ROWS", "Inspector"]

log = logging.getLogger(__name__)

MAX_ROWS: Final = 200
"""Controls that one answer tells of, in all."""
_RATE: Final = 10.0
_BURST: Final = 20
_PATIENCE: Final = 0.05
"""Seconds to wait for an update that is under way: the page's packets come the same way, and wait meanwhile."""
_MAX_LISTS: Final = 100
_MAX_PARTS: Final = 100_000
"""Values of one control that are looked through for controls."""
_MAX_SUMMARY: Final = 80
_MAX_VALUE: Final = 400
_MAX_PROPERTIES: Final = 100
_MAX_ITEMS: Final = 6
_MAX_DEPTH: Final = 3
_MAX_NUMBER: Final = 10**20
_TELLING: Final = ("value", "text", "label", "title", "content", "hint_text", "name", "route", "src", "tooltip")
"""Properties that tell one control from another of its type, the best first."""
_NO_PROPERTIES: Final = frozenset(("_i", "_c", "_internals"))

Known = dict[str, Any]
"""What clients know of a control: see :meth:`~flet_jupyter.core.session.LiveSession.known_of`."""


class _Busy(Exception):
    """An update takes long at this moment."""


class Inspector:
    """Answers what one panel's page asks about the app that it shows: see docs/comm-protocol.md.

    Parameters
    ----------
    call_later : callable
        Calls a function on the session loop after some seconds; from any thread.
    """

    def __init__(self, call_later: Callable[[float, Callable[[], None]], None]) -> None:
        self._blinker = Blinker(call_later)
        self._pace = Pace(_RATE, _BURST)

    def answer(
        self, app: LiveApp, links: Sequence[Link], siblings: Iterable[LiveApp], question: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Answer a question; None if it is none, or comes too soon. Never raises: a page can send anything.

        Parameters
        ----------
        app : LiveApp
            What it is about.
        links : sequence of Link
            The page's own clients.
        siblings : iterable of LiveApp
            All apps of the same file.
        question : dict
            The message.
        """
        number = question.get("id")
        if not isinstance(number, int) or self._pace.delay():
            return None
        self._pace.spend()
        try:
            content = self._answer(_session_of(app), links, siblings, question)
        except _Busy:
            content = {"busy": True}
        except Exception:  # what an app keeps in its controls can be anything
            log.debug("a question of an inspector could not be answered", exc_info=True)
            content = {"busy": True}
        return {"op": "inspected", "id": number, **content}

    def _answer(
        self,
        session: LiveSession | None,
        links: Sequence[Link],
        siblings: Iterable[LiveApp],
        question: dict[str, Any],
    ) -> dict[str, Any]:
        if session is None:
            return {"session": ""}
        match question:
            case {"highlight": int(number)}:
                control = session.index.get(number)
                return {"highlighted": control is not None and self._blinker.start(session, links, control)}
            case {"rows": list(wanted)}:
                selected = question.get("selected")
                return {
                    "session": session.label,
                    **_figures(siblings),
                    **_Tree(session).tell(wanted, selected if isinstance(selected, int) else 0),
                }
        return {"session": session.label}


def _session_of(app: LiveApp) -> LiveSession | None:
    page = app.page
    return cast("LiveSession", page.session) if page is not None else None


def _figures(apps: Iterable[LiveApp]) -> dict[str, int]:
    sessions = [session for session in map(_session_of, apps) if session is not None]
    return {"sessions": len(sessions), "clients": sum(len(session.links) for session in sessions)}


class _Tree:
    """One look at the controls of a session."""

    def __init__(self, session: LiveSession) -> None:
        self._session = session
        self._left = MAX_ROWS

    def tell(self, wanted: list[Any], selected: int) -> dict[str, Any]:
        page = self._session.page
        rows = [
            self._rows(number, start, count)
            for number, start, count in itertools.islice(_ranges(wanted), _MAX_LISTS)
            if self._left > 0
        ]
        control = self._session.index.get(selected)
        return {
            "page": self._nodes([page])[0],
            "rows": rows,
            "selected": _details(control, self._known([control])[0]) if control is not None else None,
        }

    def _rows(self, number: int, start: int, count: int) -> dict[str, Any]:
        parent = self._session.index.get(number)
        children = _children(self._known([parent])[0]) if parent is not None else []
        asked = children[start : start + min(count, self._left)]
        self._left -= len(asked)
        return {"of": number, "start": start, "total": len(children), "nodes": self._nodes(asked)}

    def _nodes(self, controls: Sequence[BaseControl]) -> list[dict[str, Any]]:
        return [
            {
                "id": id_of(control),
                "type": _name_of(control),
                "text": _summary(known),
                "count": len(_children(known)),
                **({"hidden": True} if known.get("visible") is False else {}),
            }
            for control, known in zip(controls, self._known(controls), strict=True)
        ]

    def _known(self, controls: Sequence[BaseControl]) -> list[Known]:
        known = self._session.known_of(controls, _PATIENCE)
        if known is None:
            raise _Busy
        return [_in_order(control, properties) for control, properties in zip(controls, known, strict=True)]


def _ranges(wanted: list[Any]) -> Iterator[tuple[int, int, int]]:
    for part in wanted:
        match part:
            case [int(number), int(start), int(count)] if start >= 0 and count >= 0:
                yield number, start, count


# -- controls ----------------------------------------------------------------------------------


def _in_order(control: BaseControl, known: Known) -> Known:
    """Return the properties in the order in which their class declares them: some come out of a set."""
    fields: dict[str, Any] = type(control).__dataclass_fields__
    return {name: known[name] for name in fields if name in known}


def _children(known: Known) -> list[BaseControl]:
    """Return the controls in a control, each once."""
    parts = itertools.islice(_parts(known, _MAX_DEPTH), _MAX_PARTS)
    return list({id_of(part): part for part in parts if isinstance(part, BaseControl)}.values())


def _parts(value: Any, depth: int) -> Iterator[Any]:
    """Yield the values in a list, a dictionary or a value with fields, and those in them; not what is in a control."""
    for part in _fields(value).values() if not isinstance(value, list | tuple) else value:
        yield part
        if depth > 0 and not isinstance(part, BaseControl | str) and _has_parts(part):
            yield from _parts(part, depth - 1)


def _has_parts(value: Any) -> bool:
    return isinstance(value, list | tuple | dict) or (dataclasses.is_dataclass(value) and not isinstance(value, type))


def _fields(value: Any) -> dict[str, Any]:
    """Return the entries of a dictionary, or what is set in a value with fields."""
    if isinstance(value, dict):
        return dict(value)
    # Flet keeps only what differs from the defaults, but for fields that begin as an object.
    tracked = getattr(value, "_values", None)
    if isinstance(tracked, dict):
        kept, names = dict(tracked), getattr(value, "_structural_fields", ())
    else:
        kept, names = {}, [field.name for field in dataclasses.fields(value)]
    rest = ((name, getattr(value, name, None)) for name in names)
    return {**kept, **{name: part for name, part in rest if part is not None}}


def _name_of(control: BaseControl) -> str:
    function = getattr(control, "fn", None)  # a component's
    return _short(getattr(function, "__name__", "") or type(control).__name__, _MAX_SUMMARY)


def _summary(known: Known) -> str:
    """Return what tells a control from its like; empty if nothing does."""
    for name in _TELLING:
        value = known.get(name)
        if name == "value" and known.get("password"):
            continue
        if isinstance(value, str) and value.strip():
            return _short(" ".join(value[: 2 * _MAX_SUMMARY].split()), _MAX_SUMMARY)
        if name == "value" and isinstance(value, bool | int | float):
            return _show(value)
    return ""


# -- one control ---------------------------------------------------------------------------------


def _details(control: BaseControl, known: Known) -> dict[str, Any]:
    """Return everything that is told of the control that is selected."""
    # What flet's buttons send of their style, for one, is not the property itself.
    inner = {name: value for name, value in known.get("_internals", {}).items() if hasattr(control, name)}
    values = {**{name: value for name, value in known.items() if name not in _NO_PROPERTIES}, **inner}
    return {
        "id": id_of(control),
        "type": _name_of(control),
        "properties": [
            _property(control, name, value, secret=name == "value" and bool(known.get("password")))
            for name, value in itertools.islice(values.items(), _MAX_PROPERTIES)
        ],
        "fixed": cannot_blink(control),
    }


def _property(control: BaseControl, name: str, value: Any, *, secret: bool) -> dict[str, str]:
    if secret:
        return {"name": name, "value": "•••", "kind": "value"}
    if name.startswith("on_") and callable(handler := getattr(control, name, None)):
        return {"name": name, "value": _short(_show_handler(handler), _MAX_VALUE), "kind": "handler"}
    kind = "controls" if any(isinstance(part, BaseControl) for part in _first(value)) else "value"
    return {"name": name, "value": _short(_show(value), _MAX_VALUE), "kind": kind}


def _first(value: Any) -> list[Any]:
    return value[:1] if isinstance(value, list) else [value]


def _show_handler(handler: Any) -> str:
    function = getattr(handler, "func", handler)  # of a partial
    name = str(getattr(function, "__qualname__", type(function).__name__)).replace("<locals>.", "")
    code = getattr(function, "__code__", None)
    return f"{name}  ({Path(code.co_filename).name}:{code.co_firstlineno})" if code is not None else name


def _show(value: Any, depth: int = _MAX_DEPTH) -> str:
    """Return a value as Python would write it, but short, and without running the app's code."""
    if isinstance(value, BaseControl):
        return f"{_name_of(value)} #{id_of(value)}"
    return _show_parts(value, depth) if _has_parts(value) else _show_plain(value)


def _show_plain(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, str):
        return repr(_short(value, _MAX_VALUE))
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    if value is None or type(value) in (bool, float) or (type(value) is int and abs(value) < _MAX_NUMBER):
        return repr(value)
    # A date, a duration, and the like; of what else there may be only its type.
    return str(value) if type(value).__module__ == "datetime" else f"<{type(value).__name__}>"


def _show_parts(value: Any, depth: int) -> str:
    is_list = isinstance(value, list | tuple)
    parts = list(enumerate(value[:_MAX_ITEMS])) if is_list else list(_fields(value).items())
    total = len(value) if is_list else len(parts)
    if depth == 0 and total:
        inside = "…"
    else:
        mark = "=" if not isinstance(value, dict) else ": "
        shown = [
            _show(part, depth - 1) if is_list else f"{_key(key)}{mark}{_show(part, depth - 1)}"
            for key, part in parts[:_MAX_ITEMS]
        ]
        inside = ", ".join([*shown, *(["…"] if total > len(shown) else [])])
    if is_list:
        return f"[{inside}]" + (f" ({total})" if total > _MAX_ITEMS else "")
    return f"{{{inside}}}" if isinstance(value, dict) else f"{type(value).__name__}({inside})"


def _key(key: Any) -> str:
    return key if isinstance(key, str) else _show(key, 0)


def _short(text: str, limit: int) -> str:
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return text.encode(errors="replace").decode()  # half a character, which JSON cannot take
