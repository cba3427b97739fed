"""Random programs over real controls: what they build, and the statements that change it."""

# Flet's decorator for controls is not typed for classes with another base beside flet's.
# mypy: disable-error-code="arg-type, no-untyped-call"

from __future__ import annotations

import contextvars
import dataclasses
import gc
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import flet as ft
import flet.canvas as cv
from hypothesis import strategies as st

from flet_jupyter.core.flet_api import BaseControl
from tests.core.model_client import walk

__all__ = [
    "HOOKED",
    "PLAIN",
    "SPECIAL",
    "VOCABULARY",
    "Mounts",
    "Noted",
    "Numbers",
    "Palette",
    "Program",
    "Writer",
    "mounts",
    "programs",
]


# -- controls ------------------------------------------------------------------------------------------


class Mounts:
    """What was mounted and unmounted in one app.

    Attributes
    ----------
    notes : list of tuple
        What happened to which control, and whether it made a difference: flet mounts some controls twice.
    present : set of int
        The numbers of the controls that are mounted now.
    effects : list of str
        What effects of components have noted.
    setters : dict
        What changes the state of components.
    """

    def __init__(self) -> None:
        self.notes: list[tuple[str, bool]] = []
        self.present: set[int] = set()
        self.effects: list[str] = []
        self.setters: dict[str, Callable[..., None]] = {}

    def mounted(self, control: Any) -> None:
        self.notes.append((f"+ {control.data}", control._i not in self.present))
        self.present.add(control._i)

    def unmounted(self, control: Any) -> None:
        self.notes.append((f"- {control.data}", control._i in self.present))
        self.present.discard(control._i)


mounts: contextvars.ContextVar[Mounts] = contextvars.ContextVar("mounts")
"""Where the controls of the app that runs in this context note that they were mounted or unmounted."""


class Noted:
    """Notes when it is mounted and unmounted; its ``data`` is how it is called."""

    data: Any
    _i: int

    def did_mount(self) -> None:
        mounts.get().mounted(self)
        super().did_mount()  # type: ignore[misc]

    def will_unmount(self) -> None:
        mounts.get().unmounted(self)
        super().will_unmount()  # type: ignore[misc]


class Noting:
    """The controls of a module by their names, in a variant that notes when it is mounted: apps derive like that."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> type:
        derived: type = ft.control(type(name, (Noted, getattr(self._module, name)), {"__module__": __name__}))
        setattr(self, name, derived)
        return derived


@dataclasses.dataclass
class Spot:
    """A value of an app's own, with whatever else in it."""

    x: float = 0
    y: float = 0
    marks: list[str] = dataclasses.field(default_factory=list)
    extras: dict[str, Any] = dataclasses.field(default_factory=dict)
    padding: ft.Padding | None = None
    label: ft.Control | None = None


@ft.control("Board")
class Board(Noted, ft.Column):
    """Has lists, dictionaries and values of its own."""

    heading: str = ""
    marks: list[str] = dataclasses.field(default_factory=list)
    grid: list[list[int]] = dataclasses.field(default_factory=list)
    extras: dict[str, Any] = dataclasses.field(default_factory=dict)
    sides: dict[str, ft.Control] = dataclasses.field(default_factory=dict)
    spot: Spot = dataclasses.field(default_factory=Spot)
    spots: list[Spot] = dataclasses.field(default_factory=list)
    look: ft.TextStyle | None = None
    aside: Any = None


@ft.control("Built")
class Built(Noted, ft.Row):
    """Fills itself when it is built."""

    title: str = ""

    def build(self) -> None:
        self.controls.append(ft.Text(self.title))
        self.controls.append(ft.Container(padding=ft.Padding.all(1)))


@ft.control("Island", isolated=True)
class Island(Noted, ft.Container):
    """Is left out when others are updated."""


@ft.control("Islands", isolated=True)
class Islands(Noted, ft.Column):
    """The same, with a list."""


@ft.control("Ticker")
class Ticker(Noted, ft.Text):
    """Shows how often it was looked at."""

    def before_update(self) -> None:
        super().before_update()
        self.value = f"{len(self.value)}" + self.value[:5]


@ft.control("Summing")
class Summing(Noted, ft.Column):
    """Changes itself and its children before it is updated."""

    total: int = 0
    names: list[str] = dataclasses.field(default_factory=list)

    def before_update(self) -> None:
        super().before_update()
        self.total = len(self.controls)
        self.names = [type(child).__name__ for child in self.controls]
        for child in self.controls[:1]:
            if not hasattr(child, "_frozen"):
                child.opacity = 0.5 if self.total > 1 else 1.0


@ft.control("Short")
class Short(Noted, ft.Row):
    """Keeps three of its children, in an order of its own."""

    def before_update(self) -> None:
        super().before_update()
        del self.controls[3:]
        if len(self.controls) == 3:
            self.controls.reverse()


@ft.control("Meddler")
class Meddler(Noted, ft.Text):
    """Changes those beside it before it is updated."""

    def before_update(self) -> None:
        super().before_update()
        beside = getattr(self.parent, "controls", None)
        if not isinstance(beside, list):
            return
        for sibling in (part for part in beside[:1] + beside[-1:] if part is not self):
            if hasattr(sibling, "_frozen"):
                continue
            sibling.tooltip = f"{len(beside)} beside"
            nested = getattr(sibling, "controls", None)
            # Not into an empty one: what replaces it as a whole flet sends as it is when it packs it.
            if nested and len(nested) < 3 and type(sibling) in (ft.Row, ft.Column):
                nested.append(ft.Text("meddled"))


VOCABULARY: dict[str, Any] = {
    "ft": ft,
    "cv": cv,
    "noting_ft": Noting(ft),
    "noting_cv": Noting(cv),
    "gc": gc,
    "random": random,
    **{kind.__name__: kind for kind in (Spot, Board, Built, Island, Islands, Ticker, Summing, Short, Meddler)},
}
"""What the statements of programs refer to, beside ``page`` and the names that they give."""

# -- what properties may be set to ---------------------------------------------------------------------

TEXTS = ("'a'", "''", "'b'", "'cd'")
BOOLS = ("True", "False")
NUMBERS = ("1", "0", "2.5", "10")
SIZES = ("None", "10", "20.5")
COLORS = ("'red'", "'blue'", "ft.Colors.GREEN", "'#112233'")
TINTS = ("None", *COLORS)
OFFSETS = ("None", "ft.Offset(1, 2)", "ft.Offset(0, 3)")
PADDINGS = ("None", "3", "ft.Padding.all(2)", "ft.Padding(1, 2, 3, 4)", "ft.Padding.only(left=5)")
SIDES = ("ft.BorderSide(2, 'red')", "ft.BorderSide(1)", "ft.BorderSide(3, style=ft.BorderStyle.NONE)")
BORDERS = ("None", "ft.Border.all(1, 'red')", "ft.Border.only(top=ft.BorderSide(2))")
RADII = ("None", "4", "ft.BorderRadius.all(2)", "ft.BorderRadius.only(top_left=3)")
SHADOW = ("ft.BoxShadow(color='red')", "ft.BoxShadow(blur_radius=2, offset=ft.Offset(1, 1))")
SHADOWS = ("None", "[]", *SHADOW, f"[{SHADOW[0]}]", f"[{SHADOW[0]}, {SHADOW[1]}]")
GRADIENTS = (
    "None",
    "ft.LinearGradient(colors=['red', 'blue'])",
    "ft.RadialGradient(colors=['red', 'green'], stops=[0.0, 1.0], radius=2)",
)
PAINTS = (
    "ft.Paint(color='red')",
    "ft.Paint(stroke_width=2, stroke_dash_pattern=[1, 2])",
    "ft.Paint(gradient=ft.PaintLinearGradient((0, 0), (1, 1), colors=['red', 'blue']))",
)
STYLES = (
    "None",
    "ft.TextStyle(size=5)",
    "ft.TextStyle(color='red', weight=ft.FontWeight.BOLD)",
    f"ft.TextStyle(shadow=[{SHADOW[0]}])",
    f"ft.TextStyle(shadow={SHADOW[1]}, foreground={PAINTS[0]})",
)
DECORATIONS = (
    "None",
    f"ft.BoxDecoration(bgcolor='red', border={BORDERS[1]})",
    f"ft.BoxDecoration(shadows=[{SHADOW[0]}], gradient={GRADIENTS[1]})",
)
SHAPES = ("None", "ft.RoundedRectangleBorder(radius=3)", f"ft.StadiumBorder(side={SIDES[0]})")
STATES = ("ft.ControlState.HOVERED", "ft.ControlState.DEFAULT")


def _by_state(one: str, other: str) -> str:
    """Write a dictionary by state: of always the same, since flet names those that come and go as Python does."""
    return f"{{{STATES[0]}: {one}, {STATES[1]}: {other}}}"


BUTTON_STYLES = (
    "None",
    "ft.ButtonStyle(color='red')",
    f"ft.ButtonStyle(bgcolor={_by_state(*COLORS[:2])})",
    f"ft.ButtonStyle(side={_by_state(*SIDES[:2])}, padding=ft.Padding.all(1))",
    f"ft.ButtonStyle(shape={_by_state(*SHAPES[1:])}, text_style={STYLES[3]}, elevation=2)",
)
COLUMNS = ("12", "6", "{'sm': 6}", "{'sm': 3, 'md': 6}")
EXPANDS = ("None", "True", "2")
TOOLTIPS = ("None", "'tip'", "ft.Tooltip(message='m')", f"ft.Tooltip(message='n', text_style={STYLES[1]})")
BADGES = ("None", "'1'", "ft.Badge(label='2')", "ft.Badge(label='3', bgcolor='red')")
HANDLERS = ("run", "run_async", "run_steps", "None")
EXTRAS = ("1", "'v'", "None", "[1, 2]", "{'deep': 1}", "{'deep': [1, {'er': 2}]}", "ft.Padding.all(1)", "Spot(1, 2)")
SPOTS = ("Spot(1, 2)", "Spot(marks=['m'], padding=ft.Padding.all(1))", "Spot(extras={'a': 1})", "Spot()")
ELEMENTS = (
    "cv.Path.MoveTo(1, 2)",
    "cv.Path.LineTo(3, 4)",
    "cv.Path.SubPath([cv.Path.LineTo(5, 6)], 1, 1)",
    "cv.Path.Close()",
)

ANY = {
    "visible": BOOLS,
    "opacity": ("1.0", "0.5", "0"),
    "disabled": BOOLS,
    "tooltip": TOOLTIPS,
    "expand": EXPANDS,
    "col": COLUMNS,
}
SIZED = {**ANY, "width": SIZES, "height": SIZES, "margin": PADDINGS, "offset": OFFSETS, "badge": BADGES}
SIZED["rotate"] = ("None", "1", "ft.Rotate(angle=1)")
SIZED["animate_opacity"] = ("None", "300", "ft.Animation(200)", "True")
PRESSED = {"style": BUTTON_STYLES, "on_click": HANDLERS, "autofocus": BOOLS}


class Kind(NamedTuple):
    """A class of controls: how to make one, what of it may be set, and what it holds.

    ``parts`` says of a property what may be in it: a role, and ``*`` for a list, ``:`` for a dictionary, ``?`` for one
    or none, ``!`` for one, ``|`` for one or a string, ``&`` for one, a string or none.
    """

    make: str
    settable: Mapping[str, Sequence[str]]
    parts: dict[str, str] = {}  # noqa: RUF012 - nobody changes it
    role: str = "control"


def _kinds() -> dict[str, Kind]:
    text = {**SIZED, "value": TEXTS, "size": SIZES, "color": TINTS, "style": STYLES, "bgcolor": TINTS}
    box = {**SIZED, "padding": PADDINGS, "bgcolor": TINTS, "border": BORDERS, "border_radius": RADII}
    box |= {"shadow": SHADOWS, "gradient": GRADIENTS, "foreground_decoration": DECORATIONS, "on_click": HANDLERS}
    box |= {"ink": BOOLS}
    lined = {**SIZED, "spacing": NUMBERS, "alignment": ("ft.MainAxisAlignment.START", "ft.MainAxisAlignment.END")}
    field = {**SIZED, "value": TEXTS, "label": ("None", "'l'"), "on_change": HANDLERS, "text_style": STYLES}
    field |= {"cursor_color": TINTS, "bgcolor": TINTS}
    many, one = {"controls": "control*"}, {"content": "control?"}
    board = {**lined, "heading": TEXTS, "look": STYLES, "aside": (*EXTRAS, *STYLES), "marks": ("[]", "['a', 'b']")}
    board |= {"spot": SPOTS, "spots": ("[]", "[Spot(1, 2)]", "[Spot(), Spot(3)]"), "grid": ("[]", "[[1, 2], [3]]")}
    board |= {"extras": ("{}", "{'a': 1}", "{'a': [1], 'b': {'c': 2}}", "{'p': ft.Padding.all(1)}")}
    row = {"color": TINTS, "selected": BOOLS, "on_select_change": ("None", "run")}
    shape = {"paint": PAINTS}
    drawn = {"x": NUMBERS, "y": NUMBERS, **shape}
    return {
        "Text": Kind("ft.Text", text, {"spans": "span*"}),
        "Column": Kind("ft.Column", {**lined, "scroll": ("None", "ft.ScrollMode.AUTO")}, many),
        "Container": Kind("ft.Container", box, one),
        "Row": Kind("ft.Row", {**lined, "wrap": BOOLS}, many),
        "TextField": Kind("ft.TextField", field),
        "Button": Kind("ft.Button", {**SIZED, **PRESSED, "color": TINTS, "bgcolor": TINTS}, {"content": "control|"}),
        "TextButton": Kind("ft.TextButton", {**SIZED, **PRESSED}, {"content": "control|"}),
        "IconButton": Kind("ft.IconButton", {**SIZED, **PRESSED, "icon": ("ft.Icons.ADD", "ft.Icons.HOME")}),
        "Stack": Kind("ft.Stack", SIZED, many),
        "ListView": Kind("ft.ListView", {**SIZED, "spacing": NUMBERS, "padding": PADDINGS}, many),
        "Checkbox": Kind("ft.Checkbox", {**SIZED, "value": BOOLS, "label": TEXTS, "on_change": HANDLERS}),
        "Dropdown": Kind("ft.Dropdown", {**SIZED, "value": TEXTS, "text_style": STYLES}, {"options": "option*"}),
        "ListTile": Kind("ft.ListTile", {**SIZED, "dense": BOOLS}, {"title": "control&", "trailing": "control?"}),
        "ExpansionTile": Kind(
            "ft.ExpansionTile", {**SIZED, "dense": BOOLS}, {"title": "control!", "controls": "control*"}
        ),
        "ResponsiveRow": Kind("ft.ResponsiveRow", {**SIZED, "columns": COLUMNS, "spacing": COLUMNS}, many),
        "Card": Kind("ft.Card", {**SIZED, "elevation": SIZES, "shape": SHAPES, "bgcolor": TINTS}, one),
        "NavigationRail": Kind("ft.NavigationRail", {**SIZED, "bgcolor": TINTS}, {"leading": "control?"}),
        "Tabs": Kind("ft.Tabs", {**SIZED, "animation_duration": ("100", "ft.Duration(seconds=1)")}),
        "TabBar": Kind("ft.TabBar", {"label_text_style": STYLES, "padding": PADDINGS}, {"tabs": "tab*"}, "tab bar"),
        "TabBarView": Kind("ft.TabBarView", {"viewport_fraction": NUMBERS}, many, "tab view"),
        "Tab": Kind("ft.Tab", {"label": TEXTS, "height": SIZES}, {"icon": "control?"}, "tab"),
        "DataTable": Kind("ft.DataTable", {**SIZED, "border": BORDERS, "horizontal_lines": ("None", *SIDES)}),
        "DataColumn": Kind("ft.DataColumn", {"numeric": BOOLS, "label": TEXTS}, {"label": "control!"}, "column"),
        "DataRow": Kind("ft.DataRow", row, {}, "row"),
        "DataCell": Kind("ft.DataCell", {"placeholder": BOOLS}, {"content": "control!"}, "cell"),
        "DropdownOption": Kind(
            "ft.DropdownOption", {"text": TEXTS, "style": BUTTON_STYLES}, {"content": "control?"}, "option"
        ),
        "TextSpan": Kind("ft.TextSpan", {"text": TEXTS, "style": STYLES}, {"spans": "span*"}, "span"),
        "Canvas": Kind("cv.Canvas", {**SIZED}, {"shapes": "shape*", "content": "control?"}),
        "Rect": Kind("cv.Rect", {**drawn, "width": NUMBERS, "border_radius": RADII[1:]}, {}, "shape"),
        "Line": Kind("cv.Line", {**shape, "x1": NUMBERS, "y1": NUMBERS, "x2": NUMBERS, "y2": NUMBERS}, {}, "shape"),
        "Path": Kind("cv.Path", {**shape, "elements": (f"[{ELEMENTS[0]}, {ELEMENTS[1]}]",)}, {}, "shape"),
        "Board": Kind("Board", board, {**many, "sides": "control:"}),
        "Built": Kind("Built", {**lined, "title": TEXTS}, many),
        "Island": Kind("Island", box, one),
        "Islands": Kind("Islands", lined, many),
        "Ticker": Kind("Ticker", {**SIZED, "size": SIZES}),
        "Summing": Kind("Summing", lined, many),
        "Short": Kind("Short", lined, many),
        "Meddler": Kind("Meddler", text),
        "View": Kind(
            "ft.View",
            {"bgcolor": TINTS, "padding": PADDINGS, "decoration": DECORATIONS},
            {
                "controls": "control*",
                "appbar": "app bar?",
                "floating_action_button": "action?",
                "navigation_bar": "navigation bar?",
                "drawer": "drawer?",
            },
            "view",
        ),
        "AppBar": Kind(
            "ft.AppBar",
            {"bgcolor": TINTS},
            {"title": "control&", "actions": "control*", "leading": "control?"},
            "app bar",
        ),
        "Action": Kind(
            "ft.FloatingActionButton",
            {**SIZED, "bgcolor": TINTS, "on_click": HANDLERS},
            {"content": "control|"},
            "action",
        ),
        "NavigationBar": Kind("ft.NavigationBar", {"bgcolor": TINTS, "border": BORDERS}, {}, "navigation bar"),
        "Destination": Kind(
            "ft.NavigationBarDestination", {"label": TEXTS, "icon": ("ft.Icons.ADD",)}, {}, "destination"
        ),
        "Drawer": Kind("ft.NavigationDrawer", {"bgcolor": TINTS}, {"controls": "control*"}, "drawer"),
        "AlertDialog": Kind(
            "ft.AlertDialog",
            {"bgcolor": TINTS, "modal": BOOLS, "title_text_style": STYLES, "shape": SHAPES},
            {"title": "control|", "content": "control?", "actions": "control*"},
            "dialog",
        ),
        "SnackBar": Kind(
            "ft.SnackBar",
            {"bgcolor": TINTS, "duration": ("1000", "ft.Duration(seconds=2)")},
            {"content": "control!"},
            "dialog",
        ),
    }


KINDS = _kinds()
ROLES: dict[str, list[str]] = {}
for _name, _kind in KINDS.items():
    ROLES.setdefault(_kind.role, []).append(_name)

_BREAKPOINTS = ("'sm'", "'md'", "'lg'"), ("1", "2", "6")
_WORDS = ("'a'", "'b'", "'c'")
ENTRIES: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "color": (STATES, COLORS),
    "bgcolor": (STATES, COLORS),
    "side": (STATES, SIDES),
    "shape": (STATES, SHAPES[1:]),
    "col": _BREAKPOINTS,
    "columns": _BREAKPOINTS,
    "spacing": _BREAKPOINTS,
    "extras": (_WORDS, EXTRAS),
    "aside": (_WORDS, EXTRAS),
    "sides": (_WORDS, ()),
}
"""What may be in dictionaries: keys, and values if it is not controls."""

NEEDED = {
    "DropdownOption": {"text": "'o'"},
    "TabBar": {"tabs": "[]"},
    "TabBarView": {"controls": "[]"},
    "Tab": {"label": "'t'"},
    "IconButton": {"icon": "ft.Icons.ADD"},
    "NavigationRail": {
        "destinations": "[ft.NavigationRailDestination(icon=icon) for icon in (ft.Icons.ADD, ft.Icons.HOME)]"
    },
    "Destination": {"icon": "ft.Icons.HOME"},
    "View": {"route": "'/v'"},
    "Rect": {"x": "0", "y": "0"},
    "Line": {"x1": "0", "y1": "0", "x2": "0", "y2": "0"},
}
"""What controls cannot do without."""

VALUES: dict[str, dict[str, Sequence[str]]] = {
    "Padding": {"left": NUMBERS, "top": NUMBERS},
    "Margin": {"left": NUMBERS},
    "TextStyle": {"size": SIZES, "color": TINTS, "shadow": SHADOWS, "foreground": ("None", *PAINTS)},
    "BoxShadow": {"color": COLORS, "blur_radius": NUMBERS, "offset": OFFSETS[1:]},
    "Offset": {"x": NUMBERS, "y": NUMBERS},
    "Border": {"top": SIDES, "left": SIDES},
    "BorderSide": {"width": NUMBERS, "color": COLORS},
    "BorderRadius": {"top_left": NUMBERS},
    "BoxDecoration": {"bgcolor": TINTS, "border": BORDERS, "shadows": SHADOWS, "gradient": GRADIENTS},
    "LinearGradient": {
        "colors": ("['red', 'blue']", "['green']", "['red', 'blue', 'green']"),
        "stops": ("None", "[0.5]"),
    },
    "RadialGradient": {"radius": NUMBERS, "colors": ("['red']", "['red', 'blue']"), "stops": ("None", "[0.0, 0.5]")},
    "PaintLinearGradient": {"colors": ("['red']", "['red', 'blue']")},
    "Paint": {"color": COLORS, "stroke_width": NUMBERS, "gradient": ("None", PAINTS[2][18:-1])},
    "ButtonStyle": {
        "color": (*TINTS, _by_state(*COLORS[1:3])),
        "bgcolor": (*TINTS, _by_state(*COLORS[2:4]), "{}"),
        "side": ("None", *SIDES, _by_state(*SIDES[1:3])),
        "text_style": STYLES,
        "shape": SHAPES,
        "elevation": SIZES,
    },
    "RoundedRectangleBorder": {"radius": RADII[1:], "side": ("None", *SIDES)},
    "StadiumBorder": {"side": ("None", *SIDES)},
    "Tooltip": {"message": TEXTS, "text_style": STYLES, "bgcolor": TINTS},
    "Badge": {"label": TEXTS, "bgcolor": TINTS},
    "Rotate": {"angle": NUMBERS},
    "Animation": {"curve": ("None", "ft.AnimationCurve.EASE_IN")},
    "Spot": {
        "x": NUMBERS,
        "y": NUMBERS,
        "marks": ("[]", "['m', 'n']"),
        "padding": PADDINGS,
        "extras": ("{}", "{'a': 2}"),
    },
    "MoveTo": {"x": NUMBERS, "y": NUMBERS},
    "LineTo": {"x": NUMBERS},
    "SubPath": {"x": NUMBERS},
    "Theme": {
        "color_scheme_seed": TINTS,
        "font_family": ("None", *TEXTS),
        "color_scheme": ("None", "ft.ColorScheme(primary='red')"),
    },
    "ColorScheme": {"primary": TINTS, "secondary": TINTS},
}
"""What may be set of the values that controls hold."""

PLAIN_LISTS: dict[str, Sequence[str]] = {
    "marks": TEXTS,
    "colors": COLORS,
    "stops": ("0.0", "0.5", "1.0"),
    "stroke_dash_pattern": NUMBERS,
    "shadow": SHADOW,
    "shadows": SHADOW,
    "spots": SPOTS,
    "elements": ELEMENTS,
    "grid": ("[1, 2]", "[3]", "[]"),
}
"""What may be put into lists that hold no controls."""

EVENTS = {"Button": "click", "TextButton": "click", "IconButton": "click", "Container": "click", "Island": "click"}
EVENTS |= {"TextField": "change", "Checkbox": "change", "DataRow": "select_change", "Action": "click"}
SENT = {
    "TextField": ("value", ("a", "typed", "")),
    "Checkbox": ("value", (True, False)),
    "Dropdown": ("value", ("a", "b")),
}
"""What clients say of controls: a property and values."""

PAGE = {
    "title": ("None", "'a'", "'b'"),
    "theme_mode": ("ft.ThemeMode.SYSTEM", "ft.ThemeMode.DARK"),
    "theme": ("None", "ft.Theme(color_scheme_seed='red')", "ft.Theme(color_scheme=ft.ColorScheme(primary='blue'))"),
    "bgcolor": TINTS,
    "padding": PADDINGS,
    "spacing": NUMBERS,
    "scroll": ("None", "ft.ScrollMode.AUTO"),
    "decoration": DECORATIONS,
}
SERVICES = ("ft.Clipboard()", "ft.UrlLauncher()", "ft.ShakeDetector(minimum_shake_count=2)")


class Palette(NamedTuple):
    """Which controls a program uses: the first is what it comes down to."""

    leaves: tuple[str, ...]
    parents: tuple[str, ...]


PLAIN = Palette(
    ("Text", "TextField", "Button", "IconButton", "TextButton", "Checkbox"),
    ("Column", "Container", "Row", "Stack", "ListView", "Dropdown", "ListTile", "Card"),
)
SPECIAL = Palette(
    ("Text", "Button"),
    (
        *("Column", "Board", "Tabs", "DataTable", "Canvas", "Built", "Island", "Islands", "ExpansionTile"),
        *("ResponsiveRow", "NavigationRail", "Container", "Dropdown"),
    ),
)
HOOKED = Palette(("Text", "Ticker", "Meddler", "Button"), ("Column", "Summing", "Short", "Row", "Island", "Container"))


# -- programs ------------------------------------------------------------------------------------------


class Numbers:
    """The numbers of which a step is made: each decides one thing, and where they end, the first choice is taken."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._rest = iter(numbers)

    def below(self, limit: int) -> int:
        return next(self._rest, 0) % limit

    def pick(self, choices: Sequence[Any]) -> Any:
        return choices[self.below(len(choices))]


Program = tuple[bytes, list[tuple[str, bytes]]]
"""What is built at first, and steps: what is done, and the numbers that say where and how."""

CHANGES = (
    *("set", "set", "nested", "nested", "insert", "insert", "insert", "remove", "remove", "replace", "move", "swap"),
    *("reorder", "reorder", "assign", "slice", "clear", "key", "rebuild", "rebuild", "content", "content", "entry"),
    *("plain", "plain", "share", "reset", "away", "back", "page", "part", "view", "table"),
)
STEPS = (
    *("update", "update", "update", "update one", "update some", *CHANGES),
    *("event", "event", "sent", "dialog", "pop dialog", "dismiss", "service", "drop service", "attach", "add"),
)


def programs() -> st.SearchStrategy[Program]:
    """Return a strategy for programs."""
    # Numbers that are zero are as good as none: what has a least size becomes as simple as anything.
    step = st.tuples(st.sampled_from(STEPS), st.binary(min_size=4, max_size=16))
    # Hypothesis makes lists of five on the average: three of them are a program of some length.
    steps = st.tuples(*[st.lists(step, max_size=10)] * 3).map(lambda lists: [step for part in lists for step in part])
    return st.tuples(st.binary(min_size=16, max_size=60), steps)


class Place(NamedTuple):
    """Where something is in the tree: an expression that gives it, what it is, what has it, and under which name."""

    expression: str
    thing: Any
    owner: Any = None
    field: str = ""


class Writer:
    """Writes statements that make sense for a tree as it is.

    It looks at the objects of one of the two apps; both then execute the same statements. So a program is data, and
    what fails is a script.

    Parameters
    ----------
    names : dict
        The app's variables.
    client : ModelClient
        What its client has been told.
    palette : Palette
        Which controls are made.
    """

    def __init__(self, names: dict[str, Any], client: Any, palette: Palette) -> None:
        self._names = names
        self._client = client
        self._palette = palette
        self._count = 0
        self._budget = 0
        self._kept: list[tuple[str, str]] = []
        self.controls: list[Place] = []
        self.loose: list[Place] = []
        self.lists: list[Place] = []
        self.values: list[Place] = []
        self.dicts: list[Place] = []
        self._within: dict[int, set[int]] = {}

    # -- making ------------------------------------------------------------------------------------

    def begin(self, numbers: bytes) -> Iterator[str]:
        """Write what builds the first page."""
        n = Numbers(numbers)
        yield f"page.add({', '.join(self._new('control', n) for _ in range(1 + n.below(4)))})"

    def _name(self) -> str:
        self._count += 1
        return f"c{self._count}"

    def _new(self, role: str, n: Numbers, *, key: str = "", cells: int = 1) -> str:
        """Write an expression that makes a new control."""
        self._budget = 14
        return self._make(role, n, key=key, cells=cells)

    def _make(self, role: str, n: Numbers, depth: int = 0, *, key: str = "", cells: int = 1) -> str:
        self._budget -= 1
        if role == "control":
            deep = depth >= 3 or self._budget <= 0
            name = n.pick(self._palette.leaves if deep or n.below(3) == 0 else self._palette.parents)
        else:
            name = n.pick(ROLES[role])
        return self._make_kind(name, n, depth, key=key, cells=cells)

    def _make_kind(
        self, name: str, n: Numbers, depth: int = 0, *, key: str = "", cells: int = 1, noting: bool | None = None
    ) -> str:
        kind = KINDS[name]
        label = self._name()
        arguments = self._settings(kind, n)
        if key:
            arguments["key"] = key
        for part, role in kind.parts.items():
            self._fill(arguments, part, role, n, depth + 1)
        self._complete(name, arguments, n, depth + 1, cells)
        make = kind.make
        if make.startswith(("ft.", "cv.")) and (n.below(2) == 1 if noting is None else noting):
            make = f"noting_{make}"
        if not make.startswith(("ft.", "cv.")):
            arguments["data"] = repr(label)
        return f"({label} := {make}({', '.join(f'{name}={value}' for name, value in arguments.items())}))"

    @staticmethod
    def _settings(kind: Kind, n: Numbers) -> dict[str, str]:
        settings = {}
        for _ in range(n.below(3)):
            name = n.pick(list(kind.settable))
            settings[name] = n.pick(kind.settable[name])
        return settings

    def _fill(self, arguments: dict[str, str], part: str, role: str, n: Numbers, depth: int) -> None:
        how, role = role[-1], role[:-1]
        if how == "!" or (how in "?|&" and n.below(2)):
            arguments[part] = self._make(role, n, depth)
        elif how in "|&":
            arguments[part] = n.pick(TEXTS)
        elif how == "*":
            items = [self._make(role, n, depth) for _ in range(n.below(4) if self._budget > 0 else 0)]
            if items:
                arguments[part] = f"[{', '.join(items)}]"
        elif how == ":":
            items = [f"{name!r}: {self._make(role, n, depth)}" for name in "ab"[: n.below(3)]]
            if items:
                arguments[part] = f"{{{', '.join(items)}}}"

    def _complete(self, name: str, arguments: dict[str, str], n: Numbers, depth: int, cells: int) -> None:
        """Add what a control cannot do without."""
        if name == "Tabs":
            bar, view = self._make_kind("TabBar", n, depth), self._make_kind("TabBarView", n, depth)
            arguments |= {"length": "4", "content": f"ft.Column([{bar}, {view}])"}
        elif name == "DataTable":
            count = 1 + n.below(3)
            arguments["columns"] = self._several("DataColumn", count, n, 3)
            arguments["rows"] = self._several("DataRow", n.below(3), n, depth, cells=count)
        elif name == "DataRow":
            arguments["cells"] = self._several("DataCell", cells, n, 3)
        elif name == "NavigationBar":
            arguments["destinations"] = self._several("Destination", 2 + n.below(2), n, depth)
        for argument, value in NEEDED.get(name, {}).items():
            arguments.setdefault(argument, value)

    def _several(self, name: str, count: int, n: Numbers, depth: int, *, cells: int = 1) -> str:
        return f"[{', '.join(self._make_kind(name, n, depth, cells=cells) for _ in range(count))}]"

    # -- looking -----------------------------------------------------------------------------------

    def look(self) -> None:
        """Find out what there is: in the tree, and apart from it."""
        for found in (self.controls, self.loose, self.lists, self.values, self.dicts):
            found.clear()
        self._within.clear()
        page = self._names["page"]
        known = {id(thing): name for name, thing in self._names.items() if isinstance(thing, BaseControl)}
        known[id(page)] = "page"
        seen: set[int] = set()
        self._visit(Place("page.views", page.views, page, "views"), known, seen)
        self._visit(Place("page.overlay", page.overlay, page._overlay, "controls"), known, seen)
        for dialog in page._dialogs.controls:
            self._visit(Place(known[id(dialog)], dialog), known, seen)
        self._visit(Place("page.theme", page.theme, page, "theme"), known, seen)
        attached = len(self.controls)
        apart = [
            Place(name, thing)
            for name, thing in self._names.items()
            if name[0] == "c" and name[1:].isdigit() and id(thing) not in seen
        ]
        inner: set[int] = set()
        for place in apart:
            for _, part in _parts(place.thing):
                _collect(part, inner)
        self.loose = [place for place in apart if id(place.thing) not in inner]
        for place in self.loose:
            self._visit(place, known, seen)
        # Things in the tree first: where numbers end, the first choice is taken.
        self._attached = self.controls[:attached]

    def _visit(self, place: Place, known: dict[int, str], seen: set[int]) -> None:
        expression, thing = place.expression, place.thing
        if isinstance(thing, list):
            self.lists.append(place)
            for index, part in enumerate(thing):
                self._visit(place._replace(expression=f"{expression}[{index}]", thing=part), known, seen)
        elif isinstance(thing, dict):
            self.dicts.append(place)
            for key, part in thing.items():
                self._visit(place._replace(expression=f"{expression}[{_source(key)}]", thing=part), known, seen)
        elif dataclasses.is_dataclass(thing) and id(thing) not in seen:
            if isinstance(thing, BaseControl):
                if "_frozen" in vars(thing):  # flet lets nobody change it
                    _collect(thing, seen)
                    return
                place = place._replace(expression=known.get(id(thing), expression))
                self.controls.append(place)
            else:
                self.values.append(place)
            seen.add(id(thing))
            for name, part in _parts(thing):
                self._visit(Place(f"{place.expression}.{name}", part, thing, name), known, seen)

    # -- choosing ----------------------------------------------------------------------------------

    def _control(self, n: Numbers) -> Place:
        place: Place = n.pick(self.controls)
        return place

    def _control_list(self, n: Numbers, least: int = 0) -> tuple[Place, str] | None:
        """Choose a list of controls, and what may be in it."""
        lists = [
            (place, role) for place in self.lists if (role := _role_in(place)) is not None and len(place.thing) >= least
        ]
        return n.pick(lists) if lists else None

    def _known_to_client(self, places: list[Place]) -> list[Place]:
        numbers = {node["_i"] for node in walk(self._client.page)}
        return [place for place in places if place.thing._i in numbers]

    def _updating(self, control: Any) -> str:
        """Write what an update of has to be called for that of a control: the page, or something isolated."""
        while control is not None and not control.is_isolated():
            control = control.parent
        known = [place.expression for place in self._known_to_client(self._attached) if place.thing is control]
        return known[0] if known else "page"

    def _fresh_key(self, place: Place, n: Numbers) -> str:
        """Choose a key that none has that is in a list, or was when it was sent; or none."""
        taken = {repr(key) for key in _keys_in(place)}
        keys = [key for key in ("'k'", "'m'", "7") if key not in taken]
        key: str = n.pick(("", *keys))
        return key

    def _something(self, place: Place, role: str, n: Numbers) -> Iterator[str]:
        """Write an expression for what may be put into a list: something new, or what was taken out before."""
        cells = _cells(place)
        loose = [
            other.expression
            for other in self.loose
            if _role_of(other.thing) == role
            and not _holds(other.thing, place.owner)
            and (role != "row" or len(other.thing.cells) == cells)
        ]
        choice = n.below(2 + len(loose)) if loose else 0
        if choice >= 2:
            thing = self._names[loose[choice - 2]]
            if _key_of(thing) in _keys_in(place):
                if "_frozen" in vars(thing):
                    return
                yield f"{loose[choice - 2]}.key = None"
            yield f"= {loose[choice - 2]}"
        else:
            key = self._fresh_key(place, n) if role == "control" else ""
            yield f"= {self._new(role, n, key=key, cells=cells)}"

    # -- statements --------------------------------------------------------------------------------

    def statements(self, step: str, n: Numbers) -> Iterator[str]:
        """Write what a step comes to; it is executed statement by statement."""
        self.look()
        write: Callable[[Numbers], Iterator[str]] = getattr(self, f"_{step.replace(' ', '_')}")
        yield from write(n)

    def _set(self, n: Numbers) -> Iterator[str]:
        place = self._control(n)
        kind = _kind_of(place.thing)
        if kind is not None and kind.settable:
            name = n.pick(list(kind.settable))
            yield f"{place.expression}.{name} = {n.pick(kind.settable[name])}"

    def _reset(self, n: Numbers) -> Iterator[str]:
        place = self._control(n)
        names = [name for name in place.thing._values if _has_default(place.thing, name) and name not in NEVER_RESET]
        if names:
            name = n.pick(names)
            yield f"{place.expression}.{name} = type({place.expression}).{name}"

    def _nested(self, n: Numbers) -> Iterator[str]:
        places = [place for place in self.values if type(place.thing).__name__ in VALUES]
        if places:
            place = n.pick(places)
            settable = VALUES[type(place.thing).__name__]
            name = n.pick(list(settable))
            yield f"{place.expression}.{name} = {n.pick(settable[name])}"

    def _share(self, n: Numbers) -> Iterator[str]:
        """Let a second control have the value of a first one."""
        shared = [
            (place, name)
            for place in self.controls
            for name, value in place.thing._values.items()
            if dataclasses.is_dataclass(value) and not isinstance(value, BaseControl)
        ]
        if shared:
            place, name = n.pick(shared)
            others = [
                other
                for other in self.controls
                if other.thing is not place.thing and _may_have(other.thing, name, like=place.thing)
            ]
            if others:
                yield f"{n.pick(others).expression}.{name} = {place.expression}.{name}"

    def _away(self, n: Numbers) -> Iterator[str]:
        place = self._control(n)
        names = [
            name
            for name, value in place.thing._values.items()
            if _has_default(place.thing, name) and type(place.thing)._prop_defaults[name] is None and value is not None
            if name not in NEVER_RESET and not isinstance(value, BaseControl)
        ]
        if names:
            target = f"{place.expression}.{n.pick(names)}"
            self._count += 1
            name = f"v{self._count}"
            self._kept.append((target, name))
            yield f"{name} = {target}"
            yield f"{target} = None"

    def _back(self, n: Numbers) -> Iterator[str]:
        reachable = {place.expression for place in self.controls}
        kept = [(target, name) for target, name in self._kept if target.rpartition(".")[0] in reachable]
        if kept:
            target, name = n.pick(kept)
            yield f"{target} = {name}"

    def _insert(self, n: Numbers) -> Iterator[str]:
        chosen = self._control_list(n)
        if chosen is None or chosen[1] in FIXED:
            return
        place, role = chosen
        at = n.below(len(place.thing) + 1)
        for line in self._something(place, role, n):
            if line.startswith("= "):
                end = at == len(place.thing)
                yield (
                    f"{place.expression}.append({line[2:]})" if end else f"{place.expression}.insert({at}, {line[2:]})"
                )
            else:
                yield line

    def _replace(self, n: Numbers) -> Iterator[str]:
        chosen = self._control_list(n, 1)
        if chosen is None:
            return
        place, role = chosen
        at = n.below(len(place.thing))
        for line in self._something(place, role, n):
            yield f"{place.expression}[{at}] {line}" if line.startswith("= ") else line

    def _remove(self, n: Numbers) -> Iterator[str]:
        chosen = self._control_list(n, 1)
        if chosen is not None and chosen[1] not in FIXED and (chosen[1] != "view" or len(chosen[0].thing) > 1):
            place = chosen[0]
            at = n.below(len(place.thing))
            yield n.pick((f"{place.expression}.pop({at})", f"del {place.expression}[{at}]"))

    def _clear(self, n: Numbers) -> Iterator[str]:
        chosen = self._control_list(n, 1)
        if chosen is not None and chosen[1] not in {*FIXED, "view"}:
            yield n.pick((f"{chosen[0].expression}.clear()", f"{_target(chosen[0])} = []"))

    def _reorder(self, n: Numbers) -> Iterator[str]:
        chosen = self._control_list(n, 2)
        if chosen is not None:
            it = chosen[0].expression
            yield n.pick(
                (
                    f"{it}.reverse()",
                    f"{it}.append({it}.pop(0))",
                    f"{it}.sort(key=lambda c: str(c.data), reverse={n.below(2) == 1})",
                    f"{it}.insert(0, {it}.pop())",
                    f"random.Random({n.below(9)}).shuffle({it})",
                    f"{it}[0], {it}[-1] = {it}[-1], {it}[0]",
                )
            )

    def _assign(self, n: Numbers) -> Iterator[str]:
        """Assign a list that has some of the old one's parts in some order, and something new."""
        chosen = self._control_list(n)
        if chosen is None or chosen[1] in FIXED:
            return
        place, role = chosen
        kept = [f"{place.expression}[{index}]" for index in range(len(place.thing)) if n.below(3)]
        if n.below(2):
            kept.reverse()
        if n.below(2) or (role == "view" and not kept):
            for line in self._something(place, role, n):
                if line.startswith("= "):
                    kept.insert(n.below(len(kept) + 1), line[2:])
                else:
                    yield line
        yield f"{_target(place)} = [{', '.join(kept)}]"

    def _slice(self, n: Numbers) -> Iterator[str]:
        chosen = self._control_list(n, 1)
        if chosen is None or chosen[1] in {*FIXED, "view"}:
            return
        place, role = chosen
        low = n.below(len(place.thing) + 1)
        high = low + n.below(len(place.thing) - low + 1)
        new = [self._new(role, n, cells=_cells(place)) for _ in range(n.below(3))]
        yield f"{place.expression}[{low}:{high}] = [{', '.join(new)}]"

    def _move(self, n: Numbers) -> Iterator[str]:
        """Move a subtree elsewhere: into another list or property, but not into itself."""
        chosen = self._control_list(n, 1)
        if chosen is None or chosen[1] in {*FIXED, "view"}:
            return
        place, role = chosen
        at = n.below(len(place.thing))
        thing = place.thing[at]
        targets = [
            other
            for other in self.lists
            if other.thing is not place.thing
            and _role_in(other) == role
            and not _holds(thing, other.owner)
            and _key_of(thing) not in _keys_in(other)
            and (role != "row" or _cells(other) == len(thing.cells))
        ]
        if targets:
            target = n.pick(targets)
            to = n.below(len(target.thing) + 1)
            # By a name: after pop(), an expression with an index may mean something else.
            yield f"moved = {target.expression}"
            yield f"moved.insert({to}, {place.expression}.pop({at}))"
            yield "del moved"

    def _swap(self, n: Numbers) -> Iterator[str]:
        chosen = self._control_list(n, 1)
        if chosen is None:
            return
        place, role = chosen
        at = n.below(len(place.thing))
        thing = place.thing[at]
        others = [
            (other, index)
            for other in self.lists
            if other.thing is not place.thing and _role_in(other) == role
            for index, part in enumerate(other.thing)
            if not _holds(thing, part) and not _holds(part, thing)
            if _key_of(part) not in _keys_in(place) and _key_of(thing) not in _keys_in(other)
            if role != "row" or len(part.cells) == len(thing.cells)
        ]
        if others and role not in {"tab bar", "tab view"}:
            other, index = n.pick(others)
            one, two = f"{place.expression}[{at}]", f"{other.expression}[{index}]"
            yield f"{one}, {two} = {two}, {one}"

    def _key(self, n: Numbers) -> Iterator[str]:
        chosen = self._control_list(n, 1)
        if chosen is not None and chosen[1] == "control":
            place = chosen[0]
            index = n.below(len(place.thing))
            if "_frozen" not in vars(place.thing[index]):
                key = self._fresh_key(place, n) or "None"
                if key != "None" and n.below(4) == 3:
                    key = f"ft.ValueKey({key})"
                yield f"{place.expression}[{index}].key = {key}"

    def _rebuild(self, n: Numbers) -> Iterator[str]:
        """Put a new control of the same class and key in the place of a keyed one."""
        if self._palette is HOOKED:
            return  # what flet takes over so, nobody may change any more; but it goes on calling before_update() of it
        keyed = [
            (place, index)
            for place in self.lists
            if _role_in(place) == "control"
            for index, part in enumerate(place.thing)
            if _key_of(part) is not None
            and _kind_name(part) is not None
            # Flet mixes up the numbers of what is taken over in an isolated control if another one is updated.
            and not place.owner.is_isolated()
        ]
        if not keyed:
            yield from self._key(n)
            return
        place, index = n.pick(keyed)
        old = place.thing[index]
        # Flet compares the new one with what the old one is, not with what it has sent of it: that it has been sent
        # all is part of the program.
        yield f"{self._updating(place.owner)}.update()"
        index = next((at for at, part in enumerate(place.thing) if part is old), -1)
        if index < 0:  # a hook has changed the list
            return
        kind = _kind_name(old) or ""
        self._budget = 8
        new = self._make_kind(kind, n, 1, key=repr(_key_of(old)), noting=isinstance(old, Noted))
        yield f"{place.expression}[{index}] = {new}"
        # The new one goes by the old one's number from now on: the old one must not come back.
        dead = [name for name, thing in self._names.items() if name[0] == "c" and _holds(old, thing)]
        if dead:
            yield f"del {', '.join(dead)}"

    def _content(self, n: Numbers) -> Iterator[str]:
        """Change what a control has in a property: a control, a string, nothing."""
        slots = [
            (place, part, role[:-1], role[-1])
            for place in self.controls
            if (kind := _kind_of(place.thing)) is not None
            for part, role in kind.parts.items()
            if role[-1] in "?|&!"
        ]
        if not slots:
            return
        place, part, role, how = n.pick(slots)
        target = f"{place.expression}.{part}"
        loose = [
            other for other in self.loose if _role_of(other.thing) == role and not _holds(other.thing, place.thing)
        ]
        choices = ["new", *["none"] * (how in "?&"), *["text"] * (how in "|&"), *["loose"] * bool(loose)]
        choice = n.pick(choices)
        if choice == "new":
            yield f"{target} = {self._new(role, n)}"
        elif choice == "loose":
            yield f"{target} = {n.pick(loose).expression}"
        else:
            yield f"{target} = {'None' if choice == 'none' else n.pick(TEXTS)}"

    def _part(self, n: Numbers) -> Iterator[str]:
        """Move what is in a property into a list."""
        slots = [
            place
            for place in self._attached
            if place.field in {"content", "title", "leading", "trailing"} and _role_of(place.thing) == "control"
            if (kind := _kind_of(place.owner)) is not None and kind.parts.get(place.field, "!")[-1] in "?&"
        ]
        if slots:
            place = n.pick(slots)
            targets = [
                other for other in self.lists if _role_in(other) == "control" and not _holds(place.thing, other.owner)
            ]
            owner = next((other for other in self.controls if other.thing is place.owner), None)
            targets = [other for other in targets if _key_of(place.thing) not in _keys_in(other)]
            if targets and owner is not None:
                yield f"moved = {owner.expression}.{place.field}"
                yield f"{owner.expression}.{place.field} = None"
                yield f"{n.pick(targets).expression}.append(moved)"
                yield "del moved"

    def _entry(self, n: Numbers) -> Iterator[str]:
        """Change a dictionary."""
        dicts = [place for place in self.dicts if _entries(place) is not None]
        if not dicts:
            return
        place = n.pick(dicts)
        keys, values = _entries(place) or ((), ())
        how = n.below(4)
        if keys is STATES:
            one, other = n.pick(values), n.pick(values)
            choices = (f"[{n.pick(keys)}] = {one}", f" = {_by_state(one, other)}", ".clear()")
            yield f"{place.expression}{choices[how % 3 if place.thing else 1]}"
        elif how == 0 or not place.thing:
            key = n.pick(keys)
            value = n.pick(values) if values else self._new("control", n)
            yield f"{place.expression}[{key}] = {value}"
        elif how == 1:
            yield f"del {place.expression}[{_source(n.pick(list(place.thing)))}]"
        elif how == 2 and values:
            pairs = {n.pick(keys): n.pick(values) for _ in range(n.below(3))}
            yield f"{place.expression} = {{{', '.join(f'{key}: {value}' for key, value in pairs.items())}}}"
        elif how == 3:
            yield f"{place.expression}.clear()"

    def _plain(self, n: Numbers) -> Iterator[str]:
        """Change a list of strings, numbers or values."""
        lists = [place for place in self.lists if place.field in PLAIN_LISTS and not isinstance(place.owner, ft.Page)]
        if not lists:
            return
        place = n.pick(lists)
        it, items, length = place.expression, PLAIN_LISTS[place.field], len(place.thing)
        if place.field == "grid" and "[" in it:
            items = NUMBERS
        how = n.below(6) if length else 0
        if how == 0:
            yield f"{it}.append({n.pick(items)})"
        elif how == 1:
            yield f"{it}.insert({n.below(length + 1)}, {n.pick(items)})"
        elif how == 2:
            yield f"{it}.pop({n.below(length)})"
        elif how == 3:
            yield f"{it}[{n.below(length)}] = {n.pick(items)}"
        elif how == 4:
            yield f"{it}.reverse()"
        else:
            yield f"{it} = [{', '.join(n.pick(items) for _ in range(n.below(4)))}]"

    def _page(self, n: Numbers) -> Iterator[str]:
        name = n.pick(list(PAGE))
        yield f"page.{name} = {n.pick(PAGE[name])}"

    def _view(self, n: Numbers) -> Iterator[str]:
        views = self._names["page"].views
        if n.below(2) and len(views) > 1:
            yield "page.views.pop()"
        elif len(views) < 4:
            yield f"page.views.append({self._new('view', n)})"

    def _table(self, n: Numbers) -> Iterator[str]:
        """Add a column to a table or take one away, with its cells."""
        tables = [place for place in self.controls if type(place.thing).__name__ == "DataTable"]
        if not tables:
            return
        place = n.pick(tables)
        table, it = place.thing, place.expression
        if any("_frozen" in vars(row) for row in table.rows):
            return
        if n.below(2) and len(table.columns) > 1:
            at = n.below(len(table.columns))
            yield f"{it}.columns.pop({at})"
            for index in range(len(table.rows)):
                yield f"{it}.rows[{index}].cells.pop({at})"
        else:
            yield f"{it}.columns.append({self._new('column', n)})"
            for index in range(len(table.rows)):
                yield f"{it}.rows[{index}].cells.append({self._new('cell', n)})"

    def _add(self, n: Numbers) -> Iterator[str]:
        """Use the page's methods that update."""
        count = len(self._names["page"].controls)
        yield n.pick(
            (
                f"page.add({self._new('control', n)})",
                f"page.insert({n.below(count + 1)}, {self._new('control', n)})",
                f"page.remove_at({n.below(count)})" if count else "page.update()",
                "page.clean()",
            )
        )

    def _update(self, n: Numbers) -> Iterator[str]:
        yield "page.update()"

    def _update_one(self, n: Numbers) -> Iterator[str]:
        if places := self._known_to_client(self._attached):
            yield f"{n.pick(places).expression}.update()"

    def _update_some(self, n: Numbers) -> Iterator[str]:
        if places := self._known_to_client(self._attached):
            yield f"page.update({', '.join(n.pick(places).expression for _ in range(1 + n.below(3)))})"

    def _attach(self, n: Numbers) -> Iterator[str]:
        yield "attach()"

    def _sent(self, n: Numbers) -> Iterator[str]:
        """Let the client change a property, as a text field does."""
        places = [place for place in self._known_to_client(self._attached) if _kind_name(place.thing) in SENT]
        if places:
            place = n.pick(places)
            name, values = SENT[_kind_name(place.thing) or ""]
            yield f"sent({place.expression}, {{{name!r}: {n.pick(values)!r}}})"

    def _event(self, n: Numbers) -> Iterator[str]:
        """Fire an event; what its handler does is written when it runs."""
        places = [place for place in self._known_to_client(self._attached) if _kind_name(place.thing) in EVENTS]
        if places:
            place = n.pick(places)
            yield f"event({place.expression}, {EVENTS[_kind_name(place.thing) or '']!r})"

    def handled(self, n: Numbers) -> Iterator[str]:
        """Write what a handler does."""
        for _ in range(n.below(4)):
            step = n.pick((*CHANGES, "update", "update one"))
            self.look()
            yield from self.statements(step, n)

    def _dialog(self, n: Numbers) -> Iterator[str]:
        loose = [place.expression for place in self.loose if _role_of(place.thing) == "dialog"]
        yield f"page.show_dialog({n.pick([self._new('dialog', n), *loose])})"

    def _pop_dialog(self, n: Numbers) -> Iterator[str]:
        yield "page.pop_dialog()"

    def _dismiss(self, n: Numbers) -> Iterator[str]:
        shown = {id(dialog) for dialog in self._names["page"]._dialogs.controls}
        dialogs = [place for place in self.controls if id(place.thing) in shown]
        if dialogs:
            yield f"event({n.pick(dialogs).expression}, 'dismiss')"

    def _service(self, n: Numbers) -> Iterator[str]:
        self._count += 1
        yield f"s{self._count} = {n.pick(SERVICES)}"

    def _drop_service(self, n: Numbers) -> Iterator[str]:
        services = [name for name in self._names if name[0] == "s" and name[1:].isdigit()]
        if services:
            yield f"del {n.pick(services)}"
            # Flet counts who holds a service, and its own garbage does.
            yield "gc.collect()"

    def flush(self) -> Iterator[str]:
        """Write what sends everything that has not been sent yet."""
        yield "page.update()"
        self.look()
        for place in self._known_to_client(self._attached):
            if place.thing.is_isolated():
                yield f"{place.expression}.update()"


# -- what controls are -----------------------------------------------------------------------------------

FIXED = {"column", "cell", "tab bar", "tab view", "destination"}
"""What there must be as many of as of something else."""
NEVER_RESET = {"key", "label", "content", "title", "icon", "text", "on_dismiss", "open"}
LIST_ROLES = {
    "shapes": "shape",
    "tabs": "tab",
    "columns": "column",
    "rows": "row",
    "cells": "cell",
    "options": "option",
}
LIST_ROLES |= {"spans": "span", "controls": "control", "actions": "control", "views": "view"}
LIST_ROLES |= {"destinations": "destination"}


def _kind_name(thing: Any) -> str | None:
    name = type(thing).__name__
    name = {
        "FloatingActionButton": "Action",
        "NavigationDrawer": "Drawer",
        "NavigationBarDestination": "Destination",
    }.get(name, name)
    return name if name in KINDS else None


def _kind_of(thing: Any) -> Kind | None:
    name = _kind_name(thing)
    return None if name is None else KINDS[name]


def _role_of(thing: Any) -> str:
    kind = _kind_of(thing)
    return "" if kind is None else kind.role


def _role_in(place: Place) -> str | None:
    """Say what may be in a list; None if it holds no controls, or holds them in a way of its own."""
    role = LIST_ROLES.get(place.field)
    if place.expression.endswith("]") or role is None:
        return None
    if place.thing and any(_role_of(part) != role for part in place.thing):
        return None  # the column with the parts of tabs
    if role == "destination" and type(place.owner).__name__ == "NavigationRail":
        return None
    return role


def _target(place: Place) -> str:
    """Write where a new list goes."""
    return "page.overlay[:]" if place.expression == "page.overlay" else place.expression


def _cells(place: Place) -> int:
    """Return how many cells a row in this list has."""
    return len(place.owner.columns) if place.field == "rows" else 1


def _key_of(thing: Any) -> Any:
    key = getattr(thing, "key", None)
    return getattr(key, "value", key)


def _keys_in(place: Place) -> set[Any]:
    """Return the keys in a list, and those of controls that were in it when it was last sent.

    Where a key is that of one control in the list as it was sent, and of another in the list as it is, flet takes the
    second for the first, built anew. That is for `rebuild` to try; elsewhere the first would still be around.
    """
    sent = getattr(place.owner, "__prev_lists", {}).get(place.field, ())
    return {_key_of(part) for part in (*place.thing, *sent)} - {None}


def _holds(thing: Any, part: Any) -> bool:
    """Tell whether `part` is `thing` or somewhere in it."""
    if thing is part:
        return True
    if isinstance(thing, list):
        return any(_holds(inner, part) for inner in thing)
    if isinstance(thing, dict):
        return any(_holds(inner, part) for inner in thing.values())
    if dataclasses.is_dataclass(thing):
        return any(_holds(inner, part) for _, inner in _parts(thing))
    return False


def _collect(thing: Any, found: set[int]) -> None:
    """Add what there is in something."""
    if isinstance(thing, list):
        for part in thing:
            _collect(part, found)
    elif isinstance(thing, dict):
        for part in thing.values():
            _collect(part, found)
    elif dataclasses.is_dataclass(thing) and id(thing) not in found:
        found.add(id(thing))
        for _, part in _parts(thing):
            _collect(part, found)


def _parts(thing: Any) -> list[tuple[str, Any]]:
    """Return what there may be something in, in an order that is the same in every run."""
    values = getattr(thing, "_values", None)
    if values is None:
        return [(field.name, getattr(thing, field.name)) for field in dataclasses.fields(thing)]
    structural = sorted(name for name in type(thing)._structural_fields if not name.startswith("_"))
    return [*values.items(), *((name, getattr(thing, name)) for name in structural)]


def _has_default(thing: Any, name: str) -> bool:
    defaults = type(thing)._prop_defaults
    return name in defaults and (defaults[name] is None or isinstance(defaults[name], str | int | float))


def _may_have(thing: Any, name: str, *, like: Any) -> bool:
    """Tell whether a property may have the values that another control has in that of the same name."""
    one, other = _kind_of(thing), _kind_of(like)
    return one is not None and other is not None and one.settable.get(name, 1) is other.settable.get(name, 2)


def _source(key: Any) -> str:
    return f"ft.{key}" if isinstance(key, ft.ControlState) else repr(key)


def _entries(place: Place) -> tuple[Sequence[str], Sequence[str]] | None:
    """Return keys and values that may be in a dictionary; no values for one of controls."""
    return ENTRIES.get(place.field)
