"""Kubernetes' two time formats. Pure. Epoch seconds on our side, RFC 3339 in UTC on the wire."""

import re
from datetime import UTC, datetime
from functools import lru_cache

MICRO_TIME_PATTERN = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$")
"""MicroTime as the API server parses it: six fractional digits, no fewer and no more."""


def format_time(now: float) -> str:
    """metav1.Time: whole seconds."""
    return _format_second(int(now))


@lru_cache(maxsize=1024)
def _format_second(now: int) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_micro_time(now: float) -> str:
    """metav1.MicroTime: exactly six fractional digits."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@lru_cache(maxsize=1024)
def parse_time(text: str) -> float:
    """Epoch seconds of either format. Raises ValueError for anything else."""
    return datetime.fromisoformat(text).timestamp()
