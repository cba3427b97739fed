"""The compressed copies on the disk."""

from __future__ import annotations

import gzip
import logging
import threading
from pathlib import Path

import brotli
import pytest

from flet_jupyter.client import ClientFiles, CompressedCopies, FlutterClient, ServedFile, find_client
from flet_jupyter.client import cache as cache_module
from flet_jupyter.exceptions import ClientNotFound

CONTENT = b"function f() { return 'Flutter'; }\n" * 2000
LOG = logging.getLogger("test")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "main.dart.js"
    path.write_bytes(CONTENT)
    return path


def served(path: Path) -> ServedFile:
    return ServedFile.on_disk(path.name, path)


def content(file: ServedFile, encoding: str) -> bytes:
    return b"".join(file.bodies[encoding].chunks())


def test_adds_copies_that_decode_to_the_content(source: Path, tmp_path: Path) -> None:
    file = served(source)
    CompressedCopies(tmp_path / "cache", LOG).add_to([file])
    assert brotli.decompress(content(file, "br")) == CONTENT
    assert gzip.decompress(content(file, "gzip")) == CONTENT
    assert content(file, "identity") == CONTENT


def test_compresses_once(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CompressedCopies(tmp_path / "cache", LOG).add_to([served(source)])

    def fail(_content: bytes) -> bytes:
        raise AssertionError("compressed again")

    monkeypatch.setattr(cache_module, "ENCODERS", {"br": fail, "gzip": fail})
    file = served(source)
    CompressedCopies(tmp_path / "cache", LOG).add_to([file])
    assert set(file.bodies) == {"identity", "br", "gzip"}


def test_other_content_gets_other_copies(source: Path, tmp_path: Path) -> None:
    CompressedCopies(tmp_path / "cache", LOG).add_to([served(source)])
    source.write_bytes(CONTENT + b"// changed\n")
    file = served(source)
    CompressedCopies(tmp_path / "cache", LOG).add_to([file])
    assert brotli.decompress(content(file, "br")) == CONTENT + b"// changed\n"


def test_several_servers_may_start_at_once(source: Path, tmp_path: Path) -> None:
    files = [served(source) for _ in range(8)]
    barrier = threading.Barrier(len(files))

    def start(file: ServedFile) -> None:
        barrier.wait()
        CompressedCopies(tmp_path / "cache", LOG).add_to([file])

    threads = [threading.Thread(target=start, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for file in files:
        assert brotli.decompress(content(file, "br")) == CONTENT
    assert sorted(path.suffix for path in (tmp_path / "cache").iterdir()) == [".br", ".gzip"]


def test_a_write_that_fails_leaves_no_half_copy(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_descriptor: int, _mode: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache_module.os, "fdopen", full)
    file = served(source)
    CompressedCopies(tmp_path / "cache", LOG).add_to([file])
    assert set(file.bodies) == {"identity"}
    assert list((tmp_path / "cache").iterdir()) == []
    assert "served without compression: [Errno 28]" in caplog.text


def test_a_folder_that_cannot_be_written_leaves_the_file_as_it_is(
    source: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    file = served(source)
    CompressedCopies(tmp_path / "file" / "cache", LOG).add_to([file])
    assert content(file, "identity") == CONTENT
    assert set(file.bodies) == {"identity"}
    assert len(caplog.records) == 1


def test_stops_between_files(source: Path, tmp_path: Path) -> None:
    copies = CompressedCopies(tmp_path / "cache", LOG)
    copies.stop()
    file = served(source)
    copies.start([file])
    assert copies.wait(10)
    assert set(file.bodies) == {"identity"}


def test_finds_the_installed_client_and_lists_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLET_WEB_PATH", raising=False)
    files = ClientFiles(find_client())
    assert {"flutter_bootstrap.js", "main.dart.js", "canvaskit/chromium/canvaskit.wasm", "pyodide/pyodide.mjs"} <= {
        *files
    }
    assert not [name for name in files if name.endswith((".symbols", ".map", ".exe", ".bat", ".ts"))]


def test_says_which_folder_has_no_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLET_WEB_PATH", str(tmp_path))
    with pytest.raises(ClientNotFound, match="FLET_WEB_PATH"):
        find_client()


def test_says_what_to_install_where_flet_web_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "flet_web", None)
    with pytest.raises(ClientNotFound, match="install flet-web"):
        find_client()


def test_media_types_do_not_depend_on_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mimetypes.guess_type", lambda *_args, **_options: ("text/plain", None))
    (tmp_path / "flutter_bootstrap.js").write_bytes(b"")
    files = ClientFiles(FlutterClient(tmp_path, "1.0.5"))
    assert files["flutter_bootstrap.js"].mime_type == "text/javascript; charset=utf-8"
