"""Views by declared routes."""

from typing import Any

import flet as ft

from tests.web.example_apps.barrier import barrier


@ft.component
def home() -> Any:
    clicks, set_clicks = ft.use_state(0)

    def open_(route: str) -> Any:
        return lambda: ft.context.page.navigate(route)

    return ft.View(
        route="/",
        appbar=ft.AppBar(title=ft.Text("Home")),
        controls=[
            ft.Text(f"clicked {clicks}"),
            ft.Button("Click", on_click=lambda: set_clicks(clicks + 1), key="click"),
            *[ft.Button(name, on_click=open_(f"/notes/{name}"), key=f"open {name}") for name in ("one", "two")],
            ft.Button("Lost", on_click=open_("/nowhere"), key="lost"),
        ],
    )


@ft.component
def note() -> Any:
    name = ft.use_route_params()["name"]
    text, set_text = ft.use_state("")
    return ft.View(
        route=f"/notes/{name}",
        appbar=ft.AppBar(title=ft.Text(f"Note {name}")),
        controls=[
            ft.TextField(value=text, on_change=lambda e: set_text(e.data), key=f"text {name}"),
            ft.Text(text.upper(), key=f"shout {name}"),
            ft.Button("Home", on_click=lambda: ft.context.page.navigate("/"), key="home"),
        ],
    )


@ft.component
def lost() -> Any:
    return ft.Text(f"nothing at {ft.use_route_location()}")


@ft.component
def app() -> Any:
    return ft.Router(
        [ft.Route(component=home, path="/", children=[ft.Route(path="notes/:name", component=note)])],
        not_found=lost,
        manage_views=True,
    )


def main(page: ft.Page) -> None:
    page.render_views(app)


ft.run(main, before_main=barrier())
