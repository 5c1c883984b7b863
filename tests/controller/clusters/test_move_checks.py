"""What only the API server can tell before a move."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from controller.clusters.checks import CheckResult, Outcome
from controller.clusters.fleet import Resources
from controller.clusters.move_checks import (
    Dependency,
    check_quotas,
    check_replica_owner,
    check_target,
    find_dependencies,
)
from controller.errors import ControllerError
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.clusters.fake_api import FakeApi
from tests.controller.faults import answered

DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/checkout"
QUOTAS = "/api/v1/namespaces/shop/resourcequotas"
POD = Resources(0.5, 1.0)


class TestReplicaOwner:
    """Server-side apply names who owns a field."""

    def check(self, failure: ControllerError | None = None) -> CheckResult:
        api = FakeApi()
        if failure is not None:
            api.failures[DEPLOYMENT] = failure
        result = asyncio.run(check_replica_owner(api, "shop", "checkout", 4))
        assert api.requests == [f"APPLY {DEPLOYMENT}"]
        assert api.bodies[0]["spec"] == {"replicas": 5}, (
            "another value, or there is nothing to conflict about"
        )
        return result

    def test_nobody_else(self) -> None:
        assert self.check().outcome is Outcome.PASSED

    @pytest.mark.parametrize(
        ("message", "outcome", "reason"),
        [
            ('conflict with "argocd-controller" using apps/v1: .spec.replicas', Outcome.FAILED,
             Code.REPLICAS_OWNED.because(owners=("Argo CD",))),
            ('conflict with "kube-controller-manager" with subresource "scale" using apps/v1: .spec.replicas',
             Outcome.PASSED, Code.REPLICAS_SET_ONCE.because(managers=("kube-controller-manager",))),
            ('conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas', Outcome.PASSED,
             Code.REPLICAS_SET_ONCE.because(managers=("kubectl-client-side-apply",))),
            ('Apply failed with 2 conflicts: conflicts with "helm" using apps/v1: - .spec.replicas '
             'conflicts with "keda-operator" using apps/v1: - .spec.replicas', Outcome.FAILED,
             Code.REPLICAS_OWNED.because(owners=("KEDA",))),
            ('conflict with "our-scaler" using apps/v1: .spec.replicas', Outcome.FAILED,
             Code.REPLICAS_OWNER_UNKNOWN.because(managers=("our-scaler",))),
            ("Apply failed", Outcome.FAILED, Code.REPLICAS_OWNER_UNKNOWN.because(managers=("somebody",))),
        ],
        ids=["argo", "an autoscaler that is looked for itself", "kubectl", "two", "a stranger", "unnamed"],
    )  # fmt: skip
    def test_only_who_would_set_them_back_is_in_the_way(
        self, message: str, outcome: Outcome, reason: Reason
    ) -> None:
        result = self.check(answered("eu", 409, message))
        assert (result.outcome, result.reason) == (outcome, reason)

    @pytest.mark.parametrize("failure", [answered("eu", 415, "no apply here"), answered("eu", 403, "no")])
    def test_a_server_that_does_not_answer_leaves_it_open(self, failure: ControllerError) -> None:
        assert self.check(failure).outcome is Outcome.UNKNOWN


def quota_short(resource: str, room: str, needed: str) -> Reason:
    amounts = {"room": Decimal(room), "needed": Decimal(needed)}
    return Code.QUOTA_SHORT.because(context="eu", quota="team", resource=resource, **amounts)


class TestQuotas:
    """Quotas count pods, and only when pods are created: too late for a migration."""

    def check(self, **hard: str) -> CheckResult:
        api = FakeApi()
        used = {"pods": "6", "requests.cpu": "1", "cpu": "1", "requests.memory": "1Gi"}
        quota = {"metadata": {"name": "team"}, "status": {"hard": hard, "used": used}}
        api.answers[QUOTAS] = {"items": [quota]}
        return asyncio.run(check_quotas(api, "shop", POD, 4))

    @pytest.mark.parametrize(
        "hard",
        [
            {"pods": "10"},
            {"requests.cpu": "3"},
            {"cpu": "3000m"},
            {"requests.memory": "5Gi"},
            {"services": "1"},
        ],
    )
    def test_just_enough_room(self, hard: dict[str, str]) -> None:
        assert self.check(**hard).outcome is Outcome.PASSED

    @pytest.mark.parametrize(
        ("hard", "reason"),
        [
            ({"pods": "9"}, quota_short("pods", "3", "4")),
            ({"requests.cpu": "2900m"}, quota_short("requests.cpu", "1.9", "2")),
            ({"cpu": "2.5"}, quota_short("cpu", "1.5", "2")),
            ({"requests.memory": "4Gi"}, quota_short("requests.memory", str(3 * 2**30), str(4 * 2**30))),
            ({"pods": "many"}, Code.QUOTA_UNREADABLE.because(context="eu", quota="team", resource="pods")),
        ],
        ids=["pods", "cores requested", "cores", "memory", "unreadable"],
    )
    def test_too_little_room(self, hard: dict[str, str], reason: Reason) -> None:
        result = self.check(**hard)
        assert (result.outcome, result.reason) == (Outcome.FAILED, reason)

    def test_the_second_of_two_quotas_counts_as_much(self) -> None:
        api = FakeApi()
        quotas = [
            {"metadata": {"name": name}, "status": {"hard": {"pods": pods}, "used": {"pods": "6"}}}
            for name, pods in (("roomy", "100"), ("team", "9"))
        ]
        api.answers[QUOTAS] = {"items": quotas}
        result = asyncio.run(check_quotas(api, "shop", POD, 4))
        assert result.outcome is Outcome.FAILED
        assert result.reason is not None
        assert result.reason["quota"] == "team"

    def test_no_quotas_are_room_enough(self) -> None:
        api = FakeApi()
        api.answers[QUOTAS] = {"items": []}
        assert asyncio.run(check_quotas(api, "shop", POD, 4)).outcome is Outcome.PASSED

    @pytest.mark.parametrize("answer", [None, {}, {"items": "none"}])
    def test_no_answer_is_not_no_quotas(self, answer: dict[str, Any] | None) -> None:
        api = FakeApi()
        if answer is not None:
            api.answers[QUOTAS] = answer
        assert asyncio.run(check_quotas(api, "shop", POD, 4)).outcome is Outcome.UNKNOWN

    def test_quotas_that_may_not_be_read_are_unknown(self) -> None:
        api = FakeApi()
        api.failures[QUOTAS] = answered("eu", 403, "forbidden")
        assert asyncio.run(check_quotas(api, "shop", POD, 4)).outcome is Outcome.UNKNOWN


TEMPLATE: dict[str, Any] = {
    "spec": {
        "priorityClassName": "high",
        "runtimeClassName": "gvisor",
    }
}


def test_dependencies_are_what_a_migration_does_not_bring() -> None:
    assert find_dependencies(TEMPLATE) == (
        Dependency("priorityclasses", "high"),
        Dependency("runtimeclasses", "gvisor"),
    )
    assert find_dependencies({"spec": {"priorityClassName": ["x"]}}) == ()


def test_what_is_missing_in_the_target_is_named() -> None:
    api = FakeApi()
    api.answers["/apis/scheduling.k8s.io/v1/priorityclasses/high"] = {}
    api.failures[QUOTAS] = answered("eu", 403, "forbidden")
    results = asyncio.run(check_target(api, "shop", TEMPLATE, POD, 4))
    assert [(result.name, result.outcome) for result in results] == [
        ("priorityclasses high", Outcome.PASSED),
        ("runtimeclasses gvisor", Outcome.FAILED),
        ("room in the quotas", Outcome.UNKNOWN),
    ]
    missing = {"context": "eu", "resource": "runtimeclasses", "name": "gvisor"}
    assert results[1].reason == Code.DEPENDENCY_MISSING.because(**missing)


def test_a_dependency_that_may_not_be_read_is_unknown() -> None:
    api = FakeApi()
    api.failures["/apis/scheduling.k8s.io/v1/priorityclasses/high"] = answered("eu", 403, "forbidden")
    [result] = asyncio.run(check_target(api, "shop", {"spec": {"priorityClassName": "high"}}, None, 4))
    assert result.outcome is Outcome.UNKNOWN


def test_a_name_that_is_no_name_is_never_asked_for() -> None:
    template = {"spec": {"priorityClassName": "../../secrets/x"}}
    api = FakeApi()
    results = asyncio.run(check_target(api, "shop", template, None, 4))
    assert results[0].outcome is Outcome.FAILED
    assert api.requests == []
