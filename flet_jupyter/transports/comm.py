"""Links over a Jupyter comm: the kernel's end of docs/comm-protocol.md."""

from __future__ import annotations

import collections
import logging
import re
import threading
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from flet_jupyter.core.client_info import ClientInfo
from flet_jupyter.core.dropped import DroppedLog
from flet_jupyter.core.link import Link, own_pace
from flet_jupyter.core.shell import shell
from flet_jupyter.core.uploads import UploadTarget
from flet_jupyter.exceptions import FletJupyterError, ProtocolError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from flet_jupyter.core.session import LiveSession

__all__ = ["CommTransport", "SendMessage"]

log = logging.getLogger(__name__)

PROTOCOL: Final = 1
SILENCE: Final = 300.0
"""Seconds without any message after which a view is taken for gone. A view that can run timers speaks
every 30 s; browsers slow a hidden tab's timers to one a minute."""

AWAY: Final = 70.0
"""Seconds of silence after which a view has to make room for another, if there are as many as may be: pages that
crashed or lost their network say no goodbye."""

_MAX_CLOSED: Final = 200
_MAX_KEY: Final = 1_000
_LINK_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")


class SendMessage(Protocol):
    """Sends one custom message to every page that shows the widget; callable from any thread."""

    def __call__(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        """Send `content`, which is JSON, and `buffers`."""


class CommTransport:
    """All links of one shown app.

    Parameters
    ----------
    send : SendMessage
        The widget's way out.
    open_session : callable
        Called with the page properties of a view that opens, and with its whole message; returns the session it shows.
    greeting : callable
        Returns what a new view is told besides the shell: ``output`` and ``height``.
    """

    def __init__(
        self,
        send: SendMessage,
        open_session: Callable[[dict[str, Any], dict[str, Any]], LiveSession],
        greeting: Callable[[], dict[str, Any]],
    ) -> None:
        self._send = send
        self._open_session = open_session
        self._greeting = greeting
        self._lock = threading.Lock()
        self._links: dict[str, Link] = {}
        self._seen: dict[str, float] = {}
        # JupyterLab gives a page's first message to the main shell, where it waits for the running cell; a later one,
        # such as the page's goodbye, to a subshell, where it does not.
        self._closed_links: collections.deque[str] = collections.deque(maxlen=_MAX_CLOSED)
        self._session: LiveSession | None = None
        self._closed = False
        self._dropped = DroppedLog(log, "message(s) from a view")
        self._sweep_timer: asyncio.TimerHandle | None = None

    @property
    def links(self) -> tuple[Link, ...]:
        """The links of the views that are there."""
        with self._lock:
            return tuple(self._links.values())

    def receive(self, content: Any, buffers: Sequence[Any]) -> None:
        """Take one custom message from a page. Never raises: a page can send anything."""
        try:
            self._receive(content, buffers)
        except FletJupyterError as error:
            self._dropped.note(error)
        except Exception as error:
            log.debug("dropped a message from a view", exc_info=True)
            self._dropped.note(error)

    def close(self, *, reopen: bool = False) -> int:
        """Let all links go: their session has ended.

        Parameters
        ----------
        reopen : bool
            Have the views open new links, which then show the session that follows.

        Returns
        -------
        int
            How many links there were.
        """
        with self._lock:
            self._closed = True
            names = list(self._links)
            self._links.clear()
            self._seen.clear()
        self._forget_session()
        if reopen:
            for name in names:
                self._send({"op": "unknown", "link": name})
        return len(names)

    def leave(self) -> None:
        """Close all links: there are no pages any more. The session lives on."""
        with self._lock:
            self._closed = True
            names = list(self._links)
        for name in names:
            self._close(name)
        self._forget_session()

    def _forget_session(self) -> None:
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            # Left alone, the timer would keep the app for minutes after its end.
            session.host.loop.call_soon_threadsafe(self._stop_sweeping)

    def _receive(self, content: Any, buffers: Sequence[Any]) -> None:
        match content:
            case {"op": "open", "link": str(name), "page": dict(page)}:
                self._open(name, page, content)
            case {"op": str(op), "link": str(name)}:
                link = self._links.get(name)
                if link is not None:
                    self._handle(op, name, link, content, buffers)
                elif op != "close":
                    self._send({"op": "unknown", "link": name[:64]})
                elif _LINK_ID.fullmatch(name):
                    self._note_closed(name)
            case _:
                raise ProtocolError(f"not a message of this protocol: {str(content)[:80]}")

    def _handle(self, op: str, name: str, link: Link, content: dict[str, Any], buffers: Sequence[Any]) -> None:
        with self._lock:
            if name in self._links:
                self._seen[name] = time.monotonic()
        ack = content.get("ack")
        if isinstance(ack, int):
            link.session.acknowledge(link, ack)
        match op:
            case "packet":
                link.receive(_packet(buffers, link.session.host.settings.max_packet_bytes))
            case "ping":
                self._send({"op": "pong", "link": name})
            case "resync":
                link.session.resync(link)
            case "close":
                self._close(name)
            case "uploads":
                link.uploads = _upload_target(content)
            case "ack":
                pass
            case _:
                raise ProtocolError(f"unknown operation {op[:40]!r}")

    def _open(self, name: str, page: dict[str, Any], content: dict[str, Any]) -> None:
        if not _LINK_ID.fullmatch(name):
            raise ProtocolError("a link name that is none")
        if content.get("protocol") != PROTOCOL:
            self._refuse(name, "This page runs another version of flet-jupyter than the kernel. Reload the page.")
            return
        if name in self._closed_links:
            return  # this is late: the view has gone in the meantime
        try:
            session = self._open_session(page, content)
        except FletJupyterError as error:
            self._refuse(name, str(error))
            return
        with self._lock:
            if self._closed:
                self._send({"op": "unknown", "link": name})
                return
            first = self._session is None
            self._session = session
            limit = session.host.settings.max_links
            link = self._links.get(name)  # a view that has not been answered yet asks again
        if link is None and len(self._links) >= limit:
            self._close_silent(AWAY)
        with self._lock:
            if link is None and len(self._links) < limit:
                shared = session.host.runtime.pace
                paces = (own_pace(),) if shared is None else (own_pace(), shared)
                client = ClientInfo(user_agent=str(content.get("user_agent") or "")[:500])
                link = Link(session, self._transmitter(name), self._prober(name), client=client, paces=paces)
                self._links[name] = link
                self._seen[name] = time.monotonic()
        if link is None:
            self._refuse(name, f"This app is already shown in {limit} places, the most that are allowed.")
            return
        self._send({"op": "opened", "link": name, "protocol": PROTOCOL, "shell": shell(), **self._greeting()})
        session.announce(link)
        if first:
            session.host.loop.call_soon_threadsafe(self._sweep)

    def _refuse(self, name: str, message: str) -> None:
        self._send({"op": "refused", "link": name[:64], "message": message})

    def _transmitter(self, name: str) -> Callable[..., None]:
        def transmit(number: int, packet: bytes, *, base: bool) -> None:
            self._send({"op": "packet", "link": name, "n": number, "base": base}, [packet])

        return transmit

    def _prober(self, name: str) -> Callable[[int], None]:
        return lambda number: self._send({"op": "probe", "link": name, "n": number})

    def _note_closed(self, name: str) -> None:
        if name not in self._closed_links:
            self._closed_links.append(name)

    def _close(self, name: str) -> None:
        self._note_closed(name)
        with self._lock:
            link = self._links.pop(name, None)
            self._seen.pop(name, None)
        if link is not None:
            link.session.host.loop.call_soon_threadsafe(link.session.detach, link)

    def _sweep(self) -> None:
        """Close links of views that went without a word; runs on the loop while the session lives."""
        session = self._session
        if session is None or session.closed:
            return
        self._close_silent(SILENCE)
        self._sweep_timer = session.host.loop.call_later(SILENCE / 4, self._sweep)

    def _close_silent(self, seconds: float) -> None:
        now = time.monotonic()
        for name, seen in list(self._seen.items()):
            if now - seen > seconds:
                self._close(name)

    def _stop_sweeping(self) -> None:
        if self._session is None and self._sweep_timer is not None:
            self._sweep_timer.cancel()
            self._sweep_timer = None


def _upload_target(content: dict[str, Any]) -> UploadTarget:
    match content:
        case {"url": str(url), "key": str(key)} if url.startswith(("http://", "https://")) and 0 < len(key) < _MAX_KEY:
            return UploadTarget(url, key)
    raise ProtocolError("uploads without an address and a key")


def _packet(buffers: Sequence[Any], limit: int) -> bytes:
    if len(buffers) != 1:
        raise ProtocolError("a packet message without its one buffer")
    size = memoryview(buffers[0]).nbytes
    if size > limit:
        raise ProtocolError(f"a packet of {size} bytes; {limit} are allowed")
    return bytes(buffers[0])
