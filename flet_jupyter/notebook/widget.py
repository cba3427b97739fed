"""The widget that stands for one shown app in the page."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

import anywidget
import traitlets

from flet_jupyter.core.flet_api import FLET_VERSION
from flet_jupyter.notebook.subshells import stay_on_subshell

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FletWidget"]

# Tiny, because it is saved with every widget and evaluated once for each: the engine is imported by
# URL, so that a page has one, however many cells it shows.
_ESM: Final = """
const base = () => {
  const config = document.getElementById("jupyter-config-data")?.textContent;
  return new URL((config && JSON.parse(config).baseUrl) || "/", location.href).pathname;
};
const explain = (el, reason) => {
  const box = document.createElement("div");
  box.className = "flet-view";
  box.dataset.fletState = "failed";
  box.style.cssText = "padding:8px 12px;border:1px solid currentColor;border-radius:4px";
  box.textContent = "Flet could not be loaded from the Jupyter server (" + reason + "). " +
    "Install flet-jupyter in the environment of the server, restart the server and reload this page.";
  el.replaceChildren(box);
};
export default {
  async render(context) {
    const url = base() + "flet/engine.js";
    let engine;
    try {
      engine = await import(new URL(url, location.href).href);
    } catch (error) {
      const reply = await fetch(url).catch(() => null);
      explain(context.el, reply ? "HTTP " + reply.status + " from " + url : String(error));
      return;
    }
    return engine.render(context, { baseUrl: base() });
  },
};
"""


class FletWidget(anywidget.AnyWidget):
    """One shown app, as the page sees it: see docs/comm-protocol.md.

    Parameters
    ----------
    receive : callable
        Called with the content and the buffers of each message from a page.
    **traits
        The traits of the protocol.
    """

    _esm = _ESM

    flet_version = traitlets.Unicode(FLET_VERSION).tag(sync=True)
    app_id = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    height = traitlets.Int(None, allow_none=True).tag(sync=True)
    width = traitlets.Int(None, allow_none=True).tag(sync=True)
    closed = traitlets.Unicode("").tag(sync=True)
    panel = traitlets.Unicode("").tag(sync=True)
    slot = traitlets.Unicode("").tag(sync=True)

    def __init__(self, receive: Callable[[Any, Any], None], **traits: Any) -> None:
        super().__init__(app_id=secrets.token_hex(8), **traits)
        self._receive = receive
        self.on_msg(self._on_message)
        stay_on_subshell(self.comm)

    def _on_message(self, _widget: Any, content: Any, buffers: Any) -> None:
        self._receive(content, buffers)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take no trait from a page: they are all for it to read, and one of them is code."""

    def send_message(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        """Send a custom message to every page; callable from any thread."""
        self.send(content, buffers)

    def show(self, app: Any) -> bool:  # noqa: ARG002 - see Outlet
        """Return False: a widget stands for one app."""
        return False

    def tell_closed(self, reason: str) -> None:
        """Let the pages know that the app has ended, those too that come later."""
        self.closed = reason

    def __repr__(self) -> str:
        """Return what a front end shows that cannot show widgets."""
        return f"<Flet app {self.label!r}: run the cell to show it>"
