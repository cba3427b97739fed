from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flet_jupyter.client.replies import PUBLIC_IMMUTABLE, REVALIDATE, Reply, reply_with
from flet_jupyter.client.served import CHUNK, ServedFile
from flet_jupyter.exceptions import ClientNotFound

CONTENT = bytes(range(256)) * 4
SIZE = len(CONTENT)


def ask(file: ServedFile, range_: str | None = "", **headers: str) -> Reply:
    return reply_with(
        file,
        accept_encoding=headers.get("accept_encoding", ""),
        if_none_match=headers.get("if_none_match", ""),
        cache_control=REVALIDATE,
        range_=range_,
        if_range=headers.get("if_range", ""),
    )


def sent(reply: Reply) -> bytes:
    return b"".join(reply.chunks())


@pytest.fixture
def image() -> ServedFile:
    return ServedFile.in_memory("x.png", CONTENT)


@pytest.fixture
def script() -> ServedFile:
    return ServedFile.in_memory("x.js", b"let it = 'be';\n" * 100)


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=1000-", 1000, SIZE - 1),
        ("bytes=-24", SIZE - 24, SIZE - 1),
        ("bytes=-99999", 0, SIZE - 1),
        ("bytes=1000-99999", 1000, SIZE - 1),
        ("Bytes = 10-19 ", 10, 19),
    ],
)
def test_a_range_gets_that_part(image: ServedFile, header: str, first: int, last: int) -> None:
    reply = ask(image, header)
    assert reply.status == 206
    assert reply.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert reply.headers["Content-Length"] == str(last - first + 1)
    assert sent(reply) == CONTENT[first : last + 1]


@pytest.mark.parametrize("header", ["bytes=1024-", "bytes=1024-2000", "bytes=-0", f"bytes={'9' * 90}-"])
def test_a_range_beyond_the_end_gets_the_size(image: ServedFile, header: str) -> None:
    reply = ask(image, header)
    assert (reply.status, reply.headers["Content-Range"], sent(reply)) == (416, f"bytes */{SIZE}", b"")
    assert reply.headers["Cache-Control"] == "no-store"


def test_no_range_of_an_empty_file_can_be_had() -> None:
    empty = ServedFile.in_memory("x.png", b"")
    assert [ask(empty, header).status for header in ("bytes=0-", "bytes=-5", "")] == [416, 416, 200]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=20-10",
        "bytes=0-1,5-6",
        "bytes=1.5-2",
        "bytes=0x1-2",
        "bytes=--5",
        "bytes=+1-2",
        "bytes=1_0-20",
        "bytes=\N{ARABIC-INDIC DIGIT ONE}-",
        f"bytes={'9' * 5000}-",
        "lines=1-2",
    ],
)
def test_what_is_no_single_range_gets_the_whole_file(image: ServedFile, header: str) -> None:
    reply = ask(image, header)
    assert (reply.status, sent(reply)) == (200, CONTENT)
    assert "Content-Range" not in reply.headers


@given(first=st.integers(0, 2 * SIZE), last=st.none() | st.integers(0, 2 * SIZE))
def test_ranges_are_slices(first: int, last: int | None) -> None:
    reply = ask(ServedFile.in_memory("x.png", CONTENT), f"bytes={first}-{'' if last is None else last}")
    if last is not None and last < first:
        assert reply.status == 200
        return
    expected = CONTENT[first : None if last is None else last + 1]
    assert (reply.status, sent(reply)) == ((206, expected) if expected else (416, b""))


@given(header=st.from_regex(re.compile(r"bytes *=[-0-9, ]*")) | st.text())
def test_no_range_header_is_an_error(header: str) -> None:
    reply = ask(ServedFile.in_memory("x.png", CONTENT), header)
    assert reply.status in (200, 206, 416)
    assert len(sent(reply)) == int(reply.headers["Content-Length"])


def test_a_part_is_never_compressed(script: ServedFile) -> None:
    whole = ask(script, "", accept_encoding="br")
    assert whole.headers["Content-Encoding"] == "br"
    part = ask(script, "bytes=0-2", accept_encoding="br")
    assert sent(part) == b"let"
    assert "Content-Encoding" not in part.headers
    assert part.headers["ETag"] == ask(script).headers["ETag"] != whole.headers["ETag"]


def test_a_part_is_sent_only_of_what_the_browser_has_the_beginning_of(script: ServedFile) -> None:
    plain = ask(script).headers["ETag"]
    assert ask(script, "bytes=5-", if_range=plain).status == 206
    for other in ('"something"', f"W/{plain}", "Wed, 21 Oct 2026 07:28:00 GMT", plain.replace("identity", "br")):
        reply = ask(script, "bytes=5-", if_range=other, accept_encoding="br")
        assert (reply.status, reply.headers.get("Content-Encoding")) == (200, "br")


def test_a_range_that_cannot_be_had_of_another_file_gets_that_file(image: ServedFile) -> None:
    assert ask(image, "bytes=99999-", if_range='"old"').status == 200


def test_an_unchanged_file_is_not_sent_in_parts_either(image: ServedFile) -> None:
    reply = ask(image, "bytes=0-5", if_none_match=ask(image).headers["ETag"])
    assert (reply.status, sent(reply)) == (304, b"")


def test_ranges_are_offered_only_by_those_who_ask_for_them(image: ServedFile) -> None:
    assert ask(image).headers["Accept-Ranges"] == "bytes"
    assert "Accept-Ranges" not in ask(image, None).headers
    assert ask(image, None).status == 200


def test_a_part_of_a_large_file_is_read_from_its_place(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"a" * CHUNK + b"b" * CHUNK + b"c" * CHUNK)
    reply = ask(ServedFile.on_disk("x.mp4", path), f"bytes={CHUNK - 1}-{2 * CHUNK}")
    assert sent(reply) == b"a" + b"b" * CHUNK + b"c"


def test_no_more_is_sent_than_was_announced(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"a" * 2 * CHUNK)
    reply = ask(ServedFile.on_disk("x.txt", path))
    chunks = reply.chunks()
    received = next(chunks)
    with path.open("ab") as file:
        file.write(b"b" * CHUNK)
    assert received + b"".join(chunks) == b"a" * 2 * CHUNK


def test_a_file_that_gets_shorter_while_it_is_sent_ends_in_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"a" * 2 * CHUNK)
    chunks = ask(ServedFile.on_disk("x.txt", path)).chunks()
    next(chunks)
    path.write_bytes(b"")
    with pytest.raises(ClientNotFound):
        list(chunks)


def test_what_is_public_for_ever_says_so() -> None:
    assert PUBLIC_IMMUTABLE == "public, max-age=31536000, immutable"
