"""All apps of one server, and what they share: the loop, the Flutter client, the numbers."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

from flet_jupyter.core.runtime import Runtime
from flet_jupyter.exceptions import BadOption
from flet_jupyter.site.clients import Clients
from flet_jupyter.site.metrics import SiteMetrics
from flet_jupyter.site.visitor import FrontDoor
from flet_jupyter.site.web_app import WebApp

if TYPE_CHECKING:
    from flet_jupyter.core.find import FoundApp
    from flet_jupyter.site.settings import ServerSettings, SiteSettings

__all__ = ["Website", "runtime_here"]

_LANE_IDLE: Final = 10.0
"""Seconds that the thread of a session's blocking handlers outlives the last of them."""

_runtimes: dict[asyncio.AbstractEventLoop, Runtime] = {}
"""One for each loop: several sites may share one, mounted into the same server."""


def runtime_here() -> Runtime:
    """Return the runtime of the running loop."""
    loop = asyncio.get_running_loop()
    runtime = _runtimes.get(loop)
    if runtime is None:
        # A runtime knows its loop, so that neither would ever be forgotten by itself.
        for former in [former for former in list(_runtimes) if former.is_closed()]:
            _runtimes.pop(former, None)
        runtime = _runtimes[loop] = Runtime(loop, lane_idle_seconds=_LANE_IDLE)
        runtime.adopt_thread()
    return runtime


_PART: Final = re.compile(r"[A-Za-z0-9._~@%!$&'()*+,;=:-]+")
_TAKEN: Final = ("/healthz", "/readyz", "/metrics", "/signin")


def _endpoints(mount: str, settings: SiteSettings) -> list[str]:
    names = (settings.websocket_endpoint, settings.upload_endpoint, settings.oauth_callback_endpoint)
    return [f"{mount.rstrip('/')}/{name}" for name in names]


class Website:
    """The apps of one server.

    Parameters
    ----------
    settings : ServerSettings
        What all apps share.
    root : str
        What stands before all mounts in the addresses that visitors see.
    clients : Clients, optional
        The Flutter clients, where other sites use them too.
    """

    def __init__(self, settings: ServerSettings, root: str = "/", clients: Clients | None = None) -> None:
        self.settings = settings
        self.root = root
        self.apps: dict[str, WebApp] = {}
        self.metrics = SiteMetrics()
        self.stopping = False
        self.door = FrontDoor(settings.trusted_proxies, settings.allow_origin)
        self._clients = Clients() if clients is None else clients
        self._shares_clients = clients is not None
        self._runtime: Runtime | None = None

    def add(self, mount: str, found: FoundApp, settings: SiteSettings) -> WebApp:
        """Mount an app; it takes visitors as soon as the website does.

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
        self._check_mount(mount, settings)
        app = self.apps[mount] = WebApp(
            found,
            settings,
            mount=mount,
            root=self.root,
            client=self._clients.files(settings.web_path),
            door=self.door,
            metrics=self.metrics,
        )
        if self._runtime is not None:
            app.start(self._runtime)
            self._clients.compress()
        return app

    def _check_mount(self, mount: str, settings: SiteSettings) -> None:
        parts = mount.strip("/").split("/") if mount != "/" else []
        if not all(_PART.fullmatch(part) and part not in (".", "..") for part in parts):
            raise BadOption(f"No app can be at {mount}: a path is made of letters, digits and -._~@ between slashes.")
        if mount.lower() in _TAKEN:
            raise BadOption(f"No app can be at {mount}: that is where the server says how it is.")
        taken = {path: at for at, app in self.apps.items() for path in _endpoints(at, app.settings)}
        own = _endpoints(mount, settings)
        if mount in taken or any(other in own for other in self.apps):
            other = taken.get(mount) or next(other for other in self.apps if other in own)
            raise BadOption(f"No app can be at {max(mount, other)}: the app at {min(mount, other)} needs that path.")

    def start(self) -> None:
        """Begin to take visitors, on the running loop. Does nothing when called again."""
        if self._runtime is not None:
            return
        self._runtime = runtime_here()
        for app in self.apps.values():
            app.start(self._runtime)
        self._clients.compress()

    def why_not_ready(self) -> str:
        """Return why new visitors are not welcome; empty if they are."""
        if self.stopping:
            return "stopping"
        full = [app.mount for app in self.apps.values() if app.host.full]
        return f"full: {' '.join(full)}" if full else ""

    @property
    def is_here(self) -> bool:
        """Whether it takes visitors on the running loop."""
        return self._runtime is not None and self._runtime.loop is asyncio.get_running_loop()

    async def stop(self) -> None:
        """Let all visitors go and end what runs."""
        if self.stopping:
            return
        self.stopping = True
        if not self._shares_clients:
            self._clients.stop()
        await asyncio.gather(*(app.stop(self.settings.shutdown_timeout) for app in self.apps.values()))
