"""What an app knows of its visitors, and what it does with other sessions and the world outside."""

import asyncio

import flet as ft
import flet.auth

from tests.web.example_apps.barrier import barrier


def before_main(page: ft.Page) -> None:
    page.title = "Prepared"
    page.session.store.set("visits", 1)
    page.appbar = ft.AppBar(title=ft.Text(f"before main, at {page.route}"))


def main(page: ft.Page) -> None:  # noqa: C901, PLR0915 - as people write them
    store = page.session.store
    log = ft.Column(key="log")

    def note(text: str) -> None:
        log.controls.append(ft.Text(text))

    def connected() -> None:
        visits = store.get("visits")
        assert isinstance(visits, int)
        store.set("visits", visits + 1)
        note(f"connect {store.get('visits')} at {page.route}")

    def gone() -> None:
        note("disconnect")

    def routed(e: ft.RouteChangeEvent) -> None:
        note(f"route {e.route}")

    def heard(message: object) -> None:
        note(f"heard {message}")
        page.update()

    async def heard_of(topic: str, message: object) -> None:
        note(f"heard of {topic}: {message}")
        page.update()

    def remember() -> None:
        store.set("name", "Ada")
        note(f"{store.contains_key('name')} {store.get_keys()} {store.get('name')} {store.get('nothing')}")

    def forget() -> None:
        store.remove("name")
        note(f"{store.contains_key('name')}")

    def tell() -> None:
        page.pubsub.send_all("all")

    def tell_others() -> None:
        page.pubsub.send_others("others")

    def tell_of() -> None:
        page.pubsub.send_all_on_topic("weather", {"sun": 1})

    def deaf() -> None:
        page.pubsub.unsubscribe()

    def who() -> None:
        note(f"{page.client_ip} {page.client_user_agent} {page.web} {page.pwa} {page.platform} {page.name} {page.wasm}")

    def where() -> None:
        note(str(page.url))

    async def launch() -> None:
        await ft.UrlLauncher().launch_url("https://flet.dev/docs", web_only_window_name="docs")

    async def launch_later() -> None:
        await asyncio.sleep(0)
        await ft.UrlLauncher().open_window("https://flet.dev", title="flet", width=300)

    async def copy() -> None:
        await ft.Clipboard().set("copied")
        note(f"pasted {await ft.Clipboard().get()}")

    async def save() -> None:
        preferences = ft.SharedPreferences()
        note(f"saved {await preferences.set('key', 'value')}")

    async def refused() -> None:
        try:
            await page.get_device_info()
        except RuntimeError as error:
            note(f"refused: {error}")

    async def in_vain() -> None:
        try:
            await page._invoke_method("unanswered", timeout=0.05)
        except TimeoutError as error:
            note(f"in vain: {error}")

    async def sign_in() -> None:
        provider = ft.auth.OAuthProvider(
            client_id="id", client_secret="secret", authorization_endpoint="https://login.example/authorize",
            token_endpoint="https://login.example/token", redirect_url="https://app.example/oauth_callback",
            user_scopes=["profile"],
        )  # fmt: skip
        await page.login(provider, scope=["mail"])
        note("login begun")

    def upload_url() -> None:
        note(page.get_upload_url("folder/picture 1.png", 60))

    picker = ft.FilePicker()

    async def pick() -> None:
        files = await picker.pick_files(allow_multiple=True, allowed_extensions=["png"])
        note(f"picked {[file.name for file in files]}")
        await picker.upload(
            [ft.FilePickerUploadFile(page.get_upload_url(file.name, 600), name=file.name) for file in files]
        )

    def uploaded(e: ft.FilePickerUploadEvent) -> None:
        note(f"{e.file_name} {e.progress} {e.error}")

    def bye() -> None:
        page.session.store.clear()
        note(f"{store.get_keys()}")

    picker.on_upload = uploaded
    page.on_connect, page.on_disconnect, page.on_route_change = connected, gone, routed
    page.pubsub.subscribe(heard)
    page.pubsub.subscribe_topic("weather", heard_of)
    handlers = {
        "remember": remember, "forget": forget, "tell": tell, "tell others": tell_others, "tell of": tell_of,
        "deaf": deaf, "who": who, "where": where, "launch": launch, "launch later": launch_later, "copy": copy,
        "save": save, "refused": refused, "in vain": in_vain, "sign in": sign_in, "upload url": upload_url,
        "pick": pick, "bye": bye,
    }  # fmt: skip
    page.add(log, ft.Row([ft.Button(name, on_click=handler, key=name) for name, handler in handlers.items()]))


ft.run(main, before_main=barrier(before_main))
