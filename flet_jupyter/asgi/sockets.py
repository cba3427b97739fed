"""A visitor's WebSocket: checked, accepted, carried, or refused."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from starlette.websockets import WebSocketDisconnect, WebSocketState

from flet_jupyter.asgi.exchange import problem_response, request_of
from flet_jupyter.core.visit import POLICY
from flet_jupyter.exceptions import Refused
from flet_jupyter.transports.asgi_ws import AsgiSocket, carry

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from flet_jupyter.site.web_app import WebApp

__all__ = ["refuse", "serve"]

_DENIAL: Final = "websocket.http.response"
"""The extension by which a server lets a WebSocket be answered with any status: without it that is always 403."""


async def serve(websocket: WebSocket, app: WebApp) -> None:
    """Take a visitor until the connection ends, or refuse it. One that was accepted already is taken as it is."""
    secret = await _admit(websocket, app)
    if secret is None:
        return
    socket = AsgiSocket(websocket.send)
    # The request is read again: what this coroutine keeps, it keeps for as long as the visitor stays.
    visit = app.visit(request_of(websocket), socket, secret)
    await carry(websocket.receive, socket, visit)


async def _admit(websocket: WebSocket, app: WebApp) -> str | None:
    """Accept a connection; return the secret that its browser was given, if any, or None if it was refused."""
    request = request_of(websocket)
    try:
        app.check_visit(request)
    except Refused as refused:
        await refuse(websocket, refused)
        return None
    secret, cookie = app.new_cookie(request) or ("", "")
    if websocket.application_state is WebSocketState.CONNECTING:
        headers = [(b"set-cookie", cookie.encode("ascii"))] if cookie else []
        try:
            await websocket.accept(headers=headers)
        except (OSError, RuntimeError, WebSocketDisconnect):
            return None  # gone already: servers differ in how they say so
    return secret


async def refuse(websocket: WebSocket, refused: Refused) -> None:
    """Answer a handshake with a refusal."""
    with contextlib.suppress(OSError, WebSocketDisconnect):
        if websocket.application_state is not WebSocketState.CONNECTING:
            await websocket.close(POLICY, str(refused))
        elif refused.status >= 500 and _DENIAL in (websocket.scope.get("extensions") or {}):
            await websocket.send_denial_response(problem_response(websocket, refused.status, str(refused)))
        else:
            await websocket.close()
