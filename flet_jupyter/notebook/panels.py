"""Apps in panels of the front end: what a panel's page asks the kernel for, and gets."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from typing import TYPE_CHECKING, Any, Final

import comm
from IPython.core.getipython import get_ipython

from flet_jupyter.core.panel_sessions import SUFFIX, VARIABLE
from flet_jupyter.exceptions import FletJupyterError
from flet_jupyter.notebook.app_files import AppFiles
from flet_jupyter.notebook.panel_outlet import PanelOutlet
from flet_jupyter.notebook.state import kernel_runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flet_jupyter.notebook.app_file import AppFile
    from flet_jupyter.notebook.live import LiveApp

__all__ = ["TARGET", "install", "move", "reload", "reload_async", "remove", "run", "run_async"]

log = logging.getLogger(__name__)

TARGET: Final = "flet_jupyter"
"""The comm target by which panels ask for apps."""

_PANEL_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_GONE: Final = "This app does not run in the kernel any more."

_files = AppFiles()


def run(name: str, *, panel: str = "", comm_id: str = "") -> None:
    """Run an app file for panels, unless it runs already.

    Parameters
    ----------
    name : str
        A ``.py`` or ``.ipynb`` file in the folder of the kernel's session. One that has moved may be called as before,
        as long as no other is there.
    panel, comm_id : str
        The panel to answer when that is done, as if it had opened this comm to ask for the app: it need not do so then.
        If the file fails, the panel is told when it has changed.
    """
    __tracebackhide__ = True  # IPython leaves out frames that say so
    file = _files.find(name) or _files.new(name)
    if not file.apps:
        with _kept(file, comm_id):
            file.run()
    _answer_for(comm_id, name, panel)


async def run_async(name: str, *, panel: str = "", comm_id: str = "") -> None:
    """Do as :func:`run` in a kernel in the browser: packages are fetched first, and cells may await."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    file = _files.find(name) or _files.new(name)
    if not file.apps:
        with _kept(file, comm_id):
            await file.run_async()
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
    file = _files.find(name)
    if file is None:
        run(name)
    elif _is_due(file, force=force):
        file.run()


async def reload_async(name: str, *, force: bool = False) -> None:
    """Do as :func:`reload` in a kernel in the browser: packages are fetched first, and cells may await."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    file = _files.find(name)
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
    _files.move(name, to)


@contextlib.contextmanager
def _kept(file: AppFile, comm_id: str) -> Iterator[None]:
    """Keep a file that is run in the meantime; if it fails, the panel with this comm is told when it has changed."""
    __tracebackhide__ = True  # IPython leaves out frames that say so
    try:
        yield
    except BaseException:
        if comm_id:
            PanelOutlet(_channel(comm_id), _files).wait_for(file)
        raise
    finally:
        _files.keep(file)


def _answer_for(comm_id: str, name: str, panel: str) -> None:
    if comm_id:
        _answer(_channel(comm_id), {"file": name, "panel": panel})


def _channel(comm_id: str) -> Any:
    """Return the comm of this id, which the panel's page has already."""
    channel = comm.create_comm(target_name=TARGET, comm_id=comm_id, primary=False)
    comm.get_comm_manager().register_comm(channel)
    return channel


def _on_open(channel: Any, message: dict[str, Any]) -> None:
    _answer(channel, message["content"].get("data"))


def _answer(channel: Any, wanted: Any) -> None:
    """Answer a panel that asks for an app. Never raises: a page can send anything."""
    outlet = PanelOutlet(channel, _files)
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
            file = _files.find(name)
            return file.app_for(panel) if file is not None else None
    return None


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
    _files.close()
