"""Upload URLs and the names of uploaded files: signed, checked, refused.

An upload URL is Flet's, ``<endpoint>?f=<name>&e=<expiry>&s=<signature>``, but what is signed differs: the two values
as they are sent, and the app that they are for.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import urllib.parse
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import PurePosixPath
from typing import Final

from flet_jupyter.exceptions import BadOption, UploadRefused, UsageError

__all__ = ["PART_NAME", "UploadSigner", "UploadTarget", "check_file_name"]

MAX_NAME_BYTES: Final = 1024
MAX_SEGMENT_BYTES: Final = 255
"""What nearly all file systems take for one name (NAME_MAX)."""
MAX_DEPTH: Final = 20

PART_NAME: Final = re.compile(r"\.flet-upload-[0-9a-f]{32}\.part", re.IGNORECASE)
"""The names of uploads that are not complete yet. No visitor's file may have one: old ones are removed."""

_MAX_EXPIRY_LENGTH: Final = 64
_PARAMETERS: Final = ("f", "e", "s")

# Control characters, the two separators that end a line in a log, and halves of UTF-16 pairs, which no UTF-8 has.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file: devices in every folder and with every ending.
_DEVICE: Final = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[1-9¹²³]) *(\..*)?", re.IGNORECASE)

_DAMAGED: Final = "This upload address is incomplete or damaged: choose the file again."


def check_file_name(name: str) -> PurePosixPath:
    """Check that a file of this name, sub-folders included, can be made below a folder on any system.

    What is refused is refused everywhere, so that an app meets the same names on Linux as on Windows. Links that
    are on the disk are another matter: see :class:`flet_jupyter.site.uploads.UploadFolder`.

    Parameters
    ----------
    name : str
        A relative path with ``/`` between its parts.

    Returns
    -------
    PurePosixPath
        The same path; its parts are the name's.

    Raises
    ------
    UploadRefused
        With status 400, and a sentence about the first thing that is wrong.
    """
    if fault := next(_faults(name), None):
        raise UploadRefused(f"The file name {fault}: give the file another name.", 400)
    return PurePosixPath(name)


class UploadSigner:
    """Signs the upload URLs of one app, and knows them again.

    A URL can be used as often as one likes until it expires, as Flet's can.

    Parameters
    ----------
    secret_key : str
        What only the server knows. The servers that share an app's visitors share it too.
    scope : str
        Where the app is mounted on its server ("/" or "/sub-app"), without what a proxy adds before it. A URL of one
        app is worth nothing to another.

    Raises
    ------
    BadOption
        If there is no secret.
    """

    __slots__ = ("_key", "_scope")

    def __init__(self, secret_key: str, scope: str) -> None:
        if not secret_key:
            raise BadOption("Uploads need a secret key: set FLET_SECRET_KEY to a long random text.")
        # An environment variable that is no UTF-8 arrives with surrogates in it, and is as good a secret.
        self._key = secret_key.encode("utf-8", "surrogatepass")
        self._scope = scope

    def query(self, file_name: str, expires_in: float, now: datetime | None = None) -> str:
        """Return the query string of an upload URL, for behind the ``?``.

        Parameters
        ----------
        file_name : str
            Where in the upload folder the file goes. Sub-folders are made.
        expires_in : float
            Seconds from now for which an upload can begin.
        now : datetime, optional
            The time to count from.

        Raises
        ------
        UsageError
            If no file may have that name, or the time is no number of seconds.
        """
        if not isinstance(file_name, str):
            raise UsageError(f"page.get_upload_url() needs a file name that is a str, not {type(file_name).__name__}.")
        if fault := next(_faults(file_name), None):
            raise UsageError(
                f"page.get_upload_url() cannot take {file_name[:100]!r}: the file name {fault}; use another name."
            )
        try:
            expiry = (_now(now) + timedelta(seconds=expires_in)).isoformat(timespec="microseconds")
        except (TypeError, ValueError, OverflowError) as error:
            raise UsageError(
                f"page.get_upload_url() needs the seconds until the URL expires, and {expires_in!r} is no such number."
            ) from error
        values = (file_name, expiry, self._signature(file_name, expiry))
        # A space as %20 is read alike by all; a + only by those who decode forms.
        return urllib.parse.urlencode(dict(zip(_PARAMETERS, values, strict=True)), quote_via=urllib.parse.quote)

    def check(self, f: str | None, e: str | None, s: str | None, now: datetime | None = None) -> None:
        """Check the parameters of an upload URL; return if the upload may begin.

        Parameters
        ----------
        f, e, s : str or None
            File name, expiry and signature, percent-decoded and otherwise untouched; None if missing.
        now : datetime, optional
            The time to compare with.

        Raises
        ------
        UploadRefused
            With status 400 (something is missing or malformed), 403 (not signed by this app) or 410 (expired).
        """
        if not f or not e or not s:
            raise UploadRefused(_DAMAGED, 400)
        check_file_name(f)
        expiry = _parse(e)
        # Compared as bytes: compare_digest takes no text that is not ASCII.
        if not hmac.compare_digest(self._signature(f, e).encode(), s.encode("utf-8", "surrogatepass")):
            raise UploadRefused("This upload address is not valid here: choose the file again.", 403)
        if _now(now) >= expiry:
            raise UploadRefused("This upload address has expired: choose the file again.", 410)

    def check_query(self, query: str, now: datetime | None = None) -> str:
        """Check the query string of an upload request, and return the file name in it.

        Frameworks read a query each in their own way: some strip spaces, which are part of a name, or take the last
        of two values, where others take the first. This reads it as it was signed.

        Raises
        ------
        UploadRefused
            As from :meth:`check`; with status 400 too if a parameter is there twice.
        """
        try:
            pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=20)
        except ValueError as error:
            raise UploadRefused(_DAMAGED, 400) from error
        values = dict(pairs)
        if sum(name in _PARAMETERS for name, _ in pairs) != len(values.keys() & {*_PARAMETERS}):
            raise UploadRefused(_DAMAGED, 400)
        self.check(values.get("f"), values.get("e"), values.get("s"), now)
        return values["f"]

    def _signature(self, file_name: str, expiry: str) -> str:
        # JSON, so that no two lists of values give the same text. The first value keeps what else is signed with
        # the same secret apart.
        text = json.dumps(["flet-jupyter upload", self._scope, file_name, expiry])
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


class UploadTarget:
    """Where a client's uploads go, if a server told its page and the page told the app.

    Parameters
    ----------
    url : str
        The absolute URL to which the server takes files.
    key : str
        What the server checks signatures with, for this URL alone.
    """

    __slots__ = ("_signer", "_url")

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        # The key is for one app already, so the scope has nothing to tell apart.
        self._signer = UploadSigner(key, "/")

    def address(self, file_name: str, expires_in: float) -> str:
        """Return the signed URL for a file; parameters and errors are those of :meth:`UploadSigner.query`."""
        return f"{self._url}?{self._signer.query(file_name, expires_in)}"


def _now(given: datetime | None) -> datetime:
    return datetime.now(timezone.utc) if given is None else given.astimezone(timezone.utc)


def _parse(expiry: str) -> datetime:
    try:
        moment = datetime.fromisoformat(expiry[: _MAX_EXPIRY_LENGTH + 1])
    except ValueError as error:
        raise UploadRefused(_DAMAGED, 400) from error
    if moment.tzinfo is None or len(expiry) > _MAX_EXPIRY_LENGTH:
        raise UploadRefused(_DAMAGED, 400)
    return moment


def _faults(name: str) -> Iterator[str]:
    """Give what is wrong with a name. Only the first is asked for: what comes later relies on what came before."""
    if not name:
        yield "is empty"
    if len(name) > MAX_NAME_BYTES:
        yield "is too long"
    if _UNPRINTABLE.search(name):
        yield "has a control character or a broken character in it"
    if len(name.encode()) > MAX_NAME_BYTES:
        yield "is too long"
    if "\\" in name:
        yield "has a backslash in it"
    if ":" in name:
        yield "has a colon in it"
    if name.startswith("/"):
        yield "begins with a slash"
    segments = name.split("/")
    if len(segments) > MAX_DEPTH:
        yield "has too many folders in it"
    for segment in segments:
        yield from _faults_of_segment(segment)


def _faults_of_segment(segment: str) -> Iterator[str]:
    if not segment:
        yield "has a part without a name between its slashes"
    if segment in {".", ".."}:
        yield f"has {segment!r} for a folder"
    if segment[-1] in ". ":
        yield "has a part that ends in a dot or a space"
    if len(segment.encode()) > MAX_SEGMENT_BYTES:
        yield "has a part that is too long"
    if _DEVICE.fullmatch(segment):
        yield "is that of a device on Windows"
    if PART_NAME.fullmatch(segment):
        yield "is kept for uploads that are not complete"
