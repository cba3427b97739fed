"""A server for the tests of the ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.asgi.apps import MANY
from tests.asgi.serving import Serving


@pytest.fixture(scope="package")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One server for all tests that leave it as it was."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "assets").mkdir()
    (folder / "assets" / "hello.txt").write_text("hello, world")
    (folder / "assets" / "long.bin").write_bytes(bytes(range(256)) * 4000)
    with Serving(folder, MANY, "--ws-per-message-deflate", "false") as server:
        yield server


@pytest.fixture
async def browser(many: Serving) -> AsyncIterator[httpx.AsyncClient]:
    """Something that asks that server."""
    async with httpx.AsyncClient(base_url=many.url, trust_env=False) as client:
        yield client
