"""On whose prices real clusters may be changed. Pure.

Simulated prices are charged by nobody, recorded ones no longer. Both are planned on when a person asks; a real
cluster is changed on live prices only. Who says the prices may change at any moment: by a restart with other options,
or because another instance takes the feed lease of a shared store. So the same question is asked when a move starts
and again before each wave.
"""

from __future__ import annotations

from collections.abc import Iterable

from oracle.quotes import PriceMode, Quote

#: Why nobody is charged a price of this mode now.
_WHY_NOT = {
    PriceMode.SIMULATED: "simulated, which nobody charges",
    PriceMode.RECORDED: "recorded, which nobody charges any more",
}


def find_source_obstacle(quotes: Iterable[Quote | None], *, accepts_any: bool) -> str | None:
    """Say why no cluster may be changed on these quotes, None where nothing about their modes forbids it.

    `accepts_any` is for simulated clusters.
    """
    known = [quote for quote in quotes if quote is not None and quote.mode is not PriceMode.LIVE]
    if accepts_any or not known:
        return None
    contexts: dict[PriceMode, set[str]] = {}
    for quote in known:
        contexts.setdefault(quote.mode, set()).add(quote.context)
    reasons = [
        f"the prices of {' and '.join(sorted(contexts[m]))} are {_WHY_NOT[m]}" for m in sorted(contexts)
    ]
    return f"{'; '.join(reasons)}; give live ones with --prices FILE --live"
