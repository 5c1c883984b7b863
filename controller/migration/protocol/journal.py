"""The journal as the annotation of a Lease holds it: JSON, versioned, under 8 KiB, decoded strictly. Pure.

What is written here is a promise to every program that may find it later. So each name on the wire stands in a table
of this module, independent of the names in the code: those may change, these may not. A journal that this program does
not understand completely is left alone, because acting on half of it could do harm; that holds for a newer one above
all. A version is given up only when no migration of it can be unfinished any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun, Verdict
from controller.migration.protocol import journal_v1
from controller.migration.protocol.errors import JournalError
from controller.migration.protocol.journal_reasons import JournalCode
from controller.migration.protocol.record import (
    Intent,
    Meter,
    MigrationRecord,
    Note,
    Side,
    SideRecord,
    StepRecord,
    StepStatus,
)
from controller.migration.protocol.record_checks import find_contradiction
from controller.migration.protocol.states import HoldReason, MigrationState, Phase
from controller.migration.protocol.wire import WireError, WireFormat, named
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.market import CapacityType, Offering
from oracle.quotes import Playback, PriceMode, Quote

JOURNAL_ANNOTATION = "sentinelaura.io/journal"

#: 1: reasons as text, the copies in a field of their own, quotes of one moment. 2: reasons as codes, the results of all
#: steps alike, quotes with all their times and their mode. 3: reasons as parameters of reasons. 4: the phase INSURED.
JOURNAL_VERSION = 4

#: All annotations of an object share 256 KiB; ours stays small enough to be read by a person.
MAX_JOURNAL_BYTES = 8 * 1024

#: What each phase is called in a journal.
PHASE_NAMES: Mapping[Phase, str] = {
    Phase.PLANNED: "PLANNED",
    Phase.PREFLIGHT: "PREFLIGHT",
    Phase.LOCKED: "LOCKED",
    Phase.PROVISION: "PROVISION",
    Phase.SURGE: "SURGE",
    Phase.VERIFY: "VERIFY",
    Phase.SCALE_DOWN_SOURCE: "DRAIN",
    Phase.SETTLE: "SETTLE",
    Phase.SOAK: "SOAK",
    Phase.HOLD: "HOLD",
    Phase.ROLLBACK: "ROLLBACK",
    Phase.NEEDS_OPERATOR: "NEEDS_OPERATOR",
    Phase.INSURED: "INSURED",
    Phase.DONE: "DONE",
    Phase.ROLLED_BACK: "ROLLED_BACK",
    Phase.REFUSED: "REFUSED",
}

_MEMBERS: Mapping[type[StrEnum], Mapping[Any, str]] = {
    Phase: PHASE_NAMES,
    HoldReason: {
        HoldReason.PRICE_STALE: "PRICE_STALE",
        HoldReason.COST_FLIPPED: "COST_FLIPPED",
        HoldReason.SOURCE_UNREACHABLE: "SOURCE_UNREACHABLE",
        HoldReason.TARGET_UNREACHABLE: "TARGET_UNREACHABLE",
        HoldReason.AUTH: "AUTH",
        HoldReason.INTERFERENCE: "INTERFERENCE",
        HoldReason.TEMPLATE_CHANGED: "TEMPLATE_CHANGED",
        HoldReason.OPERATOR: "OPERATOR",
    },
    Side: {Side.SOURCE: "source", Side.TARGET: "target"},
    StepStatus: {
        StepStatus.PREPARING: "preparing",
        StepStatus.PREPARED: "prepared",
        StepStatus.UNDONE: "undone",
        StepStatus.CLEANED_UP: "cleaned_up",
    },
    Verdict: {
        Verdict.PAYS: "pays",
        Verdict.TOO_DEAR: "too_dear",
        Verdict.REFUSED: "refused",
        Verdict.UNKNOWN: "unknown",
    },
    CapacityType: {CapacityType.SPOT: "spot", CapacityType.ON_DEMAND: "on_demand"},
    PriceMode: {
        PriceMode.LIVE: "live",
        PriceMode.RECORDED: "recorded",
        PriceMode.SIMULATED: "simulated",
    },
}

_FIELDS: Mapping[type, Mapping[str, str]] = {
    MigrationRecord: named(
        *(
            "migration_id",
            "workload",
            "source",
            "target",
            "dry_run",
            "template_hash",
            "floor",
            "surge",
        ),
        *(
            "state",
            "started_at",
            "epoch",
            "operation",
            "intent",
            "target_existed",
            "steps",
            "meter",
            "ended_at",
        ),
    ),
    WorkloadKey: named("context", "namespace", "name"),
    SideRecord: named("context", "cluster_uid", "deployment_uid", "replicas"),
    MigrationState: named(
        *("waves", "phase", "wave", "hold", "resume_phase", "reason"), target_is_lost="source_first"
    ),
    Intent: named("side", "replicas", "operation"),
    StepRecord: named("name", "status", "source", "target"),
    Note: named("key", "value"),
    Meter: named("elapsed_s", "double_replica_hours", "overlap_usd"),
    DryRun: named(
        *("workload", "target", "replicas", "wave_sizes", "horizon_h", "source_quote", "target_quote"),
        *("source_usd_per_hour", "target_usd_per_hour", "egress_gb", "egress_usd_per_gb", "egress_usd"),
        *(
            "return_egress_usd",
            "overlap_h",
            "overlap_usd",
            "warm_up_usd",
            "savings_usd",
            "net_usd",
            "payback_h",
        ),
        *("verdict", "reason", "computed_at", "expires_at", "plan_digest"),
    ),
    Quote: named(
        *("context", "offering", "usd_per_hour", "in_force_since", "confirmed_at", "deadline", "source"),
        *("mode", "playback"),
    ),
    Playback: named("recorded_at", "speed"),
    Offering: named("provider", "region", "instance_type", "capacity_type"),
}

#: Part of every journal: whether the target's namespace is created. No program has ever let a person choose it.
_PLAN = {"create_namespace": False}

WIRE_FORMAT = WireFormat(_FIELDS, _MEMBERS)


def to_wire(value: object) -> Any:
    """Return what a journal holds of a part of a record, as JSON values."""
    return WIRE_FORMAT.encode(value)


def encode_journal(record: MigrationRecord) -> str:
    """Write a record in the oldest version that holds all of it: programs that know no newer one can go on with it.

    Raises: JournalError where it is too large.
    """
    document = {"version": _find_version(record), "migration": {**to_wire(record), "plan": _PLAN}}
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    size = len(text.encode())
    if size >= MAX_JOURNAL_BYTES:
        raise JournalError(Code.JOURNAL_TOO_LARGE.because(size=size, limit=MAX_JOURNAL_BYTES))
    return text


def _find_version(record: MigrationRecord) -> int:
    if record.state.phase is Phase.INSURED:
        return 4
    return 3 if _has_inner_reasons(record) else 2


def _has_inner_reasons(record: MigrationRecord) -> bool:
    reasons = (record.state.reason, record.dry_run.reason)
    return any(isinstance(value, Reason) for reason in reasons if reason for _, value in reason.parameters)


def decode_journal(text: str) -> MigrationRecord:
    """Read what this program or an older one wrote. Raises: JournalError for anything else, naming the place."""
    try:
        migration = _open(text)
        record: MigrationRecord = WIRE_FORMAT.decode(MigrationRecord, migration, "migration")
    except WireError as error:
        raise _unreadable(error.reason) from error
    contradiction = find_contradiction(record)
    if contradiction is not None:
        raise _unreadable(contradiction)
    return record


def _open(text: str) -> Any:
    """Return the migration of a journal as the newest version would have it. Raises: JournalError, WireError."""
    if len(text) >= MAX_JOURNAL_BYTES:
        raise WireError(JournalCode.TOO_LONG.because())
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WireError(JournalCode.NO_JSON.because(error=str(error))) from error
    version = document.get("version") if isinstance(document, dict) else None
    if type(version) is int and version > JOURNAL_VERSION:
        raise JournalError(Code.JOURNAL_NEWER.because(version=version, known=JOURNAL_VERSION))
    if not isinstance(document, dict) or set(document) != {"version", "migration"}:
        raise WireError(JournalCode.NO_JOURNAL.because())
    if type(version) is not int or version < 1:
        raise WireError(JournalCode.VERSION_IMPOSSIBLE.because(version=repr(version)))
    migration = document["migration"]
    return _take_plan(journal_v1.upgrade(migration) if version == 1 else migration)


def _take_plan(migration: Any) -> Any:
    """Return the migration without its plan. Raises: WireError for another plan than every program writes."""
    if not isinstance(migration, dict):
        raise WireError(JournalCode.NOTHING_AT.because(wanted="object", where="migration"))
    plan = migration.get("plan")
    if plan != _PLAN or plan["create_namespace"] is not False:
        raise WireError(JournalCode.PLAN_FOREIGN.because())
    return {name: value for name, value in migration.items() if name != "plan"}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _unreadable(problem: Reason) -> JournalError:
    return JournalError(Code.JOURNAL_UNREADABLE.because(problem=problem))
