"""An app in a panel follows its file: each save shows the new version, and one that fails leaves the former alive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.jupyter import new_context
from tests.browser.panels import COUNTER, Lab, counter

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROUTES = """\
import flet as ft


def main(page: ft.Page):
    def show(e=None):
        page.views.clear()
        home = [ft.Text("version 1 home"), ft.FilledButton("Shop", on_click=go)]
        page.views.append(ft.View(route="/", controls=home))
        if page.route == "/shop":
            page.views.append(ft.View(route="/shop", controls=[ft.Text("version 1 shop")]))
        page.update()

    async def go(e):
        await page.push_route("/shop")

    page.on_route_change = show
    show()


ft.run(main)
"""


def test_a_save_in_the_editor_shows_the_new_version(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    editor = lab.edit("counter.py")
    panel = lab.open("counter.py", mode="split-right")
    panel.count(1)
    kernel = lab.session("counter.py")["kernel"]["id"]
    lab.type_over(editor, counter(2))
    panel.shows("version 2", "0")
    panel.count(1)
    assert lab.session("counter.py")["kernel"]["id"] == kernel
    panel.says_nothing()


def test_the_new_version_is_at_the_same_route(lab: Lab) -> None:
    lab.write("routes.py", ROUTES)
    panel = lab.open("routes.py")
    panel.press("Shop")
    panel.shows("version 1 shop")
    lab.write("routes.py", ROUTES.replace("version 1", "version 2"))
    panel.shows("version 2 shop")


def test_a_change_of_a_module_beside_shows_the_new_version(lab: Lab) -> None:
    lab.write("helper.py", "TEXT = 'helper 1'\n")
    lab.write("package/__init__.py", "")
    lab.write("package/part.py", "TEXT = 'part 1'\n")
    lab.write(
        "app.py",
        "import flet as ft\nimport helper\nfrom package.part import TEXT\n"
        "def main(page):\n    page.add(ft.Text(helper.TEXT), ft.Text(TEXT))\nft.run(main)\n",
    )
    panel = lab.open("app.py")
    panel.shows("helper 1", "part 1")
    lab.write("helper.py", "TEXT = 'helper 22'\n")
    panel.shows("helper 22", "part 1")
    lab.write("package/part.py", "TEXT = 'part 22'\n")
    panel.shows("helper 22", "part 22")


def test_an_error_while_loading_is_told_and_the_former_version_lives_on(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    lab.write("counter.py", COUNTER.replace("pages = []", "def load():\n    return 1 / 0\n\n\nload()"))
    panel.says("ZeroDivisionError: division by zero")
    details = panel.notice.locator(".jp-FletPanel-noticeDetails")
    expect(details).to_contain_text("return 1 / 0")
    expect(details).to_contain_text("counter.py")
    # Of what is ours in the traceback nobody learns anything.
    expect(details).not_to_contain_text("flet_jupyter")
    lab.picture("reload-error-in-file")
    panel.count(2)
    # A message must not be in the way for longer than somebody wants it.
    panel.do("Hide")
    panel.says_nothing()
    panel.count(3)
    lab.write("counter.py", counter(2))
    panel.shows("version 2", "0")
    panel.says_nothing()


def test_a_syntax_error_is_one_sentence_and_the_former_version_lives_on(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    lab.write("counter.py", COUNTER.replace("def main(", "def main(("))
    panel.says("counter.py, line 7: ")
    expect(panel.notice).not_to_contain_text(str(lab.path))
    expect(panel.notice.locator(".jp-FletPanel-noticeDetails")).to_have_count(0)
    lab.picture("reload-syntax-error")
    panel.count(2)
    lab.write("counter.py", counter(2))
    panel.shows("version 2", "0")
    panel.says_nothing()


def test_an_error_in_main_is_told_and_the_former_version_lives_on(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    lab.write("counter.py", COUNTER.replace("page.add(", "page.add(None.value, "))
    expect(panel.output).to_contain_text("Error in main")
    expect(panel.output).to_contain_text("'NoneType' object has no attribute 'value'")
    expect(panel.output).not_to_contain_text("flet_jupyter")
    lab.picture("reload-error-in-main")
    panel.count(2)
    lab.write("counter.py", counter(2))
    panel.shows("version 2", "0")
    panel.count(1)
    expect(panel.output).to_be_hidden()


def test_a_module_that_fails_is_told_and_mending_it_goes_on(lab: Lab) -> None:
    lab.write("helper.py", "TEXT = 'helper 1'\n")
    lab.write("app.py", "import flet as ft\nimport helper\nft.run(lambda page: page.add(ft.Text(helper.TEXT)))\n")
    panel = lab.open("app.py")
    panel.shows("helper 1")
    lab.write("helper.py", "TEXT = missing\n")
    panel.says("NameError: name 'missing' is not defined")
    panel.shows("helper 1")
    lab.write("helper.py", "TEXT = 'helper 3'\n")
    panel.shows("helper 3")
    panel.says_nothing()


def test_nothing_is_reloaded_when_that_is_switched_off_but_by_the_button(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    toggle = panel.tool("Reload the app when its file is saved")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "false")
    try:
        lab.write("counter.py", counter(2))
        # The page has been told, and does nothing of its own.
        panel.wait_kernel("[bool(file._told) for file in __import__('flet_jupyter').panels._files.values()]", "[True]")
        panel.count(2)
        panel.shows("version 1")
        panel.tool("Run the app's file anew").click()
        panel.shows("version 2", "0")
    finally:
        toggle.click()
        expect(toggle).to_have_attribute("aria-pressed", "true")
    lab.write("counter.py", counter(3))
    panel.shows("version 3")


def test_what_was_saved_meanwhile_is_shown_when_reloading_is_switched_on_again(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    toggle = panel.tool("Reload the app when its file is saved")
    toggle.click()
    try:
        lab.write("counter.py", counter(2))
        panel.wait_kernel("[bool(file._told) for file in __import__('flet_jupyter').panels._files.values()]", "[True]")
        panel.shows("version 1")
    finally:
        toggle.click()
    panel.shows("version 2")


def test_the_button_reloads_a_file_that_has_not_changed(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    panel.tool("Run the app's file anew").click()
    panel.shows("version 1", "0")


def test_two_browser_tabs_get_the_new_version_each_with_its_own_state(lab: Lab, browser: Browser) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    context = new_context(browser)
    second = Lab(context.new_page(), lab.server, lab.folder, workspace="second")
    second.load()
    other = second.open("counter.py")
    other.shows("0")
    panel.shows("1")
    other.count(1)
    other.count(2)
    lab.write("counter.py", counter(2))
    for one in (panel, other):
        one.shows("version 2", "0")
        one.says_nothing()
    panel.count(1)
    other.shows("0")
    assert panel.ask("len(pages)") == "2"
    # One that fails is told in both, and kept alive in both.
    lab.write("counter.py", "broken")
    panel.says("name 'broken' is not defined")
    other.says("name 'broken' is not defined")
    panel.count(2)
    other.count(1)
    lab.write("counter.py", counter(3))
    for one in (panel, other):
        one.shows("version 3")
        one.says_nothing()
    assert second.wrong == []
    context.close()


def test_a_notebook_is_run_again_when_its_code_changes_and_not_for_its_outputs(lab: Lab) -> None:
    cells = [
        "import flet as ft\nruns = globals().get('runs', 0) + 1",
        "def main(page):\n    page.add(ft.Text('version 1'), ft.Text(f'run {runs}'))\nft.run(main)",
    ]
    lab.write_notebook("app.ipynb", cells)
    panel = lab.open("app.ipynb")
    panel.shows("version 1", "run 1")

    # As JupyterLab saves by itself: other outputs, the same code.
    file = lab.path / "app.ipynb"
    notebook = json.loads(file.read_text())
    notebook["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "some output\n"}]
    notebook["cells"][0]["execution_count"] = 7
    lab.write("app.ipynb", json.dumps(notebook))
    panel.wait_kernel("[file.has_changed() for file in __import__('flet_jupyter').panels._files.values()]", "[False]")

    notebook["cells"][1]["source"] = cells[1].replace("version 1", "version 2")
    lab.write("app.ipynb", json.dumps(notebook))
    # The second time: the outputs have made it run no more often.
    panel.shows("version 2", "run 2")

    notebook["cells"][1]["source"] = "1 / 0"
    lab.write("app.ipynb", json.dumps(notebook))
    panel.says("Cell 2 of app.ipynb failed.")
    lab.picture("reload-error-in-notebook")
    panel.shows("version 2", "run 2")
    notebook["cells"][1]["source"] = cells[1].replace("version 1", "version 3")
    lab.write("app.ipynb", json.dumps(notebook))
    panel.shows("version 3", "run 4")
    panel.says_nothing()


def test_a_save_of_a_notebook_beside_its_panel_reloads_the_app_only_when_code_has_changed(lab: Lab) -> None:
    lab.write_notebook(
        "app.ipynb",
        [
            "import flet as ft\nruns = globals().get('runs', 0) + 1",
            "ft.Text(f'version 1, run {runs}')",
            "print('x' * 9)",
        ],
    )
    lab.command("docmanager:open", path=f"{lab.folder}/app.ipynb")
    cell = lab.page.locator(".jp-Notebook .cm-content:visible")
    expect(cell).to_have_count(3)
    panel = lab.open("app.ipynb", mode="split-right")
    panel.shows("version 1, run 1")
    cell.nth(2).click()
    lab.page.keyboard.press("Control+Enter")
    expect(lab.page.locator(".jp-Notebook .jp-OutputArea-output")).to_contain_text("xxxxxxxxx")
    lab.page.keyboard.press("Control+s")
    for _ in range(100):
        if "xxxxxxxxx" in (lab.path / "app.ipynb").read_text():  # it is written in pieces
            break
        lab.page.wait_for_timeout(50)
    assert "xxxxxxxxx" in (lab.path / "app.ipynb").read_text()
    panel.wait_kernel("[file.has_changed() for file in __import__('flet_jupyter').panels._files.values()]", "[False]")
    cell.nth(1).click()
    lab.page.keyboard.press("Control+a")
    lab.page.keyboard.insert_text("ft.Text(f'version 2, run {runs}')")
    lab.page.keyboard.press("Control+s")
    panel.shows("version 2, run 2")
