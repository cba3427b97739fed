"""A site of static notebooks, built by JupyterLite and served as files, in a browser that reaches nothing else."""

from __future__ import annotations

import base64
import functools
import http.server
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from tests.browser.jupyter import LOAD_TIMEOUT, notebook_of
from tests.browser.panels import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Page

_PYODIDE: Final = Path(sys.prefix, "pyodide")
_PREFIX: Final = "/some/site/"
"""Where the site is on its host, as project pages are."""

_SETTINGS: Final = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "exposeAppInBrowser": True,
        "litePluginSettings": {
            "@jupyterlite/pyodide-kernel-extension:kernel": {
                "pyodideUrl": "./static/pyodide/pyodide.mjs",
                # What is not in the site is nowhere.
                "disablePyPIFallback": True,
            }
        },
    },
}


PICTURE: Final = """\
import flet as ft


def main(page: ft.Page):
    page.padding = page.spacing = 0
    page.add(ft.Image(src="red.png", width=100, height=100))


ft.run(main)
"""


def contents(folder: Path) -> None:
    """Write what a site is built with: an app with a picture, in a folder with a space in its name."""
    app = folder / "my gallery"
    (app / "assets").mkdir(parents=True)
    (app / "picture.py").write_text(PICTURE)
    Image.new("RGB", (10, 10), (200, 30, 30)).save(app / "assets" / "red.png")


def build_site(folder: Path) -> Path:
    """Build a site with what :func:`contents` writes, as its owner would who has no network; return its folder."""
    assert _PYODIDE.is_dir(), "Pyodide is missing: make .venv/.pyodide"
    source, site = folder / "source", folder / "site"
    shutil.copytree(_PYODIDE / "core", source / "static" / "pyodide")
    shutil.copytree(_PYODIDE / "pypi", source / "pypi")
    (source / "jupyter-lite.json").write_text(json.dumps(_SETTINGS))
    contents(source / "files")
    lite = _PYODIDE / "lite"
    command = [
        sys.executable, "-m", "jupyterlite_core.app", "build", "--lite-dir", source, "--output-dir", site,
        f"--FederatedExtensionAddon.extra_labextensions_path={lite / 'share' / 'jupyter' / 'labextensions'}",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(lite)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return site


class _Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map: Final = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix(_PREFIX.rstrip("/")) if path.startswith(_PREFIX) else "/none")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
        pass


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a site's files; give its address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{_PREFIX}"
        finally:
            server.shutdown()
            thread.join()


class LiteLab(Lab):
    """A page with JupyterLite, and a folder of its own among the browser's files.

    Parameters
    ----------
    page : playwright.sync_api.Page
        The browser's page.
    url : str
        The site's address.
    folder : str
        The folder's path.
    """

    def __init__(self, page: Page, url: str, folder: str) -> None:
        self.page = page
        self.url = url
        self.folder = folder
        self._listen()

    def load(self) -> None:
        """Load the site with nothing open, and make the folder."""
        self.page.goto(f"{self.url}lab/index.html?reset", timeout=LOAD_TIMEOUT)
        self.wait_ready()
        self._save(self.folder, type="directory")

    def write(self, name: str, source: str) -> str:
        """Write a file as an editor does; return its path."""
        path = f"{self.folder}/{name}"
        self._save(path, type="file", format="text", content=source)
        return path

    def write_picture(self, name: str) -> None:
        """Write a picture, as an upload in the file browser does, and the folder that it is in."""
        self._save(f"{self.folder}/{name.rpartition('/')[0]}", type="directory")
        file = io.BytesIO()
        Image.new("RGB", (10, 10), (200, 30, 30)).save(file, "png")
        content = base64.b64encode(file.getvalue()).decode()
        self._save(f"{self.folder}/{name}", type="file", format="base64", content=content)

    def write_notebook(self, name: str, cells: Sequence[str]) -> str:
        """Write a notebook with these code cells; return its path."""
        path = f"{self.folder}/{name}"
        self._save(path, type="notebook", format="json", content=notebook_of(cells, "python"))
        return path

    def _save(self, path: str, **model: Any) -> None:
        self.page.evaluate(
            "([path, model]) => window.jupyterapp.serviceManager.contents.save(path, model).then(() => {})",
            [path, {"path": path, "name": path.rpartition("/")[2], **model}],
        )

    def reload(self) -> None:
        """Load the page anew, when the browser has kept what is open."""
        self.page.wait_for_function(
            """async count => {
                const {workspaces} = window.jupyterapp.serviceManager;
                const {data} = await workspaces.fetch('default').catch(() => ({data: {}}));
                return Object.keys(data).filter(key => key.startsWith('flet:')).length === count
                    && JSON.stringify(data['layout-restorer:data']?.main ?? '').includes('flet:');
            }""",
            arg=len(self.panels()),
        )
        self.page.reload(timeout=LOAD_TIMEOUT)
        self.wait_ready()

    def sessions(self) -> list[dict[str, Any]]:
        """Return the sessions in this folder."""
        sessions: list[dict[str, Any]] = self.page.evaluate(
            """async folder => {
                const {sessions} = window.jupyterapp.serviceManager;
                await sessions.refreshRunning();
                return [...sessions.running()].filter(({path}) => path.startsWith(`${folder}/`));
            }""",
            self.folder,
        )
        return sessions
