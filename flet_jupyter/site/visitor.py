"""Who asks, and by which way: addresses behind proxies, and the origins that may connect."""

from __future__ import annotations

import contextlib
import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flet_jupyter.site.kinds import Network

__all__ = ["BROWSER_COOKIE", "FrontDoor", "Request", "Visitor", "headers_of"]

BROWSER_COOKIE: Final = "flet_browser"
"""Holds a secret of the browser's own, so that a login ends in the browser where it began."""

_DEFAULT_PORTS: Final = {"http": "80", "https": "443", "ws": "80", "wss": "443"}


@dataclass(frozen=True, slots=True)
class Request:
    """What matters of a request, whatever framework has read it.

    Attributes
    ----------
    peer : str
        The address at the other end of the connection.
    scheme : str
        ``http`` or ``https`` (or ``ws``, ``wss``), as far as this server knows.
    headers : mapping of str to str
        By lower-case name.
    cookies : mapping of str to str
        By name.
    """

    peer: str
    scheme: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, as the site sees it.

    Attributes
    ----------
    ip : str
        The visitor's address.
    scheme : str
        ``http`` or ``https``, as the visitor's browser sees it.
    host : str
        Host and port by which the visitor knows the site.
    browser : str
        What :data:`BROWSER_COOKIE` holds; empty if there is none yet.
    """

    ip: str
    scheme: str
    host: str
    user_agent: str
    browser: str


class FrontDoor:
    """Tells visitors apart and lets those in who come from the site itself.

    Parameters
    ----------
    trusted_proxies : iterable of networks
        Addresses and networks whose ``X-Forwarded-For``, ``-Proto`` and ``-Host`` are believed.
    allow_origin : iterable of str
        Origins besides the site's own whose pages may connect; ``*`` lets all in.
    """

    def __init__(self, trusted_proxies: Iterable[Network] = (), allow_origin: Iterable[str] = ()) -> None:
        self._trusted = tuple(trusted_proxies)
        self._any_origin = "*" in allow_origin
        self._origins = {_normal(origin) for origin in allow_origin if origin != "*"}

    def visitor(self, request: Request) -> Visitor:
        """Tell who asks."""
        headers = request.headers
        forwarded = headers if self._trusts(request.peer) else {}
        scheme = _last(forwarded.get("x-forwarded-proto", "")).lower() or request.scheme
        return Visitor(
            ip=self._client(request.peer, forwarded.get("x-forwarded-for", "")),
            scheme="https" if scheme in ("https", "wss") else "http",
            host=_last(forwarded.get("x-forwarded-host", "")) or headers.get("host", ""),
            user_agent=headers.get("user-agent", "")[:500],
            browser=request.cookies.get(BROWSER_COOKIE, "")[:100],
        )

    def admits(self, request: Request) -> bool:
        """Tell whether a page of this origin may connect: a browser says from where it comes, and cannot lie about it.

        A client that names no origin is no page, and can do no more than a visitor can.
        """
        origin = request.headers.get("origin")
        if origin is None or self._any_origin:
            return True
        normal = _normal(origin)
        if not normal:
            return False
        if normal in self._origins:
            return True
        scheme = normal.partition("://")[0]
        # The scheme is the browser's: a proxy that ends TLS need not tell ours.
        return normal == _normal(f"{scheme}://{self.visitor(request).host}")

    def _client(self, peer: str, forwarded_for: str) -> str:
        """Return the nearest address that is no proxy of ours: what stands before it, a visitor may have made up."""
        client = peer
        for entry in reversed(forwarded_for.split(",")):
            if not self._trusts(client):
                break
            address = _address(entry)
            if address is None:
                break
            client = str(address)
        return client

    def _trusts(self, address: str) -> bool:
        parsed = _address(address)
        return parsed is not None and any(parsed in network for network in self._trusted)


def headers_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by lower-case name; what is sent several times is one list (RFC 9110, section 5.3)."""
    headers: dict[str, str] = {}
    for given, value in pairs:
        name = given.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(text)
        mapped = getattr(address, "ipv4_mapped", None)
        return mapped or address
    return None


def _last(text: str) -> str:
    """Return the last of several values: the one that our own proxy has added."""
    return text.rpartition(",")[2].strip()


def _normal(origin: str) -> str:
    """Return ``scheme://host:port`` in one spelling; empty for what is no origin."""
    try:
        parts = urlsplit(origin.strip().lower())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return f"{parts.scheme}://{parts.hostname}:{port or _DEFAULT_PORTS[parts.scheme]}"
