"""Changes of every shape to a tree: in place, nested, moved, replaced by equals, made while detached, sent in parts."""

from typing import Any

import flet as ft

from tests.web.example_apps.barrier import barrier


@ft.control
class Badge(ft.Container):
    """A control of the app's own that a page's update leaves alone."""

    def init(self) -> None:
        self.text = ft.Text("0")
        self.content = self.text
        self.count = 0

    def is_isolated(self) -> bool:
        return True

    def more(self) -> None:
        self.count += 1
        self.text.value = str(self.count)

    def show(self) -> None:
        self.more()
        self.update()


def main(page: ft.Page) -> None:  # noqa: C901, PLR0915 - as people write them
    count = 0

    def new(kind: str = "text") -> Any:
        nonlocal count
        count += 1
        if kind == "row":
            return ft.Row([new(), new()], spacing=count)
        return ft.Text(f"{kind} {count}", style=ft.TextStyle(size=10), spans=[ft.TextSpan("a"), ft.TextSpan("b")])

    style = ft.TextStyle(color=ft.Colors.RED, shadow=[ft.BoxShadow(blur_radius=1)])
    text = ft.Text("styled", style=style, key="styled")
    box = ft.Container(
        text,
        padding=ft.Padding.all(3),
        border=ft.Border.all(1, ft.Colors.BLUE),
        shadow=[ft.BoxShadow(blur_radius=2)],
        gradient=ft.LinearGradient([ft.Colors.RED, ft.Colors.BLUE], stops=[0.0, 1.0]),
        tooltip=ft.Tooltip("tip"),
        key="box",
    )
    one, two = ft.Row([new(), new()], key="one"), ft.Column([new("row")], key="two")
    detached = ft.Column([new()], key="detached")
    badge = Badge()
    pressed = ft.Button(
        "pressed",
        style=ft.ButtonStyle(color={ft.ControlState.HOVERED: ft.Colors.RED}, padding=ft.Padding.all(1)),
        badge=ft.Badge(label="1"),
    )
    choice = ft.Dropdown(options=[ft.DropdownOption(key=str(n), text=f"option {n}") for n in range(3)])

    def restyle() -> None:
        style.size = (style.size or 10) + 1
        style.shadow[0].blur_radius += 1  # type: ignore[index]

    def share() -> None:
        one.controls[-1].style = style  # type: ignore[attr-defined]

    def new_style() -> None:
        text.style = ft.TextStyle(color=ft.Colors.GREEN, decoration_style=ft.TextDecorationStyle.DASHED)

    def no_style() -> None:
        text.style = None if text.style else style

    def equal() -> None:
        box.padding = ft.Padding.all(3)
        box.shadow = [*box.shadow]  # type: ignore[misc]
        one.controls = [*one.controls]
        choice.options = [ft.DropdownOption(key=str(n), text=f"option {n}") for n in range(3)]

    def nested() -> None:
        box.padding.left += 1  # type: ignore[union-attr]
        box.border.top.width += 1  # type: ignore[union-attr]
        box.gradient.colors.append(ft.Colors.GREEN)  # type: ignore[union-attr]
        box.gradient.stops[1] /= 2  # type: ignore[index,union-attr]

    def shadows() -> None:
        box.shadow.append(ft.BoxShadow(blur_radius=len(box.shadow)))  # type: ignore[arg-type,union-attr]
        box.shadow[0].offset = ft.Offset(1, len(box.shadow))  # type: ignore[arg-type,index]

    def no_shadows() -> None:
        box.shadow.clear()  # type: ignore[union-attr]
        box.shadow.append(ft.BoxShadow(color=ft.Colors.BLACK))  # type: ignore[union-attr]

    def tip() -> None:
        if isinstance(box.tooltip, ft.Tooltip):
            box.tooltip.message += "!"
            box.tooltip.text_style = ft.TextStyle(italic=True)

    def other_tip() -> None:
        box.tooltip = "plain" if isinstance(box.tooltip, ft.Tooltip) else ft.Tooltip("rich", padding=ft.Padding.all(1))

    def states() -> None:
        assert pressed.style is not None
        assert isinstance(pressed.style.color, dict)
        pressed.style.color[ft.ControlState.DEFAULT] = ft.Colors.BLUE
        pressed.style.color.pop(ft.ControlState.HOVERED, None)
        pressed.style.padding = ft.Padding.all(len(pressed.style.color))

    def badges() -> None:
        assert isinstance(pressed.badge, ft.Badge)
        pressed.badge.label = f"{pressed.badge.label}+"
        pressed.badge.small_size = 3

    def append() -> None:
        one.controls.append(new())
        two.controls.append(new("row"))

    def insert() -> None:
        one.controls.insert(1, new("row"))
        two.controls[0:1] = [new(), new()]

    def move() -> None:
        if one.controls:
            two.controls.insert(0, one.controls.pop())

    def move_back() -> None:
        if two.controls:
            one.controls.append(two.controls.pop(0))

    def swap() -> None:
        one.controls.reverse()
        two.controls.sort(key=lambda control: getattr(control, "value", "") or "")

    def spans() -> None:
        for control in one.controls:
            if isinstance(control, ft.Text) and control.spans:
                control.spans[0].text = f"{control.spans[0].text}!"
                control.spans[-1].style = ft.TextStyle(weight=ft.FontWeight.BOLD)
                control.spans.append(ft.TextSpan("c"))

    def attach() -> None:
        if detached in page.controls:
            page.controls.remove(detached)
        else:
            page.controls.insert(0, detached)

    def change_detached() -> None:
        detached.controls.append(new())
        detached.spacing = len(detached.controls)

    def options() -> None:
        choice.options[0].text = f"{choice.options[0].text}*"
        choice.options.append(ft.DropdownOption(key=f"new {len(choice.options)}"))
        choice.value = choice.options[-1].key

    def replace() -> None:
        box.content = new("row") if box.content is text else text

    def hide() -> None:
        one.visible = not one.visible
        one.controls.append(new())

    def rename() -> None:
        one.key = "one" if one.key != "one" else "uno"
        one.data = {"count": count}

    def only_box() -> None:
        restyle()
        box.update()
        two.spacing = count + 1

    def one_then_two() -> None:
        one.spacing = count + 2
        one.update()
        two.spacing = count + 3
        two.update()

    def whole_later() -> None:
        ft.context.disable_auto_update()
        nested()
        append()

    def views() -> None:
        page.views[0].padding = ft.Padding.all(count)
        page.views[0].vertical_alignment = ft.MainAxisAlignment.END
        page.appbar = None if page.appbar else ft.AppBar(title=new(), actions=[new(), new("row")])

    changes = (
        restyle, share, new_style, no_style, equal, nested, shadows, no_shadows, tip, other_tip, states, badges, append,
        insert, move, move_back, swap, spans, attach, change_detached, options, replace, hide, rename, only_box,
        one_then_two, whole_later, views, badge.more, badge.show,
    )  # fmt: skip
    page.add(box, one, two, badge, pressed, choice)
    page.add(
        ft.Row([ft.Button(change.__name__, on_click=change, key=change.__name__) for change in changes], wrap=True)
    )


ft.run(main, before_main=barrier())
