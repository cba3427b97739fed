"""Between what ASGI servers say and what ``site`` knows: requests, answers, the bodies of uploads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from flet_jupyter.exceptions import FletJupyterError, Refused
from flet_jupyter.site.answers import begins_visit, problem
from flet_jupyter.site.visitor import Request, headers_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from starlette.requests import HTTPConnection
    from starlette.requests import Request as StarletteRequest
    from starlette.types import Scope

    from flet_jupyter.client import Reply
    from flet_jupyter.site.logins import LoginReply
    from flet_jupyter.site.uploads import Upload
    from flet_jupyter.site.web_app import WebApp

__all__ = [
    "READ",
    "file_response",
    "full_path",
    "login_response",
    "not_allowed",
    "problem_response",
    "request_of",
    "save",
    "split_path",
    "url_path",
]

READ: Final = ("GET", "HEAD")
_NO_BODY: Final = frozenset((204, 304))


def request_of(connection: HTTPConnection) -> Request:
    """Return what matters of a request or of a WebSocket's handshake."""
    scope = connection.scope
    return Request(
        # None where the server listens on a Unix socket.
        peer=connection.client.host if connection.client is not None else "",
        scheme=scope.get("scheme", "http"),
        headers=headers_of((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        cookies=connection.cookies,
    )


def split_path(scope: Scope) -> tuple[str, str]:
    """Return the path that an app is at, without a slash at its end, and the path below it.

    Some servers put what they are told as ``root_path`` before all paths, others do not; who mounts apps does.
    """
    root: str = scope.get("root_path", "").rstrip("/")
    path: str = scope["path"]
    if path == root or path.startswith(f"{root}/"):
        return root, path[len(root) :]
    return root, path


def full_path(scope: Scope) -> str:
    """Return the path of a request from the root of its server, as it is written in URLs."""
    return url_path("".join(split_path(scope)))


def url_path(path: str) -> str:
    """Write a path as it stands in URLs, with one slash at its beginning and none at its end."""
    return f"/{quote(path, safe='/~@:!$&()*+,;=').strip('/')}"


def problem_response(
    connection: HTTPConnection, status: int, message: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """Answer that something cannot be had."""
    own, body = problem(status, connection.headers.get("accept", ""), message)
    return Response(body, status, {**(headers or {}), **own})


def not_allowed(request: StarletteRequest, allowed: tuple[str, ...], headers: Mapping[str, str]) -> Response | None:
    """Answer a request whose method is none of `allowed`; None if it is one of them."""
    if request.method in allowed:
        return None
    return problem_response(request, 405, "", {**headers, "Allow": ", ".join(allowed)})


def login_response(reply: LoginReply, headers: Mapping[str, str] | None = None) -> Response:
    """Answer the browser that a login provider has sent back."""
    return Response(reply.html or "", reply.status, {**(headers or {}), **reply.headers})


def file_response(request: StarletteRequest, app: WebApp, path: str, headers: Mapping[str, str]) -> Response:
    """Answer a GET or HEAD with a file of an app, or with its page.

    Parameters
    ----------
    request : starlette.requests.Request
        The request.
    app : WebApp
        Whose file.
    path : str
        What follows the app's path.
    headers : mapping of str to str
        Those of all answers.

    Raises
    ------
    Refused
        There is no such file, or it changes just now.
    """
    about = request_of(request)
    reply = app.reply(path.removeprefix("/"), about.headers, head=request.method == "HEAD")
    if reply is None:
        raise Refused("", 404)
    response = _reply_response(reply, headers, head=request.method == "HEAD")
    if begins_visit(reply) and (cookie := app.new_cookie(about)):
        response.headers.append("Set-Cookie", cookie[1])
    return response


def _reply_response(reply: Reply, headers: Mapping[str, str], *, head: bool) -> Response:
    headers = {**headers, **reply.headers}
    if head or reply.body is None:
        response = Response(status_code=reply.status)
        # Not the length of what is sent, which is nothing.
        response.init_headers(headers if head or reply.status in _NO_BODY else {**headers, "Content-Length": "0"})
        return response
    chunks = reply.chunks()
    try:
        first = next(chunks, b"")
    except FletJupyterError as error:
        raise Refused(str(error), 503) from error
    if len(first) >= int(reply.headers["Content-Length"]):
        return Response(first, reply.status, headers)
    return StreamingResponse(_stream(first, chunks), reply.status, headers)


async def _stream(first: bytes, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    for chunk in chunks:
        yield chunk
        # Where nobody reads any more, sending waits for nothing, and this would be all that the loop does.
        await asyncio.sleep(0)


async def save(upload: Upload, request: StarletteRequest) -> None:
    """Write the body of a request to the disk; leave nothing if that fails, for whatever reason.

    Raises
    ------
    UploadRefused
        Too many bytes, or a full disk.
    ClientDisconnect
        The sender has gone.
    """
    loop = asyncio.get_running_loop()
    try:
        # The next piece is not asked for before this one is on the disk.
        async for chunk in request.stream():
            if chunk:
                await loop.run_in_executor(None, upload.write, chunk)
        await loop.run_in_executor(None, upload.finish)
    finally:
        upload.abort()
