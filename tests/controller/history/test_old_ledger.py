"""A ledger of an earlier version is taken over once, verified on the way, and stays under another name."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path

import pytest

from controller.clusters.fleet import WorkloadKey
from controller.contract.snapshots import EntryKind, MoveOutcome
from controller.history.old_ledger import GENESIS
from oracle.foundation.reason import Severity
from tests.controller.history.histories import NOW, Installation, texts

ENTRIES = [
    {
        "kind": "operator",
        "text": "paris armed: writes are allowed",
        "contexts": ["paris"],
        "migration_id": None,
    },
    {"kind": "migration", "text": "Moving é to osaka", "contexts": ["paris", "osaka"], "migration_id": "m1"},
    {
        "kind": "migration",
        "text": "Moved to osaka. It cost 2.00 USD",
        "contexts": ["paris", "osaka"],
        "migration_id": "m1",
        "outcome": {
            "workload": "paris/shop/checkout",
            "target": "osaka",
            "cost_usd": "2.00",
            "savings_usd_per_day": None,
        },
        "facts": {"phase": "DONE"},
    },
]


def write_ledger(path: Path) -> list[str]:
    """The file as versions before the history wrote it; returns its lines."""
    lines, previous = [], GENESIS
    for number, entry in enumerate(ENTRIES, start=1):
        document = {
            "sequence": number,
            "at": NOW + number,
            "severity": "info",
            "outcome": None,
            "facts": {},
            **entry,
            "previous": previous,
        }
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256(canonical.encode()).hexdigest()
        lines.append(json.dumps({**document, "hash": previous}, ensure_ascii=False) + "\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines), encoding="utf-8")
    return lines


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    installation = Installation(tmp_path)
    write_ledger(installation.files.old_ledger)
    return installation


def test_the_timeline_goes_on_where_the_ledger_ended(installation: Installation) -> None:
    installation.files.old_ledger.with_name("ledger.jsonl.lock").touch()
    content = installation.files.old_ledger.read_bytes()
    for _ in range(2):
        with installation.run() as history:
            assert texts(history) == [entry["text"] for entry in ENTRIES]
            last = history.newest(1)[0]
            assert (last.at, last.kind, last.severity) == (NOW + 3, EntryKind.MIGRATION, Severity.INFO)
            assert (last.migration_id, last.contexts) == ("m1", ("paris", "osaka"))
            workload = WorkloadKey("paris", "shop", "checkout")
            assert last.outcome == MoveOutcome(workload, "osaka", Decimal("2.00"), None)
            assert history.reasons == ()
    folder = installation.files.database.parent
    assert {file.name for file in folder.iterdir()} == {
        "history.db",
        "history.key",
        "ledger.jsonl.taken-over",
    }
    assert (folder / "ledger.jsonl.taken-over").read_bytes() == content
    assert installation.verify().reason is None


def test_a_ledger_that_could_not_be_renamed_is_not_taken_over_twice(installation: Installation) -> None:
    with installation.run():
        pass
    installation.files.old_ledger.with_name("ledger.jsonl.taken-over").rename(installation.files.old_ledger)
    with installation.run() as history:
        assert len(texts(history)) == len(ENTRIES)
    assert not installation.files.old_ledger.exists()


@pytest.mark.parametrize(
    ("damage", "line", "kept"),
    [
        (lambda lines: [lines[0], lines[1].replace("Moving", "Losing"), lines[2]], 2, 3),
        (lambda lines: [lines[0], lines[2]], 2, 2),
        (lambda lines: [lines[1], lines[0], lines[2]], 1, 3),
        (lambda lines: [lines[0], "{}\n", *lines[1:]], 2, 3),
        (lambda lines: [*lines, lines[2][:40]], 4, 3),
        (lambda lines: ["null\n", "[" * 100_000 + "\n"], 1, 0),
    ],
    ids=["changed", "removed", "reordered", "put in", "torn", "no ledger at all"],
)
def test_what_does_not_fit_is_told_and_what_can_be_read_is_kept(
    tmp_path: Path, damage, line: int, kept: int
) -> None:
    installation = Installation(tmp_path)
    lines = write_ledger(installation.files.old_ledger)
    installation.files.old_ledger.write_text("".join(damage(lines)), encoding="utf-8")
    with installation.run() as history:
        *rest, told = texts(history)
        assert len(rest) == kept
        assert f"line {line} does not fit its hash chain" in told


def test_bytes_that_are_no_text_are_told(installation: Installation) -> None:
    file = installation.files.old_ledger
    file.write_bytes(file.read_bytes().replace("é".encode(), b"\xff"))
    with installation.run() as history:
        assert "line 2 does not fit" in texts(history)[-1]
