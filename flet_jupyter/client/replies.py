"""The answer to a request for a file, whatever web framework then sends it."""

from __future__ import annotations

from dataclasses import dataclass

from flet_jupyter.client.served import ENCODERS, IDENTITY, Body, ServedFile

IMMUTABLE = "private, max-age=31536000, immutable"
"""For a URL that names the version of what it holds. Private: the route asks who is there, so a shared cache must
not answer for it."""

REVALIDATE = "no-cache"
"""For a URL whose content changes with an update: the browser may keep it but asks each time."""


@dataclass(frozen=True)
class Reply:
    """What to send.

    Attributes
    ----------
    status : int
        200 or 304.
    headers : dict of str to str
        All that the file determines, ``Content-Length`` included.
    body : Body or None
        What follows the headers; None for a 304. Leave it out when the request is a HEAD.
    """

    status: int
    headers: dict[str, str]
    body: Body | None


def reply_with(file: ServedFile, *, accept_encoding: str, if_none_match: str, cache_control: str) -> Reply:
    """Answer a GET or HEAD.

    Parameters
    ----------
    file : ServedFile
        What was asked for.
    accept_encoding, if_none_match : str
        The request's headers, empty where it has none.
    cache_control : str
        `IMMUTABLE` or `REVALIDATE`.

    Returns
    -------
    Reply
        Status, headers and body. Call ``body.chunks()`` for the bytes.

    Raises
    ------
    ClientNotFound
        If the file has changed since it was listed.
    """
    body = choose_body(file, accept_encoding)
    # Each encoding is a representation of its own and needs its own strong tag (RFC 9110, section 8.8.3.3).
    etag = f'"{file.digest[:32]}-{body.encoding}"'
    headers = {"Cache-Control": cache_control, "ETag": etag}
    if file.compressible:
        headers["Vary"] = "Accept-Encoding"
    if _matches(etag, if_none_match):
        return Reply(304, headers, None)
    headers |= {
        "Content-Type": file.mime_type,
        "Content-Length": str(body.size),
        "X-Content-Type-Options": "nosniff",
    }
    if body.encoding != IDENTITY:
        headers["Content-Encoding"] = body.encoding
    return Reply(200, headers, body)


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
