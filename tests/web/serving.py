"""Starts ``jupyter flet serve`` as its users do."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tests.core.harness import PATIENCE

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Serving", "command", "run_to_end"]

COMMAND = Path(sys.executable).parent / "jupyter-flet"


def command(*arguments: object) -> list[str]:
    return [str(COMMAND), "serve", *map(str, arguments)]


def environment(**variables: str) -> dict[str, str]:
    """The environment without what a developer may have set for Flet."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLET_")}
    return {**kept, "JUPYTER_NO_CONFIG": "1", **variables}


def run_to_end(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=PATIENCE, env=environment(**variables), check=False
    )


class Serving:
    """A server in a process of its own.

    Attributes
    ----------
    url : str
        Where it says that it is.
    log : list of str
        What it has written so far, line by line.
    """

    def __init__(self, *arguments: object, cwd: Path | None = None, **variables: str) -> None:
        self.log: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            command(*arguments, "--no-browser", *([] if any("port" in str(a) for a in arguments) else ["--port=0"])),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(**variables),
            cwd=cwd,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        line = self.wait_for(r"Serving .* at (\S+)")
        self.url = line.group(1)

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

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Tell it to stop, and wait; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
