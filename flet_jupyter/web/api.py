"""A website's Tornado application, for programs that run their own server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flet_jupyter.exceptions import BadOption
from flet_jupyter.site.parameters import app_of, settings_of
from flet_jupyter.site.settings import SERVER_OPTIONS
from flet_jupyter.site.website import Website
from flet_jupyter.web.application import make_application
from flet_jupyter.web.manager import app_manager

if TYPE_CHECKING:
    from collections.abc import Callable

    import flet as ft
    from tornado.web import Application

    AppFunction = Callable[[ft.Page], Any]

__all__ = ["App", "application"]


@dataclass(frozen=True)
class App:
    """One of several apps of an application.

    Attributes
    ----------
    main : callable
        The app, called with the page of each new visitor.
    before_main : callable or None
        Called before it.
    options : mapping of str to Any
        Those of this app alone.
    """

    main: AppFunction
    before_main: AppFunction | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def application(
    main: AppFunction | Mapping[str, AppFunction | App], before_main: AppFunction | None = None, **options: Any
) -> Application:
    """Make a Tornado application of a Flet app, or of several.

    It begins to take visitors with its first request; ``await app_manager.shutdown()`` lets them go. Give its
    ``HTTPServer`` the ``max_body_size`` you like: uploads have a limit of their own.

    Parameters
    ----------
    main : callable or mapping of str to callable or App
        The app, called with the page of each new visitor; or several by their paths, such as ``{"/": main,
        "/sub-app": App(other, options={"app_name": "Other"})}``.
    before_main : callable, optional
        Called before `main`, where that is one app.
    **options
        Those of Flet's own ``app()`` and all in ``docs/settings.md`` but those about listening: of the server, and of
        all apps. What is not given is taken from the environment.

    Raises
    ------
    BadOption
        An option is unknown, or its value cannot be had.
    NotAnApp
        `main` is no function.
    ClientNotFound
        There is no Flutter client where it is looked for.
    """
    if not isinstance(main, Mapping):
        apps: Mapping[str, AppFunction | App] = {"/": App(main, before_main)}
    elif before_main is not None:
        raise BadOption("before_main is for one app: give it to App() where there are several.")
    else:
        apps = main
    of_site = {name: value for name, value in options.items() if name not in SERVER_OPTIONS}
    _, server = settings_of(options)
    website = Website(server, server.public_root, app_manager.clients)
    for mount, given in apps.items():
        app = given if isinstance(given, App) else App(given)
        site, _ = settings_of({**of_site, **app.options})
        website.add(mount, app_of(app.main, app.before_main), site)
    app_manager.adopt(website)
    return make_application(website, server.base_url)
