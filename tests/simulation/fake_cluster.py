"""A small cluster in memory: objects with compare-and-set, a Deployment controller, pods that take time; and
its history.

Not the simulated fleet: this one is made for faults. A request is a value that can be lost, delayed and
delivered twice (`network.py`), and every change of replicas is checked against the invariants of all clusters
at the moment it lands.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.clusters.kube_api import PatchType
from controller.errors import AccessDenied, ObjectNotFound, RequestRefused, VersionConflict

#: How long a pod that was told to end is still there, seconds.
TERMINATION_S = 3.0


@dataclass(frozen=True)
class Request:
    """One request as it travels."""

    method: str
    path: str
    body: Any = None
    patch_type: PatchType | None = None
    dry_run: bool = False
    uid: str | None = None
    resource_version: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_write(self) -> bool:
        return self.method != "GET" and not self.dry_run

    @property
    def replicas(self) -> int | None:
        """What the request would set the replicas to."""
        if self.patch_type is not PatchType.JSON:
            return None
        changes = [op for op in self.body if op["op"] == "replace" and op["path"] == "/spec/replicas"]
        return changes[0]["value"] if changes else None

    @property
    def old_replicas(self) -> int | None:
        """What the request believes the replicas to be."""
        tests = [op for op in self.body or () if isinstance(op, dict) and op.get("path") == "/spec/replicas"]
        return tests[0]["value"] if tests else None

    @property
    def lowers(self) -> bool:
        """Whether it takes replicas away."""
        return (
            self.replicas is not None and self.old_replicas is not None and self.replicas < self.old_replicas
        )


@dataclass
class Pod:
    is_ready: bool = False
    ends_at: float | None = None
    restarts: int = 0


class FakeCluster:
    """One cluster. `on_scaled(cluster, request)` is called after every landed change of replicas."""

    def __init__(self, context: str, now: Callable[[], float], rng: random.Random) -> None:
        self.context = context
        self.uid = f"uid-{context}"
        self.capacity = 1000
        self.readiness = 0.5
        self.objects: dict[str, dict[str, Any]] = {}
        self.pods: dict[str, list[Pod]] = {}
        self.history: list[tuple[float, Request]] = []
        self.on_scaled: Callable[[FakeCluster, Request], None] = lambda cluster, request: None
        #: How many serving replicas the last landed write took away.
        self.taken = 0
        #: Mutants of the server: a fence that nobody tests.
        self.tests_fences = True
        #: Kinds that may not be listed.
        self.denied: set[str] = set()
        self._now = now
        self._rng = rng
        self._version = 100
        for namespace in ("kube-system", "shop"):
            self._store(
                f"/api/v1/namespaces/{namespace}", {"kind": "Namespace", "metadata": {"name": namespace}}
            )
        self.objects["/api/v1/namespaces/kube-system"]["metadata"]["uid"] = self.uid

    def deploy(self, path: str, body: dict[str, Any]) -> None:
        """Put a Deployment with all its pods ready."""
        self._store(path, body)
        self.pods[path] = [Pod(is_ready=True) for _ in range(body["spec"]["replicas"])]
        self.tick()

    def deployment(self, path: str) -> dict[str, Any] | None:
        return self.objects.get(path)

    def replicas(self, path: str) -> int:
        found = self.objects.get(path)
        return found["spec"]["replicas"] if found else 0

    def available(self, path: str) -> int:
        return sum(pod.is_ready and pod.ends_at is None for pod in self.pods.get(path, ()))

    def handle(self, request: Request) -> dict[str, Any]:
        """Let a request land. Raises: ClusterError, as the API server would answer."""
        available = self.available(request.path)
        handler = getattr(self, f"_{request.method.lower()}")
        answer = copy.deepcopy(handler(request))
        if request.is_write:
            self.history.append((self._now(), request))
            if request.replicas is not None or request.method == "DELETE":
                self._shrink(request.path)
                self.taken = available - self.available(request.path)
                self.on_scaled(self, request)
        return answer

    def tick(self) -> None:
        """Let the Deployment controller and the kubelets work for one second."""
        for path, body in self.objects.items():
            if "/deployments/" in path:
                self._run_pods(path, body)

    def lose_pods(self, path: str, count: int) -> None:
        """Spot nodes go: ready pods vanish and new ones have to start."""
        ready = [pod for pod in self.pods.get(path, ()) if pod.is_ready and pod.ends_at is None]
        for pod in ready[:count]:
            self.pods[path].remove(pod)
        if path in self.objects:
            self._update_status(path, self.objects[path])

    def _get(self, request: Request) -> dict[str, Any]:
        if request.path in self.objects:
            return self.objects[request.path]
        if request.path.endswith("/pods"):
            return {"metadata": {}, "items": self._list_pods()}
        if request.path.rsplit("/", 1)[-1] in self.denied:
            raise AccessDenied(self.context, f"{request.path} is forbidden", status=403)
        if self._is_collection(request.path):
            prefix = request.path + "/"
            items = [body for path, body in self.objects.items() if path.startswith(prefix)]
            return {"metadata": {"resourceVersion": str(self._version)}, "items": items}
        raise ObjectNotFound(self.context, f"{request.path} not found", status=404)

    def _post(self, request: Request) -> dict[str, Any]:
        path = f"{request.path}/{request.body['metadata']['name']}"
        if path in self.objects:
            raise VersionConflict(self.context, f"{path} already exists", status=409)
        if request.dry_run:
            return {**request.body, "metadata": {**request.body["metadata"], "uid": "dry"}}
        if "replicas" in request.body.get("spec", {}):
            self.pods[path] = []
        return self._store(path, request.body)

    def _put(self, request: Request) -> dict[str, Any]:
        existing = self._require(request.path)
        if request.body["metadata"].get("resourceVersion") != existing["metadata"]["resourceVersion"]:
            raise VersionConflict(self.context, "the object has been modified", status=409)
        return self._store(request.path, request.body, uid=existing["metadata"]["uid"])

    def _patch(self, request: Request) -> dict[str, Any]:
        patched = copy.deepcopy(self._require(request.path))
        if request.patch_type is PatchType.JSON:
            self._apply_json_patch(patched, request.body)
        else:
            wanted = request.body["metadata"].get("resourceVersion")
            if wanted is not None and wanted != patched["metadata"]["resourceVersion"]:
                raise VersionConflict(self.context, "the object has been modified", status=409)
            patched["metadata"].setdefault("annotations", {}).update(
                request.body["metadata"].get("annotations", {})
            )
        if request.dry_run:
            return patched
        return self._store(request.path, patched, uid=patched["metadata"]["uid"])

    def _delete(self, request: Request) -> dict[str, Any]:
        metadata = self._require(request.path)["metadata"]
        if request.uid not in (None, metadata["uid"]) or request.resource_version not in (
            None,
            metadata["resourceVersion"],
        ):
            raise VersionConflict(self.context, "the preconditions failed", status=409)
        self.pods.pop(request.path, None)
        return self.objects.pop(request.path)

    def _require(self, path: str) -> dict[str, Any]:
        if path not in self.objects:
            raise ObjectNotFound(self.context, f"{path} not found", status=404)
        return self.objects[path]

    def _store(self, path: str, body: Mapping[str, Any], uid: str | None = None) -> dict[str, Any]:
        """Write an object; a change of spec or annotations is a new generation, as the API server counts."""
        self._version += 1
        before = self.objects.get(path)
        stored = copy.deepcopy(dict(body))
        generation = before["metadata"].get("generation", 0) if before else 0
        annotations = stored["metadata"].get("annotations")
        is_same = before is not None and before.get("spec") == stored.get("spec")
        if before is None or not is_same or before["metadata"].get("annotations") != annotations:
            generation += 1
        stored["metadata"] = {
            **stored["metadata"],
            "uid": uid or f"{self.context}-{self._version}",
            "resourceVersion": str(self._version),
            "generation": generation,
        }
        if before is not None and "status" in before:
            stored["status"] = before["status"]
        self.objects[path] = stored
        return stored

    def _apply_json_patch(self, document: dict[str, Any], operations: list[dict[str, Any]]) -> None:
        for operation in operations:
            *parents, last = [
                part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
            ]
            place: Any = document
            for part in parents:
                place = place.get(part) if isinstance(place, dict) else None
            if not isinstance(place, dict) or last not in place:
                raise VersionConflict(self.context, f"there is no {operation['path']}", status=422)
            is_tested = self.tests_fences or operation["path"] == "/metadata/uid"
            if operation["op"] == "test" and is_tested and place[last] != operation["value"]:
                raise VersionConflict(self.context, f"the test of {operation['path']} failed", status=422)
            if operation["op"] == "replace":
                if isinstance(operation["value"], int) and operation["value"] < 0:
                    raise RequestRefused(self.context, "replicas must not be negative", status=422)
                place[last] = operation["value"]

    def _shrink(self, path: str) -> None:
        """Let surplus pods end at once, those that are not ready first, as a ReplicaSet does."""
        pods = self.pods.get(path, [])
        running = sorted((pod for pod in pods if pod.ends_at is None), key=lambda pod: pod.is_ready)
        for pod in running[: max(0, len(running) - self.replicas(path))]:
            pod.ends_at = self._now() + TERMINATION_S

    def _run_pods(self, path: str, body: dict[str, Any]) -> None:
        self._shrink(path)
        self.pods[path] = [pod for pod in self.pods[path] if pod.ends_at is None or pod.ends_at > self._now()]
        running = [pod for pod in self.pods[path] if pod.ends_at is None]
        for _ in range(self.replicas(path) - len(running)):
            self.pods[path].append(Pod())
        for pod in self.pods[path]:
            may_start = self.available(path) < self.capacity and self._rng.random() < self.readiness
            if pod.ends_at is None and not pod.is_ready and may_start:
                pod.is_ready = True
        self._update_status(path, body)

    def _update_status(self, path: str, body: dict[str, Any]) -> None:
        running = [pod for pod in self.pods[path] if pod.ends_at is None]
        ready = self.available(path)
        body["status"] = {
            "observedGeneration": body["metadata"]["generation"],
            "replicas": len(running),
            "updatedReplicas": len(running),
            "readyReplicas": ready,
            "availableReplicas": ready,
        }

    def _list_pods(self) -> list[dict[str, Any]]:
        return [
            {
                "metadata": {"deletionTimestamp": "soon"} if pod.ends_at is not None else {},
                "status": {"containerStatuses": [{"restartCount": pod.restarts}]},
            }
            for pods in self.pods.values()
            for pod in pods
        ]

    @staticmethod
    def _is_collection(path: str) -> bool:
        kinds = ("leases", "services", "configmaps", "poddisruptionbudgets", "horizontalpodautoscalers")
        return path.rsplit("/", 1)[-1] in kinds
