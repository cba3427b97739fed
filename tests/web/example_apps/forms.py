"""A form with a control of each kind, and a line that says what was done last."""

from typing import Any

import flet as ft

from tests.web.example_apps.barrier import barrier


def main(page: ft.Page) -> None:  # noqa: C901, PLR0915 - as people write them
    page.title = "Form"
    page.scroll = ft.ScrollMode.AUTO
    page.padding = ft.Padding.symmetric(horizontal=20, vertical=10)
    said = ft.Text("nothing yet", key="said")
    count = 0

    def say(e: Any) -> None:
        nonlocal count
        count += 1
        said.value = f"{count}: {type(e.control).__name__} {e.name} {e.data!r} {getattr(e.control, 'value', None)!r}"

    async def say_later(e: Any) -> None:
        say(e)

    def color_of(e: Any) -> None:
        say(e)
        colors = {"red": ft.Colors.RED, "green": ft.Colors.GREEN_ACCENT_400}
        swatch.bgcolor = colors.get(str(color.value), ft.Colors.TRANSPARENT)
        swatch.border = ft.Border.all(2, ft.Colors.with_opacity(0.5, ft.Colors.BLUE)) if color.value else None

    def size(e: Any) -> None:
        say(e)
        now = float(slider.value or 0)
        swatch.width = swatch.height = 20 + now
        swatch.rotate = ft.Rotate(now / 100)
        swatch.shadow = [ft.BoxShadow(blur_radius=n, offset=ft.Offset(n, n)) for n in range(int(now) // 30)]

    def validate(e: Any) -> None:
        say(e)
        name.error = None if name.value else "Please enter a name"
        send.disabled = not (name.value and agree.value)

    def submit(e: Any) -> None:
        say(e)
        page.controls.append(
            ft.Card(
                ft.ListTile(
                    title=name.value,
                    subtitle=ft.Text(f"{color.value}, {sex.value}, {slider.value:.0f}, {notes.value}"),
                    leading=ft.Icon(ft.Icons.PERSON),
                    on_click=forget,
                )
            )
        )
        name.value = notes.value = ""
        agree.value = False
        send.disabled = True

    def forget(e: Any) -> None:
        page.controls.remove(e.control.parent)

    async def focus_name() -> None:
        await name.focus()

    def tag(e: Any) -> None:
        say(e)
        e.control.label = f"{str(e.control.label).split(' ', maxsplit=1)[0]} {'yes' if e.control.selected else 'no'}"

    def untag(e: Any) -> None:
        tags.controls.remove(e.control)

    name = ft.TextField(label="Name", on_change=validate, on_submit=say_later, on_blur=say, on_focus=say, key="name")
    notes = ft.TextField(label="Notes", multiline=True, min_lines=2, on_change=say, key="notes")
    agree = ft.Checkbox(label="I agree", tristate=True, on_change=validate, key="agree")
    loud = ft.Switch(label="Loud", on_change=say, key="loud")
    color = ft.Dropdown(
        label="Color",
        options=[ft.DropdownOption(key="red", text="Red"), ft.DropdownOption(key="green"), ft.DropdownOption("none")],
        on_select=color_of,
        key="color",
    )
    sex = ft.RadioGroup(
        content=ft.Row([ft.Radio(value=value, label=value.title()) for value in ("she", "he", "they")]),
        on_change=say,
        key="sex",
    )
    slider = ft.Slider(min=0, max=100, divisions=10, label="{value}%", on_change=size, on_change_end=say, key="size")
    between = ft.RangeSlider(start_value=10, end_value=20, max=50, on_change=say_later, key="between")
    swatch = ft.Container(width=20, height=20, animate=ft.Animation(300, ft.AnimationCurve.BOUNCE_OUT), key="swatch")
    tags = ft.Row(
        [
            ft.Chip(label=label, on_select=tag, on_delete=untag, key=f"tag {label}")
            for label in ("fresh", "sweet", "sour")
        ],
        wrap=True,
    )
    stars = ft.SegmentedButton(
        segments=[ft.Segment(value=str(n), label=ft.Text("*" * n)) for n in range(1, 4)],
        selected=["1"],
        allow_multiple_selection=True,
        on_change=say,
        key="stars",
    )
    fruit = ft.AutoComplete(
        suggestions=[ft.AutoCompleteSuggestion(key=value, value=value.title()) for value in ("apple", "pear")],
        on_change=say,
        key="fruit",
    )
    send = ft.FilledButton("Send", disabled=True, on_click=submit, key="send")
    more: list[ft.Control] = [
        ft.ExpansionTile(title="More", controls=[ft.Text("inside")], on_change=say, key="more"),
        ft.CupertinoSwitch(label="Cupertino", on_change=say, key="cupertino"),
        ft.TextButton("Focus", on_click=focus_name, key="focus"),
        ft.Text(
            spans=[ft.TextSpan("click ", on_click=say), ft.TextSpan("here", ft.TextStyle(weight=ft.FontWeight.BOLD))]
        ),
        ft.ProgressBar(value=0.5),
    ]
    named: dict[str, Any] = {"first": name, "second": notes}
    page.add(said, ft.ResponsiveRow([ft.Column([field], col={"sm": 6}) for field in named.values()]))
    page.add(agree, loud, color, sex, slider, between, swatch, tags, stars, fruit, send, *more)


ft.run(main, before_main=barrier())
