"""What an hourly rate comes to in a day, for whoever shows it. Pure.

All other formulas stand in `decision/pricing.py`; this one a dry run needs for what it says of itself.
"""

from __future__ import annotations

from decimal import Decimal

_HOURS_PER_DAY = 24


def price_day(usd_per_hour: Decimal, replicas: int = 1) -> Decimal:
    """What so many replicas cost or save in a day, US dollars, each at this rate."""
    return usd_per_hour * replicas * _HOURS_PER_DAY
