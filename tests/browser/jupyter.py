"""Real Jupyter servers and real browser pages, for tests and benchmarks."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
    # Nothing may leave this machine: a request to a CDN has to fail here as it does on an intranet.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]

LOAD_TIMEOUT = 60_000
"""Milliseconds for what a loaded machine may take long for: a server's start, a page's, an engine's."""


def chromium_path() -> str | None:
    """Return Debian's Chromium, or None to let Playwright use its own."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class JupyterServer:
    """A JupyterLab that was started for a test.

    Attributes
    ----------
    url : str
        Its base URL with a trailing slash.
    token : str
        What lets one in.
    root : Path
        The folder it serves.
    """

    url: str
    token: str
    root: Path
    process: subprocess.Popen[bytes]
    log: list[str] = field(default_factory=list)

    def request(self, path: str, method: str = "GET") -> Any:
        """Call the server's REST API."""
        request = urllib.request.Request(
            self.url + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request) as response:
            body = response.read()
        return json.loads(body) if body else None

    def kernels(self) -> list[dict[str, Any]]:
        """Return the running kernels."""
        kernels: list[dict[str, Any]] = self.request("api/kernels")
        return kernels


@contextlib.contextmanager
def jupyter_server(
    root: Path,
    *,
    base_url: str = "/some/prefix/",
    options: Sequence[str] = (),
    environment: dict[str, str] | None = None,
) -> Iterator[JupyterServer]:
    """Start JupyterLab in `root` on a free port, closed to whoever has no token."""
    token = secrets.token_hex(16)
    settings = root / ".lab-settings"
    (settings / "@jupyterlab" / "apputils-extension").mkdir(parents=True, exist_ok=True)
    (settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings").write_text(
        '{"fetchNews": "false", "checkForUpdates": false}'
    )
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root",
        f"--ServerApp.base_url={base_url}", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}",
        "--ServerApp.allow_unauthenticated_access=False", "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        f"--LabApp.user_settings_dir={settings}", f"--LabApp.workspaces_dir={root / '.lab-workspaces'}",
        "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *options,
    ]  # fmt: skip
    # The runtime folder is the server's own, so that it is not mistaken for one of the developer's.
    variables = {**os.environ, "JUPYTER_RUNTIME_DIR": str(root / ".runtime"), **(environment or {})}
    process = subprocess.Popen(command, cwd=root, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    log: list[str] = []
    reader = threading.Thread(target=_read_log, args=(process, log), daemon=True)
    reader.start()
    try:
        url = _wait_for_url(process, log, base_url)
        yield JupyterServer(url, token, root, process, log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join()


def _read_log(process: subprocess.Popen[bytes], log: list[str]) -> None:
    assert process.stderr is not None
    log.extend(line.decode(errors="replace").rstrip() for line in process.stderr)


def _wait_for_url(process: subprocess.Popen[bytes], log: list[str], base_url: str) -> str:
    deadline = time.monotonic() + LOAD_TIMEOUT / 1000
    while time.monotonic() < deadline and process.poll() is None:
        for line in list(log):
            match = re.search(r"http://127\.0\.0\.1:(\d+)" + re.escape(base_url), line)
            if match:
                url = match[0]
                with contextlib.suppress(urllib.error.URLError, ConnectionError):
                    urllib.request.urlopen(url + "login", timeout=5).read()
                    return url
        time.sleep(0.1)
    raise AssertionError("JupyterLab did not start:\n" + "\n".join(log[-40:]))


def notebook_of(cells: Sequence[str], kernel: str = "python3") -> dict[str, Any]:
    """Return a notebook with these code cells, for a kernel of this name."""
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": kernel, "display_name": "Python 3", "language": "python"}},
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{index}",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for index, source in enumerate(cells)
        ],
    }


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    """Write a notebook with these code cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook_of(cells)))


class Notebook:
    """A notebook open in JupyterLab in a real browser.

    Parameters
    ----------
    page : playwright.sync_api.Page
        The browser's page.
    server : JupyterServer
        The server it is on.
    """

    def __init__(self, page: Page, server: JupyterServer) -> None:
        self.page = page
        self.server = server
        self.console: list[str] = []
        page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.console.append(f"pageerror: {error}"))

    def open(self, path: str, *, reset: bool = True, app: str = "lab/tree") -> None:
        """Load JupyterLab with the notebook at `path` and wait for its kernel."""
        query = f"?token={self.server.token}" + ("&reset" if reset else "")
        self.page.goto(f"{self.server.url}{app}/{path}{query}", timeout=LOAD_TIMEOUT)
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until the notebook is shown and its kernel idle."""
        self.page.wait_for_function(
            """() => {
                const panel = window.jupyterapp?.shell?.currentWidget;
                const kernel = panel?.sessionContext?.session?.kernel;
                const connected = kernel?.connectionStatus === 'connected';
                return !!panel?.content?.widgets?.length && connected && kernel.status === 'idle';
            }""",
            timeout=LOAD_TIMEOUT,
        )

    def run(self, index: int) -> None:
        """Run the cell at `index` and wait until it has ended."""
        self.page.evaluate(
            """async index => {
                const app = window.jupyterapp;
                const notebook = app.shell.currentWidget.content;
                notebook.activeCellIndex = index;
                notebook.deselectAll();
                await app.commands.execute('notebook:run-cell');
            }""",
            index,
        )

    def start(self, index: int) -> None:
        """Run the cell at `index` without waiting for its end."""
        self.page.evaluate(
            """index => {
                const app = window.jupyterapp;
                const notebook = app.shell.currentWidget.content;
                notebook.activeCellIndex = index;
                notebook.deselectAll();
                void app.commands.execute('notebook:run-cell');
            }""",
            index,
        )

    def run_all(self) -> None:
        """Run every cell, one after another."""
        count = self.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length")
        for index in range(count):
            self.run(index)

    def add(self, source: str) -> int:
        """Append a code cell; return its index."""
        index: int = self.page.evaluate(
            """source => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                const shared = notebook.model.sharedModel;
                shared.insertCell(shared.cells.length, {cell_type: 'code', source});
                return shared.cells.length - 1;
            }""",
            source,
        )
        return index

    def execute(self, source: str) -> str:
        """Run `source` in a new last cell and return the text it prints."""
        index = self.add(source)
        self.run(index)
        return self.text(index)

    def quietly(self, source: str) -> str:
        """Run `source` in the kernel without a cell, and return what it prints; errors fail the test."""
        result = self.page.evaluate(
            """async source => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({code: source, store_history: false});
                let text = '', failure = null;
                future.onIOPub = message => {
                    if (message.header.msg_type === 'stream') text += message.content.text;
                    if (message.header.msg_type === 'error') failure = message.content.evalue;
                };
                await future.done;
                return [text, failure];
            }""",
            source,
        )
        assert result[1] is None, result[1]
        return str(result[0])

    def cell(self, index: int) -> Locator:
        """Return the cell at `index`."""
        return self.page.locator(f".jp-Notebook-cell[data-windowed-list-index='{index}']")

    def view(self, index: int) -> Locator:
        """Return the Flet view in the output of the cell at `index`."""
        return self.cell(index).locator(".flet-view")

    def text(self, index: int) -> str:
        """Return the text in the output of the cell at `index`."""
        return self.cell(index).locator(".jp-OutputArea").first.inner_text().rstrip()

    def command(self, name: str, **arguments: Any) -> None:
        """Execute a JupyterLab command."""
        self.page.evaluate("([name, args]) => window.jupyterapp.commands.execute(name, args)", [name, arguments])

    def cell_sources(self) -> list[str]:
        """Return the source of each cell."""
        sources: list[str] = self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.source)"
        )
        return sources


def expect_state(view: Locator, state: str, timeout: int = 20_000) -> None:
    """Wait until a view is in `state`."""
    expect(view).to_have_attribute("data-flet-state", state, timeout=timeout)


def enable_semantics(page: Page) -> None:
    """Have Flutter build its accessibility tree, by which things in its canvas can be found."""
    page.evaluate(
        "() => document.querySelectorAll('flt-semantics-placeholder').forEach(placeholder => placeholder.click())"
    )


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Return a browser context of a desktop's size."""
    return browser.new_context(viewport={"width": 1280, "height": 900}, **options)


def wait_for_pixel(view: Locator, position: tuple[int, int], color: tuple[int, int, int], seconds: float = 10) -> None:
    """Wait until a pixel of a view has a colour; `position` is in CSS pixels from the view's corner."""
    deadline = time.monotonic() + seconds
    while True:
        picture = Image.open(io.BytesIO(view.screenshot())).convert("RGB")
        found = picture.getpixel(position)
        if found == color:
            return
        assert time.monotonic() < deadline, f"the pixel at {position} is {found}, not {color}"
