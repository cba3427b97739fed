"""Flet apps as a website on Tornado: whole applications, or parts for somebody's own."""

from flet_jupyter.web.api import App, application
from flet_jupyter.web.manager import app_manager
from flet_jupyter.web.parts import FletApp, FletOAuth, FletStaticFiles, FletUpload

__all__ = ["App", "FletApp", "FletOAuth", "FletStaticFiles", "FletUpload", "app_manager", "application"]
