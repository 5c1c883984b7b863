"""Whose prices may move clusters. Pure.

Nobody charges simulated prices, so they move simulated clusters only. Who says the prices may change at any moment:
by a restart with other options, or because another instance takes the feed lease of a shared store. So the same
question is asked when a move starts and again before each wave.
"""

from __future__ import annotations

from collections.abc import Iterable

from oracle.quotes import Quote


def find_source_obstacle(quotes: Iterable[Quote | None], *, accepts_simulated: bool) -> str | None:
    """Say why no cluster may be moved on these quotes, None where nothing about their sources forbids it.

    `accepts_simulated` is for simulated clusters.
    """
    simulated = sorted({quote.context for quote in quotes if quote is not None and quote.is_simulated})
    if accepts_simulated or not simulated:
        return None
    return (
        f"the prices of {' and '.join(simulated)} are simulated, which nobody charges; "
        "give real ones with --prices or --redis"
    )
