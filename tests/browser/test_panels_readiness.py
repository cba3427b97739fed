"""JupyterLab gets ready for apps while it is idle, where apps were shown lately, and disturbs nobody by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.jupyter import new_context
from tests.browser.panels import COUNTER, SOCKETS, Lab
from tests.browser.seeing import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.jupyter import JupyterServer

PLUGIN = "flet-jupyter:plugin"
READY = "() => performance.getEntriesByName('flet-jupyter:ready')[0]?.detail"
ENGINES = "() => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/main.dart.js')).length"
SPARES = "() => document.querySelectorAll('.flet-lot .flet-place').length"


@pytest.fixture
def fresh(browser: Browser, server: JupyterServer, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """JupyterLab in a browser that has never shown an app."""
    context = new_context(browser)
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.add_init_script(SOCKETS)
    lab = Lab(page, server, request.node.name, workspace="readiness")
    lab.write("counter.py", COUNTER)
    lab.load()
    yield lab
    lab.picture(request.node.name)
    lab.leave()
    assert lab.wrong == []
    context.close()


def ready(lab: Lab) -> Any:
    """Wait until the page has done what it does at rest; return what that was about."""
    return lab.page.wait_for_function(READY).json_value()


def show(lab: Lab) -> None:
    panel = lab.open("counter.py")
    panel.count(1)
    panel.close()


def test_a_browser_that_has_shown_no_app_loads_nothing(fresh: Lab) -> None:
    assert ready(fresh) == {"isDue": False}
    assert fresh.page.evaluate(ENGINES) == 0
    assert fresh.page.evaluate("() => document.querySelector('flutter-view')") is None
    show(fresh)


def test_a_browser_that_has_shown_one_has_the_next_at_once(fresh: Lab) -> None:
    show(fresh)
    fresh.load()
    assert ready(fresh) == {"isDue": True}
    assert fresh.page.evaluate(ENGINES) == 1
    fresh.page.wait_for_function(f"({SPARES})() === 1")
    place = fresh.page.query_selector(".flet-place")
    panel = fresh.open("counter.py")
    panel.count(1)
    assert place is not None
    assert place.evaluate("place => place.closest('.jp-FletPanel') !== null")  # it has become the app's
    assert fresh.page.evaluate(ENGINES) == 1


def test_the_settings_can_forbid_it(fresh: Lab) -> None:
    show(fresh)
    settings(fresh.server, PLUGIN, getReady=False)
    try:
        fresh.load()
        assert ready(fresh) == {"isDue": False}
        assert fresh.page.evaluate(ENGINES) == 0
    finally:
        settings(fresh.server, PLUGIN)


def test_whoever_writes_meanwhile_is_not_disturbed(fresh: Lab) -> None:
    show(fresh)
    fresh.write("notes.txt", "")
    fresh.load()
    editor = fresh.edit("notes.txt")
    editor.click()
    written = ""
    while fresh.page.evaluate(READY) is None:
        fresh.page.keyboard.type("word ")
        written += "word "
    fresh.page.keyboard.type("end")
    expect(editor).to_have_text(f"{written}end")
    expect(editor).to_be_focused()
    assert len(written) > 10
    assert fresh.page.evaluate("() => document.title").startswith("notes.txt")


def test_an_app_that_comes_meanwhile_is_shown(fresh: Lab) -> None:
    show(fresh)
    fresh.load()
    # As soon as the engine is there, and before the first app in it has begun.
    fresh.page.wait_for_function("() => globalThis[Symbol.for('flet-jupyter')]?.flutter")
    panel = fresh.open("counter.py")
    panel.count(1)
    ready(fresh)
    panel.count(2)
    assert fresh.page.evaluate(ENGINES) == 1
