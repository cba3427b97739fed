"""Kernel WebSockets: what the extension changes about them, and what it leaves alone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.utils import url_path_join
from tornado.httpclient import HTTPClientError
from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClientConnection

Connect = Callable[..., Awaitable[WebSocketClientConnection]]


@pytest.fixture
def undelayed() -> bool | None:
    """What the configuration says; None is nothing."""
    return None


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], undelayed: bool | None) -> dict[str, Any]:
    if undelayed is not None:
        jp_server_config["FletExtension"] = {"undelayed_kernel_sockets": undelayed}
    # To be kept, though the class is another.
    jp_server_config["ZMQChannelsWebsocketConnection"] = {"iopub_msg_rate_limit": 777}
    return jp_server_config


async def connected(jp_serverapp: Any, jp_ws_fetch: Connect) -> Any:
    """Start a kernel, connect to it, and return the server's end of the connection."""
    kernel = await jp_serverapp.kernel_manager.start_kernel()
    client = await jp_ws_fetch("api", "kernels", kernel, "channels")
    connection = next(each for each in ZMQChannelsWebsocketConnection._open_sockets if each.kernel_id == kernel)
    assert await client.read_message()  # a status: the connection is up
    return connection


def nodelay(connection: Any) -> bool:
    stream = connection.websocket_handler.ws_connection.stream
    return bool(stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


async def test_kernel_messages_leave_at_once(jp_serverapp: Any, jp_ws_fetch: Connect) -> None:
    connection = await connected(jp_serverapp, jp_ws_fetch)
    assert nodelay(connection)
    assert connection.iopub_msg_rate_limit == 777


@pytest.mark.parametrize("undelayed", [False])
async def test_an_administrator_can_leave_them_as_they_are(jp_serverapp: Any, jp_ws_fetch: Connect) -> None:
    connection = await connected(jp_serverapp, jp_ws_fetch)
    assert not nodelay(connection)


async def test_kernel_sockets_still_need_a_token(jp_serverapp: Any, jp_base_url: str, http_server_client: Any) -> None:
    kernel = await jp_serverapp.kernel_manager.start_kernel()
    path = url_path_join(jp_base_url, "api", "kernels", kernel, "channels")
    with pytest.raises(HTTPClientError) as refused:
        await http_server_client.fetch(path, headers={"Upgrade": "websocket", "Connection": "Upgrade"})
    assert refused.value.code == 403


async def test_a_kernel_that_answered_too_soon_is_asked_again_at_once(
    jp_serverapp: Any, jp_ws_fetch: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The subscription was not there for the first answer; the server itself asks again after half a second."""
    connection = await connected(jp_serverapp, jp_ws_fetch)
    iopub = connection.channels["iopub"]
    call_later, send, on_recv = IOLoop.call_later, Session.send, iopub.on_recv
    asked: list[Any] = []

    def call(loop: IOLoop, delay: float, callback: Any, *arguments: Any, **named: Any) -> object:
        return call_later(loop, 3600 if delay == 0.5 else delay, callback, *arguments, **named)

    def note(session: Session, stream: Any, message: Any, *arguments: Any, **named: Any) -> Any:
        if message == "kernel_info_request":
            asked.append(stream)
        return send(session, stream, message, *arguments, **named)

    def listen(callback: Any, *arguments: Any, **named: Any) -> None:
        # What answers the first question, which goes out on two channels, is missed.
        on_recv(lambda message: callback(message) if len(asked) > 2 else None, *arguments, **named)

    monkeypatch.setattr(IOLoop, "call_later", call)
    monkeypatch.setattr(Session, "send", note)
    monkeypatch.setattr(iopub, "on_recv", listen)
    heard = connection.nudge()
    await asyncio.wait([heard], timeout=20)
    assert heard.done()
