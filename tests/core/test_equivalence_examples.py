"""Small apps of the kinds that people write, and what their users do: all screens are as with flet's session."""

# The apps are written as people write them: without regard to what of flet's types is known.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-untyped-call, operator, type-arg, union-attr"

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator
from typing import Any

import flet as ft
import flet.canvas as cv
import pytest

from flet_jupyter.core.settings import AppSettings
from tests.core.equivalence import Arena, Pair, Side
from tests.core.model_client import normal

App = Callable[[ft.Page], None]


# -- apps ----------------------------------------------------------------------------------------------


def counter(page: ft.Page) -> None:
    page.vertical_alignment = ft.MainAxisAlignment.CENTER
    number = ft.TextField(value="0", text_align=ft.TextAlign.RIGHT, width=100, key="number")

    def add(much: int) -> Callable[[], None]:
        def handler() -> None:
            number.value = str(int(number.value) + much)
            number.color = ft.Colors.RED if int(number.value) < 0 else None

        return handler

    less = ft.IconButton(ft.Icons.REMOVE, on_click=add(-1), key="less")
    more = ft.IconButton(ft.Icons.ADD, on_click=add(1), key="more")
    page.add(ft.Row([less, number, more], alignment=ft.MainAxisAlignment.CENTER))


@ft.control
class Task(ft.Column):
    """One line of a list of things to do, which can be edited in its place."""

    title: str = ""
    done: bool = False
    on_change: Callable[[], None] | None = None
    on_remove: Callable[[ft.Control], None] | None = None

    def init(self) -> None:
        self.box = ft.Checkbox(label=self.title, on_change=self.toggle, key=f"box {self.title}")
        self.field = ft.TextField(expand=1, key=f"field {self.title}")
        self.shown = ft.Row(
            [
                self.box,
                ft.IconButton(ft.Icons.EDIT, on_click=self.edit, key=f"edit {self.title}"),
                ft.IconButton(ft.Icons.DELETE, on_click=self.remove, key=f"delete {self.title}"),
            ]
        )
        self.edited = ft.Row(
            [self.field, ft.IconButton(ft.Icons.DONE, on_click=self.save, key=f"save {self.title}")], visible=False
        )
        self.controls = [self.shown, self.edited]

    def toggle(self) -> None:
        self.done = bool(self.box.value)
        if self.on_change:
            self.on_change()

    def edit(self) -> None:
        self.field.value = str(self.box.label)
        self.shown.visible, self.edited.visible = False, True
        self.update()

    def save(self) -> None:
        self.box.label = self.field.value
        self.shown.visible, self.edited.visible = True, False

    def remove(self) -> None:
        if self.on_remove:
            self.on_remove(self)


def todo(page: ft.Page) -> None:
    page.title = "To do"
    field = ft.TextField(hint_text="What is to be done?", key="new")
    tasks = ft.Column()
    left = ft.Text("0 left")
    filters = ["all", "open", "done"]

    def refresh() -> None:
        chosen = filters[bar_of.selected_index]
        for task in tasks.controls:
            assert isinstance(task, Task)
            task.visible = chosen == "all" or task.done == (chosen == "done")
        left.value = f"{sum(not task.done for task in tasks.controls)} left"
        left.update()
        page.update()

    def add() -> None:
        tasks.controls.append(Task(title=field.value, on_change=refresh, on_remove=remove))
        field.value = ""
        refresh()

    def remove(task: ft.Control) -> None:
        tasks.controls.remove(task)
        refresh()

    def clear() -> None:
        tasks.controls[:] = [task for task in tasks.controls if not task.done]
        refresh()

    bar = ft.TabBar(tabs=[ft.Tab(label=name) for name in filters])
    bar_of = ft.Tabs(content=bar, length=3, on_change=refresh, key="filters")
    page.add(ft.Row([field, ft.FloatingActionButton(icon=ft.Icons.ADD, on_click=add, key="add")]))
    page.add(bar_of, tasks, ft.Row([left, ft.OutlinedButton("Clear", on_click=clear, key="clear")]))


def calculator(page: ft.Page) -> None:
    display = ft.Text("0", size=20, key="display")
    state: dict[str, Any] = {"operand": 0.0, "sign": "+", "fresh": True}
    signs = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}

    def pressed(e: ft.ControlEvent) -> None:
        what = e.control.data
        if display.value == "Error" or what == "C":
            display.value, state["operand"], state["sign"], state["fresh"] = "0", 0.0, "+", True
        elif what in "0123456789.":
            display.value = what if state["fresh"] else display.value + what
            state["fresh"] = False
        else:
            try:
                state["operand"] = signs[state["sign"]](state["operand"], float(display.value))
                display.value = f"{state['operand']:g}"
            except ZeroDivisionError:
                display.value = "Error"
            if what == "=":
                state["operand"], what = 0.0, "+"
            state["sign"], state["fresh"] = what, True

    def row(keys: str) -> ft.Row:
        return ft.Row(
            [
                ft.Button(key, data=key, key=key, expand=2 if key == "0" else 1, on_click=pressed, color=ft.Colors.BLUE)
                for key in keys
            ]
        )

    page.add(
        ft.Container(
            ft.Column(
                [ft.Row([display], alignment=ft.MainAxisAlignment.END), *map(row, ("789/", "456*", "123-", "C0.=+"))]
            ),
            width=350,
            border_radius=ft.BorderRadius.all(20),
            padding=20,
        )
    )


def tabs(page: ft.Page) -> None:
    views = ft.TabBarView(expand=True, controls=[ft.Text("first"), ft.Text("second")])
    bar = ft.TabBar(tabs=[ft.Tab(label="1"), ft.Tab(label=ft.Text("2"), icon=ft.Icons.HOME)])
    said = ft.Text()

    def chosen() -> None:
        said.value = f"tab {holder.selected_index}"

    def more() -> None:
        bar.tabs.append(ft.Tab(label=f"{len(bar.tabs) + 1}"))
        views.controls.append(ft.Container(ft.Text(f"made {len(bar.tabs)}"), padding=len(bar.tabs)))
        holder.length = len(bar.tabs)

    def fewer() -> None:
        holder.selected_index = 0
        bar.tabs.pop()
        views.controls.pop()
        holder.length = len(bar.tabs)

    holder = ft.Tabs(
        length=2, selected_index=1, on_change=chosen, key="tabs", content=ft.Column([bar, views], expand=True)
    )
    page.add(
        holder, said, ft.Button("more", on_click=more, key="more"), ft.Button("fewer", on_click=fewer, key="fewer")
    )


def table(page: ft.Page) -> None:
    people = [["Ada", 36], ["Grace", 85], ["Alan", 41], ["Edsger", 72]]

    def sort(e: ft.DataColumnSortEvent) -> None:
        people.sort(key=lambda person: str(person[e.column_index]).zfill(9), reverse=not e.ascending)
        shown.sort_column_index, shown.sort_ascending = e.column_index, e.ascending
        shown.rows = [row(*person) for person in people]

    def select(e: ft.ControlEvent) -> None:
        e.control.selected = e.data == "true" or e.data is True

    def row(name: str, age: int) -> ft.DataRow:
        return ft.DataRow(
            key=name, cells=[ft.DataCell(ft.Text(name)), ft.DataCell(ft.Text(f"{age}"))], on_select_change=select
        )

    def older() -> None:
        for person, shown_row in zip(people, shown.rows, strict=True):
            person[1] += 1
            if not hasattr(shown_row, "_frozen"):
                shown_row.cells[1].content.value = f"{person[1]}"
                shown_row.cells[1].show_edit_icon = person[1] > 80

    def born() -> None:
        people.append([f"Child {len(people)}", 0])
        shown.rows.append(row(*people[-1]))

    def reverse() -> None:
        shown.rows.reverse()
        people.reverse()

    columns = [ft.DataColumn(ft.Text("Name"), on_sort=sort), ft.DataColumn(ft.Text("Age"), numeric=True, on_sort=sort)]
    shown = ft.DataTable(columns=columns, rows=[row(*person) for person in people], border=ft.Border.all(1, "red"))
    shown.horizontal_lines = ft.BorderSide(1, "grey")
    page.add(shown, *(ft.Button(f.__name__, on_click=f, key=f.__name__) for f in (older, born, reverse)))


def rows_in_order(page: ft.Page) -> None:
    def reorder(e: ft.OnReorderEvent) -> None:
        assert e.old_index is not None
        assert e.new_index is not None
        lines.controls.insert(e.new_index, lines.controls.pop(e.old_index))
        order.value = " ".join(line.title.value for line in lines.controls)

    def shuffle() -> None:
        lines.controls.sort(key=lambda line: (hash(line.key) % 7, line.key))
        lines.controls = lines.controls[2:] + lines.controls[:2]

    lines = ft.ReorderableListView(
        [ft.ListTile(title=ft.Text(f"line {i}"), key=i, leading=ft.Icon(ft.Icons.MENU)) for i in range(6)],
        on_reorder=reorder,
        semantic_child_count=6,
    )
    order = ft.Text()
    page.add(lines, order, ft.Button("Shuffle", on_click=shuffle, key="shuffle"))


def routes(page: ft.Page) -> None:
    basket: list[str] = []

    def buy(e: ft.ControlEvent) -> None:
        basket.append(e.control.data)
        page.views[-1].appbar.actions[0].value = f"{len(basket)} in the basket"

    def bar(title: str) -> ft.AppBar:
        return ft.AppBar(title=ft.Text(title), bgcolor="blue", actions=[ft.Text(f"{len(basket)} in the basket")])

    def shop() -> ft.View:
        goods = [ft.Button(f"Buy {name}", data=name, on_click=buy, key=name) for name in ("tea", "salt")]
        return ft.View(route="/shop", controls=[*goods], appbar=bar("Shop"))

    def show(e: ft.RouteChangeEvent) -> None:
        page.views.clear()
        page.views.append(ft.View(route="/", controls=[ft.Text("Welcome")], appbar=bar("Home")))
        if page.route.startswith("/shop"):
            page.views.append(shop())
        if page.route == "/shop/basket":
            lines = [ft.ListTile(title=ft.Text(name), trailing=ft.Icon(ft.Icons.CHECK)) for name in basket]
            page.views.append(ft.View(route=page.route, controls=[ft.Column(lines, scroll=ft.ScrollMode.AUTO)]))

    def back(e: ft.ViewPopEvent) -> None:
        page.views.pop()
        page.route = page.views[-1].route

    page.on_route_change = show
    page.on_view_pop = back
    page.views[0].controls = [ft.Text("Loading")]


def dialogs(page: ft.Page) -> None:
    log = ft.Column()

    def answered(text: str) -> Callable[[], None]:
        def handler() -> None:
            log.controls.append(ft.Text(text))
            page.pop_dialog()

        return handler

    def dismissed() -> None:
        log.controls.append(ft.Text("dismissed"))
        page.update()

    question = ft.AlertDialog(
        modal=True,
        title=ft.Text("Really?"),
        content=ft.Column([ft.Text("It cannot be undone."), ft.TextField(label="Why", key="why")], tight=True),
        actions=[
            ft.TextButton("Yes", on_click=answered("yes"), key="yes"),
            ft.TextButton("No", on_click=answered("no"), key="no"),
        ],
        on_dismiss=dismissed,
    )

    def ask() -> None:
        page.show_dialog(question)

    def note() -> None:
        page.show_dialog(ft.SnackBar(f"note {len(log.controls)}", action="Undo"))

    def sheet() -> None:
        page.show_dialog(ft.BottomSheet(ft.Column([ft.Text("from below"), ft.Text("more")]), key="sheet"))

    page.add(log, *(ft.Button(f.__name__, on_click=f, key=f.__name__) for f in (ask, note, sheet)))


def rail(page: ft.Page) -> None:
    pages = {
        "Mail": lambda: ft.ListView([ft.ListTile(title=f"mail {i}", key=i) for i in range(5)], spacing=2),
        "Files": lambda: ft.GridView([ft.Container(bgcolor="red", key=i) for i in range(4)], runs_count=2),
        "Settings": lambda: ft.Column(
            [ft.Switch(label="dark", value=page.theme_mode == ft.ThemeMode.DARK, key="dark")]
        ),
    }

    def go() -> None:
        name = list(pages)[bar.selected_index or 0]
        body.content = pages[name]()
        bar.destinations[bar.selected_index or 0].label = f"{name}!"
        if name == "Settings":
            body.content.controls[0].on_change = toggle

    def toggle(e: ft.ControlEvent) -> None:
        page.theme_mode = ft.ThemeMode.DARK if e.control.value else ft.ThemeMode.LIGHT
        page.theme = ft.Theme(color_scheme_seed="green", text_theme=ft.TextTheme(body_large=ft.TextStyle(size=20)))

    def extend() -> None:
        bar.extended = not bar.extended
        bar.leading.content = "less" if bar.extended else "more"

    bar = ft.NavigationRail(
        selected_index=0,
        on_change=go,
        key="rail",
        label_type=ft.NavigationRailLabelType.ALL,
        leading=ft.FloatingActionButton(content="more", on_click=extend, key="extend"),
        destinations=[ft.NavigationRailDestination(icon=ft.Icons.HOME, label=name) for name in pages],
    )
    body = ft.Container(ft.Text("Choose"), expand=True, padding=ft.Padding.all(10))
    page.add(ft.Row([bar, ft.VerticalDivider(width=1), body], expand=True))


def form(page: ft.Page) -> None:
    name, mail, age = (ft.TextField(label=label, key=label) for label in ("name", "mail", "age"))
    country = ft.Dropdown(
        key="country", options=[ft.DropdownOption(key=code, text=code) for code in ("at", "de", "ch")]
    )
    agreed = ft.Checkbox(label="I agree", key="agreed")
    result = ft.Container(visible=False, border=ft.Border.only(left=ft.BorderSide(4, "green")))

    def check() -> bool:
        name.error = None if name.value else "Who are you?"
        mail.error = None if "@" in (mail.value or "") else ft.Text("Without @?", color="red")
        try:
            age.error = None if int(age.value or "") > 17 else "Too young"
        except ValueError:
            age.error = "A number, please"
        send.disabled = not agreed.value
        return not (name.error or mail.error or age.error or send.disabled)

    def submit() -> None:
        if not check():
            result.visible = False
            return
        result.content = ft.Text(
            spans=[ft.TextSpan("Thank you, "), ft.TextSpan(name.value, style=ft.TextStyle(size=20))]
        )
        result.visible = True
        for field in (name, mail, age):
            field.value = ""
        country.options.append(ft.DropdownOption(key="other", text="other"))

    send = ft.Button("Send", on_click=submit, disabled=True, key="send")
    agreed.on_change = check
    for field in (name, mail, age):
        field.on_change = check
    page.add(name, mail, age, country, agreed, send, result)


@ft.control
class Message(ft.Row):
    """What somebody has said."""

    user: str = ""
    text: str = ""

    def init(self) -> None:
        self.vertical_alignment = ft.CrossAxisAlignment.START
        colors = [ft.Colors.AMBER, ft.Colors.BLUE, ft.Colors.BROWN]
        avatar = ft.CircleAvatar(content=ft.Text(self.user[:1].capitalize()), bgcolor=colors[len(self.user) % 3])
        said = ft.Column(
            [ft.Text(self.user, weight=ft.FontWeight.BOLD), ft.Text(self.text, selectable=True)], spacing=5
        )
        self.controls = [avatar, said]


def chat(page: ft.Page) -> None:
    said = ft.ListView(expand=True, spacing=10, auto_scroll=True)
    new = ft.TextField(hint_text="Write a message", shift_enter=True, expand=True, key="new")
    user = {"name": "ada"}

    def received(message: dict[str, str]) -> None:
        if message["kind"] == "joined":
            said.controls.append(ft.Text(f"{message['user']} has joined", italic=True, size=12))
        else:
            said.controls.append(Message(user=message["user"], text=message["text"]))
        if len(said.controls) > 4:
            said.controls.pop(0)
        page.update()

    def send() -> None:
        received({"kind": "said", "user": user["name"], "text": new.value or ""})
        new.value = ""

    def join() -> None:
        user["name"] = "grace" if user["name"] == "ada" else "alan"
        received({"kind": "joined", "user": user["name"]})

    new.on_submit = send
    page.add(ft.Container(said, border=ft.Border.all(1, ft.Colors.OUTLINE), border_radius=5, padding=10, expand=True))
    page.add(
        ft.Row([new, ft.IconButton(ft.Icons.SEND, on_click=send, key="send")]),
        ft.Button("Join", on_click=join, key="join"),
    )


def drawing(page: ft.Page) -> None:
    last = {"x": 0.0, "y": 0.0}

    def start(e: ft.DragStartEvent) -> None:
        last["x"], last["y"] = e.local_position.x, e.local_position.y

    def draw(e: ft.DragUpdateEvent) -> None:
        to = e.local_position
        board.shapes.append(cv.Line(last["x"], last["y"], to.x, to.y, paint=ft.Paint(stroke_width=3, color="black")))
        board.update()
        last["x"], last["y"] = to.x, to.y

    def bolder() -> None:
        for shape in board.shapes:
            shape.paint.stroke_width += 1
        if board.shapes:
            board.shapes[-1].paint = ft.Paint(color="red", stroke_dash_pattern=[2, 3])

    def clear() -> None:
        board.shapes.clear()

    board = cv.Canvas(
        content=ft.GestureDetector(on_pan_start=start, on_pan_update=draw, drag_interval=10, key="surface"),
        expand=False,
    )
    page.add(ft.Container(board, border_radius=5, width=float("inf"), expand=True))
    page.add(*(ft.Button(f.__name__, on_click=f, key=f.__name__) for f in (bolder, clear)))


@ft.observable
class Item:
    """Something to do, of which components are told when it changes."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.done = False


@ft.component
def ItemLine(item: Item, remove: Callable[[Item], None]) -> Any:  # noqa: N802 - components are named like classes
    editing, set_editing = ft.use_state(False)

    def toggle() -> None:
        item.done = not item.done

    if editing:
        return ft.Row(
            [
                ft.TextField(value=item.title, key="edited"),
                ft.Button("save", key=f"save {item.title}", on_click=lambda: set_editing(False)),
            ]
        )
    return ft.Row(
        [
            ft.Checkbox(label=item.title, value=item.done, on_change=toggle, key=f"box {item.title}"),
            ft.Button("edit", key=f"edit {item.title}", on_click=lambda: set_editing(True)),
            ft.Button("remove", key=f"remove {item.title}", on_click=lambda: remove(item)),
        ]
    )


@ft.component
def ItemList() -> Any:  # noqa: N802
    items, set_items = ft.use_state([Item("milk"), Item("bread")])
    order, set_order = ft.use_state("as it comes")
    count = ft.use_ref(2)

    def add() -> None:
        count.current += 1
        set_items([*items, Item(f"thing {count.current}")])

    def remove(item: Item) -> None:
        set_items([other for other in items if other is not item])

    by_name = ft.use_memo(lambda: sorted(items, key=lambda item: item.title), [items])
    shown = by_name if order == "by name" else items
    return ft.Column(
        [
            ft.Text(f"{len(items)} things {order}"),
            *[ItemLine(item, remove, key=item.title) for item in shown],
            ft.Button("Add", on_click=add, key="add"),
            ft.Button("Sort", on_click=lambda: set_order("by name"), key="sort"),
            ft.Button("Unsort", on_click=lambda: set_order("as it comes"), key="unsort"),
        ]
    )


def components(page: ft.Page) -> None:
    page.render(ItemList)


# -- what users do -------------------------------------------------------------------------------------


def clicks(*keys: str) -> list[str]:
    return [f"click({key!r})" for key in keys]


def typed(key: str, value: Any, name: str = "change") -> str:
    return f"change({key!r}, {value!r}, {name!r})"


def at(x: float, y: float) -> dict[str, Any]:
    return {"k": "mouse", "l": {"x": x, "y": y}, "g": {"x": x, "y": y}}


TODO = [
    *(step for title in ("tea", "milk", "salt") for step in (typed("new", title), *clicks("add"))),
    typed("box tea", True),
    *clicks("edit milk"),
    typed("field milk", "oat milk"),
    *clicks("save milk"),
    "fire('filters', 'change', 1, selected_index=1)",
    typed("box salt", True),
    "fire('filters', 'change', 2, selected_index=2)",
    *clicks("delete salt"),
    "fire('filters', 'change', 0, selected_index=0)",
    *clicks("clear"),
]
FORM = [
    typed("agreed", True),
    *clicks("send"),
    typed("name", "Ada"),
    typed("mail", "ada"),
    typed("age", "x"),
    typed("age", "12"),
    *clicks("send"),
    typed("mail", "ada@example.org"),
    typed("age", "36"),
    "fire('country', 'select', 'at', value='at')",
    *clicks("send"),
    typed("agreed", False),
]
EXAMPLES: list[tuple[App, list[str]]] = [
    (counter, [*clicks("more", "more", "less", "less", "less"), typed("number", "41"), *clicks("more")]),
    (todo, TODO),
    (calculator, clicks(*"12+30=", *"*2-", *"4/0=", "C", *"7.5*2=")),
    (
        tabs,
        [
            *clicks("more", "more"),
            "fire('tabs', 'change', 3, selected_index=3)",
            *clicks("fewer", "fewer"),
            "fire('tabs', 'change', 1, selected_index=1)",
            *clicks("more"),
        ],
    ),
    (
        table,
        [
            "sort(1, True)",
            *clicks("older", "born", "reverse"),
            "sort(0, True)",
            "sort(0, False)",
            *clicks("born", "older", "reverse"),
            "sort(1, False)",
        ],
    ),
    (
        rows_in_order,
        [
            "fire_list('reorder', {'old_index': 0, 'new_index': 3})",
            "fire_list('reorder', {'old_index': 5, 'new_index': 0})",
            *clicks("shuffle"),
            "fire_list('reorder', {'old_index': 2, 'new_index': 1})",
            *clicks("shuffle"),
        ],
    ),
    (
        routes,
        [
            "go('/shop')",
            *clicks("tea", "salt", "tea"),
            "go('/shop/basket')",
            "on_page('view_pop', {'route': '/shop/basket'})",
            *clicks("salt"),
            "on_page('view_pop', {'route': '/shop'})",
            "go('/shop/basket')",
            "go('/')",
        ],
    ),
    (
        dialogs,
        [
            *clicks("ask"),
            "change('why', 'so', 'change')",
            *clicks("no"),
            "fire_dialog('dismiss')",
            *clicks("note"),
            "fire_dialog('dismiss')",
            *clicks("sheet", "ask", "yes"),
            "fire_dialog('dismiss')",
            *clicks("note", "note"),
        ],
    ),
    (
        rail,
        [
            "fire('rail', 'change', 1, selected_index=1)",
            "fire('rail', 'change', 0, selected_index=0)",
            *clicks("extend"),
            "fire('rail', 'change', 2, selected_index=2)",
            typed("dark", True),
            *clicks("extend"),
            typed("dark", False),
            "fire('rail', 'change', 2, selected_index=2)",
        ],
    ),
    (form, FORM),
    (
        chat,
        [
            *(step for text in ("hello", "is anybody there?") for step in (typed("new", text, "submit"),)),
            *clicks("join"),
            typed("new", "yes", "submit"),
            *clicks("join"),
            typed("new", "me too"),
            *clicks("send", "join"),
        ],
    ),
    (
        drawing,
        [
            f"fire('surface', 'pan_start', {at(1, 1)!r})",
            *(f"fire('surface', 'pan_update', {at(x, x * x)!r})" for x in (2.0, 3.0, 4.0)),
            *clicks("bolder"),
            f"fire('surface', 'pan_update', {at(9, 9)!r})",
            *clicks("bolder", "clear"),
            f"fire('surface', 'pan_update', {at(1, 9)!r})",
        ],
    ),
    (
        components,
        [
            *clicks("add", "sort", "edit milk"),
            typed("box bread", True),
            *clicks("save milk", "add", "unsort", "remove bread", "edit thing 3", "remove milk", "sort"),
        ],
    ),
]


class User:
    """What a user does in one of the two clients."""

    def __init__(self, side: Side) -> None:
        self._side = side
        names = ("click", "change", "fire", "fire_dialog", "fire_list", "sort", "go", "on_page")
        side.names |= {name: getattr(self, name) for name in names}

    def _at(self, **properties: Any) -> int:
        number: int = self._side.client.all(**properties)[0]["_i"]
        return number

    def click(self, key: str) -> None:
        self._side.fire(self._at(key=key), "click")

    def change(self, key: str, value: Any, name: str) -> None:
        number = self._at(key=key)
        self._side.change(number, {"value": value})
        self._side.fire(number, name, value)

    def fire(self, key: str, name: str, data: Any, **properties: Any) -> None:
        if properties:
            self._side.change(self._at(key=key), properties)
        self._side.fire(self._at(key=key), name, data)

    def fire_dialog(self, name: str) -> None:
        page = self._side.client.page
        assert page is not None
        self._side.fire(page["_dialogs"]["controls"][-1]["_i"], name)

    def fire_list(self, name: str, data: Any) -> None:
        self._side.fire(self._at(_c="ReorderableListView"), name, data)

    def sort(self, column: int, ascending: bool) -> None:
        columns = self._side.client.all(_c="DataColumn")
        self._side.fire(columns[column]["_i"], "sort", {"ci": column, "asc": ascending})

    def go(self, route: str) -> None:
        self._side.change(1, {"route": route})
        self.on_page("route_change", {"route": route})

    def on_page(self, name: str, data: Any) -> None:
        self._side.fire(1, name, data)


@pytest.fixture(params=["fast", "flet"])
def arena(request: pytest.FixtureRequest) -> Iterator[Arena]:
    arena = Arena(AppSettings(differ=request.param))
    yield arena
    arena.close()


@pytest.mark.parametrize(("main", "steps"), EXAMPLES, ids=[main.__name__ for main, _ in EXAMPLES])
def test_whatever_its_users_do_an_app_shows_what_it_does_with_flets_session(
    arena: Arena, main: App, steps: list[str]
) -> None:
    screens: list[Any] = []

    async def play(pair: Pair) -> None:
        for side in (pair.theirs, pair.ours):
            side.names["main"] = main
            User(side)
        for step in ["main(page)", "page.update()", *steps]:
            await pair.step(step)
            assert normal(pair.ours.client.page) == normal(pair.theirs.client.page), step
            screens.append(normal(pair.ours.client.page))

    arena.run(play, turns=12)
    assert arena.ended == ()
    assert arena.tally["to their end"] == 1, arena.tally
    seen = sum(one != other for one, other in itertools.pairwise(screens))
    assert seen > len(steps) * 0.6, "the steps do something"
