"""A real nginx with the configurations of ``docs/nginx``."""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.core.harness import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Self

__all__ = ["Nginx", "Tls"]

CONFIGURATIONS = Path(__file__).parents[2] / "docs" / "nginx"

# What nginx.conf holds on any machine, without anything outside of the test's folder.
_MAIN = """
pid nginx.pid;
{user}
worker_processes 1;
error_log error.log info;
events {{
    worker_connections 1024;
}}
http {{
    access_log access.log;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include conf.d/*.conf;
}}
"""


def find(program: str) -> str:
    """Return the path of a program, or fail: these tests say nothing without it."""
    # Where Debian has it, which is not on the path of all users, and where tools/get-nginx puts it.
    places = [os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", f"{sys.prefix}/nginx/usr/sbin"]
    found = shutil.which(program, path=os.pathsep.join(places))
    if found is None:
        pytest.fail(f"There is no {program} here: install it, or leave these tests out with -m 'not nginx'.")
    return found


class Tls:
    """A certificate for 127.0.0.1 that only those trust who have it.

    Attributes
    ----------
    certificate, key : Path
        In PEM format.
    context : ssl.SSLContext
        That of a client that trusts it.
    """

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "flet.crt"
        self.key = folder / "flet.key"
        subprocess.run(
            [
                *(
                    find("openssl"),
                    "req",
                    "-x509",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:prime256v1",
                    "-nodes",
                ),
                *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"),
                *("-out", str(self.certificate), "-keyout", str(self.key)),
            ],
            check=True,
            capture_output=True,
        )
        self.context = ssl.create_default_context(cafile=str(self.certificate))


class Nginx:
    """One nginx in a folder of its own, as the current user.

    Parameters
    ----------
    folder : Path
        A new one; configuration and logs are there.
    server : str
        The file of ``docs/nginx`` with the server.
    workers : iterable of str
        The URLs of the processes behind it.
    changes : mapping of str to str
        Lines of the configurations that are to be others here.
    tls : Tls, optional
        The certificate.

    Attributes
    ----------
    url : str
        Of the host, with a slash at its end. The prefix of a site is not in it.
    """

    def __init__(
        self,
        folder: Path,
        server: str,
        workers: Iterable[str],
        *,
        changes: Mapping[str, str] | None = None,
        tls: Tls | None = None,
    ) -> None:
        self.folder = folder
        self.port, plain = free_ports(2)
        listens = {"listen 80;": f"listen 127.0.0.1:{self.port};"}
        if tls is not None:
            listens = {
                "listen 80;": f"listen 127.0.0.1:{plain};",
                "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
                "/etc/nginx/flet.crt": str(tls.certificate),
                "/etc/nginx/flet.key": str(tls.key),
            }
        texts = {
            "nginx.conf": _MAIN.format(user=_user()),
            "snippets/flet-proxy.conf": _read("flet-proxy.conf"),
            "conf.d/flet-upstream.conf": _with_workers(_read("flet-upstream.conf"), workers),
            "conf.d/server.conf": _replaced(_read(server), listens),
        }
        for old, new in (changes or {}).items():
            places = [name for name, text in texts.items() if old in text]
            assert len(places) == 1, f"{old!r} is in {places}"
            texts[places[0]] = texts[places[0]].replace(old, new)
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}/"
        self.plain_url = f"http://127.0.0.1:{plain}/" if tls is not None else self.url
        self._process = subprocess.Popen(
            [find("nginx"), "-p", str(folder), "-c", "nginx.conf", "-e", "error.log", "-g", "daemon off;"],
            stdin=subprocess.DEVNULL,
        )
        self._wait_until_it_listens()

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while "start worker process " not in self.log:
            assert self._process.poll() is None, f"nginx has ended:\n{self.log}"
            assert time.monotonic() < deadline, f"nginx does not start:\n{self.log}"
            time.sleep(0.01)

    @property
    def log(self) -> str:
        """What it has written of errors so far."""
        path = self.folder / "error.log"
        return path.read_text() if path.exists() else ""

    def stop(self) -> None:
        """End it, with its own processes, and wait."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def free_ports(count: int) -> list[int]:
    """Return ports that nobody uses, from below those that systems give to outgoing connections."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


def _read(name: str) -> str:
    return (CONFIGURATIONS / name).read_text()


def _replaced(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in:\n{text}"
        text = text.replace(old, new)
    return text


def _with_workers(text: str, urls: Iterable[str]) -> str:
    """Put other addresses into the lines of the two processes, or as many lines as there are addresses."""
    first, second = re.findall(r"^ +server 127\.0\.0\.1:800\d.*\n", text, re.MULTILINE)
    assert first.replace(":8000", ":8001") == second
    lines = [first.replace("127.0.0.1:8000", urlsplit(url).netloc) for url in urls]
    return _replaced(text, {first: "".join(lines), second: ""})


def _user() -> str:
    """Keep root's nginx from giving up its rights, with which it could not read the test's folder."""
    return "user root;" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
