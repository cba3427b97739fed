"""What a host knows of a client from its connection, as opposed to what the client says of itself."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ClientInfo"]


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """One client, as its transport sees it.

    Attributes
    ----------
    ip : str
        Its address; empty where there is none.
    user_agent : str
        What its browser calls itself.
    page_url : str
        The address of the app, without a slash at its end: what ``page.url`` is.
    page_name : str
        The path of the app below its domain, without slashes at its ends.
    browser : str
        A secret that the host gave this browser, empty if it keeps none.
    """

    ip: str = ""
    user_agent: str = ""
    page_url: str = ""
    page_name: str = ""
    browser: str = ""
