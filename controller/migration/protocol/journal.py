"""The journal as the annotation of a Lease holds it: JSON, versioned, under 8 KiB, decoded strictly. Pure.

What is written here is a promise to every program that may find it later. So each name on the wire stands in a table
of this module, independent of the names in the code: those may change, these may not. A journal that this program does
not understand completely is left alone, because acting on half of it could do harm; that holds for a newer one above
all. A version is given up only when no migration of it can be unfinished any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import NOTHING_STAYS, DryRun, Staying, Verdict
from controller.migration.protocol import journal_v1
from controller.migration.protocol.errors import JournalError
from controller.migration.protocol.journal_reasons import JournalCode
from controller.migration.protocol.newer_work import NewerWork
from controller.migration.protocol.record import (
    Intent,
    Meter,
    MigrationRecord,
    Note,
    Side,
    SideRecord,
    StepRecord,
    StepStatus,
    Watched,
)
from controller.migration.protocol.record_checks import find_contradiction
from controller.migration.protocol.states import HoldReason, MigrationState, Phase
from controller.migration.protocol.wire import WireError, WireFormat, named
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.market import CapacityType, Offering, OperatingSystem
from oracle.quotes import Playback, PriceMode, Quote

JOURNAL_ANNOTATION = "sentinelaura.io/journal"

#: 1: reasons as text, the copies in a field of their own, quotes of one moment. 2: reasons as codes, the results of all
#: steps alike, quotes with all their times and their mode. 3: reasons as parameters of reasons. 4: the phase
#: INSURED. 5: what others have made of the target, and for how long it was watched. 6: a way back, which an older
#: program would hold for want of a price. 7: prices of a zone or of another system than Linux. 8: replicas that stay
#: where they are, by which an older program would count wrongly, and a target that keeps its own pod template.
WITH_WATCHING = 5
WITH_WAY_BACK = 6
WITH_ZONES = 7
JOURNAL_VERSION = WITH_STAYING = 8

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
        Verdict.WAY_BACK: "way_back",
        Verdict.TOO_DEAR: "too_dear",
        Verdict.REFUSED: "refused",
        Verdict.UNKNOWN: "unknown",
    },
    CapacityType: {CapacityType.SPOT: "spot", CapacityType.ON_DEMAND: "on_demand"},
    OperatingSystem: {OperatingSystem.LINUX: "linux", OperatingSystem.WINDOWS: "windows"},
    PriceMode: {
        PriceMode.LIVE: "live",
        PriceMode.RECORDED: "recorded",
        PriceMode.SIMULATED: "simulated",
    },
}

_WAY_BACK_OF = "way_back_of"
_ZONES = ("zone", "system")
_STAYING = ("staying", "target_template")

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
            "watched",
        ),
    ),
    Watched: named("wave", "waited_s", "soaked_s"),
    WorkloadKey: named("context", "namespace", "name"),
    SideRecord: named("context", "cluster_uid", "deployment_uid", "replicas"),
    MigrationState: named(
        *("waves", "phase", "wave", "hold", "resume_phase", "reason", "newer"), target_is_lost="source_first"
    ),
    NewerWork: named("replicas", "template_hash"),
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
        *("verdict", "reason", "computed_at", "expires_at", "plan_digest", _WAY_BACK_OF),
        *_STAYING,
    ),
    Staying: named("source", "target"),
    Quote: named(
        *("context", "offering", "usd_per_hour", "in_force_since", "confirmed_at", "deadline", "source"),
        *("mode", "playback"),
    ),
    Playback: named("recorded_at", "speed"),
    Offering: named("provider", "region", "instance_type", "capacity_type", *_ZONES),
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
    version = _find_version(record)
    migration = to_wire(record)
    if version < WITH_WATCHING:
        _take_out(migration)
    if version < WITH_WAY_BACK:
        del migration["dry_run"][_WAY_BACK_OF]
    if version < WITH_ZONES:
        _take_out_zones(migration["dry_run"])
    if version < WITH_STAYING:
        for name in _STAYING:
            del migration["dry_run"][name]
    document = {"version": version, "migration": {**migration, "plan": _PLAN}}
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    size = len(text.encode())
    if size >= MAX_JOURNAL_BYTES:
        raise JournalError(Code.JOURNAL_TOO_LARGE.because(size=size, limit=MAX_JOURNAL_BYTES))
    return text


def _find_version(record: MigrationRecord) -> int:
    if record.keeps_target or record.dry_run.staying != NOTHING_STAYS:
        return WITH_STAYING
    quotes = (record.dry_run.source_quote, record.dry_run.target_quote)
    if any(quote is not None and _is_zoned(quote.offering) for quote in quotes):
        return WITH_ZONES
    if record.dry_run.way_back_of is not None:
        return WITH_WAY_BACK
    if record.state.newer is not None or record.watched != Watched():
        return WITH_WATCHING
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
    record = replace(record, state=replace(record.state, staying=record.dry_run.staying))
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
    migration = _take_plan(journal_v1.upgrade(migration) if version == 1 else migration)
    migration = migration if version >= WITH_WATCHING else _put_in(migration)
    migration = migration if version >= WITH_WAY_BACK else _put_in_no_way_back(migration)
    migration = migration if version >= WITH_ZONES else _put_in_no_zones(migration)
    return migration if version >= WITH_STAYING else _put_in_nothing_staying(migration)


def _is_zoned(offering: Offering) -> bool:
    return bool(offering.zone) or offering.system is not OperatingSystem.LINUX


def _take_out_zones(dry_run: dict[str, Any]) -> None:
    """Leave out what no older version has of an offering."""
    for quote in filter(None, (dry_run["source_quote"], dry_run["target_quote"])):
        for name in _ZONES:
            del quote["offering"][name]


def _put_in_no_zones(migration: Any) -> Any:
    """Return the migration of an older journal with offerings as newer ones have them.

    Raises: WireError where it says what only newer ones do. Anything else that is wrong, the decoding reports.
    """
    dry_run = migration.get("dry_run")
    if not isinstance(dry_run, dict):
        return migration
    quotes = {
        name: _put_in_no_zone(dry_run[name]) for name in ("source_quote", "target_quote") if name in dry_run
    }
    return {**migration, "dry_run": {**dry_run, **quotes}}


def _put_in_no_zone(quote: Any) -> Any:
    offering = quote.get("offering") if isinstance(quote, dict) else None
    if not isinstance(offering, dict):
        return quote
    if foreign := tuple(name for name in _ZONES if name in offering):
        differs = JournalCode.FIELDS_DIFFER
        raise WireError(differs.because(where="migration.dry_run.offering", unknown=foreign, missing=()))
    return {**quote, "offering": {**offering, "zone": "", "system": OperatingSystem.LINUX.value}}


def _put_in_nothing_staying(migration: Any) -> Any:
    """Return the migration of an older journal as one in which all replicas move, and their pod template with them.

    Raises: WireError where it says what only newer ones do. Anything else that is wrong, the decoding reports.
    """
    dry_run = migration.get("dry_run")
    if not isinstance(dry_run, dict):
        return migration
    if foreign := tuple(name for name in _STAYING if name in dry_run):
        differs = JournalCode.FIELDS_DIFFER
        raise WireError(differs.because(where="migration.dry_run", unknown=foreign, missing=()))
    return {**migration, "dry_run": {**dry_run, "staying": to_wire(NOTHING_STAYS), "target_template": None}}


def _put_in_no_way_back(migration: Any) -> Any:
    """Return the migration of an older journal with what only newer ones say. Raises: WireError where it says it."""
    dry_run = migration.get("dry_run")
    if not isinstance(dry_run, dict):
        return migration  # which the decoding reports
    if _WAY_BACK_OF in dry_run:
        differs = JournalCode.FIELDS_DIFFER
        raise WireError(differs.because(where="migration.dry_run", unknown=(_WAY_BACK_OF,), missing=()))
    return {**migration, "dry_run": {**dry_run, _WAY_BACK_OF: None}}


def _take_out(migration: dict[str, Any]) -> None:
    """Leave out what no older version has."""
    del migration["watched"], migration["state"]["newer"]


def _put_in(migration: dict[str, Any]) -> Any:
    """Return the migration of an older version with what it does not have."""
    state = migration.get("state")
    if not isinstance(state, dict):
        raise WireError(JournalCode.NOTHING_AT.because(wanted="object", where="migration.state"))
    foreign = tuple({"watched"} & set(migration)) + tuple({"newer"} & set(state))
    if foreign:
        raise WireError(JournalCode.FIELDS_DIFFER.because(where="migration", unknown=foreign, missing=()))
    return {**migration, "watched": to_wire(Watched()), "state": {**state, "newer": None}}


def _take_plan(migration: Any) -> dict[str, Any]:
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
