"""Errors and output appear where people look: in the cell that shows the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.jupyter import enable_semantics, expect_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.browser.jupyter import Notebook

    OpenNotebook = Callable[[Sequence[str]], Notebook]


def test_an_exception_in_main_is_a_traceback_of_the_cell(notebook: OpenNotebook) -> None:
    lab = notebook(["def main(page):\n    page.add(ft.Text('shown before'))\n    1 / 0\nft.run(main)"])
    lab.run(1)
    text = lab.text(1)
    assert "ZeroDivisionError" in text
    assert "1 / 0" in text
    assert "Traceback (most recent call last)" in text
    assert "run_main" not in text
    assert text.count("Traceback (most recent call last)") == 1
    assert "flet_jupyter" not in text
    expect(lab.view(1)).to_have_count(0)


def test_an_exception_in_a_handler_appears_below_its_view_and_the_app_lives_on(notebook: OpenNotebook) -> None:
    lab = notebook(
        [
            """
def main(page: ft.Page):
    count = ft.Text("0")
    def add(e):
        count.value = str(int(count.value) + 1)
        if count.value == "1":
            raise ValueError("the first click fails")
    async def fail(e):
        raise KeyError("async too")
    page.add(count, ft.FilledButton("Add", on_click=add), ft.FilledButton("Fail", on_click=fail))
ft.run(main)
"""
        ]
    )
    lab.run(1)
    view, errors = lab.view(1), lab.cell(1).locator(".flet-output [data-kind=error]")
    expect_state(view, "live")
    enable_semantics(lab.page)
    view.get_by_role("button", name="Add").click()
    expect(errors).to_have_count(1)
    expect(errors.first).to_contain_text("Error in on_click")
    expect(errors.first).to_contain_text("ValueError: the first click fails")
    expect(errors.first).to_contain_text("Cell In[2], line 6, in add")
    expect(errors.first).not_to_contain_text("flet_jupyter")
    view.get_by_role("button", name="Fail").click()
    expect(errors).to_have_count(2)
    view.get_by_role("button", name="Add").click()
    expect(view.get_by_text("2", exact=True)).to_be_visible()
    expect_state(view, "live")


def test_what_an_app_prints_goes_to_its_own_cell_from_any_thread(notebook: OpenNotebook) -> None:
    lab = notebook(
        [
            """
import sys, threading
def main(page: ft.Page):
    print("from main")
    def click(e):
        print("from the handler")
        thread = threading.Thread(target=lambda: print("from a thread"))
        thread.start(); thread.join()
        page.run_thread(lambda: print("from run_thread"))
        print("to stderr", file=sys.stderr)
    async def click_async(e):
        print("from the async handler")
    page.add(ft.FilledButton("Say", on_click=click), ft.FilledButton("Await", on_click=click_async))
ft.run(main)
""",
            "print('an ordinary cell')",
        ]
    )
    lab.run_all()
    expect_state(lab.view(1), "live")
    enable_semantics(lab.page)
    lab.view(1).get_by_role("button", name="Say").click()
    lab.view(1).get_by_role("button", name="Await").click()
    strip = lab.cell(1).locator(".flet-output")
    for text in ("the handler", "a thread", "run_thread", "the async handler"):
        expect(strip).to_contain_text(f"from {text}")
    expect(strip.locator("[data-kind=stderr]")).to_contain_text("to stderr")
    assert "from main" in lab.text(1)
    assert lab.text(2).strip() == "an ordinary cell"


def test_output_and_errors_survive_a_reload_of_the_page(notebook: OpenNotebook) -> None:
    lab = notebook(
        ["def main(page):\n    page.add(ft.FilledButton('Say', on_click=lambda e: print('said')))\nft.run(main)"]
    )
    lab.run(1)
    expect_state(lab.view(1), "live")
    enable_semantics(lab.page)
    lab.view(1).get_by_role("button", name="Say").click()
    expect(lab.cell(1).locator(".flet-output")).to_contain_text("said")
    lab.command("docmanager:save")
    lab.page.reload()
    lab.wait_ready()
    expect(lab.cell(1).locator(".flet-output")).to_contain_text("said")


def test_a_flood_of_output_neither_stops_the_page_nor_grows_without_end(notebook: OpenNotebook) -> None:
    flood = """
def main(page):
    def flood(e):
        for i in range(100_000):
            print("line", i)
    page.add(ft.FilledButton("Flood", on_click=flood))
ft.run(main)
"""
    lab = notebook([flood])
    lab.run(1)
    expect_state(lab.view(1), "live")
    enable_semantics(lab.page)
    lab.view(1).get_by_role("button", name="Flood").click()
    strip = lab.cell(1).locator(".flet-output")
    expect(strip).to_contain_text("line 99999")
    assert len(strip.inner_text()) < 500_000
    assert "rate exceeded" not in lab.cell(1).inner_text()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("ft.run(42)", "NotAnApp: 42 (int) is not a Flet app. Pass a function that takes the page"),
        ("%%flet\nx = 1", "NoAppFound: This cell defines no Flet app"),
        ("%flet apps/none.py", "AppFileError: There is no file 'apps/none.py'"),
        ("open('broken.py', 'w').write('def main(:'); \n%flet broken.py", "AppFileError: broken.py, line 1"),
        ("%flet --hight 300 main", "BadOption: %flet: unrecognized arguments: --hight"),
        ("%%flet --height -5\nft.Text('x')", "BadOption: height=-5: give a positive number of pixels"),
        ("import flet_jupyter\nflet_jupyter.show(lambda page: None, height=-1)", "BadOption: height=-1"),
        ("row = ft.Row()\ndisplay(row)\ndisplay(row)", "AlreadyShown: This Row is already shown in another place"),
        ("%flet --close nothing", "BadOption: %flet: there is no live app 'nothing'"),
        ("%flet nothing_of_that_name", "BadOption: %flet: there is no variable and no app file 'nothing_of_that_name'"),
    ],
    ids=lambda value: value.split(":")[0][:30] if ":" in value else None,
)
def test_bad_input_gets_one_clear_sentence(errors_notebook: Notebook, source: str, sentence: str) -> None:
    lab = errors_notebook
    index = lab.add(source)
    lab.run(index)
    text = lab.text(index)
    assert sentence in text
    assert "Traceback" not in text


@pytest.fixture
def errors_notebook(notebook: OpenNotebook) -> Notebook:
    return notebook([])
