"""A journal of version 1 says the same in the words of version 2, or is refused with the place."""

from __future__ import annotations

from typing import Any

import pytest

from controller.migration.protocol.journal_reasons import JournalCode
from controller.migration.protocol.journal_v1 import upgrade
from controller.migration.protocol.wire import WireError
from oracle.foundation.reason import Reason

CREATED = {"path": "/api/v1/namespaces/shop/configmaps/settings", "uid": "uid-c"}


def migration(**changes: Any) -> dict[str, Any]:
    """What version 1 has of a migration, as far as it was another then."""
    quote = {"source": "prices.csv", "observed_at": 7.0, "context": "paris"}
    dry_run = {"source_quote": quote, "target_quote": None, "target": "osaka"}
    known = {"created": [CREATED], "state": {"reason": "", "wave": 1}, "dry_run": dry_run, "floor": 6}
    return {**known, **changes}


def problem_of(known: Any) -> Reason:
    """Why it is refused."""
    with pytest.raises(WireError) as refused:
        upgrade(known)
    return refused.value.reason


def test_what_was_created_a_reason_and_a_moment_are_said_as_version_2_says_them() -> None:
    moments = {"in_force_since": 7.0, "confirmed_at": 7.0, "mode": "recorded", "playback": None}
    noted = {"key": CREATED["path"], "value": CREATED["uid"]}
    assert upgrade(migration()) == {
        "steps": [{"name": "copies", "status": "preparing", "source": [], "target": [noted]}],
        "state": {"reason": None, "wave": 1},
        "dry_run": {
            "source_quote": {"source": "prices.csv", "context": "paris", **moments},
            "target_quote": None,
            "target": "osaka",
        },
        "floor": 6,
    }


def test_a_move_that_created_nothing_has_no_step() -> None:
    assert upgrade(migration(created=[]))["steps"] == []


def test_only_a_quote_of_the_simulated_market_is_simulated() -> None:
    quote = {"source": "simulated market", "observed_at": 7.0}
    upgraded = upgrade(migration(dry_run={"target_quote": quote, "source_quote": {**quote, "source": "x"}}))
    assert upgraded["dry_run"]["target_quote"]["mode"] == "simulated"
    assert upgraded["dry_run"]["source_quote"]["mode"] == "recorded"


@pytest.mark.parametrize(
    "dry_run", [{"source_quote": "cheap"}, {"source_quote": {"a": 1}}, {"other": {"observed_at": 7.0}}, []]
)
def test_what_is_no_quote_of_version_1_is_left_to_the_decoding(dry_run: object) -> None:
    assert upgrade(migration(dry_run=dry_run))["dry_run"] == dry_run


@pytest.mark.parametrize("known", [[], "created", {"floor": 6}, migration(steps=[])])
def test_what_is_none_of_version_1_is_refused(known: object) -> None:
    assert problem_of(known) == JournalCode.NOT_OF_VERSION_1.because(where="migration")


@pytest.mark.parametrize("item", ["/path", {"path": "/path"}, {**CREATED, "more": 1}, ["path", "uid"]])
def test_what_is_no_created_object_is_refused_with_its_place(item: object) -> None:
    nothing = JournalCode.NOTHING_AT.because(wanted="created object", where="migration.created[1]")
    assert problem_of(migration(created=[CREATED, item])) == nothing


def test_what_is_no_list_of_created_objects_is_refused() -> None:
    nothing = JournalCode.NOTHING_AT.because(wanted="list", where="migration.created")
    assert problem_of(migration(created={})) == nothing
