"""What a browser loads that has never been to a website."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.browser.jupyter import new_context

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.bench.website_peers import Address


@dataclass
class Cold:
    """The bytes of a first page until the network is idle.

    Attributes
    ----------
    http : int
        Of responses, with their headers, as they came: compressed or not.
    frames : int
        Of WebSocket frames, both ways.
    largest : list of (int, str)
        The responses and their paths, the largest first.
    failed : list of str
        What could not be loaded from the peer.
    """

    http: int = 0
    frames: int = 0
    largest: list[tuple[int, str]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All of it."""
        return self.http + self.frames


def load_cold(browser: Browser, address: Address) -> Cold:
    """Open the app in a new context, and count until the page is there and nothing has moved for half a second."""
    context = new_context(browser)
    page = context.new_page()
    page.set_default_timeout(60_000)
    cold = Cold()
    paths: dict[str, str] = {}
    received = []

    def finish(event: dict[str, Any]) -> None:
        size = int(event["encodedDataLength"])
        cold.http += size
        cold.largest.append((size, paths.get(event["requestId"], "?")))

    def frame(event: dict[str, Any]) -> None:
        response = event["response"]
        data = response["payloadData"]
        cold.frames += len(base64.b64decode(data) if response["opcode"] == 2 else data.encode())
        received.append(event)

    def fail(event: dict[str, Any]) -> None:
        path = paths.get(event["requestId"], "?")
        if path.startswith(address.url):
            cold.failed.append(path)

    session = context.new_cdp_session(page)
    session.on("Network.requestWillBeSent", lambda event: paths.update({event["requestId"]: event["request"]["url"]}))
    session.on("Network.loadingFinished", finish)
    session.on("Network.loadingFailed", fail)
    session.on("Network.webSocketFrameReceived", frame)
    session.on("Network.webSocketFrameSent", frame)
    session.send("Network.enable")
    page.goto(address.url)
    page.locator("flutter-view").wait_for(state="attached")
    while len(received) < 3:  # the client's register, the server's answer, the app's page
        page.wait_for_timeout(100)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)
    context.close()
    cold.largest.sort(reverse=True)
    return cold
