"""Panels belong to the Lab: they come back, follow its theme, move, take keys, and each user has his own session."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from playwright.sync_api import expect

import flet_jupyter.kernels
from tests.browser.jupyter import expect_state, new_context
from tests.browser.panels import COUNTER, Lab, counter
from tests.browser.seeing import pixel, settings, wait_picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.panels import Panel

PLUGIN = "flet-jupyter:plugin"
PREHEATED = str(Path(flet_jupyter.kernels.__file__).with_name("preheated.py"))

TITLES = """\
import flet as ft


def main(page: ft.Page):
    count = ft.Text("0")

    def add(e):
        count.value = str(int(count.value) + 1)

    def name(e):
        page.title = "Renamed page"

    page.add(count, ft.FilledButton("Add", on_click=add), ft.FilledButton("Name", on_click=name))


ft.run(main)
"""


@pytest.fixture
def with_settings(lab: Lab) -> Iterator[Any]:
    """Load the page with other settings; those of the tests that follow are the defaults."""

    def load(**values: Any) -> None:
        settings(lab.server, PLUGIN, **values)
        lab.load()

    yield load
    settings(lab.server, PLUGIN)
    lab.load()


def box(panel: Panel) -> dict[str, float]:
    found = panel.view.bounding_box()
    assert found is not None
    return {**found}


# -- restoring -----------------------------------------------------------------------------------


def test_a_page_reload_brings_the_panel_back_with_its_state_and_kernel(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    panel.count(2)
    kernel = lab.session("counter.py")["kernel"]["id"]
    lab.reload()
    panel = lab.panel("counter.py")
    panel.wait_live()
    panel.shows("2")
    panel.count(3)
    assert lab.session("counter.py")["kernel"]["id"] == kernel
    assert panel.ask("len(pages)") == "1"
    assert lab.tabs()[-1] == "Counter"


def test_a_page_reload_brings_a_notebooks_panel_back_with_its_state(lab: Lab) -> None:
    lab.write_notebook("app.ipynb", ["runs = globals().get('runs', 0) + 1", COUNTER])
    panel = lab.open("app.ipynb")
    panel.count(1)
    lab.reload()
    panel = lab.panel("app.ipynb")
    panel.wait_live()
    panel.count(2)
    assert panel.ask("runs") == "1"


def test_panels_side_by_side_come_back_in_their_places(lab: Lab) -> None:
    lab.write("one.py", COUNTER)
    lab.write("two.py", counter(2))
    one = lab.open("one.py")
    two = lab.open("two.py", mode="split-right", ref=one.ident)
    one.count(1)
    two.count(1)
    two.count(2)
    before = [box(one), box(two)]
    assert before[0]["x"] + before[0]["width"] <= before[1]["x"]
    lab.reload()
    one, two = lab.panel("one.py"), lab.panel("two.py")
    one.wait_live()
    two.wait_live()
    one.shows("version 1", "1")
    two.shows("version 2", "2")
    for now, then in zip([box(one), box(two)], before, strict=True):
        assert now == pytest.approx(then, abs=2)
    assert len(lab.sessions()) == 2


def test_a_panel_whose_kernel_has_gone_meanwhile_starts_its_app_again(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    url = lab.page.url
    lab.wait_saved()
    lab.page.goto("about:blank")
    lab.server.request(f"api/sessions/{lab.session('counter.py')['id']}", "DELETE")
    assert lab.sessions() == []
    lab.page.goto(url)
    lab.wait_ready()
    panel = lab.panel("counter.py")
    panel.wait_live()
    panel.shows("0")
    panel.count(1)
    lab.wait_sessions(1)


def test_a_closed_panel_stays_closed(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    lab.open("counter.py").close()
    lab.reload()
    assert lab.panels() == []
    assert lab.sessions() == []


def test_closing_the_panel_ends_its_kernel_and_opening_it_again_begins_anew(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    panel.close()
    lab.wait_sessions(0)
    lab.open("counter.py").shows("0")


def test_closing_the_panel_leaves_the_kernel_if_the_settings_say_so(lab: Lab, with_settings: Any) -> None:
    with_settings(shutdownOnClose=False)
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    kernel = lab.session("counter.py")["kernel"]["id"]
    panel.close()
    panel = lab.open("counter.py")
    panel.count(2)
    assert lab.session("counter.py")["kernel"]["id"] == kernel


# -- looks ---------------------------------------------------------------------------------------


def brightness(panel: Panel, *, dark: bool) -> None:
    """Wait until the app's background, where nothing else is, is dark or light."""
    wait_picture(
        panel.view,
        lambda image: (sum(pixel(image, -5, -5)) < 200) if dark else (sum(pixel(image, -5, -5)) > 600),
        f"a {'dark' if dark else 'light'} app",
    )


def test_the_app_is_as_dark_as_the_lab_also_when_that_changes(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    brightness(panel, dark=False)
    try:
        lab.theme("Dark")
        brightness(panel, dark=True)
        panel.shows("1")
        panel.wait_kernel("pages[-1].platform_brightness.value", "dark")
        lab.picture("panel-dark")
        lab.write("late.py", COUNTER)
        late = lab.open("late.py", mode="split-right")
        brightness(late, dark=True)
    finally:
        lab.theme("Light")
    brightness(panel, dark=False)


def test_the_labs_colour_is_the_seed_of_an_app_without_a_theme(lab: Lab) -> None:
    lab.write("plain.py", COUNTER)
    lab.write(
        "own.py",
        COUNTER.replace("pages.append", "page.theme = ft.Theme(color_scheme_seed='#00ff00')\n    pages.append"),
    )
    brand = lab.page.evaluate("() => getComputedStyle(document.body).getPropertyValue('--jp-brand-color1').trim()")
    plain = lab.open("plain.py")
    assert plain.ask("pages[0].theme.color_scheme_seed") == plain.ask("pages[0].dark_theme.color_scheme_seed")
    assert plain.ask("pages[0].theme.color_scheme_seed") == brand == "#1976d2"
    button = plain.view.get_by_role("button", name="Add")
    found = button.bounding_box()
    assert found is not None
    corner = box(plain)
    middle = (int(found["x"] - corner["x"]) + 12, int(found["y"] - corner["y"] + found["height"] / 2))

    def is_coloured(panel: Panel, strongest: int) -> None:
        # Of red, green and blue.
        def right(image: Any) -> bool:
            colour = pixel(image, *middle)
            return max(range(3), key=lambda index: colour[index]) == strongest and max(colour) - min(colour) > 40

        wait_picture(panel.view, right, "a button of the right colour")

    is_coloured(plain, 2)
    own = lab.open("own.py")
    assert own.ask("pages[0].theme.color_scheme_seed") == "#00ff00"
    is_coloured(own, 1)


def test_apps_look_as_flet_makes_them_if_the_settings_say_so(lab: Lab, with_settings: Any) -> None:
    with_settings(followTheme=False)
    lab.write("counter.py", COUNTER)
    assert lab.open("counter.py").ask("pages[0].theme") == "None"


def test_the_pages_title_is_the_tabs_and_the_file_keeps_its_name(lab: Lab) -> None:
    path = lab.write("titles.py", TITLES)
    panel = lab.open("titles.py")
    expect(lab.tab("titles.py")).to_be_visible()
    panel.press("Name")
    expect(lab.tab("Renamed page")).to_be_visible()
    expect(panel.tab).to_have_attribute("title", re.compile(re.escape(path)))
    assert [file.name for file in lab.path.iterdir() if file.suffix == ".py"] == ["titles.py"]
    assert lab.session("titles.py")["name"] == "titles.py (Flet)"


def test_a_file_that_is_renamed_keeps_its_app(lab: Lab) -> None:
    lab.write("titles.py", TITLES)
    lab.browse()
    panel = lab.open("titles.py")
    panel.count(1)
    kernel = lab.session("titles.py")["kernel"]["id"]
    lab.item("titles.py").click(button="right")
    lab.choose("Rename")
    lab.page.keyboard.press("Control+a")
    lab.page.keyboard.type("other.py")
    lab.page.keyboard.press("Enter")
    expect(lab.tab("other.py")).to_be_visible()
    panel = lab.panel("other.py")
    panel.count(2)
    for _ in range(50):
        if [one["path"] for one in lab.sessions()] == [f"{lab.folder}/./other.py"]:
            break
        lab.page.wait_for_timeout(100)
    session = lab.session("other.py")
    assert session["kernel"]["id"] == kernel
    # Its saves are still followed.
    lab.write("other.py", TITLES.replace('"0"', '"70"'))
    panel.shows("70")
    panel.count(71)
    panel.says_nothing()
    # And it comes back.
    lab.reload()
    lab.panel("other.py").wait_live()
    assert lab.session("other.py")["kernel"]["id"] == kernel


def test_a_tab_that_is_moved_takes_its_living_app_along(lab: Lab) -> None:
    lab.write("one.py", COUNTER)
    lab.write("two.py", counter(2))
    one, two = lab.open("one.py"), lab.open("two.py")
    two.count(1)
    one_wide = box(two)
    # Only the one in front is seen.
    expect(one.view).to_be_hidden()
    dock = lab.page.locator("#jp-main-dock-panel").bounding_box()
    tab = lab.tab("Counter").last.bounding_box()
    assert dock is not None
    assert tab is not None
    mouse = lab.page.mouse
    mouse.move(tab["x"] + 60, tab["y"] + tab["height"] / 2)
    mouse.down()
    mouse.move(dock["x"] + dock["width"] / 2, dock["y"] + dock["height"] / 2, steps=8)
    mouse.move(dock["x"] + dock["width"] - 30, dock["y"] + dock["height"] / 2, steps=8)
    mouse.up()
    expect(one.view).to_be_visible()
    lab.page.wait_for_function(
        "([id, width]) => document.getElementById(id).getBoundingClientRect().width < width * 0.6",
        arg=[two.ident, one_wide["width"]],
    )
    two.shows("1")
    two.count(2)
    one.count(1)
    assert box(one)["x"] + box(one)["width"] <= box(two)["x"]
    two.wait_kernel(f"abs(pages[-1].width - {box(two)['width']}) < 2")
    assert two.ask("len(pages)") == one.ask("len(pages)") == "1"
    lab.picture("panels-side-by-side")


# -- keys ----------------------------------------------------------------------------------------


def sidebar(lab: Lab) -> Any:
    return lab.page.locator("#jp-left-stack")


def test_keys_typed_in_the_app_are_no_shortcuts_of_the_lab(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    expect(sidebar(lab)).to_be_visible()
    field = panel.view.get_by_role("textbox", name="Name")
    field.click()
    lab.page.keyboard.type("abdd")
    lab.page.keyboard.press("Control+b")  # hides the side bar, elsewhere
    lab.page.keyboard.press("Alt+w")  # closes the tab, elsewhere
    lab.page.keyboard.type(" hello")
    expect(field).to_have_value("abdd hello")
    expect(sidebar(lab)).to_be_visible()
    panel.wait_kernel("pages[-1].controls[-1].value", "abdd hello")


def test_shortcuts_of_the_lab_work_where_the_panels_toolbar_has_the_focus(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.tool("Run the app's file anew").focus()
    lab.page.keyboard.press("Control+b")
    expect(sidebar(lab)).to_be_hidden()
    panel.tool("Run the app's file anew").focus()  # JupyterLab has given it to the app
    lab.page.keyboard.press("Control+b")
    expect(sidebar(lab)).to_be_visible()
    assert panel.ask("events") == "[]"


def test_the_keyboard_is_the_apps_again_when_its_tab_is(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    lab.write("note.txt", "")
    panel = lab.open("counter.py")
    lab.edit("note.txt").click()
    lab.page.keyboard.type("note")
    lab.tab("Counter").click()
    lab.page.wait_for_function(
        "id => document.getElementById(id).querySelector('.flet-view').contains(document.activeElement)",
        arg=panel.ident,
    )
    lab.page.keyboard.press("q")
    panel.wait_kernel("'Q' in events")


# -- the kernel ----------------------------------------------------------------------------------


def test_the_toolbar_shows_that_the_kernel_is_busy_and_the_app_lives_meanwhile(lab: Lab) -> None:
    lab.write("counter.py", COUNTER + "\nimport threading\nrelease = threading.Event()\n")
    panel = lab.open("counter.py")
    status = panel.element.locator("[data-jp-item-name='kernelStatus']")
    expect(status).to_have_attribute("title", "Kernel Idle")
    lab.start("counter.py", "release.wait(30)")
    expect(status).to_have_attribute("title", "Kernel Busy")
    panel.count(1)
    panel.count(2)
    lab.picture("busy")
    panel.press("Add")
    panel.shows("3")
    panel.tool("Interrupt the kernel").click()
    expect(status).to_have_attribute("title", "Kernel Idle")
    panel.count(4)


@pytest.mark.parametrize("way", ["toolbar", "menu", "palette"])
def test_a_restart_starts_the_app_anew_in_the_same_session(lab: Lab, way: str) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    before = panel.ask("__import__('os').getpid()")
    session = lab.session("counter.py")["id"]
    if way == "toolbar":
        panel.tool("Restart the kernel and the app").click()
    elif way == "menu":
        lab.menu("Kernel", "Restart App")
    else:
        panel.tool("Run the app's file anew").focus()
        lab.palette("Restart App")
    panel.shows("0")
    panel.wait_live()
    panel.count(1)
    panel.says_nothing()
    assert panel.ask("__import__('os').getpid()") != before
    assert lab.session("counter.py")["id"] == session


def test_a_lost_connection_is_told_and_the_app_goes_on_when_it_is_back(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    lab.drop_connections()
    try:
        expect_state(panel.view, "reconnecting")
        expect(panel.view).to_contain_text("Connection to the Jupyter server lost; reconnecting…")
        lab.picture("reconnecting")
    finally:
        lab.restore_connections()
    expect_state(panel.view, "live", timeout=60_000)
    panel.count(2)
    assert panel.ask("len(pages)") == "1"


# -- users ---------------------------------------------------------------------------------------


def test_two_users_share_a_kernel_and_no_state_and_one_leaving_disturbs_nobody(lab: Lab, browser: Browser) -> None:
    lab.write("counter.py", COUNTER)
    lab.write("other.py", counter(7))
    first = lab.open("counter.py")
    first.count(1)
    context = new_context(browser)
    guest = Lab(context.new_page(), lab.server, lab.folder, workspace="guest")
    guest.load()
    second = guest.open("counter.py")
    second.shows("0")
    second.count(1)
    second.count(2)
    first.shows("1")
    assert len(lab.sessions()) == 1
    kernel = lab.session("counter.py")["kernel"]["id"]
    guest.open("other.py").shows("version 7")
    assert lab.session("other.py")["kernel"]["id"] != kernel

    first.close()
    second.tab.click()
    second.count(3)
    second.says_nothing()
    assert lab.session("counter.py")["kernel"]["id"] == kernel
    lab.open("counter.py")
    second.count(4)
    second.close()
    lab.panel("counter.py").count(2)
    lab.panel("counter.py").close()
    lab.wait_sessions(1)
    assert guest.wrong == []
    context.close()


# -- settings ------------------------------------------------------------------------------------


def test_the_settings_editor_has_the_settings_with_their_titles(lab: Lab) -> None:
    lab.command("settingeditor:open", query="Flet")
    editor = lab.page.locator("#setting-editor, .jp-SettingsPanel").last
    for title in (
        "Reload when the file is saved",
        "Shut down the kernel with the panel",
        "Use the colours of JupyterLab",
    ):
        expect(editor.get_by_text(title, exact=True).first).to_be_visible()
    lab.picture("settings")


def test_the_kernel_of_the_next_panel_is_there_already(lab: Lab) -> None:
    """The front end names its sessions as the server expects it of panels."""
    lab.write("one.py", COUNTER)
    lab.write("two.py", COUNTER)
    lab.open("one.py")
    server = psutil.Process(lab.server.process.pid)

    def waiting() -> list[psutil.Process]:
        # The first panel's kernel may have been preheated as well; but it listens.
        found = [one for one in server.children() if one.cmdline()[-1:] == [PREHEATED]]
        return [one for one in found if not one.net_connections("tcp")]

    while not waiting():
        lab.page.wait_for_timeout(100)
    lab.open("two.py")
    command = lab.ask("two.py", "' '.join(__import__('psutil').Process().cmdline())")
    assert PREHEATED in command
    assert lab.ask("two.py", "__import__('os').getcwd()").endswith(lab.folder)
    assert lab.ask("two.py", "__import__('os').environ['JPY_SESSION_NAME']").endswith(f"{lab.folder}/two.py")
