"""GPUs and other devices: who needs one runs and is priced where there are some, and costs its share of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from controller.clusters.fleet import Cluster, Node, Resources
from controller.decision.candidates import price_candidate
from controller.decision.planning import Planner
from controller.decision.pricing import compute_node_share
from controller.decision.rule import Moment
from controller.decision.rules import judge_move
from controller.decision.sites import describe_site, price_coming
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.decision.worlds import (
    CHECKOUT,
    GPU,
    NOW,
    TRAINER,
    make_board,
    make_cluster,
    make_facts,
    make_picture,
    make_workload,
    with_gpus,
)

BOARD = make_board(tokyo="32.00", virginia="16.00")
HOME = replace(with_gpus("tokyo"), workloads=(make_workload(requests=TRAINER),))


def judge(target: Cluster) -> Reason | None:
    (workload,) = HOME.workloads
    facts = make_facts(BOARD)
    candidate = price_candidate(describe_site(HOME), workload, describe_site(target), facts)
    refused = judge_move(candidate, facts, Moment.DRY_RUN)
    return refused[1] if refused is not None else None


@pytest.mark.parametrize(
    ("requests", "share"),
    [
        (Resources(1.0, 2.0, ((GPU, 8.0),)), "1"),
        (Resources(1.0, 2.0, ((GPU, 4.0),)), "0.5"),
        (Resources(3.0, 2.0, ((GPU, 1.0),)), "0.75"),
        (Resources(1.0, 2.0), "0.25"),
    ],
)
def test_a_pod_costs_its_share_of_the_devices(requests: Resources, share: str) -> None:
    assert compute_node_share(requests, Resources(4.0, 16.0, ((GPU, 8.0),))) == Decimal(share)


def test_who_asks_for_a_device_has_no_share_of_a_node_that_reports_none() -> None:
    assert compute_node_share(TRAINER, Resources(4.0, 16.0)) is None


def test_a_pod_runs_and_is_priced_only_on_nodes_that_have_its_device() -> None:
    plain = make_cluster("virginia").nodes
    dear = replace(plain[0].offering, instance_type="p4d.24xlarge")  # type: ignore[type-var]
    gpu = Node("gpu", dear, None, Resources(96.0, 1100.0, ((GPU, 8.0),)), True, True, "amd64")
    site = describe_site(make_cluster("virginia", nodes=(*plain, gpu)))
    group = price_coming(site, TRAINER, BOARD, NOW).group
    assert group is not None
    assert group.offering.instance_type == "p4d.24xlarge"
    assert site.find_group(Resources(1.0, 2.0)) is site.groups[0]


def test_nothing_moves_where_no_node_has_the_device() -> None:
    reason = judge(with_gpus("virginia", count=0.0, free=0.0))
    assert reason is not None
    assert reason.code is Code.NO_DEVICE
    assert str(reason) == "no node of virginia has 4 nvidia.com/gpu for one pod"


def test_nothing_moves_where_a_node_has_too_few_of_it() -> None:
    reason = judge(with_gpus("virginia", count=2.0))
    assert reason is not None
    assert reason.code is Code.NO_DEVICE


def test_nothing_moves_where_others_use_the_devices() -> None:
    """Four replicas need sixteen, and devices have no headroom: sixteen are enough, fifteen are not."""
    assert judge(with_gpus("virginia", free=16.0)) is None
    reason = judge(with_gpus("virginia", free=15.0))
    assert reason is not None
    assert reason.code is Code.DEVICES_TAKEN
    assert str(reason) == "not enough devices are free in virginia: 16 nvidia.com/gpu needed"


def test_a_pod_that_is_too_large_is_not_said_to_lack_a_device() -> None:
    small = replace(TRAINER, cpu_cores=3.9)
    cluster = with_gpus("virginia", count=0.0, free=0.0)
    nodes = tuple(replace(node, allocatable=Resources(1.0, 16.0)) for node in cluster.nodes)
    home = replace(HOME, workloads=(make_workload(requests=small),))
    facts = make_facts(BOARD)
    site = describe_site(replace(cluster, nodes=nodes))
    refused = judge_move(
        price_candidate(describe_site(home), home.workloads[0], site, facts), facts, Moment.PLAN
    )
    assert refused is not None
    assert refused[1].code is Code.NO_NODE_FITS


def test_devices_that_are_freed_and_taken_change_the_plan() -> None:
    planner, facts = Planner(), make_facts(BOARD)
    for free, code in ((32.0, Code.PAYS), (15.0, Code.DEVICES_TAKEN), (16.0, Code.PAYS)):
        plan = planner.plan(make_picture(HOME, with_gpus("virginia", free=free)), facts)
        assert plan.find_code(CHECKOUT, "virginia") is code
        assert plan.why(CHECKOUT, "virginia").code is code


def test_a_workload_that_comes_later_is_told_what_is_free_already() -> None:
    planner, facts = Planner(), make_facts(BOARD)
    empty = replace(HOME, workloads=())
    planner.plan(make_picture(empty, with_gpus("virginia", free=15.0)), facts)
    plan = planner.plan(make_picture(HOME, with_gpus("virginia", free=15.0)), facts)
    assert plan.find_code(CHECKOUT, "virginia") is Code.DEVICES_TAKEN
