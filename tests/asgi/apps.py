"""Sources of applications that the tests run on ASGI servers."""

MAIN = """
import asyncio
from pathlib import Path

import flet as ft

from flet_jupyter import asgi


def note(word):
    with Path("notes.txt").open("a") as file:
        file.write(word + "\\n")


def main(page: ft.Page):
    count = ft.Text("0")
    shown = ft.Text("-")

    def add(e):
        count.value = str(int(count.value) + 1)

    def show(value):
        shown.value = str(value)
        page.update()

    def flood(e):
        for number in range(2000):
            show(f"{number} " + 10_000 * "x")
        show("the end")
        note("flooded")

    page.on_disconnect = lambda e: note("disconnect")
    page.on_close = lambda e: note("close")
    buttons = {
        "Add": add,
        "who": lambda e: show(f"{page.client_ip}|{page.url}|{page.route}|{page.name}"),
        "upload": lambda e: show(page.get_upload_url("folder/file.bin", 600)),
        "flood": flood,
    }
    page.add(count, shown, *[ft.Button(name, on_click=handler) for name, handler in buttons.items()])
"""

ALONE = f"{MAIN}\napp = asgi.app(main)\n"

LIMITED = f"{MAIN}\napp = asgi.app(main, max_sessions=2)\n"

# Everything that can be looked at from outside, and the number of tasks besides.
MANY = f"""{MAIN}
flet_app = asgi.app(
    main,
    assets_dir="assets",
    upload_dir="uploads",
    secret_key="a long secret",
    max_upload_size=1_000_000,
    allow_origin="https://friend.example",
    app_name="<b>Many</b>",
)


async def app(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/tasks":
        body = str(len(asyncio.all_tasks())).encode()
        await send({{"type": "http.response.start", "status": 200, "headers": []}})
        await send({{"type": "http.response.body", "body": body}})
    else:
        await flet_app(scope, receive, send)
"""
