"""Apps in panels of the front end: what a panel's page asks the kernel for, and gets."""

from __future__ import annotations

import collections
import contextlib
import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import comm
from IPython.core.getipython import get_ipython

from flet_jupyter.core.flet_api import FLET_VERSION
from flet_jupyter.core.panel_sessions import SUFFIX, VARIABLE
from flet_jupyter.core.sources import status_of
from flet_jupyter.exceptions import FletJupyterError
from flet_jupyter.notebook.files import AppFile, NotebookFile, ScriptFile
from flet_jupyter.notebook.inspection import Inspector
from flet_jupyter.notebook.state import kernel_runtime
from flet_jupyter.notebook.subshells import stay_on_subshell

if TYPE_CHECKING:
    from flet_jupyter.notebook.live import LiveApp

__all__ = ["TARGET", "install", "move", "reload", "reload_async", "remove", "run", "run_async"]

log = logging.getLogger(__name__)

TARGET: Final = "flet_jupyter"
"""The comm target by which panels ask for apps."""

_PANEL_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_GONE: Final = "This app does not run in the kernel any more."

_MAX_REFUSED: Final = 100
_MAX_PLACES: Final = 100

_files: dict[str, AppFile] = {}
_places: dict[str, Path] = {}
"""Where files are that were renamed or moved, by the names that they have and had."""
_refused: collections.deque[Any] = collections.deque()


def run(name: str, *, panel: str = "", comm_id: str = "") -> None:
    """Run an app file for panels, unless it runs already.

    Parameters
    ----------
    name : str
        A ``.py`` or ``.ipynb`` file in the folder of the kernel's session. One that has moved may be called as before,
        as long as no other is there.
    panel, comm_id : str
        The panel to answer when that is done, as if it had opened this comm to ask for the app: it need not do so then.
    """
    __tracebackhide__ = True  # IPython leaves out frames that say so
    file = _file(name) or _new_file(name)
    if not file.apps:
        file.run()
        _keep(file)
    _answer_for(comm_id, name, panel)


async def run_async(name: str, *, panel: str = "", comm_id: str = "") -> None:
    """Do as :func:`run` in a kernel in the browser: packages are fetched first, and cells may await."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    file = _file(name) or _new_file(name)
    if not file.apps:
        await file.run_async()
        _keep(file)
    _answer_for(comm_id, name, panel)


def reload(name: str, *, force: bool = False) -> None:
    """Run an app file anew if it has changed or its apps have ended, or in any case.

    What it raises leaves the former version alive.

    Parameters
    ----------
    name : str
        As for :func:`run`.
    force : bool
        Whether to do it even if nothing has changed.
    """
    __tracebackhide__ = True  # IPython leaves out frames that say so
    file = _file(name)
    if file is None:
        run(name)
    elif _is_due(file, force=force):
        file.run()


async def reload_async(name: str, *, force: bool = False) -> None:
    """Do as :func:`reload` in a kernel in the browser: packages are fetched first, and cells may await."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    file = _file(name)
    if file is None:
        await run_async(name)
    elif _is_due(file, force=force):
        await file.run_async()


def _is_due(file: AppFile, *, force: bool) -> bool:
    """Tell whether a file is to be run anew; raise what it raised if another page was first."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    if force or file.has_changed() or not file.apps:
        return True
    if file.failure is not None:
        raise file.failure
    return False


def move(name: str, to: str) -> None:
    """Note that an app file was renamed or moved; its app lives on.

    Parameters
    ----------
    name : str
        As for :func:`run`, before that.
    to : str
        Its path now, from the folder where it was.
    """
    file = _files.get(name)
    former = file.path if file is not None else _path(name)
    path = Path(os.path.normpath(former.parent / to))
    if status_of(former) and not status_of(path):
        return  # another page was first
    for known in [known for known, place in _places.items() if place == former]:
        _places[known] = path
    _places[name] = _places[path.name] = path
    while len(_places) > _MAX_PLACES:
        del _places[next(iter(_places))]
    if file is not None:
        file.move(path)
        _files[path.name] = _files.pop(name)


def _file(name: str) -> AppFile | None:
    """Return the file that a page calls so, if it has been run."""
    return _files.get(name) or _files.get(_path(name).name)


def _keep(file: AppFile) -> None:
    file.watch()
    _files[file.path.name] = file


def _answer_for(comm_id: str, name: str, panel: str) -> None:
    if comm_id:
        channel = comm.create_comm(target_name=TARGET, comm_id=comm_id, primary=False)
        comm.get_comm_manager().register_comm(channel)
        _answer(channel, {"file": name, "panel": panel})


def _new_file(name: str) -> AppFile:
    path = _path(name)
    kind = NotebookFile if path.suffix == ".ipynb" else ScriptFile
    return kind(kernel_runtime(), path)


def _path(name: str) -> Path:
    """Return where the file is that a page calls so: it may not have heard of the file's new name."""
    here = _folder() / name
    place = _places.get(name, here)
    return next((path for path in (place.parent / name, here) if status_of(path)), place)


def _folder() -> Path:
    # The kernel starts in the folder of its session's file, but an app may have left it. jupyter-server tells the file.
    session = os.environ.get(VARIABLE, "")
    return (Path(session).parent if session else Path.cwd()).resolve()


class PanelOutlet:
    """The comm of one panel.

    Parameters
    ----------
    channel : comm.base_comm.BaseComm
        The comm.
    """

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._app: LiveApp | None = None
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
            answer = self._inspector.answer(self._app, self._app.links_of(self), _siblings(self._app), content)
            if answer is not None:
                self.send_message(answer)
        else:
            self._app.receive(self, content, message.get("buffers") or ())
            if isinstance(content, dict) and content.get("op") == "open":
                self._tell_outdated(self._app)

    def _tell_outdated(self, app: LiveApp) -> None:
        """Let a view that is new know what others were told when it was not there."""
        file = _file_of(app)
        if file is not None and file.has_changed():
            self.send_message({"op": "outdated"})

    def _on_close(self, _message: dict[str, Any]) -> None:
        self._closed = True
        if self._app is not None:
            self._app.detach(self)


def _on_open(channel: Any, message: dict[str, Any]) -> None:
    _answer(channel, message["content"].get("data"))


def _answer(channel: Any, wanted: Any) -> None:
    """Answer a panel that asks for an app. Never raises: a page can send anything."""
    outlet = PanelOutlet(channel)
    try:
        app = _find(wanted)
        if app is None:
            outlet.refuse(_GONE)
        else:
            outlet.show(app)
    except FletJupyterError as error:
        outlet.refuse(str(error))
    except Exception as error:
        log.exception("a panel could not be answered")
        outlet.refuse(f"The kernel could not show this app ({type(error).__name__}: {error}).")


def _find(wanted: Any) -> LiveApp | None:
    match wanted:
        case {"app": str(app_id)}:
            return next((app for app in list(kernel_runtime().apps.values()) if app.widget.app_id == app_id), None)
        case {"file": str(name), "panel": str(panel)} if _PANEL_ID.fullmatch(panel):
            file = _file(name)
            return file.app_for(panel) if file is not None else None
    return None


def _siblings(app: LiveApp) -> list[LiveApp]:
    """Return the apps of the file that an app is from; the app alone if it is from none."""
    file = _file_of(app)
    return file.apps if file is not None else [app]


def _file_of(app: LiveApp) -> AppFile | None:
    return next((file for file in list(_files.values()) if app in file.apps), None)


def install() -> None:
    """Answer panels from now on."""
    if (session := os.environ.get(VARIABLE, "")).endswith(SUFFIX):
        # Programs look for their file there.
        os.environ[VARIABLE] = session.removesuffix(SUFFIX)
    if get_ipython() is not None:
        comm.get_comm_manager().register_target(TARGET, _on_open)


def remove() -> None:
    """Answer panels no more, and close the files' apps."""
    if get_ipython() is not None:
        comm.get_comm_manager().unregister_target(TARGET, _on_open)
    for file in _files.values():
        file.close()
    _files.clear()
    _places.clear()
