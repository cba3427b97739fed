"""``%flet`` and ``%%flet``."""

from __future__ import annotations

import ast
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.core.magic_arguments import MagicArgumentParser
from IPython.utils.process import arg_split  # type: ignore[attr-defined]

from flet_jupyter.core.find import FoundApp, app_in_file, app_in_namespace, as_app, capturing
from flet_jupyter.exceptions import BadOption
from flet_jupyter.notebook.cells import shown
from flet_jupyter.notebook.modes import BROWSER_TAB, PANEL_MODES, panel_mode
from flet_jupyter.notebook.runtime import check_size
from flet_jupyter.notebook.show import start_and_show
from flet_jupyter.notebook.state import kernel_runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["FletMagics"]


class _Parser(MagicArgumentParser):
    """An argument parser whose complaint is one sentence, in the cell."""

    def error(self, message: str) -> NoReturn:
        raise BadOption(f"%flet: {message[:1].lower()}{message[1:]}. See %flet? for the options.")


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadOption(f"%flet: {text!r} is no size; give a number of pixels, such as --height 300.") from None


def _parser() -> _Parser:
    parser = _Parser(prog="%flet", add_help=False)  # type: ignore[no-untyped-call]
    parser.add_argument("app", nargs="?", help="an app function, a control, or the path of an app file")
    parser.add_argument("--height", type=_integer, help="height of the view in pixels; automatic if not given")
    parser.add_argument("--width", type=_integer, help="width of the view in pixels; the output's width if not given")
    parser.add_argument("--name", help="what --list and --close call the app")
    parser.add_argument(
        "--panel", nargs="?", const=True, metavar="MODE", help="show it in a panel; where, as in --panel split-right"
    )
    parser.add_argument("--browser", action="store_true", help="show it in a tab of the browser")
    parser.add_argument("--list", action="store_true", help="list the apps that are live in this kernel")
    parser.add_argument("--close", nargs="?", const="", metavar="NAME", help="close the app NAME")
    parser.add_argument("--all", action="store_true", help="with --close: close every app")
    return parser


@magics_class
class FletMagics(Magics):
    """The magics, registered by ``%load_ext flet_jupyter``."""

    @property
    def _shell(self) -> InteractiveShell:
        shell = self.shell
        if shell is None:
            raise RuntimeError("the magics were registered without a shell")
        return shell

    @line_cell_magic
    def flet(self, line: str, cell: str | None = None) -> None:
        """Show Flet apps in this notebook.

        As a line::

            %flet main                    show the app function (or control) named main
            %flet path/to/app.py          run an app file, with its own folder for imports and assets
            %flet --list                  list the live apps of this kernel
            %flet --close NAME            close one
            %flet --close --all           close all

        As the first line of a cell::

            %%flet                        run the cell and show the app it defines:
            %%flet --height 300           what it passes to ft.run(), else its function main(page),
                                          else its last expression, a control or a function

        Options:

            --height PIXELS   height of the view; without it the view is as high as its content,
                              within bounds, or 400 pixels. The lower edge can be dragged.
            --width PIXELS    width of the view; the output's width without it
            --name NAME       what --list and --close call the app
            --panel [MODE]    show it in a panel of JupyterLab: split-right (what --panel alone means),
                              split-left, split-top, split-bottom, tab-after or tab-before.
                              Jupyter Notebook shows it at its right side, and what has no panels in the cell.
            --browser         show it in a tab of the browser

        "Open in Panel" and "Move to Panel" in the corner of a view, and in its context menu, do it later; the app
        keeps its state. The app stays live while other cells run. It ends when its cell is run again, when it is
        closed, or with the kernel. What it prints and the tracebacks of its handlers appear below it.
        """
        __tracebackhide__ = True  # IPython leaves out frames that say so
        options = _parser().parse_args(_split(line))
        check_size("height", options.height)
        check_size("width", options.width)
        _settle_place(options, in_cell=cell is not None)
        runtime = kernel_runtime()
        if cell is not None:
            if options.app or options.list or options.close is not None or options.all:
                raise BadOption(
                    "%%flet shows the app that its cell defines; "
                    "it takes only --height, --width, --name, --panel and --browser."
                )
            self._show(self._run_cell(cell), options)
        elif options.list:
            self._list()
        elif options.close is not None:
            self._close(options.close or options.app or "", everything=options.all)
        elif options.all:
            raise BadOption("%flet: --all goes with --close: %flet --close --all")
        elif options.app:
            self._show(self._named(options.app), options)
        elif runtime.apps:
            self._list()
        else:
            raise BadOption(
                "%flet: say what to show, as in '%flet main' or '%flet path/to/app.py'. See %flet? for help."
            )

    def _show(self, app: FoundApp, options: Any) -> None:
        __tracebackhide__ = True  # IPython leaves out frames that say so
        start_and_show(app, height=options.height, width=options.width, name=options.name, panel=options.panel)

    def _run_cell(self, cell: str) -> FoundApp:
        shell = self._shell
        if shell.should_run_async(cell, transformed_cell=shell.transform_cell(cell)):
            raise BadOption(
                "%%flet cannot run a cell with a top-level await. Use ft.run(main), which does not block, "
                "or leave %%flet out and write 'await ft.run_async(main)'."
            )
        with capturing() as found, _results_of(shell) as results:
            outcome = shell.run_cell(cell, store_history=False)
        if not outcome.success:
            raise shown(shell)
        transformed = shell.transform_cell(cell)
        return app_in_namespace(found, shell.user_ns, results[-1] if results else None, _defined(transformed))

    def _named(self, text: str) -> FoundApp:
        if text.isidentifier() or _is_expression(text, self._shell.user_ns):
            try:
                return as_app(self._shell.ev(text))
            except NameError:
                pass
        if text.endswith(".py") or Path(text).expanduser().exists():
            return app_in_file(text)
        raise BadOption(f"%flet: there is no variable and no app file {text!r}.")

    def _list(self) -> None:
        apps = list(kernel_runtime().apps.values())
        if not apps:
            print("No Flet app is live in this kernel.")
            return
        width = max(len(app.name) for app in apps)
        for app in apps:
            print(f"{app.name:<{width}}  {app.state:<12}  cell [{app.cell.number}]")

    def _close(self, name: str, *, everything: bool) -> None:
        runtime = kernel_runtime()
        if everything:
            count = runtime.close_all()
            print(f"Closed {count} Flet app{'' if count == 1 else 's'}.")
            return
        app = runtime.apps.get(name)
        if app is None:
            known = ", ".join(runtime.apps) or "none is live"
            raise BadOption(
                f"%flet: there is no live app {name!r} (live: {known})."
                if name
                else "%flet: say which app to close, as in '%flet --close NAME', or --all."
            )
        app.close()


def _settle_place(options: Any, *, in_cell: bool) -> None:
    """Have ``options.panel`` say where the app is to be shown."""
    if isinstance(options.panel, str) and options.app is None and options.panel not in PANEL_MODES and not in_cell:
        # "%flet --panel main": the parser took the app for the mode.
        options.app, options.panel = options.panel, True
    if options.browser and options.panel:
        raise BadOption("%flet: give --panel or --browser, not both.")
    options.panel = panel_mode(BROWSER_TAB if options.browser else options.panel)


def _split(line: str) -> list[str]:
    try:
        # IPython's own, which knows that Windows paths have backslashes.
        return list(arg_split(line, posix=os.name == "posix"))
    except ValueError as error:
        raise BadOption(f"%flet: {error}.") from None


def _is_expression(text: str, namespace: dict[str, Any]) -> bool:
    """Tell whether `text` is Python about a variable that exists: ``apps.counter`` but not ``apps/counter.py``."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return bool(names) and all(name in namespace for name in names)


def _defined(source: str) -> set[str]:
    """Return the names of the functions that a cell defines or assigns at its top level."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
    return names


@contextlib.contextmanager
def _results_of(shell: InteractiveShell) -> Iterator[list[Any]]:
    """Catch the value of the cell's last expression instead of displaying it."""
    results: list[Any] = []
    hook = type(shell.displayhook)
    display = hook.__call__

    def catch(_hook: Any, result: Any = None) -> None:
        if result is not None:
            results.append(result)

    hook.__call__ = catch  # type: ignore[method-assign]
    try:
        yield results
    finally:
        hook.__call__ = display  # type: ignore[method-assign]
