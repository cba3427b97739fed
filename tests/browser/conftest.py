"""Fixtures: one browser and one JupyterLab for all browser tests, one page for each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.jupyter import (
    CHROMIUM_ARGUMENTS,
    JupyterServer,
    Notebook,
    chromium_path,
    jupyter_server,
    new_context,
    write_notebook,
)
from tests.browser.panels import SOCKETS, Lab
from tests.browser.website import Site, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from playwright.sync_api import Browser, Page

    from tests.web.serving import Serving


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


def _file_name(request: pytest.FixtureRequest) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", request.node.name)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)  # others may need this machine, too
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    with jupyter_server(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = new_context(browser)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


@pytest.fixture
def notebook(
    page: Page, server: JupyterServer, request: pytest.FixtureRequest
) -> Iterator[Callable[[Sequence[str]], Notebook]]:
    """Open a new notebook with the given cells; its kernel ends with the test."""
    paths: list[str] = []

    def open_notebook(cells: Sequence[str]) -> Notebook:
        path = re.sub(r"[^A-Za-z0-9_]+", "-", request.node.name) + f"-{len(paths)}.ipynb"
        write_notebook(server.root / path, ["%load_ext flet_jupyter\nimport flet as ft", *cells])
        notebook = Notebook(page, server)
        notebook.open(path)
        paths.append(path)
        notebook.run(0)
        return notebook

    yield open_notebook
    folder = request.config.rootpath / "test-results"
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / f"{_file_name(request)}.png")
    page.goto("about:blank")
    for session in server.request("api/sessions"):
        if session["path"] in paths:
            server.request(f"api/sessions/{session['id']}", "DELETE")


@pytest.fixture(scope="module")
def lab_page(browser: Browser) -> Iterator[Page]:
    """One page for the tests of a module that work in JupyterLab: it takes long to load."""
    context = new_context(browser)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.add_init_script(SOCKETS)
    yield page
    context.close()


@pytest.fixture
def lab(lab_page: Page, server: JupyterServer, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """JupyterLab with nothing open, and an empty folder to work in; nothing may go wrong in its console."""
    lab = Lab(lab_page, server, _file_name(request))
    lab.enter()
    yield lab
    lab.picture(_file_name(request))
    if request.node.stash.get(_FAILED, False):
        lab_page.goto("about:blank")  # nobody knows what is open in it
        lab.clean_up()
        return
    lab.leave()
    assert lab.wrong == []


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The apps of the website; what is served of them ends with the test."""
    site = Site(tmp_path)
    yield site
    site.stop()


@pytest.fixture(scope="session")
def all_apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Serve the folder of the website's apps, for tests that need nothing special."""
    site = Site(tmp_path_factory.mktemp("site"))
    yield site.serve(".", FLET_SECRET_KEY="a long secret")
    site.stop()


@pytest.fixture
def visitors(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visitor]]:
    """Make visitors of the website; nothing may have gone wrong in their browsers but what a test has forgiven."""
    made: list[Visitor] = []

    def come(**options: Any) -> Visitor:
        made.append(Visitor(browser, **options))
        return made[-1]

    yield come
    for number, visitor in enumerate(made):
        visitor.leave(f"{_file_name(request)}-{number}")
    assert [wrong for visitor in made for wrong in visitor.wrong] == []


@pytest.fixture
def visitor(visitors: Callable[..., Visitor]) -> Visitor:
    """One visitor of the website."""
    return visitors()
