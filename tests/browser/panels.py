"""JupyterLab with Flet apps in panels, as somebody with mouse and keyboard sees it."""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError
from urllib.parse import quote

from playwright.sync_api import expect

from tests.browser.jupyter import LOAD_TIMEOUT, enable_semantics, expect_state, write_notebook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Locator, Page

    from tests.browser.jupyter import JupyterServer

__all__ = ["COUNTER", "SOCKETS", "Lab", "Panel", "counter"]

_ROOT: Final = Path(__file__).parents[2]

COUNTER: Final = """\
import flet as ft

pages = []
events = []


def main(page: ft.Page):
    page.title = "Counter"
    pages.append(page)
    page.on_keyboard_event = lambda e: events.append(e.key)
    count = ft.Text("0", size=40)

    def add(e):
        count.value = str(int(count.value) + 1)

    page.add(ft.Text("version 1"), count, ft.FilledButton("Add", on_click=add), ft.TextField(label="Name"))


ft.run(main)
"""


def counter(version: int = 1) -> str:
    """Return a version of the counter that says which one it is."""
    return COUNTER.replace("version 1", f"version {version}")


SOCKETS: Final = """
    window.socketsOfTest = new Set();
    window.isCutOff = false;
    window.WebSocket = class extends WebSocket {
        constructor(url, protocols) {
            super(window.isCutOff ? 'ws://127.0.0.1:1/' : url, protocols);
            window.socketsOfTest.add(this);
            this.addEventListener('close', () => window.socketsOfTest.delete(this));
        }
    };
"""
"""A page's script by which a test can close the page's connections to the server."""

# Performance hints of the software renderer; what the server itself says to requests, which have their own tests; and
# JupyterLab, which reports each connection that ends.
_HARMLESS: Final = re.compile(
    r"GL Driver Message|GPU stall|Failed to load resource|Connection lost, reconnecting"
    r"|WebSocket connection to|WebSocket is already in CLOSING"
    # The widgets of a notebook that runs for a panel have no place in the page.
    r"|Exception opening new comm|Object 'jupyter.widget' not found in registry"
    # What the kernel closes of the panels' comms, of which the connection knows nothing.
    r"|Comm not found for comm id"
    # Notebook's settings, with and without extensions.
    r"|Cannot read properties of undefined \(reading 'schema'\)"
    # Notebook's list of files, when it is shown again before all of a slow page is there.
    r"|Command 'filebrowser:open-path' not registered"
    # An editor of JupyterLab's that is closed while one of its timers runs.
    r"|Cannot read properties of null \(reading 'promise'\)"
)

# Of all widgets in the main area, those that show an app's file.
_PANELS: Final = """
    [...window.jupyterapp.shell.widgets('main')]
        .filter(({context, node}) => context && node.querySelector('.jp-FletPanel'))
"""

_KERNEL: Final = """
    const {sessions, kernels} = window.jupyterapp.serviceManager;
    await sessions.refreshRunning();
    const wanted = await sessions.findByPath(path);
    if (!wanted?.kernel) throw new Error(`no kernel for ${path}`);
    const kernel = kernels.connectTo({model: wanted.kernel, handleComms: false});
"""


class Lab:
    """A page with JupyterLab, or Notebook, and a folder of the server to work in.

    Parameters
    ----------
    page : playwright.sync_api.Page
        The browser's page.
    server : JupyterServer
        The server it is on.
    folder : str
        The folder's path on the server; made if it is missing.
    workspace : str
        The name of the page's workspace: where its layout is kept.

    Attributes
    ----------
    wrong : list of str
        Errors in the page's console.
    """

    def __init__(self, page: Page, server: JupyterServer, folder: str, workspace: str = "panels") -> None:
        self.page = page
        self.server = server
        self.folder = folder
        self.workspace = workspace
        self.path.mkdir(parents=True, exist_ok=True)
        self._listen()

    def _listen(self) -> None:
        self.wrong: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", self._raised)

    @property
    def path(self) -> Path:
        """The folder on the disk."""
        return self.server.root / self.folder

    # -- files ---------------------------------------------------------------------------------

    def write(self, name: str, source: str) -> str:
        """Write a file; return its path on the server."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        # At once, as editors do it: nobody may see half a file.
        fresh = file.with_suffix(".fresh")
        fresh.write_text(source)
        fresh.replace(file)
        return f"{self.folder}/{name}"

    def write_notebook(self, name: str, cells: Sequence[str]) -> str:
        """Write a notebook with these code cells; return its path on the server."""
        write_notebook(self.path / name, cells)
        return f"{self.folder}/{name}"

    # -- the page ------------------------------------------------------------------------------

    def load(self) -> None:
        """Load JupyterLab with nothing open, and wait until it can be used."""
        url = f"{self.server.url}lab/workspaces/{self.workspace}?token={self.server.token}&reset"
        self.page.goto(url, timeout=LOAD_TIMEOUT)
        self.wait_ready()

    def load_notebook(self, place: str, name: str = "", query: str = "") -> None:
        """Load Notebook: its list of files (``tree``), or a file in its ``notebooks`` or ``edit``."""
        path = quote(f"{self.folder}/{name}".rstrip("/"))
        self.page.goto(f"{self.server.url}{place}/{path}?token={self.server.token}{query}", timeout=LOAD_TIMEOUT)
        self.wait_ready()

    def enter(self) -> None:
        """Load JupyterLab unless the page shows it, with nothing open."""
        if not self.page.evaluate("() => Boolean(window.jupyterapp?.shell)"):
            self.load()

    def reload(self) -> None:
        """Load the page anew, when the server knows of everything that is open."""
        self.wait_saved()
        self.page.reload(timeout=LOAD_TIMEOUT)
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until the front end has put everything in its place."""
        self.page.wait_for_function("() => window.jupyterapp?.restored", timeout=LOAD_TIMEOUT)
        self.page.evaluate("() => window.jupyterapp.restored")

    def wait_saved(self) -> None:
        """Wait until the server knows which panels are open, and where."""
        paths = self.panels()
        for _ in range(200):
            data = self.server.request(f"lab/api/workspaces/{self.workspace}")["data"]
            if {key.removeprefix("flet:") for key in data if key.startswith("flet:")} == set(paths):
                layout = json.dumps(data.get("layout-restorer:data", {}).get("main", {}).get("dock"))
                if layout.count('"flet:') == len(paths):  # by their names before they were renamed, perhaps
                    return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"JupyterLab has not saved that {paths} are open")

    def command(self, name: str, **arguments: Any) -> None:
        """Execute a command without waiting for its end."""
        self.page.evaluate("([name, args]) => { window.jupyterapp.commands.execute(name, args); }", [name, arguments])

    def browse(self) -> None:
        """Show the folder in the file browser."""
        self.page.wait_for_function("() => window.jupyterapp.commands.hasCommand('filebrowser:open-path')")
        self.page.evaluate("path => window.jupyterapp.commands.execute('filebrowser:open-path', {path})", self.folder)

    def item(self, name: str) -> Locator:
        """Return a file in the file browser."""
        return self.page.locator(f".jp-DirListing-item[title^='Name: {name}']")

    def choose(self, *labels: str) -> None:
        """Choose in the menu that is open; all but the last label open a submenu."""
        for depth, label in enumerate(labels):
            menu = self.page.locator(".lm-Menu").nth(depth)
            item = menu.locator(".lm-Menu-item", has=self.page.get_by_text(label, exact=True)).first
            item.hover()
            if depth < len(labels) - 1:
                expect(self.page.locator(".lm-Menu")).to_have_count(depth + 2)
            else:
                item.click()

    def open_with(self, name: str) -> None:
        """Choose Open With > Flet for a file in the file browser."""
        self.item(name).click(button="right")
        self.choose("Open With", "Flet")

    def menu(self, name: str, *labels: str) -> None:
        """Choose in a menu of the menu bar."""
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{name}$")).click()
        self.choose(*labels)

    def search(self, text: str) -> Locator:
        """Search in the palette; return what it finds."""
        self.page.keyboard.press("Control+Shift+C")
        palette = self.page.locator("#modal-command-palette")
        field = palette.locator("input")
        expect(field).to_be_focused()
        field.fill(text)
        return palette.locator(".lm-CommandPalette-item")

    def palette(self, text: str) -> None:
        """Choose a command in the palette."""
        self.search(text).filter(has_text=text).first.click()

    def tab(self, label: str) -> Locator:
        """Return a tab of the main area."""
        return self.page.locator("#jp-main-dock-panel .lm-TabBar-tab", has=self.page.get_by_text(label, exact=True))

    def tabs(self) -> list[str]:
        """Return the labels of the main area's tabs."""
        labels = self.page.locator("#jp-main-dock-panel .lm-TabBar-tabLabel").all_inner_texts()
        return [label.strip() for label in labels]

    def edit(self, name: str, factory: str = "Editor") -> Locator:
        """Open a file in an editor, and return it."""
        self.command("docmanager:open", path=f"{self.folder}/{name}", factory=factory)
        editor = self.page.locator(".jp-FileEditor .cm-content:visible")
        expect(editor).to_be_visible()
        return editor

    def type_over(self, editor: Locator, source: str) -> None:
        """Replace what is in an editor, and save it."""
        editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Control+s")

    def drop_connections(self) -> None:
        """Cut the connections to kernels, and keep the page from making new ones."""
        self.page.evaluate(
            "() => { window.isCutOff = true; for (const socket of window.socketsOfTest) socket.close(4000); }"
        )

    def restore_connections(self) -> None:
        """Let the page reach the server again."""
        self.page.evaluate("() => { window.isCutOff = false; }")

    def theme(self, name: str) -> None:
        """Change the theme of the front end."""
        self.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", f"JupyterLab {name}"
        )
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=f"JupyterLab {name}")

    # -- panels --------------------------------------------------------------------------------

    def open(self, name: str, **options: Any) -> Panel:
        """Open an app's file in a panel, and wait for its app."""
        panel = self.open_any(name, **options)
        panel.wait_live()
        return panel

    def open_any(self, name: str, **options: Any) -> Panel:
        """Open an app's file in a panel, whatever comes of it."""
        path = f"{self.folder}/{name}"
        self.command("docmanager:open", path=path, factory="Flet", **({"options": options} if options else {}))
        return self.panel(name)

    def panel(self, name: str) -> Panel:
        """Wait for the panel of a file, and return it."""
        find = f"path => {_PANELS}.find(({{context}}) => context.path === path)?.id"
        found = self.page.wait_for_function(find, arg=f"{self.folder}/{name}", timeout=LOAD_TIMEOUT)
        return Panel(self, name, found.json_value())

    def panels(self) -> list[str]:
        """Return the paths of the files that are open in panels."""
        paths: list[str] = self.page.evaluate(f"() => {_PANELS}.map(({{context}}) => context.path)")
        return paths

    # -- kernels -------------------------------------------------------------------------------

    def sessions(self) -> list[dict[str, Any]]:
        """Return the server's sessions in this folder."""
        return [one for one in self.server.request("api/sessions") if one["path"].startswith(f"{self.folder}/")]

    def session(self, name: str) -> dict[str, Any]:
        """Return the session of the panels of a file."""
        [session] = [one for one in self.sessions() if one["path"] == self._session_path(name)]
        return session

    def _session_path(self, name: str) -> str:
        file = PurePosixPath(self.folder, name)
        return f"{file.parent}/./{file.name}"  # not the file's own: that is its editor's or its notebook's

    def wait_sessions(self, count: int) -> None:
        """Wait until there are so many sessions in this folder."""
        for _ in range(200):
            if len(self.sessions()) == count:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{count} sessions expected: {self.sessions()}")

    def ask(self, name: str, expression: str) -> str:
        """Return what an expression is in the kernel of a file's panels, as it would be printed."""
        result = self.page.evaluate(
            "async ([path, code]) => {"
            + _KERNEL
            + """
                try {
                    const future = kernel.requestExecute({code, store_history: false});
                    let text = '', failure = null;
                    future.onIOPub = message => {
                        if (message.header.msg_type === 'stream') text += message.content.text;
                        if (message.header.msg_type === 'error') failure = message.content.evalue;
                    };
                    await future.done;
                    return [text, failure];
                } finally {
                    kernel.dispose();
                }
            }""",
            [self._session_path(name), f"print({expression})"],
        )
        assert result[1] is None, result[1]
        return str(result[0]).strip()

    def start(self, name: str, code: str) -> None:
        """Run code in the kernel of a file's panels, without waiting for its end."""
        self.page.evaluate(
            "async ([path, code]) => {"
            + _KERNEL
            + """
                kernel.requestExecute({code, store_history: false}).done.catch(() => {}).then(() => kernel.dispose());
            }""",
            [self._session_path(name), code],
        )

    def wait_file(self, name: str) -> None:
        """Wait until a file is there, which an app writes."""
        for _ in range(200):
            if (self.path / name).exists():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"nobody has written {name}")

    def refresh_kernels(self) -> None:
        """Have the page learn of the kernels that the server offers now."""
        self.page.evaluate("() => window.jupyterapp.serviceManager.kernelspecs.refreshSpecs()")

    def wait_kernel(self, name: str, expression: str, value: str = "True") -> None:
        """Wait until an expression has a value in the kernel of a file's panels."""
        for _ in range(100):
            found = self.ask(name, expression)
            if found == value:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{expression} is {found}, not {value}")

    # -- the end -------------------------------------------------------------------------------

    def forgive(self, pattern: str) -> None:
        """Take off the list of what went wrong what has `pattern` in it."""
        self.wrong = [wrong for wrong in self.wrong if not re.search(pattern, wrong)]

    def picture(self, name: str) -> None:
        """Take a screenshot for people to look at."""
        folder = _ROOT / "test-results"
        folder.mkdir(exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png")

    def document(self, name: str) -> None:
        """Take a screenshot for the documentation, if it was asked for; else one to look at."""
        if not os.environ.get("UPDATE_SCREENSHOTS"):
            self.picture(name)
            return
        (_ROOT / "docs" / "images").mkdir(exist_ok=True)
        toggle = "application:toggle-left-area"
        is_lab = self.page.evaluate("name => window.jupyterapp.commands.isToggled(name)", toggle)
        if is_lab:
            self.page.evaluate("name => window.jupyterapp.commands.execute(name)", toggle)  # it has the test's folder
        self.page.screenshot(path=_ROOT / "docs" / "images" / f"{name}.png", animations="disabled")
        if is_lab:
            self.page.evaluate("name => window.jupyterapp.commands.execute(name)", toggle)

    def leave(self) -> None:
        """Close everything, end the folder's kernels and delete the folder."""
        self.page.evaluate(
            """() => {
                for (const widget of [...window.jupyterapp.shell.widgets('main')]) {
                    // Or it would ask whether to save.
                    if (widget.context?.model) widget.context.model.dirty = false;
                    widget.close();
                }
                return window.jupyterapp.commands.execute('filebrowser:open-path', {path: '/'});
            }"""
        )
        self.clean_up()

    def clean_up(self) -> None:
        """End the folder's kernels and delete the folder."""
        self.page.remove_listener("console", self._said)
        self.page.remove_listener("pageerror", self._raised)
        for session in self.sessions():
            with suppress(HTTPError):  # the panel may just have ended it
                self.server.request(f"api/sessions/{session['id']}", "DELETE")
        shutil.rmtree(self.path)

    def _said(self, message: Any) -> None:
        if message.type == "error" and not _HARMLESS.search(message.text):
            self.wrong.append(f"console: {message.text}")

    def _raised(self, error: Any) -> None:
        if not _HARMLESS.search(str(error)):
            self.wrong.append(f"pageerror: {getattr(error, 'stack', None) or error}")


class Panel:
    """The panel of an app's file.

    Parameters
    ----------
    lab : Lab
        Where it is.
    name : str
        The file's.
    ident : str
        The id of its widget, and of its element.
    """

    def __init__(self, lab: Lab, name: str, ident: str) -> None:
        self.lab = lab
        self.name = name
        self.ident = ident
        self.element = lab.page.locator(f"[id='{ident}']")
        self.view = self.element.locator(".flet-view")
        self.notice = self.element.locator(".jp-FletPanel-notice")
        self.output = self.element.locator(".flet-output")
        self.tab = lab.page.locator(f".lm-TabBar-tab[data-id='{ident}']")

    def wait_live(self) -> None:
        """Wait until the app is seen, and can be found by its texts."""
        expect_state(self.view, "live", timeout=LOAD_TIMEOUT)
        enable_semantics(self.lab.page)

    def shows(self, *texts: str) -> None:
        """Wait until the app shows these texts."""
        for text in texts:
            expect(self.view.get_by_text(text, exact=True)).to_be_visible()

    def press(self, name: str) -> None:
        """Press a button of the app."""
        self.view.get_by_role("button", name=name, exact=True).click()

    def count(self, to: int) -> None:
        """Press the counter's button once and wait for what it shows then."""
        self.press("Add")
        self.shows(str(to))

    def says(self, text: str) -> None:
        """Wait until the panel says something over its app or instead of it."""
        expect(self.notice).to_be_visible()
        expect(self.notice).to_contain_text(text)

    def says_nothing(self) -> None:
        """Wait until there is nothing over the app."""
        expect(self.notice).to_be_hidden()

    def do(self, action: str) -> None:
        """Press a button of what the panel says."""
        self.notice.get_by_role("button", name=action, exact=True).click()

    def tool(self, caption: str) -> Locator:
        """Return a button of the toolbar, by its caption."""
        return self.element.locator(f'.jp-Toolbar-item [title^="{caption}"]')

    def ask(self, expression: str) -> str:
        """Return what an expression is in the panel's kernel, as it would be printed."""
        return self.lab.ask(self.name, expression)

    def wait_kernel(self, expression: str, value: str = "True") -> None:
        """Wait until an expression has a value in the panel's kernel."""
        self.lab.wait_kernel(self.name, expression, value)

    def clone(self) -> Panel:
        """Open another view of the file, which is current, and wait until the app is seen there too."""
        self.lab.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:clone')")
        [other] = self.lab.page.evaluate(
            f"([path, known]) => {_PANELS}.filter(({{context, id}}) => context.path === path && id !== known)"
            ".map(({id}) => id)",
            [f"{self.lab.folder}/{self.name}", self.ident],
        )
        view = Panel(self.lab, self.name, other)
        view.wait_live()
        return view

    def close(self) -> None:
        """Close the panel as its tab's cross does."""
        self.tab.locator(".lm-TabBar-tabCloseIcon").click()
        expect(self.element).to_have_count(0)
