"""Sources of the apps that the tests of the website serve."""

COUNTER = """
import flet as ft

def main(page: ft.Page):
    page.title = "Counter"
    count = ft.Text("0")

    def add(e):
        count.value = str(int(count.value) + 1)

    page.add(count, ft.Button("Add", on_click=add))

ft.run(main)
"""

# One app with a button for each thing to be seen from outside.
MANY = """
import asyncio, threading, time
from pathlib import Path

import flet as ft

wake = threading.Event()

def main(page: ft.Page):
    text = ft.Text("start")

    def show(value):
        text.value = str(value)
        page.update()

    def note(word):
        with Path(LOG).open("a") as file:
            file.write(word + "\\n")

    page.on_connect = lambda e: note("connect")
    page.on_disconnect = lambda e: note("disconnect")
    page.on_close = lambda e: note("close")
    page.pubsub.subscribe(lambda message: show(f"heard {message}"))

    def sleep(e):
        show("asleep")
        wake.wait(30)
        show("awake")

    def fail(e):
        raise ValueError("secret detail")

    async def async_fail(e):
        raise ValueError("secret detail")

    def thread(e):
        page.run_thread(lambda: show("from a thread"))

    async def later():
        await asyncio.sleep(0)
        show("from a task")

    buttons = {
        "who": lambda e: show("|".join(map(str, (
            page.client_ip, page.client_user_agent, page.url, page.route, page.session.id, page.web
        )))),
        "sleep": sleep,
        "wake": lambda e: wake.set(),
        "fail": fail,
        "async fail": async_fail,
        "thread": thread,
        "task": lambda e: page.run_task(later),
        "tell": lambda e: page.pubsub.send_all("news"),
        "upload": lambda e: show(page.get_upload_url("folder/file.bin", 600)),
        "platform": lambda e: show(f"{page.platform.value}|{page.pwa}|{page.wasm}"),
    }
    page.add(text, *[ft.Button(name, on_click=handler) for name, handler in buttons.items()])

ft.run(main)
"""
