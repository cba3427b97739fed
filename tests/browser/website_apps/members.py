"""For members only: logs visitors in with an OAuth 2 provider."""

import os

import flet as ft
from flet.auth import OAuthProvider


def main(page: ft.Page) -> None:
    page.title = "Members"
    provider = OAuthProvider(
        client_id=os.environ["OAUTH_CLIENT_ID"],
        client_secret=os.environ["OAUTH_CLIENT_SECRET"],
        authorization_endpoint=os.environ["OAUTH_AUTHORIZE_URL"],
        token_endpoint=os.environ["OAUTH_TOKEN_URL"],
        user_endpoint=os.environ["OAUTH_USER_URL"],
        user_scopes=["profile"],
        user_id_fn=lambda user: user["id"],
        redirect_url=f"{page.url}/oauth_callback",
    )

    async def in_a_window() -> None:
        await page.login(provider)

    async def here() -> None:
        async def go(url: str) -> None:
            await ft.UrlLauncher().launch_url(url, web_only_window_name="_self")

        await page.login(provider, redirect_to_page=True, on_open_authorization_url=go)

    def came(event: ft.LoginEvent) -> None:
        if event.error:
            greeting.value = f"You are not logged in: {event.error_description or event.error}"
        else:
            greeting.value = f"Welcome, {page.auth.user['name']}!"  # type: ignore[union-attr]
            show(inside=True)

    def show(inside: bool) -> None:
        outside.visible, logout.visible = not inside, inside

    def leave() -> None:
        page.logout()
        greeting.value = "Goodbye."
        show(inside=False)

    greeting = ft.Text("Who are you?", size=24)
    outside = ft.Row([ft.FilledButton("Log in", on_click=in_a_window), ft.OutlinedButton("Log in here", on_click=here)])
    logout = ft.OutlinedButton("Log out", on_click=leave)
    page.on_login = came
    show(inside=False)
    page.add(greeting, outside, logout)


ft.run(main)
