"""A cluster that buys machines is a target: its dry run says which, at what price, how long it takes and how many."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.clusters.fleet import Cluster, Resources
from controller.contract.dry_run import DryRun, Verdict
from controller.decision.evaluation import evaluate_move
from controller.decision.rule import Moment
from controller.decision.sites import describe_site
from controller.reasons import Code
from tests.controller.decision.worlds import (
    CHECKOUT,
    buying,
    make_board,
    make_cluster,
    make_facts,
    make_offering,
    make_picture,
    make_workload,
)

FACTS = make_facts(make_board(tokyo="0.40", virginia="0.10"))


def judge(moment: Moment = Moment.DRY_RUN, **virginia: Any) -> DryRun:
    """The dry run of checkout's move to Virginia as it is then."""
    picture = make_picture(
        make_cluster("tokyo", make_workload()), replace(make_cluster("virginia"), **virginia)
    )
    return evaluate_move(picture, FACTS, CHECKOUT, "virginia", moment=moment)


def test_pods_that_find_no_room_may_wait_for_machines_that_are_bought_and_the_dry_run_says_which() -> None:
    found = judge(**buying(4))
    assert found.verdict is Verdict.PAYS
    [told] = found.warnings
    assert told.code is Code.BUYS_MACHINES
    assert (told["pool"], told["offering"]) == ("default", str(make_offering("virginia")))
    assert (str(told["usd_per_hour"]), told["cpu_cores"], told["memory_gib"]) == ("0.10", 16.0, 64.0)
    assert told["wait_s"] == FACTS.settings.purchase_s


def test_a_cluster_without_any_node_is_a_target_if_it_buys_them() -> None:
    assert judge(nodes=(), **buying()).verdict is Verdict.PAYS
    assert judge(nodes=()).reason.code is Code.CONTEXT_WITHOUT_NODES


@pytest.mark.parametrize("count", [0, 1])
def test_without_enough_machines_to_buy_it_stays_refused(count: int) -> None:
    assert judge(**buying(count)).reason.code is Code.NO_ROOM


def test_machines_that_are_too_small_for_a_pod_are_none() -> None:
    assert judge(nodes=(), **buying(8, cpu_cores=0.5)).reason.code is Code.NO_NODE_FITS


def test_where_there_is_room_nothing_is_bought() -> None:
    roomy = {**buying(), "free": make_cluster("virginia").free}
    assert judge(**roomy).warnings == ()


def test_a_program_moves_only_where_the_rules_of_the_pool_are_known_and_a_person_may_try() -> None:
    unsure = buying(is_sure=False)
    assert judge(Moment.AUTOPILOT, **unsure).reason.code is Code.PURCHASE_UNSURE
    tried = judge(Moment.CONFIRM, **unsure)
    assert tried.verdict is Verdict.PAYS
    assert [one.code for one in tried.warnings] == [Code.BUYS_MACHINES, Code.PURCHASE_UNSURE]
    assert judge(Moment.AUTOPILOT, **buying()).verdict is Verdict.PAYS


def test_what_would_be_bought_changes_no_price_of_what_runs() -> None:
    here = make_cluster("virginia")
    there: Cluster = replace(here, **buying(20))
    pod = Resources(1.0, 2.0)
    assert describe_site(there).find_group(pod) == describe_site(here).find_group(pod)


def test_what_would_be_bought_is_not_free_now() -> None:
    site = describe_site(replace(make_cluster("virginia"), **buying()))
    again = describe_site(replace(make_cluster("virginia"), **buying(2)), site)
    assert (site.cluster.free, again.cluster.free) == (buying()["purchase_room"], buying(2)["purchase_room"])
