"""Tracebacks of user code, without the frames that carried it."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import flet_jupyter

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["format_error", "user_frames"]

_OWN_FOLDER: Final = str(Path(flet_jupyter.__file__).parent)
_CARRIERS: Final = frozenset(("asyncio", "concurrent", "contextlib", "flet"))


def user_frames(error: BaseException) -> TracebackType | None:
    """Return the traceback of `error` without the leading frames that are not the user's."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        package = str(frames.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if not (frames.tb_frame.f_code.co_filename.startswith(_OWN_FOLDER) or package in _CARRIERS):
            break
        frames = frames.tb_next
    return frames


def format_error(error: BaseException, shell: Any) -> str:
    """Return the traceback of `error` as text; code in cells is named as IPython names it.

    Parameters
    ----------
    error : BaseException
        What was raised.
    shell : InteractiveShell or None
        Knows which cell a line comes from.
    """
    text = "".join(traceback.format_exception(type(error), error, user_frames(error)))
    name_of = getattr(getattr(shell, "compile", None), "format_code_name", None)
    if name_of is None:
        return text
    for frame, _ in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        name = name_of(file)  # ("Cell", "In[2]") for a cell, else None
        if name:
            text = text.replace(f'File "{file}"', " ".join(name))
    return text
