"""A chart and a picture, of canvas shapes."""

import math
from typing import Any

import flet as ft
import flet.canvas as cv

from tests.web.example_apps.barrier import barrier

COLORS = (ft.Colors.BLUE, ft.Colors.ORANGE, ft.Colors.GREEN)


def main(page: ft.Page) -> None:  # noqa: C901, PLR0915 - as people write them
    values = [3.0, 5.0, 2.0]
    stroke = ft.Paint(stroke_width=3, style=ft.PaintingStyle.STROKE, color=ft.Colors.BLACK)
    at = ft.Offset(0, 0)

    def bars() -> list[cv.Shape]:
        shapes: list[cv.Shape] = []
        for number, value in enumerate(values):
            left, top = 20 + 40 * number, 120 - 20 * value
            shapes.append(
                cv.Rect(left, top, 30, 20 * value, border_radius=3, paint=ft.Paint(color=COLORS[number % len(COLORS)]))
            )
            shapes.append(cv.Text(left, 125, f"{value:.1f}", style=ft.TextStyle(size=10)))
        return shapes

    def pie() -> list[cv.Shape]:
        begin, total = 0.0, sum(values) or 1
        shapes: list[cv.Shape] = []
        for number, value in enumerate(values):
            angle = 2 * math.pi * value / total
            paint = ft.Paint(
                gradient=ft.PaintRadialGradient((60, 60), 50, [COLORS[number % len(COLORS)], ft.Colors.WHITE])
            )
            shapes.append(cv.Arc(10, 10, 100, 100, begin, angle, use_center=True, paint=paint))
            begin += angle
        return shapes

    def redraw() -> None:
        chart.shapes = bars()
        circle.shapes = pie()

    def grow() -> None:
        values.append(1.0 + len(values) % 3)
        redraw()

    def raise_all() -> None:
        for index in range(len(values)):
            values[index] = round(values[index] * 1.5 % 7, 3)
        # Shapes are controls: changed where they are.
        for shape, value in zip(chart.shapes[::2], values, strict=False):
            if isinstance(shape, cv.Rect):
                shape.y, shape.height = 120 - 20 * value, 20 * value

    def swap() -> None:
        values.reverse()
        chart.shapes.reverse()
        circle.shapes = [*circle.shapes[1:], *circle.shapes[:1]]

    def begin_line(e: Any) -> None:
        nonlocal at
        at = e.local_position

    def draw_line(e: Any) -> None:
        nonlocal at
        board.shapes.append(cv.Line(at.x, at.y, e.local_position.x, e.local_position.y, paint=stroke))
        at = e.local_position
        board.update()

    def dot(e: Any) -> None:
        if e.local_position is not None:
            board.shapes.append(
                cv.Path(
                    [
                        cv.Path.MoveTo(e.local_position.x, e.local_position.y),
                        cv.Path.LineTo(e.local_position.x + 5, e.local_position.y + 5),
                        cv.Path.Close(),
                    ],
                    paint=ft.Paint(color=ft.Colors.RED, stroke_dash_pattern=[3, 2]),
                )
            )

    def thicker() -> None:
        stroke.stroke_width = (stroke.stroke_width or 0) + 1

    def wipe() -> None:
        board.shapes.clear()

    def resized(e: cv.CanvasResizeEvent) -> None:
        chart.shapes.append(cv.Text(0, 0, f"{e.width:.0f} x {e.height:.0f}"))

    chart = cv.Canvas(bars(), width=200, height=150, on_resize=resized, key="chart")
    circle = cv.Canvas(pie(), width=120, height=120, key="pie")
    board = cv.Canvas(
        [cv.Fill(ft.Paint(color=ft.Colors.YELLOW_50))],
        content=ft.GestureDetector(
            on_pan_start=begin_line, on_pan_update=draw_line, on_tap_down=dot, drag_interval=10, key="board"
        ),
        expand=True,
    )
    handlers = {"grow": grow, "raise": raise_all, "swap": swap, "thicker": thicker, "wipe": wipe}
    page.add(ft.Row([chart, circle]), board)
    page.add(ft.Row([ft.Button(name, on_click=handler, key=name) for name, handler in handlers.items()]))


ft.run(main, before_main=barrier())
