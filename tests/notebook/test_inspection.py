"""What an inspector beside a panel is told of the panel's app."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flet as ft
import pytest

from flet_jupyter.notebook import blink, inspection, panels
from flet_jupyter.notebook.state import kernel_runtime
from tests.core.harness import App
from tests.notebook.front_end import PATIENCE, View, wait

APP = """
import flet as ft

def main(page: ft.Page):
    count = ft.Text("0", size=40, key="count")

    def add(e):
        count.value = str(int(count.value) + 1)

    page.add(count, ft.Button("Add", on_click=add), ft.Column([ft.Text("a"), ft.Text("b")]))
    BODY

ft.run(main)
"""


class Panel:
    """A panel in a page: a comm, one view of the app behind it, and an inspector's questions."""

    def __init__(self, question: dict[str, Any]) -> None:
        self.answers: dict[int, dict[str, Any]] = {}
        self.traits: dict[str, Any] = {}
        self._ids = itertools.count(1)
        self._message: Callable[[dict[str, Any]], None] = lambda _: None
        self._close: Callable[[dict[str, Any]], None] = lambda _: None
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="panel")
        self._thread.start()
        self.view = View(self, "panel", {})  # type: ignore[arg-type] - it only says things
        panels._on_open(self, {"content": {"data": question}})

    # -- as the kernel's end of the comm --

    def on_msg(self, callback: Callable[[dict[str, Any]], None]) -> None:
        self._message = callback

    def on_close(self, callback: Callable[[dict[str, Any]], None]) -> None:
        self._close = callback

    def send(self, data: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self._work.put(lambda: self._heard(data, [bytes(buffer) for buffer in buffers or []]))

    # -- as the page --

    def say(self, _model_id: str, content: Any, *buffers: bytes) -> None:
        self._work.put(lambda: self._message({"content": {"data": content}, "buffers": list(buffers)}))

    def _heard(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        if content["op"] == "inspected":
            self.answers[content["id"]] = content
        elif content["op"] == "app":
            self.traits = content
        else:
            self.view.heard(content, buffers)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()

    def show(self) -> Panel:
        self.view.open()
        wait(lambda: self.view.page is not None and self.view.all(_c="Text"), "the app")
        return self

    def close(self) -> None:
        self._close({})
        self._work.put(None)
        self._thread.join(PATIENCE)

    def ask(self, **question: Any) -> dict[str, Any]:
        number = next(self._ids)
        self.say("", {"op": "inspect", "id": number, **question})
        wait(lambda: number in self.answers, "an answer")
        return self.answers.pop(number)

    def look(self, *rows: tuple[int, int, int], selected: int | None = None) -> dict[str, Any]:
        return self.ask(rows=[list(row) for row in rows], selected=selected)

    def children(self, number: int, start: int = 0, count: int = 200) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.look((number, start, count))["rows"][0]["nodes"]
        return rows

    def controls(self) -> list[dict[str, Any]]:
        """Return the controls directly on the page."""
        view = next(node for node in self.children(1) if node["type"] == "View")
        return self.children(view["id"])

    def selected(self, number: int) -> dict[str, dict[str, str]]:
        """Return what is told of a control's properties, by their names."""
        return {each["name"]: each for each in self.look(selected=number)["selected"]["properties"]}


@pytest.fixture
def opened(notebook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Panel]]:
    """Show an app file in a panel; `body` ends its main."""
    made: list[Panel] = []
    monkeypatch.setattr(inspection, "_RATE", 1000.0)  # tests ask faster than a page does
    monkeypatch.setattr(inspection, "_BURST", 1000)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)

    def open_panel(body: str = "pass", panel: str = "panel-of-the-test") -> Panel:
        if not made:
            (tmp_path / "counter.py").write_text(APP.replace("BODY", body))
            notebook.good("import flet_jupyter")
            panels.run("counter.py")
        made.append(Panel({"file": "counter.py", "panel": panel}))
        made[-1].show()
        wait(lambda: all(app._running.done() for app in panels._files["counter.py"].apps), "main's end")
        return made[-1]

    yield open_panel
    for panel in made:
        panel.close()
    for file in panels._files.values():
        for app in file.apps:
            app.close()


def named(nodes: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(node for node in nodes if node["type"] == kind)


def test_the_tree_begins_with_the_page_and_goes_as_deep_as_is_asked(opened: Any) -> None:
    panel = opened()
    answer = panel.look()
    assert (answer["page"]["id"], answer["page"]["type"], answer["rows"]) == (1, "Page", [])
    assert [(node["type"], node["text"], node["count"]) for node in panel.controls()] == [
        ("Text", "0", 0),
        ("Button", "Add", 0),
        ("Column", "", 2),
    ]
    column = named(panel.controls(), "Column")
    assert [node["text"] for node in panel.children(column["id"])] == ["a", "b"]


def test_controls_are_found_in_properties_too(opened: Any) -> None:
    panel = opened("page.appbar = ft.AppBar(title=ft.Text('Bar')); page.add(ft.Container(ft.Icon(ft.Icons.ADD)))")
    nodes = panel.controls()
    assert [node["text"] for node in panel.children(named(nodes, "AppBar")["id"])] == ["Bar"]
    assert [node["type"] for node in panel.children(named(nodes, "Container")["id"])] == ["Icon"]


def test_what_a_component_renders_is_in_the_tree(opened: Any) -> None:
    panel = opened(
        "@ft.component\n    def Greeting():\n        return ft.Row([ft.Text('hello')])\n    page.render(Greeting)"
    )
    component = named(panel.controls(), "Greeting")
    row = named(panel.children(component["id"]), "Row")
    assert [node["text"] for node in panel.children(row["id"])] == ["hello"]


def test_properties_are_what_differs_from_the_defaults_with_their_live_values(opened: Any) -> None:
    panel = opened()
    text = named(panel.controls(), "Text")["id"]
    assert {name: each["value"] for name, each in panel.selected(text).items()} == {
        "value": "'0'",
        "size": "40",
        "key": "'count'",
    }
    panel.view.click(content="Add")
    wait(lambda: panel.selected(text)["value"]["value"] == "'1'", "the new value")
    assert named(panel.controls(), "Text")["text"] == "1"


def test_a_handler_is_told_by_its_name_and_place(opened: Any) -> None:
    panel = opened()
    handler = panel.selected(named(panel.controls(), "Button")["id"])["on_click"]
    assert handler == {"name": "on_click", "value": "main.add  (counter.py:7)", "kind": "handler"}


def test_controls_in_a_property_are_told_by_type_and_number(opened: Any) -> None:
    panel = opened()
    column = named(panel.controls(), "Column")["id"]
    numbers = [node["id"] for node in panel.children(column)]
    told = panel.selected(column)["controls"]
    assert (told["value"], told["kind"]) == (f"[Text #{numbers[0]}, Text #{numbers[1]}]", "controls")


def test_long_values_are_cut(opened: Any) -> None:
    panel = opened("page.add(ft.TextField('x' * 10**6, data=1))")
    field = named(panel.controls(), "TextField")
    assert len(field["text"]) <= 80
    assert len(panel.selected(field["id"])["value"]["value"]) <= 410


def test_what_is_not_visible_is_told_as_hidden(opened: Any) -> None:
    panel = opened("count.visible = False; page.update()")
    assert [node.get("hidden") for node in panel.controls()] == [True, None, None]


def test_controls_and_properties_come_in_the_order_of_their_class(opened: Any) -> None:
    panel = opened("page.appbar, page.floating_action_button = ft.AppBar(), ft.Button('+'); page.update()")
    kinds = [node["type"] for node in panel.controls()]
    assert kinds == ["Text", "Button", "Column", "AppBar", "Button"]
    assert [node["type"] for node in panel.children(1)] == ["View", "Overlay", "Dialogs", "Window", "ServiceRegistry"]
    assert list(panel.selected(named(panel.controls(), "Text")["id"])) == ["key", "value", "size"]


def test_a_password_is_not_shown(opened: Any) -> None:
    panel = opened("page.add(ft.TextField('hunter2', label='Password', password=True))")
    field = named(panel.controls(), "TextField")
    assert field["text"] == "Password"
    assert panel.selected(field["id"])["value"]["value"] == "•••"
    assert "hunter2" not in str(panel.look((1, 0, 200), selected=field["id"]))


def test_values_of_all_kinds_are_shown_without_running_the_apps_code(opened: Any) -> None:
    panel = opened(
        "page.add(ft.Container(padding=ft.Padding.only(left=3), bgcolor=ft.Colors.RED, expand=True,"
        " animate=ft.Animation(duration=ft.Duration(seconds=3))))"
    )
    told = panel.selected(named(panel.controls(), "Container")["id"])
    assert told["padding"]["value"] == "Padding(left=3)"
    assert told["bgcolor"]["value"] == "Colors.RED"
    assert told["expand"]["value"] == "True"
    assert told["animate"]["value"] == "Animation(duration=Duration(seconds=3))"


def test_what_an_app_keeps_in_a_control_cannot_break_an_answer(opened: Any) -> None:
    class Odd:
        def __repr__(self) -> str:
            raise OSError

        __eq__ = __str__ = __len__ = __iter__ = __repr__  # type: ignore[assignment]
        __hash__ = object.__hash__

    panel = opened()
    text = named(panel.controls(), "Text")["id"]
    values = panels._files["counter.py"].apps[0].page.controls[0]._values
    for value, told in [(Odd(), "<Odd>"), (10**5000, "<int>"), (b"12", "<2 bytes>")]:
        values["tooltip"] = value
        assert panel.selected(text)["tooltip"]["value"] == told
    values.pop("tooltip")
    values["value"] = "half a character: \ud800"
    assert named(panel.controls(), "Text")["text"] == "half a character: ?"


def test_a_page_of_ten_thousand_controls_is_told_in_parts(opened: Any) -> None:
    panel = opened("page.add(ft.Column([ft.Text(f't{n}') for n in range(10_000)]))")
    column = [node for node in panel.controls() if node["type"] == "Column"][-1]
    assert column["count"] == 10_000
    (rows,) = panel.look((column["id"], 0, 10_000))["rows"]
    assert (rows["total"], len(rows["nodes"])) == (10_000, inspection.MAX_ROWS)
    (rows,) = panel.look((column["id"], 9_990, 200))["rows"]
    assert [node["text"] for node in rows["nodes"]] == [f"t{n}" for n in range(9_990, 10_000)]


def test_one_answer_has_no_more_rows_in_all_than_are_allowed(opened: Any) -> None:
    panel = opened("page.add(ft.Column([ft.Text('') for _ in range(300)]), ft.Column([ft.Text('') for _ in range(9)]))")
    many, few = [node["id"] for node in panel.controls() if node["type"] == "Column"][-2:]
    rows = panel.look((few, 0, 200), (many, 0, 200), (few, 0, 200))["rows"]
    assert [len(part["nodes"]) for part in rows] == [9, inspection.MAX_ROWS - 9]


def test_what_is_gone_has_nothing_in_it(opened: Any) -> None:
    panel = opened()
    answer = panel.look((10**9, 0, 200), selected=10**9)
    assert answer["rows"] == [{"of": 10**9, "start": 0, "total": 0, "nodes": []}]
    assert answer["selected"] is None


def test_sessions_and_clients_of_the_file_are_counted(opened: Any) -> None:
    first = opened()
    second = opened(panel="another-panel")
    wait(lambda: first.look()["clients"] == 2, "two clients")
    answers = [first.look(), second.look()]
    assert [(answer["sessions"], answer["clients"]) for answer in answers] == [(2, 2), (2, 2)]
    assert answers[0]["session"] != answers[1]["session"]


def test_an_app_that_has_ended_has_no_session(opened: Any) -> None:
    panel = opened()
    for app in panels._files["counter.py"].apps:
        app.close()
    assert panel.look()["session"] == ""


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"id": "x", "rows": []},
        {"id": None, "rows": []},
        {"id": 1, "rows": [[1], "x", [1, -1, 5], [1, 0, -5], [None, 0, 5]], "selected": []},
        {"id": 2, "rows": [[1, 0, 10**30]] * 10**4, "selected": 10**40},
        {"id": 3, "highlight": 10**40},
        {"id": 4, "highlight": "1"},
    ],
)
def test_nonsense_does_no_harm(opened: Any, question: dict[str, Any]) -> None:
    panel = opened()
    panel.say("", {"op": "inspect", **question})
    assert panel.look()["session"]
    assert all(type(number) is int for number in panel.answers)
    assert all(len(str(answer)) < 100_000 for answer in panel.answers.values())


def test_ranges_that_are_none_are_left_out(opened: Any) -> None:
    panel = opened()
    rows = panel.ask(rows=[[1], "x", [1, -1, 5], [1, 0, -5], [None, 0, 5], [1, 0, 1]])["rows"]
    assert [(part["of"], part["start"], len(part["nodes"])) for part in rows] == [(1, 0, 1)]


def test_questions_that_come_too_fast_are_not_answered(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened()
    monkeypatch.setattr(inspection, "_RATE", 0.001)
    monkeypatch.setattr(inspection, "_BURST", 3)
    panel = opened(panel="another-panel")
    for number in range(100, 110):
        panel.say("", {"op": "inspect", "id": number, "rows": []})
    done = threading.Event()
    panel._work.put(lambda: panel._work.put(done.set))
    assert done.wait(PATIENCE)
    assert sorted(panel.answers) == [100, 101, 102]


def test_a_long_update_is_not_waited_for(opened: Any) -> None:
    panel = opened()
    session = next(iter(panels._files["counter.py"].apps)).page.session
    with session._tree.lock:
        began = time.monotonic()
        assert panel.look()["busy"]
        assert time.monotonic() - began < 5
    assert panel.look()["session"]


# -- blinking --


def opacities(panel: Panel, number: int) -> list[Any]:
    """Note what the panel's client is told of a control's opacity, from now on."""
    seen: list[Any] = []
    receive = panel.view.receive

    def watch(packet: bytes) -> None:
        before = panel.view.control(number).get("opacity")
        receive(packet)
        after = panel.view.control(number).get("opacity")
        if after != before:
            seen.append(after)

    panel.view.receive = watch  # type: ignore[method-assign]
    return seen


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blink, "_STEP", 0.02)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("own", "faint"), [(1.0, 0.15), (0.8, 0.15), (0.1, 1.0)])
def test_a_control_blinks_and_is_as_it_was(opened: Any, own: float, faint: float) -> None:
    panel = opened(f"count.opacity = {own}; page.update()")
    text = named(panel.controls(), "Text")["id"]
    seen = opacities(panel, text)
    assert panel.ask(highlight=text)["highlighted"]
    wait(lambda: len(seen) == 4, lambda: f"two flashes, not {seen}")
    assert seen == [faint, own, faint, own]
    page = panels._files["counter.py"].apps[0].page
    assert (page.controls[0].opacity, page.controls[0]._dirty) == (own, {})


@pytest.mark.usefixtures("quick")
def test_only_the_panel_that_asks_sees_it_blink(opened: Any, notebook: Any) -> None:
    notebook.good("import flet_jupyter\ndef main(page): page.add(ft.Text('both'))\napp = flet_jupyter.show(main)")
    cell = notebook.view
    wait(lambda: cell.page)
    opened()
    app = next(iter(kernel_runtime().apps.values()))
    panel = Panel({"app": app.widget.app_id}).show()
    try:
        text = panel.view.id_of(_c="Text")
        seen, others = opacities(panel, text), opacities_of_cell(cell, text)
        assert panel.ask(highlight=text)["highlighted"]
        wait(lambda: len(seen) == 4)
        notebook.good("app.page.controls[0].value = 'after'; app.page.update()")
        wait(lambda: cell.texts() == ["after"])
        assert others == []
    finally:
        panel.close()


def opacities_of_cell(view: View, number: int) -> list[Any]:
    return opacities(type("Shown", (), {"view": view})(), number)


@pytest.mark.usefixtures("quick")
def test_what_the_app_sets_meanwhile_stays(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blink, "_STEP", 0.2)
    panel = opened("page.add(ft.Button('Dim', on_click=lambda e: setattr(count, 'opacity', 0.5)))")
    text = named(panel.controls(), "Text")["id"]
    seen = opacities(panel, text)
    panel.ask(highlight=text)
    wait(lambda: seen, "the first flash")
    panel.view.click(content="Dim")
    wait(lambda: len(seen) >= 4 and seen[-1] == 0.5, lambda: f"the app's own opacity, not {seen}")
    assert 1.0 not in seen[1:]


@pytest.mark.usefixtures("quick")
def test_another_control_that_blinks_ends_the_first_ones_blinking(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blink, "_STEP", 0.1)
    panel = opened()
    text, button = (named(panel.controls(), kind)["id"] for kind in ("Text", "Button"))
    seen = opacities(panel, text)
    panel.ask(highlight=text)
    wait(lambda: seen, "the first flash")
    others = opacities(panel, button)
    panel.ask(highlight=button)
    wait(lambda: len(others) == 4)
    assert seen == [0.15, 1.0]


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        ("pass", "View", "no_opacity"),
        ("count.visible = False; page.update()", "Text", "hidden"),
        ("pass", "Text", ""),
    ],
)
def test_why_a_control_cannot_blink_is_told(opened: Any, body: str, kind: str, why: str) -> None:
    panel = opened(body)
    control = named([*panel.children(1), *panel.controls()], kind)["id"]
    assert panel.look(selected=control)["selected"]["fixed"] == why
    assert panel.ask(highlight=control)["highlighted"] is (why == "")


def test_an_opacity_that_the_app_has_not_sent_yet_is_not_given_away(opened: Any) -> None:
    panel = opened()
    page = panels._files["counter.py"].apps[0].page
    page.controls[0].opacity = 0.3
    assert not panel.ask(highlight=named(panel.controls(), "Text")["id"])["highlighted"]


async def test_a_client_that_has_gone_is_sent_nothing() -> None:
    client = await App(lambda page: page.add(ft.Text("a"))).open()
    steps: list[Callable[[], None]] = []
    control = client.session.page.controls[0]
    assert blink.Blinker(lambda _, step: steps.append(step)).start(client.session, [client.link], control)
    steps.pop()()
    assert client.find(_c="Text")["opacity"] == 0.15
    client.detach()
    sent = len(client.sent)
    steps.pop()()
    assert len(client.sent) == sent
