"""The only importer of flet's internals, each checked when this module is imported.

Everything else in this package uses flet's public names. What stands here is either private in
flet or public but relied on in detail; if a release of flet moves one of these,
:func:`check` names it instead of letting an ``AttributeError`` surface in somebody's notebook.
"""

from __future__ import annotations

import inspect
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
    from flet.controls.page import Page
    from flet.data_channel import _ProtocolMuxedDataChannel as MuxedDataChannel
    from flet.messaging.connection import Connection
    from flet.messaging.protocol import (
        Message,
        MessageAction,
        PatchControlBody,
        RegisterClientResponseBody,
        configure_encode_object_for_msgpack,
        decode_ext_from_msgpack,
    )
    from flet.messaging.session import Session
    from flet.pubsub.pubsub_hub import PubSubHub
except ImportError as error:
    raise IncompatibleFlet(
        f"flet {FLET_VERSION} does not have what flet-jupyter uses ({error}). {_HELP}", [str(error)]
    ) from error

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "FLET_VERSION",
    "BaseControl",
    "Connection",
    "Message",
    "MessageAction",
    "MuxedDataChannel",
    "Page",
    "PatchControlBody",
    "PubSubHub",
    "RegisterClientResponseBody",
    "Session",
    "bind_page",
    "check",
    "current_page",
    "decode_extension",
    "encode_object",
    "find_control",
    "trigger_event",
]

decode_extension: Callable[[int, bytes], Any] = decode_ext_from_msgpack
"""msgpack ``ext_hook`` for what Flet's client sends."""

encode_object: Callable[[Any], Any] = configure_encode_object_for_msgpack(BaseControl)
"""msgpack ``default`` for controls.

It has a side effect: it stores on each control the snapshots that flet's next diff compares with,
so each message is packed exactly once.
"""


def check() -> None:
    """Raise :class:`IncompatibleFlet` if a detail that the core relies on has moved."""
    wanted: dict[str, bool] = {
        "Session._Session__resolve_event_control": hasattr(Session, "_Session__resolve_event_control"),
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
        "BaseControl._trigger_event": inspect.iscoroutinefunction(getattr(BaseControl, "_trigger_event", None)),
        "context.reset_auto_update": hasattr(context, "reset_auto_update"),
        "MessageAction values 1 to 6": [a.value for a in MessageAction][:6] == [1, 2, 3, 4, 5, 6],
    }
    missing = [name for name, present in wanted.items() if not present]
    if missing:
        raise IncompatibleFlet(
            f"flet {FLET_VERSION} has changed inside: {', '.join(missing)} not found. {_HELP}", missing
        )


def _has_parameters(function: Any, *names: str) -> bool:
    return set(names) <= set(inspect.signature(function).parameters)


check()


def bind_page(page: Page) -> None:
    """Make `page` the current page of this context, with fresh auto-update state."""
    _context_page.set(page)
    context.reset_auto_update()


def current_page() -> Page | None:
    """Return the page that flet considers current in this thread and task, if any."""
    page: Page | None = _context_page.get()
    return page


def find_control(session: Session, control_id: int) -> BaseControl | None:
    """Return the mounted control with this id, repairing flet's index if it is stale."""
    found: BaseControl | None = session._Session__resolve_event_control(control_id)  # type: ignore[attr-defined]
    return found


async def trigger_event(control: BaseControl, name: str, data: Any) -> None:
    """Run a control's ``on_<name>`` the way flet does, including its automatic update."""
    await control._trigger_event(name, data)
