"""One attached client: what it sent goes to its session, what is for it leaves at its pace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Protocol

from flet_jupyter.core.client_info import ClientInfo
from flet_jupyter.core.flet_api import MuxedDataChannel
from flet_jupyter.core.outbox import Outbox, Outgoing
from flet_jupyter.core.pace import Pace
from flet_jupyter.core.packets import DataFrame, decode, encode_data_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flet_jupyter.core.session import LiveSession
    from flet_jupyter.core.uploads import UploadTarget

__all__ = ["Link", "Transmit", "own_pace"]

WINDOW: Final = 8
"""Packets that may be on their way before the first of them is acknowledged."""
BURST: Final = 30
"""Packets that may leave at once after a pause."""
RATE: Final = 50.0
"""Packets per second that an app may send of its own accord: more than a screen can show as motion.
An answer to an event is not held back by it; each event brings its own allowance."""
PAGE_COST: Final = 10
"""What a whole page takes of that allowance: an app that changes too much for patches sends five per second at most."""
PROBE_AFTER: Final = 2.0
"""Seconds without an acknowledgement after which the client is asked what it has."""


def own_pace(clock: Callable[[], float] = time.monotonic) -> Pace:
    """Return the pace of one client where a slow channel cannot tell how much it takes."""
    return Pace(RATE, BURST, clock)


class Transmit(Protocol):
    """How a transport takes packets from the core. Called from any thread; must not block."""

    def __call__(self, number: int, packet: bytes, *, base: bool) -> bool | None:
        """Send `packet`, the link's `number`-th (from 1); `base` marks a full page.

        Returns
        -------
        bool or None
            True if it has left already, with all before it: nobody will confirm it.
        """


class Link:
    """One client of a session.

    All methods but :meth:`receive` and :meth:`send_data_channel_frame` are called with the session's lock held.
    :meth:`receive` is called from any thread, by one at a time.

    Parameters
    ----------
    session : LiveSession
        The session that this client shows.
    transmit : Transmit
        Takes the packets.
    probe : callable, optional
        Asks the client which packets it has; called with the number of the last one sent. Without
        it the transport is trusted to lose nothing.
    client : ClientInfo, optional
        Who it is.
    confirms : bool
        Whether somebody calls :meth:`LiveSession.acknowledge`: the client, or a transport that tells when a packet has
        left. With a probe always. Without it a packet counts as delivered at once.
    paces : sequence of Pace, optional
        What limits the packets: by default a pace of the link's own. None at all where the transport itself tells
        how much it takes.
    clock : callable
        Monotonic seconds.

    Attributes
    ----------
    uploads : UploadTarget or None
        Where the client's uploads go, where it has told.
    """

    def __init__(
        self,
        session: LiveSession,
        transmit: Transmit,
        probe: Callable[[int], None] | None = None,
        *,
        client: ClientInfo | None = None,
        confirms: bool = False,
        paces: Sequence[Pace] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session = session
        self.has_page = False
        self.page_requested = False
        self.registering = False
        self.client = client or ClientInfo()
        self.uploads: UploadTarget | None = None
        self._transmit = transmit
        self._probe = probe
        self._clock = clock
        self._outbox = Outbox()
        self._sent = 0
        self._delivered = 0
        self._confirms = confirms or probe is not None
        self._paces = (own_pace(clock),) if paces is None else tuple(paces)
        self._answers_due = 0
        self._last_sent_at = 0.0
        self._last_probe_gap = PROBE_AFTER
        self._channels: dict[int, MuxedDataChannel] = {}

    # -- in ------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Take one packet from the client.

        Raises
        ------
        ProtocolError
            The packet is malformed or comes before the client registered. Log it and go on.
        """
        packet = decode(data)
        self._answers_due += 1
        if isinstance(packet, DataFrame):
            channel = self._channels.get(packet.channel_id)
            if channel is not None:
                self.session.run_for(self, channel._deliver, packet.payload)  # noqa: SLF001 - as flet's own connections do
            return
        self.session.handle(self, packet)

    # -- out -----------------------------------------------------------------------------------

    def start(self, packet: bytes) -> None:
        """Send a full page: nothing that waited as a patch is needed any more."""
        self.has_page = True
        self._outbox.drop_patches()
        self._earn()
        for pace in self._paces:
            pace.spend(PAGE_COST)
        self._delivered = self._sent  # what is still under way no longer matters
        self._send(packet, base=True)

    def has_dropped_calls(self) -> bool:
        """Tell, once, whether requests to this client were dropped: it has not read anything for long."""
        dropped, self._outbox.dropped_calls = self._outbox.dropped_calls, False
        return dropped

    @property
    def waiting(self) -> int:
        """How many packets wait, those that were merged counted once."""
        return len(self._outbox)

    def push(self, packet: Outgoing, *, hold: bool = False) -> None:
        """Send a packet now if the client can take it and `hold` is false, else keep it, merged with what waits."""
        self._earn()
        if not hold and self.has_page and not len(self._outbox) and not self._outbox.overflowed and self._can_send():
            self._spend()
            self._send(packet.data, base=False)
        else:
            self._outbox.put(packet)

    def pump(self) -> float | None:
        """Send what the client can take now.

        Returns
        -------
        float or None
            Seconds after which to call again; None when nothing is due.
        """
        now = self._clock()
        self._earn()
        # Once patches were dropped, what else waits (a call of a new control, say) has to wait for the page.
        while len(self._outbox) and self.has_page and not self._outbox.overflowed:
            if self._sent - self._delivered >= WINDOW:
                return self._probe_delay(now)
            if delay := self._delay():
                return delay
            self._spend()
            self._send(self._outbox.pop(), base=False)
        if self._misses_page and (delay := self._delay()):
            return delay
        return self._probe_delay(now)

    @property
    def needs_page(self) -> bool:
        """Whether so much was missed that only a full page helps, and the client is ready for it."""
        return self._misses_page and not self._delay()

    @property
    def _misses_page(self) -> bool:
        # Not before it has read everything: what is sent earlier is out of date when it gets there.
        return self._outbox.overflowed and self.has_page and self._delivered >= self._sent

    def lose_track(self) -> None:
        """Note that the client has missed a packet: nothing but the whole page helps."""
        self._outbox.drop_patches()
        self._outbox.overflowed = True
        self._delivered = self._sent

    def _can_send(self) -> bool:
        return self._sent - self._delivered < WINDOW and not self._delay()

    def _spend(self) -> None:
        for pace in self._paces:
            pace.spend()

    def _delay(self) -> float:
        return max((pace.delay() for pace in self._paces), default=0.0)

    def _earn(self) -> None:
        answers, self._answers_due = self._answers_due, 0
        for pace in self._paces:
            pace.allow(answers)

    def acknowledge(self, number: int) -> None:
        """Note that the client has every packet up to `number`."""
        if self._delivered < number <= self._sent:
            self._delivered = number
            self._last_probe_gap = PROBE_AFTER

    def _send(self, packet: bytes, *, base: bool) -> None:
        self._sent += 1
        self._last_sent_at = self._clock()
        if self._transmit(self._sent, packet, base=base) or not self._confirms:
            self._delivered = self._sent

    def _probe_delay(self, now: float) -> float | None:
        if self._probe is None or self._delivered >= self._sent:
            return None
        due = self._last_sent_at + self._last_probe_gap - now
        if due > 0:
            return due
        # The gap doubles: a page that sleeps for an hour is not asked a thousand times.
        self._last_sent_at = now
        self._last_probe_gap = min(self._last_probe_gap * 2, 60.0)
        self._probe(self._sent)
        return self._last_probe_gap

    # -- data channels: what flet's DataChannel asks of its connection ----------------------------

    def data_channel(self, channel_id: int) -> MuxedDataChannel:
        """Return the channel that this client opened as `channel_id`."""
        channel = self._channels.get(channel_id)
        if channel is None:
            channel = self._channels[channel_id] = MuxedDataChannel(channel_id, self)  # type: ignore[arg-type]
        return channel

    def send_data_channel_frame(self, channel_id: int, payload: bytes) -> None:
        """Send bytes on a data channel."""
        self.session.send_to(self, Outgoing(encode_data_frame(channel_id, payload)))

    def unregister_data_channel(self, channel_id: int) -> None:
        """Forget a closed channel."""
        self._channels.pop(channel_id, None)
