"""What leads traffic from outside to a workload's Services, as its objects say it."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters.traffic import (
    RouteKind,
    find_exposure,
    is_routing,
    read_route_kinds,
    selects,
    sends_to,
)

WEB = frozenset({"web"})
INGRESS = RouteKind("networking.k8s.io", "v1", "ingresses", "Ingress")
GRANT = RouteKind("gateway.networking.k8s.io", "v1beta1", "referencegrants", "ReferenceGrant")


def leads(spec: Any, kind: RouteKind = INGRESS) -> bool:
    return sends_to(kind, {"spec": spec}, WEB, "shop")


def test_a_selector_without_terms_selects_nothing() -> None:
    template = {"metadata": {"labels": {"app": "checkout"}}}
    assert selects({"app": "checkout"}, template)
    assert not selects({"app": "checkout", "tier": "db"}, template)
    assert not selects({}, template)
    assert not selects(None, template)


@pytest.mark.parametrize(
    ("service", "how"),
    [
        ({"spec": {"type": "LoadBalancer"}}, ("type LoadBalancer",)),
        ({"spec": {"type": "NodePort"}}, ("type NodePort",)),
        ({"spec": {"externalIPs": ["192.0.2.7"]}}, ("externalIPs",)),
        (
            {"spec": {"type": "LoadBalancer", "loadBalancerIP": "192.0.2.7"}},
            ("type LoadBalancer", "loadBalancerIP"),
        ),
        ({"spec": {"loadBalancerIP": "192.0.2.7"}}, ("loadBalancerIP",)),
        (
            {"metadata": {"annotations": {"external-dns.alpha.kubernetes.io/hostname": "shop.example"}}},
            ("external-dns.alpha.kubernetes.io/hostname",),
        ),
        ({"spec": {"type": "ClusterIP", "externalIPs": []}, "metadata": {"annotations": {"a": "b"}}}, ()),
        ({"spec": None, "metadata": None}, ()),
    ],
)
def test_a_service_is_reached_from_outside_by_what_it_says(
    service: dict[str, Any], how: tuple[str, ...]
) -> None:
    assert find_exposure(service) == how


ROUTES: dict[str, Any] = {
    "an Ingress": {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "web"}}}]}}]},
    "an Ingress by default": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}},
    "a Gateway's route": {"rules": [{"backendRefs": [{"name": "web", "port": 80}]}]},
    "a Gateway's route with the namespace": {"rules": [{"backendRefs": [{"name": "web", "namespace": "shop"}]}]},
    "a Gateway's route that only mirrors": {
        "rules": [{"filters": [{"requestMirror": {"backendRef": {"name": "web"}}}]}]
    },
    "a mesh's route": {"parentRefs": [{"kind": "Service", "name": "web"}]},
    "an OpenShift Route": {"to": {"kind": "Service", "name": "web"}},
    "another of its backends": {"alternateBackends": [{"kind": "Service", "name": "web"}]},
    "an Istio VirtualService": {"http": [{"route": [{"destination": {"host": "web"}}]}]},
    "by a name of DNS": {"http": [{"route": [{"destination": {"host": "web.shop.svc.cluster.local"}}]}]},
    "by a short name of DNS": {"tcp": [{"route": [{"destination": {"host": "web.shop"}}]}]},
    "an old Ingress": {"backend": {"serviceName": "web", "servicePort": 80}},
}  # fmt: skip


@pytest.mark.parametrize("spec", ROUTES.values(), ids=ROUTES)
def test_a_route_that_names_the_service_leads_to_it(spec: Any) -> None:
    assert leads(spec)


@pytest.mark.parametrize(
    "spec",
    [
        {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "webshop"}}}]}}]},
        {"rules": [{"backendRefs": [{"name": "web", "namespace": "other"}]}]},
        {"http": [{"route": [{"destination": {"host": "web.other.svc.cluster.local"}}]}]},
        {"tls": [{"secretName": "web", "hosts": ["web"]}], "ingressClassName": "web"},
        {"name": 7, "host": None},
        "web",
        None,
    ],
    ids=["another", "elsewhere", "elsewhere by DNS", "its certificate", "no names", "no spec", "nothing"],
)
def test_a_route_to_something_else_does_not(spec: Any) -> None:
    assert not leads(spec)


def test_a_route_that_is_nested_without_end_is_read_to_its_end() -> None:
    deep: Any = {"name": "web"}
    for _ in range(20_000):
        deep = {"rules": [deep]}
    assert leads(deep)


@pytest.mark.parametrize(
    ("to", "is_granted"),
    [
        ([{"group": "", "kind": "Service"}], True),
        ([{"group": "", "kind": "Service", "name": "web"}], True),
        ([{"group": "", "kind": "Service", "name": "other"}], False),
        ([{"group": "", "kind": "Secret"}], False),
        ([], False),
    ],
)
def test_routes_of_other_namespaces_may_lead_to_what_is_granted_to_them(
    to: list[dict[str, str]], is_granted: bool
) -> None:
    """They cannot all be looked at, so that the grant alone counts."""
    assert leads({"from": [{"kind": "HTTPRoute", "namespace": "edge"}], "to": to}, GRANT) is is_granted


def served(*resources: tuple[str, bool]) -> dict[str, Any]:
    return {"resources": [{"name": one, "namespaced": here, "kind": one.title()} for one, here in resources]}


def test_what_a_group_serves_is_read_without_what_leads_nowhere() -> None:
    group = "gateway.networking.k8s.io"
    answer = served(
        ("httproutes", True), ("httproutes/status", True), ("gateways", True), ("gatewayclasses", False),
        ("tcproutes", True), ("clusterroutes", False), ("referencegrants", True),
    )  # fmt: skip
    found = read_route_kinds(group, "v1", answer)
    assert [kind.plural for kind in found] == ["httproutes", "tcproutes", "referencegrants"]
    assert found[0].path("shop") == f"/apis/{group}/v1/namespaces/shop/httproutes"
    assert [kind.plural for kind in read_route_kinds("networking.k8s.io", "v1", served(
        ("ingresses", True), ("networkpolicies", True), ("ingressclasses", False)))] == ["ingresses"]  # fmt: skip


def test_only_some_groups_lead_traffic() -> None:
    assert is_routing("networking.k8s.io")
    assert not is_routing("apps")
    assert not is_routing(None)
