"""Every way to show an app, seen in a real JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.jupyter import enable_semantics, expect_state, wait_for_pixel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.browser.jupyter import JupyterServer, Notebook

    OpenNotebook = Callable[[Sequence[str]], Notebook]

COUNTER = """
def main(page: ft.Page):
    count = ft.Text("0")
    page.add(count, ft.FilledButton("Add", on_click=lambda e: setattr(count, "value", str(int(count.value) + 1))))
"""


def show_and_count(notebook: Notebook, index: int, cell_with_view: int | None = None) -> None:
    """Run a cell, click its Add button twice and see the count."""
    notebook.run(index)
    view = notebook.view(index if cell_with_view is None else cell_with_view)
    expect_state(view, "live")
    enable_semantics(notebook.page)
    for count in ("1", "2"):
        view.get_by_role("button", name="Add").click()
        expect(view.get_by_text(count, exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("%%flet --height 300" + COUNTER, id="cell magic"),
        pytest.param("%%flet" + COUNTER + "ft.run(main)", id="cell magic around ft.run"),
        pytest.param("%%flet\n" + COUNTER.replace("main", "my_app") + "my_app", id="cell magic, last expression"),
        pytest.param(COUNTER + "ft.run(main)", id="ft.run"),
        pytest.param(COUNTER + "ft.run(target=main)", id="ft.run target"),
        pytest.param(COUNTER + "await ft.run_async(main)", id="ft.run_async"),
        pytest.param(COUNTER + "ft.app(main)", id="ft.app"),
        pytest.param(COUNTER + "import flet_jupyter\nflet_jupyter.show(main, height=250, width=500)", id="show"),
        pytest.param(COUNTER + "%flet main", id="line magic"),
        pytest.param(COUNTER.replace("def main", "async def main") + "ft.run(main)", id="async main"),
        pytest.param(COUNTER + "    yield\nft.run(main)", id="generator main"),
        pytest.param(
            COUNTER.replace("def main", "async def main") + "    yield\nft.run(main)", id="async generator main"
        ),
        pytest.param(
            """
@ft.component
def Counter():
    count, set_count = ft.use_state(0)
    return ft.Column([ft.Text(str(count)), ft.FilledButton("Add", on_click=lambda: set_count(count + 1))])

ft.run(lambda page: page.render(Counter))
""",
            id="components",
        ),
        pytest.param(
            """
text = ft.Text("0")
def add(e):
    text.value = str(int(text.value) + 1)
ft.Row([text, ft.FilledButton("Add", on_click=add)])
""",
            id="control",
        ),
    ],
)
def test_an_app_shown_in_any_way_is_live(notebook: OpenNotebook, source: str) -> None:
    show_and_count(notebook([source.strip("\n")]), 1)


def test_an_app_file_runs_with_its_own_folder(notebook: OpenNotebook, server: JupyterServer) -> None:
    folder = server.root / "apps"
    folder.mkdir(exist_ok=True)
    (folder / "helper_of_counter.py").write_text("STEP = 1\n")
    (folder / "counter_app.py").write_text(
        """
import flet as ft

def main(page: ft.Page):
    count = ft.Text("0")
    def add(e):
        import helper_of_counter
        count.value = str(int(count.value) + helper_of_counter.STEP)
    page.add(count, ft.FilledButton("Add", on_click=add))

if __name__ == "__main__":
    ft.run(main)
"""
    )
    show_and_count(notebook(["%flet apps/counter_app.py"]), 1)


def test_an_app_file_finds_its_assets(notebook: OpenNotebook, server: JupyterServer) -> None:
    folder = server.root / "apps with assets"
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (10, 10), (255, 0, 0)).save(folder / "assets" / "red.png")
    (folder / "app.py").write_text(
        "import flet as ft\n"
        "ft.run(lambda page: page.add(ft.Image(src='red.png', width=200, height=200, fit=ft.BoxFit.FILL)))\n"
    )
    lab = notebook(["%flet --height 240 'apps with assets/app.py'"])
    with lab.page.expect_response("**/files/apps%20with%20assets/assets/red.png") as response:
        lab.run(1)
    assert response.value.status == 200
    expect_state(lab.view(1), "live")
    wait_for_pixel(lab.view(1), (100, 100), (255, 0, 0))


def test_a_control_stays_connected_to_its_variable(notebook: OpenNotebook) -> None:
    lab = notebook(["row = ft.Row([ft.Text('one')])\nrow", "row.controls.append(ft.Text('two')); row.update()"])
    lab.run(1)
    expect_state(lab.view(1), "live")
    lab.run(2)
    enable_semantics(lab.page)
    expect(lab.view(1).get_by_text("two")).to_be_visible()


def test_an_app_with_routes_navigates(notebook: OpenNotebook) -> None:
    source = """
import asyncio
def main(page: ft.Page):
    def route_change(e):
        page.views.clear()
        page.views.append(ft.View(route="/", controls=[ft.Text("home"), ft.FilledButton("Visit", on_click=visit)]))
        if page.route.startswith("/store"):
            page.views.append(ft.View(route="/store", controls=[ft.Text(f"store {page.query.get('item')}")]))
        page.update()
    def visit(e):
        asyncio.create_task(page.push_route("/store?item=7"))
    page.on_route_change = route_change
    route_change(None)
ft.run(main)
"""
    lab = notebook([source])
    lab.run(1)
    url = lab.page.url
    expect_state(lab.view(1), "live")
    enable_semantics(lab.page)
    lab.view(1).get_by_role("button", name="Visit").click()
    expect(lab.view(1).get_by_text("store 7")).to_be_visible()
    assert lab.page.url == url


def test_the_handle_reloads_and_closes_its_app(notebook: OpenNotebook) -> None:
    source = """
import flet_jupyter
starts = 0
def main(page):
    global starts
    starts += 1
    page.add(ft.Text(f"start {starts}"))
app = flet_jupyter.show(main)
"""
    lab = notebook([source])
    lab.run(1)
    view = lab.view(1)
    expect_state(view, "live")
    enable_semantics(lab.page)
    expect(view.get_by_text("start 1")).to_be_visible()
    assert lab.quietly("print(app.state, app.page is not None)").strip() == "running True"
    lab.quietly("app.reload()")
    expect(view.get_by_text("start 2")).to_be_visible()
    expect_state(view, "live")
    lab.quietly("app.close()")
    expect_state(view, "closed")
    expect(view).to_contain_text("This app was closed. Run the cell again")
    assert lab.quietly("print(app.state, app.page)").strip() == "closed None"


def test_the_list_of_apps_and_closing_by_name(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --name first\nft.Text('a')", "%%flet --name second\nft.Text('b')", "%flet --list"])
    lab.run_all()
    expect_state(lab.view(2), "live")
    assert "first" in lab.text(3)
    assert "second" in lab.text(3)
    lab.execute("%flet --close first")
    expect_state(lab.view(1), "closed")
    assert lab.execute("%flet --close --all") == "Closed 1 Flet app."
    expect_state(lab.view(2), "closed")
    assert lab.execute("%flet --list") == "No Flet app is live in this kernel."


def test_a_view_without_a_height_is_as_high_as_its_content(notebook: OpenNotebook) -> None:
    lab = notebook(["ft.Container(height=120)", "ft.Container(expand=True)", "ft.Container(height=5000)"])
    lab.run_all()
    for index, height in ((1, 140), (2, 400), (3, 640)):
        expect_state(lab.view(index), "live")
        lab.page.wait_for_function(
            "([element, height]) => Math.abs(element.getBoundingClientRect().height - height) < 2",
            arg=[lab.view(index).element_handle(), height],
        )


def test_a_view_can_be_dragged_higher(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --height 200" + COUNTER])
    lab.run(1)
    expect_state(lab.view(1), "live")
    handle = lab.cell(1).get_by_role("separator")
    box = handle.bounding_box()
    assert box is not None
    lab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 100, steps=5)
    lab.page.mouse.up()
    height = lab.view(1).bounding_box()
    assert height is not None
    assert abs(height["height"] - 300) < 3


def test_the_magic_has_complete_help(notebook: OpenNotebook) -> None:
    lab = notebook([])
    text = lab.quietly("print(get_ipython().find_line_magic('flet').__doc__)")
    for word in ("--height", "--width", "--name", "--list", "--close", "%%flet", "path/to/app.py"):
        assert word in text
