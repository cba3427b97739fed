"""Clients that send what no client of Flet's would: the session, and the other clients, live on."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import flet as ft
import msgpack
import pytest

from flet_jupyter.exceptions import FletJupyterError, ProtocolError
from tests.core.harness import App, Client, until
from tests.core.model_client import pack_event, pack_frame, pack_props, pack_register, pack_result
from tests.core.test_clients import form, joined
from tests.core.test_counter import counter


async def opened(main: Any = counter) -> tuple[App, Client]:
    app = App(main)
    client = await app.open()
    await until(lambda: client.page)
    return app, client


@pytest.mark.parametrize(
    "packet",
    [pack_event(1, "click"), pack_props(1, {"width": 5.0}), pack_result(1, "x", None)],
    ids=["event", "props", "result"],
)
async def test_a_client_that_has_not_registered_is_refused(packet: bytes) -> None:
    session = await App(counter).start()
    stranger = Client(session)
    with pytest.raises(ProtocolError):
        stranger.link.receive(packet)
    assert session.page.width == 800


async def test_a_client_that_has_left_is_refused() -> None:
    _, client = await opened()
    button = client.id_of(_c="Button")
    client.detach()
    with pytest.raises(ProtocolError):
        client.event(button, "click")


async def test_events_for_controls_that_do_not_exist_change_nothing() -> None:
    app, client = await opened()
    for target in (0, -1, 999_999, 2**63):
        client.event(target, "click")
    client.click(_c="Button")
    await client.shows("1")
    assert app.errors == []


@pytest.mark.parametrize("name", ["", "nothing", "click.__class__", "_x", "\N{ROMAN NUMERAL ONE}" * 1000])
async def test_events_that_do_not_exist_change_nothing(name: str) -> None:
    app, client = await opened()
    client.event(client.id_of(_c="Button"), name)
    client.click(_c="Button")
    await client.shows("1")
    assert app.errors == []


@pytest.mark.parametrize("data", [None, 5, "x", [], {"width": "wide"}, {"x": {"y": {"z": 1}}}, {"control": None}])
async def test_an_event_with_other_data_than_flets_is_at_most_an_error_of_its_handler(data: Any) -> None:
    def main(page: ft.Page) -> None:
        page.on_resize = lambda e: None
        counter(page)

    app, client = await opened(main)
    client.event(1, "resize", data)
    client.click(_c="Button")
    await client.shows("1")
    assert all(where == "on_resize" for _, where in app.errors)


async def test_names_with_an_underscore_do_not_reach_a_control() -> None:
    _, client = await opened(form)
    field = client.session.index[client.id_of(key="name")]
    before = dict(vars(field))
    client.set_props(field._i, _values={"value": "x"}, _i=5, _parent=None, _frozen=True, __prev_lists={})
    assert {name: value for name, value in vars(field).items() if name in before} == before
    assert not hasattr(field, "_frozen")


async def test_names_with_an_underscore_do_not_reach_objects_inside_a_control() -> None:
    def main(page: ft.Page) -> None:
        page.add(ft.TextField(key="field", text_style=ft.TextStyle(size=5)))

    _, client = await opened(main)
    field: Any = client.session.index[client.id_of(key="field")]
    client.set_props(field._i, text_style={"size": 6, "_values": 5, "_dirty": 5})
    assert field.text_style.size == 6
    assert isinstance(field.text_style._values, dict)
    assert field.text_style._dirty != 5


@pytest.mark.parametrize(
    "page",
    [
        {"platform": "toaster"},
        {"media": "none"},
        {"media": {"padding": 5}},
        {"window": {"_x": 1, "width": []}},
        {"window": 5},
        {"width": "wide", "height": None},
        {b"bytes": 1, "window": {b"bytes": 1}},
        {"_i": 5, "_session": None, "session": 5, "views": [], "controls": 7, "on_close": "x"},
    ],
    ids=str,
)
async def test_a_page_that_is_garbage_is_refused_or_ignored_and_another_client_works(page: dict[str, Any]) -> None:
    app = App(counter)
    session = await app.start()
    stranger = Client(session)
    stranger.link.receive(pack_register(page))
    client = Client(session)
    client.register()
    await client.shows("0")
    client.click(_c="Button")
    await client.shows("1")
    assert session.page._i == 1
    assert app.errors == []


async def test_a_page_that_is_garbage_makes_no_session() -> None:
    app = App(counter)
    with pytest.raises(ProtocolError):
        app.new_session(platform="toaster")
    assert app.host.sessions == {}


@pytest.mark.parametrize(
    "props", [{"value": {"a": 1}}, {"value": [1]}, {"autofill_hints": 5}, {"controls": [{}]}, {}], ids=str
)
async def test_properties_that_are_garbage_disturb_nobody_else(props: dict[str, Any]) -> None:
    first, second = await joined(App(form))
    with contextlib.suppress(ProtocolError):
        first.link.receive(pack_props(first.id_of(key="name"), props))
    second.set_props(second.id_of(key="name"), value="Ada")
    second.click(_c="Button")
    await second.shows("Hello Ada")


async def test_a_client_that_opens_many_channels_gets_none() -> None:
    # Channels are made when the app asks for one, not when a client names one.
    _, client = await opened()
    for number in range(1000):
        client.frame(number, b"x")
    assert client.link._channels == {}


async def test_a_storm_of_packets_leaves_the_session_alive() -> None:
    app, client = await opened(form)
    other = Client(client.session)
    other.register()
    await until(lambda: other.page)
    for shown in (client, other):
        shown.receive = lambda packet: None  # type: ignore[method-assign] # what such a client shows is its own affair
    dice = random.Random(7)
    ids = [node["_i"] for node in client.all() if "_i" in node]
    values: list[Any] = [
        None,
        0,
        -1,
        2**40,
        1.5,
        "",
        "x" * 1000,
        [],
        [1, [2]],
        {},
        {"_i": 1},
        {"a": {"b": None}},
        True,
        b"\0",
    ]
    names = [
        "click",
        "change",
        "resize",
        "size_change",
        "value",
        "controls",
        "on_click",
        "content",
        "_values",
        "key",
        "data",
    ]
    for _ in range(3000):
        target = dice.choice(ids)
        packet = dice.choice(
            [
                lambda target=target: pack_event(target, dice.choice(names), dice.choice(values)),
                lambda target=target: pack_props(target, {dice.choice(names): dice.choice(values)}),
                lambda target=target: pack_result(target, "x", dice.choice(values)),
                lambda: pack_register({dice.choice(["width", "media", "window", "route"]): dice.choice(values)}),
                lambda: pack_frame(dice.randrange(5), b"x"),
                lambda: dice.randbytes(dice.randrange(30)),
            ]
        )()
        with contextlib.suppress(FletJupyterError):
            client.link.receive(packet)
    # The storm may have broken the app's own page beyond use; the process and other sessions are fine.
    fresh = await app.open()
    await until(lambda: fresh.page)
    fresh.set_props(fresh.id_of(key="name"), value="Ada")
    fresh.click(_c="Button")
    await fresh.shows("Hello Ada")


async def test_a_huge_packet_is_as_good_as_a_small_one() -> None:
    # Transports bound the size; the core has no bound of its own to trip over.
    _, client = await opened(form)
    text = "x" * 5_000_000
    client.set_props(client.id_of(key="name"), value=text)
    client.click(_c="Button")
    await client.shows("Hello " + text)


async def test_a_packet_of_deeply_nested_properties_is_refused_or_ignored() -> None:
    _, client = await opened(form)
    value: Any = 1
    for _ in range(500):
        value = {"a": value}
    with contextlib.suppress(ProtocolError):
        client.link.receive(b"\x00" + msgpack.packb([4, {"id": client.id_of(key="name"), "props": {"value": value}}]))
    client.click(_c="Button")
    await until(lambda: client.texts() != [""])


@pytest.mark.parametrize("size", [0, -1, 1e308, -1e308, float("inf"), float("nan"), 2**63], ids=repr)
async def test_a_page_of_an_impossible_size_keeps_the_one_it_had(size: Any) -> None:
    session = App(counter).new_session(width=800.0, height=400.0)
    client = Client(session)
    client.register(width=size, height=300.0)
    await until(lambda: session.links)
    assert (session.page.width, session.page.height) == (800.0, 300.0)
