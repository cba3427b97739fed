"""The errors of flet-jupyter, one tree.

::

    FletJupyterError
    ├── IncompatibleFlet     flet's internals are not what this version was written for
    ├── UsageError           something the user asked for cannot be done; shown as one sentence
    │   ├── NotAnApp             the object is no app: neither callable nor control
    │   ├── NoAppFound           the cell or file defines no app
    │   ├── AppFileError         the app file is missing or is no valid Python
    │   ├── BadOption            an option is unknown or has an impossible value
    │   ├── AlreadyShown         the control is part of another live app
    │   └── Shown                what went wrong has been shown already
    ├── SessionClosed        the app has ended; nothing can be shown in it any more
    ├── LimitReached         a configured bound would be exceeded
    ├── Refused              a visitor of a website does not get what he asks for; with an HTTP status
    │   ├── UploadRefused        a file that is not taken, or not to its end
    │   └── LoginRefused         a browser came back from a provider with something that completes no login
    ├── AssetChanged         a file of an app was replaced while it was being sent
    ├── ClientNotFound       the Flutter client is not installed
    ├── AssetsNotBuilt       the browser-side bundle has not been built
    └── ProtocolError        the peer sent bytes that are no packet, or at the wrong time
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "AlreadyShown",
    "AppFileError",
    "AssetChanged",
    "AssetsNotBuilt",
    "BadOption",
    "ClientNotFound",
    "FletJupyterError",
    "IncompatibleFlet",
    "LimitReached",
    "LoginRefused",
    "NoAppFound",
    "NotAnApp",
    "ProtocolError",
    "Refused",
    "SessionClosed",
    "Shown",
    "UploadRefused",
    "UsageError",
]


class FletJupyterError(Exception):
    """Root of everything that flet-jupyter raises on its own account."""


class IncompatibleFlet(FletJupyterError):
    """The installed flet lacks something that flet-jupyter needs.

    Attributes
    ----------
    missing : list of str
        The names that were looked for and not found.
    """

    def __init__(self, message: str, missing: list[str] | None = None) -> None:
        super().__init__(message)
        self.missing = missing or []


class UsageError(FletJupyterError):
    """A request that cannot be met; its text says what is wrong and what to do.

    IPython shows it as that one sentence: a traceback through this package would
    tell its reader nothing.
    """

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class NotAnApp(UsageError):
    """The object given is neither an app function nor a control."""


class NoAppFound(UsageError):
    """A cell or a file was to be shown but defines no app."""


class AppFileError(UsageError):
    """An app file cannot be read or parsed.

    Attributes
    ----------
    path : str
        The file as the user named it.
    """

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.path = path


class BadOption(UsageError):
    """An option that does not exist, or a value it cannot have."""


class AlreadyShown(UsageError):
    """The control is part of an app that is still live elsewhere."""


class Shown(UsageError):
    """Something has failed and its error has been shown already: IPython shows nothing more.

    Parameters
    ----------
    message : str
        One sentence.
    lines : sequence of str
        What IPython shows all the same: the traceback, where it has not been shown.
    """

    def __init__(self, message: str = "", lines: Sequence[str] = ()) -> None:
        super().__init__(message)
        self._lines = list(lines)

    def _render_traceback_(self) -> list[str]:
        return self._lines


class SessionClosed(FletJupyterError):
    """An app that has ended was told to update.

    It is raised in whatever still runs for that app, so a loop that updates forever ends with it.
    """


class LimitReached(FletJupyterError):
    """A configured bound (sessions, links, bytes) would be exceeded.

    Attributes
    ----------
    limit : int
        The bound in force.
    """

    def __init__(self, message: str, limit: int) -> None:
        super().__init__(message)
        self.limit = limit


class Refused(FletJupyterError):
    """A visitor of a website does not get what he asks for.

    Its text is for the visitor: it names no path of the server.

    Attributes
    ----------
    status : int
        The HTTP status of the answer.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class UploadRefused(Refused):
    """A file that is not taken, or not to its end."""


class LoginRefused(Refused):
    """A browser came back from a provider with something that completes no login.

    Its status is 400 (the request makes no sense), 403 (it is not this browser's login) or 410 (there is no such
    login, or none any more).
    """


class AssetChanged(FletJupyterError):
    """A file of an app was replaced or removed while it was being sent."""


class ClientNotFound(FletJupyterError):
    """The compiled Flutter client (package ``flet-web``) cannot be found."""


class AssetsNotBuilt(FletJupyterError):
    """The browser-side bundle is missing: the package was not built."""


class ProtocolError(FletJupyterError):
    """The peer broke the protocol. Its packet is dropped; the session lives on."""
