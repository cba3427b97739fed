"""The events of one session: from the packet to the handler, in its turn, and to the update that follows.

What a handler gets and when it is called is as in Flet. Flet itself finds out at each event what kind of event a
handler wants and how many parameters it has, and looks for the page anew at each step; here that is known per class.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
import time
from typing import TYPE_CHECKING, Any

from flet_jupyter.core.current import current_link
from flet_jupyter.core.flet_api import (
    bind_page,
    event_for,
    find_control,
    is_mounted,
    takes_nothing,
    trigger_event,
    triggers_as_flet,
)
from flet_jupyter.core.packets import Event
from flet_jupyter.core.runner import MAX_WAITING, drive, is_blocking
from flet_jupyter.exceptions import LimitReached

if TYPE_CHECKING:
    from collections.abc import Callable

    from flet_jupyter.core.flet_api import BaseControl
    from flet_jupyter.core.link import Link
    from flet_jupyter.core.session import LiveSession

__all__ = ["Events"]

log = logging.getLogger(__name__)

_PAGE_ID = 1


class Events:
    """Dispatches the events of one session.

    Parameters
    ----------
    session : LiveSession
        Whose events.
    """

    def __init__(self, session: LiveSession) -> None:
        self._session = session
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def busy(self) -> bool:
        """Whether async handlers run."""
        return bool(self._running)

    def fire(self, name: str, data: Any = None) -> None:
        """Raise a page event, such as ``disconnect``, without waiting for its handler."""
        try:
            self.dispatch(None, Event(_PAGE_ID, name, data))
        except LimitReached as error:
            log.warning("%s of session %s: %s", name, self._session.label, error)

    def dispatch(self, link: Link | None, event: Event) -> None:
        """Have an event handled in its turn; safe from any thread.

        Raises
        ------
        LimitReached
            Too many wait already.
        """
        session = self._session
        if session.host.observer is not None and session.host.observer.saw_event(session, event):
            return
        context = session.new_context()
        context.run(current_link.set, link)
        # As it is now the control only tells where its handler runs. One that is not in the index flet looks for in
        # the whole tree: not in the transport's thread, and one at a time.
        if is_blocking(_handler(session.index.get(event.target), event)):
            session.lane.submit(lambda: self._run_blocking(event), context)
        else:
            self._spawn(event, context)

    def _find(self, event: Event) -> BaseControl | None:
        """Return what an event is for, when its turn has come: handlers before it may have removed or replaced it."""
        session = self._session
        control: BaseControl | None = session.index.get(event.target)
        if control is None or not is_mounted(control, session.page):
            control = find_control(session, event.target)
        if control is None:
            log.debug("event %s for control %d, which is gone", event.name, event.target)
        return control

    def _run_blocking(self, event: Event) -> None:
        control = self._find(event)
        if control is None:
            return
        if not is_blocking(_handler(control, event)):  # another one than when the event came
            self._spawn(event, contextvars.copy_context())
            return
        began = time.perf_counter()
        try:
            # Without a handler too: what follows an event is the automatic update, and that diffs.
            if triggers_as_flet(control):
                self._trigger_blocking(control, event)
            else:
                drive(trigger_event(control, event.name, event.data))
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - user code
            self._session.host.report(self._session, error, f"on_{event.name}")
        self._handled(began)

    async def _run_async(self, event: Event) -> None:
        control = self._find(event)
        if control is None:
            return
        if is_blocking(_handler(control, event)):
            self._session.lane.submit(lambda: self._run_blocking(event), contextvars.copy_context())
            return
        began = time.perf_counter()
        try:
            if triggers_as_flet(control):
                await self._trigger_async(control, event)
            else:
                await trigger_event(control, event.name, event.data)
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - user code
            self._session.host.report(self._session, error, f"on_{event.name}")
        self._handled(began)

    def _handled(self, began: float) -> None:
        if self._session.host.on_handled is not None:
            self._session.host.on_handled(time.perf_counter() - began)

    # -- handlers ----------------------------------------------------------------------------------

    def _bind(self, control: BaseControl, event: Event) -> tuple[Callable[..., Any] | None, tuple[Any, ...]] | None:
        """Return the handler of an event and what it gets; None if the control does not want it handled."""
        argument = event_for(control, event.name, event.data)
        if argument is None:
            return None
        go_on = control.before_event(argument)
        if go_on is not None and not go_on:
            return None
        bind_page(self._session.page)
        handler = _handler(control, event)
        if not callable(handler):
            return None, ()
        return handler, () if takes_nothing(handler) else (argument,)

    def _trigger_blocking(self, control: BaseControl, event: Event) -> None:
        bound = self._bind(control, event)
        if bound is None:
            return
        handler, arguments = bound
        session = self._session
        if handler is not None:
            result = handler(*arguments)
            if inspect.isgeneratorfunction(handler):
                for _ in result:  # each step asks for an update
                    session.update_after(session.index.get(event.target))
        session.update_after(session.index.get(event.target))

    async def _trigger_async(self, control: BaseControl, event: Event) -> None:
        bound = self._bind(control, event)
        if bound is None:
            return
        handler, arguments = bound
        session = self._session
        if inspect.isasyncgenfunction(handler):
            async for _ in handler(*arguments):
                session.update_after(session.index.get(event.target))
                await asyncio.sleep(0)  # so that the update leaves before the next step begins
        elif handler is not None:
            await handler(*arguments)
        session.update_after(session.index.get(event.target))

    def _spawn(self, event: Event, context: contextvars.Context) -> None:
        if len(self._running) >= MAX_WAITING:
            raise LimitReached(f"{MAX_WAITING} async handlers run already; this event is dropped", MAX_WAITING)

        def start() -> None:
            task = self._session.host.loop.create_task(self._run_async(event))
            self._running.add(task)  # the loop itself holds tasks only weakly
            task.add_done_callback(self._running.discard)

        self._session.lane.start(start, context)


def _handler(control: BaseControl | None, event: Event) -> Any:
    return getattr(control, f"on_{event.name}", None)
