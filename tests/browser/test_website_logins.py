"""Logins with a provider, in a window of its own and in the app's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.site.oauth_provider import ENVIRONMENT, OAuthProviderServer

if TYPE_CHECKING:
    from tests.browser.website import Site, Visitor


@pytest.fixture(scope="module")
def provider() -> Iterator[OAuthProviderServer]:
    with OAuthProviderServer() as provider:
        yield provider


def settings(provider: OAuthProviderServer, query: str = "") -> dict[str, str]:
    """What the app needs to know of the provider."""
    return {
        **ENVIRONMENT,
        "OAUTH_CLIENT_ID": provider.client_id,
        "OAUTH_CLIENT_SECRET": provider.client_secret,
        "OAUTH_AUTHORIZE_URL": f"{provider.url}/authorize{query}",
        "OAUTH_TOKEN_URL": f"{provider.url}/token",
        "OAUTH_USER_URL": f"{provider.url}/user",
    }


def test_a_login_in_a_window_closes_it_and_the_app_knows_the_visitor(
    site: Site, visitor: Visitor, provider: OAuthProviderServer
) -> None:
    server = site.serve("members.py", **settings(provider))
    tab = visitor.open(server.url)
    tab.shows("Who are you?")
    window = tab.popup("Log in")
    tab.shows("Welcome, Ada Lovelace!")
    window.closes()
    tab.picture("logged-in")
    tab.page.reload()
    tab.shows("Welcome, Ada Lovelace!")
    tab.press("Log out")
    tab.shows("Goodbye.")


def test_a_login_in_the_same_tab_comes_back_to_the_app_where_it_was(
    site: Site, visitor: Visitor, provider: OAuthProviderServer
) -> None:
    server = site.serve("members.py", "--base-url=/club", **settings(provider, "?login_hint=alan"))
    tab = visitor.open(f"{server.url}bar?seat=3")
    tab.press("Log in here")
    tab.shows("Welcome, Alan Turing!")
    tab.at(f"{server.url}bar?seat=3")
    tab.picture("logged-in-here")


def test_a_visitor_who_is_refused_is_told_so_by_the_app_and_in_the_window(
    site: Site, visitor: Visitor, provider: OAuthProviderServer
) -> None:
    server = site.serve("members.py", **settings(provider, "?deny=The+bar+is+closed."))
    tab = visitor.open(server.url)
    window = tab.popup("Log in")
    tab.shows("You are not logged in: The bar is closed.")
    window.shows("The bar is closed.", "access_denied")
    window.picture("denied")
    tab.picture("denied-app")
    other = visitor.open(f"{server.url}bar")
    other.press("Log in here")
    other.shows("You are not logged in: The bar is closed.")
    other.at(f"{server.url}bar")
