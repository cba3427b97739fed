"""What waits for a client that cannot take more right now, kept small by merging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flet_jupyter.core.packets import encode_replacements

if TYPE_CHECKING:
    from flet_jupyter.core.packets import Path

__all__ = ["Outbox", "Outgoing"]

MAX_WAITING_PACKETS: Final = 200
MAX_WAITING_BYTES: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One packet on its way out, packed once for all links.

    Attributes
    ----------
    data : bytes
        The packet.
    target : int
        For a patch: the control it applies to.
    replacements : list or None
        For a patch that only sets plain values: what it sets. Such patches merge.
    is_patch : bool
        Whether a full page makes this packet superfluous.
    """

    data: bytes
    target: int = 0
    replacements: list[tuple[Path, bytes]] | None = None
    is_patch: bool = False


class Outbox:
    """A bounded queue in which a new value replaces the old value of the same property.

    Runs of patches that only set plain values share one entry, so a loop that updates a counter a
    hundred thousand times leaves one. Everything else keeps its place between them. When the bound
    is passed the patches are dropped and :attr:`overflowed` is set: what the client needs then is
    the full page, which costs the page's size however long it was away.
    """

    def __init__(self) -> None:
        self._entries: list[Outgoing | dict[tuple[int, Path], bytes]] = []
        self._bytes = 0
        self.overflowed = False

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, packet: Outgoing) -> None:
        """Add a packet behind what already waits."""
        if self.overflowed and packet.is_patch:
            return
        if packet.replacements is None:
            self._entries.append(packet)
            self._bytes += len(packet.data)
        else:
            last = self._entries[-1] if self._entries else None
            if not isinstance(last, dict):
                last = {}
                self._entries.append(last)
            for path, value in packet.replacements:
                key = (packet.target, path)
                # Taken out first: one property can be reached by two paths (through the page and
                # through its own control), and the later one has to come last.
                self._bytes += len(value) - len(last.pop(key, b""))
                last[key] = value
        if len(self._entries) > MAX_WAITING_PACKETS or self._bytes > MAX_WAITING_BYTES:
            self._overflow()

    def pop(self) -> bytes:
        """Take the packet that is next. Raises IndexError if none waits."""
        entry = self._entries.pop(0)
        if isinstance(entry, Outgoing):
            self._bytes -= len(entry.data)
            return entry.data
        # Only the leading run of one control: values set later, through another path to the same
        # property, must not be overtaken.
        target = next(iter(entry))[0]
        run: list[tuple[Path, bytes]] = []
        for key in list(entry):
            if key[0] != target:
                break
            run.append((key[1], entry.pop(key)))
        self._bytes -= sum(len(value) for _, value in run)
        if entry:
            self._entries.insert(0, entry)
        return encode_replacements(target, run)

    def drop_patches(self) -> None:
        """Forget the patches: a full page is about to be sent. Replies and calls stay."""
        self._entries = [entry for entry in self._entries if isinstance(entry, Outgoing) and not entry.is_patch]
        self._bytes = sum(len(entry.data) for entry in self._entries if isinstance(entry, Outgoing))
        self.overflowed = False

    def _overflow(self) -> None:
        self.drop_patches()
        self.overflowed = True
        if len(self._entries) > MAX_WAITING_PACKETS or self._bytes > MAX_WAITING_BYTES:
            # Calls and data frames to a client that stopped reading long ago.
            self._entries.clear()
            self._bytes = 0
