"""One move with its exact prices: what is not known of its routes is never taken for nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from controller.decision.candidates import Candidate, price_candidate, rank_candidate
from controller.decision.egress import EgressRate
from controller.decision.settings import DecisionSettings
from controller.decision.sites import describe_site
from tests.controller.decision.worlds import (
    EGRESS,
    SETTINGS,
    make_board,
    make_cluster,
    make_facts,
    make_workload,
)

MOVING = make_workload(state_gb=10.0)


@dataclass(frozen=True)
class OneWay:
    """Egress prices that say nothing of what leaves a region."""

    silent: str

    def find_rate(
        self, source_provider: str, source_region: str, target_provider: str, target_region: str
    ) -> EgressRate | None:
        if source_region == self.silent:
            return None
        return EGRESS.find_rate(source_provider, source_region, target_provider, target_region)


def price(settings: DecisionSettings) -> Candidate:
    return price_candidate(
        describe_site(make_cluster("tokyo", MOVING)),
        MOVING,
        describe_site(make_cluster("virginia")),
        make_facts(make_board(tokyo="0.40", virginia="0.10"), settings),
    )


def test_a_route_back_whose_price_is_not_known_counts_as_the_route_there() -> None:
    settings = replace(SETTINGS, egress=OneWay("us-east-1"))
    candidate = price(settings)
    assert candidate.bill is not None
    assert candidate.transfer.usd is not None
    assert candidate.transfer.return_usd is None
    back = settings.return_probability * candidate.transfer.usd
    assert rank_candidate(candidate, settings) == candidate.bill.net_usd - back


def test_a_move_whose_route_is_not_known_has_no_rank() -> None:
    settings = replace(SETTINGS, egress=OneWay("ap-northeast-1"))
    assert price(settings).transfer.usd is None
    assert rank_candidate(price(settings), settings) is None
