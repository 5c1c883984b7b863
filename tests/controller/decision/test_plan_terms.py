"""The digest names a plan: each of its terms belongs to what a person agreed to, a tick of a price does not."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from controller.contract.dry_run import Staying
from controller.decision.plan_terms import PlanTerms, accepts_digest, compute_digest
from tests.controller.decision.worlds import CHECKOUT

TERMS = PlanTerms(
    workload=CHECKOUT,
    workload_uid="uid-checkout",
    template_hash="template",
    source_cluster_uid="uid-tokyo",
    target="virginia",
    target_cluster_uid="uid-virginia",
    replicas=4,
    wave_sizes=(1, 1, 1, 1),
    accepted=(),
    egress_gb=Decimal(1),
    egress_usd=Decimal("0.09"),
    source_usd_per_hour=Decimal("0.40"),
    target_usd_per_hour=Decimal("0.10"),
)
OTHERS: dict[str, Any] = {
    "workload": replace(CHECKOUT, name="other"),
    "workload_uid": "another",
    "template_hash": "newer",
    "source_cluster_uid": "another",
    "target": "oregon",
    "target_cluster_uid": "another",
    "replicas": 5,
    "wave_sizes": (1, 3),
    "accepted": ("two-at-once",),
    "egress_gb": Decimal(2),
    "egress_usd": Decimal("0.18"),
    "source_usd_per_hour": Decimal("0.42"),
    "target_usd_per_hour": Decimal("0.105"),
    "way_back_of": "m1",
    "staying": Staying(1, 2),
    "target_template": "theirs",
    "target_uid": "another",
}


@pytest.mark.parametrize("term", [field.name for field in fields(PlanTerms)])
def test_a_plan_with_one_other_term_is_another_plan(term: str) -> None:
    assert not accepts_digest(replace(TERMS, **{term: OTHERS[term]}), compute_digest(TERMS))


def test_the_way_back_of_one_move_is_not_that_of_another() -> None:
    one, other = (replace(TERMS, way_back_of=of) for of in ("m1", "m2"))
    assert not accepts_digest(one, compute_digest(other))


def test_an_unknown_amount_is_none_of_the_known_ones() -> None:
    assert not accepts_digest(replace(TERMS, egress_usd=None), compute_digest(TERMS))
    assert not accepts_digest(TERMS, compute_digest(replace(TERMS, target_usd_per_hour=None)))


def test_an_amount_is_the_same_however_it_is_written() -> None:
    assert compute_digest(replace(TERMS, egress_gb=Decimal("1.00"))) == compute_digest(TERMS)
