"""What all hosts answer alike: headers, cookies, and what to say when there is nothing else to say."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flet_jupyter.site.notices import error_page
from flet_jupyter.site.visitor import BROWSER_COOKIE

if TYPE_CHECKING:
    from flet_jupyter.client import Reply
    from flet_jupyter.site.settings import ServerSettings

__all__ = ["begins_visit", "browser_cookie", "problem", "security_headers"]

_A_YEAR: Final = 365 * 24 * 3600
"""Seconds that a browser keeps its secret."""

_MESSAGES: Final = {
    403: "You are not allowed to see this.",
    404: "There is nothing at this address.",
    405: "This address takes no such requests.",
    500: "Something went wrong on the server; whoever runs it finds the cause in its log.",
}


def security_headers(settings: ServerSettings) -> dict[str, str]:
    """Return the headers that say what browsers may do with any answer."""
    headers = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
    if settings.cross_origin_isolation:
        headers |= {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
    return headers


def problem(status: int, accept: str, message: str = "") -> tuple[dict[str, str], bytes]:
    """Write an answer that is an error: a page for people, JSON for scripts.

    Parameters
    ----------
    status : int
        The HTTP status.
    accept : str
        The request's header of that name.
    message : str
        What is wrong and what to do; empty for a sentence about the status.

    Returns
    -------
    dict of str to str, bytes
        Headers and body.
    """
    message = message or _MESSAGES.get(status, "The server could not answer this request.")
    if "text/html" in accept:
        kind, body = "text/html; charset=utf-8", error_page(status, HTTPStatus(status).phrase, message)
    else:
        kind, body = "application/json", json.dumps({"message": message})
    return {"Cache-Control": "no-store", "Content-Type": kind}, body.encode()


def begins_visit(reply: Reply) -> bool:
    """Tell whether a browser is given a page, with which a visit begins.

    Also when it has kept the page (304): it may have lost its cookies.
    """
    return reply.status == 304 or reply.headers.get("Content-Type", "").startswith("text/html")


def browser_cookie(secret: str, *, secure: bool) -> str:
    """Return the value of ``Set-Cookie`` by which a browser is known again when a login ends.

    Parameters
    ----------
    secret : str
        What the browser is to keep.
    secure : bool
        Whether the browser has come by HTTPS, and is to send it by nothing else.
    """
    cookie = f"{BROWSER_COOKIE}={secret}; Path=/; Max-Age={_A_YEAR}; HttpOnly; SameSite=Lax"
    return f"{cookie}; Secure" if secure else cookie
