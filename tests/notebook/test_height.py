"""The height of a view that nobody set: what its content measures."""

from __future__ import annotations

from typing import Any

import pytest

from tests.notebook.front_end import View, wait


def opened(notebook: Any, body: str, options: str = "") -> View:
    notebook.good(f"import flet_jupyter\ndef main(page):\n    {body}\nflet_jupyter.show(main{options})")
    view: View = notebook.view
    wait(lambda: view.page)
    return view


def measured(view: View) -> list[int]:
    """Return the controls that the view was asked to measure."""
    return [node["_i"] for node in view.all(on_size_change=True)]


def measure(view: View, *heights: float) -> None:
    """Tell what the measured controls are like."""
    wait(lambda: len(measured(view)) >= len(heights), f"{len(heights)} controls to be measured")
    for number, height in zip(measured(view), heights, strict=True):
        view.event(number, "size_change", {"w": 100.0, "h": height})


def test_heights_spacing_and_padding_add_up(notebook: Any) -> None:
    view = opened(notebook, "page.add(ft.Text('a'), ft.Text('b'), ft.Text('c'))")
    measure(view, 20, 30, 50)
    wait(lambda: view.height == 20 + 30 + 50 + 2 * 10 + 2 * 10, lambda: f"the height, not {view.height}")


def test_spacing_and_padding_of_the_page_count(notebook: Any) -> None:
    view = opened(notebook, "page.spacing = 3; page.padding = 5; page.add(ft.Text('a'), ft.Text('b'))")
    measure(view, 100, 100)
    wait(lambda: view.height == 213, lambda: f"the height, not {view.height}")


def test_padding_of_several_sides_counts_top_and_bottom(notebook: Any) -> None:
    view = opened(notebook, "page.padding = ft.Padding(left=99, top=7, right=99, bottom=8); page.add(ft.Text('a'))")
    measure(view, 100)
    wait(lambda: view.height == 115, lambda: f"the height, not {view.height}")


@pytest.mark.parametrize(("height", "bounded"), [(1, 48), (5000, 640)])
def test_a_height_is_bounded(notebook: Any, height: float, bounded: int) -> None:
    view = opened(notebook, "page.add(ft.Text('a'))")
    measure(view, height)
    wait(lambda: view.height == bounded, lambda: f"the height, not {view.height}")


def test_a_control_that_grows_makes_the_view_grow(notebook: Any) -> None:
    view = opened(notebook, "page.add(ft.Text('a'))")
    measure(view, 100)
    wait(lambda: view.height == 120)
    measure(view, 200)
    wait(lambda: view.height == 220)


def test_a_control_that_is_added_is_measured_too(notebook: Any) -> None:
    view = opened(notebook, "page.add(ft.Text('a'), ft.Button('more', on_click=lambda: page.add(ft.Text('new'))))")
    measure(view, 100, 40)
    wait(lambda: view.height == 170)
    view.click(content="more")
    wait(lambda: len(measured(view)) == 3)
    assert view.height == 170  # until the new one is measured
    measure(view, 100, 40, 30)
    wait(lambda: view.height == 210, lambda: f"the height, not {view.height}")


def test_a_control_that_is_removed_no_longer_counts(notebook: Any) -> None:
    view = opened(notebook, "page.add(ft.Text('a'), ft.Button('less', on_click=lambda: page.controls.pop(0)))")
    measure(view, 100, 40)
    wait(lambda: view.height == 170)
    view.click(content="less")
    wait(lambda: view.height == 60, lambda: f"the height, not {view.height}")


@pytest.mark.parametrize(
    "body",
    [
        "page.add(ft.Text('a', expand=True))",
        "page.appbar = ft.AppBar(title=ft.Text('bar')); page.add(ft.Text('a'))",
        "page.floating_action_button = ft.FloatingActionButton(icon=ft.Icons.ADD); page.add(ft.Text('a'))",
        "page.add(*[ft.Text(str(n)) for n in range(100)])",
        "pass",
    ],
    ids=["expand", "app bar", "floating button", "many controls", "nothing"],
)
def test_a_page_that_fills_its_space_has_no_height_of_its_own(notebook: Any, body: str) -> None:
    view = opened(notebook, body)
    notebook.front_end.settle()
    assert measured(view) == []
    assert view.height is None


def test_a_page_that_begins_to_fill_its_space_gives_its_height_up(notebook: Any) -> None:
    view = opened(
        notebook, "page.add(ft.Text('a'), ft.Button('fill', on_click=lambda: page.add(ft.Text('x', expand=True))))"
    )
    measure(view, 100, 40)
    wait(lambda: view.height == 170)
    view.click(content="fill")
    wait(lambda: view.height is None)


def test_a_height_that_was_asked_for_is_not_measured(notebook: Any) -> None:
    view = opened(notebook, "page.add(ft.Text('a'))", ", height=250")
    notebook.front_end.settle()
    assert measured(view) == []
    assert notebook.front_end.models[view.model_id]["height"] == 250


def test_a_view_that_comes_later_is_told_the_height_at_once_and_measures_too(notebook: Any) -> None:
    first = opened(notebook, "page.add(ft.Text('a'))")
    measure(first, 100)
    wait(lambda: first.height == 120)
    later = notebook.front_end.show(first.model_id)
    wait(lambda: later.opened)
    assert later.height == 120
    wait(lambda: measured(later))


def test_an_app_that_measures_itself_gets_its_events(notebook: Any) -> None:
    view = opened(
        notebook, "page.add(ft.Text('-', on_size_change=lambda e: setattr(e.control, 'value', f'{e.height}')))"
    )
    measure(view, 100)
    view.shows("100")
    wait(lambda: view.height == 120)


def test_an_app_that_does_not_measure_is_not_bothered(notebook: Any) -> None:
    view = opened(notebook, "page.add(ft.Text('a'))")
    wait(lambda: measured(view))
    before = view.patches
    measure(view, 100)
    wait(lambda: view.height == 120)
    notebook.front_end.settle()
    assert view.patches == before


@pytest.mark.parametrize("data", [None, 5, {}, {"h": None}, {"h": "tall"}, {"h": []}], ids=repr)
def test_a_measurement_that_is_none_changes_nothing(notebook: Any, data: Any) -> None:
    view = opened(notebook, "page.add(ft.Text('a'))")
    wait(lambda: measured(view))
    view.event(measured(view)[0], "size_change", data)
    measure(view, 100)
    wait(lambda: view.height == 120)


def test_a_control_that_no_client_knows_yet_is_not_watched(notebook: Any) -> None:
    view = opened(notebook, "globals().update(page=page)\n    page.add(ft.Text('a'))")
    wait(lambda: measured(view))
    notebook.good("page.controls.append(ft.Text('b'))")
    again = notebook.front_end.show(view.model_id)
    wait(lambda: measured(again))
    notebook.good("page.update()")
    for each in (view, again):
        each.shows("a", "b")
        wait(lambda each=each: len(measured(each)) == 2)
