"""The only importer of flet's internals, each checked when this module is imported.

Everything else in this package uses flet's public names. What stands here is either private in
flet or public but relied on in detail; if a release of flet moves one of these,
:func:`check` names it instead of letting an ``AttributeError`` surface in somebody's notebook.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import types
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.exceptions import IncompatibleFlet

SUPPORTED: Final = ">=1.0.5,<2"

_HELP: Final = (
    f"flet-jupyter needs flet {SUPPORTED}; install it with: pip install 'flet{SUPPORTED}' 'flet-web{SUPPORTED}'"
)


def flet_version() -> str:
    """Return the version of the installed flet.

    Raises
    ------
    IncompatibleFlet
        flet is not installed, or is older or newer than supported.
    """
    try:
        found = version("flet")
    except PackageNotFoundError:
        raise IncompatibleFlet(f"flet is not installed. {_HELP}") from None
    numbers = tuple(int(part) if part.isdigit() else 0 for part in found.split(".")[:3])
    if not (1, 0, 5) <= numbers < (2,):
        raise IncompatibleFlet(f"flet {found} is installed. {_HELP}")
    return found


FLET_VERSION: Final = flet_version()

try:
    from flet.controls import base_control
    from flet.controls.base_control import BaseControl
    from flet.controls.context import _context_page, context
    from flet.controls.object_patch import DiffBuilder, ObjectPatch, ObjectPatchException, PatchOperation
    from flet.controls.page import LoginEvent, Page
    from flet.data_channel import _ProtocolMuxedDataChannel as MuxedDataChannel
    from flet.messaging.connection import Connection
    from flet.messaging.protocol import (
        InvokeMethodRequestBody,
        Message,
        MessageAction,
        PatchControlBody,
        RegisterClientResponseBody,
        SessionCrashedBody,
        configure_encode_object_for_msgpack,
        decode_ext_from_msgpack,
    )
    from flet.messaging.session import Session
    from flet.pubsub.pubsub_client import PubSubClient
    from flet.pubsub.pubsub_hub import PubSubHub
except ImportError as error:
    raise IncompatibleFlet(
        f"flet {FLET_VERSION} does not have what flet-jupyter uses ({error}). {_HELP}", [str(error)]
    ) from error

# What only the differ of core/tree needs: without it flet's own is used.
differ_misses: list[str] = []
try:
    from flet.controls.keys import Key
    from flet.controls.object_patch import AddOperation, MoveOperation, RemoveOperation, _control_setattr
    from flet.controls.value_types import _UNSET as UNSET
    from flet.controls.value_types import Value
    from flet.utils.validation import _compile_class_spec, validate
except ImportError as error:
    differ_misses.append(str(error))

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

__all__ = [
    "FLET_VERSION",
    "UNSET",
    "AddOperation",
    "BaseControl",
    "Connection",
    "DiffBuilder",
    "InvokeMethodRequestBody",
    "LoginEvent",
    "Message",
    "MessageAction",
    "MoveOperation",
    "MuxedDataChannel",
    "ObjectPatch",
    "ObjectPatchException",
    "Page",
    "PatchControlBody",
    "PatchOperation",
    "PubSubClient",
    "PubSubHub",
    "RegisterClientResponseBody",
    "RemoveOperation",
    "Session",
    "SessionCrashedBody",
    "Value",
    "bind_page",
    "check",
    "complete_login",
    "decode_extension",
    "differ_misses",
    "encode_object",
    "encode_value",
    "explicit_key",
    "find_control",
    "has_rules",
    "id_of",
    "note_body",
    "note_plain_changes",
    "sent_parts",
    "set_current_page",
    "set_sent_parts",
    "trigger_event",
    "validate",
]

decode_extension: Callable[[int, bytes], Any] = decode_ext_from_msgpack
"""msgpack ``ext_hook`` for what Flet's client sends."""

_current_page: contextvars.ContextVar[Any] = _context_page
_encode: Callable[[Any], Any] = configure_encode_object_for_msgpack(BaseControl)


def encode_object(value: Any) -> Any:
    """Turn a control into what msgpack can pack; its ``default``.

    It has a side effect: it stores on each control what flet's next diff compares with, so each message is packed
    exactly once.
    """
    for _ in range(_ATTEMPTS):
        try:
            return _encode(value)
        except RuntimeError as error:
            # Another thread of the app set a property of this control just now.
            if "changed size during iteration" not in str(error):
                raise
    return _encode(value)


_ATTEMPTS: Final = 20


def encode_value(value: Any) -> Any:
    """Turn a date, a time, a duration or the like into what msgpack can pack."""
    return _encode(value)


def sent_parts(thing: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]] | None:
    """Return the lists, dictionaries and objects of a control or value as they were sent; None if it never was."""
    lists = getattr(thing, "__prev_lists", None)
    return None if lists is None else (lists, getattr(thing, "__prev_dicts"), getattr(thing, "__prev_classes"))


def set_sent_parts(thing: Any, lists: dict[str, Any], dicts: dict[str, Any], classes: dict[str, Any]) -> None:
    """Note what was sent of a control or value."""
    set_attribute = object.__setattr__
    set_attribute(thing, "__prev_lists", lists)
    set_attribute(thing, "__prev_dicts", dicts)
    set_attribute(thing, "__prev_classes", classes)


def note_plain_changes(value: Any) -> None:
    """Have flet note what is set in a dataclass that it knows nothing of, from now on."""
    cls: Any = type(value)
    if getattr(cls, "__flet_control_cls__", None) is None:
        cls.__flet_control_cls__ = BaseControl
    if cls.__setattr__ is not _control_setattr:
        cls.__setattr__ = _control_setattr
    changes = getattr(value, "__changes", None)
    if changes is None:
        object.__setattr__(value, "__changes", {})
    else:
        dict.clear(changes)


def has_rules(cls: type) -> bool:
    """Tell whether flet validates the properties of a class of controls."""
    spec = _compile_class_spec(cls)
    return bool(spec.field_rules or spec.class_rules)


def explicit_key(thing: Any) -> Any:
    """Return the key that the app gave a control, by which flet knows it again when it was built anew; else None."""
    values = getattr(thing, "_values", None)
    key = getattr(thing, "key", None) if values is None else values.get("key")
    return key.value if isinstance(key, Key) else key


def note_body(component: BaseControl, body: dict[str, Any]) -> None:
    """Note what a component has just rendered and sent, in it and in what updates compare with."""
    sent = sent_parts(component)
    for name, part in body.items():
        object.__setattr__(component, name, part)
    if sent is None:
        return
    lists, dicts, classes = ({name: part for name, part in parts.items() if name not in body} for parts in sent)
    for name, part in body.items():
        if isinstance(part, list):
            lists[name] = part[:]
        elif isinstance(part, dict):
            dicts[name] = part.copy()
        elif part is not None:
            classes[name] = part
    set_sent_parts(component, lists, dicts, classes)


def check() -> None:
    """Raise :class:`IncompatibleFlet` if a detail that the core relies on has moved."""
    wanted: dict[str, bool] = {
        "Session._Session__resolve_event_control": hasattr(Session, "_Session__resolve_event_control"),
        "Session._Session__get_update_control_patch(control, prev_control, parent, path, frozen)": _has_parameters(
            getattr(Session, "_Session__get_update_control_patch", None),
            "control",
            "prev_control",
            "parent",
            "path",
            "frozen",
        ),
        "DiffBuilder": all(
            hasattr(DiffBuilder, name)
            for name in (
                "_affected_is_list",
                "_compare_dataclasses",
                "_compare_values",
                "_dataclass_added",
                "_update_dict_snapshot",
                "_update_list_snapshot",
                "execute",
                "get_added_controls",
                "get_removed_controls",
                "teardown",
            )
        ),
        "Session.patch_control(control, prev_control, parent, path, frozen)": _has_parameters(
            Session.patch_control, "control", "prev_control", "parent", "path", "frozen"
        ),
        "Session.invoke_method(control_id, method_name, args, timeout)": _has_parameters(
            Session.invoke_method, "control_id", "method_name", "args", "timeout"
        ),
        "Session.after_event": inspect.iscoroutinefunction(getattr(Session, "after_event", None)),
        "Session.get_page_patch": hasattr(Session, "get_page_patch"),
        "Session.schedule_update": hasattr(Session, "schedule_update"),
        "Session.schedule_effect": hasattr(Session, "schedule_effect"),
        "base_control.get_event_field_type(control, field_name)": _has_parameters(
            getattr(base_control, "get_event_field_type", None), "control", "field_name"
        ),
        "BaseControl._trigger_event(event_name, event_data, e)": inspect.iscoroutinefunction(
            getattr(BaseControl, "_trigger_event", None)
        )
        and _has_parameters(BaseControl._trigger_event, "event_name", "event_data", "e"),  # noqa: SLF001
        "Page._authorize_callback(data)": inspect.iscoroutinefunction(getattr(Page, "_authorize_callback", None))
        and _has_parameters(Page._authorize_callback, "data"),  # noqa: SLF001
        "context.reset_auto_update": hasattr(context, "reset_auto_update"),
        "MessageAction values 1 to 6": [a.value for a in MessageAction][:6] == [1, 2, 3, 4, 5, 6],
    }
    missing = [name for name, present in wanted.items() if not present]
    if missing:
        raise IncompatibleFlet(
            f"flet {FLET_VERSION} has changed inside: {', '.join(missing)} not found. {_HELP}", missing
        )


def _has_parameters(function: Any, *names: str) -> bool:
    return callable(function) and set(names) <= set(inspect.signature(function).parameters)


check()


def _remember_event_types() -> None:
    """Let flet find out but once what a class of controls hands to its handlers.

    It reads the annotations of all base classes at each event, which takes longer than most handlers.
    """
    in_flet = vars(base_control)
    find = in_flet["get_event_field_type"]
    unknown = object()

    def get_event_field_type(control: Any, field_name: str) -> Any:
        kind = type(control)
        found = kind.__dict__.get("_flet_jupyter_event_types", {}).get(field_name, unknown)
        if found is unknown:
            found = find(control, field_name)
            # In the class, so that it goes with it: a cell that is run again makes another.
            known = kind.__dict__.get("_flet_jupyter_event_types", {})
            type.__setattr__(kind, "_flet_jupyter_event_types", {**known, field_name: found})
        return found

    # Flet resolves names in the globals of whoever calls.
    in_flet["get_event_field_type"] = types.FunctionType(
        get_event_field_type.__code__, in_flet, closure=get_event_field_type.__closure__
    )


_remember_event_types()


def _count_parameters_fast() -> None:
    """Let flet count the parameters of plain functions without `inspect`, which takes as long as many a handler.

    Flet counts at each event, to know whether the handler wants the event.
    """
    in_flet = vars(base_control)
    find = in_flet["get_param_count"]

    def get_param_count(function: Any) -> int | None:
        is_method = type(function) is types.MethodType
        plain = function.__func__ if is_method else function
        if type(plain) is types.FunctionType and not plain.__dict__:  # which holds what decorators say of signatures
            code = plain.__code__
            if code.co_argcount >= is_method:
                stars = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
                return code.co_argcount + code.co_kwonlyargcount + stars - is_method
        count: int | None = find(function)
        return count

    in_flet["get_param_count"] = get_param_count


_count_parameters_fast()


def bind_page(page: Page) -> None:
    """Make `page` the current page of this context, with fresh auto-update state."""
    _current_page.set(page)
    context.reset_auto_update()


def set_current_page(page: Page) -> None:
    """Make `page` the current page of this context, leaving its auto-update state."""
    _current_page.set(page)


def find_control(session: Session, control_id: int) -> BaseControl | None:
    """Return the mounted control with this id, repairing flet's index if it is stale."""
    found: BaseControl | None = session._Session__resolve_event_control(control_id)  # type: ignore[attr-defined]  # noqa: SLF001
    return found


def id_of(control: BaseControl) -> int:
    """Return the number by which the client knows a control."""
    number: int = control._i  # noqa: SLF001
    return number


async def trigger_event(control: BaseControl, name: str, data: Any, event: Any = None) -> None:
    """Run a control's ``on_<name>`` the way flet does, including its automatic update.

    The handler gets `event`; without one, flet makes it from `data`.
    """
    await control._trigger_event(name, data, event)  # noqa: SLF001


async def complete_login(page: Page, answer: Mapping[str, str | None]) -> LoginEvent:
    """Let flet end the login that the page began last: exchange the code for a token, fetch the user.

    Flet would call a blocking ``on_login`` on the loop, and keeps what went wrong in the exchange for that handler.
    So the event is caught, and left to the caller to trigger.

    Parameters
    ----------
    page : Page
        A page whose ``auth`` has the answer's state: flet only asserts that.
    answer : mapping
        What the provider sent: ``state``, and ``code`` or else ``error`` and ``error_description``.

    Returns
    -------
    LoginEvent
        What ``on_login`` is to get; its ``error`` says whether the login failed.
    """
    catcher = _LoginCatcher(page)
    await Page._authorize_callback(catcher, dict(answer))  # type: ignore[arg-type]  # noqa: SLF001 - see the catcher
    event = catcher.event
    if event is None:
        raise IncompatibleFlet(f"flet {FLET_VERSION} ended a login without an event. {_HELP}", ["login event"])
    event.control = page
    return event


class _LoginCatcher:
    """A page in all but one thing: the login event is kept instead of triggered."""

    on_login = True

    def __init__(self, page: Page) -> None:
        self._page = page
        self.event: LoginEvent | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._page, name)

    def _trigger_event(self, name: str, event_data: Any, e: LoginEvent) -> Coroutine[Any, Any, None]:  # noqa: ARG002
        self.event = e
        return asyncio.sleep(0)  # flet makes a task of it
