"""Upload URLs and file names: what is signed, what is refused, and with which status."""

from __future__ import annotations

import contextlib
import hmac
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flet_jupyter.core.uploads import UploadSigner, check_file_name
from flet_jupyter.exceptions import BadOption, UploadRefused, UsageError

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
SIGNER = UploadSigner("a secret", "/app")

REFUSED = [
    ("", "is empty"),
    ("/etc/passwd", "begins with a slash"),
    ("//server/share", "begins with a slash"),
    ("C:/autoexec.bat", "colon"),
    ("C:x", "colon"),
    ("a.txt:stream", "colon"),
    ("..\\x", "backslash"),
    ("\\\\server\\x", "backslash"),
    ("a\0.txt", "control"),
    ("a\nb", "control"),
    ("a\x7f", "control"),
    ("a\x85", "control"),
    ("a\u2028b", "control"),
    ("\ud800.txt", "broken character"),
    ("..", "folder"),
    (".", "folder"),
    ("../x", "folder"),
    ("a/../x", "folder"),
    ("a/./x", "folder"),
    ("a/..", "folder"),
    ("a//b", "without a name"),
    ("a/", "without a name"),
    ("/", "slash"),
    ("a.", "dot or a space"),
    ("a ", "dot or a space"),
    ("a./b", "dot or a space"),
    ("a /b", "dot or a space"),
    ("...", "dot or a space"),
    (" ", "dot or a space"),
    ("CON", "device"),
    ("con.txt", "device"),
    ("Nul.tar.gz", "device"),
    ("x/aux/y", "device"),
    ("prn .txt", "device"),
    ("com1", "device"),
    ("COM².log", "device"),
    ("lpt9.a", "device"),
    ("conin$", "device"),
    ("CONOUT$.x", "device"),
    ("x" * 256, "too long"),
    ("ü" * 128, "too long"),
    ("a/" + "x" * 256, "too long"),
    ("/".join(["x" * 200] * 6), "too long"),
    ("/".join(["ü" * 100] * 6), "too long"),
    ("x" * 1_000_000, "too long"),
    ("/".join("a" * 21), "too many folders"),
    (".flet-upload-" + "0" * 32 + ".part", "not complete"),
    ("a/.FLET-upload-" + "F" * 32 + ".Part", "not complete"),
]

ACCEPTED = [
    "a",
    "dir/name.ext",
    "Grüße/日本 語.txt",
    "👨\u200d👩\u200d👧.png",
    " leading space",
    "..a",
    "a..b",
    ".hidden",
    "~root",
    "-rf",
    "%2e%2e%2fx",
    "a+b&f=c?d#e",
    "console",
    "com",
    "com10",
    "com0",
    "my con.txt",
    "a.con",
    "x" * 255,
    "ü" * 127,
    "/".join(["x" * 203] * 5),
    "/".join("a" * 20),
    ".flet-upload-0.part",
]

# Texts in which what is refused comes often enough, and what is accepted too.
SEGMENTS = st.one_of(
    st.sampled_from(["..", ".", "", "CON", "nul.txt", "lpt1 ", "a", "b.txt", "C:", "~", "\\", "x" * 255, "ü" * 128]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\:"), min_size=1, max_size=8),
    st.text(max_size=8),
)
TEXTS = st.one_of(st.text(), st.lists(SEGMENTS, min_size=1, max_size=22).map("/".join))


def accepted(name: str) -> bool:
    try:
        check_file_name(name)
    except UploadRefused:
        return False
    return True


NAMES = TEXTS.filter(accepted)


def parameters(query: str) -> dict[str, Any]:
    return dict(parse_qsl(query, strict_parsing=True))


def signed(name: str = "a.txt", expires_in: float = 60, signer: UploadSigner = SIGNER) -> dict[str, Any]:
    return parameters(signer.query(name, expires_in, NOON))


def status(f: Any, e: Any, s: Any, *, signer: UploadSigner = SIGNER, now: datetime = NOON) -> int:
    """Return the status of a refusal, 200 for none."""
    try:
        signer.check(f, e, s, now)
    except UploadRefused as refusal:
        return refusal.status
    return 200


# -- URLs --------------------------------------------------------------------------------------------


def test_a_url_has_the_three_parameters_of_flet() -> None:
    assert SIGNER.query("dir/ü +.txt", 60, NOON) == (
        "f=dir%2F%C3%BC%20%2B.txt&e=2026-01-02T12%3A01%3A00.000000%2B00%3A00"
        "&s=2adfbd729b92c1cf9807655853de27073952c647c69295a93119961dcc06cbc3"
    )


def test_a_url_may_be_used_until_it_expires() -> None:
    values = signed(expires_in=60)
    assert status(**values) == 200
    assert status(**values) == 200
    assert status(**values, now=NOON + timedelta(seconds=59.999)) == 200
    assert status(**values, now=NOON + timedelta(seconds=60)) == 410
    assert status(**values, now=NOON + timedelta(days=9)) == 410


def test_the_time_zone_of_the_server_does_not_matter() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=9)))
    assert SIGNER.query("a", 60, there) == SIGNER.query("a", 60, NOON)
    assert status(**signed(expires_in=60), now=there) == 200


def test_the_clock_is_asked_where_no_time_is_given() -> None:
    before = datetime.now(timezone.utc)
    expiry = datetime.fromisoformat(parameters(SIGNER.query("a", 60))["e"])
    assert before <= expiry - timedelta(seconds=60) <= datetime.now(timezone.utc)
    SIGNER.check(**parameters(SIGNER.query("a", 3600)))
    with pytest.raises(UploadRefused) as refusal:
        SIGNER.check(**parameters(SIGNER.query("a", -1)))
    assert refusal.value.status == 410


@given(NAMES)
@settings(max_examples=150, deadline=None)
def test_what_was_signed_is_accepted(name: str) -> None:
    query = SIGNER.query(name, 60, NOON)
    assert query.isascii()
    assert parameters(query)["f"] == name
    assert status(**parameters(query)) == 200
    assert SIGNER.check_query(query, NOON) == name


@given(NAMES, st.sampled_from("fes"), st.integers(0), st.characters() | st.sampled_from("0aA/."), st.integers(0, 2))
@settings(max_examples=300, deadline=None)
def test_any_change_of_one_character_is_refused(
    name: str, parameter: str, place: int, character: str, kept: int
) -> None:
    values = signed(name)
    text = values[parameter]
    at = place % len(text)
    # kept: 0 removes the character, 1 replaces it, 2 inserts another before it
    changed = text[:at] + character * min(kept, 1) + text[at + (kept != 2) :]
    if changed != text:
        values[parameter] = changed
        assert status(**values) in {400, 403}
        assert status(**values, now=NOON + timedelta(days=1)) in {400, 403}


def test_an_expired_url_with_a_wrong_signature_is_not_called_expired() -> None:
    values = signed(expires_in=-1)
    assert status(**values) == 410
    assert status(**values | {"s": "0" * 64}) == 403


def test_a_url_of_one_app_is_no_good_for_another() -> None:
    assert status(**signed(), signer=UploadSigner("a secret", "/other")) == 403
    assert status(**signed(), signer=UploadSigner("a secret", "/")) == 403


def test_a_url_of_another_secret_is_refused() -> None:
    assert status(**signed(), signer=UploadSigner("another", "/app")) == 403


def test_servers_that_share_the_secret_know_each_others_urls() -> None:
    assert status(**signed(), signer=UploadSigner("a secret", "/app")) == 200


def test_values_do_not_run_into_one_another() -> None:
    one = signed("ab", signer=UploadSigner("k", "/x"))
    assert status(**one, signer=UploadSigner("k", '/x", "a')) == 403
    assert status(**one | {"f": "b"}, signer=UploadSigner("k", "/xa")) == 403


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def compare(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return hmac_compare(a, b)

    hmac_compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", compare)
    values = signed()
    assert status(**values) == 200
    assert status(**values | {"s": "0" * 64}) == 403
    assert compared == [(values["s"].encode(), values["s"].encode()), (values["s"].encode(), b"0" * 64)]


@pytest.mark.parametrize("missing", ["f", "e", "s"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_parameter_is_a_bad_request(missing: str, value: str | None) -> None:
    assert status(**signed() | {missing: value}) == 400


@pytest.mark.parametrize(
    "expiry", ["soon", "1767355260", "2026-13-01", "\ud800", "2026-01-02T12:01:00" + "0" * 1_000_000, "²" * 32, "\0"]
)
def test_a_malformed_expiry_is_a_bad_request(expiry: str) -> None:
    assert status(**signed() | {"e": expiry}) == 400
    assert status("a.txt", expiry, SIGNER._signature("a.txt", expiry)) == 400


def test_an_expiry_without_a_time_zone_is_a_bad_request_even_when_signed() -> None:
    expiry = "2099-01-01T00:00:00"
    assert status("a.txt", expiry, SIGNER._signature("a.txt", expiry)) == 400


@pytest.mark.parametrize("expiry", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59"])
def test_an_expiry_at_the_ends_of_time_is_no_error(expiry: str) -> None:
    assert status("a.txt", expiry, SIGNER._signature("a.txt", expiry)) in {200, 410}


@pytest.mark.parametrize(
    "signature", ["0", "ü" * 64, "\ud800" * 64, "\0", "0" * 1_000_000, " ", "\uff10" * 64], ids=lambda text: text[:3]
)
def test_a_signature_that_is_none_is_refused(signature: str) -> None:
    assert status(**signed() | {"s": signature}) == 403


def test_a_signature_in_capitals_is_refused() -> None:
    values = signed()
    assert status(**values | {"s": values["s"].upper()}) == 403


@pytest.mark.parametrize("name", [name for name, _ in REFUSED], ids=lambda name: repr(name)[:20])
def test_a_name_that_no_file_may_have_is_refused_even_when_signed(name: str) -> None:
    values = signed()
    assert status(**values | {"f": name}) == 400
    assert status(name, values["e"], SIGNER._signature(name, values["e"])) == 400


@given(TEXTS, TEXTS, TEXTS)
@settings(max_examples=300, deadline=None)
def test_made_up_parameters_are_refused_and_nothing_worse(f: str, e: str, s: str) -> None:
    assert status(f, e, s) in {400, 403}
    assert status(f, signed()["e"], s) in {400, 403}


def test_refusals_are_sentences_for_the_visitor() -> None:
    for values in ({}, {"s": "0"}, {"e": "x"}, {"f": "a\\b"}):
        with pytest.raises(UploadRefused, match=r"^(This upload address|The file name) .+: .+\.$") as refusal:
            SIGNER.check(**signed(expires_in=-1) | values, now=NOON)
        assert "secret" not in str(refusal.value)


# -- query strings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [" a.txt", "a+b", "a%20b", "a&e=b", "a;b", "a\u00a0", "\u3000a"])
def test_a_query_is_read_as_it_was_signed(name: str) -> None:
    assert SIGNER.check_query(SIGNER.query(name, 60, NOON), NOON) == name


@pytest.mark.parametrize("twice", ["f", "e", "s"])
def test_a_parameter_that_is_there_twice_is_a_bad_request(twice: str) -> None:
    query = SIGNER.query("a.txt", 60, NOON)
    for value in (quote(signed()[twice]), "", "x"):
        for doubled in (f"{query}&{twice}={value}", f"{twice}={value}&{query}"):
            with pytest.raises(UploadRefused) as refusal:
                SIGNER.check_query(doubled, NOON)
            assert refusal.value.status == 400


def test_other_parameters_are_passed_over() -> None:
    assert SIGNER.check_query(SIGNER.query("a.txt", 60, NOON) + "&_=1&_=2", NOON) == "a.txt"


@pytest.mark.parametrize("query", ["", "f=%ff&e=1&s=1", "&" * 1000, "f", "f=a&e=b", "\ud800", "f=\ud800&e=1&s=1"])
def test_a_broken_query_is_a_bad_request(query: str) -> None:
    with pytest.raises(UploadRefused) as refusal:
        SIGNER.check_query(query, NOON)
    assert refusal.value.status == 400


def test_bytes_that_are_no_text_do_not_pass_for_the_character_that_stands_for_them() -> None:
    query = SIGNER.query("\ufffd", 60, NOON)
    with pytest.raises(UploadRefused) as refusal:
        SIGNER.check_query(query.replace("%EF%BF%BD", "%FF"), NOON)
    assert refusal.value.status == 400


@given(st.text() | st.text("fes=&%+;0az/."))
@settings(max_examples=300, deadline=None)
def test_made_up_queries_are_refused_and_nothing_worse(query: str) -> None:
    with pytest.raises(UploadRefused):
        SIGNER.check_query(query, NOON)


# -- what a developer can do wrong -------------------------------------------------------------------


@pytest.mark.parametrize(("name", "fault"), REFUSED, ids=lambda text: repr(text)[:20])
def test_signing_says_what_is_wrong_with_a_name(name: str, fault: str) -> None:
    with pytest.raises(UsageError, match=rf"(?s)^page\.get_upload_url\(\) cannot take .*: .*{fault}.*\.$") as error:
        SIGNER.query(name, 60)
    assert len(str(error.value)) < 600
    assert str(error.value).isprintable()


@pytest.mark.parametrize("name", [None, b"a.txt", Path("a.txt"), 7])
def test_signing_says_that_a_name_is_text(name: Any) -> None:
    with pytest.raises(UsageError, match=f"a str, not {type(name).__name__}"):
        SIGNER.query(name, 60)


@pytest.mark.parametrize("expires_in", [None, "60", float("nan"), float("inf"), 1e300, -1e15, 10**400])
def test_signing_says_that_the_expiry_is_a_number_of_seconds(expires_in: Any) -> None:
    with pytest.raises(UsageError, match="seconds until the URL expires"):
        SIGNER.query("a.txt", expires_in)


def test_uploads_without_a_secret_say_where_to_set_it() -> None:
    with pytest.raises(BadOption, match="FLET_SECRET_KEY"):
        UploadSigner("", "/")


def test_a_secret_may_be_bytes_of_the_environment_that_are_no_text() -> None:
    signer = UploadSigner("\udcff\udc00", "/")
    assert status(**signed(signer=signer), signer=signer) == 200


def test_the_secret_is_in_no_representation() -> None:
    assert "a secret" not in f"{SIGNER!r} {SIGNER}"


# -- file names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "fault"), REFUSED, ids=lambda text: repr(text)[:20])
def test_refuses_names_that_no_file_may_have(name: str, fault: str) -> None:
    with pytest.raises(UploadRefused, match=f"^The file name .*{re.escape(fault)}.*: give the file another name") as e:
        check_file_name(name)
    assert e.value.status == 400


@pytest.mark.parametrize("name", ACCEPTED, ids=lambda name: ascii(name)[:20])
def test_accepts_names_that_files_have(name: str) -> None:
    assert check_file_name(name) == PurePosixPath(name)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_what_is_accepted_lies_below_its_folder_on_every_system(name: str) -> None:
    with contextlib.suppress(UploadRefused):
        path = check_file_name(name)
        assert "/".join(path.parts) == name
        windows = PureWindowsPath("C:\\uploads") / name
        assert windows.parts[2:] == path.parts
        assert ".." not in path.parts
        assert all(part == part.rstrip(" .") for part in path.parts)


def test_flet_reads_the_urls_too() -> None:
    values = parse_qs(SIGNER.query("dir/a b.txt", 60, NOON))
    assert values["f"] == ["dir/a b.txt"]
    assert datetime.fromisoformat(values["e"][0]) == NOON + timedelta(seconds=60)
    assert re.fullmatch("[0-9a-f]{64}", values["s"][0])
