"""Wheels of what is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import flet
import pytest

import flet_jupyter
from flet_jupyter.exceptions import UsageError
from flet_jupyter.publish.wheels import pack_wheel

FLET = Path(flet.__file__).parent
PACKAGE = Path(flet_jupyter.__file__).parent


def test_a_packed_wheel_installs_as_the_original(tmp_path: Path) -> None:
    wheel = pack_wheel("flet", FLET, tmp_path / "new")
    assert wheel.name == f"flet-{version('flet')}-py3-none-any.whl"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", tmp_path / "to", wheel],
        check=True,
    )
    sources = {path.relative_to(FLET): path.read_bytes() for path in FLET.rglob("*.py")}
    assert {path: (tmp_path / "to" / "flet" / path).read_bytes() for path in sources} == sources
    asked = "import importlib.metadata as m; print(m.version('flet'), *sorted(m.requires('flet')), sep='|')"
    answers = [
        subprocess.run([sys.executable, "-c", asked], env=env, check=True, capture_output=True, text=True).stdout
        for env in (dict(os.environ), {**os.environ, "PYTHONPATH": str(tmp_path / "to")})
    ]
    assert answers[0] == answers[1]


def test_a_source_tree_is_packed_without_what_is_left_out(tmp_path: Path) -> None:
    wheel = pack_wheel("flet-jupyter", PACKAGE, tmp_path, leave_out="client/static")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert b"Name: flet-jupyter" in archive.read(f"flet_jupyter-{version('flet-jupyter')}.dist-info/METADATA")
    assert "flet_jupyter/notebook/panels.py" in names
    assert "flet_jupyter/client/files.py" in names
    assert [name for name in names if "/static/" in name or "__pycache__" in name] == []
    # What everybody downloads before the first app.
    assert wheel.stat().st_size < 1_000_000


def test_the_same_files_make_the_same_wheel(tmp_path: Path) -> None:
    first = pack_wheel("flet-jupyter", PACKAGE, tmp_path / "1").read_bytes()
    assert pack_wheel("flet-jupyter", PACKAGE, tmp_path / "2").read_bytes() == first


def test_what_was_built_for_one_kind_of_machine_is_refused(tmp_path: Path) -> None:
    package = tmp_path / "fast"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "inner.cpython-311-x86_64-linux-gnu.so").touch()
    with pytest.raises(UsageError, match=r"flet cannot run in a browser.*inner\.cpython"):
        pack_wheel("flet", package, tmp_path)
    assert not list(tmp_path.glob("*.whl"))


def test_what_lies_about_in_a_source_tree_stays_out(tmp_path: Path) -> None:
    package = tmp_path / "tree"
    (package / ".ipynb_checkpoints").mkdir(parents=True)
    (package / "part").mkdir()
    for name in ("__init__.py", "part/__init__.py", ".env", ".ipynb_checkpoints/old.py", "key.pem", "notes.txt"):
        (package / name).write_text("x = 1\n")
    (package / "linked.py").symlink_to(tmp_path / "outside.py")
    (tmp_path / "outside.py").write_text("secret = 1\n")
    with zipfile.ZipFile(pack_wheel("flet", package, tmp_path)) as archive:
        assert sorted(name for name in archive.namelist() if ".dist-info/" not in name) == [
            "tree/__init__.py",
            "tree/part/__init__.py",
        ]


def test_a_wheel_has_the_licence_and_replaces_the_one_of_another_version(tmp_path: Path) -> None:
    (tmp_path / "flet-9.9.9-py3-none-any.whl").touch()
    (tmp_path / "flet_web-9.9.9-py3-none-any.whl").touch()
    wheel = pack_wheel("flet-jupyter", PACKAGE, tmp_path, leave_out="client/static")
    with zipfile.ZipFile(wheel) as archive:
        assert [name for name in archive.namelist() if name.endswith("licenses/LICENSE")]
    pack_wheel("flet", FLET, tmp_path)
    assert sorted(path.name.split("-")[0] for path in tmp_path.iterdir()) == ["flet", "flet_jupyter", "flet_web"]
    assert not (tmp_path / "flet-9.9.9-py3-none-any.whl").exists()
