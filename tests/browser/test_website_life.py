"""What visitors see when servers and networks fail and come back, apps fail or are full, and sources change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.website import APPS, Cable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.website import Site, Visitor
    from tests.web.serving import Serving

LOST = "WebSocket connection|: Exception$"
"""What Flet's client says in the console when it cannot connect."""

FAILED = "Something went wrong in this app. Whoever runs it finds the cause in its log."


def test_a_page_finds_its_server_again_by_itself_when_that_was_started_anew(site: Site, visitor: Visitor) -> None:
    server = site.serve("shop.py")
    tab = visitor.open(f"{server.url}store/pears")
    tab.press("Buy")
    tab.shows("In the basket: 1")
    server.stop()
    tab.shows("Working...")
    tab.picture("server-stopped")
    site.serve("shop.py", f"--port={urlsplit(server.url).port}")
    tab.shows("A kilo costs 4 euros.", "In the basket: 0")  # a new session, at the same place
    tab.press("Buy")
    tab.shows("In the basket: 1")
    tab.at(f"{server.url}store/pears")
    visitor.forgive(LOST)


def test_a_page_goes_on_where_it_was_when_the_network_is_back(site: Site, visitor: Visitor) -> None:
    server = site.serve("files.py", FLET_SECRET_KEY="a long secret")
    with Cable(server) as cable:
        tab = visitor.open(cable.url)
        tab.chooser("Choose files").set_files({"name": "one.txt", "mimeType": "text/plain", "buffer": b"one"})
        tab.shows("one.txt", "100%")
        cable.cut()
        tab.shows("Working...")
        tab.picture("network-cut")
        cable.mend()
        tab.shows("one.txt", "100%")
        # What follows needs that changes are shown, and that the page's services answer.
        tab.chooser("Choose files").set_files({"name": "two.txt", "mimeType": "text/plain", "buffer": b"two"})
        tab.shows("two.txt")
        tab.shows_times("100%", 2)
        assert tab.download("Save the list").path().read_text() == "one.txt\ntwo.txt"
    visitor.forgive(LOST)


def test_an_error_in_a_handler_is_noted_and_the_app_goes_on(all_apps: Serving, visitor: Visitor) -> None:
    tab = visitor.open(f"{all_apps.url}share/")
    tab.type("Guests", "0")
    tab.press("Split")
    expect(tab.page.get_by_label(FAILED)).to_be_visible()
    tab.picture("handler-failed")
    tab.press("Close")
    tab.type("Guests", "3")
    tab.press("Split")
    tab.shows("Each pays 20.00")
    all_apps.wait_for("ZeroDivisionError")


def test_an_error_at_the_start_is_said_instead_of_the_app(site: Site, visitor: Visitor) -> None:
    server = site.serve("news.py")
    tab = visitor.open(server.url)
    tab.shows("Error running app")
    tab.picture("main-failed")
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.press("Copy")
    tab.page.wait_for_function("async text => (await navigator.clipboard.readText()).includes(text)", arg=FAILED)
    server.wait_for("FileNotFoundError")
    (site.apps / "news.md").write_text("All is well.")
    visitor.open(server.url).shows("All is well.")


def test_whoever_is_in_a_full_app_may_load_it_again_while_others_wait(
    site: Site, visitors: Callable[..., Visitor]
) -> None:
    server = site.serve("counter.py", "--max-sessions=1")
    first, second = visitors(), visitors()
    inside = first.open(server.url)
    inside.press("More")
    inside.shows("1")
    outside = second.open(server.url)
    outside.shows("counter is busy")
    outside.picture("busy")
    second.forgive("503")
    inside.page.reload()
    inside.shows("1")
    inside.press("More")
    inside.shows("2")
    outside.shows("counter is busy")
    first.forgive("503")


def test_whoever_waits_for_a_full_app_is_let_in_when_there_is_room(
    site: Site, visitors: Callable[..., Visitor]
) -> None:
    server = site.serve("counter.py", "--max-sessions=1", "--session-timeout=0")
    first, second = visitors(), visitors()
    inside = first.open(server.url)
    inside.shows("0")
    outside = second.open("about:blank")
    outside.page.clock.install()
    outside.page.goto(server.url)
    outside.shows("counter is busy")
    inside.page.close()
    outside.page.wait_for_function("async () => (await fetch('readyz')).ok")
    outside.page.clock.fast_forward(13_000)
    outside.shows("0")
    outside.press("More")
    outside.shows("1")
    outside.picture("let-in")
    second.forgive("503")


def test_pages_show_the_new_app_where_they_are_when_its_source_has_changed(site: Site, visitor: Visitor) -> None:
    server = site.serve("shop.py", "--autoreload")
    tab = visitor.open(f"{server.url}store/pears")
    tab.shows("A kilo costs 4 euros.")
    source = site.apps / "shop.py"
    good = source.read_text()
    source.write_text(good.replace('"pears": 4', '"pears": 6'))
    tab.shows("A kilo costs 6 euros.")
    tab.at(f"{server.url}store/pears")
    source.write_text(good.replace("def main", "deff main"))
    tab.shows(re.compile(r"shop\.py, line \d+: invalid syntax\."))
    tab.picture("source-broken")
    source.write_text(good.replace('"pears": 4', '"pears": 7'))
    tab.shows("A kilo costs 7 euros.")
    tab.at(f"{server.url}store/pears")
    tab.press("Buy")
    tab.shows("In the basket: 1")
    visitor.forgive(LOST)


def test_a_closed_site_asks_for_its_token_and_then_shows_the_app(site: Site, visitor: Visitor) -> None:
    server = site.serve("shop.py", "--token=open sesame", "--base-url=/apps")
    url = server.url.partition("?")[0]
    tab = visitor.open(f"{url}store/plums")
    tab.titled("Sign in")
    field = tab.page.get_by_label("Password or token")
    expect(field).to_be_focused()
    field.fill("open barley")
    tab.press("Sign in")
    tab.shows("That was not right.")
    tab.picture("sign-in")
    visitor.forgive("401")
    field.fill("open sesame")
    tab.page.keyboard.press("Enter")
    tab.shows("A kilo costs 5 euros.")
    tab.at(f"{url}store/plums")
    tab.press("Buy")
    tab.shows("In the basket: 1")


def test_an_address_with_the_token_opens_a_closed_site_and_forgets_the_token(site: Site, visitor: Visitor) -> None:
    server = site.serve("shop.py", "--token=open sesame", "--base-url=/apps")
    url, _, token = server.url.partition("?")
    tab = visitor.open(f"{url}store/plums?{token}")
    tab.shows("A kilo costs 5 euros.")
    tab.at(f"{url}store/plums")


def test_a_folder_of_apps_has_a_page_that_leads_to_each(all_apps: Serving, visitor: Visitor) -> None:
    tab = visitor.open(all_apps.url)
    tab.titled("Apps")
    expect(tab.page.get_by_role("link")).to_have_count(len(list(APPS.glob("*.py"))))
    tab.picture("apps")
    tab.page.get_by_role("link", name="shop").click()
    tab.shows("Fresh fruit, every day.")
    tab.at(f"{all_apps.url}shop/")
    tab.press("Enter")
    tab.shows("All fruit")
    tab.at(f"{all_apps.url}shop/store")
    tab.page.go_back()
    tab.shows("Fresh fruit, every day.")
    tab.page.go_back()
    tab.titled("Apps")
    tab.page.get_by_role("link", name="counter").click()
    tab.press("More")
    tab.shows("1")
    tab.at(f"{all_apps.url}counter/")
