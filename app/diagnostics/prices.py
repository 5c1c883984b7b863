"""Can the recorded prices be replayed, and what do they cover?"""

from __future__ import annotations

from datetime import UTC, datetime

from app.configuration import Configuration
from app.diagnostics.checks import Check, broken, ok, warning
from oracle.errors import RecordingError
from oracle.sources.recording import Recording
from oracle.sources.replay import load_recording

_NAME = "prices file"


def check_prices(configuration: Configuration) -> list[Check]:
    """Read the whole file, as the engine would; without one there is nothing to look at."""
    if configuration.prices is None:
        return []
    try:
        recording = load_recording(configuration.prices)
    except RecordingError as error:
        return [broken(_NAME, str(error), "correct the file, or leave --prices out for simulated prices")]
    advice = "what is left out or missing has no price, and no workload is moved there"
    notices = [warning(_NAME, notice, advice) for notice in recording.notices]
    return [ok(_NAME, _describe_coverage(recording)), *notices]


def _describe_coverage(recording: Recording) -> str:
    offerings = recording.offerings
    regions = {offering.region_key for offering in offerings}
    providers = ", ".join(sorted({offering.provider for offering in offerings}))
    return (
        f"{recording.file}: {len(offerings)} offerings in {len(regions)} regions of {providers}, "
        f"{_date(recording.starts_at)} to {_date(recording.ends_at)}"
    )


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
