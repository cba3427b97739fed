"""A process in reserve for the next kernel."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jupyter_client.launcher import launch_kernel

from flet_jupyter.core.panel_sessions import VARIABLE

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping, Sequence

__all__ = ["Preheater"]

_PROGRAM: Final = Path(__file__).with_name("preheated.py")
_LAUNCHER: Final = "ipykernel_launcher"

_DELAY: Final = 3.0
"""Seconds after a kernel's start in which it has the processor for itself."""
_IDLE: Final = 30 * 60.0
"""Seconds after which a process that nobody has needed is ended."""


class Preheater:
    """Keeps one process that has the imports of a kernel, of the kind that was started last.

    The first kernel starts as ever. Some seconds later the process is started which can become the second.

    Parameters
    ----------
    log : logging.Logger
        Where a kernel from reserve is told, for those who look for oddities.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._closed = False
        self._spare: _Spare | None = None
        self._timer: asyncio.TimerHandle | None = None

    def launch(self, cmd: Sequence[str], env: Mapping[str, str], cwd: str | None) -> subprocess.Popen[bytes] | None:
        """Start a kernel at once, if there is a process for it; see in any case that there is one for the next.

        Parameters
        ----------
        cmd : sequence of str
            The command of the kernel.
        env : mapping of str to str
            Its whole environment.
        cwd : str or None
            Its working directory; None is that of this process.

        Returns
        -------
        subprocess.Popen or None
            The kernel's process; None if it has to be started the usual way.
        """
        # As jupyter-client does it for those that it launches.
        cmd = [os.path.expanduser(word) for word in cmd]  # noqa: PTH111 (no path, but for the tilde)
        if self._closed or (kind := _Kind.of(cmd, env, cwd)) is None:
            return None
        spare, self._spare = self._spare, None
        process = None
        if spare is not None:
            if spare.kind == kind:
                process = spare.become(cmd[kind.length :], env.get(VARIABLE, ""), cwd)
            if process is None:
                spare.end()
            else:
                self._log.debug("A preheated process becomes a kernel: %d", process.pid)
        self._after(_DELAY, self._preheat, kind)
        return process

    def close(self) -> None:
        """End the process in reserve, and have no more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._end()

    def _preheat(self, kind: _Kind) -> None:
        try:
            self._spare = _Spare(kind)
        except OSError as error:
            # The next panel starts as ever, and tells what is wrong if that fails too.
            self._log.debug("No process is preheated: %s", error)
        else:
            self._after(_IDLE, self._end)

    def _end(self) -> None:
        spare, self._spare = self._spare, None
        if spare is not None:
            spare.end()

    def _after(self, seconds: float, call: Any, *arguments: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, call, *arguments)


@dataclass(frozen=True)
class _Kind:
    """What kernels have in common if a process can become any of them."""

    python: tuple[str, ...]
    """The interpreter and its options."""
    env: frozenset[tuple[str, str]]
    cwd: str | None
    """Where the relative folders of ``PYTHONPATH`` are; None if it has none, and the folder is of no matter."""

    @classmethod
    def of(cls, cmd: Sequence[str], env: Mapping[str, str], cwd: str | None) -> _Kind | None:
        """Tell the kind of a kernel; None for one that is not ipykernel's."""
        position = next((n for n in range(1, len(cmd)) if tuple(cmd[n : n + 2]) == ("-m", _LAUNCHER)), 0)
        # Whatever starts Python in its own way, as `uv run` and shims do, may depend on the folder or read no input.
        options = cmd[1:position]
        if position == 0 or not _is_python(cmd[0]) or not all(word.startswith("-") for word in options):
            return None
        # The server's process is for whoever launches to add.
        apart = {VARIABLE, "JPY_PARENT_PID"}
        settings = frozenset(item for item in env.items() if item[0] not in apart)
        # An empty entry is the working directory, and what a colon at the end leaves.
        search = env.get("PYTHONPATH")
        is_relative = bool(search) and not all(map(os.path.isabs, str(search).split(os.pathsep)))
        return cls(tuple(cmd[:position]), settings, cwd if is_relative else None)

    @property
    def length(self) -> int:
        """How much of the command comes before the arguments of the kernel."""
        return len(self.python) + 2


def _is_python(program: str) -> bool:
    """Tell whether a program is an interpreter itself, not what chooses one."""
    found = shutil.which(program)
    if found is None:
        return False
    path = Path(found).resolve()
    try:
        with path.open("rb") as file:
            return path.name.startswith("python") and file.read(2) != b"#!"
    except OSError:
        return False


class _Spare:
    """A process that can become a kernel of its kind."""

    def __init__(self, kind: _Kind) -> None:
        self.kind = kind
        self._process = launch_kernel(
            [*kind.python, str(_PROGRAM)], stdin=subprocess.PIPE, env=dict(kind.env), cwd=kind.cwd
        )

    def become(self, arguments: Sequence[str], session: str, cwd: str | None) -> subprocess.Popen[bytes] | None:
        """Let it be a kernel; None if it has ended."""
        kernel = {
            "python": self.kind.python,
            "module": _LAUNCHER,
            "arguments": arguments,
            "session": session,
            "cwd": cwd,
        }
        stdin = self._process.stdin
        if stdin is None or self._process.poll() is not None:
            return None
        try:
            with stdin:
                stdin.write(json.dumps(kernel).encode() + b"\n")
        except OSError:
            return None
        return self._process

    def end(self) -> None:
        """End it, and wait until it has."""
        self._process.kill()
        # It may be at a disk that does not answer; the server is not to wait for that.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.communicate(timeout=1)
