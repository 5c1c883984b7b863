"""The kubelets of all nodes: pods start slowly, become Ready, and take a while to stop. Pure."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.conditions import find_condition, set_condition
from controller.simulation.api.json_objects import (
    JsonObject,
    get_path,
    is_deleting,
    name_of,
    namespace_of,
    uid_of,
)
from controller.simulation.api.object_store import ObjectKey, StoreEvent
from controller.simulation.api.pods import is_finished, node_of, ready_since
from controller.simulation.api.timestamps import format_time, parse_time

BEHAVIOUR_LABEL = "sentinelaura.test/behaviour"
"""Pod label: `never-ready` starts and stays unready, `crashing` is Ready for a moment, fails and restarts for ever. The
real control planes of the tests understand the same."""
CRASH_AFTER_S = 2.0
"""From a start to the next failure; one second less where the start was late in its second, as stamps have no
fractions. Arbitrary: long enough that whoever looks at the right moment takes the pod for a healthy one."""
CRASH_BACKOFF_S = 10.0
LONGEST_CRASH_BACKOFF_S = 300.0


@dataclass(frozen=True, slots=True)
class PodTimings:
    """How long pods take, in seconds; each pod draws from its UID, so that the order of events does not matter."""

    start_median_s: float = 6.0
    """From binding to Ready on a node that has the image. [estimate]"""
    start_spread: float = 0.35
    """Standard deviation of the logarithm of the start time. [estimate]"""
    image_pull_s: tuple[float, float] = (4.0, 14.0)
    """Added, between these bounds, on a node that has never run the image. [estimate]"""
    stop_s: tuple[float, float] = (0.5, 3.0)
    """From the deletion to the end of the last container; never longer than the grace period."""


class KubeletLoop:
    name: ClassVar[str] = "kubelet"
    reaction_s: ClassVar[float] = 0.05

    def __init__(self, timings: PodTimings) -> None:
        self._timings = timings
        self._images: set[tuple[str, str]] = set()

    def keys_for(self, event: StoreEvent, state: ClusterState) -> Iterable[ObjectKey]:
        if event.kind is kinds.PODS and event.type != "DELETED" and node_of(event.current) is not None:
            yield namespace_of(event.current), name_of(event.current)

    def reconcile(self, state: ClusterState, key: ObjectKey, now: float) -> float | None:
        pod = state.store.get(kinds.PODS, *key)
        if pod is None or node_of(pod) is None:
            return None
        if is_deleting(pod):
            return self._stop(state, pod, now)
        if is_finished(pod):
            return None
        behaviour = get_path(pod, "metadata", "labels", BEHAVIOUR_LABEL)
        if get_path(pod, "status", "startTime") is None:
            self._begin(state, pod, now)
            return now + self._start_delay_s(state, pod)
        starts_at = self._starts_at(state, pod)
        if now < starts_at:
            return starts_at
        ready = behaviour != "never-ready"
        if get_path(pod, "status", "phase") != "Running":
            self._run(state, pod, now, ready=ready)
            return now + CRASH_AFTER_S if behaviour == "crashing" else None
        if behaviour == "crashing":
            return _crash_or_restart(state, pod, now)
        if ready and ready_since(pod) is None:
            self._run(state, pod, now, ready=True)
        return None

    def _begin(self, state: ClusterState, pod: JsonObject, now: float) -> None:
        stamp = format_time(now)
        statuses = [
            _container_status(one, {"waiting": {"reason": "ContainerCreating"}}) for one in _containers(pod)
        ]
        status = _with_conditions(pod, stamp, ready=False)
        status |= {
            "phase": "Pending",
            "startTime": stamp,
            "hostIP": "10.0.0.1",
            "containerStatuses": statuses,
        }
        state.update_status(kinds.PODS, pod, status)

    def _run(self, state: ClusterState, pod: JsonObject, now: float, *, ready: bool) -> None:
        for container in _containers(pod):
            self._images.add((node_of(pod) or "", container.get("image", "")))
        _tell_running(state, pod, {"running": {"startedAt": format_time(now)}}, now, ready=ready)

    def _stop(self, state: ClusterState, pod: JsonObject, now: float) -> float | None:
        """A pod that is being deleted ends after its seeded time, at the latest when its grace period is over."""
        grace_s = float(get_path(pod, "metadata", "deletionGracePeriodSeconds", default=0))
        began = parse_time(pod["metadata"]["deletionTimestamp"]) - grace_s
        ends_at = began + min(grace_s, _chance_of(state, pod).uniform(*self._timings.stop_s))
        if now < ends_at:
            return ends_at
        if get_path(pod, "metadata", "finalizers"):
            stamp = format_time(now)
            status = _with_conditions(pod, stamp, ready=False) | {"phase": "Succeeded"}
            ended = {
                **pod,
                "metadata": {**pod["metadata"], "deletionGracePeriodSeconds": 0},
                "status": status,
            }
            state.store.put(kinds.PODS, ended)
        else:
            state.store.remove(kinds.PODS, namespace_of(pod), name_of(pod))
        return None

    def _starts_at(self, state: ClusterState, pod: JsonObject) -> float:
        return parse_time(pod["status"]["startTime"]) + self._start_delay_s(state, pod)

    def _start_delay_s(self, state: ClusterState, pod: JsonObject) -> float:
        chance = _chance_of(state, pod)
        delay_s = self._timings.start_median_s * chance.lognormvariate(0.0, self._timings.start_spread)
        pull_s = chance.uniform(*self._timings.image_pull_s)
        known = all((node_of(pod) or "", one.get("image", "")) in self._images for one in _containers(pod))
        probe_s = max((get_path(one, "readinessProbe", "initialDelaySeconds", default=0) for one in _containers(pod)),
                      default=0)  # fmt: skip
        return delay_s + (0.0 if known else pull_s) + float(probe_s)


def _crash_or_restart(state: ClusterState, pod: JsonObject, now: float) -> float:
    """Fail a moment after each start; start again after a pause that grows. Returns when the next is due."""
    before = get_path(pod, "status", "containerStatuses")[0]
    started_at = get_path(before, "state", "running", "startedAt")
    if started_at is None:
        due_at = parse_time(before["lastState"]["terminated"]["finishedAt"]) + _crash_pause_s(before)
        act = _restart
    else:
        due_at = parse_time(started_at) + CRASH_AFTER_S
        act = _crash
    return due_at if now < due_at else act(state, pod, before, now)


def _crash(state: ClusterState, pod: JsonObject, before: JsonObject, now: float) -> float:
    message = "Back-off restarting failed container"
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
    ended = {
        "exitCode": 1, "reason": "Error", "startedAt": before["state"]["running"]["startedAt"],
        "finishedAt": format_time(now),
    }  # fmt: skip
    carried = {"restartCount": before["restartCount"], "lastState": {"terminated": ended}}
    _tell_running(state, pod, waiting, now, ready=False, **carried)
    state.record_event(pod, "BackOff", message, now, source="kubelet", warning=True)
    return now + _crash_pause_s(before)


def _restart(state: ClusterState, pod: JsonObject, before: JsonObject, now: float) -> float:
    running = {"running": {"startedAt": format_time(now)}}
    carried = {"restartCount": before["restartCount"] + 1, "lastState": before["lastState"]}
    _tell_running(state, pod, running, now, ready=True, **carried)
    return now + CRASH_AFTER_S


def _crash_pause_s(container: JsonObject) -> float:
    restarts: int = container["restartCount"]
    return min(CRASH_BACKOFF_S * 2.0 ** min(restarts, 5), LONGEST_CRASH_BACKOFF_S)


def _tell_running(
    state: ClusterState,
    pod: JsonObject,
    container_state: JsonObject,
    now: float,
    *,
    ready: bool,
    **carried: Any,
) -> None:
    """Write the status of a pod whose containers have been started; `carried` are further fields of each."""
    address = _pod_address(pod)
    status = _with_conditions(pod, format_time(now), ready=ready)
    status |= {
        "phase": "Running", "podIP": address, "podIPs": [{"ip": address}],
        "containerStatuses": [
            {**_container_status(one, container_state, ready=ready), **carried} for one in _containers(pod)
        ],
    }  # fmt: skip
    state.update_status(kinds.PODS, pod, status)


def _chance_of(state: ClusterState, pod: JsonObject) -> random.Random:
    return random.Random(f"{state.seed}/{uid_of(pod)}")


def _containers(pod: JsonObject) -> list[JsonObject]:
    return list(pod["spec"].get("containers") or [])


def _container_status(
    container: JsonObject, container_state: JsonObject, *, ready: bool = False
) -> JsonObject:
    return {
        "name": container.get("name", ""), "image": container.get("image", ""), "imageID": "", "ready": ready,
        "started": "running" in container_state, "restartCount": 0, "lastState": {}, "state": container_state,
    }  # fmt: skip


def _with_conditions(pod: JsonObject, stamp: str, *, ready: bool) -> JsonObject:
    """The pod's status with its four conditions brought up to date."""
    status = dict(pod.get("status") or {})
    conditions = list(status.get("conditions") or [])
    reason = "" if ready else "ContainersNotReady"
    message = "" if ready else "containers with unready status"
    conditions = set_condition(conditions, "Initialized", "True", "", "", stamp)
    for type_ in ("ContainersReady", "Ready"):
        conditions = set_condition(conditions, type_, "True" if ready else "False", reason, message, stamp)
    if find_condition(conditions, "PodScheduled") is None:
        conditions = set_condition(conditions, "PodScheduled", "True", "", "", stamp)
    return {**status, "conditions": conditions}


def _pod_address(pod: JsonObject) -> str:
    """An address of the pod network that depends on the pod alone."""
    number = int(uid_of(pod).replace("-", "")[:4], 16)
    return f"10.244.{number >> 8}.{number & 255}"
