"""Visits to everyday apps, written for ``flet run`` and served as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.website import Visitor
    from tests.web.serving import Serving


def test_a_click_reaches_the_app_and_its_answer_the_page(all_apps: Serving, visitor: Visitor) -> None:
    tab = visitor.open(f"{all_apps.url}counter/")
    tab.titled("Counter")
    tab.shows("0")
    tab.press("More")
    tab.shows("1")
    tab.press("More")
    tab.shows("2")
    tab.press("Less")
    tab.shows("1")
    tab.picture("counter")


def test_a_reloaded_page_shows_the_app_as_it_was(all_apps: Serving, visitor: Visitor) -> None:
    tab = visitor.open(f"{all_apps.url}counter/")
    tab.press("More")
    tab.shows("1")
    tab.page.reload()
    tab.shows("1")
    tab.press("More")
    tab.shows("2")


def test_each_tab_has_a_session_of_its_own(all_apps: Serving, visitor: Visitor) -> None:
    one, other = visitor.open(f"{all_apps.url}counter/"), visitor.open(f"{all_apps.url}counter/")
    one.press("More")
    one.shows("1")
    other.shows("0")
    other.press("Less")
    other.shows("-1")
    one.shows("1")


def test_a_to_do_list_is_written_ticked_off_and_thinned_out(all_apps: Serving, visitor: Visitor) -> None:
    tab = visitor.open(f"{all_apps.url}todo/")
    tab.shows("Nothing to do yet")
    tab.type("New task", "Buy bread")
    tab.press("Add")
    tab.shows("0 of 1 done")
    tab.type("New task", "Sweep the floor")
    tab.page.keyboard.press("Enter")
    tab.shows("0 of 2 done")
    tab.picture("todo")
    tab.page.get_by_role("checkbox", name="Buy bread").click()
    tab.shows("1 of 2 done")
    tab.page.reload()
    expect(tab.page.get_by_role("checkbox", name="Buy bread")).to_be_checked()
    expect(tab.page.get_by_role("checkbox", name="Sweep the floor")).not_to_be_checked()
    tab.press("Delete Buy bread")
    tab.shows("0 of 1 done")
    expect(tab.page.get_by_role("checkbox")).to_have_count(1)
    tab.picture("todo-after")


def test_a_choice_of_several_stays_as_it_was_made(all_apps: Serving, visitor: Visitor) -> None:
    tab = visitor.open(f"{all_apps.url}choices/")

    def chosen(*names: str) -> None:
        tab.shows(f"chosen: {', '.join(names)}".strip())
        for name in ("Bread", "Eggs", "Milk"):
            segment = tab.page.get_by_role("button", name=name, exact=True)
            expect(segment).to_have_attribute("aria-current", str(name.lower() in names).lower())

    tab.shows("chosen: milk, eggs")
    tab.press("Milk")
    chosen("eggs")
    tab.press("Bread")
    chosen("bread", "eggs")
    tab.press("Eggs")
    chosen("bread")
    tab.press("Bread")
    chosen()
    tab.press("Milk")
    chosen("milk")
    tab.picture("choices")
