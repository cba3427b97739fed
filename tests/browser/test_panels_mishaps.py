"""What goes wrong at a bad moment, or happens again and again: panels come through it, and leave nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.panels import COUNTER, Lab, counter

if TYPE_CHECKING:
    from playwright.sync_api import Request

COMMS = "len(__import__('comm').get_comm_manager().comms)"
THREADS = "sum('subshell' in thread.name for thread in __import__('threading').enumerate())"

LINES = """\
import flet as ft


def main(page: ft.Page):
    lines = [ft.Text(f"version 1 line {number}", height=40) for number in range(100)]
    page.add(ft.ListView(lines, expand=True))


ft.run(main)
"""
SLOW = """\
import time
import flet as ft


def main(page: ft.Page):
    time.sleep(0.5)
    page.add(ft.Text("version 1"))


ft.run(main)
"""
ASYNCHRONOUS = """\
import asyncio
import flet as ft


async def main(page: ft.Page):
    page.add(ft.Text("version 1"))
    while True:
        await asyncio.sleep(0.05)
        page.title = page.title


ft.run(main)
"""
MANY = """\
import flet as ft


def main(page: ft.Page):
    page.scroll = ft.ScrollMode.AUTO
    page.add(ft.Text("version 1"), *[ft.Text(f"line {number}") for number in range(5000)])


ft.run(main)
"""


def test_reloads_of_the_page_leave_nothing_in_the_kernel(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    before = [panel.ask(COMMS), panel.ask(THREADS)]
    for _ in range(3):
        lab.reload()
        panel = lab.panel("counter.py")
        panel.wait_live()
        panel.shows("1")
    panel.wait_kernel(COMMS, before[0])
    panel.wait_kernel(THREADS, before[1])
    assert panel.ask("len(pages)") == "1"


def test_a_restart_that_the_server_refuses_is_told_and_can_be_tried_again(lab: Lab) -> None:
    page = lab.page
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    page.route("**/api/kernels/*/restart*", lambda route: route.fulfill(status=500, json={"message": "not now"}))
    try:
        panel.tool("Restart").click()
        panel.says("The kernel could not be restarted.")
        page.keyboard.press("Escape")  # JupyterLab's own dialog says it too
    finally:
        page.unroute_all()
    panel.do("Start the App")
    panel.wait_live()
    lab.forgive("not now")


def test_a_kernel_whose_subshell_never_comes_shows_the_app_all_the_same(lab: Lab) -> None:
    page = lab.page
    lab.write("counter.py", COUNTER)
    page.evaluate(
        """() => {
            const { send } = WebSocket.prototype;
            window.restoreSend = () => { WebSocket.prototype.send = send; };
            WebSocket.prototype.send = function (data) {
                const text = typeof data === 'string' ? data : new TextDecoder('latin1').decode(data);
                if (!text.includes('create_subshell_request')) send.call(this, data);
            };
        }"""
    )
    try:
        lab.open("counter.py").count(1)
    finally:
        page.evaluate("() => window.restoreSend()")


@pytest.mark.parametrize("moment", ["request", "response"])
def test_a_panel_that_is_closed_while_its_kernel_starts_leaves_none(lab: Lab, moment: str) -> None:
    lab.write("counter.py", COUNTER)

    def starts(request: Request) -> bool:
        return request.method == "POST" and "/api/sessions" in request.url

    close = "() => window.jupyterapp.shell.currentWidget.close()"
    with lab.page.expect_response(lambda response: starts(response.request)):
        if moment == "request":
            with lab.page.expect_request(starts):
                panel = lab.open_any("counter.py")
            lab.page.evaluate(close)
        else:
            panel = lab.open_any("counter.py")
    if moment == "response":
        lab.page.evaluate(close)
    expect(panel.element).to_have_count(0)
    lab.wait_sessions(0)


def test_panels_that_are_closed_together_leave_no_kernel(lab: Lab) -> None:
    for name in ("one.py", "two.py"):
        lab.write(name, COUNTER)
        lab.open(name)
    lab.wait_sessions(2)
    lab.page.evaluate("() => window.jupyterapp.commands.execute('application:close-all')")
    lab.wait_sessions(0)


@pytest.mark.parametrize("source", [COUNTER, SLOW, ASYNCHRONOUS], ids=["quick", "slow", "asynchronous"])
def test_of_many_quick_saves_the_last_is_shown(lab: Lab, source: str) -> None:
    lab.write("app.py", source)
    panel = lab.open("app.py")
    panel.shows("version 1")
    threads = int(panel.ask("__import__('threading').active_count()"))
    for version in range(2, 13):
        lab.write("app.py", source.replace("version 1", f"version {version}"))
        lab.page.wait_for_timeout(70)  # so do editors that save while one types
    panel.shows("version 12")
    panel.says_nothing()
    # Of the versions between nothing is left.
    panel.wait_kernel(f"__import__('threading').active_count() <= {threads + 1}")
    panel.wait_kernel("len(__import__('flet_jupyter').panels._files)", "1")


def test_the_new_version_is_scrolled_to_where_the_former_was(lab: Lab) -> None:
    page = lab.page
    lab.write("lines.py", LINES)
    panel = lab.open("lines.py")
    panel.shows("version 1 line 3")
    box = panel.view.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(6):
        page.mouse.wheel(0, 300)
    expect(panel.view.get_by_text("version 1 line 3", exact=True)).to_be_hidden()
    shown = panel.view.get_by_text("version 1 line").first
    expect(shown).to_be_visible()
    number = int(shown.inner_text().rpartition(" ")[2])
    assert number > 20
    page.wait_for_timeout(500)  # the client tells at most five times in a second where a list is
    lab.write("lines.py", LINES.replace("version 1", "version 2"))
    panel.shows(f"version 2 line {number + 5}")
    expect(panel.view.get_by_text("version 2 line 3", exact=True)).to_be_hidden()


def test_a_page_of_thousands_of_controls_is_reloaded(lab: Lab) -> None:
    lab.write("many.py", MANY)
    panel = lab.open("many.py")
    panel.shows("version 1")
    lab.write("many.py", MANY.replace("version 1", "version 2"))
    expect(panel.view.get_by_text("version 2", exact=True)).to_be_visible(timeout=30_000)
    panel.says_nothing()


@pytest.mark.parametrize(
    "start", ["\ufeff", "# -*- coding: utf-8 -*-\r\n", "\r\n\r\n"], ids=["mark", "coding", "lines"]
)
def test_files_of_other_systems_run(lab: Lab, start: str) -> None:
    source = start + counter(7).replace("\n", "\r\n")
    (lab.path / "other.py").write_bytes(source.encode())
    panel = lab.open("other.py")
    panel.shows("version 7")
    panel.count(1)
