"""All apps of one server, and what they share: the loop, the Flutter client, the numbers."""

from __future__ import annotations

import asyncio
import logging
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Final

import platformdirs

from flet_jupyter.client import ClientFiles, CompressedCopies, client_in, find_client
from flet_jupyter.core.runtime import Runtime
from flet_jupyter.exceptions import BadOption
from flet_jupyter.site.metrics import SiteMetrics
from flet_jupyter.site.visitor import FrontDoor
from flet_jupyter.site.web_app import WebApp

if TYPE_CHECKING:
    from flet_jupyter.core.find import FoundApp
    from flet_jupyter.site.settings import ServerSettings, SiteSettings

__all__ = ["Website"]

log = logging.getLogger(__name__)

_LANE_IDLE: Final = 10.0
"""Seconds that the thread of a session's blocking handlers outlives the last of them."""

_runtimes: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Runtime] = weakref.WeakKeyDictionary()
"""One for each loop: several sites may share one, mounted into the same server."""


class Website:
    """The apps of one server.

    Parameters
    ----------
    settings : ServerSettings
        What all apps share.
    root : str
        What stands before all mounts in the addresses that visitors see.
    """

    def __init__(self, settings: ServerSettings, root: str = "/") -> None:
        self.settings = settings
        self.root = root
        self.apps: dict[str, WebApp] = {}
        self.metrics = SiteMetrics()
        self.stopping = False
        self._door = FrontDoor(settings.trusted_proxies, settings.allow_origin)
        self._clients: dict[Path | None, ClientFiles] = {}
        self._copies: list[CompressedCopies] = []
        self._started = False

    def add(self, mount: str, found: FoundApp, settings: SiteSettings) -> WebApp:
        """Mount an app.

        Raises
        ------
        BadOption
            Something is mounted there already, or a setting cannot be had.
        ClientNotFound
            There is no Flutter client where it is looked for.
        """
        mount = f"/{mount.strip('/')}"
        if mount in self.apps:
            raise BadOption(f"Two apps are to be at {mount}.")
        app = self.apps[mount] = WebApp(
            found,
            settings,
            mount=mount,
            root=self.root,
            client=self._client(settings.web_path),
            door=self._door,
            metrics=self.metrics,
        )
        return app

    def start(self) -> None:
        """Begin to take visitors, on the running loop. Does nothing when called again."""
        if self._started:
            return
        self._started = True
        loop = asyncio.get_running_loop()
        runtime = _runtimes.get(loop)
        if runtime is None:
            runtime = _runtimes[loop] = Runtime(loop, lane_idle_seconds=_LANE_IDLE)
            runtime.adopt_thread()
        for app in self.apps.values():
            app.start(runtime)
        for files in self._clients.values():
            copies = CompressedCopies(_cache() / files.client.version, log)
            copies.start(files.values())
            self._copies.append(copies)

    async def stop(self) -> None:
        """Let all visitors go and end what runs."""
        if self.stopping:
            return
        self.stopping = True
        for copies in self._copies:
            copies.stop()
        await asyncio.gather(*(app.stop(self.settings.shutdown_timeout) for app in self.apps.values()))

    def _client(self, folder: Path | None) -> ClientFiles:
        if folder not in self._clients:
            installed = find_client()
            self._clients[folder] = ClientFiles(installed if folder is None else client_in(folder, installed.version))
        return self._clients[folder]


def _cache() -> Path:
    return Path(platformdirs.user_cache_dir("flet-jupyter", appauthor=False))
