"""Logins from ``page.login()`` over a real provider to ``on_login``, and all that can go wrong on the way."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import flet as ft
import httpx
import pytest
from flet.auth import Authorization, OAuthProvider

from flet_jupyter.core.client_info import ClientInfo
from flet_jupyter.exceptions import LimitReached, SessionClosed, UsageError
from flet_jupyter.site.logins import LoginReply, Logins
from tests.core.harness import App, Client, until
from tests.core.model_client import PAGE
from tests.site.oauth_provider import ENVIRONMENT, OAuthProviderServer

CALLBACK = "http://127.0.0.1:1/oauth_callback"
TIMEOUT = 600.0


@pytest.fixture(scope="module")
def provider() -> Iterator[OAuthProviderServer]:
    with OAuthProviderServer(redirect_urls=[CALLBACK]) as server:
        yield server


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


class Site:
    """An app with a button for each login, its visitor's client, and the logins as a website holds them."""

    def __init__(self, oauth: OAuthProvider, *, main: Any = None, **options: Any) -> None:
        self.events: list[ft.LoginEvent] = []
        self.oauth = oauth
        self.login_arguments: dict[str, Any] = {}
        self.on_login: Any = self._note
        self.path = options.setdefault("app_path", "/")
        self.secret: str | None = "ann"
        self.now = 0.0
        self.app = App(main or self._main)
        self.logins = Logins(TIMEOUT, clock=lambda: self.now, **options)
        self.app.host.authorize = lambda session, attrs: self.logins.begin(session, self.secret, attrs)  # type: ignore[method-assign]
        self.app.host.on_session_closed = self.logins.forget

    def _main(self, page: ft.Page) -> None:
        async def login() -> None:
            await page.login(self.oauth, **self.login_arguments)

        page.on_login = self.on_login
        page.add(
            ft.Button("login", on_click=login), ft.Button("logout", on_click=page.logout), ft.Text("nobody", key="user")
        )

    def _note(self, event: ft.LoginEvent) -> None:
        self.events.append(event)
        page = event.page
        user = getattr(page.auth, "user", None)
        text_of(page).value = user["name"] if user else event.error or ""

    async def visit(self, **page: Any) -> Client:
        address = ClientInfo(page_url="http://127.0.0.1:1" + self.path.rstrip("/"), page_name=self.path.strip("/"))
        client = Client(self.app.host.create_session({**PAGE, **page}, address))
        client.register(**page)
        await self.app.host.run_main(client.session)
        await until(lambda: client.page)
        return client

    async def ask(self, client: Client) -> str:
        """Click on "login"; return the address that the client is to open."""
        count = len(client.calls)
        client.click(content="login")
        await until(lambda: len(client.calls) > count, lambda: f"a call; {self.app.errors}")
        call = client.calls[-1]
        assert call["name"] == "open_window"
        client.answer(call)
        url: str = call["args"]["url"]
        return url

    async def query(self, client: Client) -> dict[str, str]:
        """Click on "login", log in at the provider, and return the query with which it sends the browser back."""
        return await consent(await self.ask(client))

    async def log_in(self, client: Client) -> LoginReply:
        return await self.complete(await self.query(client))

    async def complete(self, query: dict[str, str]) -> LoginReply:
        return await self.logins.complete(query, self.secret, self.app.host.sessions.get)


def text_of(page: ft.Page) -> ft.Text:
    text = page.controls[2]
    assert isinstance(text, ft.Text)
    return text


async def consent(url: str) -> dict[str, str]:
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(url)
    assert answer.status_code == 302, answer.text
    location = httpx.URL(answer.headers["location"])
    assert str(location.copy_with(query=None)) == CALLBACK
    return dict(location.params)


def shown(reply: LoginReply) -> str:
    assert reply.html is not None
    return reply.html


class HeldAuthorization(Authorization):
    """Exchanges the code when the test lets it."""

    state = "held"

    def __init__(self, *_: Any, **__: Any) -> None:
        self.user = {"name": "Held"}
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()

    def get_authorization_data(self) -> tuple[str, str]:
        return "http://127.0.0.1:1/authorize", self.state

    async def request_token(self, code: str) -> None:
        self.asked.set()
        await self.go_on.wait()


async def held(site: Site, client: Client) -> tuple[HeldAuthorization, asyncio.Task[LoginReply]]:
    """Begin a login whose exchange waits; return what lets it go on, and the callback's answer to come."""
    site.login_arguments["authorization"] = HeldAuthorization
    await site.ask(client)
    authorization = client.session.page.auth
    assert isinstance(authorization, HeldAuthorization)
    task = asyncio.create_task(site.complete({"state": "held", "code": "c"}))
    await authorization.asked.wait()
    return authorization, task


# -- from the click to the user ----------------------------------------------------------------------------------


async def test_a_visitor_logs_in_and_the_window_closes(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    client = await site.visit()
    reply = await site.log_in(client)
    await client.shows("Ada Lovelace")
    assert client.session.page.auth.user.id == "ada"
    assert reply.status == 200
    assert "Logged in" in shown(reply)
    assert "<script>window.close()</script>" in shown(reply)
    [event] = site.events
    assert (event.control, event.error, event.error_description) == (client.session.page, None, None)
    assert site.app.errors == []


async def test_each_visitor_gets_his_own_user(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    ann, bob = await site.visit(), await site.visit()
    for_ann = await site.query(ann)
    site.oauth = provider.provider(CALLBACK, authorization_params={"login_hint": "alan"})
    site.secret = "bob"
    assert (await site.log_in(bob)).status == 200
    site.secret = "ann"
    assert (await site.complete(for_ann)).status == 200
    await ann.shows("Ada Lovelace")
    await bob.shows("Alan Turing")


@pytest.mark.parametrize(("verifier", "status"), [("right", 200), ("wrong", 502)])
async def test_a_provider_that_checks_the_code_verifier(
    provider: OAuthProviderServer, verifier: str, status: int
) -> None:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"right").digest()).decode().rstrip("=")
    site = Site(
        provider.provider(CALLBACK, code_challenge=challenge, code_challenge_method="S256", code_verifier=verifier)
    )
    assert (await site.log_in(await site.visit())).status == status


async def test_the_app_shows_its_own_page_at_the_end(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    site.login_arguments["complete_page_html"] = "<h1>Welcome & <script>go()</script></h1>"
    reply = await site.log_in(await site.visit())
    assert (reply.status, reply.html) == (200, "<h1>Welcome & <script>go()</script></h1>")
    assert "Content-Security-Policy" not in reply.headers


async def test_a_page_that_went_to_the_provider_itself_returns_to_its_route_logged_in(
    provider: OAuthProviderServer,
) -> None:
    site = Site(provider.provider(CALLBACK))
    site.login_arguments["redirect_to_page"] = True
    client = await site.visit(route="/store?item=1")
    query = await site.query(client)
    client.detach()
    reply = await site.complete(query)
    assert (reply.status, reply.location, reply.html) == (303, "/store?item=1", None)
    assert reply.headers["Location"] == "/store?item=1"
    await until(lambda: site.events)
    again = Client(client.session)
    again.register(route="/store?item=1")
    await again.shows("Ada Lovelace")


# -- the handler ---------------------------------------------------------------------------------------------------


async def test_a_blocking_handler_keeps_nobody_waiting(provider: OAuthProviderServer) -> None:
    threads: list[int] = []
    site = Site(provider.provider(CALLBACK))
    site.on_login = lambda: threads.append(threading.get_ident())
    await site.log_in(await site.visit())
    await until(lambda: threads)
    assert threads != [threading.get_ident()]


async def test_an_async_handler_runs_on_the_loop_and_the_page_is_updated_after_it(
    provider: OAuthProviderServer,
) -> None:
    async def on_login(event: ft.LoginEvent) -> None:
        await asyncio.sleep(0)
        assert ft.context.page is event.page
        text_of(event.page).value = f"{event.name} in {threading.get_ident()}"

    site = Site(provider.provider(CALLBACK))
    site.on_login = on_login
    client = await site.visit()
    await site.log_in(client)
    await client.shows(f"login in {threading.get_ident()}")


async def test_an_app_without_a_handler_has_the_user(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    site.on_login = None
    client = await site.visit()
    assert (await site.log_in(client)).status == 200
    assert client.session.page.auth.user.id == "ada"


@pytest.mark.parametrize("kind", ["blocking", "async"])
async def test_an_error_of_the_handler_is_reported_as_its_own(provider: OAuthProviderServer, kind: str) -> None:
    def blocking() -> None:
        raise SystemExit("enough")

    async def asynchronous() -> None:
        blocking()

    site = Site(provider.provider(CALLBACK))
    site.on_login = blocking if kind == "blocking" else asynchronous
    assert (await site.log_in(await site.visit())).status == 200
    await until(lambda: site.app.errors)
    [(error, where)] = site.app.errors
    assert (str(error), where) == ("enough", "on_login")


# -- what the provider refuses -------------------------------------------------------------------------------------


async def test_a_login_that_the_provider_refuses_is_an_event_with_an_error(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK, authorization_params={"deny": "<script>alert('no & never')</script>"}))
    site.login_arguments["complete_page_html"] = "You are logged in!"
    client = await site.visit()
    reply = await site.log_in(client)
    await client.shows("access_denied")
    assert site.events[0].error_description == "<script>alert('no & never')</script>"
    assert reply.status == 200
    assert "access_denied" in shown(reply)
    assert "&lt;script&gt;alert(&#x27;no &amp; never&#x27;)&lt;/script&gt;" in shown(reply)
    assert "<script" not in shown(reply)
    assert "logged in!" not in shown(reply)


async def test_an_error_code_from_the_query_is_text_and_cut(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    query = await site.query(await site.visit())
    reply = await site.complete(
        {"state": query["state"], "error": "<img src=x>\udcff" + "e" * 10_000, "error_description": "d" * 10_000}
    )
    assert "&lt;img src=x&gt;" in shown(reply)
    assert "<img" not in shown(reply)
    assert len(shown(reply).encode()) < 3000
    await until(lambda: site.events)
    assert (len(site.events[0].error or ""), len(site.events[0].error_description or "")) == (200, 1000)


async def test_a_refusal_takes_a_page_that_went_to_the_provider_itself_back(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK, authorization_params={"deny": "no"}))
    site.login_arguments["redirect_to_page"] = True
    client = await site.visit()
    reply = await site.log_in(client)
    assert (reply.status, reply.location) == (303, "/")
    await client.shows("access_denied")


async def test_a_code_that_the_provider_does_not_take_is_an_event_with_an_error(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK, client_secret="wrong"))
    client = await site.visit()
    reply = await site.log_in(client)
    await until(lambda: site.events)
    assert "401" in (site.events[0].error or "")
    assert reply.status == 502
    assert "did not confirm" in shown(reply)
    assert provider.url not in shown(reply)


# -- what the website refuses --------------------------------------------------------------------------------------


def refused(reply: LoginReply, status: int, words: str) -> None:
    assert reply.status == status
    assert reply.location is None
    assert words in shown(reply)
    assert "<h1>Not logged in</h1>" in shown(reply)
    assert "<script" not in shown(reply)


async def test_the_same_answer_again_completes_nothing(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    query = await site.query(await site.visit())
    asked = len(provider.token_requests)
    replies = await asyncio.gather(site.complete(query), site.complete(query))
    assert [reply.status for reply in replies] == [200, 410]
    refused(await site.complete(query), 410, "used before")
    assert len(provider.token_requests) == asked + 1


async def test_an_answer_without_a_state_makes_no_sense(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    query = await site.query(await site.visit())
    refused(await site.complete({"code": query["code"]}), 400, "Log in from the app")


async def test_an_answer_without_code_and_error_makes_no_sense_and_uses_the_state_up(
    provider: OAuthProviderServer,
) -> None:
    site = Site(provider.provider(CALLBACK))
    query = await site.query(await site.visit())
    refused(await site.complete({"state": query["state"], "code": "", "error": ""}), 400, "neither a code nor an error")
    refused(await site.complete(query), 410, "used before")
    assert site.events == []


@pytest.mark.parametrize("secret", ["eve", None])
async def test_another_browser_cannot_complete_a_login(provider: OAuthProviderServer, secret: str | None) -> None:
    site = Site(provider.provider(CALLBACK))
    client = await site.visit()
    query = await site.query(client)
    asked = len(provider.token_requests)
    refused(
        await site.logins.complete(query, secret, site.app.host.sessions.get),
        403,
        "finish the login in the browser where you began it",
    )
    refused(await site.complete(query), 410, "used before")
    assert len(provider.token_requests) == asked
    assert client.session.page.auth.user is None


async def test_a_login_that_takes_too_long_is_over(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    query = await site.query(await site.visit())
    site.now = TIMEOUT
    site.logins.expire()
    assert len(site.logins._pending) == 0
    refused(await site.complete(query), 410, "took too long")


@pytest.mark.parametrize("ended_by", ["its host", "a host that forgets no logins", "itself"])
async def test_a_login_of_a_closed_session_is_over(provider: OAuthProviderServer, ended_by: str) -> None:
    site = Site(provider.provider(CALLBACK))
    client = await site.visit()
    query = await site.query(client)
    asked = len(provider.token_requests)
    if ended_by == "a host that forgets no logins":
        site.app.host.on_session_closed = None
    if ended_by == "itself":
        client.session.close()
    else:
        site.app.host.close_session(client.session)
    assert len(site.logins._pending) == (ended_by != "its host")
    refused(await site.complete(query), 410, "closed")
    assert len(provider.token_requests) == asked


async def test_a_session_that_closes_while_the_provider_is_asked_ends_the_login(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    client = await site.visit()
    _, task = await held(site, client)
    site.app.host.close_session(client.session)
    refused(await task, 410, "has been closed")
    assert site.events == []


async def test_only_the_login_begun_last_can_be_completed(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    client = await site.visit()
    first, second = await site.query(client), await site.query(client)
    refused(await site.complete(first), 410, "Another login was begun")
    assert (await site.complete(second)).status == 200
    await client.shows("Ada Lovelace")


async def test_logging_out_ends_a_login_on_its_way(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    client = await site.visit()
    query = await site.query(client)
    client.click(content="logout")
    await until(lambda: client.session.page.auth is None)
    refused(await site.complete(query), 410, "the app has ended it")


async def test_logging_out_while_the_provider_is_asked_logs_nobody_in(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    client = await site.visit()
    authorization, task = await held(site, client)
    client.click(content="logout")
    await until(lambda: client.session.page.auth is None)
    authorization.go_on.set()
    refused(await task, 410, "the app has ended it")
    assert site.events == []


async def test_a_browser_without_a_secret_cannot_begin(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    site.secret = None
    client = await site.visit()
    client.click(content="login")
    await until(lambda: site.app.errors)
    [(error, where)] = site.app.errors
    assert isinstance(error, UsageError)
    assert "cookies" in str(error)
    assert where == "on_click"
    assert client.calls == []


async def test_a_closed_session_cannot_begin(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    session = (await site.visit()).session
    site.app.host.close_session(session)
    with pytest.raises(SessionClosed):
        site.logins.begin(session, "ann", {"state": "s"})


async def test_too_many_logins_are_refused_to_the_app_that_begins_one(
    provider: OAuthProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(provider.provider(CALLBACK))
    ann, bob = await site.visit(), await site.visit()
    monkeypatch.setattr(site.logins._pending, "_max_in_all", 1)
    query = await site.query(ann)
    bob.click(content="login")
    await until(lambda: site.app.errors)
    assert isinstance(site.app.errors[0][0], LimitReached)
    assert (await site.complete(query)).status == 200


# -- what goes wrong in between ------------------------------------------------------------------------------------


async def test_an_error_in_the_authorization_is_reported_and_the_others_live_on(provider: OAuthProviderServer) -> None:
    class Broken(HeldAuthorization):
        async def request_token(self, code: str) -> None:
            raise SystemExit("broken")

    site = Site(provider.provider(CALLBACK))
    site.login_arguments["authorization"] = Broken
    client = await site.visit()
    await site.ask(client)
    refused(await site.complete({"state": "held", "code": "c"}), 500, "error in the app")
    [(error, where)] = site.app.errors
    assert (str(error), where) == ("broken", "page.login")
    site.login_arguments.clear()
    assert (await site.log_in(client)).status == 200


async def test_the_authorization_runs_as_part_of_its_session(provider: OAuthProviderServer) -> None:
    pages: list[Any] = []

    class Curious(HeldAuthorization):
        async def request_token(self, code: str) -> None:
            pages.append(ft.context.page)

    site = Site(provider.provider(CALLBACK))
    site.login_arguments["authorization"] = Curious
    client = await site.visit()
    await site.visit()
    await site.ask(client)
    await site.complete({"state": "held", "code": "c"})
    assert pages == [client.session.page]


async def test_a_browser_that_hangs_up_is_logged_in_all_the_same(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    client = await site.visit()
    authorization, task = await held(site, client)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    authorization.go_on.set()
    await client.shows("Held")


async def test_the_callback_may_arrive_on_another_loop(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    client = await site.visit()
    query = await site.query(client)
    reply = await asyncio.to_thread(asyncio.run, site.complete(query))
    assert reply.status == 200
    await client.shows("Ada Lovelace")


# -- where to return to --------------------------------------------------------------------------------------------


async def location(oauth: OAuthProvider, route: Any, **options: Any) -> str:
    site = Site(oauth, **options)
    site.login_arguments["redirect_to_page"] = True
    client = await site.visit(route=route)
    reply = await site.log_in(client)
    assert reply.status == 303
    assert reply.location is not None
    return reply.location


@pytest.mark.parametrize(
    ("app_path", "route", "expected"),
    [
        ("/", "/", "/"),
        ("/", "/store", "/store"),
        ("/apps/x/", "/", "/apps/x/"),
        ("/apps/x", "/store/1?q=a b#part", "/apps/x/store/1?q=a%20b#part"),
        ("/apps/x", "no-slash", "/apps/x/no-slash"),
        ("/", "/caf\u00e9/%20", "/caf%C3%A9/%20"),
        ("/", "/" + "long" * 1000, "/"),
        ("/", None, "/"),
    ],
)
async def test_the_page_returns_to_its_route_below_the_path_of_its_app(
    provider: OAuthProviderServer, app_path: str, route: str | None, expected: str
) -> None:
    assert await location(provider.provider(CALLBACK), route, app_path=app_path) == expected


async def test_a_route_behind_a_hash_stays_there(provider: OAuthProviderServer) -> None:
    oauth = provider.provider(CALLBACK)
    assert await location(oauth, "/store?q=1", app_path="/x", hash_routes=True) == "/x/#/store?q=1"


HOSTILE = [
    "//evil.example",
    "///evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "/./\\evil.example",
    "/.//evil.example",
    "/%2e//evil.example",
    "/..//evil.example",
    "@evil.example",
    ":80@evil.example/",
    "https://evil.example/",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\r\nSet-Cookie: a=b\r\n\r\n<script>",
    "\x00//evil.example",
    "/x/../../other-app",
    "/%2E%2e/other-app",
    "/..\\other-app",
    "..",
    "/\ud800",
]


@pytest.mark.parametrize("hash_routes", [False, True])
@pytest.mark.parametrize("app_path", ["/", "/apps/x"])
@pytest.mark.parametrize("route", HOSTILE)
async def test_a_hostile_route_leads_to_no_other_site_and_no_other_app(
    provider: OAuthProviderServer, route: str, app_path: str, hash_routes: bool
) -> None:
    site = Site(provider.provider(CALLBACK), app_path=app_path, hash_routes=hash_routes)
    session = (await site.visit()).session
    session.page.route = route
    site.logins.begin(session, "ann", {"state": "s", "completePageUrl": f"http://127.0.0.1:1{route}"})
    path = site.logins._pending.take("s", "ann").complete_page_url
    assert path is not None
    assert path.isascii()
    assert path.isprintable()
    assert " " not in path
    assert "\\" not in path
    resolved = urlsplit(urljoin("http://127.0.0.1:1/deep/oauth_callback", path))
    assert resolved.netloc == "127.0.0.1:1"
    assert path.startswith(app_path)
    assert not path.startswith("//")
    assert not {".", ".."} & {unquote(part) for part in path.split("/")}


# -- headers -------------------------------------------------------------------------------------------------------


async def test_the_address_with_the_code_stays_in_the_browser(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    for reply in (await site.log_in(await site.visit()), await site.complete({}), LoginReply(303, location="/")):
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["Referrer-Policy"] == "no-referrer"


async def test_our_pages_allow_nothing_but_what_is_in_them(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    for reply in (await site.log_in(await site.visit()), await site.complete({})):
        policy = reply.headers["Content-Security-Policy"]
        assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        for element in ("script", "style"):
            if f"<{element}>" in shown(reply):
                text = shown(reply).partition(f"<{element}>")[2].partition(f"</{element}>")[0]
                digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
                assert f"{element}-src 'sha256-{digest}'" in policy


async def test_a_page_leads_back_to_its_app(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK), app_path='/a"b&c/')
    assert '<a href="/a%22b&amp;c/">' in shown(await site.complete({}))


# -- the provider --------------------------------------------------------------------------------------------------


async def test_the_provider_refuses_what_a_real_one_would(provider: OAuthProviderServer) -> None:
    site = Site(provider.provider(CALLBACK))
    code = (await site.query(await site.visit()))["code"]
    right = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "redirect_uri": CALLBACK,
    }
    async with httpx.AsyncClient(trust_env=False, base_url=provider.url) as client:

        async def token(**changes: str) -> int:
            return (await client.post("/token", data={**right, **changes})).status_code

        assert await token(client_secret="guessed") == 401
        assert await token(redirect_uri=CALLBACK + "/other") == 400
        assert await token(code="guessed") == 400
        assert await token() == 200
        assert await token() == 400
        assert (await client.get("/user", headers={"Authorization": "Bearer guessed"})).status_code == 401
        elsewhere = {"client_id": provider.client_id, "response_type": "code", "redirect_uri": "http://evil.example/"}
        assert (await client.get("/authorize", params=elsewhere)).status_code == 400
