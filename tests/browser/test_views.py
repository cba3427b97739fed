"""Views of one page: one engine for all, each painted whole and sharp, in the theme and the size that the page has."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.jupyter import enable_semantics, expect_state, write_notebook
from tests.browser.seeing import (
    COUNTER,
    assert_quiet,
    differ,
    near,
    picture,
    pixel,
    rest,
    settings,
    settled,
    show,
    wait_changed,
    wait_kernel,
    wait_picture,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.browser.jupyter import JupyterServer
    from tests.browser.seeing import Colour, OpenNotebook

COUNT_CONTEXTS = """
window.webgl = new Set();
for (const kind of [HTMLCanvasElement, OffscreenCanvas]) {
    const { getContext } = kind.prototype;
    kind.prototype.getContext = function (type, ...rest) {
        const context = getContext.call(this, type, ...rest);
        if (context && type.startsWith('webgl')) window.webgl.add(context);
        return context;
    };
}
"""

COUNT_COPIES = """
window.copies = {};
const copy = window.createImageBitmap;
window.createImageBitmap = (source, ...rest) => {
    if (source instanceof OffscreenCanvas) window.copies[rest[3]] = (window.copies[rest[3]] ?? 0) + 1;
    return copy(source, ...rest);
};
"""
"""Counts by height how often what Flutter has drawn is copied to a view: its last step, whatever was drawn."""

FRAMED = """%%flet --height {height}
sizes_{name} = []
def main(page):
    page.padding = 0
    page.bgcolor = "#ffffff"
    page.on_resize = lambda e: sizes_{name}.append((page.width, page.height))
    def bar():
        return ft.Container(bgcolor="{colour}", height=20)
    page_{name} = page
    bars_{name} = [bar(), bar()]
    page.add(ft.Column([bars_{name}[0], ft.Container(expand=True), bars_{name}[1]], expand=True, spacing=0))
    globals().update(page_{name}=page_{name}, bars_{name}=bars_{name})
"""
"""An app with a coloured bar along its upper edge and another along its lower one."""

RED: Colour = (255, 0, 0)
BLUE: Colour = (0, 0, 255)


def is_whole(colour: Colour) -> Callable[[Image.Image], bool]:
    """Return whether a picture of the framed app shows both bars from end to end, and white between them."""

    def check(image: Image.Image) -> bool:
        bars = [pixel(image, x, y) for x in (2, image.width // 2, -3) for y in (3, 16, -17, -4)]
        inside = [pixel(image, x, y) for x in (2, -3) for y in (image.height // 2, 26, -27)]
        return all(near(seen, colour) for seen in bars) and all(near(seen, (255, 255, 255)) for seen in inside)

    return check


def test_all_notebooks_of_a_page_share_one_engine(page: Page, server: JupyterServer, notebook: OpenNotebook) -> None:
    scripts: list[str] = []
    page.on("request", lambda request: scripts.append(request.url) if request.url.endswith("main.dart.js") else None)
    page.add_init_script(COUNT_CONTEXTS)
    lab = notebook(["%%flet --height 150" + COUNTER] * 2)
    show(lab, 1)
    contexts = page.evaluate("() => window.webgl.size")
    assert contexts > 0
    show(lab, 2)
    write_notebook(
        server.root / "second.ipynb", ["%load_ext flet_jupyter\nimport flet as ft", "%%flet --height 150" + COUNTER]
    )
    kernel = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"
    first_kernel = page.evaluate(kernel)
    lab.command("docmanager:open", path="second.ipynb", options={"mode": "split-right"})
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context.path === 'second.ipynb'")
    lab.wait_ready()
    assert page.evaluate(kernel) != first_kernel
    lab.run(0)
    lab.run(1)
    views = page.locator(".flet-view")
    expect(views).to_have_count(3)
    for number in range(3):
        expect_state(views.nth(number), "live")
    enable_semantics(page)
    for number in range(3):
        views.nth(number).get_by_role("button", name="Add").click()
    for number in range(3):
        expect(views.nth(number).get_by_text("1", exact=True)).to_be_visible()
    # Seen with flet 1.0.5: two on HTML canvases of 1x1 and two on off-screen ones, all made with the first view.
    assert page.evaluate("() => window.webgl.size") == contexts
    assert len(scripts) == 1
    assert page.evaluate("() => globalThis[Symbol.for('flet-jupyter')].views") == 3
    assert page.locator("iframe").count() == 0
    assert_quiet(lab)
    path = page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.id")
    server.request(f"api/sessions/{path}", "DELETE")


def test_views_of_all_heights_are_painted_whole(notebook: OpenNotebook) -> None:
    heights = (90, 320, 600, 150)
    names = "abcd"
    lab = notebook(
        [FRAMED.format(name=name, height=height, colour="#ff0000") for name, height in zip(names, heights, strict=True)]
    )
    lab.run_all()
    for index in range(1, 5):
        expect_state(lab.view(index), "live")
        wait_picture(lab.view(index), is_whole(RED), f"view {index} with both its bars")
    # All in one frame.
    lab.quietly(
        "for bars in (bars_a, bars_b, bars_c, bars_d):\n    for bar in bars: bar.bgcolor = '#0000ff'\n"
        "for page in (page_a, page_b, page_c, page_d): page.update()"
    )
    for index, height in enumerate(heights, 1):
        image = wait_picture(lab.view(index), is_whole(BLUE), f"view {index} after all were updated")
        assert abs(image.height - height) <= 3
    assert_quiet(lab)


def test_an_app_has_the_size_of_its_place_from_the_start(notebook: OpenNotebook) -> None:
    app = """flet_jupyter.show(lambda page: (
    seen.append((page.width, page.height)),
    setattr(page, "on_resize", lambda e: seen.append(("resized", e.width, e.height))),
    page.add(ft.Text("app")),
), width={0}, height={1})"""
    sizes = [(300, 100), (700, 600), (300, 100), (500, 300)]
    lab = notebook(["import flet_jupyter\nseen = []", *(app.format(*size) for size in sizes)])
    lab.run(1)
    for index in range(2, len(sizes) + 2):
        show(lab, index)
        # By then an app for the next cell waits in the size of this one.
        lab.page.wait_for_function("() => document.querySelector('.flet-lot flutter-view')")
    lab.page.wait_for_timeout(500)
    wait_kernel(lab, f"seen == {sizes}")
    assert_quiet(lab)


def test_views_are_used_again(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --height 120" + COUNTER, "%%flet --height 200" + COUNTER])
    for _ in range(10):
        show(lab, 1, 2)
        lab.page.wait_for_timeout(2_500)  # until the views of the run before are given up
    assert lab.page.locator("flutter-view").count() <= 8
    lab.view(1).get_by_role("button", name="Add").click()
    expect(lab.view(1).get_by_text("1", exact=True)).to_be_visible()
    assert_quiet(lab)


def test_a_view_that_does_not_change_is_not_painted_while_another_moves(page: Page, notebook: OpenNotebook) -> None:
    page.add_init_script(COUNT_COPIES)
    lab = notebook(["%%flet --height 150" + COUNTER, "%%flet --height 120\nft.ProgressRing()"])
    show(lab, 1, 2)
    rest(lab)
    page.wait_for_timeout(500)

    def copies() -> tuple[int, int]:
        made = page.evaluate("() => window.copies")
        return made["150"], made["120"]

    still, moving = copies()
    page.wait_for_function("enough => window.copies[120] >= enough", arg=moving + 30)
    assert copies()[0] == still
    before = picture(lab.view(1))
    enable_semantics(page)
    lab.view(1).get_by_role("button", name="Add").click()
    wait_changed(lab.view(1), before)
    assert copies()[0] > still
    assert_quiet(lab)


def test_a_view_follows_the_size_of_its_place(notebook: OpenNotebook) -> None:
    lab = notebook([FRAMED.format(name="a", height=300, colour="#ff0000")])
    show(lab, 1)
    page, view = lab.page, lab.view(1)
    wait_picture(view, is_whole(RED), "the app")
    width = picture(view).width + 2

    page.set_viewport_size({"width": 1000, "height": 700})
    wait_picture(view, lambda image: image.width < width - 200 and is_whole(RED)(image), "a narrower app")
    wait_kernel(lab, f"sizes_a and {width} - 285 < sizes_a[-1][0] < {width} - 275 and sizes_a[-1][1] == 300")
    page.set_viewport_size({"width": 1280, "height": 900})
    wait_picture(view, lambda image: image.width == width - 2 and is_whole(RED)(image), "a wide app again")
    wait_kernel(lab, f"sizes_a[-1] == ({width}, 300)")

    handle = lab.cell(1).get_by_role("separator")
    handle.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    wait_picture(view, lambda image: abs(image.height - 340) <= 3 and is_whole(RED)(image), "a higher app")
    expect(handle).to_have_attribute("aria-valuenow", "340")
    page.keyboard.press("Shift+ArrowUp")
    wait_picture(view, lambda image: abs(image.height - 240) <= 3 and is_whole(RED)(image), "a lower app")
    wait_kernel(lab, f"sizes_a[-1] == ({width}, 240)")
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.content.activeCellIndex") == 1
    assert_quiet(lab)


def test_a_view_is_sharp_at_any_zoom(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --height 200\nft.Column([ft.Text('sharp', size=30), ft.FilledButton('Add')])"])
    show(lab, 1)
    page, view = lab.page, lab.view(1)
    rest(lab)
    devtools = page.context.new_cdp_session(page)

    def look() -> Image.Image:
        box = lab.view(1).bounding_box()
        assert box is not None
        x, y, width, height = (round(box[name]) for name in ("x", "y", "width", "height"))
        clip = {"x": x, "y": y, "width": width, "height": height, "scale": 1}
        shot = devtools.send("Page.captureScreenshot", {"clip": clip})
        return Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")

    # What a browser's zoom of 200 % does: half as many CSS pixels, each of twice the size.
    screen = {"width": 640, "height": 450, "deviceScaleFactor": 2, "mobile": False}
    devtools.send("Emulation.setDeviceMetricsOverride", screen)
    page.wait_for_function("() => devicePixelRatio === 2")
    lab.command("application:toggle-left-area")
    view.scroll_into_view_if_needed()
    canvas = view.locator("canvas").first
    page.wait_for_function(
        "([canvas, view]) => canvas.width === 2 * view.clientWidth && canvas.height === 2 * view.clientHeight",
        arg=[canvas.element_handle(), view.element_handle()],
    )
    zoomed = look()
    lab.run(1)
    expect_state(lab.view(1), "live")
    rest(lab)
    fresh = look()
    assert not differ(zoomed, fresh)
    assert_quiet(lab)


@pytest.fixture
def theme(server: JupyterServer) -> Iterator[None]:
    """Restore JupyterLab's theme, which it keeps in its settings."""
    yield
    settings(server, "@jupyterlab/apputils-extension:themes")


def test_a_view_follows_the_theme_unless_its_app_chooses(theme: None, notebook: OpenNotebook) -> None:
    app = """%%flet --height 120
themes_{name} = []
def main(page):
    {choice}
    page.on_platform_brightness_change = lambda e: themes_{name}.append(page.platform_brightness.value)
    page.add(ft.Text("theme"))
    globals()["page_{name}"] = page
"""
    lab = notebook(
        [
            app.format(name="a", choice="pass"),
            app.format(name="b", choice="page.theme_mode = ft.ThemeMode.LIGHT"),
            app.format(name="c", choice="pass"),
        ]
    )
    show(lab, 1, 2)
    light = pixel(settled(lab.view(1)), -5, -5)
    assert min(light) > 200
    assert lab.quietly("print(page_a.platform_brightness.value)").strip() == "light"

    lab.command("apputils:change-theme", theme="JupyterLab Dark")
    wait_picture(lab.view(1), lambda image: max(pixel(image, -5, -5)) < 60, "a dark app")
    wait_kernel(lab, "themes_a[-1:] == ['dark'] and page_a.platform_brightness.value == 'dark'")
    assert pixel(settled(lab.view(2)), -5, -5) == light
    lab.run(3)
    expect_state(lab.view(3), "live")
    wait_picture(lab.view(3), lambda image: max(pixel(image, -5, -5)) < 60, "an app that begins dark")
    assert lab.quietly("print(page_c.platform_brightness.value)").strip() == "dark"

    lab.command("apputils:change-theme", theme="JupyterLab Light")
    wait_picture(lab.view(1), lambda image: pixel(image, -5, -5) == light, "the light app again")
    wait_kernel(lab, "themes_a[-2:] == ['dark', 'light']")
    assert_quiet(lab)


def test_what_an_app_prints_makes_its_cell_no_wider(notebook: OpenNotebook) -> None:
    lab = notebook(["%%flet --height 80\nft.FilledButton('Print', on_click=lambda e: print('wide' * 500))"])
    show(lab, 1)
    before = lab.view(1).bounding_box()
    assert before is not None
    lab.view(1).get_by_role("button").click()
    expect(lab.cell(1).get_by_text("widewide")).to_be_visible()
    output = lab.cell(1).locator(".flet-output")
    assert output.evaluate("element => element.scrollWidth === element.clientWidth")
    after, printed = lab.view(1).bounding_box(), output.bounding_box()
    assert after is not None
    assert printed is not None
    assert after["width"] == before["width"]
    assert printed["x"] + printed["width"] <= after["x"] + after["width"]
    assert printed["y"] >= after["y"] + after["height"]
    assert_quiet(lab)
