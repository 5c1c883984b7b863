"""What a case of the table of scheduling is: pods, nodes, and how many of the pods a scheduler places.

The nodes of a case are told apart from all others by a label, which its pods ask for; so they may stand in a cluster
that has more of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.conformance.manifests import JsonObject

#: The label that names the case to which a node belongs.
CASE_LABEL = "table"
HOSTNAME, RACK, ROW = "kubernetes.io/hostname", "rack", "row"
OWN = {"matchLabels": {"app": "web"}}


@dataclass(frozen=True)
class Running:
    """A pod that runs already, on the node of this number."""

    node: int
    labels: dict[str, str]
    spec: JsonObject


@dataclass(frozen=True)
class Case:
    """Replicas of a pod, labelled app=web, and the nodes that they may be placed on.

    causes: why no node of these takes another one, as "COUNT CAUSE" in the words of the scheduler without "node(s)".
    """

    name: str
    spec: JsonObject
    replicas: int
    nodes: tuple[JsonObject, ...]
    places: int
    causes: tuple[str, ...] = ()
    running: tuple[Running, ...] = ()


def node(
    labels: dict[str, str] | None = None,
    *,
    cpu: str = "4",
    pods: str = "20",
    taints: tuple[JsonObject, ...] = (),
    cordoned: bool = False,
    devices: dict[str, str] | None = None,
) -> JsonObject:
    """A node without a name."""
    amounts = {"cpu": cpu, "memory": "16Gi", "pods": pods, "ephemeral-storage": "100Gi", **(devices or {})}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "labels": {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", **(labels or {})}
        },
        "spec": {"taints": list(taints), "unschedulable": cordoned},
        "status": {
            "capacity": amounts,
            "allocatable": amounts,
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def pod_spec(*, cpu: str = "1", container: JsonObject | None = None, **spec: Any) -> JsonObject:
    """The spec of a pod of one container."""
    resources = {"requests": {"cpu": cpu, "memory": "64Mi"}}
    main = {"name": "main", "image": "registry.example/web:1", "resources": resources, **(container or {})}
    return {"containers": [main], "terminationGracePeriodSeconds": 0, **spec}


def name_node(case: Case, number: int) -> str:
    """The name of one of the nodes of a case."""
    return f"{case.name}-{number}"


def list_nodes(case: Case) -> list[JsonObject]:
    """The nodes of a case, with their names and the label of the case."""
    found = []
    for number, body in enumerate(case.nodes):
        name = name_node(case, number)
        labels = {**body["metadata"]["labels"], HOSTNAME: name, CASE_LABEL: case.name}
        found.append({**body, "metadata": {"name": name, "labels": labels}})
    return found


def build_template(case: Case) -> JsonObject:
    """The template of the pods that are to be placed."""
    selector = {**case.spec.get("nodeSelector", {}), CASE_LABEL: case.name}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {**case.spec, "nodeSelector": selector}}


def require_nodes(*terms: JsonObject) -> JsonObject:
    return {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
    }


def expression(key: str, operator: str, *values: str) -> JsonObject:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def require_pods(kind: str, topology: str, selector: JsonObject | None = None, **term: Any) -> JsonObject:
    one = {"topologyKey": topology, "labelSelector": OWN if selector is None else selector, **term}
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [one]}}


def spread(topology: str, **more: Any) -> JsonObject:
    return {
        "topologyKey": topology, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": OWN, **more,
    }  # fmt: skip


def taint(key: str, value: str = "", effect: str = "NoSchedule") -> JsonObject:
    return {"key": key, "value": value, "effect": effect}


def port(number: int, **more: Any) -> JsonObject:
    return {"ports": [{"containerPort": 80, "hostPort": number, **more}]}
