"""What waits for a client that cannot take more right now, kept small by merging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from flet_jupyter.core.packets import encode_replacements

if TYPE_CHECKING:
    from collections.abc import Callable

    from flet_jupyter.core.packets import Path

    Replacements: TypeAlias = list[tuple[Path, bytes]] | None

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
    replacements : list, callable that returns one, or None
        For a patch that only sets plain values: what it sets. Such patches merge. It is only asked of a patch that has
        to wait.
    is_patch : bool
        Whether a full page makes this packet superfluous.
    """

    data: bytes
    target: int = 0
    replacements: Replacements | Callable[[], Replacements] = None
    is_patch: bool = False


class _Values:
    """A run of patches that only set plain values: the last value of each property, in the order of setting."""

    __slots__ = ("targets", "values")

    def __init__(self) -> None:
        self.values: dict[tuple[int, Path], bytes] = {}
        self.targets: set[int] = set()  # each is at least one packet


class Outbox:
    """A bounded queue in which a new value replaces the old value of the same property.

    Runs of patches that only set plain values share one entry, so a loop that updates a counter a
    hundred thousand times leaves one. Everything else keeps its place between them. When the bound
    is passed the patches are dropped and :attr:`overflowed` is set: what the client needs then is
    the full page, which costs the page's size however long it was away. When calls and data frames alone
    pass the bound they are dropped too, and :attr:`dropped_calls` is set.
    """

    def __init__(self) -> None:
        self._entries: list[Outgoing | _Values] = []  # short, and a deque takes 600 bytes when it is empty
        self._bytes = 0
        self._packets = 0
        self.overflowed = False
        self.dropped_calls = False

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def waiting_bytes(self) -> int:
        """The size of what waits."""
        return self._bytes

    def put(self, packet: Outgoing) -> None:
        """Add a packet behind what already waits."""
        if self.overflowed and packet.is_patch:
            return
        replacements = packet.replacements() if callable(packet.replacements) else packet.replacements
        if replacements is None:
            self._entries.append(packet)
            self._bytes += len(packet.data)
            self._packets += 1
        elif replacements:
            self._merge(packet.target, replacements)
        if self._over:
            self._overflow()

    def _merge(self, target: int, replacements: list[tuple[Path, bytes]]) -> None:
        last = self._entries[-1] if self._entries else None
        if not isinstance(last, _Values):
            last = _Values()
            self._entries.append(last)
        if target not in last.targets:
            last.targets.add(target)
            self._packets += 1
        for path, value in replacements:
            key = (target, path)
            # Taken out first: one property can be reached by two paths (through the page and
            # through its own control), and the later one has to come last.
            self._bytes += len(value) - len(last.values.pop(key, b""))
            last.values[key] = value

    def pop(self) -> bytes:
        """Take the packet that is next. Raises IndexError if none waits."""
        entry = self._entries[0]
        if isinstance(entry, Outgoing):
            self._entries.pop(0)
            self._bytes -= len(entry.data)
            self._packets -= 1
            return entry.data
        # Only the leading run of one control: values set later, through another path to the same
        # property, must not be overtaken.
        target = next(iter(entry.values))[0]
        run: list[tuple[Path, bytes]] = []
        for key, value in entry.values.items():
            if key[0] != target:
                break
            run.append((key[1], value))
        for path, value in run:
            del entry.values[target, path]
            self._bytes -= len(value)
        if not entry.values:
            self._entries.pop(0)
            self._packets -= len(entry.targets)
        return encode_replacements(target, run)

    def drop_patches(self) -> None:
        """Forget the patches: a full page is about to be sent. Replies and calls stay."""
        kept = [entry for entry in self._entries if isinstance(entry, Outgoing) and not entry.is_patch]
        self._entries = [*kept]
        self._bytes = sum(len(entry.data) for entry in kept)
        self._packets = len(kept)
        self.overflowed = False

    @property
    def _over(self) -> bool:
        # One packet alone may be as large as it likes: it is about to be sent.
        full = self._packets > MAX_WAITING_PACKETS or self._bytes > MAX_WAITING_BYTES
        return full and self._packets > 1

    def _overflow(self) -> None:
        self.drop_patches()
        self.overflowed = True
        if self._over:
            # Calls and data frames to a client that stopped reading long ago.
            self._entries.clear()
            self._bytes = self._packets = 0
            self.dropped_calls = True
