"""What is sent to browsers: the Flutter client of flet-web, and our own engine bundle."""

from flet_jupyter.client.assets import EngineBundle, engine_path
from flet_jupyter.client.cache import CompressedCopies
from flet_jupyter.client.files import ClientFiles
from flet_jupyter.client.fonts import FALLBACK_FONTS, FallbackFonts, fonts_named_in
from flet_jupyter.client.location import FlutterClient, client_in, find_client
from flet_jupyter.client.replies import IMMUTABLE, PUBLIC_IMMUTABLE, REVALIDATE, Reply, reply_with
from flet_jupyter.client.served import Body, ServedFile

__all__ = [
    "FALLBACK_FONTS",
    "IMMUTABLE",
    "PUBLIC_IMMUTABLE",
    "REVALIDATE",
    "Body",
    "ClientFiles",
    "CompressedCopies",
    "EngineBundle",
    "FallbackFonts",
    "FlutterClient",
    "Reply",
    "ServedFile",
    "client_in",
    "engine_path",
    "find_client",
    "fonts_named_in",
    "reply_with",
]
