"""What a view says while it is not live, and what it shows where another version of the client runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flet_web
import pytest
from flet_web.version import version as flet_web_version
from playwright.sync_api import expect

from tests.browser.jupyter import Notebook, enable_semantics, expect_state, jupyter_server, write_notebook
from tests.browser.seeing import COUNTER, assert_quiet, pixel, show, wait_picture

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import FrameLocator, Locator, Page, Route, WebSocketRoute

    from tests.browser.seeing import OpenNotebook

APP = "%%flet --height 150" + COUNTER
OTHER_VERSION = """
from flet_jupyter.notebook.widget import FletWidget
def __init__(self, receive, __init__=FletWidget.__init__, **traits):
    __init__(self, receive, **{{"flet_version": "{}", **traits}})
FletWidget.__init__ = __init__
"""


def expect_message(view: Locator, text: str) -> None:
    """Check that a view says something that can be read, and that its app cannot be clicked meanwhile."""
    message = view.get_by_role("status").filter(has_text=text)
    expect(message).to_be_visible()
    box, frame = message.bounding_box(), view.bounding_box()
    assert box is not None
    assert box == frame
    expect(view.locator(".flet-stage")).to_have_attribute("inert", "")


def count_inside(frame: FrameLocator, *counts: str) -> None:
    """Click the Add button of an app in a frame, and see each count."""
    frame.locator("flt-semantics-placeholder").evaluate_all("all => all.forEach(placeholder => placeholder.click())")
    for count in counts:
        frame.get_by_role("button", name="Add").click()
        expect(frame.get_by_text(count, exact=True)).to_be_visible()


def test_a_view_says_that_it_is_loading(page: Page, notebook: OpenNotebook) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/main.dart.js", hold)
    lab = notebook([APP])
    lab.run(1)
    view = lab.view(1)
    expect_state(view, "loading")
    expect_message(view, "Starting the app")
    while not held:
        page.wait_for_timeout(50)
    held[0].continue_()
    expect_state(view, "live")
    expect(view.get_by_role("status")).to_have_count(0)
    assert_quiet(lab)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("**/main.dart.js", "main.dart.js"),
        ("**/canvaskit.wasm", "CanvasKit"),
        ("**/flet/engine.js", "HTTP 404"),
    ],
)
def test_a_view_says_why_it_failed(page: Page, notebook: OpenNotebook, missing: str, said: str) -> None:
    page.route(missing, lambda route: route.fulfill(status=404, body="gone"))
    lab = notebook([APP])
    lab.run(1)
    expect_state(lab.view(1), "failed")
    expect(lab.view(1)).to_contain_text(said)
    expect(lab.view(1)).to_contain_text("reload this page")


def test_a_view_says_that_the_connection_is_lost(page: Page, notebook: OpenNotebook) -> None:
    sockets: list[WebSocketRoute] = []
    cut = False

    def connect(socket: WebSocketRoute) -> None:
        if cut:
            socket.close()
        else:
            socket.connect_to_server()
            sockets.append(socket)

    page.route_web_socket("**/channels**", connect)
    lab = notebook([APP])
    show(lab, 1)
    view = lab.view(1)
    view.get_by_role("button", name="Add").click()
    expect(view.get_by_text("1", exact=True)).to_be_visible()

    cut = True
    for socket in sockets:
        socket.close()
    expect_state(view, "reconnecting")
    expect_message(view, "reconnecting")
    cut = False
    expect_state(view, "live")
    view.get_by_role("button", name="Add").click()
    expect(view.get_by_text("2", exact=True)).to_be_visible()


def test_a_view_says_that_its_app_was_closed(notebook: OpenNotebook) -> None:
    lab = notebook([APP])
    show(lab, 1)
    lab.quietly("%flet --close --all")
    expect_state(lab.view(1), "closed")
    expect_message(lab.view(1), "Run the cell again")
    lab.run(1)
    expect_state(lab.view(1), "live")
    assert_quiet(lab)


def test_another_version_of_the_client_runs_in_a_frame(page: Page, tmp_path: Path) -> None:
    options = [
        f"--FletExtension.client_paths=9.9.9={flet_web.get_package_web_dir()}",
        # A folder that cannot be: the test has no use for compressed copies, and no time for them.
        "--FletExtension.cache_dir=/dev/null/cache",
    ]
    with jupyter_server(tmp_path, options=options) as server:
        setup = "%load_ext flet_jupyter\nimport flet as ft"
        write_notebook(
            tmp_path / "a.ipynb",
            [setup, APP, OTHER_VERSION.format("9.9.9"), APP, OTHER_VERSION.format("8.8.8"), APP],
        )
        lab = Notebook(page, server)
        lab.open("a.ipynb")
        for index in range(4):
            lab.run(index)
        shared, framed = lab.view(1), lab.view(3)
        expect_state(shared, "live")
        expect_state(framed, "live")
        expect(lab.cell(1).locator("iframe")).to_have_count(0)
        expect(lab.cell(3).locator("iframe")).to_have_count(1)
        expect(lab.cell(3).locator(".flet-note")).to_contain_text("uses Flet 9.9.9; the page already runs Flet 1.")
        enable_semantics(page)
        inside = lab.cell(3).frame_locator("iframe")
        count_inside(inside, "1", "2")
        shared.get_by_role("button", name="Add").click()
        expect(shared.get_by_text("1", exact=True)).to_be_visible()

        # A frame in its cell scrolls with the notebook, where its app has nothing to scroll.
        framed.scroll_into_view_if_needed()
        top = "window.jupyterapp.shell.currentWidget.content.outerNode.scrollTop"
        before = page.evaluate(top)
        framed.hover()
        page.mouse.wheel(0, 50)
        page.wait_for_function(f"before => {top} > before", arg=before)

        # A frame that is moved loads anew.
        page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 3; }")
        lab.command("notebook:move-cell-down")
        moved = lab.cell(4).frame_locator("iframe")
        expect(moved.locator("flt-semantics-placeholder")).to_be_attached()
        count_inside(moved, "3")

        lab.command("apputils:change-theme", theme="JupyterLab Dark")
        for view in (shared, lab.view(4)):
            wait_picture(view, lambda image: max(pixel(image, -5, -5)) < 60, "a dark app")
        assert_quiet(lab)

        # Where the move put the cell that was below.
        lab.run(3)
        lab.run(5)
        expect_state(lab.view(5), "failed")
        expect(lab.view(5)).to_contain_text(f"This server has the Flutter client of Flet {flet_web_version} and 9.9.9")
        expect(lab.view(5)).to_contain_text("Install flet-web==8.8.8")
