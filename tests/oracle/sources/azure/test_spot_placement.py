"""Spot placement scores over the network: few questions, none of them after the quota is used up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oracle.errors import SourceUnavailable
from oracle.market import Offering
from oracle.reasons import OracleCode
from oracle.sources.azure.spot_placement import AzureSpotPlacement
from oracle.sources.live import LiveAnswer
from tests.oracle.fakes import NOON
from tests.oracle.sources.local_service import Asked, LocalService, Reply, ask

AMSTERDAM = Offering("azure", "westeurope", "Standard_D4s_v5", zone="westeurope-2")
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"


def make_score(region: str, machine: str, score: str = "High") -> dict[str, Any]:
    return {
        "region": region,
        "sku": machine,
        "score": score,
        "isQuotaAvailable": True,
        "availabilityZone": "",
    }


def answer_all(asked: Asked) -> Reply:
    """Say High of everything that is asked for."""
    return Reply(
        {
            "desiredCount": 1,
            "placementScores": [
                make_score(region, size["sku"])
                for region in asked.body["desiredLocations"]
                for size in asked.body["desiredSizes"]
            ],
        }
    )


async def ask_all(service: LocalService, *offerings: Offering) -> LiveAnswer:
    source = AzureSpotPlacement(service.web, service.url, SUBSCRIPTION, service.login())
    return await source.ask(frozenset(offerings or (AMSTERDAM,)), NOON)


def test_score_is_the_regions_and_comes_from_the_subscription_that_was_named(tmp_path: Path) -> None:
    kept: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        kept.append(asked)
        return answer_all(asked)

    told = ask(tmp_path, answer, ask_all)
    assert told.obtainabilities[AMSTERDAM.of_region].words == "High"
    assert told.prices == {}
    (asked,) = kept
    assert asked.path == (
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/westeurope/placementScores/spot/generate"
    )
    assert asked.headers["Authorization"] == "Bearer secret"


def test_quota_that_is_used_up_ends_the_questions_and_names_the_time(tmp_path: Path) -> None:
    kept: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        kept.append(asked)
        return Reply("quota", status=429, headers={"Retry-After": "3600"})

    machines = [Offering("azure", "westeurope", f"Standard_X{number}") for number in range(100)]
    with pytest.raises(SourceUnavailable) as refused:
        ask(tmp_path, answer, lambda service: ask_all(service, *machines))
    assert refused.value.reason.code is OracleCode.WEB_THROTTLED
    assert refused.value.retry_after_s == 3600
    assert len(kept) <= 4


def test_what_was_answered_before_the_quota_was_used_up_is_kept(tmp_path: Path) -> None:
    kept: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        kept.append(asked)
        return answer_all(asked) if len(kept) == 1 else Reply("", 429, {"Retry-After": "3600"})

    machines = [Offering("azure", "westeurope", f"Standard_X{number}") for number in range(100)]
    told = ask(tmp_path, answer, lambda service: ask_all(service, *machines))
    assert len(told.obtainabilities) == 5
    assert [one.code for one in told.problems] == [OracleCode.WEB_THROTTLED]


def test_garbled_scores_are_left_out_and_counted(tmp_path: Path) -> None:
    scores = [{"region": "westeurope"}, None, make_score("westeurope", "Standard_D4s_v5", "Low")]
    told = ask(tmp_path, lambda asked: Reply({"placementScores": scores}), ask_all)
    assert told.obtainabilities[AMSTERDAM.of_region].words == "Low"
    assert [(one.code, one["count"]) for one in told.problems] == [(OracleCode.WEB_ITEMS_GARBLED, 2)]
