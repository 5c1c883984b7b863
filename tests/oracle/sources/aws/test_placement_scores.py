"""Placement scores: what they are of, and that few new requests are made a day."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from oracle.errors import SourceUnavailable
from oracle.market import Offering
from oracle.reasons import OracleCode
from oracle.signals import Obtainability
from oracle.sources.aws.placement_scores import DAY_S, AwsPlacementScores, RequestBudget, read_scores
from tests.oracle.fakes import NOON
from tests.oracle.sources.aws.ec2_server import answer_with, ec2_server, name_credentials, refuse_with
from tests.oracle.sources.price_servers import PriceServer, Waits

TYPES = ("c5.large", "m5.large", "m6i.large")
WANTED = frozenset(Offering("aws", region, name) for region in ("eu-west-1", "us-east-1") for name in TYPES)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    name_credentials(monkeypatch, tmp_path)


def write_scores(scores: dict[str, int]) -> str:
    items = (f"<item><region>{name}</region><score>{score}</score></item>" for name, score in scores.items())
    return f"<spotPlacementScoreSet>{''.join(items)}</spotPlacementScoreSet>"


def with_scores(
    folder: Path, work: Callable[[AwsPlacementScores, PriceServer, Waits], Awaitable[None]]
) -> None:
    async def run() -> None:
        waits = Waits()
        async with ec2_server(folder, waits) as (server, api):
            server.answers["/eu-west-1/"] = answer_with(
                lambda fields: write_scores({"eu-west-1": 7, "us-east-1": 10})
            )
            await work(AwsPlacementScores(api, waits.time.clocks), server, waits)

    asyncio.run(run())


def test_a_score_is_of_a_region_and_of_all_wanted_types_together(tmp_path: Path) -> None:
    async def work(scores: AwsPlacementScores, server: PriceServer, waits: Waits) -> None:
        answer = await scores.ask(WANTED, NOON)
        assert {one.region: said for one, said in answer.obtainabilities.items()} == {
            "eu-west-1": Obtainability(0.7, "7 of 10 for 10 of 3 types"),
            "us-east-1": Obtainability(1.0, "10 of 10 for 10 of 3 types"),
        }
        assert set(answer.obtainabilities) == WANTED
        assert dict(answer.prices) == {}

    with_scores(tmp_path, work)


def test_fewer_than_three_types_are_not_scored_and_that_is_told(tmp_path: Path) -> None:
    async def work(scores: AwsPlacementScores, server: PriceServer, waits: Waits) -> None:
        answer = await scores.ask(frozenset({Offering("aws", "eu-west-1", "m5.large")}), NOON)
        assert dict(answer.obtainabilities) == {}
        assert [problem.code for problem in answer.problems] == [OracleCode.SCORES_NEED_TYPES]
        assert server.asked == []

    with_scores(tmp_path, work)


def test_who_may_not_ask_for_scores_is_told_so(tmp_path: Path) -> None:
    async def work(scores: AwsPlacementScores, server: PriceServer, waits: Waits) -> None:
        server.answers["/eu-west-1/"] = refuse_with("UnauthorizedOperation", 403)
        with pytest.raises(SourceUnavailable) as raised:
            await scores.ask(WANTED, NOON)
        assert raised.value.reason.code is OracleCode.AWS_DENIED

    with_scores(tmp_path, work)


def test_what_changes_all_day_is_scored_a_few_times(tmp_path: Path) -> None:
    async def work(scores: AwsPlacementScores, server: PriceServer, waits: Waits) -> None:
        for number in range(5):
            await scores.ask(WANTED | {Offering("aws", "eu-west-1", f"m{number}.large")}, NOON)
        with pytest.raises(SourceUnavailable) as raised:
            await scores.ask(WANTED | {Offering("aws", "eu-west-1", "x2.large")}, NOON)
        assert raised.value.reason.code is OracleCode.SCORES_SPENT
        waits.time.pass_time(DAY_S)
        assert (await scores.ask(WANTED, NOON)).obtainabilities

    with_scores(tmp_path, work)


def test_the_same_request_costs_nothing_and_a_day_later_another_may_be_made() -> None:
    budget = RequestBudget(limit=2)
    assert [
        budget.find_wait(("a",), 0.0),
        budget.find_wait(("b",), 10.0),
        budget.find_wait(("a",), 20.0),
    ] == [0, 0, 0]
    assert budget.find_wait(("c",), 100.0) == DAY_S - 100.0
    assert budget.find_wait(("c",), DAY_S) == 0.0


@pytest.mark.parametrize("score", [0, 11, -1, "7", 7.0, None])
def test_what_is_no_score_is_unknown(score: object) -> None:
    assert read_scores(({"Region": "eu-west-1", "Score": score},)) == {}
    assert read_scores(({"Score": 7}, {"Region": "us-east-1", "Score": 7})) == {"us-east-1": 7}
