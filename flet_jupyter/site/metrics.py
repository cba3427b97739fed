"""What a monitoring system wants to know of a website, for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client import Metric

__all__ = ["CONTENT_TYPE", "AppMeter", "AppState", "SiteMetrics"]

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""The media type of what :meth:`SiteMetrics.text` returns."""

_HANDLER_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

AppState = dict[str, float]
"""Numbers of one app as they are now, by the names of :data:`_GAUGES`."""

_GAUGES = {
    "sessions": "Sessions that are alive, with and without a client",
    "clients": "Clients that are connected and have a session",
    "connections": "Connections, registered or not",
    "handlers_waiting": "Event handlers that wait for their turn",
    "packets_waiting": "Packets that wait for clients to take them",
    "uploads_in_progress": "Files that are being received",
}


class SiteMetrics:
    """The numbers of one server; each app of it has a meter."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        labels = ["app"]
        registry = self.registry
        self._received = Counter("flet_received_bytes", "Bytes from clients", labels, registry=registry)
        self._sent = Counter("flet_sent_bytes", "Bytes to clients", labels, registry=registry)
        self._dropped = Counter(
            "flet_dropped_packets", "Packets of clients that made no sense", labels, registry=registry
        )
        self._sessions = Counter("flet_sessions_started", "Sessions begun", labels, registry=registry)
        self._errors = Counter("flet_errors", "Errors that apps have raised", labels, registry=registry)
        self._uploads = Counter(
            "flet_uploads", "Uploads that ended, by outcome", [*labels, "outcome"], registry=registry
        )
        self._uploaded = Counter("flet_uploaded_bytes", "Bytes of uploads", labels, registry=registry)
        self._handlers = Histogram(
            "flet_handler_seconds", "What event handlers took", labels, registry=registry, buckets=_HANDLER_SECONDS
        )
        self._states: dict[str, Callable[[], AppState]] = {}
        registry.register(_Now(self._states))

    def meter(self, app: str, state: Callable[[], AppState]) -> AppMeter:
        """Return the meter of the app mounted at `app`; `state` is asked whenever the numbers are."""
        self._states[app] = state
        return AppMeter(self, app)

    def text(self) -> bytes:
        """Return the numbers as Prometheus reads them."""
        return generate_latest(self.registry)


class AppMeter:
    """Counts for one app. May be called from any thread."""

    def __init__(self, metrics: SiteMetrics, app: str) -> None:
        # Looked up once: a click moves several of these.
        self.received = metrics._received.labels(app).inc  # noqa: SLF001 - one module
        self.sent = metrics._sent.labels(app).inc  # noqa: SLF001
        self.handled = metrics._handlers.labels(app).observe  # noqa: SLF001
        self._dropped = metrics._dropped.labels(app).inc  # noqa: SLF001
        self._sessions = metrics._sessions.labels(app).inc  # noqa: SLF001
        self._errors = metrics._errors.labels(app).inc  # noqa: SLF001
        self._uploaded = metrics._uploaded.labels(app).inc  # noqa: SLF001
        self._uploads = metrics._uploads  # noqa: SLF001
        self._app = app

    def dropped(self) -> None:
        """Note a packet that made no sense."""
        self._dropped()

    def started(self) -> None:
        """Note a new session."""
        self._sessions()

    def failed(self) -> None:
        """Note an error of the app."""
        self._errors()

    def uploaded(self, size: int, outcome: str) -> None:
        """Note the end of an upload of `size` bytes."""
        self._uploads.labels(self._app, outcome).inc()
        self._uploaded(size)


class _Now(Collector):
    """What is not counted but looked at when asked."""

    def __init__(self, states: dict[str, Callable[[], AppState]]) -> None:
        self._states = states

    def collect(self) -> Iterable[Metric]:
        return list(self._families())

    def _families(self) -> Iterator[Any]:
        states = {app: state() for app, state in self._states.items()}
        for name, text in _GAUGES.items():
            family = GaugeMetricFamily(f"flet_{name}", text, labels=["app"])
            for app, state in states.items():
                family.add_metric([app], state.get(name, 0))
            yield family
