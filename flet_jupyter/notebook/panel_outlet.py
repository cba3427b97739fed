"""The kernel's end of a panel: what it is shown and told over its comm."""

from __future__ import annotations

import collections
import contextlib
from typing import TYPE_CHECKING, Any, Final

import comm

from flet_jupyter.core.flet_api import FLET_VERSION
from flet_jupyter.notebook.inspection import Inspector
from flet_jupyter.notebook.state import kernel_runtime
from flet_jupyter.notebook.subshells import stay_on_subshell

if TYPE_CHECKING:
    from flet_jupyter.notebook.app_file import AppFile
    from flet_jupyter.notebook.app_files import AppFiles
    from flet_jupyter.notebook.live import LiveApp

__all__ = ["PanelOutlet"]

_MAX_REFUSED: Final = 100

_refused: collections.deque[Any] = collections.deque()


class PanelOutlet:
    """The comm of one panel.

    Parameters
    ----------
    channel : comm.base_comm.BaseComm
        The comm.
    files : AppFiles
        The app files of the kernel.
    """

    def __init__(self, channel: Any, files: AppFiles) -> None:
        self._channel = channel
        self._files = files
        self._app: LiveApp | None = None
        self._awaited: AppFile | None = None
        self._closed = False
        self._inspector = Inspector(kernel_runtime().call_later)
        stay_on_subshell(channel)
        channel.on_msg(self._on_message)
        channel.on_close(self._on_close)

    def show(self, app: LiveApp) -> bool:
        """Let the panel show an app."""
        self._app = app
        app.attach(self)
        self._tell(app.name, app.closed_reason)
        return True

    def wait_for(self, file: AppFile) -> None:
        """Tell the panel when a file has changed that gave it no app."""
        self._awaited = file
        file.tell(self._tell_outdated)

    def refuse(self, reason: str) -> None:
        """Tell the panel that there is no app for it."""
        self._tell("", reason)
        # Whoever asks in vain again and again is to cost nothing.
        _refused.append(self._channel)
        if len(_refused) > _MAX_REFUSED:
            with contextlib.suppress(KeyError):  # the page has closed it
                comm.get_comm_manager().unregister_comm(_refused.popleft())

    def send_message(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        """Send a message to the panel; callable from any thread."""
        if not self._closed:
            self._channel.send(data=content, buffers=buffers)

    def tell_closed(self, reason: str) -> None:
        """Let the panel know that the app has ended."""
        self._tell(self._app.name if self._app is not None else "", reason)

    def _tell(self, label: str, closed: str) -> None:
        self.send_message({"op": "app", "flet_version": FLET_VERSION, "label": label, "closed": closed})

    def _on_message(self, message: dict[str, Any]) -> None:
        if self._app is None:
            return
        content = message["content"].get("data")
        if isinstance(content, dict) and content.get("op") == "inspect":
            answer = self._inspector.answer(self._app, self._app.links_of(self), self._siblings(self._app), content)
            if answer is not None:
                self.send_message(answer)
        else:
            self._app.receive(self, content, message.get("buffers") or ())
            if isinstance(content, dict) and content.get("op") == "open":
                # A view that is new is to know what others were told when it was not there.
                file = self._files.of(self._app)
                if file is not None and file.has_changed():
                    self._tell_outdated()

    def _tell_outdated(self) -> None:
        self.send_message({"op": "outdated"})

    def _siblings(self, app: LiveApp) -> list[LiveApp]:
        """Return the apps of the file that an app is from; the app alone if it is from none."""
        file = self._files.of(app)
        return file.apps if file is not None else [app]

    def _on_close(self, _message: dict[str, Any]) -> None:
        self._closed = True
        if self._app is not None:
            self._app.detach(self)
        if self._awaited is not None:
            self._awaited.tell_no_more(self._tell_outdated)
