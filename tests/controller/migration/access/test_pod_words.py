"""Why pods do not serve is asked rarely, of one pod, and costs no move anything."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.pod_words import WORDS_LIFE_S, PodWords
from controller.reasons import Code
from oracle.foundation.clocks import Clocks
from oracle.foundation.reason import Reason
from tests.controller.clusters.fake_api import FakeApi
from tests.controller.clusters.objects import Json, make_pod
from tests.controller.faults import answered, unreachable
from tests.controller.migration.facts import serving

PODS, EVENTS = "/api/v1/namespaces/shop/pods", "/api/v1/namespaces/shop/events"


class Cluster(FakeApi):
    """Remembers what its events were asked by."""

    def __init__(self) -> None:
        super().__init__()
        self.params: list[Any] = []

    async def get(self, path: str, **options: Any) -> Json:
        if path == EVENTS:
            self.params.append(options["params"])
        return await super().get(path, **options)


def unscheduled(name: str, message: str = "0/3 nodes are available") -> Json:
    condition = {"type": "PodScheduled", "status": "False", "message": message}
    return {**make_pod(name, None), "status": {"phase": "Pending", "conditions": [condition]}}


def starting(name: str) -> Json:
    waiting = {"name": "main", "state": {"waiting": {"reason": "ContainerCreating"}}}
    return {**make_pod(name), "status": {"containerStatuses": [waiting]}}


class Asking:
    """A side whose clock a test moves."""

    def __init__(self, *pods: Json) -> None:
        self.api = Cluster()
        self.now = 0.0
        self.have(*pods)
        self.api.answers[EVENTS] = {"items": []}
        self.words = PodWords(ClusterSide(self.api, "shop", "web"), Clocks(lambda: 0.0, lambda: self.now))

    def have(self, *pods: Json) -> None:
        self.api.answers[PODS] = {"metadata": {"resourceVersion": "9"}, "items": list(pods)}

    def ask(self, replica_failure: str = "") -> Reason | None:
        return asyncio.run(self.words.ask(replace(serving(2), replica_failure=replica_failure)))


def test_the_most_telling_pod_is_told_of_with_its_own_events() -> None:
    asking = Asking(starting("a"), unscheduled("c"), unscheduled("b"))
    told = {"source": {"component": "karpenter"}, "message": "no instance type fits"}
    asking.api.answers[EVENTS] = {"items": [told]}
    said = asking.ask()
    assert said is not None
    assert (said.code, said["pod"], said["words"]) == (
        Code.POD_AWAITS_MACHINE,
        "b",
        "no instance type fits",
    )
    assert [params["fieldSelector"] for params in asking.api.params] == ["involvedObject.uid=uid-b"]


def test_an_answer_is_kept_for_a_while_and_then_asked_for_anew() -> None:
    asking = Asking(unscheduled("a", "0/3 nodes"))
    first = asking.ask()
    asking.have()
    asking.now = WORDS_LIFE_S - 0.1
    assert asking.ask() == first
    asking.now = WORDS_LIFE_S
    assert asking.ask() is None


def test_events_that_may_not_be_listed_are_asked_for_once_and_the_scheduler_is_quoted_without_them() -> None:
    asking = Asking(unscheduled("a"))
    asking.api.failures[EVENTS] = answered("eu", 403, "forbidden")
    said = []
    for asking.now in (0, 10, 20):
        said.append(asking.ask())
    assert {reason.code for reason in said if reason is not None} == {Code.POD_WITHOUT_NODE}
    assert len(asking.api.params) == 1


@pytest.mark.parametrize("path", [PODS, EVENTS])
def test_no_answer_is_no_failure(path: str) -> None:
    asking = Asking(unscheduled("a"))
    asking.api.failures[path] = unreachable("eu", "no route")
    said = asking.ask()
    assert said is None if path == PODS else said is not None


def test_pods_that_the_cluster_does_not_create_are_told_with_its_refusal() -> None:
    refusal = 'pods "web-1" is forbidden: exceeded quota: team'
    assert Asking().ask(refusal) == Code.PODS_REFUSED.because(context="eu", message=refusal)
    assert Asking().ask() is None


def test_a_pod_on_its_way_out_says_nothing() -> None:
    going = unscheduled("a")
    going["metadata"]["deletionTimestamp"] = "2026-05-01T10:30:00Z"
    assert Asking(going).ask() is None
