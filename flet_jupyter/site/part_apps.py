"""Apps of which this website has a part only: the sessions, or the page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flet_jupyter.core.find import FoundApp
from flet_jupyter.core.uploads import UploadSigner
from flet_jupyter.exceptions import BadOption
from flet_jupyter.site.metrics import SiteMetrics
from flet_jupyter.site.visitor import FrontDoor
from flet_jupyter.site.web_app import WebApp

if TYPE_CHECKING:
    import flet as ft

    from flet_jupyter.client import ClientFiles
    from flet_jupyter.site.page import PageOptions
    from flet_jupyter.site.settings import ServerSettings, SiteSettings

__all__ = ["NAMELESS", "PageApp", "SocketApp"]


class SocketApp(WebApp):
    """An app whose page and uploads are served by other parts, or by somebody else.

    Parameters
    ----------
    found : FoundApp
        The app.
    site : SiteSettings
        Its settings; the upload folder is that of another part.
    server : ServerSettings
        Who may come in, and how long sessions have to end.
    mount : str
        The app's path: what its WebSocket's path is below.
    upload_path : str
        The path that uploads go to, as this server sees it.
    """

    def __init__(
        self, found: FoundApp, site: SiteSettings, server: ServerSettings, *, mount: str, upload_path: str
    ) -> None:
        super().__init__(
            found,
            replace(site, upload_dir=None),
            mount=mount,
            root=server.proxy_path,
            client=None,
            door=_door(server),
            # Numbers of its own: they are forgotten with the app.
            metrics=SiteMetrics(),
        )
        self.shutdown_timeout = server.shutdown_timeout
        self._upload_root = server.proxy_path.rstrip("/")
        self._upload_path = upload_path
        self._upload_signer = UploadSigner(site.secret_key, upload_path) if site.secret_key else None

    @property
    def idle(self) -> bool:
        """Whether nobody would miss it."""
        return not self._visits and (self._host is None or not self._host.sessions)

    def upload_url(self, file_name: str, expires: float) -> str:
        """Return the address to which a browser may send a file; errors are those of the base class."""
        if self._upload_signer is None:
            raise BadOption("Uploads need a secret key: give FletApp and FletUpload the same secret_key.")
        return f"{self._upload_root}{self._upload_path}?{self._upload_signer.query(file_name, expires)}"


class PageApp(WebApp):
    """The page of an app and the files behind it; its sessions are another part's.

    Parameters
    ----------
    found : FoundApp
        Has the app's name; it is never started.
    site : SiteSettings
        What is in the page.
    server : ServerSettings
        What stands before the mount in the addresses that visitors see.
    mount : str
        The path of the page.
    websocket_path : str or None
        That of the app's WebSocket as browsers see it; None where it is the usual one.
    client : ClientFiles
        The Flutter client.
    """

    def __init__(
        self,
        found: FoundApp,
        site: SiteSettings,
        server: ServerSettings,
        *,
        mount: str,
        websocket_path: str | None,
        client: ClientFiles,
    ) -> None:
        self._websocket_path = websocket_path
        super().__init__(
            found,
            replace(site, upload_dir=None),
            mount=mount,
            root=server.proxy_path,
            client=client,
            door=_door(server),
            metrics=SiteMetrics(),
        )

    def _page_options(self, version: str) -> PageOptions:
        options = super()._page_options(version)
        return options if self._websocket_path is None else replace(options, websocket_path=self._websocket_path)


def _never(page: ft.Page) -> None:
    """Stand in for an app of which there is only the page here."""


NAMELESS: Final = FoundApp(_never, "")
"""An app of which nothing is known but its page."""


def _door(server: ServerSettings) -> FrontDoor:
    return FrontDoor(server.trusted_proxies, server.allow_origin)
