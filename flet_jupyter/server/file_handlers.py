"""The routes to apps' own files: assets, and those that are too large to be any."""

from __future__ import annotations

import asyncio

from jupyter_server.auth.decorator import authorized
from tornado import web

from flet_jupyter.client import REVALIDATE
from flet_jupyter.client.served import IDENTITY
from flet_jupyter.exceptions import AssetChanged, Refused
from flet_jupyter.server.contents import LocalContents
from flet_jupyter.server.handlers import FileHandler, FletHandler, Refusal, reads_contents

__all__ = ["AssetHandler", "OversizedHandler"]


def contents_of(handler: FletHandler) -> LocalContents:
    """Return what the handler's server has on the disk, or refuse."""
    try:
        return LocalContents(handler.contents_manager)
    except Refused as error:
        raise Refusal.of(error) from error


class AssetHandler(FileHandler):
    """``flet/files/<path>``: a file of a user, named as JupyterLab names it."""

    route = "files"

    def initialize(self, limit: int) -> None:
        """Take the most bytes that a file may have."""
        self.limit = limit

    @property
    def content_security_policy(self) -> str:
        """Confine what is opened as a page, as jupyter-server's own ``files/`` does: it must not act as the user."""
        return f"{super().content_security_policy}; sandbox allow-scripts"

    @web.authenticated
    @authorized
    @reads_contents
    async def get(self, path: str) -> None:
        """Send the file, or a part of it, to pages of this server."""
        try:
            self.check_xsrf_cookie()  # by the referrer, where there is no token
        except web.HTTPError as error:
            raise Refusal(
                error.status_code, "This server sends files to its own pages only: open the file from JupyterLab."
            ) from error
        file = contents_of(self).find(path)
        if file is None:
            raise Refusal(404, f"This Jupyter server has no file {path} that an app may have.")
        size = file.bodies[IDENTITY].size
        if size > self.limit:
            raise Refusal(
                413,
                f"{path} has {size:,} bytes, and this server sends files of at most {self.limit:,} to apps: make it "
                "smaller, or have FletExtension.max_asset_bytes raised in the server's configuration.",
            )
        try:
            await self.send(file, REVALIDATE, ranges=True)
        except AssetChanged as error:
            raise Refusal(503, f"{path} changed while it was being sent: reload the page.") from error

    head = get


class OversizedHandler(FletHandler):
    """``flet/oversized/<folder>``: the files below a folder that are too large to be sent."""

    route = "oversized"

    def initialize(self, limit: int) -> None:
        """Take the most bytes that a file may have."""
        self.limit = limit

    @web.authenticated
    @authorized
    @reads_contents
    async def get(self, folder: str) -> None:
        """Send the first of them."""
        contents = contents_of(self)
        path = contents.find_folder(folder)
        if path is None:
            raise Refusal(404, f"This Jupyter server has no folder {folder} that an app may be in.")
        files = await asyncio.to_thread(contents.larger_than, self.limit, path)
        self.set_header("Cache-Control", "no-store")
        self.finish({"limit": self.limit, "files": [{"path": name, "size": size} for name, size in files]})

    head = get
