"""App files in panels: run, run anew, kept when they fail, at the same place."""

from __future__ import annotations

import collections
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import comm
import pytest

from flet_jupyter.exceptions import AppFileError, NoAppFound
from flet_jupyter.notebook import app_files, live, panel_outlet, panels
from flet_jupyter.notebook.look import Look
from flet_jupyter.notebook.state import kernel_runtime
from tests.notebook.front_end import wait
from tests.notebook.panel import Panel

COUNTER = """
import flet as ft

def main(page: ft.Page):
    count = ft.Text("START")

    def add(e):
        count.value = str(int(count.value) + 1)
        print("clicked")

    page.add(count, ft.Button("Add", on_click=add))

ft.run(main)
"""


class Files:
    """A folder with app files, in which the kernel of a session runs, and the panels that show them."""

    def __init__(self, folder: Path, notebook: Any) -> None:
        self.folder = folder
        self._notebook = notebook
        self._panels: list[Panel] = []

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def execute(self, code: str) -> Any:
        """Run code as a panel has it run."""
        return self._notebook.run(f"from flet_jupyter.notebook import panels\npanels.{code}")

    def open(self, name: str, panel: str = "the-panel", **view: Any) -> Panel:
        self.execute(f"run({name!r})").raise_error()
        return self.ask(name, panel, **view)

    def ask(self, name: str, panel: str = "the-panel", **view: Any) -> Panel:
        """Ask for an app that runs already, as a page does that was loaded anew."""
        shown = Panel({"file": name, "panel": panel})
        self._panels.append(shown)
        wait(lambda: shown.traits)
        assert shown.traits["closed"] == ""
        shown.view._page = view
        return shown.show()

    def end(self, name: str) -> None:
        """End the apps of a file, as silence does."""
        for app in panels._files[name].apps:
            app.close(app.ended_by_silence)

    def move(self, name: str, to: str) -> None:
        """Move a file, and tell it as a panel does."""
        former, path = self.folder / name, self.folder / to
        path.parent.mkdir(exist_ok=True)
        former.rename(path)
        self.execute(f"move({former.name!r}, {os.path.relpath(path, former.parent)!r})").raise_error()

    def close(self) -> None:
        for panel in self._panels:
            panel.close()


@pytest.fixture
def files(tmp_path: Path, notebook: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "app.py"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    files = Files(tmp_path, notebook)
    yield files
    files.close()
    panels._files.clear()


def test_a_script_is_shown(files: Files) -> None:
    files.write("app.py", COUNTER.replace("START", "7"))
    panel = files.open("app.py")
    panel.view.click(content="Add")
    panel.view.shows("8")
    assert panel.traits["label"] == "app"
    wait(lambda: panel.view.printed() == "clicked\n")


def test_each_panel_has_a_session_of_its_own_and_the_same_panel_the_same_again(files: Files) -> None:
    files.write("app.py", COUNTER.replace("START", "0"))
    one, other = files.open("app.py", "panel-one"), files.open("app.py", "panel-two")
    one.view.click(content="Add")
    one.view.shows("1")
    other.view.shows("0")
    files.open("app.py", "panel-one").view.shows("1")


def test_a_script_is_run_anew_when_it_has_changed(files: Files) -> None:
    files.write("app.py", COUNTER.replace("START", "0"))
    panel = files.open("app.py", "panel-one")
    panel.view.click(content="Add")
    panel.view.shows("1")
    files.execute("reload('app.py')").raise_error()
    panel.view.shows("1")  # nothing has changed
    files.write("app.py", COUNTER.replace("START", "100"))
    files.execute("reload('app.py')").raise_error()
    panel.view.shows("100")
    panel.view.click(content="Add")
    panel.view.shows("101")
    files.execute("reload('app.py', force=True)").raise_error()
    panel.view.shows("100")


def test_pages_are_told_of_a_change_once(files: Files) -> None:
    files.write("app.py", COUNTER.replace("START", "0"))
    panel = files.open("app.py")
    files.write("app.py", COUNTER.replace("START", "100"))
    told = wait(lambda: [content for content in panel.heard if content["op"] == "outdated"])
    for _ in range(3):
        panels._files["app.py"]._look()
    assert len(told) == len([content for content in panel.heard if content["op"] == "outdated"]) == 1


def outdated(panel: Panel) -> list[dict[str, Any]]:
    return [content for content in panel.heard if content["op"] == "outdated"]


def test_a_page_that_comes_later_is_told_of_a_change(files: Files) -> None:
    files.write("app.py", COUNTER.replace("START", "0"))
    files.open("app.py").close()
    files.write("app.py", COUNTER.replace("START", "100"))
    assert panels._files["app.py"].has_changed()
    panels._files["app.py"]._look()  # nobody listens
    panel = files.ask("app.py")
    panel.view.shows("0")
    wait(lambda: outdated(panel))
    assert [content["op"] for content in panel.heard].index("opened") < panel.heard.index(outdated(panel)[0])
    files.execute("reload('app.py')").raise_error()
    panel.view.shows("100")


def test_a_page_that_comes_later_is_told_of_no_change_if_there_is_none(files: Files) -> None:
    files.write("app.py", COUNTER.replace("START", "0"))
    files.open("app.py")
    panel = files.ask("app.py")
    panel.view.click(content="Add")
    panel.view.shows("1")
    assert not outdated(panel)


class Waiting:
    """A panel whose file has failed: what its comm hears."""

    def __init__(self, files: Files, monkeypatch: pytest.MonkeyPatch, comm_id: str) -> None:
        self.heard: list[dict[str, Any]] = []
        self.channel: Any = None
        monkeypatch.setattr(panels, "_channel", self._made)
        result = files.execute(f"run('app.py', panel='the-panel', comm_id={comm_id!r})")
        self.error = result.error_in_exec

    def _made(self, comm_id: str) -> Any:
        self.channel = comm.DummyComm(target_name=panels.TARGET, comm_id=comm_id, primary=False)
        self.channel.send = lambda data, buffers=None: self.heard.append(data)
        return self.channel


def test_a_panel_whose_file_has_failed_is_told_when_it_has_changed(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write("app.py", "1 / 0")
    panel = Waiting(files, monkeypatch, "first")
    assert isinstance(panel.error, ZeroDivisionError)
    assert panel.heard == []
    files.write("app.py", "1 / 0 / 0")
    wait(lambda: panel.heard == [{"op": "outdated"}])
    panel.channel.handle_close({})
    again = Waiting(files, monkeypatch, "second")
    files.write("app.py", COUNTER)
    wait(lambda: again.heard == [{"op": "outdated"}])
    assert panel.heard == [{"op": "outdated"}]  # it has gone
    good = Waiting(files, monkeypatch, "third")
    assert good.error is None
    assert [content["op"] for content in good.heard] == ["app"]


def test_a_panel_is_told_of_what_has_changed_while_its_file_was_failing(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write("app.py", "import pathlib\npathlib.Path(__file__).write_text('a = 1')\n1 / 0")
    panel = Waiting(files, monkeypatch, "first")
    assert isinstance(panel.error, ZeroDivisionError)
    wait(lambda: panel.heard == [{"op": "outdated"}])


def test_a_panel_is_told_when_a_module_that_was_missing_is_there(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write("app.py", "import helper_of_nobody.part\n" + COUNTER)
    panel = Waiting(files, monkeypatch, "first")
    assert isinstance(panel.error, ModuleNotFoundError)
    panels._files["app.py"]._look()
    assert panel.heard == []
    (files.folder / "helper_of_nobody").mkdir()
    files.write("helper_of_nobody/__init__.py", "")
    wait(lambda: panel.heard == [{"op": "outdated"}])


def test_panels_that_wait_are_bounded(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flet_jupyter.notebook.app_file.MAX_PANELS", 3)
    files.write("app.py", "1 / 0")
    waiting = [Waiting(files, monkeypatch, f"panel-{number}") for number in range(5)]
    files.write("app.py", COUNTER)
    wait(lambda: waiting[-1].heard)
    assert [len(panel.heard) for panel in waiting] == [0, 0, 1, 1, 1]


@pytest.mark.parametrize("code", ["run('app.py')", "reload('app.py')"])
def test_a_file_whose_apps_have_ended_is_run_again(files: Files, code: str) -> None:
    noted = "import pathlib\npathlib.Path(__file__).with_name('runs').open('a').write('x')\n"
    files.write("app.py", noted + COUNTER.replace("START", "0"))
    former = files.open("app.py")
    files.end("app.py")
    wait(lambda: former.traits["closed"])
    files.execute(code).raise_error()
    assert (files.folder / "runs").read_text() == "xx"
    files.ask("app.py").view.shows("0")


@pytest.mark.parametrize("code", ["run('app.py')", "reload('app.py')"])
def test_a_file_that_has_changed_since_its_app_ended_is_shown_as_it_is_now(files: Files, code: str) -> None:
    files.write("app.py", COUNTER.replace("START", "0"))
    files.open("app.py")
    files.end("app.py")
    files.write("app.py", COUNTER.replace("START", "100"))
    files.execute(code).raise_error()
    files.ask("app.py").view.shows("100")


SLOW = """import asyncio
import flet as ft

async def main(page):
    page.add(ft.Text("VERSION"))
    await asyncio.sleep(60)

ft.run(main)
"""


@pytest.mark.parametrize("name", ["app.py", "book.ipynb"])
def test_a_view_that_loads_yet_gets_what_a_new_version_has_shown_while_its_main_runs(
    files: Files, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(live, "MAIN_PATIENCE", 0.2)

    def write(version: str) -> None:
        source = SLOW.replace("VERSION", version)
        files.write(name, source if name == "app.py" else as_notebook(source))

    files.write(name, COUNTER.replace("START", "0") if name == "app.py" else as_notebook(COUNTER))
    panel = files.open(name)
    monkeypatch.setattr(panel.view, "packet", lambda _: None)  # Flutter has not registered
    for version in ("one", "two"):
        write(version)
        files.execute(f"reload({name!r})").raise_error()
        panel.view.shows(version)


def test_a_file_may_be_called_as_before_until_another_is_there(files: Files) -> None:
    files.write("app.py", COUNTER.replace("START", "0"))
    panel = files.open("app.py")
    files.move("app.py", "better.py")
    files.move("better.py", "best.py")
    files.write("best.py", COUNTER.replace("START", "100"))
    files.execute("reload('app.py')").raise_error()
    panel.view.shows("100")
    files.open("better.py").view.shows("100")
    assert list(panels._files) == ["best.py"]
    files.write("app.py", COUNTER.replace("START", "7"))
    files.open("app.py", "another-panel").view.shows("7")
    panel.view.shows("100")
    files.open("best.py").view.shows("100")


def test_former_names_are_kept_for_a_while(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_files, "_MAX_PLACES", 4)
    files.write("app0.py", COUNTER.replace("START", "0"))
    for number in range(9):
        files.move(f"app{number}.py", f"app{number + 1}.py")
    assert list(panels._files.places) == ["app6.py", "app7.py", "app8.py", "app9.py"]


def test_a_file_that_has_failed_is_looked_for_where_it_was_moved_to(files: Files) -> None:
    files.write("app.py", "1 / 0")
    assert not files.execute("run('app.py')").success
    files.move("app.py", "elsewhere/app.py")
    files.write("elsewhere/app.py", COUNTER.replace("START", "0"))
    files.execute("move('app.py', 'elsewhere/app.py')").raise_error()  # told by another page too
    files.open("app.py").view.shows("0")
    files.move("elsewhere/app.py", "better.py")
    files.write("better.py", COUNTER.replace("START", "100"))
    files.execute("reload('better.py')").raise_error()
    files.open("better.py").view.shows("100")


def test_a_save_while_the_file_runs_is_a_change(files: Files) -> None:
    saves = "import pathlib\npathlib.Path(__file__).write_text(pathlib.Path(__file__).read_text() + '#')\n"
    files.write("app.py", saves + COUNTER.replace("START", "0"))
    files.open("app.py")
    assert panels._files["app.py"].has_changed()


def test_unloading_the_extension_closes_the_apps(files: Files) -> None:
    files.write("app.py", COUNTER.replace("START", "0"))
    panel = files.open("app.py")
    (app,) = panels._files["app.py"].apps
    panels.remove()
    assert app.state == "closed"
    wait(lambda: panel.traits["closed"])
    panels.install()


def test_a_module_beside_a_script_counts_too(files: Files) -> None:
    files.write("texts_of_it.py", "TEXT = 'one'")
    files.write(
        "app.py", "import flet as ft\nfrom texts_of_it import TEXT\ndef main(page):\n    page.add(ft.Text(TEXT))"
    )
    panel = files.open("app.py")
    panel.view.shows("one")
    files.write("texts_of_it.py", "TEXT = 'another'")
    files.execute("reload('app.py')").raise_error()
    panel.view.shows("another")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("def main(:", AppFileError),
        ("x = 1", NoAppFound),
        ("1 / 0", ZeroDivisionError),
        ("import a_module_that_is_not_there", ModuleNotFoundError),
    ],
)
def test_a_version_that_cannot_be_loaded_leaves_the_former_alive(
    files: Files, source: str, error: type[Exception]
) -> None:
    files.write("app.py", COUNTER.replace("START", "0"))
    panel = files.open("app.py")
    main = sys.modules["__main__"]
    files.write("app.py", source)
    with pytest.raises(error):
        files.execute("reload('app.py')").raise_error()
    assert sys.modules["__main__"] is main
    panel.view.click(content="Add")
    panel.view.shows("1")
    files.write("app.py", COUNTER.replace("START", "50"))
    files.execute("reload('app.py')").raise_error()
    panel.view.shows("50")


def test_a_version_whose_main_raises_leaves_the_former_alive(files: Files) -> None:
    files.write("app.py", COUNTER.replace("START", "0"))
    panel = files.open("app.py")
    files.write("app.py", COUNTER.replace("page.add(", "page.add(1 / 0, "))
    files.execute("reload('app.py')").raise_error()
    wait(lambda: "ZeroDivisionError" in panel.view.printed("error"))
    assert panel.view.printed("error").count("ZeroDivisionError") == 1
    panel.view.click(content="Add")
    panel.view.shows("1")


def test_a_module_that_fails_is_watched_though_it_was_never_loaded(files: Files) -> None:
    files.write("app.py", COUNTER.replace("START", "0"))
    panel = files.open("app.py")
    files.write("a_helper_of_it.py", "def broken(:")
    files.write("app.py", "import a_helper_of_it\n" + COUNTER.replace("START", "5"))
    with pytest.raises(SyntaxError):
        files.execute("reload('app.py')").raise_error()
    files.write("a_helper_of_it.py", "")
    files.execute("reload('app.py')").raise_error()
    panel.view.shows("5")


ROUTES = """
import flet as ft

def main(page: ft.Page):
    def show():
        page.controls[:] = [ft.Text(f"VERSION at {page.route}"), ft.Button("Go", on_click=go)]
        page.update()

    async def go(e):
        await page.push_route("/there")

    page.on_route_change = show
    show()

ft.run(main)
"""


def test_the_route_is_kept(files: Files) -> None:
    files.write("app.py", ROUTES.replace("VERSION", "one"))
    panel = files.open("app.py")
    panel.view.shows("one at /")
    panel.view.set_props(1, route="/there")
    panel.view.event(1, "route_change", {"route": "/there"})
    panel.view.shows("one at /there")
    files.write("app.py", ROUTES.replace("VERSION", "two"))
    files.execute("reload('app.py')").raise_error()
    panel.view.shows("two at /there")


def test_a_list_is_asked_where_it_is_scrolled_to_and_the_next_version_scrolled_there(files: Files) -> None:
    source = "import flet as ft\ndef main(page):\n    page.add(ft.ListView([ft.Text('VERSION')], expand=True))"
    files.write("app.py", source.replace("VERSION", "one"))
    panel = files.open("app.py")
    (rows,) = wait(lambda: panel.view.all(_c="ListView", on_scroll=True))
    panel.view.event(rows["_i"], "scroll", {"event_type": "update", "pixels": 1234.5})
    files.write("app.py", source.replace("VERSION", "two"))
    files.execute("reload('app.py')").raise_error()
    panel.view.shows("two")
    (call,) = wait(lambda: panel.view.calls)
    assert (call["name"], call["args"]["offset"]) == ("scroll_to", 1234.5)


def test_an_app_that_listens_to_its_own_list_still_hears_it(files: Files) -> None:
    files.write(
        "app.py",
        "import flet as ft\ndef main(page):\n    at = ft.Text('nowhere')\n    def scrolled(e):\n"
        "        at.value = str(e.pixels)\n    page.add(at, ft.ListView([], on_scroll=scrolled))",
    )
    panel = files.open("app.py")
    (rows,) = wait(lambda: panel.view.all(_c="ListView"))
    data = {"event_type": "update", "pixels": 7.0, "min_scroll_extent": 0.0, "max_scroll_extent": 9.0}
    panel.view.event(rows["_i"], "scroll", data | {"viewport_dimension": 5.0})
    panel.view.shows("7.0")


# -- notebooks ---------------------------------------------------------------------------------------


def as_notebook(*cells: str) -> str:
    import json

    return json.dumps({"cells": [{"cell_type": "code", "source": cell.splitlines(True)} for cell in cells]})


def test_a_notebook_shows_the_last_app_of_its_cells(files: Files) -> None:
    files.write(
        "book.ipynb", as_notebook("import flet as ft\nx = 1", "ft.Text('first')", "x += 1\nft.Text(f'second {x}')")
    )
    files.open("book.ipynb").view.shows("second 2")


def test_a_notebook_is_run_anew_when_its_code_has_changed(files: Files) -> None:
    files.write("book.ipynb", as_notebook("import flet as ft", "ft.Text('one')"))
    panel = files.open("book.ipynb")
    panel.view.shows("one")
    book = as_notebook("import flet as ft", "ft.Text('one')")
    files.write("book.ipynb", book.replace('"source"', '"outputs": [1], "source"'))
    assert not panels._files["book.ipynb"].has_changed()
    files.write("book.ipynb", as_notebook("import flet as ft", "ft.Text('two')"))
    files.execute("reload('book.ipynb')").raise_error()
    panel.view.shows("two")


def test_a_notebook_that_fails_leaves_the_former_app_alive(files: Files) -> None:
    files.write("book.ipynb", as_notebook("import flet as ft", "ft.Text('one')"))
    panel = files.open("book.ipynb")
    files.write("book.ipynb", as_notebook("import flet as ft", "1 / 0", "ft.Text('two')"))
    files.write("book.ipynb", as_notebook("import flet as ft", "ft.Text('half')", "1 / 0", "ft.Text('two')"))
    assert not files.execute("reload('book.ipynb')").success
    assert panel.view.state == "live"
    panel.view.shows("one")
    assert len(kernel_runtime().apps) == 1  # what the first cells have shown is closed


@pytest.mark.parametrize("code", ["run('book.ipynb')", "reload('book.ipynb')"])
def test_a_notebook_whose_app_has_ended_is_run_again(files: Files, code: str) -> None:
    files.write("book.ipynb", as_notebook("import flet as ft", "ft.Text('one')"))
    former = files.open("book.ipynb")
    files.end("book.ipynb")
    wait(lambda: former.traits["closed"])
    with pytest.raises(AssertionError):
        files.ask("book.ipynb")  # a comm cannot run it
    files.execute(code).raise_error()
    files.ask("book.ipynb").view.shows("one")
    assert former.traits["closed"]  # its link is closed; the page asks for the app when it wants it again


def test_a_notebook_with_a_top_level_await_is_one_sentence(files: Files) -> None:
    files.write("book.ipynb", as_notebook("import asyncio", "await asyncio.sleep(0)"))
    with pytest.raises(AppFileError, match=r"Cell 2 of book\.ipynb has a top-level await"):
        files.execute("run('book.ipynb')").raise_error()


@pytest.mark.parametrize(
    ("text", "error"),
    [("{", AppFileError), ('{"cells": 3}', AppFileError), (as_notebook("x = 1"), NoAppFound)],
)
def test_a_file_that_is_no_notebook_with_an_app_is_one_sentence(
    files: Files, text: str, error: type[Exception]
) -> None:
    files.write("book.ipynb", text)
    with pytest.raises(error, match=r"book\.ipynb"):
        files.execute("run('book.ipynb')").raise_error()


# -- what pages ask for --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        None,
        7,
        {},
        {"app": "none"},
        {"file": "app.py"},
        {"file": "app.py", "panel": "../x"},
        {"file": 1, "panel": "a" * 9},
    ],
)
def test_whoever_asks_for_no_app_is_told_so(files: Files, question: Any) -> None:
    files.write("app.py", COUNTER.replace("START", "0"))
    files.open("app.py")
    panel = Panel(question)
    wait(lambda: panel.traits)
    assert panel.traits["closed"] == "This app does not run in the kernel any more."
    panel.say("", {"op": "open", "link": "a-link-of-nobody", "protocol": 1, "page": {}})
    panel.close()


def test_whoever_asks_in_vain_is_answered_however_often(notebook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_outlet, "_refused", collections.deque())
    monkeypatch.setattr(panel_outlet, "_MAX_REFUSED", 3)
    manager = comm.get_comm_manager()
    answers: list[str] = []
    for number in range(9):
        channel = comm.DummyComm(target_name=panels.TARGET, comm_id=f"in-vain-{number}", primary=False)
        channel.send = lambda data, **_: answers.append(data["closed"])
        manager.register_comm(channel)
        panels._on_open(channel, {"content": {"data": {"app": "none"}}})
        if number < 4:  # the page closes some of them
            manager.comm_close(None, None, {"content": {"comm_id": channel.comm_id}})
    assert answers == ["This app does not run in the kernel any more."] * 9
    assert [name for name in manager.comms if name.startswith("in-vain")] == ["in-vain-6", "in-vain-7", "in-vain-8"]


def test_the_look_of_the_front_end_is_the_apps_unless_it_has_its_own(files: Files) -> None:
    files.write("app.py", COUNTER.replace("START", "0"))
    files.execute("run('app.py')").raise_error()
    panel = Panel({"file": "app.py", "panel": "the-panel"})
    files._panels.append(panel)
    look = {"seed": "#1976d2", "locale": "de-CH", "font": {"family": "Lato", "url": "http://127.0.0.1/lato.woff2"}}
    panel.view.say("open", protocol=1, page={"route": "/"}, user_agent="", look=look)
    wait(lambda: panel.view.page is not None and "theme" in panel.view.page)
    page = panel.view.page
    assert page["theme"] == {"color_scheme_seed": "#1976d2", "font_family": "Lato"} == page["dark_theme"]
    assert page["fonts"] == {"Lato": "http://127.0.0.1/lato.woff2"}
    assert page["locale_configuration"]["current_locale"]["language_code"] == "de"


@pytest.mark.parametrize(
    "look", [3, {"seed": "red; x", "locale": "<b>", "font": 7}, {"font": {"family": "x", "url": "javascript:1"}}]
)
def test_a_look_that_makes_no_sense_is_none(look: Any) -> None:
    assert Look.read(look) in (None, Look())


def test_where_files_are_is_told(files: Files) -> None:
    (files.folder / "assets").mkdir()
    (files.folder / "assets" / "icon.png").write_bytes(b"")
    files.write("app.py", COUNTER.replace("START", "0").replace("ft.run(main)", "ft.run(main, upload_dir='in/here')"))
    assert files.open("app.py").view.opened["files"] == {
        "folder": ".",
        "assets": "assets",
        "icon": "icon.png",
        "uploads": "in/here",
    }


def test_a_folder_that_is_reached_by_a_link_is_the_same_folder(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    link = files.folder.with_name(f"{files.folder.name}-link")
    link.symlink_to(files.folder)
    monkeypatch.setenv("JPY_SESSION_NAME", str(link / "another-name.py"))
    files.write("texts_behind_it.py", "TEXT = 'one'")
    files.write(
        "app.py", "import flet as ft\nfrom texts_behind_it import TEXT\ndef main(page):\n    page.add(ft.Text(TEXT))"
    )
    panel = files.open("app.py")
    assert panel.view.opened["files"]["folder"] == "."
    panel.view.shows("one")
    files.write("texts_behind_it.py", "TEXT = 'another'")
    files.execute("reload('app.py')").raise_error()
    panel.view.shows("another")


def test_uploads_are_signed_for_the_page_that_told_where_they_go(files: Files) -> None:
    files.write(
        "app.py",
        "import flet as ft\ndef main(page):\n    at = ft.Text('nowhere')\n    def ask(e):\n"
        "        at.value = page.get_upload_url('a.txt', 60)\n    page.add(at, ft.Button('Ask', on_click=ask))",
    )
    panel = files.open("app.py")
    panel.view.click(content="Ask")
    wait(lambda: "Uploads are not available here" in panel.view.printed("error"))
    panel.view.say("uploads", url="http://127.0.0.1/flet/uploads/grant", key="secret")
    panel.view.click(content="Ask")
    wait(lambda: panel.view.texts()[0].startswith("http://127.0.0.1/flet/uploads/grant?f=a.txt&e="))


def test_a_kernel_imports_no_widgets_for_panels() -> None:
    import subprocess

    code = "import sys; import flet_jupyter.notebook.panels; sys.exit('ipywidgets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
