"""Themes, sizes, and what the page says of itself."""

import flet as ft

from tests.web.example_apps.barrier import barrier


def main(page: ft.Page) -> None:  # noqa: C901, PLR0915 - as people write them
    page.title = "Looks"
    page.fonts = {"Mono": "https://example.org/mono.ttf"}
    page.theme = ft.Theme(color_scheme_seed=ft.Colors.GREEN, font_family="Mono")
    page.dark_theme = ft.Theme(color_scheme=ft.ColorScheme(primary=ft.Colors.AMBER))
    about = ft.Text(key="about")
    inner = ft.Container(
        ft.Button("themed", key="themed"),
        theme=ft.Theme(color_scheme=ft.ColorScheme(primary=ft.Colors.PINK)),
        padding=10,
        blur=ft.Blur(1, 2),
        gradient=ft.LinearGradient([ft.Colors.RED, ft.Colors.BLUE], begin=ft.Alignment.TOP_LEFT, stops=[0.1, 0.9]),
    )

    def describe(what: str) -> None:
        about.value = f"{what}: {page.width} x {page.height}, {page.platform_brightness}, {page.platform}"

    def resized(e: ft.PageResizeEvent) -> None:
        describe(f"resized to {e.width:.0f} x {e.height:.0f}")
        inner.width = e.width / 2
        page.navigation_bar = (
            ft.NavigationBar([ft.NavigationBarDestination(icon=ft.Icons.HOME, label=name) for name in "ab"])
            if e.width < 500
            else None
        )

    def media(e: ft.PageMediaData) -> None:
        describe(f"ratio {e.device_pixel_ratio}, {e.orientation}, {e.padding.top}, {page.media.view_insets.bottom}")

    def brightness(e: ft.PlatformBrightnessChangeEvent) -> None:
        describe(f"now {e.brightness}")

    def key(e: ft.KeyboardEvent) -> None:
        describe(f"{'ctrl+' if e.ctrl else ''}{'shift+' if e.shift else ''}{e.key}")

    def toggle() -> None:
        dark = page.theme_mode == ft.ThemeMode.DARK
        page.theme_mode = ft.ThemeMode.LIGHT if dark else ft.ThemeMode.DARK

    def seed() -> None:
        assert page.theme is not None
        page.theme.color_scheme_seed = ft.Colors.PURPLE
        page.theme.text_theme = ft.TextTheme(body_medium=ft.TextStyle(size=20))

    def replace() -> None:
        page.theme = ft.Theme(
            button_theme=ft.ButtonTheme(style=ft.ButtonStyle(padding={ft.ControlState.HOVERED: ft.Padding.all(5)})),
            page_transitions=ft.PageTransitionsTheme(android=ft.PageTransitionTheme.ZOOM),
        )

    def plain() -> None:
        page.theme = page.dark_theme = None
        inner.theme = inner.gradient = None

    def states() -> None:
        assert isinstance(inner.content, ft.Button)
        inner.content.style = ft.ButtonStyle(
            color={ft.ControlState.HOVERED: ft.Colors.RED, ft.ControlState.DEFAULT: ft.Colors.BLACK},
            shape=ft.RoundedRectangleBorder(radius=8),
            side={ft.ControlState.DEFAULT: ft.BorderSide(1, ft.Colors.BLUE)},
        )

    def decorate() -> None:
        page.bgcolor = ft.Colors.with_opacity(0.5, "#112233")
        page.padding = ft.Padding.only(left=5)
        page.spacing = 30
        page.horizontal_alignment = ft.CrossAxisAlignment.END
        page.decoration = ft.BoxDecoration(border_radius=ft.BorderRadius.all(5))
        page.overlay.append(ft.Text("above", top=0, right=0))

    def undecorate() -> None:
        page.bgcolor = page.padding = page.decoration = None
        page.overlay.clear()

    async def to_top() -> None:
        await page.scroll_to(offset=0, duration=10)

    page.on_resize, page.on_media_change, page.on_keyboard_event = resized, media, key
    page.on_platform_brightness_change = brightness
    describe("begun")
    handlers = {
        "toggle": toggle, "seed": seed, "replace": replace, "plain": plain, "states": states, "decorate": decorate,
        "undecorate": undecorate, "to top": to_top,
    }  # fmt: skip
    page.add(about, inner)
    page.add(ft.Row([ft.Button(name, on_click=handler, key=name) for name, handler in handlers.items()]))


ft.run(main, before_main=barrier())
