"""The ledger of earlier versions: a file of JSON lines, each with the hash of the one before it.

Read once, at the first start of a version that keeps its history in SQLite, and verified on the way. Its lines hold the
sentences that were shown, so they are kept as such. What moved in them counts for no budget: the Leases say that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from controller.clusters.fleet import WorkloadKey
from controller.contract.snapshots import EntryKind
from controller.history.events import LedgerLine, LedgerTakenOver, Recorded, state_reason
from controller.reasons import Code
from oracle.foundation.reason import Severity

#: The `previous` of the first line.
GENESIS = "0" * 64
#: The writer of lines that did not name theirs.
WRITER = "older ledger"


@dataclass(frozen=True, slots=True)
class OldLedger:
    """What such a file holds. `broken_line`: the first line that does not fit the chain, counted from one."""

    recorded: tuple[Recorded, ...]
    digest: bytes
    broken_line: int | None

    def with_summary(self, file: str, now: float, writer: str) -> tuple[Recorded, ...]:
        """Return its lines, and at their end how many there were and what did not fit."""
        broken = None if self.broken_line is None else Code.OLD_LEDGER_BROKEN.because(line=self.broken_line)
        reason = None if broken is None else state_reason(broken)
        summary = LedgerTakenOver(file, len(self.recorded), reason)
        return (*self.recorded, Recorded(now, writer, summary))


def read_old_ledger(path: Path) -> OldLedger:
    """Read and verify a ledger of JSON lines; a line that is none is left out. Raises: OSError."""
    content = path.read_bytes()
    documents = list(_parse_lines(content.decode(errors="replace")))
    recorded = [_decode_line(document) for document in documents]
    return OldLedger(
        tuple(line for line in recorded if line is not None),
        hashlib.sha256(content).digest(),
        _find_broken_line(documents),
    )


def _parse_lines(text: str) -> Iterator[Any]:
    for line in text.split("\n"):
        if line:
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                yield None


def _find_broken_line(documents: list[Any]) -> int | None:
    previous = GENESIS
    for number, document in enumerate(documents, start=1):
        if not isinstance(document, dict) or document.get("previous") != previous:
            return number
        stated = document.get("hash")
        if stated != _hash({name: value for name, value in document.items() if name != "hash"}):
            return number
        previous = str(stated)
    return None


def _hash(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode(errors="backslashreplace")).hexdigest()


def _decode_line(document: Any) -> Recorded | None:
    try:
        outcome = document.get("outcome") or {}
        event = LedgerLine(
            EntryKind(document["kind"]),
            str(document["text"]),
            tuple(str(context) for context in document["contexts"]),
            None if document["migration_id"] is None else str(document["migration_id"]),
            Severity(document["severity"]),
            dict(document.get("facts") or {}),
            WorkloadKey.parse(outcome["workload"]) if outcome else None,
            str(outcome["target"]) if outcome else None,
            _decode_money(outcome.get("cost_usd")),
            _decode_money(outcome.get("savings_usd_per_day")),
        )
        return Recorded(float(document["at"]), WRITER, event)
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
        return None


def _decode_money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
