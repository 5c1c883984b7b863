"""What turns a migration aside says in which cluster, and who or what it was."""

from __future__ import annotations

import pytest

from controller.migration.protocol.errors import (
    FactsOutdated,
    HandedOver,
    Interrupted,
    LeaseLost,
    LeaseUncertain,
    MigrationRefused,
)
from controller.reasons import Code
from tests.controller.migration.records import BECAUSE


def test_a_lost_lease_says_who_has_it() -> None:
    lost = LeaseLost("osaka", "laptop-7")
    assert (lost.context, lost.reason) == (
        "osaka",
        Code.LEASE_LOST.because(context="osaka", holder="laptop-7"),
    )
    assert LeaseLost("osaka", "").reason["holder"] == "nobody"


def test_who_hands_over_says_that_a_person_asked() -> None:
    handed = HandedOver("osaka")
    assert handed.context == "osaka"
    assert handed.reason["holder"] == "a person at another instance"


def test_a_lease_that_was_not_renewed_and_a_write_that_came_too_late_name_their_cluster() -> None:
    uncertain = LeaseUncertain("paris")
    assert (uncertain.context, uncertain.reason) == ("paris", Code.LEASE_UNCERTAIN.because(context="paris"))
    assert FactsOutdated("paris").reason == Code.WRITE_TOO_LATE.because(context="paris")


@pytest.mark.parametrize(("by_stop", "code"), [(True, Code.PROGRAM_ENDS), (False, Code.CANCELLED)])
def test_an_interruption_says_whether_the_program_ends_or_a_person_cancelled(
    by_stop: bool, code: Code
) -> None:
    interrupted = Interrupted(by_stop=by_stop)
    assert (interrupted.by_stop, interrupted.reason) == (by_stop, code.because())


def test_a_refusal_names_the_workload_and_the_cluster_that_is_the_cause() -> None:
    refused = MigrationRefused("shop/checkout", BECAUSE, context="osaka")
    assert (refused.workload, refused.context, refused.reason) == ("shop/checkout", "osaka", BECAUSE)
    assert str(refused) == f"shop/checkout cannot be moved: {BECAUSE}"
    assert MigrationRefused("shop/checkout", BECAUSE).context is None
