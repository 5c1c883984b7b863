"""What a plan says of pods that would not be scheduled: by columns and exactly, now and after something has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.clusters.fleet import Cluster, FleetPicture, Node, Resources
from controller.clusters.pod_terms import parse_pod_terms
from controller.contract.dry_run import Verdict
from controller.decision.evaluation import evaluate_move
from controller.decision.plan import Plan
from controller.decision.planning import Planner
from controller.decision.pod_classes import classify
from controller.decision.rule import Moment
from controller.reasons import Code
from controller.scheduling.nodes import Taint
from controller.scheduling.pods import PLAIN, PodTerms, Toleration
from tests.conformance.scheduling_cases import HOSTNAME, Case, pod_spec, require_pods
from tests.conformance.scheduling_table import TABLE
from tests.controller.decision.worlds import (
    CHECKOUT,
    make_board,
    make_cluster,
    make_facts,
    make_picture,
    make_workload,
    tainted,
)
from tests.controller.scheduling.places import read_crowds, read_nodes, read_terms

FACTS = make_facts(make_board(tokyo="0.40", virginia="0.10"))
SPOT = Taint("kubernetes.azure.com/scalesetpriority", "spot")
TOLERANT = PodTerms(tolerations=(Toleration(SPOT.key, "Equal", "spot", "NoSchedule"),))


def keep_apart(namespace: str, app: str) -> PodTerms:
    """The terms of pods of which no two may share a node."""
    own = {"matchLabels": {"app": app}}
    spec = pod_spec(affinity=require_pods("podAntiAffinity", HOSTNAME, own))
    return parse_pod_terms(namespace, {"metadata": {"labels": {"app": app}}, "spec": spec})


def make_target(case: Case) -> Cluster:
    """Virginia with the nodes of a case and the pods that run there; there is room enough in all."""
    node = make_cluster("virginia").nodes[0]
    nodes = tuple(replace(node, name=one.name, terms=one) for one in read_nodes(case))
    return make_cluster("virginia", nodes=nodes, crowds=read_crowds(case), free=Resources(1e3, 1e3))


def make_source(terms: PodTerms, replicas: int = 4) -> Cluster:
    """Tokyo, whose nodes take whatever runs there."""
    counts = dict.fromkeys(("desired_replicas", "ready_replicas", "available_replicas"), replicas)
    workload = make_workload(terms=terms, **counts)
    home = make_cluster("tokyo", workload)
    return replace(
        home, nodes=tuple(replace(node, terms=None) for node in home.nodes), free=Resources(1e3, 1e3)
    )


def plan(target: Cluster, terms: PodTerms = PLAIN, replicas: int = 4, planner: Planner | None = None) -> Plan:
    return (planner or Planner()).plan(make_picture(make_source(terms, replicas), target), FACTS)


def find_code(found: Plan) -> Any:
    """The code of the columns, which is that of the exact rules."""
    code = found.find_code(CHECKOUT, "virginia")
    assert found.why(CHECKOUT, "virginia").code is code
    return code


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_what_a_scheduler_would_not_place_is_not_offered(case: Case) -> None:
    found = plan(make_target(case), read_terms(case), case.replicas)
    is_refused = find_code(found) is Code.UNSCHEDULABLE
    assert is_refused is (case.places < case.replicas)


def test_a_refusal_says_how_many_find_a_place_and_why_no_node_takes_another_one() -> None:
    case = next(case for case in TABLE if case.name == "taint")
    assert str(plan(make_target(case), read_terms(case), 1).why(CHECKOUT, "virginia")) == (
        "virginia has places for 0 of 1 replica; for another one 0/2 nodes are available: "
        "1 Insufficient cpu and 1 had untolerated taint {spot: true}"
    )


def test_taints_of_spot_pools_are_asked_of_each_workload() -> None:
    """AKS sets this one on every node of a spot pool."""
    nodes = tainted(make_cluster("virginia").nodes, SPOT)
    target = make_cluster("virginia", nodes=nodes)
    assert find_code(plan(target)) is Code.UNSCHEDULABLE
    assert find_code(plan(target, TOLERANT)) is Code.PAYS


def test_a_workload_on_tainted_nodes_that_it_tolerates_is_at_home() -> None:
    home = make_source(TOLERANT)
    home = replace(home, nodes=tainted(home.nodes, SPOT))
    assert find_code(Planner().plan(make_picture(home, make_cluster("virginia")), FACTS)) is Code.PAYS


def test_room_of_nodes_that_do_not_take_the_pods_is_no_room() -> None:
    """Half of the nodes are tainted: what is left of the others is not enough with the headroom."""
    few = dict(make_cluster("virginia").nodes[0].terms.allocatable, cpu=1050)  # type: ignore[union-attr]
    nodes = make_cluster("virginia").nodes
    small = tuple(replace(n, terms=replace(n.terms, allocatable=tuple(few.items()))) for n in nodes[:1])  # type: ignore[type-var]
    target = make_cluster("virginia", nodes=(*small, *tainted(nodes[1:], SPOT)), free=Resources(99.0, 99.0))
    source = make_source(PLAIN)
    needing = replace(source.workloads[0], requests=Resources(0.25, 0.01))
    found = Planner().plan(make_picture(replace(source, workloads=(needing,)), target), FACTS)
    assert find_code(found) is Code.NO_ROOM


def test_pods_that_come_and_go_change_for_whom_there_is_a_place() -> None:
    """Pods of the same name keep the replicas away from their nodes, in the same planner as they come and go."""
    planner, case = Planner(), next(case for case in TABLE if case.name == "apart-by-node")
    target = make_target(case)
    empty = {name: frozenset() for name in target.crowds or {}}
    terms = read_terms(case)
    crowd = frozenset({(terms.shape, 1)})
    for crowds, code in (
        (empty, Code.PAYS),
        ({**empty, "apart-by-node-0": crowd}, Code.UNSCHEDULABLE),
        (empty, Code.PAYS),
    ):
        assert find_code(plan(replace(target, crowds=crowds), terms, 2, planner)) is code


def test_workloads_that_keep_their_own_replicas_apart_share_a_class() -> None:
    one = Resources(1.0, 1.0)
    web, api = keep_apart("shop", "web"), keep_apart("billing", "api")
    assert classify(one, web, 3) == classify(one, api, 60)
    assert classify(one, web, 3) != classify(one, api, 65)


def unseen(*nodes: Node) -> tuple[Node, ...]:
    return tuple(replace(node, terms=None) for node in nodes)


def judge(target: Cluster, moment: Moment, terms: PodTerms = PLAIN) -> Any:
    picture: FleetPicture = make_picture(make_source(terms), target)
    return evaluate_move(picture, FACTS, CHECKOUT, "virginia", moment)


@pytest.mark.parametrize(
    ("target", "terms"),
    [
        (make_cluster("virginia", nodes=unseen(*make_cluster("virginia").nodes)), PLAIN),
        (make_cluster("virginia", crowds=None), PLAIN),
        (make_cluster("virginia"), PodTerms(unknown=("schedulerName",))),
    ],
    ids=["nodes", "pods", "field"],
)
def test_what_nobody_can_foresee_is_for_a_person_to_start_and_not_for_a_program(
    target: Cluster, terms: PodTerms
) -> None:
    dry_run = judge(target, Moment.CONFIRM, terms)
    assert (dry_run.verdict, [one.code for one in dry_run.warnings]) == (
        Verdict.PAYS,
        [Code.SCHEDULING_UNKNOWN],
    )
    assert judge(target, Moment.AUTOPILOT, terms).reason.code is Code.SCHEDULING_UNKNOWN
    assert judge(make_cluster("virginia"), Moment.AUTOPILOT).verdict is Verdict.PAYS


def test_pods_that_are_not_seen_are_said_once() -> None:
    blind = make_cluster("virginia", crowds=None, free=None)
    assert [one.code for one in judge(blind, Moment.CONFIRM).warnings] == [Code.ROOM_UNKNOWN]
