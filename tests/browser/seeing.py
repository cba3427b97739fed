"""What a user sees of a view: its pixels, and the texts in its semantics tree."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageChops
from playwright.sync_api import expect

from tests.browser.jupyter import enable_semantics, expect_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from playwright.sync_api import Locator

    from tests.browser.jupyter import JupyterServer, Notebook

    OpenNotebook = Callable[[Sequence[str]], Notebook]

COUNTER = """
def main(page: ft.Page):
    count = ft.Text("0")
    page.add(count, ft.FilledButton("Add", on_click=lambda e: setattr(count, "value", str(int(count.value) + 1))))
"""

Colour = tuple[int, int, int]


def picture(view: Locator) -> Image.Image:
    """Return a screenshot of an element, but for its outermost pixels: they may be half of something else."""
    image = Image.open(io.BytesIO(view.screenshot())).convert("RGB")
    return image.crop((1, 1, image.width - 1, image.height - 1))


def differ(one: Image.Image, other: Image.Image) -> bool:
    """Return whether two pictures differ by more than what a display would round."""
    if one.size != other.size:
        return True
    return ImageChops.difference(one, other).point(lambda value: value if value > 8 else 0).getbbox() is not None


def near(one: Colour, other: Colour) -> bool:
    return all(abs(a - b) <= 4 for a, b in zip(one, other, strict=True))


def pixel(image: Image.Image, x: int, y: int) -> Colour:
    """Return the colour at a place; negative numbers count from the right and the bottom."""
    colour: Colour = image.getpixel((x % image.width, y % image.height))  # type: ignore[assignment]
    return colour


def wait_picture(view: Locator, right: Callable[[Image.Image], bool], what: str, timeout: float = 10) -> Image.Image:
    """Take screenshots until one is right, and return it."""
    page = view.page
    for _ in range(int(timeout / 0.1)):
        image = picture(view)
        if right(image):
            return image
        page.wait_for_timeout(100)
    raise AssertionError(f"Never seen: {what}")


def wait_same(view: Locator, before: Image.Image) -> None:
    """Wait until a view looks as it did."""
    wait_picture(view, lambda image: not differ(image, before), "the view as it was")


def wait_changed(view: Locator, before: Image.Image) -> Image.Image:
    """Wait until a view does not look as it did, and return its picture."""
    return wait_picture(view, lambda image: differ(image, before), "a view that has changed")


def rest(lab: Notebook) -> None:
    """Take focus and pointer out of the views, so that nothing blinks or glows in them."""
    lab.page.evaluate("() => document.activeElement.blur()")
    lab.page.mouse.move(5, 5)


def settled(view: Locator) -> Image.Image:
    """Return a picture of a view in which nothing moves any more."""
    last = picture(view)

    def is_still(image: Image.Image) -> bool:
        nonlocal last
        still, last = not differ(image, last), image
        return still

    return wait_picture(view, is_still, "a view at rest")


def show(notebook: Notebook, *indices: int) -> None:
    """Run cells and wait until their views are live and can be read."""
    for index in indices:
        notebook.run(index)
    for index in indices:
        expect_state(notebook.view(index), "live")
    enable_semantics(notebook.page)


def assert_quiet(notebook: Notebook) -> None:
    """Check that nothing went wrong in the browser."""
    wrong = [line for line in notebook.console if line.startswith(("error", "pageerror"))]
    assert not wrong, wrong


def settings(server: JupyterServer, plugin: str, **values: Any) -> None:
    """Set what a plugin of JupyterLab reads when a page loads; without values, its defaults."""
    package, name = plugin.split(":")
    file = server.root / ".lab-settings" / package / f"{name}.jupyterlab-settings"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values))


def scroll(notebook: Notebook, *, down: bool, to: Locator) -> None:
    """Scroll the notebook to its end, or to its beginning, until all of `to` is seen there."""
    expect(to).to_be_attached()
    notebook.page.wait_for_function(
        """([down, element]) => {
            const panel = window.jupyterapp.shell.currentWidget.content.outerNode;
            panel.scrollTop = down ? panel.scrollHeight : 0;
            const {top, bottom, height} = element.getBoundingClientRect();
            const frame = panel.getBoundingClientRect();
            const isThere = height > 0 && top >= frame.top && bottom <= frame.bottom;
            // JupyterLab measures cells when they come, and scrolls on its own account meanwhile.
            window.framesThere = isThere ? (window.framesThere ?? 0) + 1 : 0;
            if (window.framesThere < 10) return false;
            window.framesThere = 0;
            return true;
        }""",
        arg=[down, to.element_handle()],
    )


def packets_received(notebook: Notebook) -> int:
    """Return how many packets the views of the page have got from their kernels."""
    received: int = notebook.page.evaluate(
        """() => [...globalThis[Symbol.for('flet-jupyter')].links]
            .reduce((sum, link) => sum + link.counters.packetsIn, 0)"""
    )
    return received


def wait_packet(notebook: Notebook, action: Callable[[], object]) -> None:
    """Do something that makes a kernel send a packet, and wait until the page has it."""
    before = packets_received(notebook)
    action()
    notebook.page.wait_for_function(
        """before => [...globalThis[Symbol.for('flet-jupyter')].links]
            .reduce((sum, link) => sum + link.counters.packetsIn, 0) > before""",
        arg=before,
    )


def wait_kernel(notebook: Notebook, expression: str) -> None:
    """Wait until an expression is true in the kernel; else say what the lists in it are."""
    notebook.quietly(
        f"import time\nfor _ in range(100):\n    if {expression}: break\n    time.sleep(0.05)\n"
        f"else:\n    names = compile({expression!r}, '', 'eval').co_names\n"
        "    raise AssertionError({n: globals()[n] for n in names if isinstance(globals().get(n), list)})"
    )
