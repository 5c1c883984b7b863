"""For how many replicas there is a node where other pods keep them away; everybody else is as their class."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from controller.clusters.node_terms import parse_node_terms
from controller.clusters.pod_terms import parse_pod_terms
from controller.decision.meetings import Meetings
from controller.decision.sites import Site, describe_site
from controller.scheduling.pods import PodTerms
from tests.conformance.scheduling_cases import HOSTNAME, pod_spec, require_pods
from tests.controller.decision.worlds import make_cluster

NAMES = ("n0", "n1", "n2")


def make_terms(app: str, namespace: str = "shop", **affinity: Any) -> PodTerms:
    """Pods labelled with the name of their program."""
    spec = pod_spec(affinity=affinity) if affinity else pod_spec()
    return parse_pod_terms(namespace, {"metadata": {"labels": {"app": app}}, "spec": spec})


def apart_from(app: str, other: Mapping[str, Any], namespace: str = "shop") -> PodTerms:
    """Pods that keep away, node by node, whom this selector means."""
    return make_terms(app, namespace, **require_pods("podAntiAffinity", HOSTNAME, dict(other)))


def labelled(app: str) -> dict[str, Any]:
    return {"matchLabels": {"app": app}}


def make_site(**running: PodTerms) -> Site:
    """Three nodes, and on those that are named a pod."""
    body = {"status": {"allocatable": {"cpu": "64", "memory": "64Gi", "pods": "500"}}}
    cluster = make_cluster("virginia")
    nodes = tuple(
        replace(
            cluster.nodes[0],
            name=name,
            terms=parse_node_terms(
                {"metadata": {"name": name, "labels": {HOSTNAME: name}}, **body}, is_ready=True
            ),
        )
        for name in NAMES
    )
    crowds = {name: frozenset({(running[name].shape, 1)} if name in running else ()) for name in NAMES}
    return describe_site(replace(cluster, nodes=nodes, crowds=crowds))


WEB = apart_from("web", labelled("web"))
API = apart_from("api", labelled("api"))
EMPTY = make_site()


def places(meetings: Meetings, number: int, column: int = 0) -> float | None:
    """How many replicas find a node; None: as many as of their class."""
    found = float(meetings.places[meetings.line[number], column])
    return None if math.isnan(found) else found


def test_who_meets_nobody_is_as_their_class() -> None:
    meetings = Meetings(1)
    numbers = [meetings.number(WEB, 3), meetings.number(make_terms("plain"), 3)]
    meetings.note_site(0, EMPTY)
    assert meetings.settle() == set()
    assert not meetings.has_any
    assert [places(meetings, number) for number in numbers] == [None, None]


def test_each_of_several_that_meet_their_own_kind_has_its_own_count() -> None:
    meetings = Meetings(2)
    web, api, plain = (meetings.number(terms, 3) for terms in (WEB, API, make_terms("plain")))
    meetings.note_site(0, make_site(n0=WEB, n1=API, n2=API))
    meetings.note_site(1, EMPTY)
    meetings.settle()
    assert meetings.has_any
    assert [places(meetings, number) for number in (web, api, plain)] == [2, 1, None]
    assert [places(meetings, number, 1) for number in (web, api, plain)] == [None, None, None]


def test_equal_terms_have_one_number_and_more_replicas_than_are_counted_another() -> None:
    meetings = Meetings(1)
    first = meetings.number(WEB, 3)
    assert meetings.number(WEB, 64) == first
    assert meetings.number(API, 3) != first
    assert meetings.number(WEB, 65) != first
    assert meetings.number(WEB, 256) == meetings.number(WEB, 65)


def test_only_targets_in_which_somebody_known_finds_other_places_have_changed() -> None:
    meetings = Meetings(3)
    web = meetings.number(WEB, 3)
    for column in range(3):
        meetings.note_site(column, EMPTY)
    meetings.settle()
    meetings.note_site(0, make_site(n0=WEB))
    meetings.note_site(1, make_site(n0=API))
    assert meetings.settle() == {0}
    assert (places(meetings, web, 0), places(meetings, web, 1)) == (2, None)
    meetings.note_site(0, make_site(n0=WEB, n1=WEB))
    assert meetings.settle() == {0}
    assert places(meetings, web, 0) == 1
    meetings.note_site(0, make_site(n1=WEB, n2=WEB))
    assert meetings.settle() == set(), "as many as before"
    meetings.note_site(0, EMPTY)
    assert meetings.settle() == {0}
    assert places(meetings, web, 0) is None
    assert meetings.settle() == set()


def test_who_comes_later_meets_those_who_are_there_and_changes_nothing_for_others() -> None:
    meetings = Meetings(2)
    web = meetings.number(WEB, 3)
    meetings.note_site(0, make_site(n0=WEB, n1=API, n2=API))
    meetings.note_site(1, make_site(n0=API))
    meetings.settle()
    api = meetings.number(API, 3)
    assert meetings.settle() == set()
    assert [places(meetings, number, column) for number in (web, api) for column in (0, 1)] == [2, None, 1, 2]


def test_a_target_that_is_not_known_yet_or_whose_nodes_nobody_knows_meets_nobody() -> None:
    meetings = Meetings(2)
    web = meetings.number(WEB, 3)
    cluster = make_cluster("virginia")
    blind = tuple(replace(node, terms=None) for node in cluster.nodes)
    meetings.note_site(1, describe_site(replace(cluster, nodes=blind)))
    assert meetings.settle() == set()
    assert [places(meetings, web, column) for column in (0, 1)] == [None, None]
    assert meetings.number(API, 3) == 1
    assert meetings.settle() == set()


@pytest.mark.parametrize(
    ("selector", "namespace", "is_kept_away"),
    [
        (labelled("plain"), "shop", True),
        (labelled("other"), "shop", False),
        (labelled("plain"), "billing", False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["x", "plain"]}]}, "shop", True),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, "shop", True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["plain"]}]}, "shop", False),
        ({}, "shop", True),
    ],
    ids=[
        "its label",
        "another label",
        "another namespace",
        "one of several",
        "any label",
        "all but it",
        "all",
    ],
)
def test_pods_there_that_keep_others_away_count_for_whom_they_mean(
    selector: Mapping[str, Any], namespace: str, is_kept_away: bool
) -> None:
    meetings = Meetings(1)
    meetings.number(make_terms("first"), 3)
    plain = meetings.number(make_terms("plain"), 3)
    meetings.note_site(0, make_site(n0=apart_from("guard", selector, namespace)))
    meetings.settle()
    assert places(meetings, plain) == (128 if is_kept_away else None), "a core each, on two of three nodes"
