"""Uploads on a real disk: whole or not there at all, and never outside their folder."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flet_jupyter.core.uploads import check_file_name
from flet_jupyter.exceptions import BadOption, UploadRefused
from flet_jupyter.site import uploads
from flet_jupyter.site.uploads import Upload, UploadFolder
from tests.core.test_upload_signing import REFUSED, TEXTS, accepted

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full and O_NOFOLLOW on folders are Linux's")
with_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")


@pytest.fixture(params=["descriptors", "paths"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run each test with both ways to a file: that of Windows works everywhere."""
    if request.param == "descriptors" and not uploads._BY_DESCRIPTOR:
        pytest.skip("this system has no files relative to open folders")
    monkeypatch.setattr(uploads, "_BY_DESCRIPTOR", request.param == "descriptors")
    return str(request.param)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "uploads"


@pytest.fixture
def folder(root: Path) -> UploadFolder:
    folder = UploadFolder(root, 1000)
    folder.check()
    return folder


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside"
    path.mkdir()
    (path / "file").write_bytes(b"not yours")
    return path


def content(path: Path) -> dict[str, bytes | None]:
    """Return all that is below a folder: files with their bytes, folders with None."""
    return {
        found.relative_to(path).as_posix(): None if found.is_dir() else found.read_bytes()
        for found in path.rglob("*")
        if not found.is_fifo()
    }


def names_in(path: Path) -> list[str]:
    return sorted(found.name for found in path.iterdir())


def upload(folder: UploadFolder, name: str, *chunks: bytes, declared: int | None = None) -> None:
    receive(folder, name, chunks, declared)


def receive(folder: UploadFolder, name: str, chunks: Iterable[bytes], declared: int | None = None) -> None:
    with folder.begin(name, declared) as begun:
        for chunk in chunks:
            begun.write(chunk)
        begun.finish()


@contextlib.contextmanager
def refused(*statuses: int) -> Iterator[pytest.ExceptionInfo[UploadRefused]]:
    with pytest.raises(UploadRefused) as refusal:
        yield refusal
    assert refusal.value.status in statuses
    text = str(refusal.value)
    assert text.endswith(".")
    assert "/" not in text  # no path


# -- an upload ---------------------------------------------------------------------------------------


def test_a_finished_upload_is_a_file_in_the_folder(folder: UploadFolder, root: Path) -> None:
    upload(folder, "a.txt", b"one ", b"", b"two")
    assert content(root) == {"a.txt": b"one two"}


def test_an_upload_without_bytes_is_an_empty_file(folder: UploadFolder, root: Path) -> None:
    upload(folder, "a.txt", declared=0)
    assert content(root) == {"a.txt": b""}


def test_sub_folders_are_made(folder: UploadFolder, root: Path) -> None:
    upload(folder, "a/b/c.txt", b"x")
    upload(folder, "a/b/d.txt", b"y")
    assert content(root) == {"a": None, "a/b": None, "a/b/c.txt": b"x", "a/b/d.txt": b"y"}


def test_a_file_is_not_there_before_it_is_whole(folder: UploadFolder, root: Path) -> None:
    with folder.begin("a.txt") as begun:
        begun.write(b"half")
        assert not (root / "a.txt").exists()
        begun.finish()
        assert (root / "a.txt").read_bytes() == b"half"


def test_a_file_of_the_same_name_is_replaced_when_the_upload_is_whole(folder: UploadFolder, root: Path) -> None:
    upload(folder, "a.txt", b"old")
    with folder.begin("a.txt") as begun:
        begun.write(b"new")
        assert (root / "a.txt").read_bytes() == b"old"
        begun.finish()
    assert content(root) == {"a.txt": b"new"}


@with_links
def test_a_file_has_the_permissions_of_any_new_file(folder: UploadFolder, root: Path, tmp_path: Path) -> None:
    upload(folder, "a.txt", b"x")
    (tmp_path / "other").write_bytes(b"x")
    assert (root / "a.txt").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_chunks_may_be_any_bytes(folder: UploadFolder, root: Path, kind: type) -> None:
    upload(folder, "a", kind(b"abc"))
    assert content(root) == {"a": b"abc"}


def test_bytes_are_counted_whatever_the_items_of_a_chunk(folder: UploadFolder, root: Path) -> None:
    with folder.begin("a", 8) as begun:
        begun.write(memoryview(b"12345678").cast("I"))
        assert begun.size == 8
        begun.finish()
    assert content(root) == {"a": b"12345678"}


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=8))
@settings(max_examples=60, deadline=None)
def test_the_bytes_are_the_same_however_they_were_cut(data: bytes, cuts: list[int]) -> None:
    ends = [*sorted(cuts), len(data)]
    with tempfile.TemporaryDirectory() as path:
        upload(
            UploadFolder(path, len(data)),
            "a",
            *(data[start:end] for start, end in zip([0, *ends], ends, strict=False)),
            declared=len(data),
        )
        assert content(Path(path)) == {"a": data}


# -- what is refused leaves nothing ------------------------------------------------------------------


def test_a_declared_size_over_the_limit_is_refused_at_once(folder: UploadFolder, root: Path) -> None:
    with refused(413) as refusal:
        folder.begin("a/b.txt", 1001)
    assert "1,000 bytes" in str(refusal.value)
    assert content(root) == {}


def test_an_upload_of_just_the_limit_is_taken(folder: UploadFolder, root: Path) -> None:
    upload(folder, "a", bytes(600), bytes(400), declared=1000)
    assert (root / "a").stat().st_size == 1000


def test_the_byte_over_the_limit_ends_the_upload(folder: UploadFolder, root: Path) -> None:
    begun = folder.begin("a/b.txt")
    begun.write(bytes(1000))
    with refused(413):
        begun.write(b"x")
    assert content(root) == {}
    assert folder.in_progress == ()


def test_a_folder_without_a_limit_takes_more(root: Path) -> None:
    upload(UploadFolder(root, None), "a", bytes(3_000_000))
    assert (root / "a").stat().st_size == 3_000_000


def test_fewer_bytes_than_declared_are_no_file(folder: UploadFolder, root: Path) -> None:
    begun = folder.begin("a/b.txt", 4)
    begun.write(b"123")
    with refused(400):
        begun.finish()
    assert content(root) == {}


def test_more_bytes_than_declared_are_no_file(folder: UploadFolder, root: Path) -> None:
    begun = folder.begin("a/b.txt", 2)
    with refused(400):
        begun.write(b"123")
    assert content(root) == {}


def test_a_declared_size_below_zero_is_refused(folder: UploadFolder, root: Path) -> None:
    with refused(400):
        folder.begin("a", -1)
    assert content(root) == {}


def test_an_aborted_upload_leaves_nothing(folder: UploadFolder, root: Path) -> None:
    begun = folder.begin("a/b/c.txt")
    begun.write(b"half")
    begun.abort()
    begun.abort()
    assert content(root) == {}


def test_an_aborted_upload_leaves_the_file_that_it_was_to_replace(folder: UploadFolder, root: Path) -> None:
    upload(folder, "a.txt", b"old")
    begun = folder.begin("a.txt")
    begun.write(b"half")
    begun.abort()
    assert content(root) == {"a.txt": b"old"}


def test_an_aborted_upload_leaves_folders_that_were_there(folder: UploadFolder, root: Path) -> None:
    (root / "a").mkdir()
    folder.begin("a/b/c.txt").abort()
    assert content(root) == {"a": None}


def test_a_folder_stays_while_another_upload_is_on_its_way_into_it(folder: UploadFolder, root: Path) -> None:
    first, second = folder.begin("a/b/c"), folder.begin("a/b/d")
    first.abort()
    second.write(b"x")
    second.finish()
    assert content(root) == {"a": None, "a/b": None, "a/b/d": b"x"}


def test_the_last_of_several_aborted_uploads_removes_their_folders(folder: UploadFolder, root: Path) -> None:
    first, second, third = folder.begin("a/b/c"), folder.begin("a/b/d"), folder.begin("a/e/f")
    for begun in (first, third, second):
        begun.abort()
    assert content(root) == {}


def test_an_aborted_upload_leaves_a_folder_in_which_another_was_finished(folder: UploadFolder, root: Path) -> None:
    first = folder.begin("a/b/c")
    upload(folder, "a/d", b"x")
    first.abort()
    assert content(root) == {"a": None, "a/d": b"x"}


def test_an_error_in_the_with_block_aborts(folder: UploadFolder, root: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        receive(folder, "a/b", broken())
    assert content(root) == {}
    assert folder.in_progress == ()


def test_leaving_the_with_block_unfinished_aborts(folder: UploadFolder, root: Path) -> None:
    with folder.begin("a/b") as begun:
        begun.write(b"half")
    assert content(root) == {}


def test_abort_after_finish_leaves_the_file(folder: UploadFolder, root: Path) -> None:
    with folder.begin("a") as begun:
        begun.finish()
        begun.abort()
    assert content(root) == {"a": b""}


def test_leaving_the_with_block_leaves_the_folder_of_a_file_that_the_app_has_taken_away(
    folder: UploadFolder, root: Path
) -> None:
    with folder.begin("a/b") as begun:
        begun.finish()
        (root / "a" / "b").unlink()
    assert content(root) == {"a": None}


@pytest.mark.parametrize("name", [name for name, _ in REFUSED], ids=lambda name: repr(name)[:20])
def test_names_that_no_file_may_have_are_refused(folder: UploadFolder, root: Path, name: str) -> None:
    with pytest.raises(UploadRefused) as refusal:
        folder.begin(name)
    assert refusal.value.status == 400
    assert content(root) == {}


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_whatever_the_name_the_file_is_in_the_folder_or_nothing_is_anywhere(name: str) -> None:
    with tempfile.TemporaryDirectory() as parent:
        root = Path(parent, "uploads")
        root.mkdir()
        folder = UploadFolder(root, None)
        if not accepted(name):
            with pytest.raises(UploadRefused):
                folder.begin(name)
            assert content(Path(parent)) == {"uploads": None}
        else:
            upload(folder, name, b"content")
            path = root.joinpath(*check_file_name(name).parts)
            assert path.resolve().is_relative_to(root.resolve())
            files = {name for name, data in content(Path(parent)).items() if data is not None}
            assert files == {path.relative_to(parent).as_posix()}
            assert path.read_bytes() == b"content"


def test_the_name_of_a_folder_is_refused(folder: UploadFolder, root: Path) -> None:
    upload(folder, "a/b", b"x")
    with refused(409):
        folder.begin("a")
    assert content(root) == {"a": None, "a/b": b"x"}


def test_a_name_that_has_become_that_of_a_folder_is_refused(folder: UploadFolder, root: Path) -> None:
    begun = folder.begin("a")
    (root / "a").mkdir()
    with refused(409):
        begun.finish()
    assert content(root) == {"a": None}


def test_a_name_that_goes_through_a_file_is_refused(folder: UploadFolder, root: Path) -> None:
    upload(folder, "a", b"x")
    with refused(409):
        folder.begin("a/b/c")
    assert content(root) == {"a": b"x"}


@with_links
def test_the_name_of_a_device_is_refused(folder: UploadFolder, root: Path) -> None:
    os.mkfifo(root / "pipe")
    with refused(409):
        folder.begin("pipe")
    assert (root / "pipe").is_fifo()


@on_linux
def test_a_name_that_the_disk_cannot_have_is_refused(root: Path, way: str) -> None:
    """In a C locale without UTF-8 file names are bytes of ASCII."""
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert in_a_process("upload(folder, 'a/\\u20ac/c', b'x')", root, way, **environment) == "400"
    assert content(root) == {}


# -- links -------------------------------------------------------------------------------------------


@with_links
@pytest.mark.parametrize(
    ("to", "name"),
    [
        ("../outside", "a/file"),
        ("../outside", "a/new"),
        ("../outside", "a/b/c"),
        ("../outside", "a"),
        ("../outside/file", "a"),
        ("../outside/new", "a"),
        ("../outside/new/er", "a/b"),
        ("..", "a/new"),
        ("{outside}", "a/new"),
        ("b/../../outside", "a/new"),
        ("../uploads-2", "a/new"),
    ],
)
def test_a_link_out_of_the_folder_is_refused(
    folder: UploadFolder, root: Path, outside: Path, to: str, name: str
) -> None:
    (root / "a").symlink_to(to.format(outside=outside))
    (root / "b").symlink_to(".")
    with refused(403):
        folder.begin(name)
    assert content(outside) == {"file": b"not yours"}
    assert names_in(root) == ["a", "b"]
    assert names_in(root.parent) == ["outside", "uploads"]


@with_links
@pytest.mark.parametrize("name", ["a", "a/b"])
def test_links_in_a_circle_are_refused(folder: UploadFolder, root: Path, name: str) -> None:
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    with refused(403, 409):
        folder.begin(name)
    assert names_in(root) == ["a", "b"]


@with_links
def test_a_link_to_the_folder_itself_is_no_file_name(folder: UploadFolder, root: Path) -> None:
    (root / "a").symlink_to(".")
    with refused(409):
        folder.begin("a")


@with_links
def test_links_within_the_folder_are_followed(folder: UploadFolder, root: Path) -> None:
    upload(folder, "2026/a", b"old")
    (root / "now").symlink_to("2026")
    (root / "link").symlink_to("2026/a")
    upload(folder, "now/b", b"b")
    upload(folder, "link", b"new")
    assert (root / "link").is_symlink()
    assert (root / "2026" / "a").read_bytes() == b"new"
    assert (root / "2026" / "b").read_bytes() == b"b"


@with_links
def test_the_folder_may_be_a_link_itself(tmp_path: Path, outside: Path) -> None:
    (tmp_path / "link").symlink_to(outside)
    folder = UploadFolder(tmp_path / "link", None)
    folder.check()
    upload(folder, "a/b", b"x")
    assert content(outside) == {"file": b"not yours", "a": None, "a/b": b"x"}


@with_links
def test_a_link_that_appears_after_the_name_was_looked_at_leads_nowhere(
    folder: UploadFolder, root: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = uploads._OpenFolder.make

    def swap(self: uploads._OpenFolder, name: str) -> bool:
        made = make(self, name)
        (root / name).rmdir()
        (root / name).symlink_to(outside)
        return made

    monkeypatch.setattr(uploads._OpenFolder, "make", swap)
    with refused(403, 409):
        folder.begin("a/file")
    assert content(outside) == {"file": b"not yours"}


@with_links
def test_a_link_that_appears_while_folders_are_made_leads_nowhere(
    folder: UploadFolder, root: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = uploads._OpenFolder.make

    def swap(self: uploads._OpenFolder, name: str) -> bool:
        if name == "b":
            (root / "a").rename(root / "moved")
            (root / "a").symlink_to(outside)
        return make(self, name)

    monkeypatch.setattr(uploads._OpenFolder, "make", swap)
    with contextlib.suppress(UploadRefused):
        upload(folder, "a/b/c", b"x")
    assert content(outside) == {"file": b"not yours"}


@with_links
def test_a_link_that_appears_during_an_upload_leads_nowhere(folder: UploadFolder, root: Path, outside: Path) -> None:
    begun = folder.begin("a/file")
    begun.write(b"x")
    (root / "a").rename(root / "moved")
    (root / "a").symlink_to(outside)
    with contextlib.suppress(UploadRefused):
        begun.finish()
    assert content(outside) == {"file": b"not yours"}


@with_links
def test_an_aborted_upload_removes_nothing_behind_a_link_that_has_appeared(
    folder: UploadFolder, root: Path, outside: Path
) -> None:
    (outside / "b").mkdir()
    begun = folder.begin("a/b/file")
    (root / "a").rename(root / "moved")
    (root / "a").symlink_to(outside)
    begun.abort()
    assert content(outside) == {"file": b"not yours", "b": None}


# -- several at once ---------------------------------------------------------------------------------


def test_of_two_uploads_of_one_name_the_last_one_wins_whole(folder: UploadFolder, root: Path) -> None:
    first, second = folder.begin("a/b"), folder.begin("a/b")
    for _ in range(5):
        first.write(b"1" * 20)
        second.write(b"2" * 30)
    second.finish()
    assert content(root)["a/b"] == b"2" * 150
    first.finish()
    assert content(root) == {"a": None, "a/b": b"1" * 100}


def test_uploads_of_one_name_from_many_threads_are_never_mixed(folder: UploadFolder, root: Path) -> None:
    barrier = threading.Barrier(8)
    wrong: list[object] = []

    def run(own: bytes) -> None:
        barrier.wait()
        try:
            for turn in range(15):
                with folder.begin("a/b/c") as begun:
                    for _ in range(10):
                        begun.write(own * 10)
                    if turn % 3:
                        begun.finish()
                        found = (root / "a/b/c").read_bytes()
                        if found != found[:1] * 100:
                            wrong.append(found)
        except BaseException as error:  # noqa: BLE001 - the test shows it
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(bytes([48 + number]),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert content(root).keys() == {"a", "a/b", "a/b/c"}


def test_folders_that_come_and_go_under_many_threads_refuse_no_upload(folder: UploadFolder, root: Path) -> None:
    wrong: list[BaseException] = []

    def run() -> None:
        try:
            for _ in range(40):
                folder.begin("a/b/c").abort()
        except UploadRefused as refusal:
            wrong.append(refusal)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert content(root) == {}


def test_a_folder_that_another_process_removes_at_the_wrong_moment_is_made_again(
    folder: UploadFolder, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = uploads._OpenFolder.make
    removed: list[str] = []

    def remove_once(self: uploads._OpenFolder, name: str) -> bool:
        made = make(self, name)
        if not removed:
            removed.append(name)
            (root / name).rmdir()
        return made

    monkeypatch.setattr(uploads._OpenFolder, "make", remove_once)
    upload(folder, "a/b", b"x")
    assert removed == ["a"]
    assert content(root) == {"a": None, "a/b": b"x"}


def test_more_uploads_than_may_be_at_once_are_refused_until_one_ends(root: Path) -> None:
    folder = UploadFolder(root, None, max_at_once=2)
    first, second = folder.begin("a"), folder.begin("b")
    with refused(503):
        folder.begin("c/d")
    assert not (root / "c").exists()
    first.finish()
    third = folder.begin("c/d")
    with refused(503):
        folder.begin("e")
    second.abort()
    folder.begin("e").finish()
    third.abort()
    assert content(root) == {"a": b"", "e": b""}


def test_a_refused_upload_takes_no_place(root: Path) -> None:
    folder = UploadFolder(root, 1, max_at_once=1)
    (root / "a").mkdir(parents=True)
    for name, size in [("a", 1), ("b", 2), ("../x", 1), ("b", -1)]:
        with pytest.raises(UploadRefused):
            folder.begin(name, size)
    upload(folder, "b", b"x")


def test_uploads_in_progress_are_known(folder: UploadFolder) -> None:
    first, second = folder.begin("a"), folder.begin("b")
    first.write(b"123")
    assert {(begun.name, begun.size) for begun in folder.in_progress} == {("a", 3), ("b", 0)}
    first.finish()
    assert [*folder.in_progress] == [second]
    second.abort()
    assert folder.in_progress == ()


def test_closing_aborts_what_is_in_progress_and_takes_nothing_more(folder: UploadFolder, root: Path) -> None:
    begun = [folder.begin("a/b"), folder.begin("c")]
    folder.close()
    assert content(root) == {}
    for upload_ in begun:
        with refused(503):
            upload_.write(b"x")
        with refused(503):
            upload_.finish()
    with refused(503):
        folder.begin("a")
    assert content(root) == {}
    folder.check()
    upload(folder, "a", b"x")
    assert content(root) == {"a": b"x"}


def test_an_upload_can_be_aborted_while_another_thread_writes(root: Path) -> None:
    folder = UploadFolder(root, None)
    begun = folder.begin("a/b")
    writing = threading.Event()
    ended: list[int] = []

    def write_on() -> None:
        try:
            while True:
                begun.write(b"x" * 100)
                writing.set()
        except UploadRefused as refusal:
            ended.append(refusal.status)

    thread = threading.Thread(target=write_on)
    thread.start()
    assert writing.wait(30)
    folder.close()
    thread.join()
    assert ended == [503]
    assert content(root) == {}


def test_no_descriptor_is_left_open(folder: UploadFolder, root: Path) -> None:
    process = psutil.Process()
    count = process.num_fds if hasattr(process, "num_fds") else process.num_handles
    (root / "taken").mkdir()

    def all_ends() -> None:
        upload(folder, "a/b/c", b"x")
        folder.begin("d/e").abort()
        for name in ("taken", "a/b/c/d", "a/b/c/d/e", ".."):
            with pytest.raises(UploadRefused):
                folder.begin(name)
        with pytest.raises(UploadRefused):
            upload(folder, "f", bytes(1001))
        with pytest.raises(UploadRefused):
            upload(folder, "f", declared=1)
        folder.begin("g")
        folder.close()
        folder.check()

    all_ends()
    before = count()
    for _ in range(5):
        all_ends()
    assert count() == before


# -- a disk that fails -------------------------------------------------------------------------------

IN_A_PROCESS = """
import logging, sys
from flet_jupyter.exceptions import UploadRefused
from flet_jupyter.site import uploads
uploads._BY_DESCRIPTOR = sys.argv[2] == "descriptors"
logging.disable()
folder = uploads.UploadFolder(sys.argv[1], None)
folder.check()

def upload(folder, name, *chunks):
    with folder.begin(name) as begun:
        for chunk in chunks:
            begun.write(chunk)
        begun.finish()

try:
    exec(sys.argv[3])
except UploadRefused as refusal:
    assert sys.argv[1] not in str(refusal)
    print(refusal.status)
"""


def in_a_process(script: str, root: Path, way: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS, str(root), way, script],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def break_file(begun: Upload, path: str, flags: int) -> None:
    """Let an upload write to another file than its own."""
    descriptor = os.open(path, flags)
    os.dup2(descriptor, begun._descriptor)
    os.close(descriptor)


@on_linux
def test_a_full_disk_is_told_and_leaves_nothing(
    folder: UploadFolder, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begun = folder.begin("a/b")
    begun.write(b"half")
    break_file(begun, "/dev/full", os.O_WRONLY)
    with refused(507):
        begun.write(b"more")
    assert content(root) == {}
    assert folder.in_progress == ()
    assert "The upload 'a/b' failed" in caplog.text
    assert "No space left" in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_file_too_large_for_the_disk_is_told_and_leaves_nothing(root: Path, way: str) -> None:
    script = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000)); upload(folder, 'a/b', {})"
    assert in_a_process(script.format("bytes(4000), bytes(4000)"), root, way) == "507"
    assert content(root) == {}
    assert in_a_process(script.format("bytes(4000)"), root, way) == ""
    assert content(root) == {"a": None, "a/b": bytes(4000)}


def test_a_failing_disk_is_told_and_logged_and_leaves_nothing(
    folder: UploadFolder, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begun = folder.begin("a/b")
    break_file(begun, os.devnull, os.O_RDONLY)
    with refused(500) as refusal:
        begun.write(b"x")
    assert "log" in str(refusal.value)
    assert "The upload 'a/b' failed" in caplog.text
    assert content(root) == {}


@on_linux
def test_too_many_open_files_are_told_and_leave_nothing(root: Path, way: str) -> None:
    script = """
import os, resource
free = os.dup(0)
os.close(free)
resource.setrlimit(resource.RLIMIT_NOFILE, (free + {}, 99))
upload(folder, "a/b/c", b"x")
"""
    for more in (0, 1) if way == "descriptors" else (0,):
        assert in_a_process(script.format(more), root, way) == "500"
        assert content(root) == {}


def test_an_upload_folder_that_has_gone_is_made_again(folder: UploadFolder, root: Path) -> None:
    root.rmdir()
    upload(folder, "a/b", b"x")
    assert content(root) == {"a": None, "a/b": b"x"}


def test_an_upload_folder_that_has_become_a_file_is_the_servers_fault(
    folder: UploadFolder, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root.rmdir()
    root.write_bytes(b"")
    with refused(500):
        folder.begin("a")
    assert "it is no folder" in caplog.text


def test_a_part_that_someone_else_has_removed_is_told(folder: UploadFolder, root: Path) -> None:
    begun = folder.begin("a/b")
    begun.write(b"x")
    next((root / "a").iterdir()).unlink()
    with refused(500):
        begun.finish()
    assert content(root) == {}


# -- at start ----------------------------------------------------------------------------------------


def test_the_folder_is_made(tmp_path: Path) -> None:
    UploadFolder(tmp_path / "a" / "b", None).check()
    assert content(tmp_path) == {"a": None, "a/b": None}


def test_a_relative_folder_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = UploadFolder("uploads", None)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    upload(folder, "a", b"x")
    assert content(tmp_path) == {"uploads": None, "uploads/a": b"x", "elsewhere": None}


@pytest.mark.parametrize("below", ["file", "file/folder", "file/folder/folder"])
def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(BadOption, match=rf"{below} \(it is no folder\): choose a folder that can be written\.$"):
        UploadFolder(tmp_path / below, None).check()
    assert content(tmp_path) == {"file": b"x"}


@on_linux
def test_a_folder_that_not_even_root_can_write_is_told() -> None:
    with pytest.raises(BadOption, match=r"^Uploads cannot be saved in /proc/self \(.+\): choose .+\.$"):
        UploadFolder("/proc/self", None).check()
    with pytest.raises(BadOption, match=r"^Uploads cannot be saved in /proc/self/uploads \(.+\): choose .+\.$"):
        UploadFolder("/proc/self/uploads", None).check()


@with_links
def test_a_folder_without_the_permission_to_write_is_told() -> None:
    """Root may write everywhere: its process is somebody else's for the moment."""
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as path:
        Path(path).chmod(0o555)
        if user == 0:
            os.seteuid(65534)
        try:
            with pytest.raises(BadOption, match=r"\(Permission denied\)"):
                UploadFolder(path, None).check()
        finally:
            os.seteuid(user)
        assert names_in(Path(path)) == []


def test_an_impossible_path_is_told() -> None:
    with pytest.raises(BadOption, match="cannot be saved"):
        UploadFolder("a\0b", None).check()


def test_what_a_crashed_process_left_is_removed_after_a_day(folder: UploadFolder, root: Path) -> None:
    kill = "begun = folder.begin('a/b'); begun.write(b'x'); import os; os._exit(0)"
    in_a_process(kill, root, "paths")
    (part,) = (root / "a").iterdir()
    folder.check()
    assert part.exists()
    an_hour_less, an_hour_more = time.time() - 23 * 3600, time.time() - 25 * 3600
    os.utime(part, (an_hour_less, an_hour_less))
    folder.check()
    assert part.exists()
    os.utime(part, (an_hour_more, an_hour_more))
    folder.check()
    assert not part.exists()


def test_old_files_of_visitors_stay(folder: UploadFolder, root: Path) -> None:
    names = ["a.part", ".flet-upload-0.part", "b/.flet-upload-.part", f"x.flet-upload-{'0' * 32}.part"]
    for name in names:
        upload(folder, name, b"x")
        os.utime(root / name, (0, 0))
    folder.check()
    assert all((root / name).exists() for name in names)


@with_links
def test_old_parts_behind_links_stay(folder: UploadFolder, root: Path, outside: Path) -> None:
    part = outside / f".flet-upload-{'0' * 32}.part"
    part.write_bytes(b"x")
    os.utime(part, (0, 0))
    (root / "link").symlink_to(outside)
    folder.check()
    assert part.exists()


def test_the_start_leaves_no_file(folder: UploadFolder, root: Path) -> None:
    assert content(root) == {}
