"""A shop whose views have addresses of their own: ``/``, ``/store`` and ``/store/apples``."""

import asyncio

import flet as ft

PRICES = {"apples": 3, "pears": 4, "plums": 5}


def main(page: ft.Page) -> None:
    page.title = "Shop"
    basket: list[str] = []

    def enter() -> None:
        asyncio.create_task(page.push_route("/store"))  # noqa: RUF006 - as in Flet's own examples

    def home() -> ft.View:
        return ft.View(
            route="/",
            appbar=ft.AppBar(title=ft.Text("Market"), bgcolor=ft.Colors.SURFACE_CONTAINER_HIGH),
            controls=[
                ft.Text("Fresh fruit, every day."),
                ft.Button("Enter", icon=ft.Icons.STORE, on_click=enter),
            ],
        )

    def store() -> ft.View:
        return ft.View(
            route="/store",
            appbar=ft.AppBar(title=ft.Text("All fruit"), bgcolor=ft.Colors.SURFACE_CONTAINER_HIGH),
            controls=[
                ft.Button(name.title(), on_click=lambda _, name=name: page.navigate(f"/store/{name}"))
                for name in PRICES
            ],
        )

    def fruit(name: str) -> ft.View:
        def buy() -> None:
            basket.append(name)
            bought.value = f"In the basket: {len(basket)}"

        bought = ft.Text(f"In the basket: {len(basket)}")
        return ft.View(
            route=f"/store/{name}",
            appbar=ft.AppBar(title=ft.Text(name.title()), bgcolor=ft.Colors.SURFACE_CONTAINER_HIGH),
            controls=[ft.Text(f"A kilo costs {PRICES[name]} euros."), ft.Button("Buy", on_click=buy), bought],
        )

    def show() -> None:
        first, _, name = page.route.strip("/").partition("/")
        page.views = [home()]
        if first == "store":
            page.views.append(store())
        if name in PRICES:
            page.views.append(fruit(name))

    async def back(event: ft.ViewPopEvent) -> None:
        page.views.pop()
        await page.push_route(page.views[-1].route)

    page.on_route_change = show
    page.on_view_pop = back
    show()


ft.run(main)
