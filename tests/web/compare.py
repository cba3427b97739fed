"""What a client shows and was asked, made comparable with that of another server's client."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.core.model_client import normal
from tests.site.socket_client import SocketClient

__all__ = ["calls_of", "differences", "notices", "shown"]

_IN_URLS = re.compile(r"(?<=[?&])(e|s|state|code_challenge)=[^&]*")
_FORGOTTEN = ("Clipboard", "SharedPreferences", "UrlLauncher")
"""Services that an app uses once. Flet forgets them when Python's garbage collector has done so, at some time."""
_NOTICE = "Something went wrong in this app."
_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:|%3A)\d+")


def shown(client: SocketClient) -> Any:
    """Return what a client shows, without what differs from one run of one server to the next, and without notices."""
    if client.page is None:
        return None
    page, ours = dict(client.page), notices(client)
    page["_dialogs"] = _without(page["_dialogs"], "controls", lambda dialog: dialog in ours)
    page["_services"] = _without(page["_services"], "_services", lambda service: service["_c"] in _FORGOTTEN)
    return _alike(normal(page))


def _without(node: dict[str, Any], name: str, unwanted: Callable[[Any], bool]) -> dict[str, Any]:
    return {**node, name: [part for part in node.get(name, []) if not unwanted(part)]}


def notices(client: SocketClient) -> list[dict[str, Any]]:
    """Return the snack bars with which our server says that something went wrong."""
    dialogs = client.page["_dialogs"].get("controls", []) if client.page else []
    return [
        dialog
        for dialog in dialogs
        if dialog["_c"] == "SnackBar" and str(dialog["content"].get("value", "")).startswith(_NOTICE)
    ]


def calls_of(client: SocketClient) -> list[Any]:
    """Return what a client was asked to do: which methods, with which arguments."""
    return [(call["name"], _alike(call.get("args"))) for call in client.calls if call["name"] != "barrier"]


def _alike(value: Any) -> Any:
    if isinstance(value, str):
        return _HOST.sub("host", _IN_URLS.sub(r"\1=...", value)).replace("+", "%20")  # either is a space in a query
    if isinstance(value, dict):
        return {key: _alike(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_alike(part) for part in value]
    return value


def differences(a: Any, b: Any, path: str = "") -> Iterator[str]:
    """Yield a line for each place where two values differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted({*a, *b}, key=str):
            yield from differences(a.get(key, "-"), b.get(key, "-"), f"{path}.{key}")
    elif isinstance(a, list | tuple) and isinstance(b, list | tuple) and len(a) == len(b):
        for number, (left, right) in enumerate(zip(a, b, strict=True)):
            yield from differences(left, right, f"{path}[{number}]")
    elif a != b:
        yield f"{path}: {str(a)[:300]}  !=  {str(b)[:300]}"
