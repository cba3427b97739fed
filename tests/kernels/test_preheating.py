"""Kernels of panels come from a process in reserve, and are like any other."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from flet_jupyter.kernels import PanelProvisioner, Preheater, preheater

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kernels there start as ever")

PATIENCE = 60
FACTS = """
import json, os, signal, sys, threading
print(json.dumps({
    "cwd": os.getcwd(),
    "path": sys.path,
    "argv": [sys.argv[0], sys.argv[1], len(sys.argv)],
    "flags": repr(sys.flags),
    "options": sys._xoptions,
    "environment": {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"},
    "session": os.environ["JPY_SESSION_NAME"],
    "main": [__name__, sys.modules["__main__"].__name__, sorted(set(globals()))],
    "group": [os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid()],
    "threads": sorted(thread.name for thread in threading.enumerate() if not thread.name.startswith("Thread")),
    "interrupt": repr(signal.getsignal(signal.SIGINT)).split(" at ")[0],
    "input is at its end": os.read(0, 1) == b"",
}))
"""
"""What an app could tell a kernel by."""

Start = Callable[..., Awaitable["Kernel"]]


class Kernel:
    """A kernel that runs, and who talks to it."""

    def __init__(self, manager: AsyncKernelManager, client: AsyncKernelClient) -> None:
        self.manager = manager
        self._client = client

    @property
    def pid(self) -> int:
        pid: int = self.manager.provisioner.pid  # type: ignore[union-attr]
        return pid

    @property
    def was_preheated(self) -> bool:
        return "preheated.py" in " ".join(psutil.Process(self.pid).cmdline())

    async def run(self, code: str, *, fails: bool = False, prints: asyncio.Event | None = None) -> str:
        """Run code; what it printed, or the name of what it raised."""
        printed: list[str] = []

        def note(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])
                if prints is not None:
                    prints.set()

        reply = await self._client.execute_interactive(code, output_hook=note, timeout=PATIENCE)
        assert (reply["content"]["status"] == "error") == fails, reply["content"]
        return reply["content"]["ename"] if fails else "".join(printed)

    async def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(await self.run(FACTS))
        return facts

    async def ready(self) -> None:
        await self._client.wait_for_ready(timeout=PATIENCE)


@pytest.fixture
def factory() -> Iterator[None]:
    """jupyter-client's choice of a provisioner, as it is when a server starts."""
    KernelProvisionerFactory.clear_instance()
    yield
    KernelProvisionerFactory.clear_instance()
    PanelProvisioner.preheater = None


@pytest.fixture
async def reserve(factory: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Preheater]:
    """A preheater in use, which does not wait."""
    monkeypatch.setattr(preheater, "_DELAY", 0)
    reserve = Preheater(logging.getLogger(__name__))
    PanelProvisioner.use(reserve, None)
    yield reserve
    reserve.close()
    assert spares() == []


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start a kernel as the server does for a session with this name."""
    running: list[Kernel] = []

    async def start(name: str = "app.py (Flet)", **env: str) -> Kernel:
        session = str(tmp_path / "folder" / "x").removesuffix("x") + name
        folder = Path(session).parent
        folder.mkdir(parents=True, exist_ok=True)
        manager = AsyncKernelManager(kernel_name="python3", connection_file=str(tmp_path / f"{len(running)}.json"))
        await manager.start_kernel(cwd=str(folder), env={**os.environ, "JPY_SESSION_NAME": session, **env})
        client = manager.client()
        client.start_channels()
        kernel = Kernel(manager, client)
        running.append(kernel)
        await kernel.ready()
        return kernel

    yield start
    for kernel in running:
        kernel._client.stop_channels()
        await kernel.manager.shutdown_kernel(now=True)


def spares() -> list[psutil.Process]:
    """List the processes in reserve."""
    children = psutil.Process().children()
    alive = [process for process in children if process.status() != psutil.STATUS_ZOMBIE]
    return [process for process in alive if process.cmdline()[-1].endswith("preheated.py") and not is_kernel(process)]


def is_kernel(process: psutil.Process) -> bool:
    return bool(process.net_connections("tcp"))


async def spare() -> psutil.Process:
    """Wait for the process in reserve."""
    async with asyncio.timeout(PATIENCE):
        while not (found := spares()):  # noqa: ASYNC110 (nothing tells)
            await asyncio.sleep(0.01)
    (process,) = found
    return process


async def heated() -> psutil.Process:
    """Wait until the process in reserve has nothing more to do than to read its input, a pipe."""
    process = await spare()
    async with asyncio.timeout(PATIENCE):
        while "pipe_read" not in Path(f"/proc/{process.pid}/wchan").read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return process


async def test_the_second_panel_gets_the_process_that_waited(reserve: Preheater, start: Start) -> None:
    first = await start()
    assert not first.was_preheated
    waiting = await spare()
    second = await start()
    assert second.pid == waiting.pid
    assert second.was_preheated
    assert (await spare()).pid != waiting.pid


async def test_a_preheated_kernel_is_like_any_other(reserve: Preheater, start: Start) -> None:
    search = f"/somewhere{os.pathsep}"  # the end stands for the working directory
    usual = await (await start(PYTHONPATH=search)).facts()
    await spare()
    kernel = await start(PYTHONPATH=search)
    assert kernel.was_preheated
    assert await kernel.facts() == usual
    assert usual["cwd"].endswith("folder")
    assert usual["session"].endswith("folder/app.py (Flet)")


async def test_it_has_done_the_imports(reserve: Preheater, start: Start) -> None:
    imported = "import sys; print('flet_jupyter.notebook.panels' in sys.modules)"
    assert await (await start()).run(imported) == "False\n"
    await spare()
    assert await (await start()).run(imported) == "True\n"


async def test_it_is_interrupted_restarted_and_shut_down(reserve: Preheater, start: Start) -> None:
    await start()
    await spare()
    kernel = await start()
    loops = asyncio.Event()
    loop = asyncio.create_task(kernel.run("print(1, flush=True)\nwhile True: pass", fails=True, prints=loops))
    await loops.wait()
    await kernel.manager.interrupt_kernel()
    assert await loop == "KeyboardInterrupt"
    process = psutil.Process(kernel.pid)
    waiting = await spare()
    await kernel.manager.restart_kernel()
    await kernel.ready()
    assert kernel.pid not in {process.pid, waiting.pid}  # those who listen to it are to find it before it speaks
    assert not process.is_running()
    process = psutil.Process(kernel.pid)
    await kernel.manager.shutdown_kernel()
    assert not process.is_running()
    assert (await spare()).pid == waiting.pid


@pytest.mark.parametrize("name", ["app.py", "notebook.ipynb", "x (Flet)/app.py"])
async def test_others_kernels_start_as_ever(reserve: Preheater, start: Start, name: str) -> None:
    await start()
    waiting = await spare()
    assert not (await start(name)).was_preheated
    assert (await spare()).pid == waiting.pid


async def test_nobody_who_opens_no_panel_has_one(reserve: Preheater, start: Start) -> None:
    await start("notebook.ipynb")
    assert reserve._timer is None


async def test_another_environment_needs_another_process(reserve: Preheater, start: Start) -> None:
    await start()
    waiting = await spare()
    kernel = await start(SOMETHING="else")
    assert not kernel.was_preheated
    assert (await kernel.facts())["environment"]["SOMETHING"] == "else"
    assert not waiting.is_running()


@pytest.mark.parametrize("change", ["new package", "other version"])
async def test_updated_packages_are_imported_anew(
    reserve: Preheater, start: Start, tmp_path: Path, change: str
) -> None:
    packages = tmp_path / "packages"
    (packages / "flet_jupyter" / "notebook").mkdir(parents=True)
    (packages / "flet_jupyter" / "__init__.py").touch()
    (packages / "flet_jupyter" / "notebook" / "__init__.py").touch()
    extension = packages / "flet_jupyter" / "notebook" / "extension.py"
    extension.write_text("marked = 1")
    await start(PYTHONPATH=str(packages))
    waiting = await heated()
    if change == "new package":
        (packages / "another.py").touch()
    else:
        extension.write_text("marked = 2")
    kernel = await start(PYTHONPATH=str(packages))
    assert kernel.pid == waiting.pid
    assert not kernel.was_preheated  # it has started over
    marked = "1\n" if change == "new package" else "2\n"
    assert await kernel.run("from flet_jupyter.notebook.extension import marked; print(marked)") == marked
    assert (await kernel.facts())["session"].endswith("app.py (Flet)")


@pytest.mark.parametrize("name", ["flet.py", "flet/__init__.py", "traitlets.py"])
async def test_a_module_beside_the_app_hides_a_package_as_ever(
    reserve: Preheater, start: Start, tmp_path: Path, name: str
) -> None:
    await start()
    waiting = await spare()
    module = tmp_path / "folder" / name
    module.parent.mkdir(exist_ok=True)
    module.write_text("marked = 'mine'")
    kernel = await start()
    assert kernel.pid == waiting.pid
    kind = Path(name).parts[0].removesuffix(".py")
    ask = f"import {kind}; print(getattr({kind}, 'marked', None))"
    # What ipykernel needs itself, it has from where packages are.
    assert await kernel.run(ask) == ("None\n" if kind == "traitlets" else "mine\n")


async def test_what_runs_at_the_end_finds_what_the_app_has_defined(reserve: Preheater, start: Start) -> None:
    await start()
    await heated()
    kernel = await start()
    await kernel.run(
        "class Mine: pass\n"
        "import atexit, pathlib, sys\n"
        "said = lambda: pathlib.Path('end').write_text(str(hasattr(sys.modules['__main__'], 'Mine')))\n"
        "atexit.register(said)"
    )
    end = Path((await kernel.facts())["cwd"]) / "end"
    await kernel.manager.shutdown_kernel()
    assert end.read_text() == "True"


async def test_a_child_of_the_server_that_holds_the_pipe_holds_nobody_up(reserve: Preheater, start: Start) -> None:
    await start()
    waiting = await heated()
    assert reserve._spare is not None
    assert reserve._spare._process.stdin is not None
    copy = os.dup(reserve._spare._process.stdin.fileno())  # as one has that is forked
    try:
        kernel = await start()
        assert kernel.pid == waiting.pid
        assert (await kernel.facts())["input is at its end"]
    finally:
        os.close(copy)


async def test_an_installation_behind_a_link_leaves_nothing_in_the_search_path(
    reserve: Preheater, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "link"
    link.symlink_to(preheater._PROGRAM.parent)
    monkeypatch.setattr(preheater, "_PROGRAM", link / "preheated.py")
    usual = await (await start()).facts()
    await heated()
    assert (await (await start()).facts())["path"] == usual["path"]


async def test_a_process_that_has_died_is_not_missed(reserve: Preheater, start: Start) -> None:
    await start()
    waiting = await spare()
    waiting.kill()
    waiting.wait(PATIENCE)
    kernel = await start()
    assert not kernel.was_preheated
    assert await kernel.run("print(1)") == "1\n"


async def test_it_ends_when_nobody_needs_it(reserve: Preheater, start: Start) -> None:
    await start()
    waiting = await spare()
    end = reserve._timer
    assert end is not None
    assert 29 * 60 < end.when() - asyncio.get_running_loop().time() <= 30 * 60
    end._run()
    assert not waiting.is_running()
    assert not (await start()).was_preheated
    await spare()
    reserve.close()
    assert not (await start()).was_preheated
    assert spares() == []


async def test_relative_search_paths_are_of_the_right_folder(reserve: Preheater, start: Start) -> None:
    await start(PYTHONPATH="modules")
    await spare()
    same = await start(PYTHONPATH="modules")
    await spare()
    other = await start("other/app.py (Flet)", PYTHONPATH="modules")
    assert (same.was_preheated, other.was_preheated) == (True, False)
    assert (await same.facts())["cwd"] + "/modules" in (await same.facts())["path"]
    assert (await other.facts())["cwd"] + "/modules" in (await other.facts())["path"]


@pytest.mark.parametrize("heating", ["at once", "later"])
def test_it_ends_with_the_server(heating: str) -> None:
    process = subprocess.Popen([sys.executable, preheater._PROGRAM], stdin=subprocess.PIPE)
    if heating == "later":
        asyncio.run(heated())
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(PATIENCE) == 0


async def test_a_provisioner_that_was_chosen_stays(factory: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", "somebody-elses")
    PanelProvisioner.use(Preheater(logging.getLogger()), None)
    assert KernelProvisionerFactory.instance().default_provisioner_name == "somebody-elses"


@pytest.mark.parametrize(
    "cmd",
    [
        ["python", "-m", "xpython_launcher", "-f", "x.json"],
        ["xpython", "-f", "x.json"],
        ["ipykernel_launcher", "-m"],
        ["python", "ipykernel_launcher"],
        ["absent/python", "-m", "ipykernel_launcher"],
        ["{shim}/python", "-m", "ipykernel_launcher"],
        ["env", "-m", "ipykernel_launcher"],
        ["python", "run", "python", "-m", "ipykernel_launcher"],
        [],
    ],
)
async def test_kernels_of_other_kinds_start_as_ever(cmd: list[str], tmp_path: Path) -> None:
    shim = tmp_path / "python"
    shim.write_text("#!/bin/sh\nexec python3 $@")
    shim.chmod(0o755)
    reserve = Preheater(logging.getLogger())
    assert reserve.launch([word.format(shim=tmp_path) for word in cmd], {}, None) is None
    assert reserve._timer is None


async def test_the_users_folder_is_found_as_ever(
    reserve: Preheater, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "python3").symlink_to(sys.executable)
    reserve.launch(["~/python3", "-m", "ipykernel_launcher"], os.environ, None)
    assert (await spare()).cmdline()[0] == str(tmp_path / "python3")
