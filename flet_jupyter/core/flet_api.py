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
    from flet.controls.base_control import BaseControl
    from flet.controls.context import _context_page, context
    from flet.controls.control_event import ControlEvent, get_event_field_type
    from flet.controls.control_event import Event as FletEvent
    from flet.controls.object_patch import DiffBuilder, ObjectPatch, ObjectPatchException, PatchOperation
    from flet.controls.page import LoginEvent, Page
    from flet.controls.services.service import Service
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
    from flet.utils.from_dict import from_dict
    from flet.utils.object_model import get_param_count
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
    "Service",
    "Session",
    "SessionCrashedBody",
    "Value",
    "bind_page",
    "check",
    "complete_login",
    "decode_extension",
    "differ_misses",
    "drop_services",
    "encode_object",
    "encode_value",
    "event_for",
    "explicit_key",
    "find_control",
    "forget_updates",
    "id_of",
    "is_mounted",
    "note_body",
    "note_plain_changes",
    "sent_parts",
    "set_current_page",
    "set_sent_parts",
    "takes_nothing",
    "trigger_event",
    "triggers_as_flet",
    "validate",
    "validated_fields",
    "wants_update",
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


def validated_fields(cls: type) -> tuple[frozenset[str], bool]:
    """Return which fields of a class of controls flet validates, and whether it validates them together too."""
    spec = _compile_class_spec(cls)
    return frozenset(name for name, _ in spec.field_rules), bool(spec.class_rules)


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
        "get_event_field_type(control, field_name)": _has_parameters(get_event_field_type, "control", "field_name"),
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


def event_for(control: BaseControl, name: str, data: Any) -> Any:
    """Return what the handler of an event gets; None if the control has no such event."""
    event_type = _event_type(control, f"on_{name}")
    if event_type is None:
        return None
    if event_type is ControlEvent or not isinstance(data, dict):
        return FletEvent(control=control, name=name, data=data)
    return from_dict(event_type, {"control": control, "name": name, **data})


def _event_type(control: BaseControl, field: str) -> Any:
    kind = type(control)
    known: dict[str, Any] | None = kind.__dict__.get("_flet_jupyter_events")
    if known is None:
        known = {}
        # In the class, so that it goes with it: a cell that is run again makes another.
        type.__setattr__(kind, "_flet_jupyter_events", known)
    if field not in known:
        if not hasattr(control, field):
            return None  # not remembered: a client may send any name
        # It reads the annotations of all base classes, which takes longer than most handlers.
        found = get_event_field_type(control, field)
        known[field] = ControlEvent if found == ControlEvent else found
    return known[field]


def takes_nothing(handler: Any) -> bool:
    """Tell whether flet would call a handler without the event: it has no parameters."""
    is_method = type(handler) is types.MethodType
    plain = handler.__func__ if is_method else handler
    if type(plain) is types.FunctionType and not plain.__dict__:  # which holds what decorators say of signatures
        code = plain.__code__
        if code.co_argcount >= is_method:
            stars = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
            return code.co_argcount + code.co_kwonlyargcount + stars == is_method
    return bool(get_param_count(handler) == 0)


def triggers_as_flet(control: BaseControl) -> bool:
    """Tell whether nobody has overridden how a control's events are handled."""
    return type(control)._trigger_event is BaseControl._trigger_event  # noqa: SLF001


def is_mounted(control: Any, page: Page) -> bool:
    """Tell whether a control is on a page."""
    while control is not None:
        if control is page:
            return True
        reference = getattr(control, "_parent", None)
        control = reference() if reference is not None else None
    return False


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


def wants_update() -> bool:
    """Tell whether an automatic update is due: it is switched on, and the handler has not updated anything itself."""
    return context.auto_update_enabled() and not context.was_update_called()


def forget_updates() -> None:
    """Begin anew to note whether the handler updates anything itself."""
    context.reset_update_called()


def drop_services(page: Page) -> None:
    """Let flet take away the services that nobody holds any more."""
    page._services.unregister_services()  # noqa: SLF001


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
