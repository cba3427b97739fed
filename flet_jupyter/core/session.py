"""A live session: one run of an app, shown by any number of clients."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.flet_api import (
    BaseControl,
    Connection,
    Message,
    MessageAction,
    PatchControlBody,
    RegisterClientResponseBody,
    Session,
    bind_page,
    find_control,
    trigger_event,
)
from flet_jupyter.core.outbox import Outgoing
from flet_jupyter.core.packets import (
    Event,
    InvokeResult,
    PropsUpdate,
    Register,
    encode_message,
    encode_replacements,
    encode_value,
    scalar_replacements,
)
from flet_jupyter.core.runner import drive, is_blocking
from flet_jupyter.exceptions import ProtocolError, SessionClosed

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from flet_jupyter.core.app_host import AppHost
    from flet_jupyter.core.link import Link

__all__ = ["LiveSession", "current_session"]

log = logging.getLogger(__name__)

current_session: contextvars.ContextVar[LiveSession | None] = contextvars.ContextVar("flet_jupyter_session", default=None)
"""The session whose code runs here. Set for handlers, for ``main`` and for the tasks they start."""

_PAGE_ID: Final = 1
_MAX_EARLY_CALLS: Final = 100
_CLOSING_TIME: Final = 1.0
"""Seconds that on_close handlers have for their work."""
_CLIENT_PAGE_PROPS: Final = frozenset(
    ("route", "pwa", "web", "debug", "wasm", "test", "platform_brightness", "width", "height", "platform", "window", "media")
)
"""What a client may say about its page when it registers. ``pyodide`` and ``multi_view`` are how
the page embeds the client; the app sees neither."""

_current_link: contextvars.ContextVar[Link | None] = contextvars.ContextVar("flet_jupyter_link", default=None)


class LiveSession(Session):  # type: ignore[misc]
    """A Flet session that outlives its clients and serves several at once.

    Each change is diffed and packed once, in the thread that calls ``update()``, as in Flet: what
    ``update()`` promises (the control is mounted, an invalid value raises there) holds when it
    returns. Sending is what is coalesced: a client that is busy gets the newest values only (see
    :class:`~flet_jupyter.core.outbox.Outbox`). Diffs of one session exclude each other.

    Parameters
    ----------
    host : AppHost
        The app that this session runs.
    page_props : dict
        What is known of the client's page before it registers.
    """

    def __init__(self, host: AppHost, page_props: dict[str, Any]) -> None:
        self.host = host
        self.lane = host.new_lane()
        self.started_at = time.time()
        self.closed = False
        self.tasks: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
        self._ended = False
        self._tree_lock = threading.RLock()
        self._links: list[Link] = []
        self._active: Link | None = None
        self._was_connected = False
        self._early_calls: list[Outgoing] = []
        self._calls: dict[str, tuple[int, Link | None]] = {}
        self._pump_at: float | None = None
        self._dispatched: set[asyncio.Task[Any]] = set()
        super().__init__(_SessionConnection(self))
        self._context = contextvars.copy_context()
        self._context.run(current_session.set, self)
        self._context.run(bind_page, self.page)
        self._apply_page_props(page_props)
        # Sets the baseline that later diffs compare with; the first client gets the page as it is then.
        self._context.run(lambda: encode_message(Message(MessageAction.REGISTER_CLIENT, self.get_page_patch())))

    # -- clients -----------------------------------------------------------------------------------

    @property
    def links(self) -> tuple[Link, ...]:
        """The clients attached now."""
        return tuple(self._links)

    @property
    def active_link(self) -> Link | None:
        """The client that was used last; calls such as ``page.launch_url`` go to it."""
        return self._active if self._active in self._links else (self._links[-1] if self._links else None)

    def handle(self, link: Link, packet: Register | Event | PropsUpdate | InvokeResult) -> None:
        """Act on one packet from a client; safe from any thread.

        Events go straight from the transport's thread to the one that runs the handler: each
        thread more on the way costs up to 5 ms while a cell computes, the time for which CPython
        lets a thread keep the interpreter. Packing a whole page is not for the transport's
        thread, so a registration goes to the loop.

        Raises
        ------
        ProtocolError
            The packet makes no sense now or names things that do not exist.
        """
        if isinstance(packet, Register):
            self._on_loop(self._attach, link, packet)
            return
        if link not in self._links:
            raise ProtocolError(f"{type(packet).__name__} before the client registered")
        self._active = link
        if isinstance(packet, Event):
            self._dispatch(link, packet)
        elif isinstance(packet, PropsUpdate):
            self._apply_client_props(link, packet)
        else:
            if self._calls.pop(packet.call_id, None) is None:
                raise ProtocolError("an answer to a call that was not made")
            self._on_loop(self._answer, packet.control_id, packet.call_id, packet.result, packet.error)

    def send_page(self, link: Link) -> None:
        """Send `link` the whole page: it is new, or it has missed something."""
        with self._tree_lock:
            # Diff first: packing renews the snapshots that diffs compare with, so whatever
            # the other clients have not been told yet has to reach them before.
            self._context.copy().run(self.patch_control, self.page)
            body = RegisterClientResponseBody(session_id=self.id, page_patch=self.page, error="")
            link.start(encode_message(Message(MessageAction.REGISTER_CLIENT, body)))
            if self.host.observer is not None:
                self.host.observer.page_sent(self, link)
            for call in self._early_calls:
                link.push(call)
            self._early_calls.clear()
            self._pump_locked()

    def _answer(self, control_id: int, call_id: str, result: Any, error: str | None) -> None:
        with contextlib.suppress(RuntimeError):  # flet's word for: the control is gone meanwhile
            self.handle_invoke_method_results(control_id, call_id, result, error)

    def detach(self, link: Link) -> None:
        """Forget a client that has gone. The last one to go starts the session's timeout. On the loop."""
        with self._tree_lock:
            if link not in self._links:
                return
            self._links.remove(link)
        for call_id, (control_id, target) in list(self._calls.items()):
            if target is link:
                del self._calls[call_id]
                self._answer(control_id, call_id, None, "The client disconnected before it answered.")
        if not self._links and not self.closed:
            self.host.session_idle(self)
            self.fire("disconnect")

    def _attach(self, link: Link, packet: Register) -> None:
        if self.closed:
            return
        before = {name: getattr(self.page, name) for name in ("width", "height")}
        try:
            self._apply_page_props(packet.page)
        except ProtocolError as error:
            log.warning("a client registered with %s", error)
            return
        first = not self._links
        with self._tree_lock:
            if link not in self._links:
                self._links.append(link)
        self._active = link
        self.page.client_user_agent = link.user_agent or None
        self.page.client_ip = link.client_ip or None
        self.send_page(link)
        self.host.session_busy(self)
        if self._was_connected and first:
            self.fire("connect")
        elif (self.page.width, self.page.height) != (before["width"], before["height"]):
            # main has already run with an estimate of the page's size, or another client's.
            self.fire("resize", {"width": self.page.width, "height": self.page.height})
        self._was_connected = True

    def _apply_page_props(self, props: dict[str, Any]) -> None:
        known = {name: value for name, value in props.items() if name in _CLIENT_PAGE_PROPS}
        window = known.get("window")
        if isinstance(window, dict):
            known["window"] = {name: value for name, value in window.items() if not name.startswith("_")}
        try:
            self.apply_page_patch(known)
        except Exception as error:
            raise ProtocolError(f"page properties that flet cannot read: {error}") from error

    def _apply_client_props(self, link: Link, packet: PropsUpdate) -> None:
        # A name with an underscore would set internals: flet's patcher assigns those as they come.
        props = {name: value for name, value in packet.props.items() if isinstance(name, str) and not name.startswith("_")}
        try:
            self.apply_patch(packet.id, props)
        except Exception as error:
            raise ProtocolError(f"properties that flet cannot read: {error}") from error
        if packet.id == _PAGE_ID or len(self._links) < 2:
            return
        replacements = [((name,), encode_value(value)) for name, value in props.items()]
        outgoing = Outgoing(encode_replacements(packet.id, replacements), packet.id, replacements, is_patch=True)
        with self._tree_lock:
            for other in self._links:
                if other is not link:
                    other.push(outgoing)

    # -- events ------------------------------------------------------------------------------------

    def fire(self, name: str, data: Any = None) -> None:
        """Raise a page event, such as ``disconnect``, without waiting for its handler."""
        self._dispatch(None, Event(_PAGE_ID, name, data))

    async def dispatch_event(self, control_id: int, event_name: str, event_data: Any) -> None:
        """Run the handler of an event; flet itself calls this for ``close``."""
        self._dispatch(None, Event(control_id, event_name, event_data))

    def _dispatch(self, link: Link | None, event: Event) -> None:
        control = find_control(self, event.target)
        if control is None:
            log.debug("event %s for control %d, which is gone", event.name, event.target)
            return
        if self.host.observer is not None and self.host.observer.saw_event(self, event):
            return
        handler = getattr(control, f"on_{event.name}", None)
        context = self._context.copy()
        context.run(_current_link.set, link)
        if is_blocking(handler):
            self.lane.submit(lambda: self._run_blocking(control, event), context)
        else:
            self._spawn(self._run_async(control, event), context)

    def _run_blocking(self, control: BaseControl, event: Event) -> None:
        try:
            drive(trigger_event(control, event.name, event.data))
        except Exception as error:
            self.host.report(self, error, f"on_{event.name}")

    async def _run_async(self, control: BaseControl, event: Event) -> None:
        try:
            await trigger_event(control, event.name, event.data)
        except Exception as error:
            self.host.report(self, error, f"on_{event.name}")

    def _spawn(self, coroutine: Coroutine[Any, Any, None], context: contextvars.Context) -> None:
        def start() -> None:
            task = self.host.loop.create_task(coroutine)
            self._dispatched.add(task)  # the loop itself holds tasks only weakly
            task.add_done_callback(self._dispatched.discard)

        if threading.get_ident() == self.host.loop_thread_id:
            context.run(start)
        else:
            self.host.loop.call_soon_threadsafe(start, context=context)

    # -- what flet calls -----------------------------------------------------------------------------

    def patch_control(
        self,
        control: BaseControl,
        prev_control: BaseControl | None = None,
        parent: Any = None,
        path: list[Any] | None = None,
        frozen: bool = False,
    ) -> None:
        """Diff a control and send what changed; safe from any thread."""
        if self._ended:
            raise SessionClosed("This app was closed. Run its cell again to start it anew.")
        with self._tree_lock:
            super().patch_control(control, prev_control, parent, path, frozen)
            if self.host.observer is not None:
                self.host.observer.tree_changed(self)
                self._pump_locked()

    def schedule_update(self, control: BaseControl) -> None:
        """Queue a component's update; safe from any thread."""
        self._on_loop(super().schedule_update, control)

    def schedule_effect(self, hook: Any, is_cleanup: bool) -> None:
        """Queue a component's effect; safe from any thread."""
        self._on_loop(super().schedule_effect, hook, is_cleanup)

    def error(self, message: str) -> None:
        """Report an error that flet caught; the app lives on."""
        self.host.report(self, message, "")

    def close(self) -> None:
        """End the session for good: ``on_close`` fires, clients are let go. Runs on the loop."""
        if self.closed:
            return
        self.closed = True
        with self._tree_lock:
            self._links.clear()
        for task in list(self.tasks):
            task.cancel()
        super().close()
        self.host.loop.call_later(_CLOSING_TIME, self._end)

    def _end(self) -> None:
        self._ended = True
        for task in list(self.tasks):
            task.cancel()
        self.lane.close()

    def _on_loop(self, function: Any, *args: Any) -> None:
        if threading.get_ident() == self.host.loop_thread_id:
            function(*args)
        else:
            self.host.loop.call_soon_threadsafe(function, *args)

    # -- out -----------------------------------------------------------------------------------------

    def send(self, message: Message) -> None:
        """Pack a message from flet and give it to the clients it is for."""
        data = encode_message(message)
        with self._tree_lock:
            if message.action is MessageAction.INVOKE_METHOD:
                link = self.active_link
                self._calls[message.body.call_id] = (message.body.control_id, link)
                if link is not None:
                    link.push(Outgoing(data))
                elif len(self._early_calls) < _MAX_EARLY_CALLS:
                    self._early_calls.append(Outgoing(data))
            elif self._links:
                outgoing = self._outgoing(message, data)
                for link in self._links:
                    link.push(outgoing)
            self._pump_locked()

    def send_to(self, link: Link, packet: Outgoing) -> None:
        """Give one client a packet of its own."""
        with self._tree_lock:
            link.push(packet)
            self._pump_locked()

    def pump(self) -> None:
        """Send what the clients can take now; safe from any thread."""
        with self._tree_lock:
            self._pump_locked()

    def acknowledge(self, link: Link, number: int) -> None:
        """Note what a client has received, and go on sending."""
        with self._tree_lock:
            link.acknowledge(number)
            self._pump_locked()

    @staticmethod
    def _outgoing(message: Message, data: bytes) -> Outgoing:
        if not isinstance(message.body, PatchControlBody):
            return Outgoing(data)
        return Outgoing(data, message.body.id, scalar_replacements(message.body.patch), is_patch=True)

    def _pump_locked(self) -> None:
        delays = []
        for link in self._links:
            if link.needs_page:
                self.host.loop.call_soon_threadsafe(self._send_missed_page, link)
            delay = link.pump()
            if delay is not None:
                delays.append(delay)
        if delays:
            due = time.monotonic() + min(delays)
            if self._pump_at is None or due < self._pump_at - 0.001:
                self._pump_at = due
                self.host.loop.call_soon_threadsafe(self._pump_later, due)

    def _pump_later(self, due: float) -> None:
        self.host.loop.call_later(max(0.0, due - time.monotonic()), self._pump_now, due)

    def _pump_now(self, due: float) -> None:
        with self._tree_lock:
            if self._pump_at == due:
                self._pump_at = None
                self._pump_locked()

    def _send_missed_page(self, link: Link) -> None:
        with self._tree_lock:
            if link in self._links and link.needs_page:
                self.send_page(link)


class _SessionConnection(Connection):  # type: ignore[misc]
    """What flet takes for the connection to its one client: the session's clients together."""

    def __init__(self, session: LiveSession) -> None:
        super().__init__()
        host = session.host
        self.loop = host.loop
        self.executor = host.executor
        self.pubsubhub = host.pubsub
        self.page_url = host.page_url
        self.page_name = host.page_name
        self._session = session

    def send_message(self, message: Message) -> None:
        self._session.send(message)

    def get_upload_url(self, file_name: str, expires: int) -> str:
        return self._session.host.upload_url(self._session, file_name, expires)

    def oauth_authorize(self, attrs: dict[str, Any]) -> None:
        self._session.host.authorize(self._session, attrs)

    def data_channel_for(self, channel_id: int) -> Any:
        link = _current_link.get() or self._session.active_link
        if link is None:
            raise RuntimeError("A data channel needs a connected client.")
        return link.data_channel(channel_id)
