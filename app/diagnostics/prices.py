"""Can the file of prices be used, what does it cover, and may real clusters be moved on it?"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime

from app.config.configuration import Configuration
from app.diagnostics.checks import Check, broken, ok, warning
from app.diagnostics.doctor_reasons import DoctorCode
from oracle.errors import PriceFileError
from oracle.market import Offering
from oracle.sources.price_file import load_price_list, load_recording
from oracle.sources.price_list import PriceList
from oracle.sources.recording import Recording
from oracle.sources.watched_file import DEFAULT_LIFE_S

_NAME = "prices file"
_LEFT_OUT = "what is left out or missing has no price, and no workload is moved there"
_CONFIRM = "write confirmed_at whenever a price is seen to hold"
_PLAN_ONLY = "moves are planned on it; where somebody keeps the file up to date, say --live"


def check_prices(configuration: Configuration) -> list[Check]:
    """Read the whole file, as the engine would; without one there is nothing to look at."""
    if configuration.price_file is None:
        return []
    try:
        rates = configuration.currency_rates
        if configuration.live:
            life_s = configuration.price_life_s or DEFAULT_LIFE_S
            return _check_live(load_price_list(configuration.price_file, life_s, rates), life_s)
        recording = load_recording(configuration.price_file, rates)
        return _check_recording(recording, is_plan_only=not configuration.is_demo)
    except PriceFileError as error:
        return [broken(_NAME, error.reason, "correct the file, or leave --prices out for simulated prices")]


def _check_recording(recording: Recording, *, is_plan_only: bool) -> list[Check]:
    covered = _describe_offerings(recording.file, recording.offerings)
    checks = [ok(_NAME, f"{covered}, recorded {_date(recording.starts_at)} to {_date(recording.ends_at)}")]
    if is_plan_only:
        checks.append(warning(_NAME, DoctorCode.PRICES_PLAN_ONLY.because(file=recording.file), _PLAN_ONLY))
    return [
        *checks,
        *(warning(_NAME, notice, _LEFT_OUT) for notice in recording.notices),
    ]


def _check_live(prices: PriceList, life_s: float) -> list[Check]:
    now = time.time()
    covered = _describe_offerings(prices.file, prices.offerings)
    known = sum(prices.find(offering, now) is not None for offering in prices.offerings)
    found = f"{covered}, live: {known} prices hold now, each for {life_s:.0f} s once confirmed"
    notices = (*prices.notices, *prices.describe_unknown(prices.offerings, now))
    first = (
        ok(_NAME, found)
        if known
        else broken(_NAME, DoctorCode.PRICES_EXPIRED.because(covered=covered, seconds=life_s), _CONFIRM)
    )
    return [
        first,
        *(warning(_NAME, notice, _LEFT_OUT) for notice in notices),
    ]


def _describe_offerings(file: str, offerings: Iterable[Offering]) -> str:
    known = set(offerings)
    regions = {offering.region_key for offering in known}
    providers = ", ".join(sorted({offering.provider for offering in known}))
    return f"{file}: {len(known)} offerings in {len(regions)} regions of {providers}"


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
