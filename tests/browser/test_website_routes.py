"""Apps with views: addresses, links into them, the browser's buttons; with and without ``#``, at the root and below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.website import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.website import Visitor


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(((), ""), id="paths"),
        pytest.param((("--route-url-strategy=hash",), "#/"), id="hashes"),
        pytest.param((("--base-url=/apps/x",), ""), id="paths below a path"),
        pytest.param((("--base-url=/apps/x", "--route-url-strategy=hash"), "#/"), id="hashes below a path"),
    ],
)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the shop; return what stands before its routes."""
    arguments, mark = request.param
    site = Site(tmp_path_factory.mktemp("shop"))
    yield site.serve("shop.py", *arguments).url + mark
    site.stop()


def test_the_address_follows_the_views_and_the_views_the_browsers_buttons(shop: str, visitor: Visitor) -> None:
    tab = visitor.open(shop.removesuffix("#/"))
    tab.shows("Fresh fruit, every day.")
    tab.press("Enter")
    tab.at(f"{shop}store")
    tab.press("Pears")
    tab.shows("A kilo costs 4 euros.")
    tab.at(f"{shop}store/pears")
    tab.press("Buy")
    tab.shows("In the basket: 1")
    tab.page.go_back()
    tab.hides("A kilo costs 4 euros.")
    tab.shows("All fruit")
    tab.at(f"{shop}store")
    tab.page.go_back()
    tab.shows("Fresh fruit, every day.")
    tab.page.go_forward()
    tab.shows("All fruit")
    tab.press("Plums")
    tab.shows("A kilo costs 5 euros.", "In the basket: 1")
    tab.press("Back")  # the app's own button, in its bar
    tab.shows("All fruit")
    tab.at(f"{shop}store")


def test_a_link_leads_straight_into_the_app_and_a_reload_back_to_the_same_view(shop: str, visitor: Visitor) -> None:
    tab = visitor.open(f"{shop}store/apples")
    tab.shows("A kilo costs 3 euros.")
    tab.press("Buy")
    tab.shows("In the basket: 1")
    tab.page.reload()
    tab.shows("A kilo costs 3 euros.", "In the basket: 1")
    tab.at(f"{shop}store/apples")
    tab.press("Back")
    tab.shows("All fruit")
    tab.at(f"{shop}store")
    tab.picture("shop")
