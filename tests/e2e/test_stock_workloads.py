"""Deployments as they come, without a word for this program, between real clusters: what is known of them, and how."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.controlplane.cluster import Cluster
from tests.controlplane.pool import ControlPlanePool
from tests.controlplane.workloads import deployments_of, describe_deployment
from tests.e2e.conftest import Home
from tests.e2e.test_real_clusters import write_prices

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
METRICS = "metrics.k8s.io"
#: What metrics-server serves, as an API server can keep it: nothing here runs a metrics-server.
POD_METRICS = {
    "metadata": {
        "name": f"pods.{METRICS}",
        "annotations": {"api-approved.kubernetes.io": "unapproved, stands in for metrics-server in a test"},
    },
    "spec": {
        "group": METRICS,
        "scope": "Namespaced",
        "names": {
            "plural": "pods",
            "singular": "podmetrics",
            "kind": "PodMetrics",
            "listKind": "PodMetricsList",
        },
        "versions": [
            {
                "name": "v1beta1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                },
            }
        ],
    },
}


@contextmanager
def serving_metrics(cluster: Cluster) -> Iterator[None]:
    admin = cluster.client()
    admin.create(DEFINITIONS, POD_METRICS)
    try:
        admin.await_object(DEFINITIONS, f"pods.{METRICS}", _is_served)
        yield
    finally:
        admin.delete(f"{DEFINITIONS}/pods.{METRICS}")


def _is_served(found: dict[str, Any]) -> bool:
    # A definition that was stored a moment ago says `conditions: null`.
    conditions = found.get("status", {}).get("conditions") or []
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def run_stock_workload(cluster: Cluster, namespace: str, name: str, *, is_bare: bool = True) -> list[str]:
    """Start two pods of a Deployment without annotations, and if it is bare without requests; returns their names."""
    deployment = describe_deployment(name, 2)
    if is_bare:
        del deployment["spec"]["template"]["spec"]["containers"][0]["resources"]
    admin = cluster.client()
    admin.create(deployments_of(namespace), deployment)
    admin.await_object(
        deployments_of(namespace), name, lambda found: found.get("status", {}).get("availableReplicas") == 2
    )
    pods = admin.get(f"/api/v1/namespaces/{namespace}/pods", labelSelector=f"app={name}")["items"]
    return [pod["metadata"]["name"] for pod in pods]


def measure(cluster: Cluster, namespace: str, pod: str, cpu: str, memory: str) -> None:
    body = {
        "apiVersion": f"{METRICS}/v1beta1",
        "kind": "PodMetrics",
        "metadata": {"name": pod},
        "containers": [{"name": "web", "usage": {"cpu": cpu, "memory": memory}}],
    }
    cluster.client().create(f"/apis/{METRICS}/v1beta1/namespaces/{namespace}/pods", body)


def read_plan(home: Home, control_planes: ControlPlanePool, prices: str, *both: Cluster) -> dict[str, Any]:
    """Workload's name -> its dry run, as `plan --json` offers it."""
    kubeconfig = str(control_planes.write_kubeconfig(both))
    answer = home.run("plan", "--json", "--live", "--kubeconfig", kubeconfig, "--prices", prices)
    plan = json.loads(answer.stdout)
    offers = {one["workload"].rpartition("/")[2]: one["dry_run"] for one in plan["opportunities"]}
    return {**offers, "why": plan["refused"], "stderr": answer.stderr}


@pytest.mark.timeout(240)
def test_a_stock_deployment_is_offered_and_the_plan_says_how_each_number_is_known(
    control_planes: ControlPlanePool, home: Home, tmp_path: Any
) -> None:
    source, target = control_planes.lend(2)
    namespace = source.create_namespace(prefix="stock")
    defaults = source.create_namespace(prefix="defaults")
    for name in (namespace, defaults):
        target.client().create("/api/v1/namespaces", {"metadata": {"name": name}})
    limits = {"type": "Container", "defaultRequest": {"cpu": "250m", "memory": "128Mi"}}
    source.client().create(
        f"/api/v1/namespaces/{defaults}/limitranges",
        {"metadata": {"name": "defaults"}, "spec": {"limits": [limits]}},
    )
    prices = write_prices(tmp_path / "prices.csv", source, target)
    run_stock_workload(source, namespace, "asking", is_bare=False)
    run_stock_workload(source, defaults, "by-default")
    pods = run_stock_workload(source, namespace, "bare")

    unmeasured = read_plan(home, control_planes, prices, source, target)
    assert "bare" not in unmeasured, "nobody says what it takes"
    with serving_metrics(source):
        for pod, cpu in zip(pods, ("150m", "20m"), strict=True):
            measure(source, namespace, pod, cpu, "96Mi")
        plan = read_plan(home, control_planes, prices, source, target)

    assert {"asking", "by-default", "bare"} <= plan.keys(), plan
    for name in ("asking", "by-default", "bare"):
        assert (plan[name]["egress_gb"], plan[name]["state_known_by"]) == (0, "pod_spec")
        assert sum(part["pods"] for part in plan[name]["runs_on"]) == 2
    assert known(plan["asking"]) == (0.1, "pod_spec", 0.0625, "pod_spec")
    assert known(plan["by-default"]) == (0.25, "running_pods", 0.125, "running_pods")
    cpu_cores, cpu_by, memory_gib, memory_by = known(plan["bare"])
    assert (cpu_by, memory_by) == ("usage", "usage")
    assert cpu_cores == pytest.approx(0.15, rel=0.1)
    assert memory_gib == pytest.approx(96 / 1024, rel=0.1)
    assert plan["bare"]["pod"]["measured_at"] is not None


def known(dry_run: dict[str, Any]) -> tuple[float, str, float, str]:
    pod = dry_run["pod"]
    return pod["cpu_cores"], pod["cpu_known_by"], pod["memory_gib"], pod["memory_known_by"]
