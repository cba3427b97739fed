"""Which differ a session gets."""

from __future__ import annotations

import logging
from typing import Any

import flet as ft
import pytest
from flet.controls.value_types import Prop

from flet_jupyter.core.settings import AppSettings
from flet_jupyter.core.tree import choice, probe
from flet_jupyter.core.tree.differ import Differ
from flet_jupyter.core.tree.flets import FletDiffer
from flet_jupyter.core.tree.kinds import kind_of
from flet_jupyter.exceptions import BadOption
from tests.core.harness import App


@pytest.fixture
def unknown(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have the installed flet tried as one that no test has tried."""
    monkeypatch.setattr(choice, "TESTED", frozenset())
    choice._problems.cache_clear()
    yield
    choice._problems.cache_clear()


def counter(page: ft.Page) -> None:
    text = ft.Text("0")
    page.add(text, ft.Button("+", key="more", on_click=lambda _: setattr(text, "value", str(int(text.value) + 1))))


async def counts(app: App) -> None:
    client = await app.open()
    for number in range(3):
        await client.shows(str(number))
        client.click(key="more")
    await client.shows("3")
    assert app.errors == []


async def test_the_fast_one_fits_the_installed_flet(unknown: Any) -> None:
    assert probe.problems() == []
    app = App(counter)
    assert isinstance(app.new_session()._tree._differ, Differ)
    await counts(app)


def test_a_flet_that_the_tests_have_tried_is_not_tried_again(unknown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "TESTED", frozenset((choice.FLET_VERSION,)))
    monkeypatch.setattr(probe, "problems", lambda: pytest.fail("it was tried"))
    assert isinstance(choice.new_differ({}, "fast"), Differ)


async def test_a_setting_chooses_flets_own() -> None:
    app = App(counter, settings=AppSettings(differ="flet"))
    assert isinstance(app.new_session()._tree._differ, FletDiffer)
    await counts(app)


def test_a_variable_chooses_flets_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert AppSettings.from_environment().differ == "fast"
    monkeypatch.setenv("FLET_JUPYTER_DIFFER", "flet")
    assert AppSettings.from_environment().differ == "flet"
    monkeypatch.setenv("FLET_JUPYTER_DIFFER", "slow")
    with pytest.raises(BadOption, match="FLET_JUPYTER_DIFFER='slow' is neither fast nor flet"):
        AppSettings.from_environment()


async def test_where_flet_notes_changes_otherwise_its_own_is_used_and_one_line_says_so(
    unknown: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def set_otherwise(prop: Prop, thing: Any, value: Any) -> None:
        thing._values[prop.name] = value
        dict.__setitem__(thing._dirty, prop.name, None)

    monkeypatch.setattr(Prop, "__set__", set_otherwise)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            app = App(counter)
            assert isinstance(app.new_session()._tree._differ, FletDiffer)
            await counts(app)
    lines = [record.getMessage() for record in caplog.records if "as flet-jupyter knows it" in record.getMessage()]
    assert len(lines) == 1
    assert "a property is noticed otherwise" in lines[0]


async def test_where_flet_packs_otherwise_its_own_is_used(unknown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kind_of(ft.Column)
    monkeypatch.setattr(ft.Column, "_override_props", {"spacing": 7})
    assert probe.problems() == ["controls are packed otherwise"]
    assert isinstance(App(counter).new_session()._tree._differ, FletDiffer)


async def test_what_flet_lacks_is_named(unknown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "differ_misses", ["cannot import name '_UNSET'"])
    assert isinstance(App(counter).new_session()._tree._differ, FletDiffer)
