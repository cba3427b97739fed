"""Who a visitor is, where the site is not for everybody: jupyter-server's identity provider decides."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from jupyter_server.auth.identity import PasswordIdentityProvider, User

if TYPE_CHECKING:
    from jupyter_server.auth.identity import IdentityProvider
    from tornado import web

    from flet_jupyter.site.settings import ServerSettings

__all__ = ["identify", "identity_provider"]

_ANYONE: Final = User(username="visitor", name="visitor", display_name="Visitor")


def identity_provider(settings: ServerSettings, parent: Any = None) -> IdentityProvider | None:
    """Return what tells who may see the site; None if everybody may.

    Parameters
    ----------
    settings : ServerSettings
        With a token or a hashed password the site is closed.
    parent : Application, optional
        Whose configuration may say more about the provider, such as its cookies.
    """
    if not settings.token and not settings.password:
        return None
    return PasswordIdentityProvider(
        parent=parent, token=settings.token, hashed_password=settings.password, allow_password_change=False
    )


async def identify(handler: web.RequestHandler) -> User | None:
    """Return who asks; None if nobody knows and the site is closed."""
    provider: IdentityProvider | None = handler.settings.get("identity_provider")
    if provider is None:
        return _ANYONE
    user = provider.get_user(handler)
    return await user if inspect.isawaitable(user) else user
