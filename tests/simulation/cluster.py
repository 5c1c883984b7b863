"""One cluster of `controller/simulation` in the loop's virtual time, and the hands of those who have their way in it.

The cluster is the one that the conformance suite holds to real Kubernetes; nothing of Kubernetes is made here. What
arrives over the network comes in by `land`; what people, clouds and other controllers do there needs no network.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.clusters.kube_api import PatchType
from controller.clusters.paths import ACCESS_REVIEWS
from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.json_objects import JsonObject, is_deleting, labels_of, name_of, uid_of
from controller.simulation.api.pods import is_finished, ready_since
from controller.simulation.api.requests import ApiRequest, ApiResponse, parse_target
from controller.simulation.cluster_api import ClusterApi
from controller.simulation.cluster_model import ClusterModel
from controller.simulation.controllers.kubelet import BEHAVIOUR_LABEL, PodTimings
from controller.simulation.fleet_model import build_cluster
from controller.simulation.fleet_plan import ClusterPlan, FleetPlan

#: How fast pods are here, in seconds: a simulation covers much in a short time.
TIMINGS = PodTimings(start_median_s=1.5, start_spread=0.5, image_pull_s=(0.0, 1.0), stop_s=(0.5, 3.0))

#: Pods of one node where nothing else is said.
ROOMY = 1000


@dataclass(frozen=True)
class Request:
    """One request as it travels."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    content_type: str = "application/json"
    user_agent: str = "sentinelaura"

    @property
    def dry_run(self) -> bool:
        return self.query.get("dryRun") == "All"

    @property
    def is_write(self) -> bool:
        return self.method != "GET" and not self.dry_run and self.path != ACCESS_REVIEWS

    @property
    def patch_type(self) -> PatchType | None:
        return PatchType(self.content_type) if self.method == "PATCH" else None

    @property
    def replicas(self) -> int | None:
        """What the request would set the replicas to."""
        return self._find_replicas("replace")

    @property
    def old_replicas(self) -> int | None:
        """What the request believes the replicas to be."""
        return self._find_replicas("test")

    @property
    def lowers(self) -> bool:
        """Whether it takes replicas away."""
        new, old = self.replicas, self.old_replicas
        return new is not None and old is not None and new < old

    @property
    def raises(self) -> bool:
        """Whether it adds replicas."""
        new, old = self.replicas, self.old_replicas
        return new is not None and old is not None and new > old

    def _find_replicas(self, operation: str) -> int | None:
        if self.patch_type is not PatchType.JSON:
            return None
        found = [
            one["value"] for one in self.body if (one["op"], one["path"]) == (operation, "/spec/replicas")
        ]
        return found[0] if found else None


@dataclass(frozen=True)
class Landed:
    """A write that has landed and was taken."""

    at: float
    request: Request
    #: Replicas that served just before, and how many the write took of them.
    served: int
    taken: int


class Cluster:
    """Built inside the virtual loop; `epoch` is the wall time at which the loop's clock says 0."""

    def __init__(self, plan: ClusterPlan, seed: int, epoch: float) -> None:
        self.context = plan.context
        self.history: list[Landed] = []
        self.on_landed: Callable[[Cluster, Landed], None] = lambda cluster, landed: None
        #: Mutants of the server: a fence that nobody tests.
        self.tests_fences = True
        #: The changes of this cluster wake the watches that wait in here.
        self.waiting: list[asyncio.Event] = []
        self._loop = asyncio.get_running_loop()
        self._epoch = epoch
        self._has_started = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        fleet = FleetPlan((plan,), reclaim_mean_days=None)
        # A minute before the start, so that what is deployed first has its pods ready at the start.
        self.model: ClusterModel = build_cluster(plan, fleet, seed, epoch - 60.0, TIMINGS)
        self.api = ClusterApi(self.model, fleet.server_version)
        self.model.state.store.subscribe(lambda event: self._wake_watches())

    def start(self) -> None:
        """From now on live in the loop's time; what was done before happened a minute ago."""
        self._has_started = True
        self.model.advance(self.now())
        self.model.on_schedule_changed = self._reschedule
        self._reschedule()

    def now(self) -> float:
        """Wall time, Unix seconds."""
        return self._epoch + self._loop.time() if self._has_started else self.model.now

    def open(self, request: Request) -> ApiRequest:
        """The request as the API server gets it."""
        self.model.advance(self.now())
        body = request.body
        if not self.tests_fences and request.patch_type is PatchType.JSON:
            body = [one for one in body if one["op"] != "test" or one["path"] == "/metadata/uid"]
        sent = b"" if body is None else json.dumps(body).encode()
        return ApiRequest(
            request.method, request.path, request.query, sent, request.content_type, request.user_agent
        )

    def land(self, request: Request) -> ApiResponse:
        """Let a request from outside land."""
        sent = self.open(request)
        is_deployment = request.is_write and parse_target(request.path).kind is kinds.DEPLOYMENTS
        served = self.available(request.path) if is_deployment else 0
        answer = self.api.handle(sent)
        if request.is_write and answer.code < 300:
            left = self.available(request.path) if is_deployment else 0
            landed = Landed(self._loop.time(), request, served, served - left)
            self.history.append(landed)
            self.on_landed(self, landed)
        return answer

    # What is there.

    def get(self, path: str) -> JsonObject | None:
        """An object as it is stored; None where there is none."""
        target = parse_target(path)
        return self.model.state.store.get(target.kind, target.namespace or "", target.name)

    def require(self, path: str) -> JsonObject:
        found = self.get(path)
        assert found is not None, f"{self.context} has no {path}"
        return found

    def own_objects(self, namespace: str) -> list[JsonObject]:
        """What people have put into a namespace: not what the cluster's own controllers made."""
        watched = (kinds.DEPLOYMENTS, kinds.LEASES, kinds.CONFIG_MAPS, kinds.SERVICES, kinds.SECRETS)
        found = [one for kind in watched for one in self.model.state.store.list_of(kind, namespace)]
        return [one for one in found if name_of(one) != "kube-root-ca.crt"]

    def replicas(self, path: str) -> int:
        """Replicas asked for; 0 without a Deployment."""
        found = self.get(path) if parse_target(path).name else None
        return int(found["spec"]["replicas"]) if found else 0

    def ready_pods(self, path: str) -> list[JsonObject]:
        """The pods of a Deployment that serve and are to stay, in the order of their names."""
        deployment = self.get(path)
        if deployment is None:
            return []
        wanted = deployment["spec"]["selector"]["matchLabels"].items()
        pods = self.model.state.store.list_of(kinds.PODS, deployment["metadata"]["namespace"])
        return [
            pod
            for pod in pods
            if wanted <= labels_of(pod).items()
            and ready_since(pod) is not None
            and not is_deleting(pod)
            and not is_finished(pod)
        ]

    def available(self, path: str) -> int:
        """Replicas that serve and are asked for: a pod that is only yet to be told that it is one too many is not."""
        return min(self.replicas(path), len(self.ready_pods(path)))

    # What others do.

    def act(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> JsonObject:
        """Do what a person with kubectl does; it must succeed."""
        request = Request(method, path, {}, body, content_type, user_agent="kubectl")
        answer = self.api.handle(self.open(request))
        assert answer.code < 300, answer.body
        return answer.body

    def apply(self, collection: str, body: Mapping[str, Any]) -> JsonObject:
        """Create an object, in the place of one of the same name."""
        path = f"{collection}/{body['metadata']['name']}"
        if self.get(path) is not None:
            self.remove(path)
        return self.act("POST", collection, dict(body))

    def edit(self, path: str, change: Mapping[str, Any]) -> None:
        """Merge a change into an object."""
        self.act("PATCH", path, dict(change), PatchType.MERGE)

    def edit_container(self, path: str, change: Callable[[JsonObject], JsonObject]) -> None:
        """Change the first container of a Deployment's pods."""
        first = self.require(path)["spec"]["template"]["spec"]["containers"][0]
        value = [{"op": "replace", "path": "/spec/template/spec/containers/0", "value": change(first)}]
        self.act("PATCH", path, value, PatchType.JSON)

    def scale(self, path: str, replicas: int) -> None:
        """What `kubectl scale` does."""
        self.edit(path, {"spec": {"replicas": replicas}})

    def remove(self, path: str) -> None:
        """Take an object out of the store at once, whatever holds it."""
        self.model.advance(self.now())
        target = parse_target(path)
        store = self.model.state.store
        store.remove(target.kind, target.namespace or "", target.name)

    def put(self, path: str, value: JsonObject) -> None:
        """Store an object as it is, past the API server: what an API server never lets through."""
        self.model.advance(self.now())
        self.model.state.store.put(parse_target(path).kind, value)

    def set_capacity(self, pods: int = ROOMY) -> None:
        """How many pods the nodes take from now on; those that run go on running."""
        self.model.advance(self.now())
        for node in self.model.state.store.list_of(kinds.NODES):
            allocatable = {**node["status"]["allocatable"], "pods": str(pods)}
            status = {**node["status"], "allocatable": allocatable}
            self.model.state.update_status(kinds.NODES, node, status)

    def lose_pods(self, path: str, count: int = ROOMY) -> None:
        """Spot nodes go: ready pods vanish, and others have to start in their place."""
        self.model.advance(self.now())
        for pod in self.ready_pods(path)[:count]:
            self.model.state.store.remove(kinds.PODS, pod["metadata"]["namespace"], name_of(pod))

    def make_unready(self, path: str, kept: int) -> None:
        """All ready pods but some fail their readiness probe, until `make_ready`."""
        self.model.advance(self.now())
        for pod in self.ready_pods(path)[kept:]:
            labels = {**labels_of(pod), BEHAVIOUR_LABEL: "never-ready"}
            conditions = [
                {**one, "status": "False"} if one["type"] in ("Ready", "ContainersReady") else one
                for one in pod["status"]["conditions"]
            ]
            changed = {
                **pod,
                "metadata": {**pod["metadata"], "labels": labels},
                "status": {**pod["status"], "conditions": conditions},
            }
            self.model.state.store.put(kinds.PODS, changed)

    def make_ready(self) -> None:
        """The probes succeed again."""
        self.model.advance(self.now())
        for pod in self.model.state.store.list_of(kinds.PODS):
            if BEHAVIOUR_LABEL in labels_of(pod):
                labels = {key: text for key, text in labels_of(pod).items() if key != BEHAVIOUR_LABEL}
                self.model.state.store.put(
                    kinds.PODS, {**pod, "metadata": {**pod["metadata"], "labels": labels}}
                )

    def restart_containers(self, path: str) -> None:
        """Every container of a Deployment's pods crashes and is running again."""
        self.model.advance(self.now())
        for pod in self.ready_pods(path):
            statuses = [
                {**one, "restartCount": one["restartCount"] + 1} for one in pod["status"]["containerStatuses"]
            ]
            status = {**pod["status"], "containerStatuses": statuses}
            self.model.state.update_status(kinds.PODS, pod, status)

    def uid(self, path: str) -> str:
        return uid_of(self.require(path))

    # Time.

    def _wake_watches(self) -> None:
        for event in self.waiting:
            event.set()

    def _reschedule(self) -> None:
        due_at = self.model.next_due_at()
        if due_at == self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timer_at = due_at
        if due_at is not None:
            self._timer = self._loop.call_at(max(self._loop.time(), due_at - self._epoch), self._live)

    def _live(self) -> None:
        due_at, self._timer, self._timer_at = self._timer_at, None, None
        assert due_at is not None, "a timer was set for it"
        self.model.advance(max(due_at, self.now()))
        self._reschedule()
