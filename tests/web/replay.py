"""Sends the same packets to two servers of one app, and compares what their clients would show."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.core.harness import until
from tests.core.model_client import normal, pack_result
from tests.site.socket_client import SocketClient

__all__ = ["MEDIA", "PAGE", "Replay", "Side", "Step", "calls_of", "click", "notices", "on_page", "route_to", "shown"]

TreePath = tuple[Any, ...]
"""Where a control is in the tree of a page: the same on both sides, unlike its number."""

_NO_PADDING = {"left": 0.0, "top": 0.0, "right": 0.0, "bottom": 0.0}
MEDIA = {
    "padding": _NO_PADDING,
    "view_padding": _NO_PADDING,
    "view_insets": _NO_PADDING,
    "device_pixel_ratio": 1.0,
    "orientation": "landscape",
}
PAGE = {
    "pwa": False,
    "debug": False,
    "wasm": False,
    "test": False,
    "multi_view": False,
    "pyodide": False,
    "window": {"width": 1000.0, "height": 700.0},
    "media": MEDIA,
}
"""What a browser's client says about its page, besides what the model client says."""

_IN_URLS = re.compile(r"(?<=[?&])(e|s|state|code_challenge)=[^&]*")
_FORGOTTEN = ("Clipboard", "SharedPreferences", "UrlLauncher")
"""Services that an app uses once. Flet forgets them when Python's garbage collector has done so, at some time."""
_NOTICE = "Something went wrong in this app."
_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:|%3A)\d+")


@dataclass(frozen=True)
class Step:
    """Something that a user does.

    Attributes
    ----------
    event : str
        Its name, without ``on_``; empty if the client only changes a control.
    data : object
        What comes with it.
    where : mapping or tuple
        Properties of the control, the first that has them; or its path.
    props : mapping
        What the client itself changes of the control before.
    until : str
        What is to be read before the comparison, where work goes on behind the handlers.
    """

    event: str = ""
    data: Any = None
    where: Mapping[str, Any] | TreePath = field(default_factory=dict)
    props: Mapping[str, Any] = field(default_factory=dict)
    until: str = ""


def click(key: str, *, until: str = "") -> Step:
    """A click on the control with this key."""
    return Step("click", where={"key": key}, until=until)


def on_page(event: str, data: Any = None, **props: Any) -> Step:
    """An event of the page itself."""
    return Step(event, data, {"_i": 1}, props)


def route_to(route: str) -> Step:
    """Another route in the browser's address bar."""
    return on_page("route_change", {"route": route}, route=route)


class Side:
    """A client of one of the two servers, which does what Flutter's would do when it is asked to.

    Attributes
    ----------
    results : dict of str to object
        What it answers to calls, by method; an exception is an error. Others are answered with nothing.
    silent : set of str
        Methods that it does not answer.
    """

    def __init__(self, client: SocketClient) -> None:
        self.client = client
        self.results: dict[str, Any] = {}
        self.silent: set[str] = set()
        self._seen = 0

    def locate(self, where: Mapping[str, Any] | TreePath) -> dict[str, Any]:
        """Return a control. Raises LookupError if there is none."""
        if isinstance(where, tuple):
            node: Any = self.client.page
            for part in where:
                node = node[part]
            assert isinstance(node, dict)
            return node
        found = self.client.all(**where)
        if not found:
            raise LookupError(f"no control has {where}")
        return found[0]

    @property
    def failed(self) -> bool:
        """Whether the user is told of an error: by Flet's server instead of the app, by ours in a notice above it."""
        return bool(self.client.error or notices(self.client))

    @property
    def route(self) -> str:
        """The address that the browser shows."""
        return str((self.client.page or {}).get("route", "/"))

    async def do(self, step: Step) -> None:
        """Do what a user does."""
        node = self.locate(step.where)
        if step.props:
            node.update(step.props)  # the client has changed it itself and will not be told
            await self.client.set_props(node["_i"], **step.props)
        if step.event:
            await self.client.event(node["_i"], step.event, step.data)

    async def settle(self) -> None:
        """Wait until the server has done all that comes of what was sent, calls of this client included."""
        while True:
            await self._barrier("app_lifecycle_state_change", {"state": "resume"})
            await self._barrier("locale_change", {"locales": []})
            calls, self._seen = self._calls[self._seen :], len(self._calls)
            for call in calls:
                await self._answer(call)
            if not any(call["name"] not in self.silent for call in calls):
                return

    async def _barrier(self, event: str, data: Any) -> None:
        passed = self._passed
        await self.client.event(1, event, data)
        await self.client.until(lambda: self._passed > passed or self.client.closed, f"the answer to {event}")
        assert self._passed > passed, f"{self.client.url} has sent what no client understands, or ended the connection"
        await self._result(self.client.calls[-1])

    @property
    def _passed(self) -> int:
        return sum(call["name"] == "barrier" for call in self.client.calls)

    @property
    def _calls(self) -> list[dict[str, Any]]:
        return [call for call in self.client.calls if call["name"] != "barrier"]

    async def _answer(self, call: dict[str, Any]) -> None:
        if call["name"] in self.silent:
            return
        if call["name"] == "push_route":
            await self.do(route_to(call["args"]["route"]))
        await self._result(call)

    async def _result(self, call: dict[str, Any]) -> None:
        result, error = self.results.get(call["name"]), None
        if isinstance(result, Exception):
            result, error = None, str(result)
        await self.client.socket.send(pack_result(call["control_id"], call["call_id"], result, error))


class Replay:
    """One visitor of both servers.

    Parameters
    ----------
    theirs, ours : SocketClient
        Connected, and not registered yet.
    """

    def __init__(self, theirs: SocketClient, ours: SocketClient) -> None:
        self.theirs, self.ours = Side(theirs), Side(ours)
        self.screens: list[Any] = []

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.theirs, self.ours

    async def register(self, former: Replay | None = None, **page: Any) -> None:
        """Ask for a new session, or for that of `former`."""
        for side, before in zip(self.sides, former.sides if former else (None, None), strict=True):
            session = before.client.session_id if before else ""
            await side.client.register(session, **{**PAGE, **page})

    async def begin(self, **page: Any) -> None:
        """Begin a session, and compare what its app shows at first."""
        await self.register(**page)
        await self.compare("the beginning")

    async def act(self, *steps: Step) -> None:
        """Do these steps one after another, and compare after each."""
        for step in steps:
            await asyncio.gather(*(side.do(step) for side in self.sides))
            await self.compare(str(step), step.until)

    async def act_at_once(self, *steps: Step) -> None:
        """Do these steps before either server has read the first of them, and compare then."""
        for side in self.sides:
            with _in_one_piece(side.client):
                for step in steps:
                    await side.do(step)
        await self.compare(" and ".join(map(str, steps)))

    async def compare(self, what: str = "", awaited: str = "") -> None:
        """Check that both show and were asked the same, now that what was sent has been handled."""
        await asyncio.gather(*(side.settle() for side in self.sides))
        if awaited:
            for side in self.sides:
                texts = side.client.texts
                await side.client.until(lambda texts=texts: any(awaited in text for text in texts()), awaited)
            await asyncio.gather(*(side.settle() for side in self.sides))
        # Handlers that begin threads, or wait, may be done a little later.
        await until(lambda: self._pictures[0] == self._pictures[1], lambda: self._difference(what))
        self.screens.append(self._pictures[0])

    @property
    def _pictures(self) -> list[Any]:
        return [(shown(side.client), calls_of(side.client), side.failed) for side in self.sides]

    def _difference(self, what: str) -> str:
        found = list(differences(*self._pictures))
        return f"the same after {what}; there (flet_web) and here are\n" + "\n".join(found[:20])

    @property
    def changes(self) -> int:
        """How often something else was shown than before."""
        return sum(a != b for a, b in itertools.pairwise(self.screens))


@contextlib.contextmanager
def _in_one_piece(client: SocketClient) -> Iterator[None]:
    """Hold back what is sent, where the system can, so that it arrives together."""
    cork = getattr(socket, "TCP_CORK", None)
    if cork is None:
        yield
        return
    wire = client.socket.transport.get_extra_info("socket")
    wire.setsockopt(socket.IPPROTO_TCP, cork, 1)
    yield
    wire.setsockopt(socket.IPPROTO_TCP, cork, 0)


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
