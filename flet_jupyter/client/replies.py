"""The answer to a request for a file, whatever web framework then sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flet_jupyter.client.served import ENCODERS, IDENTITY, Body, ServedFile

IMMUTABLE = "private, max-age=31536000, immutable"
"""For a URL that names the version of what it holds. Private: the route asks who is there, so a shared cache must
not answer for it."""

PUBLIC_IMMUTABLE = "public, max-age=31536000, immutable"
"""The same for a URL that answers everyone alike: proxies and content delivery networks may keep it, too."""

REVALIDATE = "no-cache"
"""For a URL whose content changes with an update: the browser may keep it but asks each time."""


_ONE_RANGE = re.compile(r"bytes[ \t]*=[ \t]*([0-9]{0,99})-([0-9]{0,99})[ \t]*", re.IGNORECASE)
"""One range of bytes. Python refuses to read numbers of thousands of digits; no file is as large as this many say."""


@dataclass(frozen=True)
class Reply:
    """What to send.

    Attributes
    ----------
    status : int
        200 or 304; where ranges are offered also 206 or 416.
    headers : dict of str to str
        All that the file determines, ``Content-Length`` included.
    body : Body or None
        What follows the headers; None for a 304 or 416. Leave it out when the request is a HEAD.
    start, stop : int
        The part of `body` that is to be sent; `chunks` gives it.
    """

    status: int
    headers: dict[str, str]
    body: Body | None
    start: int = 0
    stop: int | None = None

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes that follow the headers, piece by piece; errors are those of `Body.chunks`."""
        return iter(()) if self.body is None else self.body.chunks(self.start, self.stop)


def reply_with(
    file: ServedFile,
    *,
    accept_encoding: str,
    if_none_match: str,
    cache_control: str,
    range_: str | None = None,
    if_range: str = "",
) -> Reply:
    """Answer a GET or HEAD.

    Parameters
    ----------
    file : ServedFile
        What was asked for.
    accept_encoding, if_none_match : str
        The request's headers, empty where it has none.
    cache_control : str
        `IMMUTABLE`, `PUBLIC_IMMUTABLE` or `REVALIDATE`.
    range_, if_range : str
        The request's headers ``Range`` and ``If-Range``, empty where it has none, and for a HEAD, to which ranges
        do not apply. Without `range_` no ranges are offered.

    Returns
    -------
    Reply
        Status, headers and body. Call ``reply.chunks()`` for the bytes.

    Raises
    ------
    ClientNotFound
        If the file has changed since it was listed.
    """
    body = choose_body(file, accept_encoding)
    part = None
    if range_:
        # A part of a compressed body is of no use to those who ask for parts: players that jump, broken downloads.
        identity = file.bodies[IDENTITY]
        part = _part(range_, identity.size)
        # A date cannot match: we send none.
        if part is not None and if_range.strip() in ("", _etag(file, identity)):
            body = identity
        else:
            part = None
    etag = _etag(file, body)
    headers = {"Cache-Control": cache_control, "ETag": etag}
    if file.compressible:
        headers["Vary"] = "Accept-Encoding"
    if _matches(etag, if_none_match):
        return Reply(304, headers, None)
    if part is not None and not part:
        return Reply(416, _refusal(body.size), None)
    headers |= {
        "Content-Type": file.mime_type,
        "Content-Length": str(body.size if part is None else len(part)),
        "X-Content-Type-Options": "nosniff",
    }
    if range_ is not None:
        headers["Accept-Ranges"] = "bytes"
    if body.encoding != IDENTITY:
        headers["Content-Encoding"] = body.encoding
    if part is None:
        return Reply(200, headers, body)
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{body.size}"
    return Reply(206, headers, body, part.start, part.stop)


def choose_body(file: ServedFile, accept_encoding: str) -> Body:
    """Choose the smallest kind of body that the browser accepts.

    Parameters
    ----------
    file : ServedFile
        What was asked for.
    accept_encoding : str
        The request's header, such as ``"gzip, br;q=0.9"``. Only a quality of 0 is looked at, which forbids an
        encoding: which of the others is best is ours to know.
    """
    accepted = {}
    for item in accept_encoding.lower().split(","):
        name, _, parameters = item.partition(";")
        accepted[name.strip()] = _quality(parameters) > 0
    for encoding in ENCODERS:
        if encoding in file.bodies and accepted.get(encoding, accepted.get("*", False)):
            return file.bodies[encoding]
    return file.bodies[IDENTITY]


def _etag(file: ServedFile, body: Body) -> str:
    # Each encoding is a representation of its own and needs its own strong tag (RFC 9110, section 8.8.3.3).
    return f'"{file.digest[:32]}-{body.encoding}"'


def _part(header: str, size: int) -> range | None:
    """Read a Range header (RFC 9110, section 14.2): an empty range cannot be satisfied, None is to be ignored.

    Several ranges are ignored too, which a server may: nothing that browsers show asks for them.
    """
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        return range(max(0, size - int(match[2])), size)
    first = int(match[1])
    if match[2] == "":
        return range(first, size)
    last = int(match[2])
    return range(first, min(last + 1, size)) if first <= last else None


def _refusal(size: int) -> dict[str, str]:
    return {"Cache-Control": "no-store", "Content-Range": f"bytes */{size}", "Content-Length": "0"}


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _matches(etag: str, if_none_match: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags or "*" in tags
