"""What every benchmark needs: a JupyterLab, browsers, notebooks, and the memory they take."""

from __future__ import annotations

import contextlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped] # without types-psutil
from playwright.sync_api import Browser, sync_playwright

from tests.browser.jupyter import (
    CHROMIUM_ARGUMENTS,
    JupyterServer,
    Notebook,
    chromium_path,
    jupyter_server,
    new_context,
    write_notebook,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import BrowserContext, Page, Playwright

PAGE_SCRIPT = Path(__file__).with_name("page.js")
SETUP = "%load_ext flet_jupyter\nimport flet as ft\nimport flet_jupyter"
COUNTER = """
def main(page: ft.Page):
    count = ft.Text("0")
    page.add(count, ft.FilledButton("Add", on_click=lambda e: setattr(count, "value", str(int(count.value) + 1))))
"""
MEGABYTE = 1e6


@dataclass(frozen=True)
class Memory:
    """Proportional set sizes of a browser, in MB."""

    total: float
    renderers: float


class Lab:
    """A running JupyterLab and the means to look at it.

    Parameters
    ----------
    server : JupyterServer
        The server.
    playwright : playwright.sync_api.Playwright
        Starts browsers.
    """

    def __init__(self, server: JupyterServer, playwright: Playwright) -> None:
        self.server = server
        self._playwright = playwright
        self._notebooks = 0

    @contextlib.contextmanager
    def browser(self) -> Iterator[Browser]:
        """Start a browser of its own, so that memory and caches are one measurement's."""
        browser = self._playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()

    @contextlib.contextmanager
    def notebook(self, context: Browser | BrowserContext, cells: Sequence[str]) -> Iterator[Notebook]:
        """Open a new notebook with a kernel of its own; its first cell, which loads the extension, has run."""
        self._notebooks += 1
        path = f"bench-{self._notebooks}.ipynb"
        write_notebook(self.server.root / path, [SETUP, *cells])
        page = new_page(context)
        try:
            notebook = Notebook(page, self.server)
            notebook.open(path)
            notebook.run(0)
            page.evaluate("() => fletBench.watch()")
            yield notebook
        finally:
            page.close()
            for session in self.server.request("api/sessions"):
                if session["path"] == path:
                    self.server.request(f"api/sessions/{session['id']}", "DELETE")

    def set_windowing(self, mode: str | None) -> None:
        """Have notebooks opened from now on use a windowing mode; None is JupyterLab's default."""
        folder = self.server.root / ".lab-settings" / "@jupyterlab" / "notebook-extension"
        folder.mkdir(parents=True, exist_ok=True)
        settings = {} if mode is None else {"windowingMode": mode}
        (folder / "tracker.jupyterlab-settings").write_text(json.dumps(settings))


@contextlib.contextmanager
def lab(**settings: object) -> Iterator[Lab]:
    """Start JupyterLab in an empty folder, with these settings of the server extension."""
    options = [f"--FletExtension.{name}={value}" for name, value in settings.items()]
    with (
        tempfile.TemporaryDirectory() as folder,
        jupyter_server(Path(folder), options=options) as server,
        sync_playwright() as driver,
    ):
        yield Lab(server, driver)


def new_page(context: Browser | BrowserContext) -> Page:
    """Open a page that has the benchmarks' own script."""
    page = (new_context(context) if isinstance(context, Browser) else context).new_page()
    page.set_default_timeout(60_000)
    page.add_init_script(path=PAGE_SCRIPT)
    return page


def settle(page: Page, seconds: float = 4.0) -> None:
    """Let what was put aside be thrown away (views wait 2 s for another rendering), and collect garbage."""
    page.wait_for_timeout(seconds * 1000)
    session = page.context.new_cdp_session(page)
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
        page.wait_for_timeout(300)
    session.detach()


def browser_memory(browser: Browser) -> Memory:
    """Measure all processes of a browser: in software rendering, much of a page is in the GPU process."""
    session = browser.new_browser_cdp_session()
    processes: list[dict[str, Any]] = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    sizes = {"renderer": 0.0}
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            size = psutil.Process(process["id"]).memory_full_info().pss / MEGABYTE
            sizes[process["type"]] = sizes.get(process["type"], 0.0) + size
    return Memory(sum(sizes.values()), sizes["renderer"])


def js_heap(page: Page) -> float:
    """Return the size of the page's JavaScript objects in MB; call :func:`settle` before."""
    session = page.context.new_cdp_session(page)
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used / MEGABYTE


def kernel_memory(notebook: Notebook) -> float:
    """Return the resident memory of a notebook's kernel in MB, after its garbage was collected."""
    pid = int(notebook.quietly("import gc, os; gc.collect(); print(os.getpid())"))
    resident: int = psutil.Process(pid).memory_info().rss
    return resident / MEGABYTE
