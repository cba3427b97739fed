"""A login provider on this machine: a real OAuth 2 authorization server (oauthlib's) for tests.

Flet asks providers through oauthlib, which refuses plain HTTP. So the process that runs the app needs
:data:`ENVIRONMENT`; browsers and the provider itself do not.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import flet.auth
import tornado.web
from oauthlib.oauth2 import (  # type: ignore[import-untyped]  # it says nothing of its types
    AccessDeniedError,
    FatalClientError,
    RequestValidator,
    WebApplicationServer,
)
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ENVIRONMENT", "OAuthProviderServer"]

ENVIRONMENT: Final = MappingProxyType({"OAUTHLIB_INSECURE_TRANSPORT": "1"})
"""What the environment of an app must hold to use a provider without TLS."""

_CODE_SECONDS: Final = 60
_TOKEN_SECONDS: Final = 3600
_SCOPES: Final = ["profile", "email"]
_USERS: Final = {
    "ada": {"id": "ada", "name": "Ada Lovelace", "email": "ada@example.org"},
    "alan": {"id": "alan", "name": "Alan Turing", "email": "alan@example.org"},
}


class OAuthProviderServer:
    """A login provider that runs in a thread of its own; also a context manager.

    It knows the users ``ada`` and ``alan``, and asks nobody for consent. What its ``/authorize`` does is for the
    query to say, and so for ``authorization_params`` of :meth:`provider`:

    * ``login_hint``: who logs in; ``ada`` if it is missing.
    * ``deny``: the login is refused (``access_denied``), with this as the description.

    Clients authenticate with their secret. The redirect URL must be registered, and be the same for the code and for
    the token. A code is good for one use within a minute. PKCE is checked where a client uses it.

    Parameters
    ----------
    redirect_urls : collection of str
        The registered redirect URLs. If there are none, any on a loopback address will do.
    users : mapping of str to dict
        What ``/user`` tells of each user, by the name to log in with.

    Attributes
    ----------
    client_id, client_secret : str
        The credentials of the one client.
    token_requests : list of dict
        The form of each request for a token, the oldest first.
    """

    def __init__(
        self, *, redirect_urls: Collection[str] = (), users: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self.client_id = "the-client"
        self.client_secret = secrets.token_urlsafe(16)
        self.token_requests: list[dict[str, str]] = []
        self.users = dict(_USERS if users is None else users)
        self._redirect_urls = frozenset(redirect_urls)
        self._port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        assert self._port, "the provider is not started"
        return f"http://127.0.0.1:{self._port}"

    def provider(self, redirect_url: str, **options: Any) -> flet.auth.OAuthProvider:
        """Return what an app hands to ``page.login()``; `options` are further arguments of flet's class."""
        arguments: dict[str, Any] = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "user_endpoint": f"{self.url}/user",
            "user_scopes": ["profile"],
            "user_id_fn": lambda user: user["id"],
            "redirect_url": redirect_url,
        }
        return flet.auth.OAuthProvider(**{**arguments, **options})

    def start(self) -> None:
        """Start it; it listens when this returns."""
        assert self._thread is None, "the provider runs already"
        sockets = bind_sockets(0, "127.0.0.1")
        self._port = sockets[0].getsockname()[1]
        started = threading.Event()

        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._stopping = asyncio.Event()
            server = HTTPServer(self._application())
            server.add_sockets(sockets)
            started.set()
            await self._stopping.wait()
            server.stop()
            await server.close_all_connections()

        self._thread = threading.Thread(target=asyncio.run, args=(serve(),), name="oauth-provider", daemon=True)
        self._thread.start()
        started.wait()

    def stop(self) -> None:
        """Stop it, and wait until it has."""
        if self._thread is None or self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _application(self) -> tornado.web.Application:
        validator = _Validator(self.client_id, self.client_secret, self._redirect_urls)
        shared = {
            "owner": self,
            "validator": validator,
            "endpoint": WebApplicationServer(validator, token_expires_in=_TOKEN_SECONDS),
        }
        routes = [("/authorize", _Authorize), ("/token", _Token), ("/user", _User)]
        return tornado.web.Application(
            [(path, handler, shared) for path, handler in routes], log_function=lambda _: None
        )


@dataclass
class _Grant:
    """What a code, or a token, stands for."""

    user: str
    scopes: list[str]
    expires_at: float
    redirect_url: str = ""
    challenge: str | None = None
    challenge_method: str | None = None


@dataclass(frozen=True)
class _Client:
    client_id: str


class _Validator(RequestValidator):  # type: ignore[misc]  # untyped, as said above
    """What oauthlib's server asks: the answers come from three dictionaries."""

    def __init__(self, client_id: str, client_secret: str, redirect_urls: Collection[str]) -> None:
        super().__init__()
        self._client = _Client(client_id)
        self._secret = client_secret
        self._redirect_urls = redirect_urls
        self._codes: dict[str, _Grant] = {}
        self._tokens: dict[str, _Grant] = {}
        self._refresh_tokens: dict[str, _Grant] = {}

    # -- the client --

    def validate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        request.client = self._client
        return client_id == self._client.client_id

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        request.client = self._client
        return request.client_id == self._client.client_id and hmac.compare_digest(
            (request.client_secret or "").encode(), self._secret.encode()
        )

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        if self._redirect_urls:
            return redirect_uri in self._redirect_urls
        return urlsplit(redirect_uri).hostname in ("127.0.0.1", "localhost", "::1")

    def get_default_redirect_uri(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> None:
        return None  # it has to be given

    def validate_response_type(self, client_id: str, response_type: str, *args: Any, **kwargs: Any) -> bool:
        return response_type == "code"

    def validate_grant_type(self, client_id: str, grant_type: str, *args: Any, **kwargs: Any) -> bool:
        return grant_type in ("authorization_code", "refresh_token")

    # -- scopes --

    def validate_scopes(self, client_id: str, scopes: list[str], *args: Any, **kwargs: Any) -> bool:
        return set(scopes) <= set(_SCOPES)

    def get_default_scopes(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        return _SCOPES[:1]

    # -- codes --

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Any, *args: Any, **kw: Any
    ) -> None:
        self._codes[code["code"]] = _Grant(
            request.user,
            request.scopes,
            time.monotonic() + _CODE_SECONDS,
            request.redirect_uri,
            request.code_challenge,
            request.code_challenge_method,
        )

    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        return _authorizes(self._codes.get(code), request)

    def get_code_challenge(self, code: str, request: Any) -> str | None:
        return self._codes[code].challenge

    def get_code_challenge_method(self, code: str, request: Any) -> str | None:
        return self._codes[code].challenge_method

    def confirm_redirect_uri(self, client_id: str, code: str, redirect_uri: str, *args: Any, **kwargs: Any) -> bool:
        return redirect_uri == self._codes[code].redirect_url

    def invalidate_authorization_code(self, client_id: str, code: str, request: Any, *args: Any, **kwargs: Any) -> None:
        del self._codes[code]

    # -- tokens --

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        grant = _Grant(request.user, request.scopes, time.monotonic() + token["expires_in"])
        self._tokens[token["access_token"]] = grant
        self._refresh_tokens[token["refresh_token"]] = _Grant(grant.user, grant.scopes, float("inf"))

    def validate_bearer_token(self, token: str, scopes: list[str], request: Any) -> bool:
        grant = self._tokens.get(token)
        return _authorizes(grant, request) and set(scopes) <= set(request.scopes)

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        return _authorizes(self._refresh_tokens.get(refresh_token), request)

    def get_original_scopes(self, refresh_token: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        return self._refresh_tokens[refresh_token].scopes


def _authorizes(grant: _Grant | None, request: Any) -> bool:
    if grant is None or grant.expires_at <= time.monotonic():
        return False
    request.user, request.scopes = grant.user, grant.scopes
    return True


class _Handler(tornado.web.RequestHandler):
    def initialize(self, owner: OAuthProviderServer, validator: _Validator, endpoint: Any) -> None:
        self.owner = owner
        self.validator = validator
        self.endpoint = endpoint

    @property
    def asked(self) -> tuple[str, str, str, dict[str, str]]:
        """The request as oauthlib takes it."""
        request = self.request
        return request.full_url(), str(request.method), request.body.decode(), dict(request.headers)

    def reply(self, headers: Mapping[str, str], body: str | None, status: int) -> None:
        self.set_status(status)
        for name, value in headers.items():
            self.set_header(name, value)
        self.finish(body or "")


class _Authorize(_Handler):
    def get(self) -> None:
        try:
            scopes, details = self.endpoint.validate_authorization_request(*self.asked)
            if "deny" in self.request.arguments:
                error = AccessDeniedError(self.get_argument("deny"), state=details["state"])
                self.redirect(error.in_uri(details["redirect_uri"]))
                return
            user = self.get_argument("login_hint", "ada")
            if user not in self.owner.users:
                self.reply({}, "There is no such user.", 400)
                return
            credentials = {"user": user}
            self.reply(*self.endpoint.create_authorization_response(*self.asked, scopes, credentials))
        except FatalClientError as error:  # nothing to redirect to can be trusted
            self.reply({"Content-Type": "text/plain"}, f"{error.error}: {error.description}", error.status_code)


class _Token(_Handler):
    def post(self) -> None:
        self.owner.token_requests.append({name: self.get_body_argument(name) for name in self.request.body_arguments})
        self.reply(*self.endpoint.create_token_response(*self.asked))


class _User(_Handler):
    def get(self) -> None:
        valid, request = self.endpoint.verify_request(*self.asked, scopes=["profile"])
        if valid:
            self.reply({"Content-Type": "application/json"}, json.dumps(self.owner.users[request.user]), 200)
        else:
            self.reply({"WWW-Authenticate": "Bearer"}, None, 401)
