"""Azure's words about capacity keep their order, and a subscription that may not have a machine cannot get it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from oracle.signals import Obtainability
from oracle.sources.azure.placement_scores import (
    MAX_MACHINES,
    MAX_REGIONS,
    PlacementScore,
    build_questions,
    read_scores,
)


def read(**fields: Any) -> Obtainability | None:
    entry = {"region": "WestEurope", "sku": "Standard_D4s_v5", "availabilityZone": "", **fields}
    return read_scores([msgspec.convert(entry, PlacementScore)]).get(("westeurope", "standard_d4s_v5"))


def test_words_keep_their_order() -> None:
    scores = [read(score=word, isQuotaAvailable=True) for word in ("Low", "Medium", "High")]
    assert [score.words for score in scores if score] == ["Low", "Medium", "High"]
    numbers = [score.score for score in scores if score]
    assert numbers == sorted(set(numbers))
    assert numbers[0] > 0


@pytest.mark.parametrize("word", ["DataNotFoundOrStale", "Excellent", ""])
def test_what_azure_does_not_know_is_unknown(word: str) -> None:
    assert read(score=word, isQuotaAvailable=True) is None


def test_machine_without_quota_is_not_to_be_had_however_many_there_are() -> None:
    assert read(score="High", isQuotaAvailable=False) == Obtainability(0.0, "High, but no quota is left")


def test_quota_of_which_nothing_is_said_is_not_taken_for_none() -> None:
    assert read(score="Medium") == Obtainability(0.5, "Medium")


def test_machine_that_is_not_sold_to_the_subscription_is_not_to_be_had() -> None:
    score = read(score="RestrictedSkuNotAvailable", isQuotaAvailable=True)
    assert score == Obtainability(0.0, "not sold to this subscription")


def test_questions_name_all_that_is_wanted_within_the_bounds_of_azure() -> None:
    wanted = {(f"region{place}", f"m{kind}") for place in range(19) for kind in range(7)}
    questions = build_questions(wanted | {("region0", "m7")})
    asked = [
        (region, size["sku"])
        for question in questions
        for region in question["desiredLocations"]
        for size in question["desiredSizes"]
    ]
    assert set(asked) == wanted | {("region0", "m7")}
    assert len(asked) == len(set(asked))
    for question in questions:
        assert len(question["desiredLocations"]) <= MAX_REGIONS
        assert len(question["desiredSizes"]) <= MAX_MACHINES
        assert question["availabilityZones"] is False
