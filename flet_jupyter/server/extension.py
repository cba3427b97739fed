"""The extension: its configuration, its routes, its life."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Dict, Int, Unicode, default

from flet_jupyter.client import (
    ClientFiles,
    CompressedCopies,
    EngineBundle,
    FallbackFonts,
    FlutterClient,
    client_in,
    find_client,
)
from flet_jupyter.exceptions import ClientNotFound
from flet_jupyter.kernels import PanelProvisioner, Preheater
from flet_jupyter.server.file_handlers import AssetHandler, OversizedHandler
from flet_jupyter.server.grants import Grants
from flet_jupyter.server.handlers import ClientHandler, EngineHandler, StatusHandler
from flet_jupyter.server.kernel_sockets import without_delay
from flet_jupyter.server.page import APP_PAGE, AppPageHandler
from flet_jupyter.server.upload_folders import UploadFolders
from flet_jupyter.server.upload_handlers import GrantHandler, UploadHandler
from flet_jupyter.site.uploads import MAX_AT_ONCE


class FletExtension(ExtensionApp):
    """Serves what Flet apps need in the browser: the Flutter client, their own files, a place for uploads."""

    name = "flet_jupyter"
    description = "Flet apps in Jupyter: serves the Flutter client and apps' own files, and takes uploads."
    load_other_extensions = True

    client_paths = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help=(
            "Folders with the Flutter client of other versions of Flet, by version, for kernels whose Flet is not "
            'the server\'s: {"1.0.5": "/opt/flet-web-1.0.5/flet_web/web"}. The client of the flet-web that is '
            "installed with the server needs no mention."
        ),
    ).tag(config=True)

    cache_dir = Unicode(
        help=(
            "Folder for compressed copies of the Flutter client, made once for each version (about 40 MB). "
            "Where it cannot be written, the client is sent uncompressed."
        ),
    ).tag(config=True)

    undelayed_kernel_sockets = Bool(
        True,
        help=(
            "Send the kernels' messages to the browser at once, instead of holding some back for 40 ms as TCP does "
            "by default; and open connections to kernels as soon as they answer, instead of up to half a second later. "
            "It makes every widget answer sooner, not only Flet apps."
        ),
    ).tag(config=True)

    preheat_kernel = Bool(
        True,
        help=(
            "Keep a Python process in reserve while panels are opened, which has done the imports and becomes the "
            "kernel of the next panel: it opens in half the time. It takes about 60 MB, and ends after half an hour "
            "without a new panel."
        ),
    ).tag(config=True)

    max_asset_bytes = Int(
        256_000_000,
        min=1,
        help=(
            "The most bytes that a file may have which an app's page loads from the server's folders. "
            "A larger one is refused with a message that says so."
        ),
    ).tag(config=True)

    max_upload_bytes = Int(
        None,
        min=1,
        allow_none=True,
        help="The most bytes that a file may have which is uploaded to an app. None, the default, is no limit.",
    ).tag(config=True)

    max_uploads_at_once = Int(
        MAX_AT_ONCE,
        min=1,
        help="Uploads that may be in progress at a time, to all apps together. Others are asked to try again later.",
    ).tag(config=True)

    @default("cache_dir")
    def _default_cache_dir(self) -> str:
        return platformdirs.user_cache_dir("flet-jupyter", appauthor=False)

    def initialize_settings(self) -> None:
        """List the clients and begin to compress them; quicken the kernels' WebSockets and the start of panels."""
        if self.undelayed_kernel_sockets:
            # A copy of the server's settings, which jupyter-server updates from it afterwards.
            name = "kernel_websocket_connection_class"
            self.settings[name] = without_delay(self.settings[name])
        self.preheater = Preheater(self.log)
        if self.preheat_kernel:
            PanelProvisioner.use(self.preheater, self.serverapp)
        self.clients = {client.version: ClientFiles(client) for client in self._find_clients()}
        self.folders = UploadFolders(self.max_upload_bytes, self.max_uploads_at_once)
        self.copies = []
        for version, files in self.clients.items():
            copies = CompressedCopies(Path(self.cache_dir) / version, self.log)
            copies.start(files.values())
            self.copies.append(copies)

    def initialize_handlers(self) -> None:
        """Add the routes; jupyter-server puts its ``base_url`` in front."""
        limits = {"max_asset_bytes": self.max_asset_bytes, "max_upload_bytes": self.max_upload_bytes}
        files = {"limit": self.max_asset_bytes}
        uploads = {"grants": Grants.from_environment(), "folders": self.folders}
        self.handlers.extend(
            [
                (r"/flet/client/([^/]+)/(.+)", ClientHandler, {"clients": self.clients, "fonts": FallbackFonts()}),
                (r"/flet/engine\.js", EngineHandler, {"bundle": EngineBundle()}),
                (r"/flet/status", StatusHandler, {"clients": self.clients, "limits": limits}),
                (r"/flet/files/(.*)", AssetHandler, files),
                (r"/flet/oversized/(.*)", OversizedHandler, files),
                (r"/flet/uploads", GrantHandler, uploads),
                (r"/flet/uploads/([^/]+)", UploadHandler, uploads),
                (APP_PAGE, AppPageHandler),
                (r"/flet/app-page\.js", EngineHandler, {"bundle": EngineBundle("app-page.js")}),
            ]
        )

    async def stop_extension(self) -> None:
        """Let the server exit without waiting for the compression; uploads and processes leave nothing."""
        self.preheater.close()
        self.folders.close()
        for copies in self.copies:
            copies.stop()

    def _find_clients(self) -> list[FlutterClient]:
        """Find all clients. One that is missing is logged; the others, and the server, still work."""
        clients = []
        try:
            clients.append(find_client())
        except ClientNotFound as error:
            self.log.warning("%s", error)
        for version, folder in self.client_paths.items():
            try:
                clients.append(client_in(Path(folder).expanduser(), version))
            except ClientNotFound as error:
                self.log.warning("%s", error)
        return clients
