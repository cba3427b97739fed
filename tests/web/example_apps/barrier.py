"""What the compared apps have besides their own: a way to tell from outside that a server has done all it had to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import flet as ft

__all__ = ["TURNS", "barrier"]

TURNS = 30
"""Turns of the event loop that a handler may take and be waited for."""


def barrier(before_main: Callable[[ft.Page], None] | None = None) -> Callable[[ft.Page], None]:
    """Return a ``before_main`` that answers two page events, neither of which has any other use in the apps.

    ``app_lifecycle_state_change`` is answered when the blocking handlers before it have ended, ``locale_change`` when
    what they and others have left on the loop has ended too, if that takes no more than :data:`TURNS` turns.
    """

    def prepare(page: ft.Page) -> None:
        def blocking(e: ft.AppLifecycleStateChangeEvent) -> None:
            ft.context.disable_auto_update()  # the answer must not bring along what the app itself has not sent
            page.run_task(answer)

        async def on_loop(e: ft.LocaleChangeEvent) -> None:
            ft.context.disable_auto_update()
            for _ in range(TURNS):
                await asyncio.sleep(0)
            await answer()

        async def answer() -> Any:
            return await page._invoke_method("barrier")

        page.on_app_lifecycle_state_change = blocking
        page.on_locale_change = on_loop
        if before_main is not None:
            before_main(page)

    return prepare
