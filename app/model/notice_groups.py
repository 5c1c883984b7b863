"""Notices as the window shows them: several contexts that cannot be read are one note, not one each. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from controller.contract.snapshots import Notice
from controller.reasons import Code

#: More contexts than this are counted: the table has all of them.
MAX_NAMES = 3


def group_notices(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """Return the notices with those of contexts that cannot be read as one; a single one says why by itself.

    The key of that one names its contexts, so that who has dismissed it is told of the next one.
    """
    lost = [notice for notice in notices if notice.reason.code is Code.CONTEXT_LOST]
    if len(lost) < 2:
        return tuple(notices)
    contexts = sorted(str(notice.reason["context"]) for notice in lost)
    more = len(contexts) - MAX_NAMES
    named = (*contexts[:MAX_NAMES], *([f"{more} more"] if more > 0 else []))
    reason = Code.CONTEXTS_LOST.because(count=len(contexts), contexts=named)
    others = [notice for notice in notices if notice not in lost]
    return (Notice("\n".join((Code.CONTEXTS_LOST.value, *contexts)), reason), *others)
