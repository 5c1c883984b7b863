"""`sentinelaura operator`'s lines: new entries of the timeline, and notices as they begin and end. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from app.moments import format_utc
from controller.contract.snapshots import EngineSnapshot, Notice, TimelineEntry
from oracle.foundation.reason import encode_reason
from oracle.foundation.untrusted_text import clean_text


@dataclass(frozen=True, slots=True)
class NoticeChange:
    """A notice that is new, has new words, or is no longer true."""

    notice: Notice
    at: float
    has_begun: bool


class OperatorNews:
    """Remembers what was reported, so that each snapshot yields only what it adds."""

    def __init__(self) -> None:
        self._last_entry = 0
        self._notices: dict[str, Notice] = {}

    def find_entries(self, snapshot: EngineSnapshot) -> Iterator[TimelineEntry]:
        """Yield the entries of the timeline that no snapshot before had, oldest first."""
        for entry in snapshot.timeline:
            if entry.sequence > self._last_entry:
                self._last_entry = entry.sequence
                yield entry

    def find_notices(self, snapshot: EngineSnapshot) -> Iterator[NoticeChange]:
        """Yield the notices that have begun, ended, or changed their words since the snapshot before."""
        before, self._notices = self._notices, {notice.key: notice for notice in snapshot.notices}
        for key, notice in before.items():
            if key not in self._notices:
                yield NoticeChange(notice, snapshot.taken_at, has_begun=False)
        for key, notice in self._notices.items():
            if before.get(key) != notice:
                yield NoticeChange(notice, snapshot.taken_at, has_begun=True)


def entry_to_text(entry: TimelineEntry) -> str:
    """Return an entry as a line for a person."""
    return _line(entry.at, entry.kind.value, entry.text)


def notice_to_text(change: NoticeChange) -> str:
    """Return a change of a notice as a line for a person."""
    return _line(change.at, change.notice.severity.value if change.has_begun else "over", change.notice.text)


def entry_to_json(entry: TimelineEntry) -> str:
    """Return the object that docs/commands.md describes."""
    return json.dumps(
        {
            "at": entry.at,
            "kind": entry.kind.value,
            "severity": entry.severity.value,
            "text": entry.text,
            "contexts": entry.contexts,
            "migration_id": entry.migration_id,
        }
    )


def notice_to_json(change: NoticeChange) -> str:
    """Return the object that docs/commands.md describes."""
    return json.dumps(
        {
            "at": change.at,
            "kind": "notice",
            "severity": change.notice.severity.value,
            "text": change.notice.text,
            "reason": encode_reason(change.notice.reason),
            "key": change.notice.key,
            "state": "begins" if change.has_begun else "ends",
        }
    )


def _line(at: float, kind: str, text: str) -> str:
    return f"{format_utc(at)}  {kind:<10}{clean_text(text, 500)}"
