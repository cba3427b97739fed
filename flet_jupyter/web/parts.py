"""The parts of an app one by one, with Flet's names and parameters, as handlers for somebody's own application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flet_jupyter.exceptions import Refused
from flet_jupyter.site.parameters import OF_PAGES, OF_SOCKETS, OF_UPLOADS, app_of, settings_of, url_path_of
from flet_jupyter.site.part_apps import NAMELESS
from flet_jupyter.web.handlers import LoginCallbackHandler, PageHandler, Refusal, SocketHandler, UploadHandler
from flet_jupyter.web.manager import app_manager

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    import flet as ft

    from flet_jupyter.site.logins import LoginReply
    from flet_jupyter.site.uploads import Upload

    AppFunction = Callable[[ft.Page], Any]

__all__ = ["FletApp", "FletOAuth", "FletStaticFiles", "FletUpload"]


class FletStaticFiles(PageHandler):
    """An app's page, the Flutter client and the app's own files.

    Its route has one group, for what follows the app's path: ``(r"/app1/(.*)", FletStaticFiles, {...})``.

    Parameters
    ----------
    app_mount_path : str
        The path of the app.
    websocket_endpoint_path : str, optional
        The path of the app's WebSocket: with a slash at its beginning as browsers see it, else below the app's path.
    **options
        Others of Flet's (``proxy_path``, ``assets_dir``, ``app_name``, ``app_short_name``, ``app_description``,
        ``web_renderer``, ``route_url_strategy``, ``no_cdn``) and those in ``docs/settings.md`` about the page.
    """

    def initialize(  # type: ignore[override]  # as its routes have it
        self, app_mount_path: str = "/", websocket_endpoint_path: str | None = None, **options: Any
    ) -> None:
        """Read the options."""
        at: str | None = None
        if websocket_endpoint_path is not None and websocket_endpoint_path.startswith("/"):
            at = url_path_of("websocket_endpoint_path", websocket_endpoint_path)
            websocket_endpoint_path = None
        site, server = settings_of({**options, "websocket_endpoint_path": websocket_endpoint_path}, OF_PAGES)
        self.server = server
        self.app = app_manager.here.page_app(
            NAMELESS, site, server, mount=url_path_of("app_mount_path", app_mount_path), websocket_path=at
        )


class FletApp(SocketHandler):
    """The WebSocket of an app: its sessions.

    Parameters
    ----------
    main : callable
        The app, called with the page of each new visitor.
    before_main : callable, optional
        Called before it.
    upload_endpoint_path : str, optional
        The path of the upload endpoint as this server sees it; by default ``upload`` beside the WebSocket.
    **options
        Others of Flet's (``session_timeout_seconds``, ``oauth_state_timeout_seconds``, ``secret_key``) and those in
        ``docs/settings.md`` about sessions.
    """

    def initialize(  # type: ignore[override]  # as its routes have it
        self,
        main: AppFunction,
        before_main: AppFunction | None = None,
        upload_endpoint_path: str | None = None,
        **options: Any,
    ) -> None:
        """Read the options."""
        self._found = app_of(main, before_main)
        site, server = settings_of(options, OF_SOCKETS)
        self._site, self.server = site, server
        self._upload_path = upload_endpoint_path and url_path_of("upload_endpoint_path", upload_endpoint_path)

    async def prepare(self) -> None:
        """Find the app that is mounted here."""
        mount = self.request.path.rpartition("/")[0]
        try:
            self.app = app_manager.here.socket_app(
                self._found,
                self._site,
                self.server,
                mount=mount or "/",
                upload_path=self._upload_path or f"{mount}/{self._site.upload_endpoint}",
            )
        except Refused as refused:
            raise Refusal(refused) from refused
        await super().prepare()


class FletUpload(UploadHandler):
    """Takes files from ``FilePicker.upload()``.

    Parameters
    ----------
    upload_dir : str or Path
        The folder that takes the files.
    max_upload_size : int, optional
        The most bytes that a file may have; None is no limit.
    secret_key : str, optional
        What signs the addresses, the same as that of the :class:`FletApp`.
    upload_endpoint_path : str, optional
        The path that the :class:`FletApp` was given, where that is not the path of the requests.
    """

    def initialize(  # type: ignore[override]  # as its routes have it
        self,
        upload_dir: str | os.PathLike[str] | None = None,
        max_upload_size: int | None = None,
        secret_key: str | None = None,
        upload_endpoint_path: str | None = None,
    ) -> None:
        """Read the options."""
        options = {"upload_dir": upload_dir, "max_upload_size": max_upload_size, "secret_key": secret_key}
        self._site, self.server = settings_of(options, OF_UPLOADS)
        self._path = upload_endpoint_path and url_path_of("upload_endpoint_path", upload_endpoint_path)

    def begin(self, query: str, declared_size: int | None) -> Upload:
        """Begin to take the file."""
        return app_manager.here.begin_upload(self._site, self._path or self.request.path, query, declared_size)

    def count(self, size: int, outcome: str) -> None:
        """Count nothing: there is no app here to count for."""


class FletOAuth(LoginCallbackHandler):
    """Where a login provider sends browsers back to, for all apps of this server."""

    def initialize(self) -> None:  # type: ignore[override]  # as its routes have it
        """Take nothing."""
        _, self.server = settings_of({}, ())

    async def complete(self, query: Mapping[str, str]) -> LoginReply:
        """Let the app that the login is of finish it."""
        return await app_manager.here.finish_login(query, self.site_request())
