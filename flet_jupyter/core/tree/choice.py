"""Which differ a session gets."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Final

from flet_jupyter.core.flet_api import FLET_VERSION, differ_misses
from flet_jupyter.core.tree.flets import FletDiffer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flet_jupyter.core.flet_api import BaseControl
    from flet_jupyter.core.tree.differ import Differ

__all__ = ["new_differ"]

log = logging.getLogger(__name__)

TESTED: Final = frozenset(("1.0.5",))
"""Versions of flet that the tests have tried: to try the differ again costs the first session a tenth of a second."""


def new_differ(mounted: Mapping[int, BaseControl], wanted: str) -> Differ | FletDiffer:
    """Return a differ for the tree of one session: the `wanted` one, or flet's if the other does not fit this flet."""
    if wanted == "flet" or _problems():
        return FletDiffer()
    from flet_jupyter.core.tree.differ import Differ  # noqa: PLC0415 - it cannot be imported where flet lacks things

    return Differ(mounted)


@functools.cache
def _problems() -> list[str]:
    """Find out once whether the differ fits the installed flet, and say so if not."""
    found = list(differ_misses)
    if not found and FLET_VERSION not in TESTED:
        from flet_jupyter.core.tree.probe import problems  # noqa: PLC0415 - as above

        found = problems()
    if found:
        log.warning(
            "flet %s is not as flet-jupyter knows it (%s), so each update compares the whole page, as flet does.",
            FLET_VERSION,
            "; ".join(found),
        )
    return found
