"""What only an API server can tell of traffic from outside and of identities; what may not be read is not known."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from controller.clusters.checks import CheckResult, Outcome
from controller.clusters.left_behind import (
    check_callers,
    check_identity,
    check_traffic,
    find_route_kinds,
    find_traffic,
)
from controller.errors import ClusterError, ClusterUnreachable, ServerFailed
from controller.reasons import Code
from tests.controller.clusters.fake_api import FakeApi
from tests.controller.faults import answered, unreachable

SERVICES = "/api/v1/namespaces/shop/services"
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses"
ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
ACCOUNTS = "/api/v1/namespaces/shop/serviceaccounts"
TEMPLATE: dict[str, Any] = {"metadata": {"labels": {"app": "web"}}, "spec": {"serviceAccountName": "web"}}


def named(name: str, **body: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, **body}


def service(name: str, **spec: Any) -> dict[str, Any]:
    return named(name, spec={"selector": {"app": "web"}, **spec})


def leading_to(name: str) -> dict[str, Any]:
    return {"rules": [{"backendRefs": [{"name": name}]}]}


class Place(FakeApi):
    """A cluster with Ingresses and the Gateway API, and a Service of its own cluster's for the pods."""

    def __init__(self) -> None:
        super().__init__()
        gateway = [{"version": "v1"}, {"version": "v1beta1"}]
        self.answers |= {
            "/apis": {
                "groups": [
                    {"name": "apps", "versions": [{"version": "v1"}]},
                    {"name": "networking.k8s.io", "versions": [{"version": "v1"}]},
                    {"name": "gateway.networking.k8s.io", "versions": gateway},
                ]
            },
            "/apis/networking.k8s.io/v1": serving("ingresses", "networkpolicies"),
            "/apis/gateway.networking.k8s.io/v1": serving("httproutes", "gateways"),
            "/apis/gateway.networking.k8s.io/v1beta1": serving("httproutes", "referencegrants"),
            SERVICES: {"items": [service("web"), named("other", spec={"selector": {"app": "other"}})]},
            INGRESSES: {"items": []},
            ROUTES: {"items": []},
            "/apis/gateway.networking.k8s.io/v1beta1/namespaces/shop/referencegrants": {"items": []},
            f"{ACCOUNTS}/web": named("web"),
            DEPLOYMENTS: {"items": [named("web")]},
        }

    def check(self) -> CheckResult:
        return asyncio.run(check_traffic(self, "shop", TEMPLATE))

    def check_callers(self) -> CheckResult:
        return asyncio.run(check_callers(self, "shop", "web", TEMPLATE))

    def check_account(self) -> CheckResult:
        return asyncio.run(check_identity(self, "shop", TEMPLATE))


def serving(*plurals: str) -> dict[str, Any]:
    return {"resources": [{"name": plural, "namespaced": True, "kind": plural.title()} for plural in plurals]}


def test_a_service_that_only_its_own_cluster_knows_is_no_traffic_from_outside() -> None:
    place = Place()
    assert place.check() == CheckResult("traffic from outside", Outcome.PASSED)
    lists = [request for request in place.requests if "/namespaces/" in request]
    assert len(lists) == 4, "each kind is listed once, in one of its versions"


def test_where_no_service_selects_the_pods_nothing_else_is_asked() -> None:
    place = Place()
    place.answers[SERVICES] = {"items": [named("other", spec={"selector": {"app": "other"}})]}
    assert place.check().outcome is Outcome.PASSED
    assert place.requests == [f"GET {SERVICES}"]


def test_a_load_balancer_for_other_pods_is_none_for_these() -> None:
    place = Place()
    other = named("other", spec={"selector": {"app": "other"}, "type": "LoadBalancer"})
    place.answers[SERVICES] = {"items": [other, service("web")]}
    assert place.check().outcome is Outcome.PASSED


def test_a_load_balancer_is_left_behind() -> None:
    place = Place()
    place.answers[SERVICES] = {"items": [service("inside"), service("web", type="LoadBalancer")]}
    result = place.check()
    assert result.outcome is Outcome.FAILED
    assert result.reason == Code.EXPOSED_SERVICE.because(name="web", how=("type LoadBalancer",))


@pytest.mark.parametrize(("path", "kind"), [(INGRESSES, "Ingresses"), (ROUTES, "Httproutes")])
def test_a_route_is_left_behind(path: str, kind: str) -> None:
    place = Place()
    place.answers[path] = {"items": [named("to-other", spec=leading_to("other"))]}
    assert place.check().outcome is Outcome.PASSED
    place.answers[path]["items"].append(named("edge", spec=leading_to("web")))
    result = place.check()
    assert result.outcome is Outcome.FAILED
    assert result.reason == Code.ROUTED.because(kind=kind, name="edge")


@pytest.mark.parametrize("path", [SERVICES, "/apis", "/apis/networking.k8s.io/v1", INGRESSES, ROUTES])
@pytest.mark.parametrize("failure", [answered("eu", 403, "no"), answered("eu", 404, "not found")])
def test_what_may_not_be_listed_is_unknown_and_never_nothing(path: str, failure: ClusterError) -> None:
    place = Place()
    place.failures[path] = failure
    result = place.check()
    assert result.outcome is Outcome.UNKNOWN
    assert result.reason == Code.TRAFFIC_UNKNOWN.because(answer=failure.reason)


def test_no_answer_at_all_is_no_finding_about_the_workload() -> None:
    place = Place()
    place.failures[INGRESSES] = unreachable("eu")
    with pytest.raises(ClusterUnreachable):
        place.check()


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/apis", {}),
        ("/apis", {"groups": [{"name": "networking.k8s.io", "versions": [{"version": "../secrets"}]}]}),
        ("/apis", {"groups": [{"name": "networking.k8s.io", "versions": [{}]}]}),
        ("/apis/networking.k8s.io/v1", {}),
    ],
)
def test_an_answer_that_is_no_list_of_what_is_served_is_not_understood(
    path: str, answer: dict[str, Any]
) -> None:
    place = Place()
    place.answers[path] = answer
    with pytest.raises(ServerFailed):
        place.check()


def test_a_cluster_without_the_gateway_api_is_asked_for_ingresses_alone() -> None:
    place = Place()
    place.answers["/apis"]["groups"] = place.answers["/apis"]["groups"][:2]
    assert [kind.plural for kind in asyncio.run(find_route_kinds(place))] == ["ingresses"]


def test_an_account_without_an_identity_leaves_none_behind() -> None:
    assert Place().check_account() == CheckResult("identity in a cloud", Outcome.PASSED)


@pytest.mark.parametrize(
    "annotation",
    ["eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id"],
)
def test_the_identity_of_an_account_is_left_behind(annotation: str) -> None:
    place = Place()
    place.answers[f"{ACCOUNTS}/web"]["metadata"]["annotations"] = {"team": "shop", annotation: "web-role"}
    result = place.check_account()
    assert result.outcome is Outcome.FAILED
    assert result.reason == Code.CLOUD_IDENTITY.because(holder="the ServiceAccount web", identity="web-role")


def test_pods_that_name_no_account_have_the_identity_of_the_default_one() -> None:
    place = Place()
    annotations = {"iam.gke.io/gcp-service-account": "shop@example"}
    place.answers[f"{ACCOUNTS}/default"] = {"metadata": {"annotations": annotations}}
    result = asyncio.run(check_identity(place, "shop", {"spec": {}}))
    assert result.outcome is Outcome.FAILED


def test_an_account_that_may_not_be_read_is_unknown_and_one_that_is_not_there_has_none() -> None:
    place = Place()
    place.failures[f"{ACCOUNTS}/web"] = denied = answered("eu", 403, "no")
    result = place.check_account()
    assert result.outcome is Outcome.UNKNOWN
    assert result.reason == Code.IDENTITY_UNKNOWN.because(name="web", answer=denied.reason)
    place.failures[f"{ACCOUNTS}/web"] = answered("eu", 404, "not found")
    assert place.check_account().outcome is Outcome.PASSED


def test_all_that_brings_traffic_is_found_and_last_what_could_not_be_read() -> None:
    place = Place()
    place.answers[SERVICES] = {
        "items": [service("web", type="LoadBalancer"), service("more", externalIPs=["1"])]
    }
    place.answers[INGRESSES] = {"items": [named("edge", spec=leading_to("web"))]}
    exposed = [
        Code.EXPOSED_SERVICE.because(name="web", how=("type LoadBalancer",)),
        Code.EXPOSED_SERVICE.because(name="more", how=("externalIPs",)),
    ]
    routed = Code.ROUTED.because(kind="Ingresses", name="edge")
    assert list(asyncio.run(find_traffic(place, "shop", TEMPLATE))) == [*exposed, routed]
    place.failures[INGRESSES] = denied = answered("eu", 403, "no")
    unread = Code.TRAFFIC_UNKNOWN.because(answer=denied.reason)
    assert list(asyncio.run(find_traffic(place, "shop", TEMPLATE))) == [*exposed, unread]


def test_who_calls_the_workload_in_its_own_cluster_is_left_behind() -> None:
    place = Place()
    assert place.check_callers() == CheckResult("callers", Outcome.PASSED)
    names = [f"front-{number}" for number in range(7)]
    container = {"args": ["--backend=http://web:80"]}
    calling = {"template": {"spec": {"containers": [container]}}}
    place.answers[DEPLOYMENTS] = {"items": [named("web"), *(named(name, spec=calling) for name in names)]}
    result = place.check_callers()
    assert result.outcome is Outcome.FAILED
    assert result.reason == Code.CALLED.because(name="web", count=7, callers=tuple(names[:5]))


@pytest.mark.parametrize("path", [SERVICES, DEPLOYMENTS])
def test_callers_that_may_not_be_looked_for_are_unknown(path: str) -> None:
    place = Place()
    place.failures[path] = denied = answered("eu", 403, "no")
    result = place.check_callers()
    assert result.outcome is Outcome.UNKNOWN
    assert result.reason == Code.CALLERS_UNKNOWN.because(answer=denied.reason)
