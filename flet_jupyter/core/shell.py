"""What the shared engine's host session tells the Flutter client, taken from flet itself.

One Flutter engine serves every view of a page. Its host session lives in the browser and puts one
embedded app into each view. The maps it sends must be those of the client's own version, so they are
made here by a real flet session, once per process, and travel to the browser as data.
"""

from __future__ import annotations

import functools
from typing import Any

import flet as ft
import msgpack

from flet_jupyter.core.flet_api import Connection, Message, PubSubHub, Session, encode_object

__all__ = ["shell"]


@functools.cache
def shell() -> dict[str, Any]:
    """Return the root page and one view of it.

    Returns
    -------
    dict
        ``page``: the page of a multi-view session without views. ``view``: an entry of its
        ``multi_views`` that shows one embedded app; ids, ``view_id`` and the app's ``url`` are to be replaced.
        Browsers keep it: see ``FORMAT`` in ``client_assets/src/last-shown.ts``.
    """
    session = Session(_NoConnection())
    session.apply_page_patch({"multi_view": True, "web": True})
    empty = _plain(session.get_page_patch())
    session.page.multi_views.append(
        ft.MultiView(
            view_id=0,
            initial_data={},
            views=[
                ft.View(
                    route="/",
                    padding=0,
                    controls=[ft.FletApp(url="cell:", force_pyodide=True, expand=True, reconnect_interval_ms=1000)],
                )
            ],
        )
    )
    session.patch_control(session.page)
    page = _plain(session.page)
    views = page.pop("multi_views")
    empty.pop("multi_views", None)
    return {"page": empty, "view": views[0]}


def _plain(value: Any) -> Any:
    return msgpack.unpackb(msgpack.packb(value, default=encode_object))


class _NoConnection(Connection):
    """Takes messages nowhere."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.pubsubhub = PubSubHub()

    def send_message(self, message: Message) -> None:
        _plain(message.body)
