"""Starts ASGI servers as their users do."""

from __future__ import annotations

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tests.core.harness import PATIENCE

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["SERVERS", "Serving"]

SERVERS = {
    "uvicorn": (["uvicorn", "--port", "{port}"], "running on http"),
    "hypercorn": (["hypercorn", "--bind", "127.0.0.1:{port}"], "Running on http"),
    "daphne": (["daphne", "-b", "127.0.0.1", "-p", "{port}"], "Listening on TCP"),
    "gunicorn": (
        ["gunicorn", "--no-control-socket", "-b", "127.0.0.1:{port}", "-k", "uvicorn.workers.UvicornWorker"],
        "Listening at",
    ),
}
"""How each is told where to listen, and what it writes when it does."""


class Serving:
    """A server in a process of its own, with an application from a module.

    Parameters
    ----------
    folder : Path
        Where the module is written; the working directory.
    source : str
        Its source; the application is ``app``.
    server : str
        One of `SERVERS`.
    arguments : str
        For its command line.
    variables : str
        For its environment.

    Attributes
    ----------
    url : str
        Where it listens.
    log : list of str
        What it has written so far.
    """

    def __init__(self, folder: Path, source: str, *arguments: str, server: str = "uvicorn", **variables: str) -> None:
        (folder / "application.py").write_text(source)
        command, listens = SERVERS[server]
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.folder = folder
        self.log: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        program, *options = [word.format(port=port) for word in command]
        self.process = subprocess.Popen(
            [str(Path(sys.executable).parent / program), *options, *arguments, "application:app"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env=_environment(folder, variables),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait_for(listens)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until the server writes a line with `pattern`."""
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                line = None
            assert line is not None, f"no {pattern!r} in:\n" + "\n".join(self.log)
            self.log.append(line)
            if match := re.search(pattern, line):
                return match

    def stop(self) -> int:
        """Tell it to stop, and wait; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._reader.join(PATIENCE)
        while not self._lines.empty():
            line = self._lines.get()
            if line is not None:
                self.log.append(line)
        return code

    def noted(self) -> list[str]:
        """Return what the app has noted."""
        notes = self.folder / "notes.txt"
        return notes.read_text().split() if notes.exists() else []

    @property
    def memory(self) -> int:
        """The bytes of memory that the process holds."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _environment(folder: Path, variables: dict[str, str]) -> dict[str, str]:
    """The environment without what a developer may have set for Flet."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLET_")}
    # gunicorn does not look for modules in the working directory of its own accord, nor do some of the others.
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**kept, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **variables}
