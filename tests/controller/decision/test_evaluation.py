"""The 24-hour dry run: its numbers, its verdicts, and what it never says."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.clusters.fleet import Health, Resources, WorkloadKey
from controller.contract.dry_run import DryRun, Verdict
from controller.decision.evaluation import confirm_move, evaluate_move
from controller.decision.settings import DecisionSettings
from controller.errors import PlanOutdated
from oracle.quotes import QuoteBoard
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    SETTINGS,
    make_board,
    make_cluster,
    make_picture,
    make_quote,
    make_workload,
    two_regions,
)

prices = st.decimals(min_value="0.001", max_value=50, places=4)
gigabytes = st.floats(min_value=0, max_value=5000).map(lambda gb: round(gb, 3))


def evaluate(
    tokyo: str = "0.40", virginia: str = "0.10", settings: DecisionSettings = SETTINGS, **workload: Any
) -> DryRun:
    board = make_board(tokyo=tokyo, virginia=virginia)
    return evaluate_move(two_regions(**workload), board, settings, CHECKOUT, "virginia", NOW)


def test_a_clear_case_pays_with_every_number_in_it() -> None:
    dry_run = evaluate()
    assert dry_run.verdict is Verdict.PAYS
    assert dry_run.source_usd_per_hour == Decimal("0.40")
    assert dry_run.target_usd_per_hour == Decimal("0.10")
    assert dry_run.savings_usd == Decimal("7.20")
    assert dry_run.egress_usd == Decimal("0.09")
    assert dry_run.return_egress_usd == Decimal("0.02")
    assert dry_run.warm_up_usd == Decimal("0.005")
    # Four pods in four waves of 0.1 h: the target's 0.1 h, and 0.25 h of late savings.
    assert dry_run.overlap_usd == Decimal("0.010") + Decimal("0.075")
    assert dry_run.overlap_h == Decimal("0.4")
    assert dry_run.net_usd == Decimal("7.02")
    assert dry_run.payback_h == Decimal("0.60")
    assert "$7.02 net" in dry_run.reason


def test_egress_above_the_savings_of_the_day_is_a_veto() -> None:
    dry_run = evaluate(state_gb=100.0)
    assert dry_run.verdict is Verdict.TOO_DEAR
    assert dry_run.net_usd is not None
    assert dry_run.net_usd < 0
    assert "more than the $7.20 it saves in 24 h" in dry_run.reason


def test_a_dearer_target_never_pays_back() -> None:
    dry_run = evaluate(tokyo="0.10", virginia="0.40")
    assert dry_run.verdict is Verdict.TOO_DEAR
    assert dry_run.payback_h is None
    assert "not cheaper" in dry_run.reason


def test_a_gain_below_the_minimum_is_not_worth_it() -> None:
    dry_run = evaluate(settings=replace(SETTINGS, minimum_net_usd=Decimal(100)))
    assert dry_run.verdict is Verdict.TOO_DEAR
    assert "less than the minimum of $100" in dry_run.reason


def test_a_rate_difference_within_the_noise_is_not_worth_it() -> None:
    dry_run = evaluate(tokyo="40", virginia="39")
    assert dry_run.verdict is Verdict.TOO_DEAR
    assert "2.5% of the rate" in dry_run.reason


@pytest.mark.parametrize(
    ("workload", "reason"),
    [
        ({"obstacles": ("it uses the persistent volume claim data",)}, "persistent volume claim"),
        ({"desired_replicas": 0}, "no replicas"),
        ({"requests": None}, "requests no CPU"),
        ({"available_replicas": 3}, "3 of 4 replicas are available"),
        ({"available_replicas": None}, "unknown number of 4"),
        ({"requests": Resources(5.0, 1.0)}, "fits"),
        ({"desired_replicas": 16, "available_replicas": 16}, "not enough room"),
    ],
    ids=["volume", "no replicas", "no requests", "unhealthy", "unknown health", "too large", "no room"],
)
def test_a_workload_that_cannot_move_is_refused(workload: dict[str, Any], reason: str) -> None:
    dry_run = evaluate(**workload)
    assert dry_run.verdict is Verdict.REFUSED
    assert reason in dry_run.reason


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"health": Health.UNREACHABLE, "reason": "no route"}, "virginia is unreachable: no route"),
        ({"uid": None}, "identity"),
        ({"uid": "uid-tokyo"}, "same cluster"),
        ({"is_complete": False}, "not been read completely"),
        ({"free": None}, "free room is not known"),
        ({"nodes": ()}, "no ready node"),
        ({"workloads": (make_workload(replace(CHECKOUT, context="virginia")),)}, "already runs 4 replicas"),
    ],
    ids=["unreachable", "no uid", "same cluster", "half read", "free unknown", "no nodes", "taken"],
)
def test_a_target_that_cannot_take_it_is_refused(target: dict[str, Any], reason: str) -> None:
    picture = make_picture(make_cluster("tokyo", make_workload()), make_cluster("virginia", **target))
    board = make_board(tokyo="0.40", virginia="0.10")
    dry_run = evaluate_move(picture, board, SETTINGS, CHECKOUT, "virginia", NOW)
    assert dry_run.verdict is Verdict.REFUSED
    assert reason in dry_run.reason


def test_another_architecture_is_refused() -> None:
    virginia = make_cluster("virginia")
    arm = tuple(replace(node, architecture="arm64") for node in virginia.nodes)
    picture = make_picture(make_cluster("tokyo", make_workload()), replace(virginia, nodes=arm))
    board = make_board(tokyo="0.40", virginia="0.10")
    assert "arm64" in evaluate_move(picture, board, SETTINGS, CHECKOUT, "virginia", NOW).reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"denied_targets": frozenset({"aws/us-east-1"})}, "deny list"),
        ({"denied_targets": frozenset({"virginia"})}, "deny list"),
        ({"allowed_targets": frozenset({"gcp"})}, "not on the allow list"),
        ({"maximum_node_usd_per_hour": Decimal("0.05")}, "more than the limit of $0.05"),
    ],
    ids=["denied region", "denied context", "not allowed", "too dear"],
)
def test_constraints_of_the_settings_are_kept(changes: dict[str, Any], reason: str) -> None:
    dry_run = evaluate(settings=replace(SETTINGS, **changes))
    assert dry_run.verdict is Verdict.REFUSED
    assert reason in dry_run.reason


def test_what_does_not_exist_is_refused_with_its_name() -> None:
    board = make_board(tokyo="0.40")
    missing = WorkloadKey("tokyo", "shop", "nowhere")
    assert (
        "no workload tokyo/shop/nowhere"
        in evaluate_move(two_regions(), board, SETTINGS, missing, "virginia", NOW).reason
    )
    assert "no context mars" in evaluate_move(two_regions(), board, SETTINGS, CHECKOUT, "mars", NOW).reason


@pytest.mark.parametrize("known", ["tokyo", "virginia"])
def test_an_unknown_price_never_pays(known: str) -> None:
    dry_run = evaluate_move(two_regions(), make_board(**{known: "0.1"}), SETTINGS, CHECKOUT, "virginia", NOW)
    assert dry_run.verdict is Verdict.UNKNOWN
    assert dry_run.net_usd is None
    assert "no current price" in dry_run.reason


def test_an_expired_price_is_an_unknown_price() -> None:
    board = make_board(tokyo="0.40", virginia="0.10")
    dry_run = evaluate_move(two_regions(), board, SETTINGS, CHECKOUT, "virginia", NOW + 180.0)
    assert dry_run.verdict is Verdict.UNKNOWN


def test_undeclared_state_never_pays() -> None:
    dry_run = evaluate(state_gb=None)
    assert dry_run.verdict is Verdict.UNKNOWN
    assert "sentinelaura.io/state-gb" in dry_run.reason
    assert dry_run.savings_usd == Decimal("7.20"), "what is known is still shown"


def test_the_settings_may_assume_a_state() -> None:
    settings = replace(SETTINGS, assumed_state_gb=Decimal(2))
    assert evaluate(state_gb=None, settings=settings).egress_usd == Decimal("0.18")


def test_an_unknown_way_never_pays() -> None:
    assert evaluate(settings=DecisionSettings()).verdict is Verdict.UNKNOWN


def test_a_plan_expires_with_the_older_price() -> None:
    quotes = [make_quote("tokyo", "0.40", deadline=NOW + 60), make_quote("virginia", "0.10")]
    board = QuoteBoard({(q.context, q.offering): q for q in quotes})
    assert evaluate_move(two_regions(), board, SETTINGS, CHECKOUT, "virginia", NOW).expires_at == NOW + 60


@given(tokyo=prices, virginia=prices, gb=gigabytes)
def test_the_sums_are_exact(tokyo: Decimal, virginia: Decimal, gb: float) -> None:
    dry_run = evaluate(str(tokyo), str(virginia), state_gb=gb)
    assert dry_run.source_usd_per_hour is not None
    assert dry_run.target_usd_per_hour is not None
    assert dry_run.savings_usd == (dry_run.source_usd_per_hour - dry_run.target_usd_per_hour) * 24
    parts = (dry_run.egress_usd, dry_run.overlap_usd, dry_run.warm_up_usd)
    costs = sum((part for part in parts if part is not None), Decimal(0))
    assert dry_run.net_usd == dry_run.savings_usd - costs


@given(tokyo=prices, virginia=prices, gb=gigabytes)
def test_only_a_gain_pays(tokyo: Decimal, virginia: Decimal, gb: float) -> None:
    dry_run = evaluate(str(tokyo), str(virginia), state_gb=gb)
    if dry_run.verdict is Verdict.PAYS:
        assert dry_run.net_usd is not None
        assert dry_run.net_usd >= SETTINGS.minimum_net_usd
        assert dry_run.payback_h is not None
        assert dry_run.payback_h <= 24


@given(gb=gigabytes, more=st.floats(min_value=0.001, max_value=1000).map(lambda gb: round(gb, 3)))
def test_more_data_never_makes_a_move_better(gb: float, more: float) -> None:
    little, much = evaluate(state_gb=gb).net_usd, evaluate(state_gb=gb + more).net_usd
    assert little is not None
    assert much is not None
    assert much < little


@given(tokyo=prices, virginia=prices)
def test_moving_there_and_back_never_gains(tokyo: Decimal, virginia: Decimal) -> None:
    picture = make_picture(make_cluster("tokyo", make_workload()), make_cluster("virginia"))
    back = make_picture(
        make_cluster("tokyo"), make_cluster("virginia", make_workload(replace(CHECKOUT, context="virginia")))
    )
    board = make_board(tokyo=str(tokyo), virginia=str(virginia))
    out = evaluate_move(picture, board, SETTINGS, CHECKOUT, "virginia", NOW)
    home = evaluate_move(back, board, SETTINGS, replace(CHECKOUT, context="virginia"), "tokyo", NOW)
    assert out.net_usd is not None
    assert home.net_usd is not None
    assert out.net_usd + home.net_usd < 0


class TestConfirmation:
    """A person confirms what they saw, by its digest."""

    def confirm(self, digest: str, *, tokyo: str = "0.40", virginia: str = "0.10", **workload: Any) -> DryRun:
        board = make_board(tokyo=tokyo, virginia=virginia)
        return confirm_move(two_regions(**workload), board, SETTINGS, CHECKOUT, "virginia", digest, NOW)

    def test_the_same_plan_is_confirmed(self) -> None:
        assert self.confirm(evaluate().plan_digest).verdict is Verdict.PAYS

    @given(drift=st.floats(min_value=-0.0199, max_value=0.0199), base=prices)
    def test_a_tick_below_two_percent_is_always_accepted(self, drift: float, base: Decimal) -> None:
        seen, later = str(base), str(base * Decimal(repr(1 + drift)))
        digest = evaluate(tokyo="90", virginia=seen).plan_digest
        assert self.confirm(digest, tokyo="90", virginia=later).verdict is Verdict.PAYS

    @given(drift=st.floats(min_value=0.0405, max_value=0.5), base=prices)
    def test_a_change_above_four_percent_is_never_accepted(self, drift: float, base: Decimal) -> None:
        seen, later = str(base), str(base * Decimal(repr(1 + drift)))
        digest = evaluate(tokyo="90", virginia=seen).plan_digest
        with pytest.raises(PlanOutdated, match="changed since"):
            self.confirm(digest, tokyo="90", virginia=later)

    @pytest.mark.parametrize(
        "change",
        [
            {"uid": "another"},
            {"template_hash": "another"},
            {"desired_replicas": 5, "available_replicas": 5},
            {"state_gb": 2.0},
        ],
        ids=["recreated", "new template", "scaled", "more data"],
    )
    def test_another_workload_is_another_plan(self, change: dict[str, Any]) -> None:
        with pytest.raises(PlanOutdated):
            self.confirm(evaluate().plan_digest, **change)

    def test_a_plan_that_no_longer_pays_is_outdated(self) -> None:
        with pytest.raises(PlanOutdated, match="not cheaper"):
            self.confirm(evaluate().plan_digest, tokyo="0.05")
