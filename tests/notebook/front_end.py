"""A notebook page without a browser: shows widgets, and plays their views over the widgets' own messages."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import comm
from comm.base_comm import BaseComm

from tests.core.model_client import PAGE, ModelClient, pack_event, pack_props, pack_register

__all__ = ["PATIENCE", "FrontEnd", "View", "wait"]

PATIENCE = 30.0
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def wait(condition: Callable[[], Any], what: str | Callable[[], str] = "") -> Any:
    """Wait until `condition` returns something true, and return that; `what` says, at the end, what was missing."""
    deadline = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what() if callable(what) else what or condition}"
        time.sleep(0.002)
    return result


class _Comm(BaseComm):  # type: ignore[misc]
    front_end: FrontEnd

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        self.front_end.heard(self, msg_type, data or {}, [bytes(buffer) for buffer in buffers or []])


class View(ModelClient):
    """One view of a widget: what the engine and Flutter do in a real page."""

    _numbers = itertools.count(1)

    def __init__(self, front_end: FrontEnd, model_id: str, page: dict[str, Any]) -> None:
        super().__init__()
        self.link = f"test-link-{next(self._numbers)}"
        self.model_id = model_id
        self.state = "loading"
        self.message = ""
        self.output: list[dict[str, str]] = []
        self.height: int | None = None
        self.opened: dict[str, Any] = {}
        self._front_end = front_end
        self._page = page
        self._count = 0
        self._sent = itertools.count(1)

    # -- what it says -----------------------------------------------------------------------------

    def say(self, op: str, *buffers: bytes, **more: Any) -> None:
        self._front_end.say(self.model_id, {"op": op, "link": self.link, **more}, *buffers)

    def open(self) -> None:
        self.say("open", protocol=1, page={**PAGE, **self._page}, user_agent="front end of the tests")

    def packet(self, packet: bytes) -> None:
        self.say("packet", packet, n=next(self._sent), ack=self._count)

    def click(self, **properties: Any) -> None:
        """Click a control as soon as it is there."""
        wait(lambda: self.page is not None and self.all(**properties), f"a control with {properties}")
        self.packet(pack_event(self.id_of(**properties), "click"))

    def event(self, target: int, name: str, data: Any = None) -> None:
        self.packet(pack_event(target, name, data))

    def set_props(self, target: int, **props: Any) -> None:
        self.packet(pack_props(target, props))

    def close(self) -> None:
        self.state = "gone"
        self.say("close")

    # -- what it hears ----------------------------------------------------------------------------

    def heard(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        op = content["op"]
        if self.state == "gone" or content.get("link", self.link) != self.link:
            return
        if op == "opened":
            self.opened = content
            self.output = list(content["output"])
            self.height = content["height"]
            self.packet(pack_register(self._page))
        elif op == "packet":
            assert content["base"] or content["n"] == self._count + 1, "a packet is missing"
            self._count = content["n"]
            self.receive(buffers[0])
            self.state = "live"
            self.say("ack", ack=self._count)
        elif op == "unknown":
            if self.state != "closed":
                self.link, self._count, self._sent = f"{self.link}-again", 0, itertools.count(1)
                self.open()
        elif op == "refused":
            self.state, self.message = "failed", content["message"]
        elif op == "output":
            self.output += content["entries"]
        elif op == "clear_output":
            self.output = []
        elif op == "height":
            self.height = content["height"]

    def printed(self, kind: str = "stdout") -> str:
        """Return the text of one kind that stands below the view."""
        return "".join(entry["text"] for entry in self.output if entry["kind"] == kind)

    def shows(self, *texts: str) -> None:
        """Wait until the texts in the view are these."""
        wait(
            lambda: self.page is not None and self.texts() == list(texts),
            lambda: f"{texts}, not {self.page and self.texts()}",
        )


class FrontEnd:
    """One page: it hears all comms, and speaks from a thread of its own, as a subshell delivers.

    Parameters
    ----------
    delivers : bool
        False: as a front end that delivers comm messages only between cells; :meth:`deliver` hands on what waits.
    """

    def __init__(self, *, delivers: bool = True) -> None:
        self.delivers = delivers
        self.models: dict[str, dict[str, Any]] = {}
        self.closed: list[str] = []
        self.views: list[View] = []
        self.page: dict[str, Any] = {}
        self.errors: list[BaseException] = []
        self._comms: dict[str, _Comm] = {}
        self._waiting: list[Callable[[], None]] = []
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="front end")
        self._thread.start()

    def create_comm(self, **options: Any) -> _Comm:
        """Stand in for ``comm.create_comm``."""
        kind = type("_Comm", (_Comm,), {"front_end": self})
        made: _Comm = kind(**options)
        return made

    # -- from the kernel --------------------------------------------------------------------------

    def heard(self, sender: _Comm, msg_type: str, data: dict[str, Any], buffers: list[bytes]) -> None:
        """Take a message of a comm. Called from any thread of the kernel."""
        self._work.put(lambda: self._heard(sender, msg_type, data, buffers))

    def displayed(self, data: dict[str, Any]) -> None:
        """Take what a cell displays."""
        if _WIDGET_VIEW in data:
            self.show(data[_WIDGET_VIEW]["model_id"])

    def _heard(self, sender: _Comm, msg_type: str, data: dict[str, Any], buffers: list[bytes]) -> None:
        model_id = sender.comm_id
        if msg_type == "comm_open":
            self._comms[model_id] = sender
            self.models[model_id] = dict(data["state"])
        elif msg_type == "comm_close":
            self.closed.append(model_id)
            self._comms.pop(model_id, None)
            self._gone(model_id, "closed")
        elif data["method"] == "update":
            self.models[model_id].update(data["state"])
            if data["state"].get("closed"):
                self._gone(model_id, "closed", data["state"]["closed"])
        elif data["method"] == "custom":
            for view in list(self.views):
                if view.model_id == model_id:
                    view.heard(data["content"], buffers)

    def _gone(self, model_id: str, state: str, message: str = "") -> None:
        for view in self.views:
            if view.model_id == model_id:
                view.state = state
                view.message = message or view.message

    # -- to the kernel ------------------------------------------------------------------------------

    def show(self, model_id: str) -> View:
        """Add a view of a widget: an output of a cell, or "Create New View for Output"."""
        view = View(self, model_id, dict(self.page))
        self.views.append(view)
        view.open()
        return view

    def say(self, model_id: str, content: Any, *buffers: bytes) -> None:
        """Send a custom message to the kernel, from the page's thread."""

        def deliver() -> None:
            sender = self._comms.get(model_id)
            if sender is not None:
                message = {"content": {"data": {"method": "custom", "content": content}}, "buffers": list(buffers)}
                sender.handle_msg(message)

        def send() -> None:
            if self.delivers:
                deliver()
            else:
                self._waiting.append(deliver)

        self._work.put(send)

    def deliver(self) -> None:
        """Hand on what waits for the cell to end."""

        def hand_on() -> None:
            waiting, self._waiting = self._waiting, []
            for message in waiting:
                message()

        self._work.put(hand_on)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - the test raises it at its end
                self.errors.append(error)
            del work  # it holds a comm, and that its widget

    def view(self, index: int = -1) -> View:
        """Return a view once it is there; -1 is the newest."""
        wait(lambda: len(self.views) > (max(index, 0)), "a view")
        return self.views[index]

    def settle(self) -> None:
        """Wait until the page has heard and said everything so far."""
        done = threading.Event()
        self._work.put(done.set)
        assert done.wait(PATIENCE)

    def stop(self) -> None:
        """End the page's thread; raise what went wrong in it."""
        self._work.put(None)
        self._thread.join(PATIENCE)
        for error in self.errors:
            raise error


def forget_comms() -> None:
    """Close what a test has left open."""
    manager = comm.get_comm_manager()
    for open_comm in list(manager.comms.values()):
        open_comm.close()
