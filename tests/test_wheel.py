"""The wheel gives everything: nothing to enable, and no Node."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOKEN = "a-token-for-this-test"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the source distribution, where Node cannot be found."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--outdir", folder]
    subprocess.run([*build, "--sdist", ROOT], check=True, stdout=subprocess.DEVNULL)
    (sdist,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(sdist, folder, filter="data")
    subprocess.run(
        [*build, "--wheel", sdist.with_name(sdist.name.removesuffix(".tar.gz"))],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PATH": str(Path(sys.executable).parent)},
    )
    (built,) = folder.glob("*.whl")
    return built


@dataclass(frozen=True)
class Environment:
    """A virtual environment that has the wheel and what it depends on."""

    path: Path

    def command(self, name: str) -> str:
        return str(self.path / ("Scripts" if os.name == "nt" else "bin") / name)

    @property
    def variables(self) -> dict[str, str]:
        """An environment where only this one is found: no configuration of the user, no Node."""
        home = self.path / "home"
        home.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
        bin_folder = str(Path(self.command("python")).parent)
        return {**kept, "HOME": str(home), "PATH": bin_folder, "VIRTUAL_ENV": str(self.path)}

    def run(self, name: str, *arguments: str) -> str:
        result = subprocess.run(
            [self.command(name), *arguments],
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout
        return re.sub(r"\x1b\[\d+m", "", result.stdout)


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    environment = Environment(folder)
    # The user's own HOME here, for pip's cache.
    subprocess.run([environment.command("python"), "-m", "pip", "install", "--quiet", wheel], check=True)
    return environment


@pytest.fixture(scope="module")
def server(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a real server below a prefix; give its URL."""
    root = tmp_path_factory.mktemp("root")
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0", "--ServerApp.base_url=/some/prefix/"]
    with subprocess.Popen(
        [environment.command("jupyter"), "server", *options, f"--IdentityProvider.token={TOKEN}"],
        cwd=root,
        env=environment.variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            log = []
            for line in process.stdout:
                log.append(line)
                if found := re.search(r"http://127\.0\.0\.1:(\d+)/some/prefix/", line):
                    wait_for_port(int(found[1]))
                    yield found[0]
                    break
            else:
                pytest.fail("".join(log))
        finally:
            process.terminate()
            # Read to the end: a full pipe would keep the server from ending.
            process.communicate(timeout=30)


def wait_for_port(port: int) -> None:
    """Wait until the server listens; it prints its URL before it does."""
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"nothing listens on port {port}")


def fetch(url: str, *, token: str = TOKEN, **headers: str) -> tuple[bytes, dict[str, str]]:
    sent = {"Authorization": f"token {token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(url, headers=sent), timeout=30) as response:
        return response.read(), dict(response.headers)


def test_the_wheel_holds_the_engine_and_the_file_that_enables_the_extension(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "flet_jupyter/client/static/engine.js" in names
    assert [name for name in names if name.endswith("data/etc/jupyter/jupyter_server_config.d/flet_jupyter.json")]
    assert not [name for name in names if "main.dart" in name or "canvaskit" in name or "node_modules" in name]
    assert not [name for name in names if name.startswith("tests/")]


def test_the_extension_is_enabled_and_valid(environment: Environment) -> None:
    listed = environment.run("jupyter", "server", "extension", "list")
    assert re.search(r"flet_jupyter enabled", listed)
    assert re.search(r"flet_jupyter \S+ OK", listed)


def test_the_notebook_extension_loads(environment: Environment) -> None:
    script = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "flet_jupyter")
assert "flet" in shell.magics_manager.magics["cell"]
"""
    environment.run("python", "-c", script)


def test_a_server_serves_the_engine_and_the_client(server: str) -> None:
    engine, headers = fetch(f"{server}flet/engine.js", Accept_Encoding="gzip")
    assert headers["Content-Type"].startswith("text/javascript")
    assert b"export" in gzip.decompress(engine)
    status = json.loads(fetch(f"{server}flet/status")[0])
    (version,) = status["clients"]
    boot, headers = fetch(f"{server}flet/client/{version}/flutter_bootstrap.js")
    assert b"flutter" in boot
    assert "immutable" in headers["Cache-Control"]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetch(f"{server}flet/client/{version}/flutter_bootstrap.js", token="wrong")
