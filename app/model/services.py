"""The services that are asked for live prices, as one line each. Pure."""

from __future__ import annotations

from oracle.foundation.reason import format_count, format_duration
from oracle.foundation.untrusted_text import clean_text
from oracle.status import SourceState, SourceStatus

_WORDS = {
    SourceState.IDLE: "not asked: no cluster is in its cloud",
    SourceState.AWAITED: "asked, no answer yet",
}


def describe_service(status: SourceStatus, now: float) -> str:
    """Return how a service is at wall time `now`: what it said and when, or why it says nothing."""
    if status.reason is not None:
        return clean_text(f"{status.name}: {status.reason}")
    if status.answered_at is None:
        return clean_text(f"{status.name}: {_WORDS.get(status.state, status.state.value)}")
    age = format_duration(max(0.0, now - status.answered_at))
    return clean_text(f"{status.name}: {format_count(status.prices, 'price')}, answered {age} ago")
