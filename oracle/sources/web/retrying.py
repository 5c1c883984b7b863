"""Whether a question that failed is asked again, and when. Time and chance are arguments."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

#: How often one question is asked in all.
MAX_ATTEMPTS = 3
#: Seconds before the second attempt; the third waits twice as long.
FIRST_WAIT_S = 1.0
#: Longest wait within one question, seconds: whoever wants more is asked in the source's next turn.
MAX_WAIT_S = 20.0
#: Longest rest that a service may ask for, seconds. Arbitrary: a wrong date is not to silence a source for ever.
MAX_ASKED_WAIT_S = 6 * 3600.0

#: What a service says where it cannot answer now: too many questions, or a fault that may pass.
PASSING_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
THROTTLED_STATUSES = frozenset({429, 503})
DENIED_STATUSES = frozenset({401, 403, 407})


def compute_wait(attempt: int, asked_wait_s: float | None, chance: float) -> float | None:
    """Return after how many seconds the attempt after `attempt` (from 1) may begin; None: not within this question.

    Args:
        asked_wait_s: what the service asked for (`Retry-After`), None where it said nothing.
        chance: 0 to 1. Spreads those that failed at one moment, so that they do not come back at one moment.
    """
    if attempt >= MAX_ATTEMPTS:
        return None
    backoff_s = FIRST_WAIT_S * 2 ** (attempt - 1) * (0.5 + chance / 2)
    wait_s = backoff_s if asked_wait_s is None else asked_wait_s + backoff_s
    return wait_s if wait_s <= MAX_WAIT_S else None


def parse_retry_after(text: str | None, now: float) -> float | None:
    """Return how many seconds a `Retry-After` asks for, as seconds or as a date; None where it says nothing usable.

    `now` is the wall time, Unix seconds. Source: RFC 9110, section 10.2.3.
    """
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_ASKED_WAIT_S)
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, moment - now), MAX_ASKED_WAIT_S)
