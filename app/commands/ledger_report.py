"""What `sentinelaura ledger` prints: entries and the verdict over their chain, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from app.commands import operator_report
from controller.contract.snapshots import TimelineEntry
from controller.history.chain import Entry, Mark
from controller.history.reading import to_recorded
from controller.history.sentences import describe, to_entry
from oracle.foundation.reason import Reason, encode_if_any, format_count
from oracle.foundation.untrusted_text import clean_text


@dataclass(frozen=True, slots=True)
class LedgerVerdict:
    """Whether a chain holds. `entries`: how many fit; `first`: the oldest that is kept; `head`: SEQUENCE:MAC."""

    entries: int
    first: int
    head: str
    reason: Reason | None


def entry_to_text(entry: Entry) -> str:
    """Return an entry as a line for a person."""
    return operator_report.entry_to_text(_to_line(entry))


def entry_to_json(entry: Entry) -> str:
    """Return the object that docs/commands.md describes."""
    line = _to_line(entry)
    return json.dumps(
        {
            "sequence": entry.sequence,
            "at": entry.at,
            "writer": entry.writer,
            "kind": entry.kind,
            "severity": line.severity.value,
            "text": line.text,
            "contexts": line.contexts,
            "migration_id": line.migration_id,
            "body": entry.body.decode(errors="replace"),
            "mac": entry.mac.hex(),
        }
    )


def _to_line(entry: Entry) -> TimelineEntry:
    recorded = to_recorded(entry)
    return to_entry(entry.sequence, recorded, describe(recorded.event))


def mark_to_json(name: str, mark: Mark) -> str:
    """Return the object that docs/commands.md describes."""
    values = {"sequence": mark.sequence, "mac": mark.mac.hex(), "signature": mark.signature.hex()}
    return json.dumps({name: values})


def verdict_to_text(verdict: LedgerVerdict) -> str:
    """Return the verdict for a person."""
    fits = format_count(verdict.entries, "event")
    if verdict.reason is not None:
        return clean_text(f"BROKEN: {verdict.reason}. Before that, {fits} fit.", 2000)
    return (
        f"Nothing was changed, removed, put in or reordered: {fits} from number {verdict.first} on.\n"
        f"Head {verdict.head}: note it elsewhere, and --head proves later that no older copy stands in its place."
    )


def verdict_to_json(verdict: LedgerVerdict) -> str:
    """Return the object that docs/commands.md describes."""
    document: dict[str, Any] = {
        "verified": verdict.reason is None,
        "entries": verdict.entries,
        "first": verdict.first,
        "head": verdict.head or None,
        "reason": encode_if_any(verdict.reason),
    }
    return json.dumps(document, indent=2)
