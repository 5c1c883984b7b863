"""The ledger: an append-only, hash-chained file of what was decided and done. JSON lines, each flushed to the
disk.

A migration never needs it: the clusters' Leases hold the journal. So a full disk stops no migration; the
ledger keeps what it could not write, says so, and writes it with the next entry or `flush`. Each line holds the hash of
the one before it, so that a line that was changed, dropped or put in later shows (`verify_ledger`).
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from controller.clusters.fleet import WorkloadKey
from controller.contract.snapshots import EntryKind, MoveOutcome, TimelineEntry
from controller.history.ledger_file import (
    AppendingElsewhere,
    append_line,
    cut_torn_line,
    open_for_append,
    read_last_line,
    read_lines,
)
from oracle.reason import Severity

#: The `previous` of the first line.
GENESIS = "0" * 64

#: Entries kept in memory for the timeline; a snapshot shows at most 200.
MAX_REMEMBERED = 500

#: Entries kept while the disk is full; the oldest are dropped from the file, not from the timeline.
MAX_WAITING = 1000

#: Two windows append to one file, each for milliseconds. Who waits longer than this, seconds, waits for a process
#: that was stopped or hangs, and a person should know.
BUSY_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class LedgerProblem:
    """The first line of a ledger that does not fit, and why."""

    line: int
    reason: str


class Ledger:
    """One ledger file. Call it from one thread only; several processes may append to one file.

    `wall` tells Unix seconds. A line takes one write and one fsync: milliseconds, a few times a minute.
    """

    def __init__(self, path: Path, wall: Callable[[], float]) -> None:
        self._path = path
        self._wall = wall
        self._entries: deque[TimelineEntry] = deque(maxlen=MAX_REMEMBERED)
        self._waiting: deque[dict[str, Any]] = deque(maxlen=MAX_WAITING)
        self._sequence = 0
        self._trouble: str | None = None
        self._load()

    @property
    def trouble(self) -> str | None:
        """Why entries cannot be written at the moment, for a notice; None while all is well."""
        return self._trouble

    @property
    def has_waiting(self) -> bool:
        """Whether entries are still to be written: `flush` tries again."""
        return bool(self._waiting)

    def newest(self, limit: int) -> tuple[TimelineEntry, ...]:
        """Return the newest entries, oldest first, at most `limit`."""
        return tuple(self._entries)[-limit:] if limit > 0 else ()

    def record(
        self,
        kind: EntryKind,
        text: str,
        *,
        contexts: tuple[str, ...] = (),
        migration_id: str | None = None,
        severity: Severity = Severity.INFO,
        outcome: MoveOutcome | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> TimelineEntry:
        """Append an entry. `facts` (JSON values) go to the file only. Never raises for a disk that refuses."""
        self._sequence += 1
        at = self._wall()
        entry = TimelineEntry(self._sequence, at, kind, text, contexts, migration_id, severity, outcome)
        self._entries.append(entry)
        self._waiting.append(_encode_entry(entry, facts or {}))
        self._flush()
        return entry

    def flush(self) -> None:
        """Try again to write what waits. Never raises for a disk that refuses."""
        if self._waiting or self._trouble is not None:
            self._flush()

    def _flush(self) -> None:
        try:
            with open_for_append(self._path) as file:
                cut_torn_line(file)
                previous = _find_hash(read_last_line(file))
                while self._waiting:
                    line, previous = _seal_line(self._waiting[0], previous)
                    append_line(file, line)
                    self._waiting.popleft()
            self._trouble = None
        except AppendingElsewhere as busy:
            if self._waiting and self._wall() - self._waiting[0]["at"] > BUSY_PATIENCE_S:
                self._trouble = self._describe(busy, "look for a window that hangs")
        except OSError as error:
            self._trouble = self._describe(error, "make room or check the file's permissions")

    def _describe(self, error: OSError, advice: str) -> str:
        return (
            f"The ledger {self._path} cannot be written ({error.strerror or error}); "
            f"{len(self._waiting)} entries wait in memory. Migrations go on; {advice}."
        )

    def _load(self) -> None:
        """Read what is there for the timeline, and find out whether it can be written."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            for line in read_lines(self._path):
                entry = _decode_entry(line)
                if entry is not None:
                    self._sequence = max(self._sequence, entry.sequence)
                    self._entries.append(entry)
        except FileNotFoundError:
            pass  # the first start
        except OSError as error:
            self._trouble = f"The ledger {self._path} cannot be read ({error.strerror or error})."
            return
        self._flush()


def verify_ledger(path: Path) -> LedgerProblem | None:
    """Check the whole chain. Returns the first problem, or None. Raises: OSError where the file cannot be
    read.
    """
    previous = GENESIS
    for number, line in enumerate(read_lines(path), start=1):
        try:
            document = json.loads(line)
            stated, chained = document.pop("hash"), document["previous"]
        except (ValueError, KeyError, TypeError, AttributeError):
            return LedgerProblem(number, "is not an entry")
        if chained != previous:
            return LedgerProblem(
                number, "does not follow the line before it: something was removed, added or reordered"
            )
        if stated != _hash(document):
            return LedgerProblem(number, "was changed after it was written")
        previous = stated
    return None


def _encode_entry(entry: TimelineEntry, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "at": entry.at,
        "kind": entry.kind.value,
        "text": entry.text,
        "contexts": list(entry.contexts),
        "migration_id": entry.migration_id,
        "severity": entry.severity.value,
        "outcome": _encode_outcome(entry.outcome),
        "facts": dict(facts),
    }


def _encode_outcome(outcome: MoveOutcome | None) -> dict[str, Any] | None:
    if outcome is None:
        return None
    return {
        "workload": str(outcome.workload),
        "target": outcome.target,
        "cost_usd": _encode_money(outcome.cost_usd),
        "savings_usd_per_day": _encode_money(outcome.savings_usd_per_day),
    }


def _encode_money(amount_usd: Decimal | None) -> str | None:
    return None if amount_usd is None else str(amount_usd)


def _decode_entry(line: str) -> TimelineEntry | None:
    """Return what the timeline shows of a line; None for a line that is none of ours (`verify_ledger`
    complains).
    """
    try:
        document = json.loads(line)
        return TimelineEntry(
            sequence=int(document["sequence"]),
            at=float(document["at"]),
            kind=EntryKind(document["kind"]),
            text=str(document["text"]),
            contexts=tuple(str(context) for context in document["contexts"]),
            migration_id=document["migration_id"],
            severity=Severity(document["severity"]),
            outcome=_decode_outcome(document.get("outcome")),
        )
    except (ValueError, KeyError, TypeError, ArithmeticError):
        return None


def _decode_outcome(document: dict[str, Any] | None) -> MoveOutcome | None:
    if document is None:
        return None
    return MoveOutcome(
        workload=WorkloadKey.parse(document["workload"]),
        target=str(document["target"]),
        cost_usd=_decode_money(document["cost_usd"]),
        savings_usd_per_day=_decode_money(document["savings_usd_per_day"]),
    )


def _decode_money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _seal_line(document: dict[str, Any], previous: str) -> tuple[bytes, str]:
    chained = {**document, "previous": previous}
    own_hash = _hash(chained)
    return _encode_text(json.dumps({**chained, "hash": own_hash}, ensure_ascii=False) + "\n"), own_hash


def _find_hash(line: bytes | None) -> str:
    """Return what the next line is chained to: the last line's hash, or GENESIS where the file is empty.

    A last line that is no entry was put there by somebody else; the chain goes on from GENESIS and shows the
    break.
    """
    try:
        return str(json.loads(line)["hash"]) if line is not None else GENESIS
    except (ValueError, KeyError, TypeError):
        return GENESIS


def _hash(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(_encode_text(canonical)).hexdigest()


def _encode_text(text: str) -> bytes:
    """Encode JSON; half a character, which a cluster can send and UTF-8 has no bytes for, as JSON escapes it."""
    return text.encode(errors="backslashreplace")
