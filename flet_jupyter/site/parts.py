"""Apps, and single parts of apps, inside somebody else's server: found again from one request to the next."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.uploads import UploadSigner
from flet_jupyter.exceptions import BadOption, Refused
from flet_jupyter.site.clients import Clients
from flet_jupyter.site.part_apps import PageApp, SocketApp
from flet_jupyter.site.uploads import UploadFolder
from flet_jupyter.site.web_app import WebApp
from flet_jupyter.site.website import Website, runtime_here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flet_jupyter.core.find import FoundApp
    from flet_jupyter.site.logins import LoginReply
    from flet_jupyter.site.settings import ServerSettings, SiteSettings
    from flet_jupyter.site.uploads import Upload
    from flet_jupyter.site.visitor import Request

__all__ = ["AppManager", "LoopApps"]

MAX_PARTS: Final = 100
"""Apps made of single parts that may be alive on one loop: visitors may have a say in the paths they are at."""

_STOPPING: Final = "The server is about to stop."
_TOO_MANY: Final = "The server has too many apps."
_NO_LOGINS: Final = "No app on this server has logins on their way. Go back to the app and log in again."


class LoopApps:
    """What is mounted on one event loop. All methods are called on it.

    Parameters
    ----------
    clients : Clients
        The Flutter clients.
    """

    def __init__(self, clients: Clients) -> None:
        self.stopping = False
        self._clients = clients
        self._websites: dict[Hashable, Website] = {}
        self._sockets: dict[Hashable, SocketApp] = {}
        self._pages: dict[Hashable, PageApp] = {}
        self._folders: dict[tuple[Path, int | None], UploadFolder] = {}

    def website(self, owner: Hashable, settings: ServerSettings) -> Website:
        """Return the started website of `owner`.

        Raises
        ------
        Refused
            The server stops.
        """
        self._check()
        website = self._websites.get(owner)
        if website is not None and website.stopping:
            raise Refused(_STOPPING, 503)
        if website is None:
            website = self._websites[owner] = Website(settings, settings.proxy_path, self._clients)
            website.start()
        return website

    def socket_app(
        self, found: FoundApp, site: SiteSettings, server: ServerSettings, *, mount: str, upload_path: str
    ) -> SocketApp:
        """Return the app that these name, started; it is the same as long as anybody uses it.

        Raises
        ------
        Refused
            The server stops, or has too many apps.
        BadOption
            A setting cannot be had.
        """
        self._check()
        key = (_hashable(found.main), _hashable(found.before_main), site, server, mount, upload_path)
        app = self._sockets.get(key)
        if app is None:
            if len(self._sockets) >= MAX_PARTS:
                self._sockets = {other: app for other, app in self._sockets.items() if not app.idle}
            if len(self._sockets) >= MAX_PARTS:
                raise Refused(_TOO_MANY, 503)
            app = self._sockets[key] = SocketApp(found, site, server, mount=mount, upload_path=upload_path)
            app.start(runtime_here())
        return app

    def page_app(
        self, found: FoundApp, site: SiteSettings, server: ServerSettings, *, mount: str, websocket_path: str | None
    ) -> PageApp:
        """Return the page that these name.

        Raises
        ------
        BadOption
            A setting cannot be had.
        ClientNotFound
            There is no Flutter client where it is looked for.
        """
        key = (found.name, site, server, mount, websocket_path)
        app = self._pages.get(key)
        if app is None:
            if len(self._pages) >= MAX_PARTS:
                del self._pages[next(iter(self._pages))]  # made again when somebody asks
            client = self._clients.files(site.web_path)
            app = self._pages[key] = PageApp(
                found, site, server, mount=mount, websocket_path=websocket_path, client=client
            )
            self._clients.compress()
        return app

    def begin_upload(self, settings: SiteSettings, path: str, query: str, declared_size: int | None) -> Upload:
        """Take a file.

        Parameters
        ----------
        settings : SiteSettings
            With the folder, the key and the limit.
        path : str
            That of the upload endpoint, as it was signed.
        query : str
            The query of the request, as it came.
        declared_size : int or None
            The bytes that will come, if that is known.

        Raises
        ------
        UploadRefused
            The address is not one of ours, or the file may not be had.
        Refused
            The server stops.
        BadOption
            The folder cannot be written.
        """
        self._check()
        if settings.upload_dir is None:
            raise BadOption("There is no folder for uploads: give FletUpload the upload_dir.")
        name = UploadSigner(settings.secret_key or "", path).check_query(query)
        key = (settings.upload_dir, settings.max_upload_size)
        folder = self._folders.get(key)
        if folder is None:
            if len(self._folders) >= MAX_PARTS:
                self._folders = {other: folder for other, folder in self._folders.items() if folder.in_progress}
            folder = self._folders[key] = UploadFolder(*key)
            folder.check()
        return folder.begin(name, declared_size)

    async def finish_login(self, query: Mapping[str, str], request: Request) -> LoginReply:
        """Answer the browser that a login provider has sent back, for the app that the login is of.

        Raises
        ------
        Refused
            There are no apps.
        """
        apps: list[WebApp] = [*self._sockets.values()]
        apps += [app for website in self._websites.values() for app in website.apps.values()]
        reply = None
        for app in apps:
            reply = await app.finish_login(query, request)
            if reply.status != 410:  # which says that there is no such login, here
                break
        if reply is None:
            raise Refused(_NO_LOGINS, 410)
        return reply

    def start(self) -> None:
        """Take visitors, also after a stop."""
        self.stopping = False
        self._websites = {owner: website for owner, website in self._websites.items() if not website.stopping}

    async def stop_website(self, owner: Hashable) -> None:
        """Let the visitors of one website go."""
        website = self._websites.get(owner)
        if website is not None:
            await website.stop()

    async def stop(self) -> None:
        """Let all visitors go and end what runs."""
        self.stopping = True
        for folder in self._folders.values():
            folder.close()
        stops = [app.stop(app.shutdown_timeout) for app in self._sockets.values()]
        await asyncio.gather(*stops, *(website.stop() for website in self._websites.values()))
        self._sockets.clear()
        self._pages.clear()
        self._folders.clear()

    def _check(self) -> None:
        if self.stopping:
            raise Refused(_STOPPING, 503)


class AppManager:
    """What is mounted in the servers of this process, by the event loop that it lives on.

    Nobody need call :meth:`start`: what is asked for on a loop is started there.

    Attributes
    ----------
    clients : Clients
        The Flutter clients, of all loops.
    """

    def __init__(self) -> None:
        self.clients = Clients()
        self._loops: dict[asyncio.AbstractEventLoop, LoopApps] = {}
        self._adopted: weakref.WeakSet[Website] = weakref.WeakSet()
        self._lock = threading.Lock()

    @property
    def here(self) -> LoopApps:
        """What is mounted on the running loop."""
        loop = asyncio.get_running_loop()
        apps = self._loops.get(loop)
        if apps is None:
            with self._lock:
                for former in [former for former in self._loops if former.is_closed()]:
                    del self._loops[former]
                apps = self._loops[loop] = LoopApps(self.clients)
        return apps

    @property
    def executor(self) -> Any:
        """Runs ``page.run_thread`` of all apps on the running loop."""
        return runtime_here().executor

    async def start(self) -> None:
        """Take visitors on the running loop; needed only after :meth:`shutdown`."""
        self.here.start()

    async def shutdown(self) -> None:
        """Let all visitors on the running loop go: sessions run ``on_close``, uploads in progress leave nothing."""
        here = [website for website in self._adopted if website.is_here]
        await asyncio.gather(self.here.stop(), *(website.stop() for website in here))

    def adopt(self, website: Website) -> None:
        """Let a website that others serve end with the rest of its loop."""
        self._adopted.add(website)


def _hashable(function: Any) -> Hashable:
    try:
        hash(function)
    except TypeError:
        return id(function)  # the app that is found by it keeps it alive
    return function  # type: ignore[no-any-return]
