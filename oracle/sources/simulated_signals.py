"""How often simulated machines are taken away, and whether one is to be had: spread as a cloud has published it. Pure.

Bands and their shares: the Spot Advisor of AWS, 895 machine types in 33 regions, Linux, June 2025. A pool has its band
for good, which is a simplification: a demo lasts minutes.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from itertools import accumulate

from oracle.market import Offering
from oracle.signals import Interruption, Obtainability

_MONTH_S = 30 * 86_400.0
#: Lower and upper end of each band, and which share of all pools it has.
_BANDS = (
    (0.0, 0.05, 0.216),
    (0.05, 0.10, 0.193),
    (0.10, 0.15, 0.135),
    (0.15, 0.20, 0.125),
    (0.20, 1.0, 0.331),
)


def simulate_interruption(seed: int, offering: Offering) -> Interruption:
    """Return the band of a pool."""
    drawn = _draw(seed, offering, "interruption")
    ends = list(accumulate(share for _, _, share in _BANDS))
    at_least, at_most, _ = _BANDS[min(bisect_right(ends, drawn), len(_BANDS) - 1)]
    words = f"{at_least:.0%} to {at_most:.0%} a month" if at_most < 1 else f"more than {at_least:.0%} a month"
    return Interruption(at_least, at_most, _MONTH_S, words)


def simulate_obtainability(seed: int, offering: Offering) -> Obtainability:
    """Return a placement score of 1 to 10."""
    score = 1 + int(10 * _draw(seed, offering, "obtainability"))
    return Obtainability(score / 10, f"{score} of 10")


def _draw(seed: int, offering: Offering, what: str) -> float:
    """A number from 0 to below 1 that is always the same for the same pool."""
    digest = hashlib.blake2b(f"{seed}|{what}|{offering}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
