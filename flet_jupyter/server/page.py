"""``flet/app/<kernel>/<app>``: the page of one app that runs in a kernel, for a tab of the browser."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from flet_jupyter.server.handlers import AUTH_RESOURCE
from flet_jupyter.server.metrics import CountedHandler

__all__ = ["APP_PAGE", "AppPageHandler"]

APP_PAGE: Final = r"/flet/app/([\w-]+)/([\w-]+)"
"""The route: a kernel's id and an app's."""

_TEMPLATE: Final = Template(Path(__file__).with_name("app-page.html").read_text(encoding="utf-8"))

_POLICY: Final = (
    "default-src 'self'",
    # CanvasKit is WebAssembly.
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "worker-src 'self' blob:",
    # An app shows pictures, plays films and has fonts from wherever it likes. Flutter fetches them.
    "connect-src * data: blob:",
    "img-src * data: blob:",
    "media-src * data: blob:",
    "font-src * data: blob:",
    "frame-src *",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
)


class AppPageHandler(CountedHandler, JupyterHandler):
    """Sends the page. It holds no secret: its script talks to the kernel with the browser's own login.

    Whether there are such a kernel and app it finds out itself, and says so to who may use kernels.
    """

    auth_resource = AUTH_RESOURCE
    route = "app"

    @property
    def content_security_policy(self) -> str:
        """What jupyter-server forbids to every page, and what this one never does."""
        return "; ".join([super().content_security_policy, *_POLICY])

    @web.authenticated
    @authorized
    async def get(self, kernel_id: str, app_id: str) -> None:
        """Send the page."""
        config = {"baseUrl": self.base_url, "kernelId": kernel_id, "appId": app_id}
        # The page's own requests need the cookie with which they prove that they are its.
        self.xsrf_token  # noqa: B018 - it sets the cookie
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "same-origin")
        self.finish(
            _TEMPLATE.substitute(
                # Within a script element nothing is escaped, and only "<" can end it.
                config=json.dumps(config).replace("<", r"\u003c"),
                script=escape(f"{self.base_url}flet/app-page.js"),
                icon=escape(f"{self.base_url}static/favicons/favicon.ico"),
            )
        )

    head = get
