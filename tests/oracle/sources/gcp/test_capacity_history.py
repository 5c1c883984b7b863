"""Google's history over the network: one question for each machine, and the regions' prices for all their zones."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oracle.errors import SourceUnavailable
from oracle.market import Offering, OperatingSystem
from oracle.reasons import OracleCode
from oracle.sources.gcp.capacity_history import GcpCapacityHistory
from oracle.sources.gcp.compute_api import ComputeApi
from oracle.sources.live import LiveAnswer, PriceClaim
from tests.oracle.sources.gcp.test_advice_records import HISTORY, JULY, MAY, NOW, make_rate
from tests.oracle.sources.local_service import Asked, LocalService, Reply, ask

IOWA = Offering("gcp", "us-central1", "n2-standard-8", zone="us-central1-a")
SPOT = IOWA.of_region
ANSWER = {
    "location": "regions/us-central1",
    "machineType": "n2-standard-8",
    "priceHistory": HISTORY,
    "preemptionHistory": [make_rate(1, 0.02)],
}


async def ask_all(service: LocalService, *offerings: Offering) -> LiveAnswer:
    source = GcpCapacityHistory(
        ComputeApi(service.web, f"{service.url}/compute/v1", "my-project", service.login())
    )
    return await source.ask(frozenset(offerings or (IOWA,)), NOW)


def test_price_its_past_and_the_preemptions_are_the_regions(tmp_path: Path) -> None:
    kept: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        kept.append(asked)
        return Reply(ANSWER)

    told = ask(tmp_path, answer, ask_all)
    assert told.prices == {SPOT: PriceClaim(Decimal("0.07"), JULY)}
    assert [point.observed_at for point in told.past[SPOT]] == [MAY, JULY]
    assert told.interruptions[SPOT].at_most == 0.02
    assert told.problems == ()
    (asked,) = kept
    assert asked.path == "/compute/v1/projects/my-project/regions/us-central1/advice/capacityHistory"
    assert asked.headers["Authorization"] == "Bearer secret"
    assert asked.body["instanceProperties"]["machineType"] == "n2-standard-8"


def test_two_zones_of_a_region_are_one_question(tmp_path: Path) -> None:
    kept: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        kept.append(asked)
        return Reply(ANSWER)

    other = Offering("gcp", "us-central1", "n2-standard-8", zone="us-central1-b")
    ask(tmp_path, answer, lambda service: ask_all(service, IOWA, other))
    assert len(kept) == 1


@pytest.mark.parametrize("answer", [{}, {"priceHistory": [], "preemptionHistory": []}, {"machineType": "x"}])
def test_machine_of_which_google_knows_nothing_is_unknown_and_no_fault(tmp_path: Path, answer: Any) -> None:
    told = ask(tmp_path, lambda asked: Reply(answer), ask_all)
    assert (told.prices, told.interruptions, told.problems) == ({}, {}, ())


def test_machine_that_google_does_not_know_takes_nothing_from_the_others(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        machine = asked.body["instanceProperties"]["machineType"]
        return Reply(ANSWER) if machine == "n2-standard-8" else Reply({"error": {}}, status=400)

    custom = Offering("gcp", "us-central1", "n2-custom-6-20480")
    told = ask(tmp_path, answer, lambda service: ask_all(service, IOWA, custom))
    assert told.prices.keys() == {SPOT}
    assert [one.code for one in told.problems] == [OracleCode.WEB_STATUS_UNEXPECTED]


def test_many_machines_that_google_does_not_know_do_not_hide_the_one_that_it_knows(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        machine = asked.body["instanceProperties"]["machineType"]
        return Reply(ANSWER) if machine == "n2-standard-8" else Reply({"error": {}}, status=400)

    unknown = [Offering("gcp", "us-central1", f"a-custom-{number}") for number in range(20)]
    told = ask(tmp_path, answer, lambda service: ask_all(service, *unknown, IOWA))
    assert told.prices.keys() == {SPOT}


def test_windows_whose_licence_is_billed_beside_has_no_price_here(tmp_path: Path) -> None:
    windows = Offering("gcp", "us-central1", "n2-standard-8", system=OperatingSystem.WINDOWS)
    told = ask(tmp_path, lambda asked: Reply(ANSWER), lambda service: ask_all(service, IOWA, windows))
    assert told.prices.keys() == {SPOT}


def test_garbled_records_are_left_out_and_counted(tmp_path: Path) -> None:
    records = [{"interval": {}}, None, *HISTORY]
    odd = {**ANSWER, "priceHistory": records, "preemptionHistory": ["x"]}
    told = ask(tmp_path, lambda asked: Reply(odd), ask_all)
    assert told.prices == {SPOT: PriceClaim(Decimal("0.07"), JULY)}
    assert [(one.code, one["count"]) for one in told.problems] == [(OracleCode.WEB_ITEMS_GARBLED, 3)]


def test_project_that_may_not_ask_is_told_so_after_few_questions(tmp_path: Path) -> None:
    kept: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        kept.append(asked)
        return Reply({"error": {"code": 403}}, status=403)

    machines = [Offering("gcp", "us-central1", f"n2-standard-{number}") for number in range(100)]
    with pytest.raises(SourceUnavailable) as refused:
        ask(tmp_path, answer, lambda service: ask_all(service, *machines))
    assert refused.value.reason.code is OracleCode.WEB_DENIED
    assert len(kept) <= 8
