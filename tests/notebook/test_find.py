"""Finding the app: in objects, in cells, in files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flet as ft
import pytest

from flet_jupyter.core.find import FoundApp, app_in_file, app_in_namespace, as_app, capturing, offer
from flet_jupyter.exceptions import AppFileError, NoAppFound, NotAnApp


@pytest.fixture(autouse=True)
def path_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


def main(page: ft.Page) -> None: ...


# -- objects -----------------------------------------------------------------------------------------


def test_a_function_is_an_app_by_its_name() -> None:
    assert as_app(main) == FoundApp(main, "main")


def test_a_callable_object_is_an_app_by_its_class() -> None:
    class Shop:
        def __call__(self, page: ft.Page) -> None: ...

    shop = Shop()
    assert as_app(shop) == FoundApp(shop, "Shop")


def test_a_control_is_an_app_that_adds_it() -> None:
    found = as_app(ft.Row())
    assert found.name == "Row"
    assert callable(found.main)


@pytest.mark.parametrize("thing", [5, "main", None, [ft.Text("a")], {}, ft.Text, ft.Padding.all(3)], ids=repr)
def test_what_is_no_app_is_named_in_one_sentence(thing: object) -> None:
    with pytest.raises(NotAnApp, match="is not a Flet app"):
        as_app(thing)


def test_a_long_description_is_cut() -> None:
    with pytest.raises(NotAnApp) as caught:
        as_app("x" * 10_000)
    assert len(str(caught.value)) < 300


def test_a_page_is_no_app_and_the_sentence_says_what_to_pass() -> None:
    with pytest.raises(NotAnApp, match="main function, or a control"):
        as_app(object.__new__(ft.Page))


# -- what a cell leaves behind ---------------------------------------------------------------------------


def test_what_was_passed_to_run_comes_first_and_the_last_of_it() -> None:
    found = [FoundApp(main, "one"), FoundApp(main, "two")]
    assert app_in_namespace(found, {"main": print}, ft.Text("x"), {"main"}).name == "two"


def test_a_function_main_that_the_cell_defines_comes_before_its_last_expression() -> None:
    assert app_in_namespace([], {"main": main}, ft.Text("x"), {"main"}).main is main


def test_a_function_main_of_another_cell_does_not_count() -> None:
    assert app_in_namespace([], {"main": main}, ft.Text("x"), set()).name == "Text"


def test_a_last_expression_may_be_a_function() -> None:
    assert app_in_namespace([], {}, main, set()).main is main


@pytest.mark.parametrize("result", [None, 5, int, ft.Text], ids=repr)
def test_a_cell_without_an_app_is_told_what_makes_one(result: object) -> None:
    with pytest.raises(NoAppFound, match=r"ft\.run"):
        app_in_namespace([], {"main": 5}, result, {"main"})


def test_apps_are_captured_only_inside() -> None:
    assert not offer(FoundApp(main, "before"))
    with capturing() as found:
        assert offer(FoundApp(main, "inside"))
    assert not offer(FoundApp(main, "after"))
    assert [app.name for app in found] == ["inside"]


# -- files -------------------------------------------------------------------------------------------


def test_a_file_with_a_main_is_an_app_by_the_files_name(app_file: Callable[..., Path]) -> None:
    found = app_in_file(app_file("def main(page): ...", "shop.py"))
    assert found.name == "shop"
    assert found.main.__name__ == "main"
    assert found.assets_dir is None


def test_a_file_runs_as_a_script(app_file: Callable[..., Path]) -> None:
    path = app_file("name, file = __name__, __file__\ndef main(page):\n    return name, file")
    assert app_in_file(path).main(None) == ("__main__", str(path))  # type: ignore[arg-type]


def test_a_file_imports_what_is_beside_it_also_later(app_file: Callable[..., Path]) -> None:
    path = app_file(
        "import neighbour_one\ndef main(page):\n    import neighbour_two\n    return neighbour_one.x + neighbour_two.x",
        neighbour_one="x = 1",
        neighbour_two="x = 2",
    )
    assert app_in_file(path).main(None) == 3  # type: ignore[arg-type]


def test_a_files_folder_is_on_the_path_once_however_often_it_runs(app_file: Callable[..., Path]) -> None:
    path = app_file("def main(page): ...")
    for _ in range(3):
        app_in_file(path)
    assert sys.path.count(str(path.parent)) == 1
    assert sys.path[0] == str(path.parent)


def test_assets_beside_a_file_are_found(app_file: Callable[..., Path]) -> None:
    path = app_file("def main(page): ...")
    (path.parent / "assets").mkdir()
    assert app_in_file(path).assets_dir == str(path.parent / "assets")


def test_a_file_that_does_not_exist_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AppFileError, match=r"There is no file 'nowhere\.py' \(looked in .*\)\.") as caught:
        app_in_file("nowhere.py")
    assert caught.value.path == "nowhere.py"


def test_a_folder_is_no_app_file(tmp_path: Path) -> None:
    with pytest.raises(AppFileError, match="cannot be read"):
        app_in_file(tmp_path)


@pytest.mark.parametrize(
    ("source", "where"),
    [(b"def main(page:\n    pass", "line 1"), (b"\xff\xfe\x00x", ""), (b"x = 1\ndef \0", "")],
    ids=["syntax error", "not text", "null byte"],
)
def test_a_file_that_does_not_parse_is_one_sentence_with_the_place(tmp_path: Path, source: bytes, where: str) -> None:
    path = tmp_path / "broken.py"
    path.write_bytes(source)
    with pytest.raises(AppFileError, match=where) as caught:
        app_in_file(path)
    assert "broken.py" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) not in sys.path


def test_a_file_without_an_app_is_one_sentence(app_file: Callable[..., Path]) -> None:
    with pytest.raises(NoAppFound, match=r"ft\.run\(\)"):
        app_in_file(app_file("main = 5"))


def test_what_a_file_raises_passes_through(app_file: Callable[..., Path]) -> None:
    with pytest.raises(ZeroDivisionError):
        app_in_file(app_file("1 / 0"))


def test_a_file_with_a_byte_order_mark_and_another_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "latin.py"
    path.write_bytes("# -*- coding: latin-1 -*-\ndef main(page):\n    return 'Gr\xfc\xdfe'".encode("latin-1"))
    assert app_in_file(path).main(None) == "Grüße"  # type: ignore[arg-type]
    path.write_bytes(b"\xef\xbb\xbfdef main(page): ...")
    assert app_in_file(path).name == "latin"


def test_a_file_that_calls_run_shows_nothing_by_itself(notebook: Any, app_file: Callable[..., Path]) -> None:
    path = app_file("import flet as ft\ndef start(page): ...\nft.run(start, assets_dir='pictures')")
    (path.parent / "pictures").mkdir()
    notebook.good("pass")
    found = app_in_file(path)
    assert found.main.__name__ == "start"
    assert found.assets_dir == str(path.parent / "pictures")
    assert notebook.front_end.views == []


def test_a_file_that_calls_the_old_app_function_is_an_app(notebook: Any, app_file: Callable[..., Path]) -> None:
    path = app_file("import flet as ft\ndef start(page): ...\nft.app(target=start)")
    notebook.good("pass")
    with pytest.warns(DeprecationWarning, match=r"ft\.run"):
        found = app_in_file(path)
    assert found.main.__name__ == "start"
