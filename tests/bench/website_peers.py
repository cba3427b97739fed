"""The websites that are compared, each in a process of its own."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psutil  # type: ignore[import-untyped] # without types-psutil

from tests.bench.report import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
START_TIMEOUT = 30.0
STOP_TIMEOUT = 5.0
MEGABYTE = 1e6
MAX_SESSIONS = 5_000
"""What ours are told to allow; by default a thousand."""


class PeerError(Exception):
    """A peer does not run; the message says why."""


@dataclass(frozen=True)
class Peer:
    """How to start one side of the comparison.

    Attributes
    ----------
    name, title : str
        In options, and in the table.
    command : sequence of str
        Prints its URL on a line of its standard output once it listens.
    """

    name: str
    title: str
    command: Sequence[str]


@dataclass(frozen=True)
class Address:
    """Where a peer is. Goes from process to process."""

    name: str
    url: str
    ws_url: str
    pid: int


@dataclass(frozen=True)
class Census:
    """What a server's processes hold: unique and resident set size in MB, descriptors, threads."""

    uss: float
    rss: float
    fds: int
    threads: int


PEERS = {
    peer.name: peer
    for peer in (
        Peer("flet_web", "flet_web", (sys.executable, "-m", "tests.bench.website_server", "flet_web")),
        Peer(
            "tornado",
            "ours (Tornado)",
            (
                str(Path(sys.executable).with_name("jupyter")), "flet", "serve", "tests/bench/website_apps.py",
                "--port", "0", "--no-browser", "--max-sessions", str(MAX_SESSIONS),
            ),
        ),
        Peer("asgi", "ours (ASGI)", (sys.executable, "-m", "tests.bench.website_server", "asgi")),
    )
}  # fmt: skip


@contextlib.contextmanager
def serving(peer: Peer, environment: Mapping[str, str] | None = None) -> Iterator[Address]:
    """Start a peer, and end it.

    Raises
    ------
    PeerError
        It ended, or said nothing of a URL for 30 s.
    """
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            peer.command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            url = _wait_for_url(peer, process, log)
            try:
                yield Address(peer.name, url, re.sub("^http", "ws", url) + "ws", process.pid)
            except Exception:
                say(f"website: at the end of the log of {peer.title}:\n{_end_of(log, lines=20)}")
                raise
        finally:
            _end(process)


def allow_many_descriptors() -> None:
    """Let this process and those that it starts have as many descriptors as the system allows them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def census(address: Address) -> Census:
    """Measure a server's process and its children."""
    server = psutil.Process(address.pid)
    processes = [server, *server.children(recursive=True)]
    sizes = [process.memory_full_info() for process in processes]
    return Census(
        uss=sum(size.uss for size in sizes) / MEGABYTE,
        rss=sum(size.rss for size in sizes) / MEGABYTE,
        fds=sum(process.num_fds() for process in processes),
        threads=sum(process.num_threads() for process in processes),
    )


def _wait_for_url(peer: Peer, process: subprocess.Popen[str], log: IO[str]) -> str:
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    with contextlib.suppress(queue.Empty):
        while (line := lines.get(timeout=START_TIMEOUT)) is not None:
            if found := re.search(r"http://[\w.:-]+/\S*", line):
                return found[0]
    said = _end_of(log) or "nothing"
    ending = f"ended with code {process.poll()}" if process.poll() is not None else "printed no URL"
    raise PeerError(f"{peer.title} does not start: `{' '.join(peer.command)}` {ending}; it said: {said}")


def _end_of(log: IO[str], lines: int = 1) -> str:
    log.seek(0)
    return "\n".join(log.read().strip().splitlines()[-lines:])


def _end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
