"""Sends the same packets to two servers of one app, and compares what their clients would show."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import itertools
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.core.harness import until
from tests.core.model_client import pack_result
from tests.site.socket_client import SocketClient
from tests.web.compare import calls_of, differences, notices, shown

__all__ = ["MEDIA", "PAGE", "Replay", "Side", "Step", "TreePath", "click", "on_page", "route_to"]

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
    def url(self) -> str:
        """Where the app is."""
        return self.client.url.removesuffix("/ws").replace("ws", "http", 1)

    @property
    def route(self) -> str:
        """The address that the browser shows."""
        return str((self.client.page or {}).get("route", "/"))

    async def do(self, step: Step) -> None:
        """Do what a user does."""
        node = self.locate(step.where)
        if step.props:
            # The client has changed it itself and will not be told. What a server changes in it is not the other's.
            node.update(copy.deepcopy(step.props))
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
        passed = len(self._barriers)
        await self.client.event(1, event, data)
        await self.client.until(lambda: len(self._barriers) > passed or self.client.closed, f"the answer to {event}")
        assert len(self._barriers) > passed, f"{self.url} has sent what no client understands, or ended the connection"
        await self._result(self._barriers[-1])

    @property
    def _barriers(self) -> list[dict[str, Any]]:
        return [call for call in self.client.calls if call["name"] == "barrier"]

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
