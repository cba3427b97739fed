"""Servers for the tests of the website."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.apps import MANY
from tests.web.serving import Serving


class Many(Serving):
    """The app with many buttons, and what it has noted."""

    def __init__(self, folder: Path, *arguments: object, **variables: str) -> None:
        self.notes = folder / "notes.txt"
        self.uploads = folder / "uploads"
        self.assets = folder / "assets"
        self.assets.mkdir(exist_ok=True)
        (self.assets / "hello.txt").write_text("hello, world")
        path = folder / "many.py"
        path.write_text(f"LOG = {str(self.notes)!r}\n{MANY}")
        super().__init__(path, f"--upload-dir={self.uploads}", "--secret-key=a long secret", *arguments, **variables)

    def uploaded(self) -> list[Path]:
        """The files that are in the upload folder, whole or not."""
        return [path for path in self.uploads.rglob("*") if path.is_file()]

    def noted(self) -> list[str]:
        return self.notes.read_text().split() if self.notes.exists() else []


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    """One server for all tests that leave it as it was."""
    arguments = ("--max-upload-size=100000", "--allow-origin=https://friend.example")
    with Many(tmp_path_factory.mktemp("many"), *arguments) as server:
        yield server
