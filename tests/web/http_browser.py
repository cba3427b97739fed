"""A browser as far as a server can tell: pages, cookies and redirects, and the WebSocket that a page names."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode

from tests.core.harness import PATIENCE
from tests.site.socket_client import SocketClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from tests.web.nginx import Tls

__all__ = ["Browser", "TabClient", "in_background"]

T = TypeVar("T")


class Browser:
    """A browser that opens a page: it keeps cookies, and goes where the page says.

    Parameters
    ----------
    url : str
        What is typed into its address bar.
    address : str
        Its own; Linux has all of 127.0.0.0/8.
    cookies : bool
        Whether it takes any.
    tls : Tls, optional
        The certificate to trust.
    headers : dict of str to str
        What it sends besides.

    Attributes
    ----------
    page : httpx.Response
        The page, after redirects.
    """

    def __init__(
        self,
        url: str,
        *,
        address: str = "127.0.0.1",
        cookies: bool = True,
        tls: Tls | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.address = address
        self._tls = None if tls is None else tls.context
        self._headers = headers or {}
        self._takes_cookies = cookies
        self.http = httpx.Client(
            transport=httpx.HTTPTransport(local_address=address, verify=self._tls or True),
            follow_redirects=True,
            headers={"Accept": "text/html", **self._headers},
            timeout=PATIENCE,
        )
        self.page: httpx.Response = self.get(url)

    def get(self, url: str, **options: Any) -> httpx.Response:
        """Follow a link, from the page if it is relative."""
        reply = self.http.get(urljoin(self.base, url) if hasattr(self, "page") else url, **options)
        if not self._takes_cookies:
            self.http.cookies.clear()
        return reply

    @property
    def base(self) -> str:
        """What relative addresses in the page are below."""
        found = re.search(r'<base href="([^"]*)"', self.page.text)
        href: str = found.group(1) if found else ""
        return urljoin(str(self.page.url), href)

    @property
    def configuration(self) -> dict[str, Any]:
        """What the page tells the client."""
        found = re.search(r"Object\.assign\(target, (\{.*?\})\);", self.page.text)
        assert found, self.page.text
        values: dict[str, Any] = json.loads(found.group(1))
        return values

    @property
    def origin(self) -> str:
        url = urlsplit(str(self.page.url))
        return f"{url.scheme}://{url.netloc}"

    def client(self) -> TabClient:
        """Return the client that runs in the page, still to be entered."""
        headers = {"Origin": self.origin, **self._headers}
        if cookies := "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar):
            headers["Cookie"] = cookies
        endpoint = urljoin(self.base, self.configuration["webSocketEndpoint"]).removeprefix(self.origin)
        return TabClient(self.origin, endpoint, headers, address=self.address, context=self._tls)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()


class TabClient(SocketClient):
    """A client that has an address and may use TLS. It sends no pings, as browsers send none.

    Attributes
    ----------
    pings : int
        Those that have come.
    """

    def __init__(
        self, origin: str, endpoint: str, headers: dict[str, str], *, address: str, context: ssl.SSLContext | None
    ) -> None:
        super().__init__(origin, endpoint=endpoint.lstrip("/"), headers=headers)
        self._address = address
        self._context = context
        self.pings = 0

    async def __aenter__(self) -> Self:
        client = self

        class Connection(ClientConnection):
            def process_event(self, event: Any) -> None:
                super().process_event(event)
                if isinstance(event, Frame) and event.opcode is Opcode.PING:
                    client.pings += 1

        self.socket = await websockets.connect(
            self.url,
            additional_headers=self._headers,
            create_connection=Connection,
            max_size=None,
            compression=None,
            open_timeout=PATIENCE,
            ping_interval=None,
            proxy=None,
            local_addr=(self._address, 0),
            ssl=self._context,
        )
        self._reader = asyncio.create_task(self._read())
        return self


async def in_background(work: Callable[[], T]) -> T:
    """Do what blocks while the test's own loop serves."""
    return await asyncio.get_running_loop().run_in_executor(None, work)
