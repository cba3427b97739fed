"""How the values of options are written: each kind reads them from text and from objects, and says what it expects."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import operator
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, cast

import traitlets

from flet_jupyter.core.settings import A_NUMBER_OF_SECONDS, Differ, parse_seconds

log = logging.getLogger(__name__)

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
WebRenderer: TypeAlias = Literal["auto", "canvaskit", "skwasm"]
RouteUrlStrategy: TypeAlias = Literal["path", "hash"]
LogLevel: TypeAlias = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
LogFormat: TypeAlias = Literal["text", "json"]

T_co = TypeVar("T_co", covariant=True)
Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True)
class Kind(Generic[T_co]):
    """How the values of some options are written, in all the places where they can be.

    Attributes
    ----------
    parse : callable
        Takes a string, as variables and command lines have it, or an object from a program or configuration
        file. What it returned once it leaves as it is. It raises `ValueError`, `TypeError` or another error of
        Python's own conversions.
    expected : str
        What it takes, as a message says it: "X is not ...".
    trait : callable
        Makes the trait, given ``default_value`` and what else all traits take.
    """

    parse: Callable[[Any], T_co]
    expected: str
    trait: Callable[..., traitlets.TraitType[Any, Any]]


# -- reading values ----------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return str(value)


def _flag(value: Any) -> bool:
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[str(value).strip().lower()]


def _whole(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    return int(value) if isinstance(value, str) else operator.index(value)


def _at_least_one(value: Any) -> int:
    number = _whole(value)
    if number < 1:
        raise ValueError
    return number


def _port(value: Any) -> int:
    number = _whole(value)
    if not 0 <= number <= 65535:
        raise ValueError
    return number


def _size(value: Any) -> int:
    if not isinstance(value, str):
        return _at_least_one(value)
    match = re.fullmatch(r"([0-9][0-9_]*)\s*(?:([kmg])(i)?)?b?", value.strip().lower())
    if not match:
        raise ValueError
    number, prefix, binary = match.groups()
    return _at_least_one(int(number) * (1024 if binary else 1000) ** (" kmg".index(prefix or " ")))


def _path(value: Any) -> Path:
    text = os.fspath(value)
    if not text or "\0" in text:
        raise ValueError
    return Path(text).expanduser()


def parse_url_path(value: Any) -> str:
    """Read the path part of a URL: ``"x/y"`` and ``"/x/y/"`` are ``"/x/y"``, nothing is ``"/"``.

    Raises
    ------
    TypeError, ValueError
        It is no text, or a segment has a character that is written differently in URLs, or means "here" or "up".
    """
    path = _text(value).strip().strip("/")
    segments = path.split("/") if path else []
    if any(segment in (".", "..") or not re.fullmatch(r"[A-Za-z0-9._~@-]+", segment) for segment in segments):
        raise ValueError
    return "/" + path


def _endpoint(value: Any) -> str:
    path = parse_url_path(value).removeprefix("/")
    if not path:
        raise ValueError
    return path


def _host(value: Any) -> str:
    text = _text(value).strip()
    last = text.rpartition(".")[2]
    # As browsers do: what ends in a number is an IPv4 address or nothing.
    if ":" in text or last.isdecimal():
        return str(ipaddress.ip_address(text))
    label = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
    if len(text) > 253 or not re.fullmatch(rf"{label}(\.{label})*", text, re.ASCII | re.IGNORECASE):
        raise ValueError
    return text


def _origin(value: Any) -> str:
    match = re.fullmatch(r"(https?)://(\[[0-9a-f:.]+\]|[^:/]+)(?::([0-9]{1,5}))?/?", _text(value).strip().lower())
    if not match:
        raise ValueError
    scheme, host, port = match.groups()
    host = f"[{ipaddress.IPv6Address(host[1:-1])}]" if host.startswith("[") else _host(host)
    # As browsers send it, without the port that goes without saying.
    usual = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{host}" + (f":{_port(port)}" if port and int(port) != usual else "")


def _origins(value: Any) -> tuple[str, ...]:
    items = _items(value)
    return ("*",) if items == ["*"] else tuple(_origin(item) for item in items)


def _networks(value: Any) -> tuple[Network, ...]:
    # str: the number 5 is an address to ipaddress.
    return tuple(ipaddress.ip_network(str(item).strip()) for item in _items(value))


def _items(value: Any) -> list[Any]:
    """Split at commas and white space what is given as one string, alone or in a list."""
    values: Iterable[Any] = [value] if isinstance(value, str) else value
    parts = [re.split(r"[\s,]+", each) if isinstance(each, str) else [each] for each in values]
    return [item for part in parts for item in part if item != ""]


def _color(value: Any) -> str:
    text = _text(value).strip()
    written = r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})|[a-z]+|(rgb|hsl)a?\([0-9a-z.,%/ -]+\)"
    if not re.fullmatch(written, text, re.ASCII | re.IGNORECASE):
        raise ValueError
    return text


def _hashed_password(value: Any) -> str:
    text = _text(value).strip()
    if text and not text.startswith("argon2:$argon2"):
        algorithm, _salt, digest = text.split(":", 2)
        if algorithm not in hashlib.algorithms_available or not digest:
            raise ValueError
    return text


# -- kinds -------------------------------------------------------------------------------------------


def _list(**more: Any) -> traitlets.List[Any]:
    return traitlets.List(traitlets.Unicode(), **more)


def _unjudged(trait: Callable[..., Any], *arguments: Any) -> Callable[..., traitlets.TraitType[Any, Any]]:
    """Make traits that look like `trait` in help texts and take any value; see `Option.trait`."""

    def make(**more: Any) -> traitlets.TraitType[Any, Any]:
        made = trait(*arguments, **more)
        made.validate = lambda _owner, value: value
        return cast("traitlets.TraitType[Any, Any]", made)

    return make


def choice(*choices: Choice, renamed: Mapping[str, Choice] = {}) -> Kind[Choice]:
    """Make a kind of a few words, in capitals or not; `renamed` are words of the past and what they mean now."""
    words = {each.lower(): each for each in choices}

    def parse(value: Any) -> Choice:
        # Flet's own enums have such words as values.
        word = _text(value.value if isinstance(value, Enum) else value).strip().lower()
        if word in renamed:
            log.warning("%r is out of date as a setting; %r is used instead.", word, renamed[word])
            return renamed[word]
        return words[word]

    *first, last = choices
    return Kind(parse, f"{', '.join(first)} or {last}", _unjudged(traitlets.Enum, list(choices)))


_AN_URL_PATH: Final = "the path part of a URL, such as /apps/one, of letters, digits and any of -._~@"
_HOW_TO_HASH: Final = 'python -c "from jupyter_server.auth import passwd; print(passwd())"'

TEXT: Final = Kind(_text, "text", _unjudged(traitlets.Unicode))
FLAG: Final = Kind(_flag, "true or false (or yes or no, 1 or 0)", _unjudged(traitlets.Bool))
SECONDS: Final = Kind(parse_seconds, A_NUMBER_OF_SECONDS, _unjudged(traitlets.Float))
COUNT: Final = Kind(_at_least_one, "a whole number of at least 1", _unjudged(traitlets.Int))
SIZE: Final = Kind(_size, "a number of bytes, such as 10000000, 10MB or 10MiB", _unjudged(traitlets.Int))
PORT: Final = Kind(_port, "a port number from 0 to 65535", _unjudged(traitlets.Int))
FOLDER: Final = Kind(_path, "the path of a folder", _unjudged(traitlets.Unicode))
FILE: Final = Kind(_path, "the path of a file", _unjudged(traitlets.Unicode))
COLOR: Final = Kind(_color, "a CSS color, such as #0175c2 or teal", _unjudged(traitlets.Unicode))
BASE_URL: Final = Kind(parse_url_path, _AN_URL_PATH, _unjudged(traitlets.Unicode))
ENDPOINT: Final = Kind(_endpoint, _AN_URL_PATH.replace("/apps/one", "ws or live/ws"), _unjudged(traitlets.Unicode))
ADDRESS: Final = Kind(
    _host, "an IP address or host name of this machine, such as 127.0.0.1", _unjudged(traitlets.Unicode)
)
ORIGINS: Final = Kind(_origins, "a list of origins, such as https://example.org:8443, or * alone", _unjudged(_list))
NETWORKS: Final = Kind(
    _networks, "a list of IP addresses or networks, such as 127.0.0.1 or 10.0.0.0/8", _unjudged(_list)
)
HASHED_PASSWORD: Final = Kind(_hashed_password, f"a hash as made by `{_HOW_TO_HASH}`", _unjudged(traitlets.Unicode))
WEB_RENDERER: Final[Kind[WebRenderer]] = choice("auto", "canvaskit", "skwasm", renamed={"html": "auto"})
DIFFER: Final[Kind[Differ]] = choice("fast", "flet")
ROUTE_URL_STRATEGY: Final[Kind[RouteUrlStrategy]] = choice("path", "hash")
LOG_LEVEL: Final[Kind[LogLevel]] = choice(
    "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", renamed={"warn": "WARNING", "fatal": "CRITICAL"}
)
LOG_FORMAT: Final[Kind[LogFormat]] = choice("text", "json")
