"""Logs of a website: lines for people or objects for machines, each with the session that it is about."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from flet_jupyter.core.current import current_session

if TYPE_CHECKING:
    from flet_jupyter.site.kinds import LogFormat

__all__ = ["access", "configure"]

access: Final = logging.getLogger("flet_jupyter.access")
"""One line for each request and each connection."""

_FIELDS: Final = ("session", "ip", "method", "path", "status", "milliseconds")


def configure(level: str, form: LogFormat) -> None:
    """Send all logs to the standard error stream, those of apps too.

    Parameters
    ----------
    level : str
        The least that is logged, such as ``INFO``.
    form : {"text", "json"}
        Lines for people, or one JSON object each.
    """
    handler = logging.StreamHandler()
    handler.addFilter(_name_session)
    text = "%(asctime)s %(levelname)s %(name)s%(about)s: %(message)s"
    handler.setFormatter(_JsonFormatter() if form == "json" else _TextFormatter(text))
    root = logging.getLogger()
    for former in root.handlers[:]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(level)
    # Every widget of flet's own log speaks at INFO; what it says there is for flet's developers.
    logging.getLogger("flet").setLevel(max(logging.getLevelName(level), logging.WARNING) if level != "DEBUG" else level)


def _name_session(record: logging.LogRecord) -> bool:
    if not hasattr(record, "session"):
        session = current_session.get()
        record.session = session.label if session is not None else ""
    return True


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        session = getattr(record, "session", "")
        record.about = f" [{session}]" if session else ""
        # What a visitor sends may hold line ends; each entry is one line, up to its traceback.
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = record.message.replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry.update({name: value for name in _FIELDS if (value := getattr(record, name, None)) not in (None, "")})
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)
