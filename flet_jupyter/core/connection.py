"""What flet takes for the connection to its one client: a session's clients together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flet_jupyter.core.flet_api import Connection, Message

if TYPE_CHECKING:
    from flet_jupyter.core.session import LiveSession

__all__ = ["SessionConnection"]


class SessionConnection(Connection):
    """Hands what flet sends to the session, and what flet asks to the app's host."""

    def __init__(self, session: LiveSession) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        host = session.host
        self.loop = host.loop
        self.executor = host.executor
        self.pubsubhub = host.pubsub
        self.page_url = session.client.page_url or host.page_url
        self.page_name = session.client.page_name
        self._session = session

    def send_message(self, message: Message) -> None:
        """Send a message to the clients it is for."""
        self._session.send(message)

    def get_upload_url(self, file_name: str, expires: int) -> str:
        """Return a signed URL for an upload."""
        return self._session.host.upload_url(self._session, file_name, expires)

    def oauth_authorize(self, attrs: dict[str, Any]) -> None:
        """Begin an OAuth login."""
        self._session.host.authorize(self._session, attrs)

    def data_channel_for(self, channel_id: int) -> Any:
        """Return the data channel that the client whose event is being handled has opened."""
        link = self._session.current_link
        if link is None:
            raise RuntimeError("A data channel needs a connected client.")
        return link.data_channel(channel_id)
