"""Panels that share a kernel, or a session's path, with others: none ends what another has, and each sees what ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.jupyter import expect_state, new_context
from tests.browser.panels import COUNTER, Lab, counter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Response

    from tests.browser.seeing import OpenNotebook

CLOSE = "id => [...window.jupyterapp.shell.widgets('main')].find(widget => widget.id === id).close()"

SESSION_OF = """
    const widget = [...window.jupyterapp.shell.widgets('main')].find(({id}) => id === panel);
    const context = widget.session;
"""
"""The session of the panel whose widget has the id ``panel``."""

SLOW_RELOAD = counter(2).replace(
    "pages = []", "import time\n\nopen('reloading', 'w').close()\ntime.sleep(60)\npages = []"
)

PICTURE = """\
import flet as ft


def main(page: ft.Page):
    page.add(ft.Text("version 2"), ft.Image("/red.svg", width=100, height=100))


ft.run(main)
"""
RED = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="#f00"/></svg>'


@pytest.fixture
def guest(lab: Lab, browser: Browser) -> Iterator[Lab]:
    """Another tab of a browser, with the same files."""
    context = new_context(browser)
    page = context.new_page()
    page.set_default_timeout(20_000)
    guest = Lab(page, lab.server, lab.folder, workspace="guest")
    guest.load()
    yield guest
    assert guest.wrong == []
    context.close()


# -- a restart elsewhere -------------------------------------------------------------------------


def test_a_restart_in_another_tab_of_the_browser_starts_the_app_anew_here_too(lab: Lab, guest: Lab) -> None:
    lab.write("counter.py", COUNTER)
    here = lab.open("counter.py")
    here.count(1)
    there = guest.open("counter.py")
    there.count(1)
    there.count(2)
    for _ in range(2):  # the second is noticed like the first
        process = here.ask("__import__('os').getpid()")
        there.tool("Restart the kernel and the app").click()
        here.shows("0")
        here.wait_live()
        here.says_nothing()
        here.count(1)
        there.shows("0")
        there.wait_live()
        there.says_nothing()
        there.count(1)
        there.count(2)
        here.shows("1")
        assert here.ask("__import__('os').getpid()") != process
        assert here.ask("len(pages)") == "2", "the file was run once, for both"
    assert len(lab.sessions()) == 1


def test_a_restart_in_one_view_of_a_file_starts_the_app_anew_in_the_other(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    first = lab.open("counter.py")
    first.count(1)
    second = first.clone()
    second.shows("1")
    second.tool("Restart the kernel and the app").click()
    for panel in (second, first):
        panel.shows("0")
        panel.wait_live()
        panel.says_nothing()
    second.count(1)
    first.shows("1")


def test_a_restart_by_somebody_who_does_not_run_the_app_starts_it_anew_all_the_same(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    lab.server.request(f"api/kernels/{lab.session('counter.py')['kernel']['id']}/restart", "POST")
    panel.shows("0")
    panel.wait_live()
    panel.says_nothing()
    panel.count(1)


def test_a_cell_is_told_of_a_restart_elsewhere(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet\ndef main(page: ft.Page):\n    page.add(ft.Text('here'))"])
    lab.run(1)
    expect_state(lab.view(1), "live")
    kernel = lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id")
    lab.server.request(f"api/kernels/{kernel}/restart", "POST")
    expect_state(lab.view(1), "closed")
    expect(lab.view(1)).to_contain_text("The kernel was restarted: run this cell again")


def test_a_panels_own_restart_is_not_taken_for_somebody_elses(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    lab.page.evaluate(
        """panel => {
            const notice = document.getElementById(panel).querySelector('.jp-FletPanel-notice');
            window.starts = 0;
            new MutationObserver(() => {
                if (notice.textContent.includes('Starting the app')) window.starts += 1;
            }).observe(notice, {childList: true});
        }""",
        panel.ident,
    )
    panel.tool("Restart the kernel and the app").click()
    panel.shows("0")
    panel.wait_live()
    lab.start("counter.py", "1")
    panel.count(1)
    lab.page.wait_for_timeout(1_000)
    panel.count(2)
    panel.says_nothing()
    assert panel.ask("len(pages)") == "1"
    assert lab.page.evaluate("() => window.starts") == 1


# -- closed, and opened again --------------------------------------------------------------------


@pytest.mark.parametrize("pause", [0, 500])
def test_a_panel_that_is_opened_again_while_its_former_kernel_ends_has_a_kernel_of_its_own(
    lab: Lab, pause: int
) -> None:
    # The kernel takes a while to end, as one does that has something to put in order.
    lab.write("counter.py", COUNTER + "\nimport atexit, time\natexit.register(time.sleep, 1.5)\n")
    panel = lab.open("counter.py")
    for _ in range(2):
        kernel = lab.session("counter.py")["kernel"]["id"]
        lab.page.evaluate(CLOSE, panel.ident)
        lab.page.wait_for_timeout(pause)
        panel = lab.open("counter.py")
        panel.shows("0")
        panel.count(1)
        panel.says_nothing()
        lab.page.wait_for_timeout(2_000)
        panel.count(2)
        assert lab.session("counter.py")["kernel"]["id"] != kernel
    panel.close()
    lab.wait_sessions(0)


# -- an app that has ended -----------------------------------------------------------------------

CLOSE_APP = """[app.close('This app was closed because nobody looked.')
    for file in __import__('flet_jupyter').panels._files.values() for app in file.apps]"""


@pytest.mark.parametrize("way", ["button", "save"])
def test_a_reload_starts_an_app_that_was_closed(lab: Lab, way: str) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    panel.ask(CLOSE_APP)
    panel.says("This app was closed because nobody looked.")
    if way == "button":
        panel.tool("Run the app's file anew").click()
        panel.shows("version 1", "0")
    else:
        lab.write("counter.py", counter(2))
        panel.shows("version 2", "0")
    panel.wait_live()
    panel.says_nothing()
    panel.count(1)


def test_a_reload_that_fails_leaves_a_way_on_where_the_app_was_closed(lab: Lab) -> None:
    # What keeps it from running is not in its code, so that only the button runs it anew.
    reading = "version = open('version.txt').read()\npages = []"
    lab.write("version.txt", "21")
    lab.write("counter.py", COUNTER.replace('"version 1"', 'f"version {version}"').replace("pages = []", reading))
    panel = lab.open("counter.py")
    panel.shows("version 21")
    panel.ask(CLOSE_APP)
    panel.says("This app was closed because nobody looked.")
    (lab.path / "version.txt").unlink()
    panel.tool("Run the app's file anew").click()
    panel.says("FileNotFoundError")
    expect(panel.notice.get_by_role("button", name="Hide")).to_have_count(0)
    lab.write("version.txt", "22")
    panel.do("Reload")
    panel.shows("version 22")
    panel.says_nothing()
    panel.count(1)


# -- the kernel of a notebook --------------------------------------------------------------------


def test_a_panel_that_was_given_a_notebooks_kernel_does_not_end_it(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    path = lab.write_notebook("book.ipynb", ["precious = 7"])
    lab.command("docmanager:open", path=path)
    notebook = lab.page.wait_for_function(
        """path => [...window.jupyterapp.shell.widgets('main')].find(({context, sessionContext}) =>
            context?.path === path && sessionContext?.session?.kernel?.status === 'idle')?.id""",
        arg=path,
    ).json_value()
    [session] = [one for one in lab.sessions() if one["path"] == path]
    kernel = session["kernel"]["id"]
    lab.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    panel = lab.open("counter.py")
    # As the selector in the panel's toolbar does it.
    lab.page.evaluate(
        "([panel, id]) => {" + SESSION_OF + "return context.changeKernel({id}).then(() => {}); }",
        [panel.ident, kernel],
    )
    panel.shows("0")
    panel.count(1)
    lab.page.evaluate(
        "id => [...window.jupyterapp.shell.widgets('main')].find(one => one.id === id).dispose()", notebook
    )
    assert panel.ask("precious") == "7"
    panel.close()
    lab.page.wait_for_timeout(3_000)
    assert kernel in [one["id"] for one in lab.server.kernels()]
    assert [one["kernel"]["id"] for one in lab.sessions() if one["path"] == path] == [kernel]


# -- a reload at a bad moment --------------------------------------------------------------------


@pytest.mark.parametrize("where", ["here", "there"])
def test_a_restart_during_a_reload_is_no_error(lab: Lab, request: pytest.FixtureRequest, where: str) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    said: list[str] = []
    lab.page.expose_function(f"said_{where}", lambda text: said.append(text))  # noqa: PLW0108 - it must be Python's
    lab.page.evaluate(
        """([panel, name]) => {
            const notice = document.getElementById(panel).querySelector('.jp-FletPanel-notice');
            new MutationObserver(() => window[name](notice.textContent)).observe(notice, {childList: true});
        }""",
        [panel.ident, f"said_{where}"],
    )
    restarting = panel
    if where == "there":
        restarting = request.getfixturevalue("guest").open("counter.py")
    lab.write("counter.py", SLOW_RELOAD)
    lab.wait_file("reloading")
    lab.write("counter.py", counter(3))
    restarting.tool("Restart the kernel and the app").click()
    panel.shows("version 3", "0")
    panel.wait_live()
    panel.says_nothing()
    panel.count(1)
    # Of a restart elsewhere the panel learns after the former kernel has answered that it was interrupted.
    wrong = "ended" if where == "there" else "ended|interrupted"
    assert [text for text in said if re.search(wrong, text)] == []


# -- a new version -------------------------------------------------------------------------------


def test_a_folder_of_assets_that_comes_with_a_new_version_is_seen(lab: Lab) -> None:
    lab.write("app.py", counter())
    panel = lab.open("app.py")
    panel.shows("version 1")
    loaded: list[str] = []

    def note(response: Response) -> None:
        if response.ok:
            loaded.append(response.url)

    lab.page.on("response", note)
    lab.write("assets/red.svg", RED)
    lab.write("app.py", PICTURE)
    panel.shows("version 2")
    for _ in range(100):
        if any(url.partition("?")[0].endswith("/assets/red.svg") for url in loaded):
            break
        lab.page.wait_for_timeout(100)
    else:
        raise AssertionError(f"the picture was not loaded: {loaded}")
    lab.page.remove_listener("response", note)
    panel.says_nothing()


def test_a_file_with_two_views_that_is_renamed_keeps_its_state_when_the_page_is_loaded_anew(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    panel.clone()
    lab.page.evaluate(
        "([former, path]) => window.jupyterapp.serviceManager.contents.rename(former, path)",
        [f"{lab.folder}/counter.py", f"{lab.folder}/renamed.py"],
    )
    renamed = lab.panel("renamed.py")
    renamed.shows("1")
    lab.reload()
    renamed = lab.panel("renamed.py")
    renamed.wait_live()
    renamed.shows("1")
