"""Whatever is wrong with an app's file or its kernel, the panel says so in clear words and offers a way on."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.jupyter import jupyter_server, new_context
from tests.browser.panels import COUNTER, Lab, counter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

BARE = """\
import sys


class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "flet_jupyter":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Nowhere())
from ipykernel.kernelapp import IPKernelApp

IPKernelApp.launch_instance()
"""
"""A kernel in whose environment nobody has installed flet-jupyter."""


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("def main(page:\n", "counter.py, line 1: "),
        ("", "counter.py neither calls ft.run() nor defines a function 'main(page)'."),
        (
            "import flet as ft\nprint('no app')\n",
            "counter.py neither calls ft.run() nor defines a function 'main(page)'.",
        ),
        ("import flet as ft\nft.run(42)\n", "42 (int) is not a Flet app. Pass a function that takes the page"),
    ],
    ids=["syntax", "empty", "no-app", "no-function"],
)
def test_a_file_that_is_no_app_gets_one_sentence_and_starts_when_it_is_one(
    lab: Lab, source: str, sentence: str
) -> None:
    lab.write("counter.py", source)
    panel = lab.open_any("counter.py")
    panel.says(sentence)
    expect(panel.notice).not_to_contain_text("Traceback")
    expect(panel.notice).not_to_contain_text(str(lab.path))
    lab.write("counter.py", COUNTER)
    panel.wait_live()
    panel.says_nothing()
    panel.count(1)


def test_a_file_that_raises_is_told_with_its_traceback_and_starts_when_mended(lab: Lab) -> None:
    lab.write("counter.py", "print('before it fails')\n\n\ndef load():\n    open('missing.csv')\n\n\nload()\n")
    panel = lab.open_any("counter.py")
    panel.says("FileNotFoundError: [Errno 2] No such file or directory: 'missing.csv'")
    details = panel.notice.locator(".jp-FletPanel-noticeDetails")
    expect(details).to_contain_text("open('missing.csv')")
    expect(details).to_contain_text("in load")
    expect(details).not_to_contain_text("flet_jupyter")
    lab.picture("panel-error")
    lab.write("counter.py", "raise KeyError('another')\n")
    panel.says("KeyError: 'another'")
    lab.write("counter.py", COUNTER)
    panel.wait_live()
    panel.count(1)


def test_a_misspelt_name_of_flets_is_told_as_any_other_error(lab: Lab) -> None:
    lab.write("counter.py", "import flet as ft\n\nft.run(print, view=ft.AppVeiw.X)\n")
    panel = lab.open_any("counter.py")
    panel.says("AttributeError: module 'flet' has no attribute 'AppVeiw'")
    expect(panel.notice.locator(".jp-FletPanel-noticeDetails")).to_contain_text("counter.py")


def test_a_file_that_hides_flet_is_named_and_the_app_starts_when_it_has_another_name(lab: Lab) -> None:
    lab.write("flet.py", COUNTER)
    panel = lab.open_any("flet.py")
    panel.says("A file flet.py beside the app hides the package flet.")
    panel.close()
    (lab.path / "flet.py").rename(lab.path / "counter.py")
    lab.open("counter.py").count(1)


@pytest.mark.parametrize("way", ["Start the App", "reload button", "hot reload"])
def test_a_file_that_raises_waits_to_be_started_where_nothing_is_reloaded_by_itself(lab: Lab, way: str) -> None:
    lab.write("counter.py", "raise KeyError('first')\n")
    panel = lab.open_any("counter.py")
    panel.says("KeyError: 'first'")
    toggle = panel.tool("Reload the app when its file is saved")
    toggle.click()
    try:
        lab.write("counter.py", COUNTER)
        panel.wait_kernel("[bool(file._told) for file in __import__('flet_jupyter').panels._files.values()]", "[True]")
        panel.says("KeyError: 'first'")
        if way == "Start the App":
            panel.do(way)
            panel.wait_live()
        elif way == "reload button":
            panel.tool("Run the app's file anew").click()
            panel.wait_live()
    finally:
        toggle.click()
    panel.wait_live()
    panel.count(1)


def test_an_error_in_main_is_told_below_the_app_and_the_next_save_mends_it(lab: Lab) -> None:
    lab.write("counter.py", COUNTER.replace("page.add(", "page.add(None.value, "))
    panel = lab.open("counter.py")
    expect(panel.output).to_contain_text("Error in main")
    expect(panel.output).to_contain_text("'NoneType' object has no attribute 'value'")
    lab.picture("error-in-main")
    lab.write("counter.py", counter(2))
    panel.shows("version 2")
    panel.count(1)


def test_a_kernel_that_dies_at_the_start_is_told_and_can_be_started_again(lab: Lab) -> None:
    lab.write("counter.py", "import os\nos._exit(1)\n")
    panel = lab.open_any("counter.py")
    panel.says("The kernel died")
    lab.picture("kernel-died")
    lab.write("counter.py", COUNTER)
    panel.do("Start the App")
    panel.wait_live()
    panel.says_nothing()
    panel.count(1)
    assert len(lab.sessions()) == 1


def test_a_kernel_that_a_handler_kills_is_told_and_the_app_can_be_started_again(lab: Lab) -> None:
    lab.write(
        "counter.py",
        COUNTER.replace(
            "count.value = ", "__import__('os')._exit(1) if count.value == '1' else 0\n        count.value = "
        ),
    )
    panel = lab.open("counter.py")
    panel.count(1)
    panel.press("Add")
    panel.says("The kernel died")
    lab.picture("kernel-died-in-handler")
    panel.do("Start the App")
    panel.wait_live()
    panel.shows("0")
    panel.count(1)


@pytest.mark.parametrize("way", ["interrupt", "restart"])
def test_an_app_that_never_comes_to_an_end_of_its_start_can_be_stopped(lab: Lab, way: str) -> None:
    lab.write("counter.py", "print('begins')\nopen('begun', 'w').close()\nwhile True:\n    pass\n")
    panel = lab.open_any("counter.py")
    panel.says("Starting the app…")
    lab.wait_file("begun")
    lab.picture("starting")
    lab.write("counter.py", COUNTER)
    if way == "interrupt":
        panel.tool("Interrupt the kernel").click()
        panel.says("KeyboardInterrupt")
        lab.picture("interrupted")
        panel.do("Start the App")
    else:
        panel.tool("Restart the kernel and the app").click()
    panel.wait_live()
    panel.says_nothing()
    panel.count(1)


def test_a_file_that_is_deleted_is_told_while_its_app_lives_on_until_it_is_back(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    panel = lab.open("counter.py")
    panel.count(1)
    (lab.path / "counter.py").unlink()
    panel.says("There is no file 'counter.py'")
    expect(panel.notice).not_to_contain_text("Traceback")
    lab.picture("deleted")
    panel.count(2)
    lab.write("counter.py", counter(2))
    panel.shows("version 2")
    panel.says_nothing()


def test_much_output_keeps_neither_the_app_from_showing_nor_the_page_from_working(lab: Lab) -> None:
    lab.write(
        "flood.py",
        "print('x' * 10_000_000)\nfor number in range(20_000):\n    print('at the start', number)\n"
        + COUNTER.replace(
            "def add(e):",
            "def flood(e):\n        for number in range(100_000):\n            print('line', number)\n"
            "        print('y' * 10_000_000)\n        print('the end')\n\n    def add(e):",
        ).replace("page.add(", "page.add(ft.FilledButton('Flood', on_click=flood), "),
    )
    panel = lab.open("flood.py")
    panel.output.locator(".flet-output-bar").click()
    expect(panel.output).to_contain_text("at the start 19999")
    panel.press("Flood")
    expect(panel.output).to_contain_text("the end")
    lab.picture("flood")
    panel.count(1)
    # What is kept is bounded, on both sides.
    assert len(panel.output.inner_text()) < 500_000
    assert lab.wrong == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("this is no JSON", "app.ipynb is no notebook"),
        ('{"cells": 7}', "app.ipynb is no notebook"),
        ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "app.ipynb shows no Flet app"),
    ],
    ids=["no-json", "no-cells", "no-app"],
)
def test_a_notebook_that_is_none_gets_one_sentence_and_starts_when_it_is_one(
    lab: Lab, text: str, sentence: str
) -> None:
    lab.write("app.ipynb", text)
    panel = lab.open_any("app.ipynb")
    panel.says(sentence)
    lab.picture("no-notebook")
    lab.write_notebook("app.ipynb", [COUNTER])
    panel.wait_live()
    panel.count(1)


def test_a_cell_that_fails_is_told_with_its_traceback(lab: Lab) -> None:
    lab.write_notebook("app.ipynb", ["1 + 1", "def load():\n    return 1 / 0\nload()", COUNTER])
    panel = lab.open_any("app.ipynb")
    panel.says("Cell 2 of app.ipynb failed.")
    expect(panel.notice).to_contain_text("ZeroDivisionError: division by zero")
    expect(panel.notice).to_contain_text("return 1 / 0")
    lab.picture("notebook-cell-fails")
    lab.write_notebook("app.ipynb", [COUNTER])
    panel.wait_live()
    panel.count(1)


# -- kernels that cannot be had ------------------------------------------------------------------


class Kernels:
    """The kernels that a server of its own offers."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self._folder = folder

    def install(self, name: str, *arguments: str) -> None:
        spec = self._folder / "kernels" / name / "kernel.json"
        spec.parent.mkdir(parents=True)
        argv = [sys.executable, *(arguments or ("-m", "ipykernel_launcher")), "-f", "{connection_file}"]
        spec.write_text(json.dumps({"argv": argv, "display_name": name, "language": "python"}))


@contextmanager
def offering(browser: Browser, root: Path, *names: str) -> Iterator[Kernels]:
    """Start a server that offers no kernels but those of these names that a test installs."""
    kernels = root / ".jupyter-data"
    path = os.pathsep.join([str(kernels), *filter(None, [os.environ.get("JUPYTER_PATH")])])
    options = ["--KernelSpecManager.ensure_native_kernel=False"] + [
        f"--KernelSpecManager.allowed_kernelspecs={name}" for name in names
    ]
    with jupyter_server(root, options=options, environment={"JUPYTER_PATH": path}) as server:
        context = new_context(browser)
        lab = Lab(context.new_page(), server, "folder")
        yield Kernels(lab, kernels)
        lab.forgive("kernelspec|Kernel")
        assert lab.wrong == []
        context.close()


def test_a_server_without_a_python_kernel_is_told_and_the_app_starts_when_there_is_one(
    browser: Browser, tmp_path: Path
) -> None:
    with offering(browser, tmp_path, "late") as kernels:
        lab = kernels.lab
        lab.load()
        lab.write("counter.py", COUNTER)
        panel = lab.open_any("counter.py")
        panel.says("This server has no Python kernel. Install one (pip install ipykernel), and start the app again.")
        lab.picture("no-kernel")
        kernels.install("late")
        panel.do("Start the App")
        panel.wait_live()
        panel.count(1)


def test_a_kernel_without_flet_jupyter_is_told_and_another_can_be_chosen(browser: Browser, tmp_path: Path) -> None:
    with offering(browser, tmp_path, "bare", "complete") as kernels:
        lab = kernels.lab
        kernels.install("bare", "-c", BARE)
        lab.load()
        lab.write("counter.py", COUNTER)
        panel = lab.open_any("counter.py")
        panel.says("This kernel has no flet-jupyter. Install it there (pip install flet-jupyter)")
        lab.picture("kernel-without-flet-jupyter")
        kernels.install("complete")
        lab.refresh_kernels()
        panel.element.locator("[data-jp-item-name='kernelName'] .jp-ToolbarButtonComponent").click()
        dialog = lab.page.locator(".jp-Dialog")
        dialog.locator("select").select_option(label="complete")
        dialog.get_by_role("button", name="Select").click()
        panel.wait_live()
        panel.says_nothing()
        panel.count(1)


def test_a_lab_whose_server_has_no_flet_jupyter_says_what_to_do(lab: Lab) -> None:
    lab.write("counter.py", COUNTER)
    lab.load()  # the engine of the tests before is in the page
    lab.page.route("**/flet/engine.js*", lambda route: route.fulfill(status=404))
    try:
        panel = lab.open_any("counter.py")
        panel.says(
            "Flet could not be loaded from the Jupyter server. Install flet-jupyter in the environment of the server"
        )
        panel.says("HTTP 404")
        lab.picture("no-engine")
    finally:
        lab.page.unroute("**/flet/engine.js*")
    lab.page.reload()
    lab.wait_ready()
