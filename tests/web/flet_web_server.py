"""Flet's own web server, for comparison: ``flet_web.fastapi.app(main)`` below uvicorn, as Flet's documentation says.

Run as a module it serves what it is told, each ``/name=file``, until it is stopped.
"""

from __future__ import annotations

import contextlib
import runpy
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.core.harness import PATIENCE
from tests.web.serving import environment

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["FletServing"]

_ROOT = Path(__file__).parents[2]


class FletServing:
    """Flet's server in a process of its own.

    Attributes
    ----------
    url : str
        Where it is.
    """

    def __init__(self, *apps: str, upload_dir: Path, log: Path, **variables: str) -> None:
        self._log = log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(upload_dir), *apps],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environment(**variables),
            cwd=_ROOT,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url, log.read_text()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        finally:
            assert self.process.stdout is not None
            self.process.stdout.close()
            self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _app_in(file: str) -> dict[str, Any]:
    """Run an app's file as a script; return what it gives to ``ft.run``."""
    import flet as ft

    given: dict[str, Any] = {}

    def run(main: Any, before_main: Any = None, **_: Any) -> None:
        given.update(main=main, before_main=before_main)

    ft.run = run  # type: ignore[assignment]  # it takes what apps say of themselves
    runpy.run_path(file, run_name="__main__")
    return given


def _serve(upload_dir: str, *apps: str) -> None:
    import uvicorn
    from fastapi import FastAPI
    from flet_web.fastapi import app, app_manager

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await app_manager.start()
        yield
        await app_manager.shutdown()

    site = FastAPI(lifespan=lifespan)
    for mounted in apps:
        mount, _, file = mounted.partition("=")
        site.mount(mount, app(**_app_in(file), upload_dir=upload_dir))
    listening = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}/\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(site, log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    _serve(*sys.argv[1:])
