"""How fast packets may leave."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Pace"]


class Pace:
    """An allowance of packets that fills with time; safe from any thread.

    Parameters
    ----------
    rate : float
        Packets per second.
    burst : int
        Packets that may leave at once after a pause.
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._lock = threading.Lock()
        self._allowance = self._burst
        self._filled_at = clock()

    def allow(self, packets: int) -> None:
        """Allow some more: they answer what a client has sent."""
        with self._lock:
            self._fill(packets)

    def delay(self) -> float:
        """Return the seconds until a packet may leave; 0 if one may now."""
        with self._lock:
            self._fill()
            return max(0.0, (1 - self._allowance) / self._rate)

    def spend(self, packets: int = 1) -> None:
        """Note that a packet leaves, or what takes as much as several. The debt is never more than that."""
        with self._lock:
            self._fill()
            self._allowance = max(self._allowance - packets, -float(packets))

    def _fill(self, more: int = 0) -> None:
        now = self._clock()
        self._allowance = min(self._burst, self._allowance + (now - self._filled_at) * self._rate + more)
        self._filled_at = now
