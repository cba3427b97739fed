"""The routes of uploads: a page asks for a key, and files come to addresses that were signed with it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado import web

from flet_jupyter.core.uploads import check_file_name
from flet_jupyter.exceptions import BadOption, Refused, UploadRefused
from flet_jupyter.server.contents import LocalContents
from flet_jupyter.server.handlers import FletHandler, Refusal, writes_contents
from flet_jupyter.server.metrics import count_upload, count_upload_begun
from flet_jupyter.site.tornado_uploads import UploadReceiver

if TYPE_CHECKING:
    from flet_jupyter.server.grants import Grants
    from flet_jupyter.server.upload_folders import UploadFolders
    from flet_jupyter.site.uploads import Upload

__all__ = ["GrantHandler", "UploadHandler"]

UPLOADS = "uploads"
"""The name of the folder beside an app that takes its uploads, unless another is asked for."""


def upload_folder(contents: LocalContents, folder: str, name: str) -> Path:
    """Return the folder that takes the uploads of the app in `folder`; it need not exist yet.

    Raises
    ------
    UploadRefused
        With status 400 (no folder may have that name), 403 (it is hidden, or elsewhere) or 404 (there is no such app).
    """
    app = contents.find_folder(folder)
    if app is None:
        raise UploadRefused(f"This Jupyter server has no folder {folder} that an app may be in.", 404)
    try:
        check_file_name(name)
    except UploadRefused as error:
        raise UploadRefused(f"Uploads cannot go to {name[:100]!r}: name a folder below the app's own.", 400) from error
    path = app / name
    if not contents.admits(path):
        raise UploadRefused(f"Uploads cannot go to {name}: it is hidden, or leads out of the server's files.", 403)
    return path.resolve()


class GrantHandler(FletHandler):
    """``flet/uploads``: gives pages the key with which the addresses of an app's uploads are signed."""

    route = "grants"

    def initialize(self, grants: Grants, folders: UploadFolders) -> None:
        """Take what writes grants, and what the grants are for."""
        self.grants = grants
        self.folders = folders

    @web.authenticated
    @authorized
    @writes_contents
    async def post(self) -> None:
        """Answer with a key for the app's folder, and the address that goes with it."""
        folder, name = self._asked_for()
        try:
            path = upload_folder(LocalContents(self.contents_manager), folder, name)
        except Refused as error:
            raise Refusal.of(error) from error
        if path.exists():  # if not, it is made for the first upload
            try:
                await asyncio.to_thread(self.folders.check, path)
            except BadOption as error:
                self.log.warning("%s", error)
                raise Refusal(
                    409, f"Uploads cannot be saved in {folder}/{name}: choose a folder that can be written."
                ) from error
        grant = self.grants.write(folder, name, self.current_user.username)
        self.set_header("Cache-Control", "no-store")
        self.finish(
            {
                "url": url_path_join(self.base_url, "flet/uploads", grant),
                "key": self.grants.key(grant),
                "max_bytes": self.folders.max_size,
            }
        )

    def _asked_for(self) -> tuple[str, str]:
        try:
            asked = json.loads(self.request.body)
            folder, name = asked["folder"], asked.get("name", UPLOADS)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            folder = name = None
        if not isinstance(folder, str) or not isinstance(name, str):
            raise Refusal(400, 'Ask for uploads with the app\'s folder, in JSON: {"folder": "path/of/the/folder"}.')
        return folder, name


class UploadHandler(UploadReceiver, FletHandler):
    """``flet/uploads/<grant>``: takes files from ``FilePicker.upload()``, piece by piece, to the disk.

    Flet's client sends the page's cookies but cannot send its XSRF token. The signature in the address stands for it:
    it was made with a key that this user alone was given, in an answer to a request with the token, so that a page of
    another site can neither know nor guess it. An upload is taken only from the user of the grant, and from pages of
    the server's own origin.
    """

    route = "uploads"

    def initialize(self, grants: Grants, folders: UploadFolders) -> None:
        """Take what reads grants, and where files go."""
        self.grants = grants
        self.folders = folders

    def check_xsrf_cookie(self) -> None:
        """Leave it to the signature, which is looked at when it is known who asks."""

    async def prepare(self) -> None:  # type: ignore[override]  # jupyter-server says it may return something
        """Refuse before the first byte of the file what can be refused by then."""
        try:
            await super().prepare()
            if self.request.method not in ("PUT", "POST"):
                return
            await self._check_permission()  # type: ignore[misc]  # Tornado says it may return nothing
        except web.HTTPError as error:
            await self.refuse(Refused("You may not upload files to this Jupyter server.", error.status_code))
        else:
            await self.receive()

    @web.authenticated
    @authorized
    @writes_contents
    async def _check_permission(self) -> None:
        if not self.check_origin():
            raise web.HTTPError(403)

    def begin(self, query: str, declared_size: int | None) -> Upload:
        """Begin to take the file."""
        (text,) = self.path_args
        grant = self.grants.read(text)
        if grant.user != self.current_user.username:
            raise UploadRefused("This upload address is somebody else's, or of a former login: reload the page.", 403)
        name = self.grants.signer(text).check_query(query)
        contents = LocalContents(self.contents_manager)
        folder = upload_folder(contents, grant.folder, grant.name)
        if not contents.shows(name) or not contents.admits(folder / name):
            raise UploadRefused("That name is hidden or leads elsewhere: give the file another name.", 403)
        upload = self.folders.begin(folder, name, declared_size)
        count_upload_begun()
        return upload

    def count(self, size: int, outcome: str) -> None:
        """Count a file that has come, or broken off."""
        count_upload(size, outcome)

    @web.authenticated
    @authorized
    @writes_contents
    async def put(self, grant: str) -> None:  # noqa: ARG002 - its folder is open by now
        """Put the file in its place."""
        try:
            self.complete()
        except UploadRefused as error:
            raise Refusal.of(error) from error

    post = put
