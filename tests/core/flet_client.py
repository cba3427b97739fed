"""A model client on flet's own session, to hold ours against."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import flet as ft
import msgpack

from flet_jupyter.core.flet_api import (
    Connection,
    Message,
    MessageAction,
    PubSubHub,
    RegisterClientResponseBody,
    Session,
    bind_page,
    decode_extension,
    encode_object,
)
from tests.core.model_client import PAGE, ModelClient

__all__ = ["FletClient"]


class FletClient(ModelClient):
    """A model client of flet's own session, served as flet's web server does.

    Attributes
    ----------
    broken : Exception or None
        What a packet made the client choke on, if any did: flet sends some patches that its own client cannot apply.
    failures : list
        What flet caught and told the client as a failure of the app.
    """

    def __init__(self, main: Callable[[ft.Page], Any]) -> None:
        super().__init__()
        self.broken: Exception | None = None
        self.failures: list[BaseException | None] = []
        self._main = main
        self._connection = _Connection(self)
        self.session = _Session(self._connection)
        self.session.failures = self.failures

    async def start(self) -> None:
        self.attach()
        await asyncio.create_task(self._run())

    def attach(self) -> None:
        """Get the page as it is before `main` runs."""
        session = self.session
        session.apply_page_patch(PAGE)
        page = session.get_page_patch()  # type: ignore[no-untyped-call]
        body = RegisterClientResponseBody(session_id=session.id, page_patch=page, error="")
        self._connection.send_message(Message(MessageAction.REGISTER_CLIENT, body))

    async def _run(self) -> None:
        bind_page(self.session.page)
        result = self._main(self.session.page)
        if asyncio.iscoroutine(result):
            await result
        elif hasattr(result, "__next__"):
            for _ in result:
                await self.session.after_event(self.session.page)
        elif hasattr(result, "__anext__"):
            async for _ in result:
                await self.session.after_event(self.session.page)
        await self.session.after_event(self.session.page)

    async def send(self, packet: bytes) -> None:
        action, body = msgpack.unpackb(packet[1:], ext_hook=decode_extension)
        if action == MessageAction.CONTROL_EVENT.value:
            await asyncio.create_task(self.session.dispatch_event(body["target"], body["name"], body["data"]))
        elif action == MessageAction.UPDATE_CONTROL_PROPS.value:
            self.session.apply_patch(body["id"], body["props"])

    async def settle(self) -> None:
        """Wait until what was started on the loop has ended."""
        for _ in range(50):
            await asyncio.sleep(0)


class _Session(Session):
    failures: list[BaseException | None]

    def error(self, message: str) -> None:
        self.failures.append(sys.exc_info()[1])
        super().error(message)


class _Connection(Connection):
    def __init__(self, client: FletClient) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.loop = asyncio.get_running_loop()
        self.pubsubhub = PubSubHub(loop=self.loop)
        self._client = client

    def send_message(self, message: Message) -> None:
        packet = b"\x00" + msgpack.packb([message.action.value, message.body], default=encode_object)
        try:
            self._client.receive(packet)
        except (AssertionError, AttributeError, LookupError, TypeError) as error:
            # Not raised: flet's client is elsewhere, and the app goes on.
            self._client.broken = self._client.broken or error
