"""The dry run as lines of a bill: what comes in, what goes out, what remains. The card and the commands show the same.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.model.egress_lines import NAMES, ON_TOP, price_text, tier_text
from app.model.formatting import UNKNOWN, format_gb, format_hours, format_price, format_usd
from app.model.sizes import sizes_texts
from app.model.tone import Tone
from controller.clusters.acceptance import Acceptance, find_acceptance, tell_accepted
from controller.contract.dry_run import DryRun, Verdict
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.reasons import Code
from oracle.foundation.reason import Reason, ReasonCode, format_count
from oracle.foundation.untrusted_text import clean_text
from oracle.quotes import Playback, PriceMode, Quote


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
    Verdict.WAY_BACK: ("Way back", Tone.PLAIN),
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

_ACCEPTANCES = {
    Acceptance.TRAFFIC: "traffic is steered elsewhere",
    Acceptance.CALLERS: "callers are steered elsewhere",
    Acceptance.AUTOSCALER: "freeze its autoscaler while it moves",
    Acceptance.IDENTITY: "the identity exists in the target",
    Acceptance.TWO_AT_ONCE: "both may run for a while",
    Acceptance.HOST_ACCESS: "it needs nothing of its nodes",
    Acceptance.REPLICAS: "its replicas are left alone",
    Acceptance.TEMPLATE: "the target keeps its own pod template",
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
    zone = dry_run.target_quote.offering.zone if dry_run.target_quote is not None else ""
    in_zone = f", in {clean_text(zone, 40)}" if zone else ""
    horizon = f"{dry_run.horizon_h:g} h"
    return (
        Line(f"Spot savings, next {horizon}", rates + in_zone, format_usd(dry_run.savings_usd, signed=True)),
        *_egress_lines(dry_run, source, target),
        Line("Running double", f"for {format_hours(dry_run.overlap_h)}", _cost(dry_run.overlap_usd)),
        Line("Warm-up", "until the new pods are ready", _cost(dry_run.warm_up_usd)),
        *(
            Line(_warning_title(warning, dry_run), clean_text(warning), "!", Tone.WARNING)
            for warning in dry_run.warnings
        ),
        Line(f"Net after {horizon}", _payback(dry_run), *_net(dry_run.net_usd), is_total=True),
    )


def inventory_lines(dry_run: DryRun) -> tuple[Line, ...]:
    """Return what travels, stays and breaks; empty where nobody has looked yet."""
    inventory = dry_run.inventory
    if inventory is None:
        return ()
    if inventory.unread is not None:
        return (Line("Not looked at", clean_text(inventory.unread), "!", Tone.WARNING),)
    columns = (("Travels", inventory.travels), ("Stays", inventory.stays))
    lists = (
        Line(title, "; ".join(clean_text(line) for line in lines), str(len(lines)))
        for title, lines in columns
        if lines
    )
    breaking = (_breaking_line(reason, dry_run) for reason in inventory.breaks)
    more = [Line("More", "like these, left off here", str(inventory.left_off))] if inventory.left_off else []
    return (*lists, *breaking, *more)


def _breaking_line(reason: Reason, dry_run: DryRun) -> Line:
    """What a move would break, and whether that was accepted: the card that says so stands above."""
    if is_accepted(reason, dry_run):
        return Line("Breaks", clean_text(reason), "accepted")
    return Line("Breaks", clean_text(reason), "!", Tone.WARNING)


def is_accepted(reason: Reason, dry_run: DryRun) -> bool:
    """Whether somebody has accepted that a move does this, on the Deployment or with this plan."""
    acceptance = find_acceptance(reason)
    return acceptance is not None and tell_accepted(frozenset({acceptance}))[0] in dry_run.warnings


#: What is no acceptance, on the bill.
_WARNING_TITLES: Mapping[ReasonCode, str] = {
    Code.BUYS_MACHINES: "Buys machines",
    Code.PURCHASE_UNSURE: "Not known",
    Code.ROOM_UNKNOWN: "Not known",
    Code.SCHEDULING_UNKNOWN: "Not known",
    Code.SHIFTS: "Already there",
    Code.TEMPLATE_KEPT: "Differs there",
    Code.KEEPS_SOME: "Stays here",
}


def _warning_title(warning: Reason, dry_run: DryRun) -> str:
    if (title := _WARNING_TITLES.get(warning.code)) is not None:
        return title
    return "Accepted once" if warning in tell_accepted(dry_run.accepts) else "Accepted"


def accept_text(dry_run: DryRun, reason: Reason | None) -> str | None:
    """Return what a person would say to let a refused move through, this once; None: it is none that anybody can."""
    acceptance = None if reason is None else find_acceptance(reason)
    if acceptance is None or acceptance in dry_run.accepts:
        return None
    return f"Accept once: {_ACCEPTANCES[acceptance]}"


def return_text(dry_run: DryRun) -> str:
    """Return what coming back would cost: not part of the bill, but worth knowing. A way back is the coming back."""
    if dry_run.way_back_of is not None:
        return ""
    if dry_run.return_egress_usd is None:
        return "The egress of the way back is not known."
    return f"The way back would cost {format_usd(dry_run.return_egress_usd)} of egress."


def basis_text(dry_run: DryRun) -> str:
    """Return what the bill rests on and how that is known: the state, the way back's price, the world of the prices."""
    return " ".join(filter(None, (*sizes_texts(dry_run), return_text(dry_run), price_world_text(dry_run))))


def price_world_text(dry_run: DryRun) -> str:
    """Return of which world the prices are, where that is not today's; empty for live ones."""
    if (playback := _find_playback(dry_run)) is not None:
        return f"Prices {playback}."
    modes = {quote.mode for quote in _list_quotes(dry_run)}
    return "Prices are simulated." if PriceMode.SIMULATED in modes else ""


def find_recorded_at(dry_run: DryRun) -> float | None:
    """Return of which moment of a recording the prices are, Unix seconds; None where they are of none."""
    playback = _find_playback(dry_run)
    return None if playback is None else playback.recorded_at


def _find_playback(dry_run: DryRun) -> Playback | None:
    return next((quote.playback for quote in _list_quotes(dry_run) if quote.playback is not None), None)


def _list_quotes(dry_run: DryRun) -> list[Quote]:
    return [quote for quote in (dry_run.source_quote, dry_run.target_quote) if quote is not None]


def cancel_text(migration: MigrationView) -> str:
    """Return what giving the source everything back is called: where all has moved already, it is the way back."""
    return "Move back" if migration.landed >= migration.replicas else "Cancel and roll back"


def summary_text(migration: MigrationView, target: str) -> str:
    """Return how a migration that ended came out: what it cost, what it saves."""
    cost = format_usd(migration.cost_usd)
    if migration.stage is MigrationStage.DONE:
        saving = format_usd(migration.savings_usd_per_day)
        moved = format_count(migration.replicas, "replica")
        return f"{moved} moved to {target}. It cost {cost} and saves {saving}/day from now on."
    return clean_text(migration.sentence)


def way_back_text(dry_run: DryRun, source: str, target: str) -> str:
    """Return what a way back moves, and where; `source` and `target` are the places' names for people."""
    name = clean_text(dry_run.workload.name, 80)
    return f"{name}: {format_count(dry_run.replicas, 'replica')}, {source} → {target}"


def _egress_lines(dry_run: DryRun, source: str, target: str) -> Iterator[Line]:
    """Yield each tier of the way and what comes on top of it; of a plan out of a journal, the sum is all there is."""
    if not dry_run.egress_charges:
        yield Line("Egress", _egress_detail(dry_run, source, target), _cost(dry_run.egress_usd))
    for charge in dry_run.egress_charges:
        is_on_top = charge.kind in ON_TOP
        way = "" if is_on_top else f" {NAMES[charge.kind]}, {tier_text(charge) or f'{source} → {target}'}"
        detail = f"{format_gb(charge.gb)} {price_text(charge)}{way}"
        yield Line(NAMES[charge.kind] if is_on_top else "Egress", clean_text(detail), _cost(charge.usd))


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
