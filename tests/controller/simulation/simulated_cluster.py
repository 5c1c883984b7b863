"""One simulated cluster in virtual time, without sockets, for the tests beside this file."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.requests import ApiRequest, ApiResponse
from controller.simulation.api.resource_kinds import ResourceKind
from controller.simulation.cluster_api import ClusterApi
from controller.simulation.controllers.kubelet import PodTimings
from controller.simulation.fleet_model import build_cluster
from controller.simulation.fleet_plan import ClusterPlan, FleetPlan, WorkloadPlan

NOW = 1_790_000_000.0
EMPTY = ClusterPlan("aws-eu-west-1", "aws", "eu-west-1", ("eu-west-1a", "eu-west-1b"), "m5.2xlarge", 3)
WEB = WorkloadPlan("shop", "web", 6, "500m", "256Mi", "registry.example/web:1", "2", disruption_budget=True)
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"


class SimulatedCluster:
    """A cluster whose time moves only by `wait`."""

    def __init__(
        self,
        *workloads: WorkloadPlan,
        plan: ClusterPlan = EMPTY,
        seed: int = 1,
        reclaim_mean_days: float | None = None,
        timings: PodTimings | None = None,
    ) -> None:
        self.plan = replace(plan, workloads=workloads)
        fleet = FleetPlan((self.plan,), reclaim_mean_days)
        self.model = build_cluster(self.plan, fleet, seed, NOW, timings or PodTimings())
        self.api = ClusterApi(self.model, fleet.server_version)

    def wait(self, seconds: float) -> None:
        self.model.advance(self.model.now + seconds)

    def ask(
        self, method: str, path: str, body: Any = None, content_type: str = "", **query: str
    ) -> ApiResponse:
        sent = b"" if body is None else json.dumps(body).encode()
        return self.api.handle(ApiRequest(method, path, query, sent, content_type or "application/json"))

    def scale(self, name: str, replicas: int) -> JsonObject:
        body = {"spec": {"replicas": replicas}}
        answer = self.ask("PATCH", f"{DEPLOYMENTS}/{name}", body, "application/merge-patch+json")
        assert answer.code == 200, answer.body
        return answer.body

    def deployment(self, name: str, namespace: str = "shop") -> JsonObject:
        return self.find(kinds.DEPLOYMENTS, name, namespace)

    def find(self, kind: ResourceKind, name: str, namespace: str = "shop") -> JsonObject:
        found = self.model.state.store.get(kind, namespace, name)
        assert found is not None, f"{kind.kind} {namespace}/{name}"
        return found

    def all(self, kind: ResourceKind, namespace: str | None = None) -> list[JsonObject]:
        return self.model.state.store.list_of(kind, namespace)
