"""A live session: one run of an app, shown by any number of clients."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Final

from flet.utils import is_pyodide

from flet_jupyter.core.background import Background, SessionPubSub
from flet_jupyter.core.calls import MAX_WAITING as MAX_WAITING_CALLS
from flet_jupyter.core.calls import Calls
from flet_jupyter.core.client_info import ClientInfo
from flet_jupyter.core.connection import SessionConnection
from flet_jupyter.core.current import current_link, current_session
from flet_jupyter.core.events import Events
from flet_jupyter.core.flet_api import (
    BaseControl,
    InvokeMethodRequestBody,
    Message,
    MessageAction,
    PatchControlBody,
    RegisterClientResponseBody,
    Session,
    SessionCrashedBody,
    bind_page,
    drop_services,
    forget_updates,
    wants_update,
)
from flet_jupyter.core.outbox import Outgoing
from flet_jupyter.core.packets import (
    Event,
    InvokeResult,
    PropsUpdate,
    Register,
    encode_message,
    encode_page,
    replace_properties,
    scalar_replacements,
)
from flet_jupyter.core.tree import ControlTree
from flet_jupyter.exceptions import FletJupyterError, LimitReached, ProtocolError, SessionClosed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flet_jupyter.core.app_host import AppHost
    from flet_jupyter.core.link import Link

__all__ = ["LiveSession", "current_session"]

log = logging.getLogger(__name__)

_PAGE_ID: Final = 1
_CLOSING_TIME: Final = 1.0
"""Seconds that on_close handlers have for their work."""
_MAX_PIXELS: Final = 100_000
_CLIENT_PAGE_PROPS: Final = frozenset(
    (
        "route",
        "pwa",
        "web",
        "debug",
        "wasm",
        "test",
        "platform_brightness",
        "width",
        "height",
        "platform",
        "window",
        "media",
    )
)
"""What a client may say about its page when it registers. ``pyodide`` and ``multi_view`` are how
the page embeds the client; the app sees neither, but whether Python itself runs in the browser."""


class LiveSession(Session):
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
    client : ClientInfo, optional
        Who the first client is; its address of the app is the session's.
    """

    def __init__(self, host: AppHost, page_props: dict[str, Any], client: ClientInfo | None = None) -> None:
        self.host = host
        self.client = client or ClientInfo()
        self.lane = host.new_lane()
        self.started_at = time.time()
        self.closed = False
        self._ended = False
        # Held for moments, while packets are handed to the links. Taken after the tree's, never before: the transports
        # serve other apps too, and never wait for a lock that is held for long.
        self._out_lock = threading.RLock()
        self._links: list[Link] = []
        self._active: Link | None = None
        self._announced: list[Link] = []  # they will register; main has not run yet
        self._ahead: list[Link] = []  # they have the page, and have not registered yet
        self._main_has_run = False
        self._was_connected = False
        self._pages_sent = 0
        self._calls = Calls()
        self._pump_at: float | None = None
        self._pump_timer: asyncio.TimerHandle | None = None
        self._tasks: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
        self._tasks_lock = threading.Lock()
        self._events = Events(self)
        super().__init__(SessionConnection(self))
        self._tree = ControlTree(self.index, host.settings.differ)
        self.background = Background(self)
        self.background.install()
        self._pubsub = SessionPubSub(self)
        self._context = contextvars.copy_context()
        self._context.run(current_session.set, self)
        self._context.run(bind_page, self.page)
        self._apply_page_props(page_props)
        self._note_client(self.client)
        self.page.pyodide = is_pyodide()
        self._context.run(self._tree.first, self.page)

    @property
    def pubsub_client(self) -> SessionPubSub:
        """The session's end of the app's pub/sub hub: what ``page.pubsub`` is."""
        return self._pubsub

    @property
    def label(self) -> str:
        """What logs call it: whoever knows the whole id may go on with the session."""
        return str(self.id)[:6]

    def new_context(self) -> contextvars.Context:
        """Return a context for code of this session's app."""
        return self._context.copy()

    # -- clients -----------------------------------------------------------------------------------

    @property
    def links(self) -> tuple[Link, ...]:
        """The clients attached now."""
        return tuple(self._links)

    @property
    def receivers(self) -> tuple[Link, ...]:
        """The clients attached now, and those that have the page already and are about to register."""
        return (*self._links, *self._ahead)

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
            link.registering = True
            self._on_loop(self._attach, link, packet.page)
            return
        registering = link.registering  # first: it ends when the link is among the others
        if link not in self._links:
            if registering:  # on the loop, which has not come to it yet
                self.host.loop.call_soon_threadsafe(self._handle_late, link, packet)
                return
            raise ProtocolError(f"{type(packet).__name__} before the client registered")
        self._active = link
        if isinstance(packet, Event):
            self._events.dispatch(link, packet)
        elif isinstance(packet, PropsUpdate):
            self._apply_client_props(link, packet)
        else:
            self._answer(packet)

    def _handle_late(self, link: Link, packet: Event | PropsUpdate | InvokeResult) -> None:
        try:
            self.handle(link, packet)
        except FletJupyterError as error:
            log.warning("dropped what a client sent while it registered: %s", error)

    def _answer(self, packet: InvokeResult) -> None:
        call = self._calls.take(packet.call_id)
        if call is None:
            raise ProtocolError("an answer to a call that nobody waits for")
        try:
            # In its turn: who waits for it counts on what the events before it have brought about.
            self.lane.start(lambda: call.settle(packet.result, packet.error), contextvars.Context())
        except LimitReached:
            call.settle(packet.result, packet.error)

    @property
    def current_link(self) -> Link | None:
        """The client whose event is being handled here, else the one used last."""
        link = current_link.get()
        return link if link in self._links else self.active_link

    def run_for(self, link: Link, function: Callable[..., object], *args: Any) -> None:
        """Call `function`, which is the app's code, in its turn and on behalf of a client."""
        context = self.new_context()
        context.run(current_link.set, link)
        self.lane.submit(lambda: self._run_reporting(function, args), context)

    def _run_reporting(self, function: Callable[..., object], args: tuple[Any, ...]) -> None:
        try:
            function(*args)
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - user code
            self.host.report(self, error, getattr(function, "__name__", ""))

    def send_page(self, link: Link) -> None:
        """Send `link` the whole page soon: it is new, or it has missed something. Safe from any thread."""
        if link.page_requested:
            return
        link.page_requested = True
        self.host.executor.submit(self.background.call, self._send_page, link)

    def _send_page(self, link: Link) -> None:
        """Send `link` the whole page as it was last diffed."""
        with self._tree.lock:
            try:
                if link not in self.receivers:
                    link.page_requested = False
                    return
                body = RegisterClientResponseBody(session_id=self.id, page_patch=self.page, error="")
                packet = encode_page(
                    Message(MessageAction.REGISTER_CLIENT, body), self._tree.encode_sent, self._pages_sent
                )
                self._pages_sent += 1
                with self._out_lock:
                    link.start(packet)
                    link.page_requested = False  # who asks from now on has missed this one
                    if self.host.observer is not None:
                        self.host.observer.page_sent(self, link)
                    if link in self._links:
                        self._ask_again(link)
                        self._pump()
            except BaseException:
                link.page_requested = False
                raise

    def _ask_again(self, link: Link) -> None:
        """Put to a client the calls that none was there for. With the lock held."""
        for call in self._calls.waiting():
            call.link = link
            link.push(Outgoing(call.packet))

    def announce(self, link: Link) -> None:
        """Expect a client to register, and send it the page as soon as ``main`` has run; safe from any thread.

        It then has the page when it asks for it, instead of waiting for one more message there and back. What changes
        until then is kept for it, as for any client that cannot take more.
        """
        self._on_loop(self._announce, link)

    def _announce(self, link: Link) -> None:
        with self._out_lock:
            if self.closed or link in self._links or link in self._ahead or link in self._announced:
                return
            (self._ahead if self._main_has_run else self._announced).append(link)
        if self._main_has_run:
            self.send_page(link)

    def main_has_run(self) -> None:
        """Note that ``main`` has returned, or raised. On the loop."""
        with self._out_lock:
            self._main_has_run = True
            announced, self._announced = self._announced, []
        for link in announced:
            self._announce(link)

    def detach(self, link: Link) -> None:
        """Forget a client that has gone. The last one to go starts the session's timeout. On the loop."""
        with self._out_lock:
            for links in (self._announced, self._ahead):
                if link in links:
                    links.remove(link)
            if link not in self._links:
                return
            self._links.remove(link)
        self._calls.fail("The client disconnected before it answered.", link)
        if not self._links and not self.closed:
            self.host.session_idle(self)
            self.fire("disconnect")

    def _attach(self, link: Link, page_props: dict[str, Any]) -> None:
        try:
            self._enter(link, page_props)
        finally:
            link.registering = False

    def _enter(self, link: Link, page_props: dict[str, Any]) -> None:
        size, route = (self.page.width, self.page.height), self.page.route
        try:
            self._apply_page_props(page_props)
        except ProtocolError as error:
            log.warning("a client registered with %s", error)
            return
        first = not self._links
        with self._out_lock:
            if self.closed:
                return
            if link not in self._links:
                self._links.append(link)
            has_page = link in self._ahead
            if has_page:
                self._ahead.remove(link)
                self._ask_again(link)
                self._pump()
            elif link in self._announced:
                self._announced.remove(link)
        self._active = link
        self._note_client(link.client)
        if not has_page:
            self.send_page(link)
        self.host.session_busy(self)
        if self._was_connected and first:
            self.fire("connect")
        if self._was_connected and self.page.route != route:
            self.fire("route_change", {"route": self.page.route})  # the page was loaded again with another address
        if not (self._was_connected and first) and (self.page.width, self.page.height) != size:
            # main has already run with an estimate of the page's size, or another client's.
            self.fire("resize", {"width": self.page.width, "height": self.page.height})
        self._was_connected = True

    def _note_client(self, client: ClientInfo) -> None:
        self.page.client_user_agent = client.user_agent or None
        self.page.client_ip = client.ip or None

    def _apply_page_props(self, props: dict[str, Any]) -> None:
        known = {
            name: value
            for name, value in props.items()
            if name in _CLIENT_PAGE_PROPS and not (name in ("width", "height") and _is_impossible(value))
        }
        try:
            self.apply_page_patch(_public(known))
            self._tree.mark(_PAGE_ID)
        except Exception as error:
            raise ProtocolError(f"page properties that flet cannot read: {error}") from error

    def _apply_client_props(self, link: Link, packet: PropsUpdate) -> None:
        try:
            props = _public(packet.props)
            if packet.id == _PAGE_ID:
                # Its address, its user agent and the like are not for a client to say.
                props = {name: value for name, value in props.items() if name in _CLIENT_PAGE_PROPS}
            if any(isinstance(value, list) for value in props.values()):
                self._tree.set_lists(packet.id, props, lambda: self._set_client_props(link, packet.id, props))
            else:
                self._set_client_props(link, packet.id, props)
        except Exception as error:
            raise ProtocolError(f"properties that flet cannot read: {error}") from error

    def _set_client_props(self, link: Link, number: int, props: dict[str, Any]) -> None:
        self.apply_patch(number, props)
        if any(isinstance(value, list | dict) for value in props.values()):
            self._tree.mark(number)
        if number == _PAGE_ID or not props or len(self.receivers) < 2:
            return
        outgoing = Outgoing(*replace_properties(number, props), is_patch=True)
        with self._out_lock:
            for other in self.receivers:
                if other is not link:
                    other.push(outgoing)
            self._pump()

    # -- events ------------------------------------------------------------------------------------

    def fire(self, name: str, data: Any = None) -> None:
        """Raise a page event, such as ``disconnect``, without waiting for its handler."""
        self._events.fire(name, data)

    async def dispatch_event(self, control_id: int, event_name: str, event_data: Any) -> None:
        """Run the handler of an event; flet itself calls this for ``close``."""
        self._events.dispatch(None, Event(control_id, event_name, event_data))

    async def after_event(self, control: BaseControl | None) -> None:
        """Do what is due when a handler has run; flet calls this after ``main``."""
        self.update_after(control)

    def update_after(self, control: BaseControl | None) -> None:
        """Update what a handler has changed, unless it has done so itself, and let unused services go."""
        if wants_update():
            while control is not None:
                if control.is_isolated() and not hasattr(control, "_frozen"):
                    control.update()
                    break
                control = control.parent
        forget_updates()
        drop_services(self.page)

    @property
    def busy(self) -> bool:
        """Whether handlers run or wait."""
        return self._events.busy or self.lane.busy

    @property
    def packets_waiting(self) -> int:
        """How many packets wait for clients to take them."""
        return sum(link.waiting for link in self.receivers)

    # -- what flet calls -----------------------------------------------------------------------------

    def patch_control(
        self,
        control: Any,
        prev_control: Any = None,
        parent: Any = None,
        path: list[Any] | None = None,
        frozen: bool = False,
    ) -> None:
        """Diff a control and send what changed; safe from any thread."""
        if self._ended:
            raise SessionClosed("This app was closed. Run its cell again to start it anew.")
        self._tree.update(
            prev_control or control,
            control,
            parent,
            path or [],
            frozen=frozen,
            send=self.send,
            settle=self._tree_changed,
        )

    def _tree_changed(self) -> None:
        if self.host.observer is not None:
            self.host.observer.tree_changed(self)

    def schedule_update(self, control: BaseControl) -> None:
        """Queue a component's update; safe from any thread."""
        self._on_loop(super().schedule_update, _ReportingUpdate(self, control))

    def schedule_effect(self, hook: Any, is_cleanup: bool) -> None:
        """Queue a component's effect; safe from any thread."""
        self._on_loop(super().schedule_effect, hook, is_cleanup)

    def show_failure(self, message: str) -> None:
        """Tell the clients that the app has failed; they show `message` instead of the app."""
        self.send(Message(MessageAction.SESSION_CRASHED, SessionCrashedBody(message)))

    def error(self, message: str) -> None:
        """Report an error that flet caught; the app lives on."""
        self.host.report(self, message, "")

    def close(self) -> None:
        """End the session for good: ``on_close`` fires, clients are let go. Safe from any thread.

        :attr:`closed` is true when this returns; the rest happens on the loop.
        """
        with self._out_lock:
            if self.closed:
                return
            self.closed = True
            for links in (self._links, self._ahead, self._announced):
                links.clear()
        self._on_loop(self._close)

    def _close(self) -> None:
        self._cancel_tasks()
        self._calls.fail("Session closed")
        self._pubsub.unsubscribe_all()  # type: ignore[no-untyped-call]
        super().close()  # type: ignore[no-untyped-call]
        self.host.loop.call_later(_CLOSING_TIME, self._end)

    def _end(self) -> None:
        self._ended = True
        self._cancel_tasks()
        if self._pump_timer is not None:
            self._pump_timer.cancel()
        self.lane.close()

    def adopt_task(self, task: asyncio.Task[Any]) -> None:
        """Let `task` end with the session; safe from any thread."""
        with self._tasks_lock:
            self._tasks.add(task)

    def _cancel_tasks(self) -> None:
        with self._tasks_lock:
            tasks = list(self._tasks)
        for task in tasks:
            task.cancel()

    def _on_loop(self, function: Any, *args: Any) -> None:
        if threading.get_ident() == self.host.loop_thread_id:
            function(*args)
        else:
            self.host.loop.call_soon_threadsafe(function, *args)

    # -- for onlookers -------------------------------------------------------------------------------

    def known_of(self, controls: Iterable[BaseControl], patience: float) -> list[dict[str, Any]] | None:
        """Return what clients know of controls: their properties by name, in them other controls as they are.

        Nothing is noted of it; safe from any thread.

        Parameters
        ----------
        controls : iterable of BaseControl
            The controls.
        patience : float
            Seconds to wait for an update that is under way.

        Returns
        -------
        list of dict or None
            None if the update took longer.
        """
        lock = self._tree.lock
        if not lock.acquire(timeout=patience):
            return None
        try:
            return [self._tree.encode_sent(control) for control in controls]
        finally:
            lock.release()

    # -- out -----------------------------------------------------------------------------------------

    async def invoke_method(
        self,
        control_id: int,
        method_name: str,
        args: Any,
        timeout: float | None = None,
    ) -> Any:
        """Call a method of a control in the client that was used last, or in the first one to come.

        Raises
        ------
        TimeoutError
            There was no answer within `timeout` seconds.
        RuntimeError
            The client reports an error, or has gone.
        """
        call = self._calls.begin(asyncio.get_running_loop())
        request = InvokeMethodRequestBody(control_id=control_id, call_id=call.id, name=method_name, args=args)
        packet = encode_message(Message(MessageAction.INVOKE_METHOD, request), self._tree.encode)
        with self._out_lock:
            call.packet = packet
            call.link = self.current_link
            if call.link is not None:
                call.link.push(Outgoing(packet))
                self._pump()
            elif self.closed or len(self._calls.waiting()) > MAX_WAITING_CALLS:
                self._calls.answer(call.id, None, "Session closed" if self.closed else "No client shows this app.")
        try:
            return await self._calls.outcome(call, timeout)
        except asyncio.TimeoutError:
            raise TimeoutError(f"Timeout waiting for invokeMethod {method_name}({args}) call") from None

    def send(self, message: Message) -> None:
        """Pack a message from flet and give it to the clients."""
        data = encode_message(message, self._tree.encode)
        outgoing = self._outgoing(message, data) if self.receivers else None
        with self._out_lock:
            for link in self.receivers:
                outgoing = outgoing or self._outgoing(message, data)
                link.push(outgoing, hold=link in self._ahead)
            self._pump()

    def send_to(self, link: Link, packet: Outgoing) -> None:
        """Give one client a packet of its own; safe from any thread."""
        with self._out_lock:
            link.push(packet)
            self._pump()

    def resync(self, link: Link) -> None:
        """Send a client that has missed something the whole page, as soon as its pace allows; safe from any thread."""
        with self._out_lock:
            if link.has_page:
                link.lose_track()
                self._pump()
            elif link in self._links:
                self.send_page(link)

    def acknowledge(self, link: Link, number: int) -> None:
        """Note what a client has received, and go on sending; safe from any thread."""
        with self._out_lock:
            link.acknowledge(number)
            self._pump()

    @staticmethod
    def _outgoing(message: Message, data: bytes) -> Outgoing:
        if not isinstance(message.body, PatchControlBody):
            return Outgoing(data)
        replacements = functools.partial(scalar_replacements, message.body.patch)
        return Outgoing(data, message.body.id, replacements, is_patch=True)

    def _pump(self) -> None:
        """Send what the clients can take now. With the lock held."""
        delays = []
        for link in self._links:
            delay = link.pump()
            if delay is not None:
                delays.append(delay)
            if link.needs_page:
                self.send_page(link)
            if link.has_dropped_calls():
                self._calls.fail("The client has not read anything for long.", link)
        if delays:
            due = time.monotonic() + min(delays)
            if self._pump_at is None or due < self._pump_at - 0.001:
                self._pump_at = due
                # In a context of its own: asyncio keeps that of a cancelled timer, and with it this session.
                self.host.loop.call_soon_threadsafe(self._pump_later, due, context=contextvars.Context())

    def _pump_later(self, due: float) -> None:
        if self._pump_timer is not None:
            self._pump_timer.cancel()
        self._pump_timer = self.host.loop.call_later(max(0.0, due - time.monotonic()), self._pump_now)

    def _pump_now(self) -> None:
        with self._out_lock:
            self._pump_at = None
            self._pump()


class _ReportingUpdate:
    """A component's queued update, as flet's scheduler calls it; the scheduler itself would end with an error."""

    def __init__(self, session: LiveSession, control: BaseControl) -> None:
        self._session = session
        self._control = control

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ReportingUpdate) and other._control is self._control

    def __hash__(self) -> int:
        return hash(self._control)

    def update(self) -> None:
        try:
            self._control.update()
        except Exception as error:  # noqa: BLE001 - user code
            self._session.host.report(self._session, error, "a component")


def _is_impossible(size: Any) -> bool:
    return isinstance(size, int | float) and not 0 < size <= _MAX_PIXELS


def _public(value: Any) -> Any:
    """Return what a client sent without names that begin with an underscore: flet's patcher sets those as they come."""
    if isinstance(value, dict):
        return {
            name: _public(part) for name, part in value.items() if isinstance(name, str) and not name.startswith("_")
        }
    if isinstance(value, list):
        return [_public(part) for part in value]
    return value
