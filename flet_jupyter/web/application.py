"""The Tornado application of a website: its routes in their order, and what its handlers share."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from typing import TYPE_CHECKING, Any, Final

from tornado import web

from flet_jupyter.web.handlers import (
    AppsHandler,
    HealthHandler,
    LoginCallbackHandler,
    MetricsHandler,
    PageHandler,
    ReadyHandler,
    SignInHandler,
    SocketHandler,
    UploadHandler,
    log_request,
)
from flet_jupyter.web.identity import identity_provider

if TYPE_CHECKING:
    from flet_jupyter.site.web_app import WebApp
    from flet_jupyter.site.website import Website

__all__ = ["MAX_BODY", "SERVER_OPTIONS", "make_application", "routes_of"]

MAX_BODY: Final = 1_000_000
"""Bytes of a request's body that are taken; uploads have their own limit."""

SERVER_OPTIONS: Final[dict[str, Any]] = {"max_body_size": MAX_BODY, "idle_connection_timeout": 75}
"""What a ``tornado.httpserver.HTTPServer`` needs besides the application."""


def make_application(website: Website, prefix: str = "/", *, parent: Any = None) -> web.Application:
    """Return the application that serves `website`.

    Parameters
    ----------
    website : Website
        Its apps.
    prefix : str
        The path under which requests arrive.
    parent : traitlets Application, optional
        Whose configuration says more about the identity provider.
    """
    rules: list[Any] = []
    # The longest first: what is below an app's path is that app's, whatever is at the root.
    for app in sorted(website.apps.values(), key=lambda app: -len(app.mount)):
        rules += routes_of(website, app, prefix)
    base = _pattern(prefix)
    operation: list[Any] = []
    if website.settings.token or website.settings.password:
        operation.append((f"{base}/signin", SignInHandler, {"website": website}))
    for at in {"", base}:
        operation += [
            (f"{at}/healthz", HealthHandler, {"website": website}),
            (f"{at}/readyz", ReadyHandler, {"website": website}),
        ]
        if website.settings.metrics:
            operation.append((f"{at}/metrics", MetricsHandler, {"website": website}))
    if "/" not in website.apps:
        rules.append((f"{base}/", AppsHandler, {"website": website}))
    if base:
        rules.append((base, web.RedirectHandler, {"url": f"{website.root}/", "permanent": False}))
    limits = [app.settings.max_packet_bytes for app in website.apps.values()]
    return web.Application(
        operation + rules,
        default_handler_class=_NotFound,
        default_handler_args={"website": website},
        log_function=log_request,
        websocket_max_message_size=max(limits, default=0),
        websocket_ping_interval=website.settings.ping_interval,
        websocket_ping_timeout=website.settings.ping_interval,
        identity_provider=identity_provider(website.settings, parent),
        login_url=f"{website.root.rstrip('/')}/signin",
        cookie_secret=_cookie_secret(website),
        xsrf_cookie_kwargs={"httponly": True, "samesite": "Lax"},
    )


def routes_of(website: Website, app: WebApp, prefix: str = "/") -> list[Any]:
    """Return the routes of one app, for a list of Tornado's."""
    path = _pattern(f"{prefix.rstrip('/')}{app.mount}")
    both = {"website": website, "app": app}
    settings = app.settings
    rules: list[Any] = [
        (f"{path}/{re.escape(settings.websocket_endpoint)}", SocketHandler, both),
        (f"{path}/{re.escape(settings.upload_endpoint)}", UploadHandler, both),
        (f"{path}/{re.escape(settings.oauth_callback_endpoint)}", LoginCallbackHandler, both),
        (f"{path}/(.*)", PageHandler, both),
    ]
    if path:
        rules.append((path, web.RedirectHandler, {"url": f"{app.public_path}/", "permanent": False}))
    return rules


def _cookie_secret(website: Website) -> bytes:
    """Return what signs the cookies of those who have signed in: the same in all processes that have the same keys."""
    keys = sorted({app.settings.secret_key for app in website.apps.values() if app.settings.secret_key})
    if not keys and not website.settings.token and not website.settings.password:
        return secrets.token_bytes(32)
    # Another token or password signs everybody out.
    purpose = json.dumps(["flet-jupyter sign-in", website.settings.token, website.settings.password])
    return hmac.new(json.dumps(keys).encode(), purpose.encode(), hashlib.sha256).digest()


def _pattern(path: str) -> str:
    return re.escape(path.strip("/") and f"/{path.strip('/')}")


class _NotFound(PageHandler):
    """What is nowhere: the error page of the site."""

    def initialize(self, website: Website) -> None:  # type: ignore[override]
        self.website, self.server = website, website.settings

    async def prepare(self) -> None:
        await super().prepare()
        raise web.HTTPError(404)
