"""`sentinelaura plan`'s answer, as JSON and as text. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.model.bill import Line, make_lines, price_world_text, verdict_text
from app.model.formatting import to_number
from controller.contract.dry_run import DryRun, UnofferedMove
from controller.contract.snapshots import ContextView, EngineSnapshot, Notice
from oracle.foundation.reason import encode_reason
from oracle.foundation.untrusted_text import clean_text


def plan_to_json(snapshot: EngineSnapshot) -> dict[str, Any]:
    """Return the document that docs/commands.md describes; an unknown number is null."""
    return {
        "prices": {"origin": snapshot.price_source.origin.value, "source": snapshot.price_source.text},
        "opportunities": [_opportunity_to_json(dry_run) for dry_run in snapshot.opportunities],
        "refused": [_refusal_to_json(refusal) for refusal in snapshot.refused],
        "contexts": [_context_to_json(view) for view in snapshot.contexts],
        "complete": snapshot.is_complete,
        "notices": [_notice_to_json(notice) for notice in snapshot.notices],
    }


def dry_run_to_json(dry_run: DryRun) -> dict[str, Any]:
    """Return the numbers of a dry run; an unknown one is null."""
    return {
        "egress_gb": to_number(dry_run.egress_gb),
        "egress_usd_per_gb": to_number(dry_run.egress_usd_per_gb),
        "egress_usd": to_number(dry_run.egress_usd),
        "savings_24h_usd": to_number(dry_run.savings_usd),
        "overlap_usd": to_number(dry_run.overlap_usd),
        "warm_up_usd": to_number(dry_run.warm_up_usd),
        "net_usd": to_number(dry_run.net_usd),
        "payback_hours": to_number(dry_run.payback_h),
        "verdict": dry_run.verdict.value,
        "reason": encode_reason(dry_run.reason),
        "warnings": [encode_reason(warning) for warning in dry_run.warnings],
    }


def plan_to_text(snapshot: EngineSnapshot) -> str:
    """Return the plan as a person reads it: what pays, best first, then what was refused and why."""
    return "\n".join(_plan_lines(snapshot))


def dry_run_to_text(dry_run: DryRun) -> str:
    """Return a dry run as a short block of lines: the bill that the window's card shows."""
    title = clean_text(f"{dry_run.workload} -> {dry_run.target}")
    bill = make_lines(dry_run, dry_run.workload.context, dry_run.target)
    world = price_world_text(dry_run)
    below = (f"  {text}" for text in (verdict_text(dry_run), world) if text)
    return "\n".join((title, *map(_line_to_text, bill), *below))


def _plan_lines(snapshot: EngineSnapshot) -> Iterator[str]:
    yield f"prices: {clean_text(snapshot.price_source.text)}"
    for notice in snapshot.notices:
        yield f"{notice.severity.value}: {clean_text(notice.text)}"
    yield f"{len(snapshot.opportunities)} worth moving"
    for dry_run in snapshot.opportunities:
        yield ""
        yield dry_run_to_text(dry_run)
    yield ""
    yield f"{len(snapshot.refused)} refused"
    for refusal in snapshot.refused:
        yield clean_text(f"{refusal.workload} -> {refusal.target or 'anywhere'}: {refusal.reason}")


def _opportunity_to_json(dry_run: DryRun) -> dict[str, Any]:
    return {
        "workload": str(dry_run.workload),
        "source": dry_run.workload.context,
        "target": dry_run.target,
        "dry_run": dry_run_to_json(dry_run),
    }


def _refusal_to_json(refusal: UnofferedMove) -> dict[str, Any]:
    return {
        "workload": str(refusal.workload),
        "source": refusal.workload.context,
        "target": refusal.target,
        "reason": encode_reason(refusal.reason),
    }


def _notice_to_json(notice: Notice) -> dict[str, Any]:
    return {"key": notice.key, "text": notice.text, "reason": encode_reason(notice.reason)}


def _context_to_json(view: ContextView) -> dict[str, Any]:
    reason = view.health_reason
    return {
        "context": view.context,
        "health": view.health.value,
        "reason": None if reason is None else encode_reason(reason),
    }


def _line_to_text(line: Line) -> str:
    return f"  {line.label:<24}{line.amount:>10}   {line.detail}"
