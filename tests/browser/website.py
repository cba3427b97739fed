"""Visitors of the dynamic website: people with real browsers, who see the apps of ``website_apps``."""

from __future__ import annotations

import re
import shutil
import socket
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.web.serving import Serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Download, FileChooser, Locator, Page, Request, Route
    from typing_extensions import Self

__all__ = ["APPS", "Cable", "Site", "Tab", "Visitor"]

APPS: Final = Path(__file__).parent / "website_apps"
RESULTS: Final = Path(__file__).parents[2] / "test-results"

# Flutter builds what can be found in its canvas when this, its button for screen readers, is pressed.
_SEMANTICS: Final = """
const press = () => {
  document.querySelector("flt-semantics-placeholder")?.click();
  requestAnimationFrame(press);
};
requestAnimationFrame(press);
"""

# Performance hints of the software renderer; and Chromium's own line for any answer that is an error.
_HARMLESS: Final = re.compile(r"GL Driver Message|GPU stall|Failed to load resource")


class Site:
    """The apps, copied to a folder of their own, and servers for them.

    Parameters
    ----------
    folder : Path
        An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.apps = folder / "apps"
        shutil.copytree(APPS, self.apps, ignore=shutil.ignore_patterns("__pycache__"))
        self._servers: list[Serving] = []

    def serve(self, *arguments: str, **variables: str) -> Serving:
        """Run ``jupyter flet serve`` in that folder."""
        server = Serving(*arguments, cwd=self.apps, **variables)
        self._servers.append(server)
        return server

    def stop(self) -> None:
        """Stop all servers that still run."""
        for server in self._servers:
            server.stop()


class Visitor:
    """A person with a browser: tabs that share cookies.

    Attributes
    ----------
    wrong : list of str
        What went wrong in the tabs: errors in their consoles, requests that failed, requests to other sites.
    """

    def __init__(self, browser: Browser, **options: Any) -> None:
        self.wrong: list[str] = []
        self.context = browser.new_context(**{"viewport": {"width": 800, "height": 600}, **options})
        self.context.set_default_timeout(20_000)
        self.context.add_init_script(_SEMANTICS)
        self.context.on("request", self._asked)
        self.context.on("requestfailed", self._failed)
        self.context.on("response", self._answered)
        self.context.on("console", self._said)
        self.context.on("weberror", lambda error: self.wrong.append(f"{error.page and error.page.url}: {error.error}"))

    def open(self, url: str) -> Tab:
        """Open an address in a new tab."""
        tab = Tab(self.context.new_page())
        tab.page.goto(url)
        return tab

    @contextmanager
    def holding(self, pattern: str) -> Iterator[None]:
        """Let requests for addresses like `pattern` wait until the end of the block."""
        held: list[Route] = []
        waits = True

        def hold(route: Route) -> None:
            if waits:
                held.append(route)
            else:
                route.continue_()

        self.context.route(pattern, hold)
        yield
        waits = False
        for route in held:
            route.continue_()

    def forgive(self, pattern: str) -> None:
        """Take off the list of what went wrong what has `pattern` in it."""
        self.wrong = [wrong for wrong in self.wrong if not re.search(pattern, wrong)]

    def leave(self, name: str) -> None:
        """Take a last picture of each tab, and close the browser."""
        for number, page in enumerate(self.context.pages):
            Tab(page).picture(f"{name}-{number}")
        self.context.close()

    def _asked(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.hostname != "127.0.0.1":
            self.wrong.append(f"foreign: {request.url}")

    def _failed(self, request: Request) -> None:
        # A page that is left stops what it was loading.
        if request.failure != "net::ERR_ABORTED":
            self.wrong.append(f"{request.failure}: {request.url}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            self.wrong.append(f"{response.status}: {response.url}")

    def _said(self, message: Any) -> None:
        if message.type == "error" and not _HARMLESS.search(message.text):
            self.wrong.append(f"console: {message.text}")


class Tab:
    """A page of the website, or of whatever it leads to."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def shows(self, *texts: str | re.Pattern[str]) -> None:
        """Wait until all these texts can be read."""
        for text in texts:
            expect(self.text(text).first).to_be_visible()

    def shows_times(self, text: str, times: int) -> None:
        """Wait until a text can be read so many times."""
        expect(self.text(text)).to_have_count(times)

    def hides(self, text: str) -> None:
        """Wait until a text cannot be read any more."""
        expect(self.text(text)).to_have_count(0)

    def text(self, text: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_text(text, exact=True)

    def button(self, name: str) -> Locator:
        """Return a button, by its text or its tooltip."""
        named = self.page.get_by_label(name, exact=True).get_by_role("button")
        return self.page.get_by_role("button", name=name, exact=True).or_(named)

    def press(self, name: str) -> None:
        """Click a button."""
        self.button(name).click()

    def type(self, label: str, text: str) -> None:
        """Replace what is in a text field, key by key."""
        field = self.page.get_by_label(label, exact=True)
        field.click()
        expect(field).to_be_focused()
        self.page.keyboard.press("ControlOrMeta+a")
        # Flutter has its own idea of what is selected, and says it a little later.
        self.page.wait_for_function(
            "([field]) => field.selectionStart === 0 && field.selectionEnd === field.value.length",
            arg=[field.element_handle()],
        )
        self.page.keyboard.type(text)
        expect(field).to_have_value(text)

    def closes(self) -> None:
        """Wait until the page has closed itself."""
        if not self.page.is_closed():
            self.page.wait_for_event("close")

    def titled(self, title: str) -> None:
        """Wait for the title of the page."""
        expect(self.page).to_have_title(title)

    def at(self, url: str) -> None:
        """Wait until this is the address."""
        expect(self.page).to_have_url(url)

    def download(self, name: str) -> Download:
        """Click a button that downloads something."""
        with self.page.expect_download() as download:
            self.press(name)
        return download.value

    def chooser(self, name: str) -> FileChooser:
        """Click a button that asks for files."""
        with self.page.expect_file_chooser() as chooser:
            self.press(name)
        return chooser.value

    def popup(self, name: str) -> Tab:
        """Click a button that opens a window."""
        with self.page.expect_popup() as popup:
            self.press(name)
        return Tab(popup.value)

    def picture(self, name: str) -> Path:
        """Take a screenshot for people to look at."""
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path


class Cable:
    """The network between visitors and a server: it can be cut, and mended.

    Parameters
    ----------
    server : Serving
        Where it leads.

    Attributes
    ----------
    url : str
        The address of the server by way of this cable.
    """

    def __init__(self, server: Serving) -> None:
        parts = urlsplit(server.url)
        self._to = (parts.hostname, parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = parts._replace(netloc=f"127.0.0.1:{self._listener.getsockname()[1]}").geturl()
        self._whole = True
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End all connections, and let none through."""
        with self._lock:
            self._whole = False
            ends, self._ends = self._ends, set()
        for end in ends:
            _close(end)

    def mend(self) -> None:
        """Let connections through again."""
        with self._lock:
            self._whole = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._join(near)

    def _join(self, near: socket.socket) -> None:
        with self._lock:
            if not self._whole:
                _close(near)
                return
            far = socket.create_connection(self._to)
            self._ends |= {near, far}
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
        with self._lock:
            self._ends -= {source, sink}
        _close(source)
        _close(sink)


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
    end.close()
