"""What a monitoring system wants to know of the extension: more numbers at jupyter-server's own ``/metrics``.

They belong to the process, as that registry does: several servers in one process count together.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge
from tornado import web

__all__ = ["CountedHandler", "count_sent", "count_upload", "count_upload_begun"]

_REQUESTS = Counter("flet_requests", "Requests to the extension, by route and status", ["route", "status"])
_SENT = Counter("flet_sent_bytes", "Bytes of files sent to browsers, by route", ["route"])
_UPLOADS = Counter("flet_uploads", "Uploads that ended, by outcome", ["outcome"])
_UPLOADED = Counter("flet_uploaded_bytes", "Bytes of uploads, finished or not")
_IN_PROGRESS = Gauge("flet_uploads_in_progress", "Files that are being received")


def count_sent(route: str, size: int) -> None:
    """Note bytes of a file's content that were handed to the network."""
    _SENT.labels(route).inc(size)


def count_upload_begun() -> None:
    """Note a file that begins to come."""
    _IN_PROGRESS.inc()


def count_upload(size: int, outcome: str) -> None:
    """Note the end of an upload that was begun, and of which `size` bytes came."""
    _IN_PROGRESS.dec()
    _UPLOADS.labels(outcome).inc()
    _UPLOADED.inc(size)


class CountedHandler(web.RequestHandler):
    """Counts the requests that it has answered.

    Attributes
    ----------
    route : str
        What the numbers call it.
    """

    route: str

    def on_finish(self) -> None:
        """Note the answer."""
        _REQUESTS.labels(self.route, self.get_status()).inc()
        super().on_finish()
