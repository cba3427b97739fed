"""Panels and cells in JupyterLite: a site of files, Python in the browser, no network behind it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect

from tests.browser.jupyter import enable_semantics, expect_state, new_context
from tests.browser.lite import PICTURE, LiteLab, build_site, served
from tests.browser.panels import COUNTER, counter
from tests.browser.seeing import near, pixel, wait_picture
from tests.browser.test_panel_inspector import Inspector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

HELPED = COUNTER.replace("import flet as ft", "import flet as ft\nfrom helper import TEXT").replace(
    '"version 1"', "TEXT"
)

START = 90_000
"""Milliseconds in which Pyodide is there, on a machine that has other things to do."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with an app."""
    with served(build_site(tmp_path_factory.mktemp("lite"))) as url:
        yield url


@pytest.fixture
def lab(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[LiteLab]:
    """JupyterLite with nothing open; nothing may go wrong in its console, and no request leave the site."""
    context = new_context(browser)
    page = context.new_page()
    page.set_default_timeout(START)
    origin = urljoin(site, "/")
    lost: list[str] = []
    page.on("request", lambda asked: asked.url.startswith((origin, "data:", "blob:")) or lost.append(asked.url))
    lab = LiteLab(page, site, "work")
    lab.load()
    yield lab
    lab.picture(re.sub(r"[^A-Za-z0-9_.-]+", "-", request.node.name))
    wrong = list(lab.wrong)
    context.close()  # which a kernel that is just asking for a file takes for a broken network, and says so
    assert wrong == []
    assert lost == []


def test_a_file_is_opened_in_a_panel_and_its_app_works(lab: LiteLab) -> None:
    lab.write("counter.py", COUNTER)
    lab.browse()
    lab.open_with("counter.py")
    panel = lab.panel("counter.py")
    panel.says("Fetching what the app needs, and starting it")  # which takes the longest
    panel.wait_live()
    panel.shows("version 1", "0")
    panel.count(1)
    panel.count(2)
    expect(panel.tab).to_contain_text("Counter")
    assert [one["name"] for one in lab.sessions()] == ["counter.py (Flet)"]
    page = "list(__import__('flet_jupyter').panels._files.values())[0].apps[0].page"
    assert panel.ask(f"{page}.pyodide, {page}.web") == "True True"


def test_a_save_shows_the_new_version_and_one_that_fails_leaves_the_last(lab: LiteLab) -> None:
    lab.write("helper.py", "TEXT = 'helper 1'\n")
    lab.write("counter.py", HELPED)
    editor = lab.edit("counter.py")
    panel = lab.open("counter.py", mode="split-right")
    panel.count(1)
    lab.type_over(editor, counter(2))
    panel.shows("version 2", "0")
    panel.count(1)
    lab.type_over(editor, "1 / 0\n")
    panel.says("The app failed to start: ZeroDivisionError: division by zero")
    panel.count(2)
    lab.type_over(editor, counter(3))
    panel.shows("version 3", "0")
    panel.says_nothing()


def test_what_an_app_and_its_modules_import_is_fetched(lab: LiteLab) -> None:
    lab.write("helper.py", "from sortedcontainers import SortedList\n\nTEXT = f'sorted {SortedList([2, 1])[0]}'\n")
    lab.write("counter.py", HELPED)
    panel = lab.open("counter.py")
    panel.shows("sorted 1")
    # Meanwhile it needs one that only the package index has.
    declared = '# /// script\n# dependencies = ["humanize"]\n# ///\nfrom humanize import intcomma as comma\n'
    lab.write("counter.py", declared + COUNTER.replace('"version 1"', "comma(1_000_000)"))
    panel.shows("1,000,000", "0")


def test_after_the_page_was_loaded_anew_a_panel_comes_back_with_its_app(lab: LiteLab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    lab.reload()
    panel = lab.panel("counter.py")
    panel.wait_live()
    panel.shows("version 1", "0")
    panel.count(1)


def test_the_kernel_is_restarted_with_its_app(lab: LiteLab) -> None:
    lab.write(
        "counter.py",
        COUNTER.replace("    page.title", "    print('printed by main')\n    page.title"),
    )
    panel = lab.open("counter.py")
    panel.count(1)
    panel.tool("Restart the kernel and the app").click()
    panel.wait_live()
    panel.shows("version 1", "0")
    panel.count(1)
    expect(panel.output).to_contain_text("printed by main")


def test_a_file_without_an_app_is_told(lab: LiteLab) -> None:
    lab.write("counter.py", "x = 1\n")
    panel = lab.open_any("counter.py")
    expect(panel.notice).to_contain_text("neither calls ft.run() nor defines a function 'main(page)'", timeout=START)
    lab.write("counter.py", COUNTER)
    panel.do("Start the App")
    panel.wait_live()
    panel.count(1)


def test_a_notebooks_app_runs_in_a_panel_with_what_it_awaits_and_installs(lab: LiteLab) -> None:
    cells = [
        "import sys\nif sys.platform == 'emscripten':\n    %pip install -q humanize",
        "import piplite\nawait piplite.install('psygnal')",
        "import humanize, psygnal, sortedcontainers\n%load_ext flet_jupyter",
        COUNTER,
    ]
    lab.write_notebook("app.ipynb", cells)
    panel = lab.open("app.ipynb")
    panel.shows("version 1", "0")
    panel.count(1)


def test_cells_show_apps_and_the_same_in_panels(lab: LiteLab) -> None:
    cells = [
        "%pip install -q flet-jupyter",
        "%load_ext flet_jupyter",
        COUNTER,
        "%flet --panel main",
        "%%flet\nno_such_name",
        "%flet --browser main",
    ]
    lab.write_notebook("book.ipynb", cells)
    lab.command("docmanager:open", path="work/book.ipynb")
    lab.page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )
    lab.command("notebook:run-all-cells")
    view = lab.page.locator(".jp-OutputArea .flet-view").first
    expect_state(view, "live", timeout=START)
    panel = lab.page.locator(".jp-FletCellPanel .flet-view")
    expect_state(panel, "live", timeout=START)
    enable_semantics(lab.page)
    for place in (view, panel):
        expect(place.get_by_text("0", exact=True)).to_be_visible()
        place.get_by_role("button", name="Add").click()
        expect(place.get_by_text("1", exact=True)).to_be_visible()
    expect(lab.page.locator(".jp-Notebook .jp-CodeCell").nth(4)).to_contain_text("name 'no_such_name' is not defined")
    lab.page.evaluate(
        """() => {
            const widgets = [...window.jupyterapp.shell.widgets('main')];
            widgets.find(({context}) => context?.path === 'work/book.ipynb').content.activeCellIndex = 5;
        }"""
    )
    lab.command("notebook:run-cell")
    expect(lab.page.locator(".jp-Notebook .jp-CodeCell").last).to_contain_text("A browser tab needs a Jupyter server")
    # The same app in another place, with its state.
    view.get_by_role("button", name="Add").click()
    view.hover()
    lab.page.get_by_role("button", name="Open in Panel").click()
    expect(lab.page.get_by_role("button", name="Open in Browser Tab")).to_have_count(0)
    panels = lab.page.locator(".jp-FletCellPanel .flet-view[data-flet-state=live]")
    expect(panels).to_have_count(2)
    enable_semantics(lab.page)
    expect(panels.get_by_text("2", exact=True)).to_be_visible()


def test_a_new_app_from_the_launcher_runs_beside_its_source(lab: LiteLab) -> None:
    lab.browse()
    lab.page.locator(".jp-LauncherCard[title*='Flet']").first.click()
    expect_state(lab.page.locator(".jp-FletPanel .flet-view"), "live", timeout=START)
    expect(lab.page.locator(".jp-FileEditor")).to_be_visible()


def test_the_inspector_shows_the_controls_of_an_app(lab: LiteLab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    inspector = Inspector(lab)
    inspector.row("Text", "1").click()
    expect(inspector.value("size")).to_have_text("40")
    panel.count(2)
    expect(inspector.value("value")).to_have_text("'2'")


def test_a_cell_that_fails_is_told_in_the_panel_of_its_notebook(lab: LiteLab) -> None:
    lab.write_notebook("app.ipynb", ["import flet", "def load():\n    return 1 / 0\nload()", COUNTER])
    panel = lab.open_any("app.ipynb")
    expect(panel.notice).to_contain_text("Cell 2 of app.ipynb failed.", timeout=START)
    expect(panel.notice).to_contain_text("return 1 / 0")
    expect(panel.notice).not_to_contain_text("Shown")


def test_a_file_that_is_renamed_or_deleted_leaves_its_app_alive(lab: LiteLab) -> None:
    lab.write("helper.py", "TEXT = 'helper 1'\n")
    lab.write("counter.py", HELPED)
    panel = lab.open("counter.py")
    panel.count(1)
    lab.page.evaluate("() => window.jupyterapp.serviceManager.contents.delete('work/helper.py')")
    panel.says("No module named 'helper'")
    panel.do("Hide")
    panel.count(2)
    lab.page.evaluate(
        "() => window.jupyterapp.serviceManager.contents.rename('work/counter.py', 'work/other.py').then(() => {})"
    )
    panel.count(3)
    lab.write("other.py", counter(2))
    panel.shows("version 2", "0")
    panel.count(1)
    lab.forgive("does not exist")  # JupyterLite's own


def test_a_view_that_is_closed_leaves_the_kernel_to_the_other(lab: LiteLab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    other = panel.clone()
    other.close()
    lab.page.wait_for_timeout(2_000)
    assert len(lab.sessions()) == 1
    lab.page.evaluate("id => window.jupyterapp.shell.activateById(id)", panel.ident)
    panel.count(2)
    panel.close()
    lab.wait_sessions(0)


def test_a_published_app_has_its_assets(lab: LiteLab) -> None:
    lab.folder = "my gallery"
    panel = lab.open("picture.py")
    wait_picture(panel.view, lambda image: near(pixel(image, 50, 50), (200, 30, 30)), "the red picture")
    expect(panel.element.locator(".flet-note")).to_be_hidden()


def test_assets_that_only_this_browser_has_are_said_to_be_missing(lab: LiteLab) -> None:
    lab.write("picture.py", PICTURE)
    lab.write_picture("assets/red.png")
    panel = lab.open("picture.py")
    expect(panel.element.locator(".flet-note")).to_have_text(
        "The app's assets are no part of this site: build it with them (jupyter lite build --contents) to see them."
    )
    lab.wrong = [wrong for wrong in lab.wrong if "404" not in wrong]
