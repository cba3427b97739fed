"""A panel without a browser: the page's end of its comm."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from flet_jupyter.notebook import panels
from tests.notebook.front_end import PATIENCE, View, wait

__all__ = ["Panel"]


class Panel:
    """A panel in a page: a comm and one view of the app behind it."""

    def __init__(self, question: Any) -> None:
        self.heard: list[dict[str, Any]] = []
        self.traits: dict[str, Any] = {}
        self._message: Callable[[dict[str, Any]], None] = lambda _: None
        self._close: Callable[[dict[str, Any]], None] = lambda _: None
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="panel")
        self._thread.start()
        self.view = View(self, "panel", {})  # type: ignore[arg-type] - it only says things
        panels._on_open(self, {"content": {"data": question}})

    # -- as the kernel's end of the comm --

    def on_msg(self, callback: Callable[[dict[str, Any]], None]) -> None:
        self._message = callback

    def on_close(self, callback: Callable[[dict[str, Any]], None]) -> None:
        self._close = callback

    def send(self, data: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self._work.put(lambda: self._heard(data, [bytes(buffer) for buffer in buffers or []]))

    # -- as the page --

    def say(self, _model_id: str, content: Any, *buffers: bytes) -> None:
        self._work.put(lambda: self._message({"content": {"data": content}, "buffers": list(buffers)}))

    def _heard(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.heard.append(content)
        if content["op"] == "app":
            self.traits = content
        else:
            self.view.heard(content, buffers)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()

    def show(self) -> Panel:
        self.view.open()
        wait(lambda: self.view.page, "the app")
        return self

    def close(self) -> None:
        self._close({})
        self._work.put(None)
        self._thread.join(PATIENCE)
