"""IPython in this process, with a page that shows what cells display."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import comm
import flet as ft
import pytest
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from flet_jupyter.notebook.state import kernel_runtime
from tests.notebook.front_end import PATIENCE, FrontEnd, forget_comms


class Publisher(DisplayPublisher):
    """Gives the page what a cell displays."""

    front_end: FrontEnd

    def publish(self, data: dict[str, Any], *_: Any, **__: Any) -> None:
        self.front_end.displayed(data)


class Kernel:
    """As much of ipykernel as tells which cell is running."""

    def __init__(self) -> None:
        self.parent: dict[str, Any] = {}

    def get_parent(self, channel: str) -> dict[str, Any]:
        assert channel == "shell"
        return self.parent


class Notebook:
    """Cells to be run, and the page that shows them."""

    def __init__(self, shell: Any, front_end: FrontEnd, capture: pytest.CaptureFixture[str]) -> None:
        self.shell = shell
        self.front_end = front_end
        self._capture = capture
        self._runs = itertools.count(1)
        self.stdout = self.stderr = ""
        self.loads = False

    def _load(self) -> None:
        # Not in the fixture: between it and the test, pytest puts its own streams back.
        manager = self.shell.extension_manager
        if self.loads and "flet_jupyter" not in manager.loaded:
            manager.load_extension("flet_jupyter")

    def run(self, source: str, cell: str = "", **names: Any) -> Any:
        """Run a cell and return its result; `cell` is its id, a fresh one by default."""
        self._load()
        run = next(self._runs)
        self.shell.user_ns.update(names)
        self.shell.kernel.parent = {"header": {"msg_id": f"run-{run}"}, "metadata": {"cellId": cell or f"cell-{run}"}}
        self._capture.readouterr()
        result = self.shell.run_cell(source, store_history=True)
        self.stdout, self.stderr = self._capture.readouterr()
        return result

    def good(self, source: str, cell: str = "", **names: Any) -> Any:
        """Run a cell that raises nothing."""
        result = self.run(source, cell, **names)
        result.raise_error()
        return result

    @property
    def view(self) -> Any:
        return self.front_end.view()

    @property
    def apps(self) -> dict[str, Any]:
        return kernel_runtime().apps


@pytest.fixture
def front_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[FrontEnd]:
    page = FrontEnd()
    monkeypatch.setattr(comm, "create_comm", page.create_comm)
    yield page
    forget_comms()
    page.stop()


@pytest.fixture
def bare_notebook(front_end: FrontEnd, capsys: pytest.CaptureFixture[str]) -> Iterator[Notebook]:
    """A notebook in which the extension is not loaded."""
    InteractiveShell.clear_instance()
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell: Any = InteractiveShell.instance(config=config, display_pub_class=Publisher)
    shell.display_pub.front_end = front_end
    shell.kernel = Kernel()
    shell.user_ns["ft"] = ft
    kernel_runtime.cache_clear()
    yield Notebook(shell, front_end, capsys)
    runtime = kernel_runtime()
    runtime.close_all()
    if runtime._core is not None:
        loop = runtime._core.loop
        loop.call_soon_threadsafe(loop.stop)
    kernel_runtime.cache_clear()
    InteractiveShell.clear_instance()


@pytest.fixture
def notebook(bare_notebook: Notebook) -> Iterator[Notebook]:
    """A notebook after ``%load_ext flet_jupyter``."""
    bare_notebook.loads = True
    yield bare_notebook
    bare_notebook.shell.extension_manager.unload_extension("flet_jupyter")


__all__ = ["PATIENCE"]
