"""What an update sends, beyond what it shares with flet's own: that is in test_equivalence.py."""

from __future__ import annotations

import dataclasses
import gc
import weakref
from typing import Any

import flet as ft
import pytest

from tests.core.harness import App, Client, until
from tests.core.model_client import normal

ROWS = 300
"""More than a list may have before it is remembered where in it each control is."""


async def opened(*controls: ft.Control) -> tuple[App, Client, ft.Page]:
    app = App(lambda page: page.add(*controls))
    client = await app.open()
    return app, client, client.session.page


async def same_as_whole_page(client: Client) -> None:
    """Compare what was sent in parts with what a client gets that comes now."""
    late = Client(client.session)
    late.register()
    await until(lambda: late.page)
    # Many updates at once leave at the client's pace.
    await until(lambda: not client.session.packets_waiting and normal(client.page) == normal(late.page))
    late.detach()


def visits(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note which controls updates compare."""
    from flet_jupyter.core.tree.compare import Comparison

    compared: list[int] = []
    compare = Comparison._compare_fields

    def noted(self: Comparison, thing: Any, kind: Any, path: Any) -> None:
        if kind.is_control:
            compared.append(thing._i)
        compare(self, thing, kind, path)

    monkeypatch.setattr(Comparison, "_compare_fields", noted)
    return compared


# -- what is visited ---------------------------------------------------------------------------------


async def test_only_what_was_changed_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [ft.Text(str(number)) for number in range(ROWS)]
    app, client, page = await opened(ft.Column(texts[: ROWS // 2]), ft.Row(texts[ROWS // 2 :]))
    compared = visits(client, monkeypatch)
    for number in (7, ROWS - 1):
        texts[number].value = "changed"
        page.update()
    assert compared == [texts[7]._i, texts[-1]._i]
    page.update()
    assert len(compared) == 2
    page.controls[0].controls.append(ft.Text("new"))  # type: ignore[attr-defined]
    page.update()
    assert compared[2:] == [page.controls[0]._i]
    await same_as_whole_page(client)
    assert app.errors == []


async def test_the_lists_of_values_are_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    style = ft.TextStyle(shadow=[ft.BoxShadow(blur_radius=1)])
    text = ft.Text("a", style=style)
    _, client, page = await opened(text, ft.Text("b"))
    compared = visits(client, monkeypatch)
    page.update()
    assert compared == []
    assert isinstance(style.shadow, list)
    style.shadow.append(ft.BoxShadow(blur_radius=2))
    page.update()
    assert compared == [text._i]
    assert [each["blur_radius"] for each in client.find(value="a")["style"]["shadow"]] == [1, 2]
    style.shadow[1].blur_radius = 5
    page.update()
    assert client.find(value="a")["style"]["shadow"][1]["blur_radius"] == 5
    style.shadow[1].offset = ft.Offset(1, 2)  # which has no descriptor that would tell
    page.update()
    assert client.find(value="a")["style"]["shadow"][1]["offset"] == {"x": 1, "y": 2}
    assert len(compared) == 3
    page.update()
    assert len(compared) == 3


async def test_a_change_far_down_a_long_list_finds_its_place_after_every_shift() -> None:
    texts = [ft.Text(str(number)) for number in range(ROWS)]
    column = ft.Column(texts)
    _, client, page = await opened(column)
    for step in range(6):
        texts[200].value = f"step {step}"
        texts[10 + step].value = "also"
        page.update()
        column.controls.insert(step, ft.Text("new"))
        page.update()
        column.controls.pop(50)
        texts[250].value = f"with {step}"
        page.update()
        await same_as_whole_page(client)
    assert client.find(value="step 5")


async def test_a_change_outside_of_what_is_updated_waits_for_its_own_update() -> None:
    here, there = ft.Text("here"), ft.Text("there")
    left, right = ft.Row([here]), ft.Row([there])
    _, client, page = await opened(left, right)
    here.value, there.value = "HERE", "THERE"
    left.update()
    assert client.texts() == ["HERE", "there"]
    there.update()
    assert client.texts() == ["HERE", "THERE"]
    there.value = "again"
    page.update()
    assert client.texts() == ["HERE", "again"]


@ft.control("Island", isolated=True)
class Island(ft.Row):
    """A control that is left alone by the updates of its parents."""


async def test_a_change_in_an_isolated_control_waits_for_its_update() -> None:
    text = ft.Text("a")
    island = Island([ft.Row([text])])
    _, client, page = await opened(island)
    text.value = "b"
    page.update()
    page.update()
    assert client.texts() == ["a"]
    island.update()
    assert client.texts() == ["b"]


# -- several places ----------------------------------------------------------------------------------


async def test_a_bar_that_several_views_share_lives_on_when_one_of_them_goes() -> None:
    title = ft.Text("0")
    bar = ft.AppBar(title=title)
    app, client, page = await opened(ft.Text("first"))
    page.views[0].appbar = bar
    page.update()
    page.views.append(ft.View("/second", [ft.Text("second")], appbar=bar))
    page.update()
    page.views.pop()
    page.update()
    title.value = "1"
    page.update()
    assert client.find(_c="AppBar")["title"]["value"] == "1"
    await same_as_whole_page(client)
    assert app.errors == []


async def test_a_style_that_two_sessions_share_reaches_the_one_that_updates_first_as_in_flet() -> None:
    style = ft.TextStyle(size=1)
    _, first, page = await opened(ft.Text("a", style=style))
    _, second, other = await opened(ft.Text("a", style=style))
    style.size = 2
    page.update()
    other.update()
    assert first.find(value="a")["style"]["size"] == 2
    style.size = 3
    other.update()
    assert second.find(value="a")["style"]["size"] == 3


# -- failures ----------------------------------------------------------------------------------------


@ft.control("Moody")
class Moody(ft.Row):
    """A control whose before_update() fails as often as it is told to."""

    failures = 0

    def before_update(self) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not now")


async def test_an_update_that_fails_loses_nothing() -> None:
    before, after, moody = ft.Text("a"), ft.Text("b"), Moody([])
    row = ft.Row([ft.Text("c")])
    _, client, page = await opened(before, row, moody, after)
    before.value, after.value, page.title = "A", "B", "title"
    row.controls.append(ft.Text("d"))
    moody.failures = 1
    with pytest.raises(RuntimeError, match="not now"):
        page.update()
    assert client.texts() == ["a", "c", "b"]
    page.update()
    assert client.texts() == ["A", "c", "d", "B"]
    assert client.page is not None
    assert client.page["title"] == "title"
    await same_as_whole_page(client)


async def test_an_invalid_value_is_refused_once_and_nothing_else_is_held_up() -> None:
    text, box = ft.Text("a"), ft.Container(opacity=1)
    _, client, page = await opened(text, box)
    text.value, box.opacity = "b", 5
    with pytest.raises(ValueError, match="opacity"):
        page.update()
    page.update()
    assert client.texts() == ["b"]


async def test_what_cannot_be_packed_is_refused_once_and_nothing_else_is_held_up() -> None:
    text, other, row = ft.Text("a"), ft.Text("b"), ft.Row([])
    _, client, page = await opened(text, other, row)
    text.value = object()  # type: ignore[assignment]
    other.value = "B"
    row.controls.append(ft.Text("c"))
    with pytest.raises(TypeError):
        page.update()
    page.update()
    assert client.texts() == ["a", "B", "c"]
    text.value = "A"
    page.update()
    assert client.texts() == ["A", "B", "c"]


async def test_a_new_control_that_cannot_be_packed_is_refused_until_it_is_repaired_or_gone() -> None:
    row, text = ft.Row([]), ft.Text("a")
    _, client, page = await opened(text, row)
    row.controls.append(ft.Text(object()))  # type: ignore[arg-type]
    for value in "bc":
        text.value = value
        with pytest.raises(TypeError):
            page.update()
    row.controls[0].value = "repaired"  # type: ignore[attr-defined]
    page.update()
    assert client.texts() == ["c", "repaired"]
    await same_as_whole_page(client)


async def test_a_control_in_itself_is_refused_with_the_same_words_as_in_flet() -> None:
    row = ft.Row([])
    _, client, page = await opened(row)
    row.controls.append(row)
    with pytest.raises(Exception, match="Parent is the same as item"):
        page.update()
    row.controls.clear()
    row.controls.append(ft.Text("a"))
    page.update()
    assert client.texts() == ["a"]


# -- what is left behind -----------------------------------------------------------------------------


async def test_what_is_removed_is_let_go() -> None:
    app = App(lambda page: page.add(*(ft.Row([ft.Text(str(number))]) for number in range(ROWS))))
    client = await app.open()
    page = client.session.page
    gone = [weakref.ref(row) for row in page.controls[1:]]
    for index in range(1, ROWS):
        page.controls[index].controls[0].value = "looked at"  # type: ignore[attr-defined]
        page.update()
    del page.controls[1:]
    page.update()
    gc.collect()
    assert [ref for ref in gone if ref() is not None] == []
    differ: Any = client.session._tree._differ
    assert len(differ._containers) < 30
    assert len(differ._places._indexes) < 5


async def test_a_service_that_nobody_holds_any_more_is_unregistered() -> None:
    held: list[ft.Clipboard] = []

    def drop(_: Any) -> None:
        held.clear()
        gc.collect()  # flet itself has it in a cycle since it was registered

    def main(page: ft.Page) -> None:
        held.append(ft.Clipboard())
        page.add(ft.Button("drop", key="drop", on_click=drop))

    client = await App(main).open()
    await until(lambda: client.all(_c="Clipboard"))
    client.click(key="drop")
    await until(lambda: not client.all(_c="Clipboard"))


# -- what the app may do with its controls -------------------------------------------------------------


@dataclasses.dataclass
class Point:
    """A value that flet knows nothing of."""

    x: int = 0
    marks: list[int] = dataclasses.field(default_factory=list)


@ft.control("Chart")
class Chart(ft.Container):
    """A control with values of the app's own."""

    point: Point | None = None


async def test_values_of_the_apps_own_are_watched_too() -> None:
    chart = Chart(point=Point())
    _, client, page = await opened(chart)
    assert chart.point is not None
    for number in (1, 2, 2, 0):
        chart.point.x = number
        page.update()
        assert client.find(_c="Chart")["point"]["x"] == number
    chart.point.marks.append(5)
    page.update()
    assert client.find(_c="Chart")["point"]["marks"] == [5]
    chart.point = Point(7)
    page.update()
    chart.point.x = 8
    page.update()
    assert client.find(_c="Chart")["point"]["x"] == 8


async def test_a_list_that_a_client_has_set_is_what_the_next_update_compares() -> None:
    segments = [ft.Segment(value, label=ft.Text(value)) for value in "abc"]
    button = ft.SegmentedButton(segments, selected=["a"], allow_multiple_selection=True, key="s")
    _, client, page = await opened(button)
    client.find(key="s")["selected"] = ["a", "b"]  # a client sets it for itself first, and tells of it
    client.set_props(button._i, selected=["a", "b"])
    await until(lambda: button.selected == ["a", "b"])
    button.selected.append("c")
    page.update()
    await until(lambda: client.find(key="s")["selected"] == ["a", "b", "c"])


async def test_a_new_child_of_a_control_that_moves_is_mounted_and_watched() -> None:
    box = ft.Row([ft.Text("a")])
    left, right = ft.Column([box]), ft.Column([])
    _, client, page = await opened(left, right)
    left.controls.remove(box)
    right.controls.append(box)
    new = ft.Text("b")
    box.controls.append(new)
    page.update()
    assert new.page is page
    new.value = "B"
    box.controls[0].value = "A"  # type: ignore[attr-defined]
    page.update()
    assert client.texts() == ["A", "B"]
    await same_as_whole_page(client)


# -- several sessions, and several owners --------------------------------------------------------------


async def test_what_two_sessions_share_is_updated_in_both_and_in_one_when_the_other_has_gone() -> None:
    head, theme = ft.Text("0"), ft.Theme(color_scheme_seed="red")

    def main(page: ft.Page) -> None:
        page.theme = theme
        page.add(ft.Row([head]))

    first = await App(main).open()
    second = await App(main).open()
    for number, client in enumerate((first, second, first), 1):
        head.value, theme.color_scheme_seed = str(number), f"#00000{number}"
        client.session.page.update()
        await client.shows(str(number))
        assert client.page is not None
        assert client.page["theme"]["color_scheme_seed"] == f"#00000{number}"
    second.session.close()
    head.value = "alone"
    first.session.page.update()
    await first.shows("alone")


async def test_a_value_of_many_controls_reaches_the_first_of_them_whichever_have_gone() -> None:
    style = ft.TextStyle(size=1)
    _, client, page = await opened(*(ft.Text("t", style=style) for _ in range(20)))
    del page.controls[0]
    del page.controls[-3:]
    page.update()
    style.size = 9
    page.update()
    assert client.page is not None
    assert client.page["views"][0]["controls"][0]["style"]["size"] == 9


async def test_a_control_that_joins_a_parent_before_it_leaves_the_other_is_not_forgotten() -> None:
    text, island = ft.Text("t"), Island([])
    _, client, page = await opened(text, island)
    page.controls.remove(text)
    island.controls.append(text)
    island.update()
    page.update()
    text.value = "new"
    island.update()
    assert client.texts() == ["new"]


@ft.control("Sum")
class Sum(ft.Row):
    """Says how many it has."""

    total: int = 0

    def before_update(self) -> None:
        self.total = len(self.controls)


async def test_what_a_hook_sets_in_a_new_child_of_what_is_moved_is_sent() -> None:
    column = ft.Column([])
    _, client, page = await opened(column)
    page.controls.remove(column)
    column.controls.append(Sum([ft.Text("a"), ft.Text("b")]))
    page.overlay.append(column)
    page.update()
    page.update()
    assert client.find(_c="Sum")["total"] == 2


async def test_a_value_of_the_apps_own_set_to_none_before_an_update_that_fails_is_sent_by_the_next() -> None:
    chart, moody = Chart(point=Point(x=5)), Moody([])
    _, client, page = await opened(chart, moody)
    assert chart.point is not None
    chart.point.x = None  # type: ignore[assignment]
    moody.failures = 1
    with pytest.raises(RuntimeError):
        page.update()
    page.update()
    assert client.find(_c="Chart")["point"]["x"] is None


async def test_a_hook_that_was_set_in_one_control_is_called_too() -> None:
    calls: list[int] = []
    text = ft.Text("a")
    text.before_update = lambda: calls.append(1)  # type: ignore[method-assign]
    _, _, page = await opened(text)
    made = len(calls)
    page.update()
    assert len(calls) == made + 1


class Odd:
    """Something that does not say whether it equals another, like an array."""

    def __eq__(self, other: object) -> Any:
        return self

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")

    __hash__ = None  # type: ignore[assignment]


async def test_data_that_cannot_be_compared_is_no_obstacle() -> None:
    _, client, page = await opened(ft.Text("a", data=Odd()))
    page.controls[0] = ft.Text("b", data=Odd())
    page.update()
    page.controls.append(ft.Text("c", data=Odd()))
    page.update()
    assert client.texts() == ["b", "c"]


async def test_an_update_of_one_among_many_changed_controls_looks_at_that_one_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [ft.Row([ft.Text(str(number))]) for number in range(ROWS)]
    _, client, _ = await opened(*rows)
    compared = visits(client, monkeypatch)
    for row in rows:
        row.spacing = 3
        row.controls.append(ft.Text("new"))
    rows[5].update()
    assert compared == [rows[5]._i]
    for row in rows:
        row.update()
    assert compared == [row._i for row in [rows[5], *rows[:5], *rows[6:]]]
    await same_as_whole_page(client)
