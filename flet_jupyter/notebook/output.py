"""What an app prints, and its tracebacks, taken to the cell that shows it."""

from __future__ import annotations

import collections
import io
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from flet_jupyter.core.session import current_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from flet_jupyter.core.session import LiveSession

__all__ = ["Kind", "OutputLog", "OutputRouter", "session_of_thread"]

Kind: TypeAlias = Literal["stdout", "stderr", "error"]

_MAX_CHARACTERS: Final = 200_000
_MAX_ENTRIES: Final = 1_000
_MAX_BATCH: Final = 20_000
"""Characters that go to the views at a time; more than anybody reads in that time is left out."""
_FLUSH_AFTER: Final = 0.05
_SESSION: Final = "_flet_jupyter_session"


class _Run:
    """Text of one kind, in the pieces in which it came."""

    __slots__ = ("kind", "length", "pieces")

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.pieces: collections.deque[str] = collections.deque()
        self.length = 0


class _Tail:
    """The newest text, up to a number of characters; adding to it costs the same however much there is."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._runs: collections.deque[_Run] = collections.deque()
        self._length = 0
        self._left_out = 0

    def __bool__(self) -> bool:
        return bool(self._runs)

    def add(self, kind: Kind, text: str) -> None:
        """Add text; the oldest goes if there is too much."""
        # Each traceback is an entry of its own; printed text is one run until the kind changes.
        if not self._runs or kind == "error" or self._runs[-1].kind != kind:
            self._runs.append(_Run(kind))
        run = self._runs[-1]
        run.pieces.append(text)
        run.length += len(text)
        self._length += len(text)
        while self._length > self._limit or len(self._runs) > _MAX_ENTRIES:
            self._drop_oldest()

    def entries(self) -> list[dict[str, str]]:
        """Return the text as ``{kind, text}``, oldest first."""
        entries = [{"kind": run.kind, "text": "".join(run.pieces)} for run in self._runs]
        if self._left_out:
            entries.insert(0, {"kind": "stderr", "text": f"[{self._left_out} characters left out]\n"})
        return entries

    def _drop_oldest(self) -> None:
        run = self._runs[0]
        piece = run.pieces.popleft()
        excess = self._length - self._limit
        if 0 < excess < len(piece):
            run.pieces.appendleft(piece[excess:])
            piece = piece[:excess]
        run.length -= len(piece)
        self._length -= len(piece)
        self._left_out += len(piece)
        if not run.pieces:
            self._runs.popleft()


class OutputLog:
    """The bounded text of one app; new text goes to its views in batches.

    While the cell that starts the app is still running, text is held for that cell, which
    prints it as its own output.

    Parameters
    ----------
    send : callable
        Sends a message to the app's views.
    call_later : callable
        Calls a function on the session loop after some seconds; from any thread.
    """

    def __init__(
        self, send: Callable[[dict[str, Any]], None], call_later: Callable[[float, Callable[[], None]], None]
    ) -> None:
        self._send = send
        self._call_later = call_later
        self._lock = threading.Lock()
        self._kept = _Tail(_MAX_CHARACTERS)
        self._fresh = _Tail(_MAX_BATCH)
        self._held: _Tail | None = None

    def for_new_view(self) -> list[dict[str, str]]:
        """Return everything kept, oldest first, as ``{kind, text}``; the views that are there get what they lack."""
        with self._lock:
            kept = self._kept.entries()
            fresh = self._take_fresh()
        self._send_entries(fresh)
        return kept

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept = _Tail(_MAX_CHARACTERS)
            self._fresh = _Tail(_MAX_BATCH)

    def hold(self) -> None:
        """Keep text for the running cell."""
        with self._lock:
            self._held = _Tail(_MAX_CHARACTERS)

    def release(self) -> list[dict[str, str]]:
        """Return the text kept for the cell; from now on text goes to the views."""
        with self._lock:
            held, self._held = self._held, None
            return held.entries() if held is not None else []

    def write(self, kind: Kind, text: str) -> None:
        """Add text; callable from any thread."""
        if not text:
            return
        with self._lock:
            if self._held is not None:
                self._held.add(kind, text)
                return
            self._kept.add(kind, text)
            first = not self._fresh
            self._fresh.add(kind, text)
        if first:
            self._call_later(_FLUSH_AFTER, self._flush)

    def _flush(self) -> None:
        with self._lock:
            fresh = self._take_fresh()
        self._send_entries(fresh)

    def _take_fresh(self) -> list[dict[str, str]]:
        """Return what the views lack. With the lock held."""
        fresh, self._fresh = self._fresh, _Tail(_MAX_BATCH)
        return fresh.entries()

    def _send_entries(self, entries: list[dict[str, str]]) -> None:
        if entries:
            self._send({"op": "output", "entries": entries})


def session_of_thread() -> LiveSession | None:
    """Return the session whose code runs in this thread and task, if any."""
    session = current_session.get()
    if session is None:
        # A thread that a handler started has an empty context (before Python 3.14).
        reference = getattr(threading.current_thread(), _SESSION, None)
        session = reference() if reference is not None else None
    return session


class _RoutedStream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr``, but for text from an app."""

    def __init__(self, original: Any, kind: Kind) -> None:
        self.original = original
        self._kind = kind

    def write(self, text: str, /) -> int:
        session = session_of_thread()
        log = getattr(session.host, "output", None) if session is not None else None
        if log is None:
            written: int = self.original.write(text)
            return written
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        log.write(self._kind, text)
        return len(text)

    def writelines(self, lines: Any, /) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        self.original.flush()

    def isatty(self) -> bool:
        return bool(self.original.isatty())

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        # Those of Pyodide's kernel have none; who asks wants to be told so as all streams do.
        number: int = getattr(self.original, "fileno", super().fileno)()
        return number

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return str(getattr(self.original, "encoding", "utf-8"))

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return getattr(self.original, "errors", None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


class OutputRouter:
    """Puts the routed streams in place, and remembers for which session a thread was started."""

    def __init__(self) -> None:
        self._streams: dict[str, _RoutedStream] = {}
        self._start: Any = None

    def install(self) -> None:
        """Route ``sys.stdout`` and ``sys.stderr``; harmless if done already."""
        kinds: list[tuple[str, Kind]] = [("stdout", "stdout"), ("stderr", "stderr")]
        for name, kind in kinds:
            if not isinstance(getattr(sys, name), _RoutedStream):
                self._streams[name] = _RoutedStream(getattr(sys, name), kind)
                setattr(sys, name, self._streams[name])
        if self._start is None:
            start = self._start = threading.Thread.start

            def start_for_session(thread: threading.Thread) -> None:
                session = session_of_thread()
                if session is not None:
                    setattr(thread, _SESSION, weakref.ref(session))
                start(thread)

            threading.Thread.start = start_for_session  # type: ignore[method-assign,assignment]

    def remove(self) -> None:
        """Put the original streams back."""
        for name, stream in self._streams.items():
            if getattr(sys, name) is stream:
                setattr(sys, name, stream.original)
        self._streams.clear()
        if self._start is not None:
            threading.Thread.start = self._start  # type: ignore[method-assign]
            self._start = None
