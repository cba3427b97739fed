"""The extension's numbers at the server's own ``/metrics``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flet_jupyter.server.extension import FletExtension

from .conftest import Browser, Fetch
from .test_uploads import Uploader, app, begin, uploader

__all__ = ["app", "begin", "uploader"]


async def numbers(browser: Browser) -> dict[str, float]:
    """Return the numbers, by name and labels."""
    text = (await browser.fetch("metrics")).body.decode()
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        if family.name.startswith("flet_")
        for sample in family.samples
    }


@pytest.fixture
def grown(log_in: Any) -> Any:
    """What has been counted since, in one server of the several that this process had."""
    before: dict[str, float] = {}

    async def difference() -> dict[str, float]:
        now = await numbers(await log_in())
        change = {name: value - before.get(name, 0) for name, value in now.items()}
        before.update(now)
        return {
            name: value for name, value in change.items() if value and not name.partition(" ")[0].endswith("_created")
        }

    return difference


async def test_requests_are_counted_by_route_and_status(fetch: Fetch, grown: Any) -> None:
    await grown()
    await fetch("engine.js")
    await fetch("files/absent.png")
    await fetch("status", login=False)
    change = await grown()
    assert change.pop("flet_sent_bytes_total engine") > 0
    assert change == {
        "flet_requests_total engine 200": 1,
        "flet_requests_total files 404": 1,
        "flet_requests_total status 403": 1,
    }


async def test_bytes_are_counted_as_they_are_sent(fetch: Fetch, grown: Any, jp_root_dir: Path) -> None:
    (jp_root_dir / "film.mp4").write_bytes(bytes(1000))
    await grown()
    await fetch("files/film.mp4", Range="bytes=0-99")
    await fetch("files/film.mp4", method="HEAD")
    assert (await grown())["flet_sent_bytes_total files"] == 100


async def test_uploads_are_counted(uploader: Uploader, begin: Any, grown: Any) -> None:
    await grown()
    await uploader.put(uploader.address(), bytes(1000))
    change = await grown()
    assert change["flet_uploads_total finished"] == 1
    assert change["flet_uploaded_bytes_total"] == 1000
    assert change["flet_requests_total uploads 200"] == 1
    async with begin(uploader, uploader.address(), "Content-Length: 50000") as half:
        await half.send(bytes(10))
        # The request is before this one in the server's queue, if not on its loop: it may take a turn.
        progress = 0.0
        while not progress:
            progress = (await grown()).get("flet_uploads_in_progress", 0)
        assert progress == 1
    change = {}
    while "flet_uploads_total broken off" not in change:
        change = await grown()
    assert change["flet_uploads_in_progress"] == -1
    assert change["flet_uploads_total broken off"] == 1


async def test_several_extensions_in_a_process_count_together(fetch: Fetch, grown: Any) -> None:
    await grown()
    FletExtension()
    FletExtension()
    await fetch("status")
    assert await grown() == {"flet_requests_total status 200": 1}
