"""App files are opened in panels from everywhere, with kernels of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.panels import COUNTER

if TYPE_CHECKING:
    from tests.browser.panels import Lab

NOTEBOOK = [
    """\
import flet as ft
from helper import GREETING
value = 'the panel'""",
    """\
def main(page: ft.Page):
    count = ft.Text('0')
    page.add(ft.Text(GREETING), count,
        ft.FilledButton('Add', on_click=lambda e: setattr(count, 'value', str(int(count.value) + 1))))
ft.run(main)""",
]


def test_open_with_in_the_file_browser_shows_a_script(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    lab.browse()
    lab.open_with("counter.py")
    panel = lab.panel("counter.py")
    panel.wait_live()
    panel.shows("version 1")
    panel.count(1)
    # Nobody has asked for anything but the app.
    assert lab.tabs()[-1] == "Counter"
    assert [session["type"] for session in lab.sessions()] == ["flet"]


def test_open_with_in_the_file_browser_shows_a_notebook(lab: Lab) -> None:
    lab.write("helper.py", "GREETING = 'from a module beside'\n")
    lab.write_notebook("app.ipynb", NOTEBOOK)
    lab.browse()
    lab.open_with("app.ipynb")
    panel = lab.panel("app.ipynb")
    panel.wait_live()
    panel.shows("from a module beside")
    panel.count(1)


def test_a_script_finds_modules_and_files_beside_it(lab: Lab) -> None:
    lab.write("deep/er/helper.py", "GREETING = 'from a module beside'\n")
    lab.write("deep/er/package/__init__.py", "")
    lab.write("deep/er/package/part.py", "TEXT = 'from a package beside'\n")
    lab.write("deep/er/data.txt", "from a file beside")
    lab.write(
        "deep/er/app.py",
        "import flet as ft\nfrom pathlib import Path\nfrom helper import GREETING\n\n"
        "def main(page: ft.Page):\n"
        "    from package.part import TEXT  # as late as this\n"
        "    page.add(ft.Text(GREETING), ft.Text(TEXT), ft.Text(Path('data.txt').read_text()))\n"
        "ft.run(main)\n",
    )
    lab.open("deep/er/app.py").shows("from a module beside", "from a package beside", "from a file beside")


def test_the_palette_shows_the_app_of_the_current_editor_beside_it(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    editor = lab.edit("counter.py")
    editor.click()
    lab.palette("Show Flet App Beside")
    panel = lab.panel("counter.py")
    panel.wait_live()
    # Both are seen.
    left, right = editor.bounding_box(), panel.view.bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"]
    lab.document("panel-beside-editor")


def test_the_palette_opens_the_current_file_as_an_app(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    lab.edit("counter.py").click()
    lab.palette("Open as Flet App")
    lab.panel("counter.py").wait_live()


def test_the_launcher_writes_an_app_and_shows_it_beside_its_source(lab: Lab) -> None:
    lab.write("flet_app.py", "# not to be overwritten\n")
    lab.browse()
    lab.command("launcher:create", cwd=lab.folder)
    expect(lab.tab("Launcher").last).to_be_visible()
    before = lab.tabs()
    card = lab.page.locator(".jp-LauncherCard:visible", has=lab.page.get_by_text("Flet App", exact=True))
    card.click()
    panel = lab.panel("flet_app_2.py")
    panel.wait_live()
    panel.count(1)
    source = (lab.path / "flet_app_2.py").read_text()
    assert "ft.run(main)" in source
    assert (lab.path / "flet_app.py").read_text() == "# not to be overwritten\n"
    editor = lab.page.locator(".jp-FileEditor .cm-content:visible")
    expect(editor).to_contain_text("import flet as ft")
    left, right = editor.bounding_box(), panel.view.bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"]
    # It is the launcher that becomes the editor, as with all its cards.
    assert lab.tabs() == [*before[:-1], "flet_app_2.py", "My app"]
    lab.picture("new-flet-app")


def test_the_file_menu_writes_an_app_where_the_file_browser_is(lab: Lab) -> None:
    lab.browse()
    lab.menu("File", "New", "New Flet App")
    lab.panel("flet_app.py").wait_live()


def test_the_button_on_the_toolbar_of_a_python_editor_saves_and_shows_its_app(lab: Lab) -> None:
    lab.write("counter.py", "")
    editor = lab.edit("counter.py")
    editor.click()
    lab.page.keyboard.insert_text(COUNTER)
    preview = lab.page.locator("[data-jp-item-name='flet-preview'] [title^='Run this file']")
    preview.click()
    panel = lab.panel("counter.py")
    panel.wait_live()
    panel.count(1)
    assert (lab.path / "counter.py").read_text() == COUNTER


def test_the_toolbar_of_a_text_editor_has_no_such_button(lab: Lab) -> None:
    lab.write("plain.txt", "text")
    lab.write("some.py", "")
    button = lab.page.locator("[data-jp-item-name='flet-preview'] [title^='Run this file']:visible")
    lab.edit("plain.txt")
    lab.edit("some.py")
    expect(button).to_have_count(1)
    lab.tab("plain.txt").click()
    expect(lab.page.locator(".jp-FileEditor .cm-content:visible")).to_have_text("text")
    expect(button).to_have_count(0)


def test_the_button_on_the_toolbar_of_a_notebook_shows_its_app_and_each_has_its_own_kernel(lab: Lab) -> None:
    lab.write("helper.py", "GREETING = 'from a module beside'\n")
    lab.write_notebook("app.ipynb", NOTEBOOK)
    lab.command("docmanager:open", path=f"{lab.folder}/app.ipynb")
    lab.wait_sessions(1)
    lab.page.locator("[data-jp-item-name='flet-preview'] [title^='Run this file']").click()
    panel = lab.panel("app.ipynb")
    panel.wait_live()
    panel.count(1)
    by_type = {session["type"]: session["kernel"]["id"] for session in lab.sessions()}
    assert set(by_type) == {"notebook", "flet"}
    assert by_type["notebook"] != by_type["flet"]
    assert panel.ask("value") == "the panel"
    # The notebook beside has run no cell.
    notebook = lab.page.locator(".jp-NotebookPanel")
    expect(notebook.locator(".jp-InputPrompt").first).to_have_text("[ ]:")
    lab.document("notebook-with-panel")


def test_the_app_runs_in_the_folder_of_its_file(lab: Lab) -> None:
    lab.write("sub/counter.py", COUNTER)
    panel = lab.open("sub/counter.py")
    assert panel.ask("__import__('os').getcwd()") == str(lab.path / "sub")


def test_a_folder_and_a_file_may_have_any_name(lab: Lab) -> None:
    name = "ünïcode & 100% 'quoted' \"double\" {x} #1/my äpp [2].py"
    lab.write(name, COUNTER)
    panel = lab.open(name)
    panel.count(1)
    panel.close()
    lab.wait_sessions(0)


@pytest.mark.parametrize("name", ["counter.py", "app.ipynb"])
def test_a_running_app_is_listed_and_can_be_shut_down_and_started_again(lab: Lab, name: str) -> None:
    lab.write("helper.py", "GREETING = 'from a module beside'\n")
    lab.write("counter.py", COUNTER)
    lab.write_notebook("app.ipynb", NOTEBOOK)
    panel = lab.open(name)
    panel.count(1)
    lab.page.locator(".jp-SideBar [data-id='jp-running-sessions']").click()
    kernel = lab.session(name)["kernel"]["id"]
    running = lab.page.locator(f"#jp-running-sessions .jp-mod-kernel[data-context='{kernel}']")
    expect(running).to_contain_text(name)
    expect(running).to_be_visible()
    lab.picture(f"running-{name}")
    running.hover()
    running.locator(".jp-RunningSessions-itemShutdown").click()
    panel.says("The kernel was shut down.")
    assert lab.sessions() == []
    lab.picture(f"shut-down-{name}")
    panel.do("Start the App")
    panel.wait_live()
    panel.says_nothing()
    panel.count(1)
    assert len(lab.sessions()) == 1
    lab.browse()


def test_the_same_file_opens_once(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    lab.browse()
    for _ in range(2):
        lab.open_with("counter.py")
        lab.panel("counter.py").wait_live()
    assert lab.panels() == [f"{lab.folder}/counter.py"]


def test_a_search_in_the_palette_finds_every_command(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.tool("Run the app's file anew").focus()
    labels = lab.search("flet").locator(".lm-CommandPalette-itemLabel")
    expect(labels.first).to_be_visible()
    found = {re.sub(r"\s+", " ", text).strip() for text in labels.all_inner_texts()}
    lab.picture("palette")
    assert {
        "Open as Flet App",
        "Show Flet App Beside",
        "New Flet App",
        "Reload App",
        "Interrupt App",
        "Restart App",
        "Reload When the File Is Saved",
    } <= found
    lab.page.keyboard.press("Escape")
