"""``%flet`` and ``%%flet``: options, files, lists, and one sentence for every mistake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flet_jupyter.exceptions import BadOption, UsageError
from flet_jupyter.notebook import modes
from tests.notebook.front_end import wait

COUNTER = "def main(page):\n    page.add(ft.Text('0'), ft.Button('Add'))\n"


def refused(notebook: Any, source: str, *words: str) -> None:
    """Run a cell and check that it ends with one sentence, and shows nothing."""
    views = len(notebook.front_end.views)
    result = notebook.run(source)
    assert isinstance(result.error_in_exec, UsageError)
    lines = notebook.stdout.strip().splitlines()
    assert len(lines) == 1, notebook.stdout
    for word in words:
        assert word in lines[0]
    assert len(notebook.front_end.views) == views


def shown(notebook: Any) -> dict[str, Any]:
    """Return what the page knows of the app that was shown last."""
    model: dict[str, Any] = notebook.front_end.models[notebook.view.model_id]
    return model


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("%flet", ["say what to show", "%flet?"]),
        ("%flet --bogus", ["unrecognized arguments: --bogus", "%flet?"]),
        ("%flet main extra", ["unrecognized arguments: extra"]),
        ("%flet main --height tall", ["'tall' is no size", "--height 300"]),
        ("%flet main --height 0", ["height=0", "positive number of pixels"]),
        ("%flet main --height -5", ["height=-5", "positive number of pixels"]),
        ("%flet main --width 1e3", ["'1e3' is no size"]),
        ("%flet main --height", ["--height", "expected one argument"]),
        ("%flet nothing_of_this_name", ["no variable and no app file 'nothing_of_this_name'"]),
        ("%flet some/where/app.py", ["no file 'some/where/app.py'"]),
        ("%flet 'unbalanced", ["quotation"]),
        ("%flet --close", ["say which app to close"]),
        ("%flet --close nobody", ["no live app 'nobody'", "none is live"]),
        ("%flet --all", ["--close --all"]),
        ("x = 5\n%flet x", ["5 (int) is not a Flet app"]),
        ("%%flet main\npass", ["takes only --height, --width, --name, --panel and --browser"]),
        ("%%flet --list\npass", ["takes only --height, --width, --name, --panel and --browser"]),
        ("%%flet --close --all\npass", ["takes only --height, --width, --name, --panel and --browser"]),
        ("%%flet --height -1\ndef main(page): ...", ["height=-1"]),
        ("%flet main --panel left", ["panel='left'", "split-right", "tab-before"]),
        ("%%flet --panel left\ndef main(page): ...", ["panel='left'", "split-right"]),
        ("%flet main --panel --browser", ["--panel or --browser, not both"]),
        ("import flet_jupyter\nflet_jupyter.show(lambda page: None, panel=1.5)", ["panel=1.5", "split-right"]),
        ("%%flet\nx = 5", ["defines no Flet app", "ft.run()"]),
        ("%%flet\n5", ["defines no Flet app"]),
        ("%%flet\nimport asyncio\nawait asyncio.sleep(0)", ["top-level await", "ft.run(main)"]),
    ],
)
def test_a_mistake_is_one_sentence(notebook: Any, source: str, words: list[str]) -> None:
    refused(notebook, source, *words)


def test_a_size_is_refused_before_the_cell_runs(notebook: Any) -> None:
    refused(notebook, "%%flet --height -1\nran = True")
    assert "ran" not in notebook.shell.user_ns


def test_an_error_in_the_cell_is_its_own_traceback_and_nothing_else(notebook: Any) -> None:
    notebook.run("%%flet\nmistake = 1 / 0")
    assert notebook.stdout.count("ZeroDivisionError") >= 1
    assert "_Shown" not in notebook.stdout
    assert "flet_jupyter" not in notebook.stdout


def test_a_syntax_error_in_the_cell_is_shown_as_one(notebook: Any) -> None:
    notebook.run("%%flet\ndef main(page:\n    pass")
    assert "SyntaxError" in notebook.stdout
    assert "_Shown" not in notebook.stdout


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("def main(page):\n    page.add(ft.Text('main'))\nft.Text('last')", "main"),
        ("def main(page):\n    page.add(ft.Text('main'))\nft.run(lambda page: page.add(ft.Text('run')))", "run"),
        ("main = lambda page: page.add(ft.Text('assigned'))", "assigned"),
        ("ft.Text('last')", "last"),
        ("lambda page: page.add(ft.Text('function'))", "function"),
        ("ft.Text('shown all the same');", "shown all the same"),
    ],
)
def test_the_cell_magic_chooses_what_the_cell_means(notebook: Any, source: str, text: str) -> None:
    notebook.good("%%flet\n" + source)
    notebook.view.shows(text)
    assert len(notebook.front_end.views) == 1


def test_the_cell_of_the_magic_shares_the_notebooks_names(notebook: Any) -> None:
    notebook.good("greeting = 'hello'")
    notebook.good("%%flet\nanswer = 42\ndef main(page):\n    page.add(ft.Text(greeting))")
    notebook.view.shows("hello")
    assert notebook.shell.user_ns["answer"] == 42


def test_the_line_magic_takes_expressions(notebook: Any) -> None:
    notebook.good("class Apps:\n    @staticmethod\n    def shop(page):\n        page.add(ft.Text('shop'))")
    notebook.good("%flet Apps.shop")
    notebook.view.shows("shop")


def test_the_line_magic_shows_a_control(notebook: Any) -> None:
    notebook.good("text = ft.Text('a control')")
    notebook.good("%flet text --width 200")
    notebook.view.shows("a control")
    assert notebook.front_end.models[notebook.view.model_id]["width"] == 200


def test_the_line_magic_runs_an_app_file(notebook: Any, app_file: Callable[..., Path]) -> None:
    path = app_file(
        "import flet as ft\nimport beside\ndef main(page):\n    page.add(ft.Text(beside.text))\nft.run(main)",
        "my app.py",
        beside="text = 'from beside'",
    )
    notebook.good(f"%flet '{path}' --name shop")
    notebook.view.shows("from beside")
    assert list(notebook.apps) == ["shop"]


def test_an_app_file_with_a_syntax_error_is_one_sentence(notebook: Any, app_file: Callable[..., Path]) -> None:
    refused(notebook, f"%flet {app_file('def main(page:')}", "app.py, line 1")


def test_apps_are_listed_with_name_state_and_cell(notebook: Any) -> None:
    notebook.good("%flet --list")
    assert notebook.stdout == "No Flet app is live in this kernel.\n"
    notebook.good("%%flet --name shop\n" + COUNTER)
    notebook.view.shows("0")
    notebook.good("%flet --list")
    assert notebook.stdout.split() == ["shop", "running", "cell", "[2]"]
    listed = notebook.stdout
    notebook.good("%flet")
    assert notebook.stdout == listed


def test_one_app_is_closed_by_name(notebook: Any) -> None:
    notebook.good("%%flet --name one\n" + COUNTER)
    one = notebook.view
    notebook.good("%%flet --name two\n" + COUNTER)
    notebook.good("%flet --close one")
    assert list(notebook.apps) == ["two"]
    wait(lambda: one.state == "closed")
    refused(notebook, "%flet --close one", "live: two")


def test_all_apps_are_closed_at_once(notebook: Any) -> None:
    notebook.good("%%flet\n" + COUNTER)
    notebook.good("%%flet\n" + COUNTER)
    notebook.good("%flet --close --all")
    assert notebook.stdout == "Closed 2 Flet apps.\n"
    assert notebook.apps == {}


def test_the_help_names_every_option(notebook: Any) -> None:
    text = notebook.shell.object_inspect("%flet")["docstring"] if notebook.good("pass") else ""
    text = text or notebook.shell.find_line_magic("flet").__doc__
    for option in ("--height", "--width", "--name", "--list", "--close", "--all", "path/to/app.py"):
        assert option in text


def test_after_an_error_cells_display_their_results_again(notebook: Any) -> None:
    notebook.run("%%flet\n1 / 0")
    notebook.good("41 + 1")
    assert "42" in notebook.stdout


@pytest.mark.parametrize(
    ("source", "mode"),
    [
        (COUNTER + "%flet main", ""),
        (COUNTER + "%flet main --panel", "split-right"),
        (COUNTER + "%flet --panel main", "split-right"),
        (COUNTER + "%flet main --panel tab-before", "tab-before"),
        (COUNTER + "%flet --panel split-top main", "split-top"),
        (COUNTER + "%flet main --browser", "browser-tab"),
        ("%%flet --panel\n" + COUNTER, "split-right"),
        ("%%flet --panel split-left --height 300\n" + COUNTER, "split-left"),
        ("%%flet --browser\n" + COUNTER, "browser-tab"),
        (COUNTER + "import flet_jupyter\nflet_jupyter.show(main, panel=True)", "split-right"),
        (COUNTER + "import flet_jupyter\nflet_jupyter.show(main, panel='tab-after')", "tab-after"),
        (COUNTER + "import flet_jupyter\nflet_jupyter.show(main, panel=None)", ""),
    ],
)
def test_the_page_is_told_where_an_app_is_to_be_shown(notebook: Any, source: str, mode: str) -> None:
    notebook.good(source)
    assert shown(notebook)["panel"] == mode


def test_an_app_file_can_be_shown_in_a_panel(notebook: Any, tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text("import flet as ft\n" + COUNTER + "ft.run(main)\n")
    notebook.good(f"%flet --panel {path}")
    assert shown(notebook)["panel"] == "split-right"
    notebook.view.shows("0")


def test_apps_have_the_same_place_in_each_run_of_their_cell(notebook: Any) -> None:
    source = COUNTER + "import flet_jupyter\nfor _ in range(2): flet_jupyter.show(main)"
    slots = []
    for _ in range(2):
        before = list(notebook.front_end.models)
        notebook.good(source, cell="the-cell")
        slots.append(
            [model["slot"] for key, model in notebook.front_end.models.items() if key not in before and "slot" in model]
        )
    assert slots == [["the-cell:0", "the-cell:1"]] * 2
    notebook.good(COUNTER + "%flet main", cell="another")
    assert shown(notebook)["slot"] == "another:0"


def test_a_kernel_in_the_browser_offers_panels_but_no_tab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modes, "is_pyodide", lambda: True)
    with pytest.raises(BadOption, match="needs a Jupyter server"):
        modes.panel_mode("browser-tab")
    assert modes.panel_mode(True) == "split-right"
