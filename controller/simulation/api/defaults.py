"""What the API server fills in where a writer says nothing. Pure. Source: the v1 defaults of each API group."""

import base64
from collections.abc import Callable
from typing import Any

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.json_objects import JsonObject, get_path, uid_of
from controller.simulation.api.resource_kinds import ResourceKind


def with_defaults(kind: ResourceKind, value: JsonObject) -> JsonObject:
    """A copy with every missing defaulted field of the kind filled in."""
    fill = _FILL.get(kind)
    return fill(value) if fill else value


def default_pod_spec(spec: JsonObject) -> JsonObject:
    filled = {
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
        "securityContext": {}, "schedulerName": "default-scheduler", **_without_nulls(spec),
    }  # fmt: skip
    filled["containers"] = [_default_container(one) for one in filled.get("containers") or []]
    if filled.get("initContainers"):
        filled["initContainers"] = [_default_container(one) for one in filled["initContainers"]]
    return filled


def _default_container(container: JsonObject) -> JsonObject:
    image = str(container.get("image", ""))
    tag = image.rpartition("/")[2].partition(":")[2]
    filled: JsonObject = {
        "resources": {}, "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        "imagePullPolicy": "Always" if tag in ("", "latest") else "IfNotPresent", **_without_nulls(container),
    }  # fmt: skip
    if filled.get("ports"):
        filled["ports"] = [{"protocol": "TCP", **port} for port in filled["ports"]]
    for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
        if filled.get(probe):
            filled[probe] = {
                "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3,
                **filled[probe],
            }  # fmt: skip
    limits = get_path(filled, "resources", "limits", default={})
    if limits:
        requests = {**limits, **get_path(filled, "resources", "requests", default={})}
        filled["resources"] = {**filled["resources"], "requests": requests}
    return filled


def _default_template(template: JsonObject | None) -> JsonObject:
    template = dict(template or {})
    template["metadata"] = {"creationTimestamp": None, **(template.get("metadata") or {})}
    template["metadata"].pop("creationTimestamp")
    template["spec"] = default_pod_spec(template.get("spec") or {})
    return template


def _fill_deployment(value: JsonObject) -> JsonObject:
    spec = {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        **_without_nulls(value["spec"]),
    }
    spec["template"] = _default_template(spec.get("template"))
    strategy = {"type": "RollingUpdate", **(spec.get("strategy") or {})}
    if strategy["type"] == "RollingUpdate":
        limits = {"maxUnavailable": "25%", "maxSurge": "25%", **(strategy.get("rollingUpdate") or {})}
        strategy["rollingUpdate"] = limits
    spec["strategy"] = strategy
    return {**value, "spec": spec}


def _fill_replica_set(value: JsonObject) -> JsonObject:
    spec = {"replicas": 1, **_without_nulls(value["spec"])}
    return {**value, "spec": {**spec, "template": _default_template(spec.get("template"))}}


def _fill_pod(value: JsonObject) -> JsonObject:
    spec = {
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        **value["spec"],
    }
    return {**value, "spec": default_pod_spec(spec)}


def _fill_service(value: JsonObject) -> JsonObject:
    spec = {
        "type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", **_without_nulls(value["spec"]),
    }  # fmt: skip
    if spec["type"] != "ExternalName" and not spec.get("clusterIP"):
        number = int(uid_of(value).replace("-", "")[:4] or "0", 16)
        spec["clusterIP"] = f"10.96.{number >> 8}.{number & 255}"
    if "clusterIP" in spec:
        spec["clusterIPs"] = [spec["clusterIP"]]
    spec["ports"] = [
        {"protocol": "TCP", "targetPort": port.get("port"), **port} for port in spec.get("ports") or []
    ]
    return {**value, "spec": spec}


def _fill_autoscaler(value: JsonObject) -> JsonObject:
    return {**value, "spec": {"minReplicas": 1, **_without_nulls(value["spec"])}}


def _fill_secret(value: JsonObject) -> JsonObject:
    encoded = {
        key: base64.b64encode(text.encode()).decode() for key, text in (value.get("stringData") or {}).items()
    }
    kept = {key: item for key, item in value.items() if key != "stringData"}
    data = {**(value.get("data") or {}), **encoded}
    return {"type": "Opaque", **kept, **({"data": data} if data else {})}


def _fill_namespace(value: JsonObject) -> JsonObject:
    name = value["metadata"]["name"]
    labels = {"kubernetes.io/metadata.name": name, **get_path(value, "metadata", "labels", default={})}
    spec = {"finalizers": ["kubernetes"], **(value.get("spec") or {})}
    status = value.get("status") or {"phase": "Active"}
    return {**value, "metadata": {**value["metadata"], "labels": labels}, "spec": spec, "status": status}


def _without_nulls(value: Any) -> JsonObject:
    return {key: item for key, item in (value or {}).items() if item is not None}


_FILL: dict[ResourceKind, Callable[[JsonObject], JsonObject]] = {
    kinds.DEPLOYMENTS: _fill_deployment,
    kinds.REPLICA_SETS: _fill_replica_set,
    kinds.PODS: _fill_pod,
    kinds.SERVICES: _fill_service,
    kinds.AUTOSCALERS: _fill_autoscaler,
    kinds.SECRETS: _fill_secret,
    kinds.NAMESPACES: _fill_namespace,
}
