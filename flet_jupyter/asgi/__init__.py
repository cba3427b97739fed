"""Flet apps on any ASGI server, alone or mounted in a Starlette or FastAPI app. Needs the extra ``[asgi]``."""

from flet_jupyter.asgi.application import AsgiApp, app
from flet_jupyter.asgi.manager import app_manager
from flet_jupyter.asgi.parts import FletApp, FletOAuth, FletStaticFiles, FletUpload

__all__ = ["AsgiApp", "FletApp", "FletOAuth", "FletStaticFiles", "FletUpload", "app", "app_manager"]
