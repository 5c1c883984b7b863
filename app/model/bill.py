"""The dry run as lines of a bill: what comes in, what goes out, what remains. The card and the commands show the same.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from app.model.formatting import UNKNOWN, format_gb, format_hours, format_price, format_usd
from app.model.tone import Tone
from controller.contract.dry_run import DryRun, Verdict
from controller.contract.snapshots import MigrationStage, MigrationView
from oracle.foundation.untrusted_text import clean_text
from oracle.quotes import PriceMode


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill: what, how it comes about, how much."""

    label: str
    detail: str
    amount: str
    tone: Tone = Tone.PLAIN
    is_total: bool = False


_VERDICTS = {
    Verdict.PAYS: ("Pays", Tone.GOOD),
    Verdict.TOO_DEAR: ("Does not pay", Tone.BAD),
    Verdict.REFUSED: ("Refused", Tone.WARNING),
    Verdict.UNKNOWN: ("Unknown", Tone.WARNING),
}

_STAGES = {
    MigrationStage.RUNNING: ("Migrating", Tone.PLAIN),
    MigrationStage.HOLDING: ("Hold", Tone.WARNING),
    MigrationStage.ROLLING_BACK: ("Rolling back", Tone.WARNING),
    MigrationStage.DONE: ("Done", Tone.GOOD),
    MigrationStage.ROLLED_BACK: ("Rolled back", Tone.WARNING),
    MigrationStage.REFUSED: ("Refused", Tone.BAD),
    MigrationStage.NEEDS_OPERATOR: ("Needs you", Tone.BAD),
}


def verdict_title(verdict: Verdict) -> tuple[str, Tone]:
    """Return the verdict in one or two words."""
    return _VERDICTS[verdict]


def verdict_text(dry_run: DryRun) -> str:
    """Return the verdict with its reason, as one sentence."""
    return f"{verdict_title(dry_run.verdict)[0]}: {clean_text(dry_run.reason)}"


def stage_title(stage: MigrationStage) -> tuple[str, Tone]:
    """Return a migration's stage in one or two words."""
    return _STAGES[stage]


def make_lines(dry_run: DryRun, source: str, target: str) -> tuple[Line, ...]:
    """Return the bill of a dry run; `source` and `target` are the places' names for people."""
    rates = f"{format_price(dry_run.source_usd_per_hour)} → {format_price(dry_run.target_usd_per_hour)}"
    horizon = f"{dry_run.horizon_h:g} h"
    return (
        Line(f"Spot savings, next {horizon}", rates, format_usd(dry_run.savings_usd, signed=True)),
        Line("Egress", _egress_detail(dry_run, source, target), _cost(dry_run.egress_usd)),
        Line("Running double", f"for {format_hours(dry_run.overlap_h)}", _cost(dry_run.overlap_usd)),
        Line("Warm-up", "until the new pods are ready", _cost(dry_run.warm_up_usd)),
        *(Line("Accepted", clean_text(warning), "!", Tone.WARNING) for warning in dry_run.warnings),
        Line(f"Net after {horizon}", _payback(dry_run), *_net(dry_run.net_usd), is_total=True),
    )


def return_text(dry_run: DryRun) -> str:
    """Return what coming back would cost: not part of the bill, but worth knowing."""
    if dry_run.return_egress_usd is None:
        return "The egress of the way back is not known."
    return f"The way back would cost {format_usd(dry_run.return_egress_usd)} of egress."


def price_world_text(dry_run: DryRun) -> str:
    """Return of which world the prices are, where that is not today's; empty for live ones."""
    quotes = [quote for quote in (dry_run.source_quote, dry_run.target_quote) if quote is not None]
    playback = next((quote.playback for quote in quotes if quote.playback is not None), None)
    if playback is not None:
        return f"Prices {playback}."
    return "Prices are simulated." if any(quote.mode is PriceMode.SIMULATED for quote in quotes) else ""


def cancel_text(migration: MigrationView) -> str:
    """Return what giving the source everything back is called: where all has moved already, it is the way back."""
    return "Move back" if migration.landed >= migration.replicas else "Cancel and roll back"


def summary_text(migration: MigrationView, target: str) -> str:
    """Return how a migration that ended came out: what it cost, what it saves."""
    cost = format_usd(migration.cost_usd)
    if migration.stage is MigrationStage.DONE:
        saving = format_usd(migration.savings_usd_per_day)
        return f"{migration.replicas} replicas run in {target}. It cost {cost} and saves {saving}/day from now on."
    return clean_text(migration.sentence)


def _egress_detail(dry_run: DryRun, source: str, target: str) -> str:
    per_gb = (
        UNKNOWN if dry_run.egress_usd_per_gb is None else f"${dry_run.egress_usd_per_gb.normalize():f}/GB"
    )
    return clean_text(f"{format_gb(dry_run.egress_gb)} × {per_gb}, {source} → {target}")


def _payback(dry_run: DryRun) -> str:
    if dry_run.payback_h is None:
        return "never pays back" if dry_run.net_usd is not None else "payback unknown"
    return f"pays back in {format_hours(dry_run.payback_h)}"


def _cost(amount: Decimal | None) -> str:
    if amount is None:
        return UNKNOWN
    return format_usd(-amount)


def _net(amount: Decimal | None) -> tuple[str, Tone]:
    if amount is None:
        return UNKNOWN, Tone.WARNING
    return format_usd(amount, signed=True), Tone.GOOD if amount > 0 else Tone.BAD
