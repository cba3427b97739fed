"""The same app and the same client, once with flet's own session, once with ours: the client shows the same."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import flet as ft
import pytest

from tests.core.flet_client import FletClient
from tests.core.harness import App, Client, until
from tests.core.model_client import ModelClient, pack_event, pack_props, pack_register, walk

Step = tuple[Any, ...]


class OurClient:
    """A client of one of our sessions."""

    def __init__(self, main: Callable[[ft.Page], Any]) -> None:
        self._app = App(main)
        self.session = self._app.new_session()
        self.client = Client(self.session)

    async def start(self) -> None:
        self.client.link.receive(pack_register())
        await until(lambda: self.client.page)
        await self._app.host.run_main(self.session)
        await self.settle()

    async def send(self, packet: bytes) -> None:
        self.client.link.receive(packet)

    async def settle(self) -> None:
        """Wait until every handler has run and everything was sent."""
        await self.session.lane.run(lambda: None)
        await until(lambda: not self.session.busy and len(self.client.link._outbox) == 0)
        for _ in range(50):
            await asyncio.sleep(0)
        await until(lambda: len(self.client.link._outbox) == 0)
        assert self._app.errors == []


# -- apps ----------------------------------------------------------------------------------------------


def todo(page: ft.Page) -> None:
    page.title = "To do"
    field, items = ft.TextField(key="field"), ft.Column(key="items")

    def remove(e: ft.ControlEvent) -> None:
        items.controls.remove(e.control.data)

    def add() -> None:
        row = ft.Row([ft.Checkbox(label=field.value, on_change=lambda: None)])
        row.controls.append(ft.Button("x", data=row, on_click=remove, key=f"remove {field.value}"))
        items.controls.append(row)
        field.value = ""

    def clear() -> None:
        items.controls.clear()

    def reverse() -> None:
        items.controls.reverse()

    page.add(field, ft.Button("Add", on_click=add), ft.Button("Clear", on_click=clear))
    page.add(ft.Button("Reverse", on_click=reverse), items)


def styles(page: ft.Page) -> None:
    box = ft.Container(ft.Text("in", style=ft.TextStyle(size=5)), padding=3, key="box")

    def restyle() -> None:
        box.content.style.size = 6
        box.content.style.color = ft.Colors.RED
        box.padding = ft.Padding.all(7)
        box.border = ft.Border.all(1, ft.Colors.BLUE)

    def swap() -> None:
        box.content = ft.Icon(ft.Icons.HOME)

    def unstyle() -> None:
        box.border = None
        box.padding = None
        box.content = None

    def none_again() -> None:
        box.content = ft.Row([ft.Text("back")])
        box.content.controls.insert(0, ft.Text("first"))

    page.theme_mode = ft.ThemeMode.DARK
    page.add(box)
    for name, handler in (("restyle", restyle), ("swap", swap), ("unstyle", unstyle), ("none again", none_again)):
        page.add(ft.Button(name, on_click=handler))


def dialogs(page: ft.Page) -> None:
    said = ft.Text("-")
    dialog = ft.AlertDialog(title=ft.Text("Sure?"), actions=[ft.Button("Yes", on_click=page.pop_dialog)])

    def show() -> None:
        said.value = "asked"
        page.show_dialog(dialog)

    page.appbar = ft.AppBar(title=ft.Text("App"))
    page.floating_action_button = ft.FloatingActionButton(icon=ft.Icons.ADD, on_click=show)
    page.add(said, ft.Button("Show", on_click=show))


async def generators(page: ft.Page) -> Any:
    text = ft.Text("0", key="text")

    def count() -> Any:
        for number in range(3):
            text.value = str(number)
            yield
        text.value = "done"

    async def count_async() -> Any:
        for number in range(3):
            page.controls.append(ft.Text(f"row {number}"))
            yield
            await asyncio.sleep(0)

    page.add(text)
    yield
    page.controls.append(ft.Button("count", on_click=count))
    page.controls.append(ft.Button("count async", on_click=count_async))


def updates(page: ft.Page) -> None:
    first, second = ft.Text("1", key="first"), ft.Text("2", key="second")

    def explicit() -> None:
        first.value = second.value = "explicit"
        first.update()

    def quiet() -> None:
        ft.context.disable_auto_update()
        first.value = second.value = "quiet"

    def isolated() -> None:
        first.value = "isolated"
        page.update()
        second.value = "not sent"

    async def asynchronous() -> None:
        first.value = "async"
        await asyncio.sleep(0)
        second.value = "async"

    page.add(first, second)
    for name, handler in (("explicit", explicit), ("quiet", quiet), ("isolated", isolated), ("async", asynchronous)):
        page.add(ft.Button(name, on_click=handler))
    page.add(ft.Button("nothing"))


def views(page: ft.Page) -> None:
    def go() -> None:
        page.views.append(ft.View(route="/next", controls=[ft.Text("next"), ft.Button("Back", on_click=back)]))

    def back() -> None:
        page.views.pop()

    page.add(ft.Text("home"), ft.Button("Go", on_click=go))
    page.on_resize = lambda e: page.add(ft.Text(f"resized to {e.width}"))


@ft.component
def tree() -> Any:
    rows, set_rows = ft.use_state([1, 2, 3])
    return ft.Column(
        [
            *[ft.Text(f"row {number}", key=f"row{number}") for number in rows],
            ft.Button("shift", on_click=lambda: set_rows([*rows[1:], rows[0]])),
            ft.Button("grow", on_click=lambda: set_rows([*rows, max(rows, default=0) + 1])),
            ft.Button("drop", on_click=lambda: set_rows(rows[1:])),
        ]
    )


def components(page: ft.Page) -> None:
    page.render(tree)


def click(**properties: Any) -> Step:
    return ("event", properties, "click", None)


def props(value: dict[str, Any], **properties: Any) -> Step:
    return ("props", properties, value)


SCRIPTS: list[tuple[Any, list[Step]]] = [
    (
        todo,
        [
            step
            for name in ("milk", "bread", "tea")
            for step in (props({"value": name}, key="field"), click(content="Add"))
        ]
        + [
            click(content="Reverse"),
            props({"value": True}, _c="Checkbox", label="bread"),
            ("event", {"_c": "Checkbox", "label": "bread"}, "change", True),
            click(key="remove bread"),
            click(content="Reverse"),
            click(content="Clear"),
            click(content="Add"),
        ],
    ),
    (styles, [click(content=name) for name in ("restyle", "swap", "unstyle", "none again")]),
    (
        dialogs,
        [
            click(content="Show"),
            click(content="Yes"),
            ("event", {"_c": "AlertDialog"}, "dismiss", None),
            click(_c="FloatingActionButton"),
            click(content="Yes"),
        ],
    ),
    (generators, [click(content="count"), click(content="count async"), click(content="count")]),
    (updates, [click(content=name) for name in ("explicit", "quiet", "nothing", "isolated", "async", "nothing")]),
    (
        views,
        [
            click(content="Go"),
            click(content="Back"),
            ("event", {"_i": 1}, "resize", {"width": 300.0, "height": 200.0}),
            click(content="Go"),
        ],
    ),
    (components, [click(content=name) for name in ("shift", "grow", "drop", "shift", "grow", "drop", "drop")]),
]


def packet_of(step: Step, client: ModelClient) -> bytes | None:
    """Make the packet of a step, for a client whose controls have other numbers; None if the control is not there."""
    kind, properties, *rest = step
    found = client.all(**properties)
    if not found:
        return None
    target = found[0]["_i"]
    return pack_event(target, *rest) if kind == "event" else pack_props(target, *rest)


def type_in(step: Step, client: ModelClient) -> None:
    """Change what the client itself shows: it has changed a property, and will not be told."""
    kind, properties, *rest = step
    if kind == "props":
        client.all(**properties)[0].update(rest[0])


@pytest.mark.parametrize(("main", "script"), SCRIPTS, ids=[main.__name__ for main, _ in SCRIPTS])
async def test_after_every_step_a_client_shows_what_flets_own_session_would(main: Any, script: list[Step]) -> None:
    theirs, ours = FletClient(main), OurClient(main)
    await asyncio.create_task(theirs.start())
    await ours.start()
    screens = [theirs.shown()]
    for step in script:
        for_them, for_us = packet_of(step, theirs), packet_of(step, ours.client)
        assert for_them is not None, step
        assert for_us is not None, step
        type_in(step, theirs)
        type_in(step, ours.client)
        await theirs.send(for_them)
        await ours.send(for_us)
        await theirs.settle()
        await ours.settle()
        assert theirs.broken is None
        assert theirs.failures == []
        await until(lambda: ours.client.shown() == theirs.shown(), f"the same screen after {step}")
        screens.append(theirs.shown())
        late = Client(ours.session)
        late.register()
        await until(lambda late=late: late.page)
        # What a client gets that comes now is what the others have been told step by step. (Values that
        # the app has set but not updated are in it: nothing tells them from those that were sent.)
        with_values = main not in {updates, dialogs}
        await until(
            lambda late=late, deep=with_values: shape(late.page, deep) == shape(ours.client.page, deep),
            f"the same page for a late client after {step}",
        )
        late.detach()
    assert sum(a != b for a, b in itertools.pairwise(screens)) > len(script) * 0.6  # the steps do something


def shape(page: Any, with_values: bool) -> list[tuple[Any, ...]]:
    """Return the controls of a page in order, with what a user reads of them."""
    read = ("_c", "_i", "value", "label", "route", "size", "open") if with_values else ("_c", "_i")
    return [tuple(node.get(name) or None for name in read) for node in walk(in_order(page))]


def in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    return [in_order(part) for part in value] if isinstance(value, list) else value
