"""What an app runs beside its handlers: ``page.run_task``, ``page.run_thread``, pub/sub handlers.

Flet runs these as nobody's and only logs what they raise. Here they belong to their session: what they
print and raise appears where the app is shown, and the tasks end with it.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from typing import TYPE_CHECKING, Any

from flet_jupyter.core.current import current_session
from flet_jupyter.core.flet_api import PubSubClient, set_current_page
from flet_jupyter.core.loop_facade import after_job, gated
from flet_jupyter.core.runner import contain

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Awaitable, Callable

    from flet_jupyter.core.session import LiveSession

__all__ = ["Background", "SessionPubSub"]


class Background:
    """The background tasks and threads of one session."""

    def __init__(self, session: LiveSession) -> None:
        self._session = session

    def install(self) -> None:
        """Make the page's ``run_task`` and ``run_thread`` those of this object."""
        page = self._session.page
        object.__setattr__(page, "run_task", self.run_task)
        object.__setattr__(page, "run_thread", self.run_thread)

    def run_task(
        self, handler: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any
    ) -> concurrent.futures.Future[Any]:
        """Run the coroutine function `handler` on the session loop; callable from any thread.

        It begins when the blocking handler that calls this has ended, as everything that such a handler begins.

        Raises
        ------
        TypeError
            `handler` is no coroutine function.
        """
        if not inspect.iscoroutinefunction(handler):
            raise TypeError("handler must be a coroutine function")

        async def task() -> Any:
            set_current_page(self._session.page)
            try:
                return await handler(*args, **kwargs)
            except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - user code
                self._session.host.report(self._session, error, _name(handler))
                raise contain(error) from None

        loop = self._session.host.loop
        future: concurrent.futures.Future[Any] = self._context().run(
            asyncio.run_coroutine_threadsafe, gated(task()), loop
        )
        return future

    def run_thread(self, handler: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Run `handler` in a thread; where there are none, at once."""
        context = self._context()
        host = self._session.host

        def start() -> None:
            host.executor.submit(context.run, self._call, handler, args, kwargs)

        if not after_job(start):
            start()

    def call(self, handler: Callable[..., Any], *args: Any) -> None:
        """Call `handler` in this thread, as part of the session."""
        self._context().run(self._call, handler, args, {})

    def _call(self, handler: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        set_current_page(self._session.page)
        try:
            handler(*args, **kwargs)
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - user code
            self._session.host.report(self._session, error, _name(handler))

    def _context(self) -> contextvars.Context:
        """Return a copy of this context if it is the session's (its app may have variables of its own in it)."""
        inside = current_session.get() is self._session
        return contextvars.copy_context() if inside else self._session.new_context()


class SessionPubSub(PubSubClient):
    """Flet's pub/sub client, whose handlers run as part of their session."""

    def __init__(self, session: LiveSession) -> None:
        super().__init__(session.host.pubsub, session.id)
        self._background = session.background
        self._wrapped: dict[Callable[..., Any], Callable[..., Any]] = {}

    def subscribe(self, handler: Callable[[Any], Any]) -> None:
        """Call `handler` with each message to all."""
        super().subscribe(self._wrap(handler))

    def subscribe_topic(self, topic: str, handler: Callable[[str, Any], Any]) -> None:
        """Call `handler` with `topic` and each message on it."""
        super().subscribe_topic(topic, self._wrap(handler))

    def _wrap(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        # The hub ignores a handler that it has already; for that the same one is wrapped once.
        if handler not in self._wrapped:
            self._wrapped[handler] = _wrap(handler, self._background)
        return self._wrapped[handler]


def _wrap(handler: Callable[..., Any], background: Background) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(handler):

        async def start(*args: Any) -> None:
            background.run_task(handler, *args)

        return start
    return lambda *args: background.call(handler, *args)


def _name(function: object) -> str:
    return getattr(function, "__qualname__", type(function).__name__)
