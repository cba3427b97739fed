"""A shop with an address for each view."""

from typing import Any

import flet as ft

from tests.web.example_apps.barrier import barrier

GOODS = ("apple", "pear", "plum")


def main(page: ft.Page) -> None:  # noqa: C901 - as people write them
    page.title = "Shop"
    basket: list[str] = []

    def go(route: str, text: str) -> ft.Button:
        async def clicked() -> None:
            await page.push_route(route)

        return ft.Button(text, on_click=clicked, key=f"to {route}")

    def buy(e: Any) -> None:
        basket.append(e.control.data)
        page.views[-1].controls.append(ft.Text(f"bought {e.control.data}, {len(basket)} in all"))

    def show() -> None:
        route = ft.TemplateRoute(page.route)
        page.views.clear()
        page.views.append(
            ft.View(
                route="/",
                appbar=ft.AppBar(title=ft.Text("Home")),
                controls=[
                    go("/goods", "Goods"),
                    ft.Button("Basket", on_click=lambda: page.navigate("/basket", full="yes"), key="basket"),
                ],
            )
        )
        if route.match("/goods") or route.match("/goods/:name"):
            rows = [go(f"/goods/{name}", name) for name in GOODS]
            page.views.append(ft.View(route="/goods", appbar=ft.AppBar(title=ft.Text("Goods")), controls=[*rows]))
        if route.match("/goods/:name"):
            name = str(getattr(route, "name", ""))
            page.views.append(
                ft.View(
                    route=page.route,
                    appbar=ft.AppBar(title=ft.Text(name)),
                    controls=[
                        ft.Button("Buy", data=name, on_click=buy, key="buy"),
                        ft.Button("Home", on_click=home, key="home"),
                    ],
                    fullscreen_dialog=True,
                )
            )
        elif page.route.startswith("/basket"):
            full = page.query.get("full") if "?" in page.route else "unknown"
            page.views.append(
                ft.View(
                    route="/basket",
                    controls=[ft.Text(f"full: {full}"), *[ft.Text(name) for name in basket]],
                    floating_action_button=ft.FloatingActionButton(icon=ft.Icons.CLEAR, on_click=empty, key="empty"),
                )
            )
        page.update()

    def empty() -> None:
        basket.clear()
        show()

    async def home() -> None:
        await page.pop_views_until("/", result=len(basket))

    def came_home(e: ft.ViewsPopUntilEvent) -> None:
        page.views[-1].controls.append(ft.Text(f"back with {e.result}"))

    async def popped(e: ft.ViewPopEvent) -> None:
        if e.view is not None and len(page.views) > 1:
            page.views.remove(e.view)
            await page.push_route(page.views[-1].route or "/")

    page.on_route_change = show
    page.on_view_pop = popped
    page.on_views_pop_until = came_home
    show()


ft.run(main, before_main=barrier())
