"""`sentinelaura plan`'s answer, as JSON and as text. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from app.model.bill import (
    Line,
    find_recorded_at,
    inventory_lines,
    is_accepted,
    make_lines,
    price_world_text,
    verdict_text,
)
from app.model.egress_lines import encode_charge
from app.model.formatting import to_number
from app.model.sizes import sizes_texts
from controller.clusters.acceptance import find_acceptance
from controller.clusters.fleet import Hosts, OtherWorkload, Resources
from controller.clusters.known_by import SizeKnownBy
from controller.contract.dry_run import DryRun, UnofferedMove
from controller.contract.snapshots import ContextView, EngineSnapshot, Notice, PriceSourceView
from oracle.foundation.reason import encode_if_any, encode_reason, format_count
from oracle.foundation.untrusted_text import clean_text
from oracle.quotes import Quote
from oracle.status import encode_service


def plan_to_json(snapshot: EngineSnapshot) -> dict[str, Any]:
    """Return the document that docs/commands.md describes; an unknown number is null."""
    return {
        "prices": price_source_to_json(snapshot.price_source),
        "opportunities": [_opportunity_to_json(dry_run) for dry_run in snapshot.opportunities],
        "refused": [_refusal_to_json(refusal) for refusal in snapshot.refused],
        "not_moved": [
            _other_to_json(view.context, other) for view in snapshot.contexts for other in view.others
        ],
        "contexts": [_context_to_json(view, snapshot.taken_at) for view in snapshot.contexts],
        "complete": snapshot.is_complete and not snapshot.unpriced,
        "unpriced": [
            {"context": binding.context, "offering": str(binding.offering)} for binding in snapshot.unpriced
        ],
        "notices": [_notice_to_json(notice) for notice in snapshot.notices],
    }


def price_source_to_json(view: PriceSourceView) -> dict[str, Any]:
    """Return who says the prices, and of a recording its moment (Unix seconds) and its speed."""
    played = view.playback
    return {
        "origin": view.origin.value,
        "source": view.text,
        "recorded_at": None if played is None else played.recorded_at,
        "speed": None if played is None else played.speed,
        "services": [encode_service(service) for service in view.services],
    }


def dry_run_to_json(dry_run: DryRun) -> dict[str, Any]:
    """Return the numbers of a dry run; an unknown one is null."""
    return {
        "egress_gb": to_number(dry_run.egress_gb),
        "state_known_by": dry_run.state_known_by,
        "egress_usd_per_gb": to_number(dry_run.egress_usd_per_gb),
        "egress_usd": to_number(dry_run.egress_usd),
        "egress": [encode_charge(charge) for charge in dry_run.egress_charges],
        "pod": _pod_to_json(dry_run.pod, dry_run.pod_known_by),
        "runs_on": _placement_to_json(dry_run.runs_on),
        "source_price": _price_to_json(dry_run.source_quote),
        "target_price": _price_to_json(dry_run.target_quote),
        "savings_24h_usd": to_number(dry_run.savings_usd),
        "overlap_usd": to_number(dry_run.overlap_usd),
        "warm_up_usd": to_number(dry_run.warm_up_usd),
        "net_usd": to_number(dry_run.net_usd),
        "payback_hours": to_number(dry_run.payback_h),
        "recorded_at": find_recorded_at(dry_run),
        "verdict": dry_run.verdict.value,
        "way_back_of": dry_run.way_back_of,
        "stays": {"source": dry_run.staying.source, "target": dry_run.staying.target},
        "target_keeps_template": dry_run.target_template is not None,
        "reason": encode_reason(dry_run.reason),
        "warnings": [encode_reason(warning) for warning in dry_run.warnings],
        "inventory": _inventory_to_json(dry_run),
    }


def _inventory_to_json(dry_run: DryRun) -> dict[str, Any] | None:
    """Return what travels, stays and breaks, and by which name each of the latter is accepted; None: not looked yet."""
    inventory = dry_run.inventory
    if inventory is None:
        return None
    return {
        "looked_at": inventory.looked_at,
        "unread": encode_if_any(inventory.unread),
        "travels": [encode_reason(line) for line in inventory.travels],
        "stays": [encode_reason(line) for line in inventory.stays],
        "breaks": [
            {
                **encode_reason(line),
                "accept": find_acceptance(line),
                "accepted": is_accepted(line, dry_run),
            }
            for line in inventory.breaks
        ],
        "left_off": inventory.left_off,
    }


def plan_to_text(snapshot: EngineSnapshot) -> str:
    """Return the plan as a person reads it: what pays, best first, then what was refused and why."""
    return "\n".join(_plan_lines(snapshot))


def dry_run_to_text(dry_run: DryRun) -> str:
    """Return a dry run as a short block of lines: the bill that the window's card shows."""
    title = clean_text(f"{dry_run.workload} -> {dry_run.target}")
    bill = (*make_lines(dry_run, dry_run.workload.context, dry_run.target), *inventory_lines(dry_run))
    texts = (verdict_text(dry_run), *sizes_texts(dry_run), price_world_text(dry_run))
    below = (f"  {text}" for text in texts if text)
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
    yield from _other_lines(snapshot)
    yield f"{len(snapshot.refused)} refused"
    for refusal in snapshot.refused:
        yield clean_text(f"{refusal.workload} -> {refusal.target or 'anywhere'}: {refusal.reason}")


def _other_lines(snapshot: EngineSnapshot) -> Iterator[str]:
    """Yield what was seen and is no Deployment, if anything was."""
    others = [(view.context, other) for view in snapshot.contexts for other in view.others]
    if not others:
        return
    yield f"{len(others)} not moved, whatever they cost"
    for context, other in others:
        name = f"{context}/{other.namespace}/{other.name}"
        yield clean_text(f"{name} ({format_count(other.pods, 'pod')}): {other.reason}")
    yield ""


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


def _other_to_json(context: str, other: OtherWorkload) -> dict[str, Any]:
    return {
        "context": context,
        "kind": other.kind,
        "namespace": other.namespace,
        "name": other.name,
        "pods": other.pods,
        "reason": encode_reason(other.reason),
    }


def _notice_to_json(notice: Notice) -> dict[str, Any]:
    return {"key": notice.key, "text": notice.text, "reason": encode_reason(notice.reason)}


def _context_to_json(view: ContextView, now: float) -> dict[str, Any]:
    return {
        "context": view.context,
        "health": view.health.value,
        "reason": encode_if_any(view.health_reason),
        "age_s": {kind.value: round(max(0.0, now - at)) for kind, at in view.read_at.items()},
    }


def _pod_to_json(pod: Resources | None, known_by: SizeKnownBy | None) -> dict[str, Any] | None:
    """Return what one pod takes, and who says so; `null` where nobody does."""
    if pod is None:
        return None
    return {
        "cpu_cores": pod.cpu_cores,
        "cpu_known_by": None if known_by is None else known_by.cpu,
        "memory_gib": pod.memory_gib,
        "memory_known_by": None if known_by is None else known_by.memory,
        "measured_at": None if known_by is None else known_by.measured_at,
    }


def _placement_to_json(hosts: Hosts | None) -> list[dict[str, Any]] | None:
    """Return what the pods run on at the source; `null` where that is not seen."""
    if hosts is None:
        return None
    return [
        {
            "instance_type": None if offering is None else offering.instance_type,
            "capacity_type": None if offering is None else offering.capacity_type.value,
            "zone": offering.zone or None if offering is not None else None,
            "pods": count,
        }
        for offering, count in hosts
    ]


def _price_to_json(quote: Quote | None) -> dict[str, Any] | None:
    """What a node costs there: of several zones the mean at the source (`zone` is null), the cheapest in the target."""
    if quote is None:
        return None
    return {
        "usd_per_hour": to_number(quote.usd_per_hour),
        "instance_type": quote.offering.instance_type,
        "capacity_type": quote.offering.capacity_type.value,
        "operating_system": quote.offering.system.value,
        "zone": quote.offering.zone or None,
        "source": quote.source,
        "mode": quote.mode.value,
        "in_force_since": quote.in_force_since,
        "confirmed_at": quote.confirmed_at,
        "deadline": quote.deadline,
        "interruption": None if quote.interruption is None else asdict(quote.interruption),
        "obtainability": None if quote.obtainability is None else asdict(quote.obtainability),
    }


def _line_to_text(line: Line) -> str:
    return f"  {line.label:<24}{line.amount:>10}   {line.detail}"
