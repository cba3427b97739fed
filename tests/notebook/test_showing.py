"""Ways to show an app, and what becomes of it."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import flet as ft
import pytest

import flet_jupyter
from flet_jupyter.exceptions import AlreadyShown, BadOption, NotAnApp, SessionClosed
from flet_jupyter.notebook import app as app_module
from tests.notebook.front_end import wait

COUNTER = """
def main(page):
    count = ft.Text("0")
    page.add(count, ft.Button("Add", on_click=lambda: setattr(count, "value", str(int(count.value) + 1))))
"""


def clicked(view: Any) -> None:
    """Check that a view is live."""
    before = int(view.texts()[0])
    view.click(_c="Button")
    view.shows(str(before + 1))


# -- five ways ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "last_line",
    [
        "ft.run(main)",
        "ft.run(main=main)",
        "ft.run(target=main)",
        "ft.run(main, view=ft.AppView.WEB_BROWSER, port=8550, assets_dir='nowhere')",
        "ft.run(main, None, 'named')",
        "await ft.run_async(main)",
        "await ft.run_async(target=main)",
        "import flet.app; flet.app.run(main)",
        "import flet_jupyter; flet_jupyter.show(main)",
        "%flet main",
    ],
)
def test_every_way_to_start_an_app_shows_it_below_the_cell(notebook: Any, last_line: str) -> None:
    notebook.good(COUNTER + last_line)
    notebook.view.shows("0")
    clicked(notebook.view)


def test_the_whole_cell_magic_shows_what_the_cell_defines(notebook: Any) -> None:
    notebook.good("%%flet --height 300\n" + COUNTER)
    notebook.view.shows("0")
    clicked(notebook.view)
    assert notebook.front_end.models[notebook.view.model_id]["height"] == 300


@pytest.mark.parametrize("call", ["ft.app(main)", "ft.app(target=main)", "ft.app(main=main)"])
def test_the_old_app_function_shows_the_app_and_says_that_it_is_old(notebook: Any, call: str) -> None:
    with pytest.warns(DeprecationWarning, match="use ft.run"):
        notebook.good(COUNTER + call)
    notebook.view.shows("0")


def test_starting_blocks_no_cell_and_shows_each_app_once(notebook: Any) -> None:
    notebook.good(COUNTER + "ft.run(main)\nft.run(main)")
    assert len(notebook.apps) == 2
    assert len(notebook.front_end.views) == 2


@pytest.mark.parametrize(
    "source",
    [
        "async def main(page):\n    page.add(ft.Text('made'))",
        "def main(page):\n    page.controls.append(ft.Text('made'))\n    yield",
        "async def main(page):\n    page.controls.append(ft.Text('made'))\n    yield",
        "@ft.component\ndef Made():\n    return ft.Text('made')\ndef main(page):\n    page.render(Made)",
    ],
    ids=["async", "generator", "async generator", "component"],
)
def test_every_form_of_main_is_shown(notebook: Any, source: str) -> None:
    notebook.good("%%flet\n" + source)
    notebook.view.shows("made")


def test_before_main_runs_before_main(notebook: Any) -> None:
    notebook.good("order = []\nft.run(lambda p: order.append('main'), before_main=lambda p: order.append('before'))")
    assert notebook.shell.user_ns["order"] == ["before", "main"]


def test_without_the_extension_flet_is_as_it_was(bare_notebook: Any) -> None:
    run, app = ft.run, ft.app
    manager = bare_notebook.shell.extension_manager
    manager.load_extension("flet_jupyter")
    assert ft.run is not run
    manager.unload_extension("flet_jupyter")
    assert ft.run is run
    assert ft.app is app
    assert not callable(ft.app)
    assert "flet" not in bare_notebook.shell.magics_manager.magics["cell"]


def test_unloading_closes_all_apps(notebook: Any) -> None:
    notebook.good(COUNTER + "ft.run(main)")
    notebook.view.shows("0")
    notebook.shell.extension_manager.unload_extension("flet_jupyter")
    notebook.loads = False
    assert notebook.apps == {}
    wait(lambda: notebook.view.state == "closed")


def test_loading_twice_is_harmless(notebook: Any) -> None:
    notebook.good("%reload_ext flet_jupyter")
    notebook.good(COUNTER + "ft.run(main)")
    notebook.view.shows("0")
    notebook.good("ft.Text('alone')")
    assert len(notebook.front_end.views) == 2


# -- controls ----------------------------------------------------------------------------------------


def test_a_control_as_the_last_expression_is_shown_live(notebook: Any) -> None:
    notebook.good("row = ft.Row([ft.Text('a')])\nrow")
    notebook.view.shows("a")
    notebook.good("row.controls.append(ft.Text('b')); row.update()")
    notebook.view.shows("a", "b")


def test_a_control_as_the_last_expression_prints_no_representation(notebook: Any) -> None:
    notebook.good("ft.Text('a')")
    notebook.view.shows("a")
    assert "Text(" not in notebook.stdout


def test_a_control_that_is_shown_elsewhere_is_one_sentence(notebook: Any) -> None:
    notebook.good("text = ft.Text('a')\ntext")
    result = notebook.run("import flet_jupyter; flet_jupyter.show(text)")
    assert isinstance(result.error_in_exec, AlreadyShown)
    assert "already shown in another place" in notebook.stdout
    assert "Traceback" not in notebook.stdout
    notebook.run("text")
    assert "already shown in another place" in notebook.stderr
    assert len(notebook.front_end.views) == 1


def test_a_control_whose_app_was_closed_can_be_shown_again(notebook: Any) -> None:
    notebook.good("text = ft.Text('a')\ntext")
    notebook.good("%flet --close --all")
    notebook.good("text")
    notebook.view.shows("a")
    notebook.good("text.value = 'b'; text.update()")
    notebook.view.shows("b")


def test_the_handle_itself_shows_nothing(notebook: Any) -> None:
    notebook.good(COUNTER + "import flet_jupyter\nflet_jupyter.show(main)")
    notebook.good("_")
    assert len(notebook.front_end.views) == 1
    assert "CellApp" not in notebook.stdout


# -- the handle --------------------------------------------------------------------------------------


def shown(notebook: Any, source: str = COUNTER, options: str = "") -> Any:
    notebook.good(source + f"\nimport flet_jupyter\napp = flet_jupyter.show(main{options})")
    return notebook.shell.user_ns["app"]


def test_a_handle_tells_state_page_and_name(notebook: Any) -> None:
    app = shown(notebook, options=", name='shop'")
    notebook.view.shows("0")
    assert isinstance(app, flet_jupyter.CellApp)
    assert (app.name, app.state) == ("shop", "running")
    assert app.page.controls[0].value == "0"
    assert repr(app) == "<Flet app 'shop': running>"
    notebook.view.close()
    wait(lambda: app.state == "disconnected")
    app.close()
    assert app.state == "closed"
    assert app.page is None


def test_the_page_of_a_handle_can_be_used_from_other_cells(notebook: Any) -> None:
    shown(notebook)
    notebook.view.shows("0")
    notebook.good("app.page.add(ft.Text('from another cell'))")
    notebook.view.shows("0", "from another cell")


def test_closing_tells_the_view_why(notebook: Any) -> None:
    app = shown(notebook)
    notebook.view.shows("0")
    app.close()
    wait(lambda: notebook.view.state == "closed")
    assert "was closed" in notebook.view.message
    app.close()
    assert notebook.apps == {}


def test_reloading_runs_the_app_anew_in_the_same_view(notebook: Any) -> None:
    app = shown(notebook, "runs = []\n" + COUNTER.replace("def main(page):", "def main(page):\n    runs.append(1)"))
    notebook.view.shows("0")
    clicked(notebook.view)
    app.reload()
    notebook.view.shows("0")
    assert notebook.shell.user_ns["runs"] == [1, 1]
    assert len(notebook.front_end.views) == 1
    clicked(notebook.view)
    assert app.state == "running"


def test_reloading_a_closed_app_is_an_error(notebook: Any) -> None:
    app = shown(notebook)
    app.close()
    with pytest.raises(SessionClosed):
        app.reload()


def test_two_apps_of_one_name_get_two_names(notebook: Any) -> None:
    notebook.good(COUNTER + "ft.run(main)\nft.run(main)\nft.run(main)")
    assert list(notebook.apps) == ["main", "main-2", "main-3"]


@pytest.mark.parametrize(
    "options", [", height=0", ", height=-5", ", width=1.5", ", height='3'", ", width=10**6", ", height=True"]
)
def test_an_impossible_size_is_one_sentence(notebook: Any, options: str) -> None:
    result = notebook.run(COUNTER + f"import flet_jupyter\nflet_jupyter.show(main{options})")
    assert isinstance(result.error_in_exec, BadOption)
    assert "positive number of pixels" in notebook.stdout
    assert notebook.front_end.views == []


@pytest.mark.parametrize("thing", ["5", "'main'", "None", "int"])
def test_what_is_no_app_is_one_sentence(notebook: Any, thing: str) -> None:
    result = notebook.run(f"ft.run({thing})")
    assert isinstance(result.error_in_exec, NotAnApp)
    assert "Traceback" not in notebook.stdout
    assert notebook.stdout.strip().startswith("NotAnApp: ")


# -- views -------------------------------------------------------------------------------------------


def test_two_views_of_one_output_show_the_same_session(notebook: Any) -> None:
    shown(notebook)
    first = notebook.view
    first.shows("0")
    second = notebook.front_end.show(first.model_id)
    second.shows("0")
    clicked(second)
    first.shows("1")


def test_a_page_that_is_reloaded_shows_the_same_state(notebook: Any) -> None:
    shown(notebook)
    notebook.view.shows("0")
    clicked(notebook.view)
    notebook.view.close()
    again = notebook.front_end.show(notebook.view.model_id)
    again.shows("1")
    clicked(again)


def test_main_sees_the_size_and_theme_of_the_view(notebook: Any) -> None:
    notebook.front_end.page = {"width": 555.0, "platform_brightness": "dark"}
    notebook.good("seen = []\nft.run(lambda page: seen.append((page.width, page.platform_brightness)))")
    assert notebook.shell.user_ns["seen"] == [(555.0, ft.Brightness.DARK)]


def test_an_app_starts_once_however_many_views_open(notebook: Any) -> None:
    notebook.good("runs = []\nft.run(lambda page: runs.append(1))")
    for _ in range(3):
        notebook.front_end.show(notebook.view.model_id)
    notebook.front_end.settle()
    assert notebook.shell.user_ns["runs"] == [1]


def test_where_no_view_opens_during_the_cell_the_app_starts_anyway(
    notebook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flet_jupyter.notebook.state import kernel_runtime

    monkeypatch.setattr(kernel_runtime(), "open_patience", 0.05)
    notebook.front_end.delivers = False
    notebook.good("seen = []\n" + COUNTER + "ft.run(main)")
    app = notebook.apps["main"]
    assert app.page is not None
    assert app.page.controls[0].value == "0"
    notebook.front_end.deliver()
    notebook.front_end.delivers = True
    notebook.front_end.deliver()
    notebook.view.shows("0")


# -- errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_what_main_raises_is_a_traceback_in_the_cell(notebook: Any, kind: str) -> None:
    result = notebook.run(f"{kind} main(page):\n    mistake = 1 / 0\nft.run(main)")
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    assert "mistake = 1 / 0" in notebook.stdout
    for inside in ("flet_jupyter/core", "concurrent/futures", "run_main"):
        assert inside not in notebook.stdout
    assert notebook.apps == {}


def test_a_main_that_exits_is_an_error_of_the_cell_and_the_kernel_lives_on(notebook: Any) -> None:
    result = notebook.run("import sys\ndef main(page):\n    sys.exit(3)\nft.run(main)")
    assert isinstance(result.error_in_exec, RuntimeError)
    notebook.good(COUNTER + "ft.run(main)")
    notebook.view.shows("0")


def test_what_main_raises_later_stands_below_the_view(notebook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "MAIN_PATIENCE", 0.05)
    notebook.good(
        "import threading\ngo = threading.Event()\n"
        "def main(page):\n    page.add(ft.Text('started'))\n    go.wait(30)\n    1 / 0\nft.run(main)"
    )
    notebook.view.shows("started")
    notebook.shell.user_ns["go"].set()
    wait(lambda: "ZeroDivisionError" in notebook.view.printed("error"))
    assert notebook.apps["main"].state == "failed"


def test_what_a_handler_raises_stands_below_the_view_and_the_app_lives_on(notebook: Any) -> None:
    notebook.good(
        COUNTER.replace("page.add(count", "page.add(count, ft.IconButton(on_click=lambda: 1 / 0)") + "ft.run(main)"
    )
    view = notebook.view
    view.shows("0")
    view.click(_c="IconButton")
    wait(lambda: "ZeroDivisionError" in view.printed("error"))
    assert "Error in on_click" in view.printed("error")
    assert "1 / 0" in view.printed("error")
    assert "flet_jupyter/core" not in view.printed("error")
    clicked(view)


def test_a_view_that_comes_later_gets_what_was_printed_before(notebook: Any) -> None:
    notebook.good("def main(page):\n    page.add(ft.Button('say', on_click=lambda: print('said')))\nft.run(main)")
    view = notebook.view
    wait(lambda: view.page)
    view.click(_c="Button")
    wait(lambda: view.printed() == "said\n")
    later = notebook.front_end.show(view.model_id)
    wait(lambda: later.printed() == "said\n")


# -- the end -------------------------------------------------------------------------------------------


def test_running_a_cell_again_ends_its_former_app_first(notebook: Any) -> None:
    source = (
        "order = globals().setdefault('order', [])\n"
        "def main(page):\n    order.append('main')\n    page.on_close = lambda: order.append('close')\n"
        "    page.add(ft.Text('x'))\nft.run(main)"
    )
    notebook.good(source, cell="the-cell")
    first = notebook.view
    first.shows("x")
    notebook.good(source, cell="the-cell")
    notebook.front_end.view(1).shows("x")
    assert len(notebook.apps) == 1
    wait(lambda: first.state == "closed")
    wait(lambda: notebook.shell.user_ns["order"].count("close") == 1)


def test_running_another_cell_ends_nothing(notebook: Any) -> None:
    notebook.good(COUNTER + "ft.run(main)", cell="one")
    notebook.good("x = 1", cell="two")
    notebook.good(COUNTER + "ft.run(main)", cell="three")
    assert len(notebook.apps) == 2
    clicked(notebook.front_end.view(0))


def test_a_front_end_that_names_no_cells_keeps_all_apps(notebook: Any) -> None:
    notebook.good("pass")
    for _ in range(2):
        notebook.shell.kernel.parent = {"header": {"msg_id": "m"}}
        notebook.shell.run_cell(COUNTER + "ft.run(main)")
    assert len(notebook.apps) == 2


def test_apps_that_nobody_looks_at_expire_and_say_so(notebook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLET_SESSION_TIMEOUT", "0.05")
    app = shown(notebook)
    notebook.view.shows("0")
    notebook.view.close()
    wait(lambda: app.state == "closed")
    assert notebook.apps == {}
    wait(lambda: "nobody had looked" in notebook.front_end.models[notebook.view.model_id]["closed"])


def test_a_cell_run_fifty_times_leaves_nothing_behind(notebook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flet_jupyter.core.session._CLOSING_TIME", 0.0)
    sessions: weakref.WeakSet[Any] = weakref.WeakSet()
    apps: weakref.WeakSet[Any] = weakref.WeakSet()
    widgets: weakref.WeakSet[Any] = weakref.WeakSet()
    for _ in range(50):
        notebook.good(COUNTER + "ft.run(main)", cell="again")
        (app,) = notebook.apps.values()
        notebook.view.shows("0")
        sessions.add(app._session)
        apps.add(app)
        widgets.add(app.widget)
        del app
    notebook.good("pass", cell="again")
    notebook.front_end.settle()
    notebook.front_end.views.clear()

    def left() -> tuple[int, int, int]:
        gc.collect()
        return len(sessions), len(apps), len(widgets)

    wait(lambda: left() == (0, 0, 0), lambda: f"the release of sessions, apps and widgets: {left()} are left")
