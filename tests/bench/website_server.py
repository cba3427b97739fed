"""Serves the measured app under one uvicorn worker: with Flet's own FastAPI application, or with ours.

`python -m tests.bench.website_server flet_web|asgi` prints its URL, then serves until it is told to end.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import uvicorn

from tests.bench.website_apps import main as app
from tests.bench.website_peers import MAX_SESSIONS

if TYPE_CHECKING:
    import socket


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        sys.stdout.write(f"http://127.0.0.1:{port}/\n")
        sys.stdout.flush()


def application(name: str) -> Any:
    """Build the ASGI application of a peer."""
    if name == "flet_web":
        # Without a network the client from a CDN would not start: no_cdn serves it from here, as ours does.
        return importlib.import_module("flet_web.fastapi").app(app, no_cdn=True)
    if name == "asgi":
        return importlib.import_module("flet_jupyter.asgi").app(app, max_sessions=MAX_SESSIONS)
    raise SystemExit(f"There is no peer {name!r}; there are flet_web and asgi.")


if __name__ == "__main__":
    config = uvicorn.Config(application(sys.argv[1]), host="127.0.0.1", port=0, log_level="warning", access_log=False)
    _Server(config).run()
