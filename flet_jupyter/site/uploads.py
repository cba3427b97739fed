"""Bytes of uploads to the disk: a file is there whole or not at all, and never outside the upload folder."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import secrets
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

from flet_jupyter.core.uploads import PART_NAME, check_file_name
from flet_jupyter.exceptions import BadOption, UploadRefused

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Upload", "UploadFolder", "declared_size"]

log = logging.getLogger(__name__)

MAX_AT_ONCE: Final = 100
STALE_AFTER: Final = 24 * 3600
"""Seconds without a write after which an incomplete upload is one that nobody will complete."""

# Where a file is reached through its open folder, nothing that happens to the path meanwhile can lead elsewhere.
# Windows cannot do that: there paths are used, and looked at once more before each step.
_BY_DESCRIPTOR: Final = {os.open, os.mkdir, os.rmdir, os.unlink, os.stat, os.rename} <= os.supports_dir_fd

# O_PATH: a folder may be one that can be written but not listed.
_FOLDER_FLAGS: Final = getattr(os, "O_PATH", 0) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FILE_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

# Another process that shares the folder may remove the empty folder that is about to be used.
_TRIES: Final = 5

_ENDED: Final = "The upload ended before the file was complete: upload it again."
_TAKEN: Final = "Something else has that name on the server: give the file another name."
_BUSY: Final = "The server takes no more uploads at the moment: try again later."
_OUTSIDE: Final = "That name leads out of the upload folder: give the file another name."

_UNFIT: Final = (400, "The server cannot have a file of that name: give the file another name.")
_FULL: Final = (507, "The server has no room for the file: tell the people who run it.")
_FAILED: Final = (500, "The server could not save the file: the people who run it find the reason in its log.")
_REFUSALS: Final = {
    errno.ENAMETOOLONG: _UNFIT,
    errno.EINVAL: _UNFIT,
    errno.EILSEQ: _UNFIT,
    errno.ELOOP: (403, _OUTSIDE),
    errno.ENOTDIR: (409, _TAKEN),
    errno.EISDIR: (409, _TAKEN),
    errno.EEXIST: (409, _TAKEN),
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
}


def declared_size(content_length: str) -> int | None:
    """Read the size that a request gives for its body; None if it gives none, or not in plain digits.

    Python counts the digits of all scripts as such, and refuses to read thousands of them.
    """
    is_plain = content_length.isascii() and content_length.isdigit() and len(content_length) < 19
    return int(content_length) if is_plain else None


class UploadFolder:
    """The folder that receives an app's uploads. Safe from any thread.

    All calls wait for the disk. :meth:`check` belongs to the start of a server; the others take as long as a few file
    operations and may be called from an event loop or, where the disk is slow (a network share), in threads. The
    calls for one upload wait for one another.

    Parameters
    ----------
    path : str or Path
        The folder. It is made if it is missing.
    max_size : int or None
        The most bytes that a file may have; None is no limit.
    max_at_once : int
        Uploads that may be in progress at a time.
    """

    def __init__(self, path: str | os.PathLike[str], max_size: int | None, *, max_at_once: int = MAX_AT_ONCE) -> None:
        self.path = Path(path).absolute()
        self.max_size = max_size
        self.max_at_once = max_at_once
        self._lock = threading.RLock()
        self._in_progress: set[Upload] = set()
        self._closed = False

    @property
    def in_progress(self) -> tuple[Upload, ...]:
        """The uploads that have begun and not ended."""
        with self._lock:
            return tuple(self._in_progress)

    def check(self) -> None:
        """Make the folder ready: try to write there, and remove what a process that crashed has left.

        Raises
        ------
        BadOption
            If no files can be written there.
        """
        try:
            with contextlib.closing(self._open(self._root())) as folder:
                name = _part_name()
                os.close(folder.create(name))
                folder.remove_file(name)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise BadOption(
                f"Uploads cannot be saved in {self.path} ({reason}): choose a folder that can be written."
            ) from error
        self._remove_stale()
        self._closed = False

    def begin(self, name: str, declared_size: int | None = None) -> Upload:
        """Begin an upload; the file appears when it is finished, in place of one that has its name.

        Links that stay in the folder are followed.

        Parameters
        ----------
        name : str
            The file's path in the folder.
        declared_size : int, optional
            The bytes that will come (``Content-Length``, unless the body is decoded on its way). The upload is
            complete when that many have come.

        Raises
        ------
        UploadRefused
            With status 400 (name), 403 (a link leads out of the folder), 409 (the name is that of a folder or a
            device, or goes through a file), 413 (too large), 503 (too many at once), 507 (disk full) or 500.
        """
        parts = check_file_name(name).parts
        if declared_size is not None and declared_size < 0:
            raise UploadRefused("The size of the upload is below zero.", 400)
        self.check_size(declared_size or 0)
        with self._lock:
            if self._closed or len(self._in_progress) >= self.max_at_once:
                raise UploadRefused(_BUSY, 503)
            with _refusing(name):
                upload = self._begin(parts, name, declared_size)
            self._in_progress.add(upload)
        return upload

    def check_size(self, size: int) -> None:
        """Raise `UploadRefused` with status 413 for more bytes than a file may have."""
        if self.max_size is not None and size > self.max_size:
            raise UploadRefused(f"The file is too large: it may have {self.max_size:,} bytes at most.", 413)

    def close(self) -> None:
        """Abort the uploads in progress and begin no others, until the next :meth:`check`."""
        self._closed = True
        for upload in self.in_progress:
            upload.abort()

    def ended(self, upload: Upload, *, complete: bool) -> None:
        """Forget an upload, and remove the folders that were made for it if nothing is in them. Uploads call this."""
        with self._lock:
            self._in_progress.discard(upload)
            if not complete:
                self._remove_empty(upload.made)

    def _root(self) -> Path:
        return Path(os.path.realpath(self.path))

    @staticmethod
    def _open(root: Path) -> _OpenFolder:
        try:
            root.mkdir(parents=True, exist_ok=True)
            return _OpenFolder(root)
        except (FileExistsError, NotADirectoryError) as error:
            # Not the name of an upload is taken, but that of the folder of all uploads.
            raise OSError("it is no folder") from error

    def _begin(self, parts: tuple[str, ...], name: str, declared_size: int | None) -> Upload:
        for _ in range(_TRIES - 1):
            with contextlib.suppress(FileNotFoundError):
                return self._try_to_begin(parts, name, declared_size)
        return self._try_to_begin(parts, name, declared_size)

    def _try_to_begin(self, parts: tuple[str, ...], name: str, declared_size: int | None) -> Upload:
        root = self._root()
        # Links are resolved here and followed nowhere else.
        target = Path(os.path.realpath(root.joinpath(*parts)))
        if not target.is_relative_to(root):
            raise UploadRefused(_OUTSIDE, 403)
        if target == root:
            raise UploadRefused(_TAKEN, 409)
        made: list[Path] = []
        folder = self._open(root)
        try:
            for subfolder in target.relative_to(root).parts[:-1]:
                if folder.make(subfolder):
                    made.append(folder.path / subfolder)
                folder.enter(subfolder)
            folder.check_free(target.name)
            return Upload(self, name, declared_size, folder=folder, target=target, made=made)
        except BaseException:
            folder.close()
            self._remove_empty(made)
            raise

    def _remove_empty(self, made: list[Path]) -> None:
        for path in sorted(made, key=lambda path: len(path.parts), reverse=True):
            try:
                with contextlib.closing(_OpenFolder(self._root())) as folder:
                    for subfolder in path.parent.relative_to(folder.path).parts:
                        folder.enter(subfolder)
                    folder.remove_folder(path.name)
            except (OSError, ValueError):
                # Another upload is on its way into it, and is then the one to remove it.
                heir = next((other for other in self._in_progress if other.target.is_relative_to(path)), None)
                if heir is not None:
                    heir.made.append(path)

    def _remove_stale(self) -> None:
        oldest = time.time() - STALE_AFTER
        for folder, _, names in os.walk(self._root()):
            for path in (Path(folder, name) for name in names if PART_NAME.fullmatch(name)):
                with contextlib.suppress(OSError):
                    if path.lstat().st_mtime < oldest:
                        path.unlink()
                        log.info("Removed %s, which an earlier process had not completed.", path)


class Upload:
    """One file on its way to the disk; :meth:`UploadFolder.begin` makes it.

    As a context manager it aborts an upload that was not finished, for whatever reason::

        with folder.begin(name, size) as upload:
            for chunk in body:
                upload.write(chunk)
            upload.finish()

    After an error from :meth:`write` or :meth:`finish` nothing of it is left, and nothing else need be called.

    Attributes
    ----------
    name : str
        The name that it was begun with.
    size : int
        Bytes received.
    target : Path
        The file that it becomes, links resolved.
    made : list of Path
        The folders that were made for it, and that go with it when it is aborted.
    """

    def __init__(
        self,
        owner: UploadFolder,
        name: str,
        declared_size: int | None,
        *,
        folder: _OpenFolder,
        target: Path,
        made: list[Path],
    ) -> None:
        self.name = name
        self.size = 0
        self.target = target
        self.made = made
        self._owner = owner
        self._declared_size = declared_size
        self._folder = folder
        self._lock = threading.RLock()
        self._ended = False
        self._part = _part_name()
        self._descriptor = folder.create(self._part)

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Add bytes.

        Raises
        ------
        UploadRefused
            With status 413 (more than a file may have), 400 (more than were declared), 507 (disk full), 503 (the
            upload was aborted) or 500.
        """
        rest = memoryview(chunk).cast("B")
        with self._changing():
            self.size += len(rest)
            self._owner.check_size(self.size)
            if self._declared_size is not None and self.size > self._declared_size:
                raise UploadRefused(_ENDED, 400)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def finish(self) -> None:
        """Give the file its name, in one step; a file that had the name is no more.

        Raises
        ------
        UploadRefused
            With status 400 (fewer bytes than declared), 409 (the name has become that of a folder), 507 (disk full),
            503 (the upload was aborted) or 500.
        """
        with self._changing():
            if self._declared_size is not None and self.size != self._declared_size:
                raise UploadRefused(_ENDED, 400)
            self._close_file()  # some file systems say only here that the disk is full
            self._folder.rename(self._part, self.target.name)
            self._ended = True
            self._folder.close()
            self._owner.ended(self, complete=True)

    def abort(self) -> None:
        """Remove all that there is of the upload; nothing happens if it has ended."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
            with contextlib.suppress(OSError):
                self._close_file()
            try:
                self._folder.remove_file(self._part)
            except FileNotFoundError:
                pass
            except OSError as error:
                log.warning("What there is of the upload %r could not be removed: %s", self.name, error)
            self._folder.close()
            self._owner.ended(self, complete=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.abort()

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock:
            if self._ended:
                raise UploadRefused(_ENDED, 503)
            try:
                with _refusing(self.name):
                    yield
            except BaseException:
                self.abort()
                raise

    def _close_file(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class _OpenFolder:
    """A folder that is open. The names in it are taken as they are: none leads elsewhere."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, _FOLDER_FLAGS) if _BY_DESCRIPTOR else None

    def enter(self, name: str) -> None:
        """Go on to a folder in this one."""
        path = self._at(name)
        if self._descriptor is not None:
            inner = os.open(path, _FOLDER_FLAGS, dir_fd=self._descriptor)
            os.close(self._descriptor)
            self._descriptor = inner
        elif not stat.S_ISDIR(os.lstat(path).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        self.path /= name

    def make(self, name: str) -> bool:
        """Make a folder; return whether it was not there before."""
        try:
            os.mkdir(self._at(name), dir_fd=self._descriptor)
        except FileExistsError:
            return False
        return True

    def check_free(self, name: str) -> None:
        """Raise `FileExistsError` if the name is that of anything but a file, which may be replaced."""
        path = self._at(name)
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(os.stat(path, dir_fd=self._descriptor, follow_symlinks=False).st_mode):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)

    def create(self, name: str) -> int:
        """Return a descriptor of a new file."""
        return os.open(self._at(name), _FILE_FLAGS, 0o666, dir_fd=self._descriptor)

    def rename(self, name: str, new_name: str) -> None:
        """Rename a file, over one that has the new name."""
        at = self._descriptor
        os.replace(self._at(name), self._at(new_name), src_dir_fd=at, dst_dir_fd=at)

    def remove_file(self, name: str) -> None:
        os.unlink(self._at(name), dir_fd=self._descriptor)

    def remove_folder(self, name: str) -> None:
        os.rmdir(self._at(name), dir_fd=self._descriptor)

    def close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, -1
            if descriptor >= 0:
                os.close(descriptor)

    def _at(self, name: str) -> str:
        if self._descriptor is not None:
            return name
        if os.path.realpath(self.path) != str(self.path):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(self.path))
        return str(self.path / name)


@contextlib.contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Turn what the disk says into what the visitor is told; the rest is for the log."""
    try:
        yield
    except (OSError, UnicodeEncodeError) as error:
        number = error.errno if isinstance(error, OSError) else errno.EILSEQ
        status, message = _REFUSALS.get(number or 0, _FAILED)
        if status >= 500:
            log.exception("The upload %r failed.", name)
        raise UploadRefused(message, status) from error


def _part_name() -> str:
    return f".flet-upload-{secrets.token_hex(16)}.part"
