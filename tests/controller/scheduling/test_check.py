"""Whether the check says of the table what a scheduler does; `tests/conformance` holds the table to real ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.scheduling.check import (
    UNKNOWN_ADMISSION,
    UNKNOWN_PODS,
    VAGUE_NAMESPACES,
    Placement,
    place_replicas,
)
from controller.scheduling.cluster_nodes import Nodes
from controller.scheduling.nodes import NodeKind, NodeTerms, Taint
from controller.scheduling.pods import PLAIN, AffinityTerm, PodShape, PodTerms
from controller.scheduling.selectors import EVERYBODY, Labels
from tests.conformance.scheduling_cases import RACK, Case
from tests.conformance.scheduling_table import TABLE
from tests.controller.scheduling.places import read_crowds, read_nodes, read_terms


def place(case: Case) -> Placement:
    nodes = Nodes(read_nodes(case), tuple(read_crowds(case).values()))
    return place_replicas(read_terms(case), nodes, case.replicas)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_as_many_replicas_find_a_place_as_a_scheduler_places(case: Case) -> None:
    found = place(case)
    assert found.unknown == ()
    assert found.count == case.places
    assert {f"{count} {cause}" for cause, count in found.causes} == set(case.causes)


@pytest.mark.parametrize("case", [case for case in TABLE if not case.running], ids=lambda case: case.name)
def test_who_meets_nobody_is_placed_as_whoever_has_the_same_terms(case: Case) -> None:
    nodes, terms = Nodes(read_nodes(case), ((),) * len(case.nodes)), read_terms(case)
    assert not nodes.others.concern(terms)
    assert place_replicas(terms.name_nobody(), nodes, case.replicas) == place_replicas(
        terms, nodes, case.replicas
    )


def make_node(name: str = "a", **kind: object) -> NodeTerms:
    return NodeTerms(name, NodeKind(**kind), (("cpu", 4000), ("pods", 20)))  # type: ignore[arg-type]


ONE = PodTerms(PodShape("shop", Labels({"app": "web"}), (("cpu", 1000), ("pods", 1))))


def test_a_node_that_is_not_ready_takes_nothing() -> None:
    found = place_replicas(ONE, Nodes((make_node(is_ready=False),), ((),)), 1)
    assert (found.count, found.causes) == (0, (("were not ready", 1),))


def test_pods_of_an_operating_system_run_on_its_nodes_alone() -> None:
    nodes = Nodes((make_node(labels=Labels({"kubernetes.io/os": "windows"})), make_node("b")), ((), ()))
    found = place_replicas(replace(ONE, system="linux"), nodes, 5)
    assert (found.places, found.causes[1]) == ((0, 4), ("ran another operating system", 1))


def test_pods_that_are_not_seen_promise_nothing_and_refuse_nothing() -> None:
    nodes = Nodes((make_node(),), None)
    assert place_replicas(ONE, nodes, 4) == Placement((4,), unknown=(UNKNOWN_PODS,))
    assert place_replicas(ONE, nodes, 5).count == 4


def test_a_field_that_is_not_understood_promises_nothing() -> None:
    found = place_replicas(replace(ONE, unknown=("schedulerName",)), Nodes((make_node(),), ((),)), 1)
    assert (found.count, found.unknown) == (1, ("the pods' schedulerName",))


def test_a_cluster_may_let_pods_bear_the_taint_of_their_device() -> None:
    """As GKE does; so it is no refusal, and no promise either."""
    gpu = "nvidia.com/gpu"
    shape = replace(ONE.shape, requests=((gpu, 1), ("pods", 1)))
    node = replace(make_node(taints=(Taint(gpu, "present"),)), allocatable=((gpu, 1), ("pods", 20)))
    found = place_replicas(PodTerms(shape), Nodes((node,), ((),)), 1)
    assert (found.count, found.unknown) == (1, (UNKNOWN_ADMISSION,))


def test_pods_that_keep_away_whole_namespaces_by_labels_that_nobody_reads_promise_nothing() -> None:
    vague = AffinityTerm(RACK, EVERYBODY, None, is_vague=True)
    other = PodShape("other", anti_affinity=(vague,))
    node = make_node(labels=Labels({RACK: "a"}))
    found = place_replicas(ONE, Nodes((node,), (((other, 1),),)), 1)
    assert (found.count, found.unknown) == (1, (VAGUE_NAMESPACES,))


def test_too_many_looks_are_not_taken_and_promise_nothing() -> None:
    apart = replace(ONE, shape=replace(ONE.shape, anti_affinity=(AffinityTerm(RACK, EVERYBODY, None),)))
    nodes = Nodes(tuple(make_node(str(n)) for n in range(400)), ((),) * 400)
    found = place_replicas(apart, nodes, 1000)
    assert (found.count, len(found.unknown)) == (1000, 1)


def test_a_pod_that_is_leaving_is_in_no_domain_any_more() -> None:
    case = next(case for case in TABLE if case.name == "spread-among-others")
    crowds = [
        frozenset((replace(pod, is_leaving=True), n) for pod, n in crowd)
        for crowd in read_crowds(case).values()
    ]
    assert place_replicas(read_terms(case), Nodes(read_nodes(case), tuple(crowds)), 3).places == (2, 1)


def test_who_asks_for_nothing_is_placed_wherever_a_node_is() -> None:
    assert place_replicas(PLAIN, Nodes((make_node(),), ((),)), 1000).count == 1000
    assert place_replicas(PLAIN, Nodes((), ()), 1).count == 0
