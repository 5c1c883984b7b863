"""Why a pod does not serve, in the words of whoever keeps it from that: scheduler, kubelet, autoscaler. Pure.

A status alone says "0 of 1"; the condition PodScheduled, the state of a container and the events about a pod say what a
person has to mend. All of it is somebody else's text: cleaned and bounded where it becomes a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from controller.clusters.json_reading import as_count
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.foundation.untrusted_text import clean_text

#: The scheduler's own name in its events: its words are the condition's, too.
SCHEDULER = "default-scheduler"

#: What schedulers and Karpenter say of a pod that has no node; of one that has got one it is over.
_WITHOUT_NODE = "FailedScheduling"

#: Why a container waits as it does on any start.
_STARTING = frozenset({"ContainerCreating", "PodInitializing"})

_ENDED = frozenset({"Succeeded", "Failed"})

#: Longest name of a container, a state or a component that is shown. Arbitrary: Kubernetes' own have half of it.
_MAX_NAME = 80

#: The largest exit code (of Windows), and more restarts than anybody has seen. A journal takes no number without end.
_MAX_COUNT = 2**32 - 1


class Kind(IntEnum):
    """What is wrong with a pod, the most telling first."""

    NO_NODE = 0
    FAILING = 1
    STARTING = 2
    NOT_READY = 3


@dataclass(frozen=True, slots=True)
class PodTrouble:
    """What keeps a pod from serving, as its own status has it."""

    kind: Kind
    reason: Reason


@dataclass(frozen=True, slots=True)
class PodEvent:
    """What was reported of a pod. `at`: RFC 3339, which sorts as text."""

    at: str
    component: str
    reason: str
    message: str
    is_warning: bool


def find_trouble(body: Mapping[str, Any]) -> PodTrouble | None:
    """Return what keeps a pod from serving; None where nothing does, or where it has ended.

    Raises: TypeError, AttributeError for what is of the wrong type.
    """
    name = _short((body.get("metadata") or {}).get("name"))
    status = body.get("status") or {}
    if status.get("phase") in _ENDED:
        return None
    conditions = {str(one.get("type")): one for one in status.get("conditions") or ()}
    if (conditions.get("Ready") or {}).get("status") == "True":
        return None
    scheduled = conditions.get("PodScheduled") or {}
    if scheduled.get("status") == "False":
        message = clean_text(scheduled.get("message") or scheduled.get("reason") or "")
        return PodTrouble(Kind.NO_NODE, Code.POD_WITHOUT_NODE.because(pod=name, message=message))
    containers = (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))
    found = [trouble for one in containers if (trouble := _find_of_container(name, one)) is not None]
    if found:
        return min(found, key=lambda trouble: trouble.kind)
    if containers:
        return PodTrouble(Kind.NOT_READY, Code.POD_NOT_READY.because(pod=name))
    return PodTrouble(Kind.STARTING, Code.POD_STARTING.because(pod=name, state=_short(status.get("phase"))))


def _find_of_container(pod: str, container: Mapping[str, Any]) -> PodTrouble | None:
    name, state = _short(container.get("name")), container.get("state") or {}
    waiting = state.get("waiting") or {}
    ended = state.get("terminated") or (container.get("lastState") or {}).get("terminated") or {}
    word = _short(waiting.get("reason"))
    has_failed = ended.get("exitCode") not in (None, 0)
    if has_failed and (word == "CrashLoopBackOff" or "terminated" in state):
        return PodTrouble(Kind.FAILING, _describe_crash(pod, name, container, ended))
    if not waiting:
        return None
    if word in _STARTING:
        return PodTrouble(Kind.STARTING, Code.POD_STARTING.because(pod=pod, state=word))
    message = clean_text(waiting.get("message") or word)
    failing = Code.CONTAINER_WAITS.because(pod=pod, container=name, state=word, message=message)
    return PodTrouble(Kind.FAILING, failing)


def _describe_crash(pod: str, name: str, container: Mapping[str, Any], ended: Mapping[str, Any]) -> Reason:
    return Code.CONTAINER_CRASHES.because(
        pod=pod,
        container=name,
        restarts=_count(container.get("restartCount", 0)),
        exit_code=_count(ended.get("exitCode")),
        cause=clean_text(ended.get("message") or ended.get("reason") or ""),
    )


def _count(value: object) -> int | None:
    """A number as it may stand in a journal; any other is not known."""
    count = as_count(value)
    return count if count is not None and count <= _MAX_COUNT else None


def parse_event(body: Mapping[str, Any]) -> PodEvent:
    """Parse an event of the core group. The newer API writes it with other fields for its time and its component.

    Raises: TypeError, AttributeError for what is of the wrong type.
    """
    series, source = body.get("series") or {}, body.get("source") or {}
    moments = (series.get("lastObservedTime"), body.get("lastTimestamp"), body.get("eventTime"))
    return PodEvent(
        at=next((str(moment) for moment in moments if moment), ""),
        component=_short(source.get("component") or body.get("reportingComponent")),
        reason=_short(body.get("reason")),
        message=clean_text(body.get("message") or body.get("reason") or ""),
        is_warning=body.get("type") == "Warning",
    )


def say_why(trouble: PodTrouble, events: Iterable[PodEvent]) -> Reason:
    """Return what keeps a pod from serving, with the newest that others have reported of it.

    Without a node that is what an autoscaler says of buying one; on its way to start, what the kubelet stumbles on.
    """
    told = sorted((event for event in events if event.message), key=lambda event: event.at, reverse=True)
    if trouble.kind is Kind.NO_NODE:
        others = (event for event in told if event.component not in ("", SCHEDULER))
        if (newest := next(others, None)) is not None:
            known = dict(trouble.reason.parameters)
            return Code.POD_AWAITS_MACHINE.because(**known, component=newest.component, words=newest.message)
    if trouble.kind is Kind.STARTING:
        warned = (event for event in told if event.is_warning and event.reason != _WITHOUT_NODE)
        if (newest := next(warned, None)) is not None:
            return Code.POD_START_FAILS.because(pod=trouble.reason["pod"], message=newest.message)
    return trouble.reason


def explain(reason: Reason, why: Reason | None) -> Reason:
    """Return a reason with what its pods say of it; without that it stays as it is."""
    return reason if why is None else Code.PODS_SAY_WHY.because(reason=reason, why=why)


def find_explained(reason: Reason) -> Reason:
    """Return what was explained: nothing is decided by what pods say."""
    inner = reason["reason"] if reason.code is Code.PODS_SAY_WHY else reason
    return inner if isinstance(inner, Reason) else reason


def _short(value: object) -> str:
    return clean_text(value or "", _MAX_NAME)
