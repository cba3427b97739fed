"""The server starts the kernels of panels from a process in reserve."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from tornado.httpclient import HTTPResponse

from flet_jupyter.kernels import preheater

JpFetch = Callable[..., Awaitable[HTTPResponse]]


@pytest.fixture
def preheat() -> bool:
    """What the configuration says."""
    return True


@pytest.fixture
def jp_server_config(
    jp_server_config: dict[str, Any], preheat: bool, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    jp_server_config["FletExtension"]["preheat_kernel"] = preheat
    # As it is when a server starts.
    KernelProvisionerFactory.clear_instance()
    monkeypatch.setattr(preheater, "_DELAY", 0)
    return jp_server_config


async def open_panel(jp_fetch: JpFetch, jp_serverapp: Any, path: str) -> Any:
    """Start a panel's session, as JupyterLab does for our front end; return the kernel's manager."""
    session = {"path": path, "name": "app.py (Flet)", "type": "flet", "kernel": {"name": "python3"}}
    response = await jp_fetch("api", "sessions", method="POST", body=json.dumps(session))
    return jp_serverapp.kernel_manager.get_kernel(json.loads(response.body)["kernel"]["id"])


async def spare(extension: Any) -> psutil.Process:
    """Wait for the process in reserve."""
    while extension.preheater._spare is None:  # noqa: ASYNC110 (nothing tells)
        await asyncio.sleep(0.01)
    return psutil.Process(extension.preheater._spare._process.pid)


async def test_the_second_panel_takes_the_process_that_waits(
    jp_fetch: JpFetch, jp_serverapp: Any, jp_root_dir: Path, extension: Any
) -> None:
    (jp_root_dir / "folder").mkdir()
    first = await open_panel(jp_fetch, jp_serverapp, "folder/1")
    waiting = await spare(extension)
    second = await open_panel(jp_fetch, jp_serverapp, "folder/2")
    assert first.provisioner.pid != waiting.pid
    assert second.provisioner.pid == waiting.pid
    client = second.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    client.stop_channels()
    assert waiting.cwd() == str(jp_root_dir / "folder")


async def test_nothing_is_left_when_the_server_stops(jp_fetch: JpFetch, jp_serverapp: Any, extension: Any) -> None:
    await open_panel(jp_fetch, jp_serverapp, "1")
    waiting = await spare(extension)
    await extension.stop_extension()
    assert not waiting.is_running()


@pytest.mark.parametrize("preheat", [False])
async def test_an_administrator_can_have_none(jp_fetch: JpFetch, jp_serverapp: Any, extension: Any) -> None:
    await open_panel(jp_fetch, jp_serverapp, "1")
    assert extension.preheater._timer is None
    assert KernelProvisionerFactory.instance().default_provisioner_name == "local-provisioner"
