"""Google's advice over the network: what it recommends can be had, and what it does not mention cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oracle.errors import SourceUnavailable
from oracle.market import Offering, OperatingSystem
from oracle.reasons import OracleCode
from oracle.signals import Obtainability
from oracle.sources.gcp.capacity_advice import GcpCapacityAdvice
from oracle.sources.gcp.compute_api import ComputeApi
from oracle.sources.live import LiveAnswer
from tests.oracle.fakes import NOON
from tests.oracle.sources.local_service import Asked, LocalService, Reply, ask

IOWA = Offering("gcp", "us-central1", "n2-standard-8", zone="us-central1-a")
WINDOWS = Offering("gcp", "us-central1", "n2-standard-8", system=OperatingSystem.WINDOWS)


async def ask_all(service: LocalService, *offerings: Offering) -> LiveAnswer:
    source = GcpCapacityAdvice(
        ComputeApi(service.web, f"{service.url}/compute/v1", "my-project", service.login())
    )
    return await source.ask(frozenset(offerings or (IOWA,)), NOON)


def make_advice(obtainability: float) -> dict[str, Any]:
    return {"recommendations": [{"scores": {"obtainability": obtainability, "estimatedUptime": "600s"}}]}


def test_chance_is_the_regions_whatever_the_system(tmp_path: Path) -> None:
    kept: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        kept.append(asked)
        return Reply(make_advice(0.7))

    told = ask(tmp_path, answer, lambda service: ask_all(service, IOWA, WINDOWS))
    expected = Obtainability(0.7, "0.70 of 1", 600.0)
    assert told.obtainabilities == {IOWA.of_region: expected, WINDOWS: expected}
    (asked,) = kept
    assert asked.path == "/compute/v1/projects/my-project/regions/us-central1/advice/capacity"
    assert asked.headers["Authorization"] == "Bearer secret"


def test_what_nobody_recommends_is_not_to_be_had(tmp_path: Path) -> None:
    told = ask(tmp_path, lambda asked: Reply({"recommendations": []}), ask_all)
    assert told.obtainabilities[IOWA.of_region].score == 0


def test_chance_that_google_does_not_say_is_unknown(tmp_path: Path) -> None:
    told = ask(tmp_path, lambda asked: Reply({"recommendations": [{"shards": []}]}), ask_all)
    assert told.obtainabilities == {}


@pytest.mark.parametrize("content", ["<html></html>", {"recommendations": "none"}, []])
def test_what_is_no_advice_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(SourceUnavailable) as refused:
        ask(tmp_path, lambda asked: Reply(content), ask_all)
    assert refused.value.reason.code is OracleCode.WEB_GARBLED
