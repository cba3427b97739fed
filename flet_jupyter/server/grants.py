"""Grants: what lets a kernel sign the addresses of uploads to one app's folder, with no state on the server.

A grant says who may upload where, and until when; the server alone can write one. The key that belongs to it follows
from the grant and the server's secret. Whoever holds the key signs addresses with
:class:`~flet_jupyter.core.uploads.UploadSigner`, for the scope `SCOPE`; the server knows them again by the grant,
which is a part of the address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from dataclasses import astuple, dataclass
from typing import Final

from flet_jupyter.core.uploads import UploadSigner
from flet_jupyter.exceptions import UploadRefused

__all__ = ["SCOPE", "Grant", "Grants"]

LIFETIME: Final = 24 * 3600
"""Seconds for which uploads can begin with a grant."""

SCOPE: Final = "/"
"""What the addresses are signed for: the key says already what it is for."""


@dataclass(frozen=True)
class Grant:
    """A permission to upload.

    Attributes
    ----------
    folder : str
        The app's folder, below the server's root.
    name : str
        The upload folder, below the app's.
    user : str
        The name of the user.
    expires : int
        When it ends, in seconds since 1970.
    """

    folder: str
    name: str
    user: str
    expires: int


class Grants:
    """Writes grants, and reads its own.

    Parameters
    ----------
    secret : bytes
        What only the server knows.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def from_environment(cls) -> Grants:
        """Take ``FLET_SECRET_KEY`` for the secret, or one that ends with this object."""
        configured = os.environ.get("FLET_SECRET_KEY", "")
        # A variable that is no UTF-8 arrives with surrogates in it, and is as good a secret.
        return cls(configured.encode("utf-8", "surrogatepass") or secrets.token_bytes(32))

    def write(self, folder: str, name: str, user: str) -> str:
        """Return a grant as text that needs no quoting in a URL."""
        grant = Grant(folder, name, user, int(time.time()) + LIFETIME)
        content = base64.urlsafe_b64encode(json.dumps(astuple(grant)).encode()).decode().rstrip("=")
        return f"{content}.{self._sign('grant', content)}"

    def read(self, text: str) -> Grant:
        """Read a grant.

        Raises
        ------
        UploadRefused
            With status 403 (this server has not written it) or 410 (it has expired).
        """
        content, _, signature = text.partition(".")
        if not hmac.compare_digest(self._sign("grant", content).encode(), signature.encode("utf-8", "surrogatepass")):
            raise UploadRefused("This upload address is not valid here: reload the page.", 403)
        grant = Grant(*json.loads(base64.urlsafe_b64decode(content + "=" * (-len(content) % 4))))
        if time.time() >= grant.expires:
            raise UploadRefused("The permission to upload has expired: reload the page.", 410)
        return grant

    def key(self, text: str) -> str:
        """Return the key of a grant."""
        return self._sign("key", text)

    def signer(self, text: str) -> UploadSigner:
        """Return what knows the addresses that were signed with the key of a grant."""
        return UploadSigner(self.key(text), SCOPE)

    def _sign(self, what: str, text: str) -> str:
        # JSON, so that no two pairs give the same bytes; the prefix keeps apart what else has the same secret.
        content = json.dumps([f"flet-jupyter upload {what}", text])
        return hmac.new(self._secret, content.encode(), hashlib.sha256).hexdigest()
