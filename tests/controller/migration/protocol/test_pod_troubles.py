"""What a person reads of a pod that does not serve: the words of the scheduler, the kubelet and autoscalers."""

from __future__ import annotations

from typing import Any

import pytest

from controller.migration.protocol.pod_troubles import (
    Kind,
    PodTrouble,
    explain,
    find_explained,
    find_trouble,
    parse_event,
    say_why,
)
from controller.reasons import Code
from oracle.foundation.untrusted_text import MAX_SHOWN_CHARACTERS

UNSCHEDULABLE = "0/3 nodes are available: 3 Insufficient cpu."
NO_NODE = {
    "phase": "Pending",
    "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": UNSCHEDULABLE}
    ],
}


def pod(status: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "web-1"}, "status": status}


def waiting(reason: str, message: str | None = None, **container: Any) -> dict[str, Any]:
    """A pod whose container waits."""
    state = {"waiting": {"reason": reason, **({} if message is None else {"message": message})}}
    return pod({"phase": "Pending", "containerStatuses": [{"name": "main", "state": state, **container}]})


def trouble_of(body: dict[str, Any]) -> PodTrouble:
    found = find_trouble(body)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (pod(NO_NODE), f"the pod web-1 has no node: {UNSCHEDULABLE}"),
        (
            waiting("ImagePullBackOff", 'Back-off pulling image "web:9"'),
            'the container main of the pod web-1 does not run, ImagePullBackOff: Back-off pulling image "web:9"',
        ),
        (
            waiting("CreateContainerConfigError", 'secret "db" not found'),
            "the container main of the pod web-1 does not run, CreateContainerConfigError: "
            'secret "db" not found',
        ),
        (
            waiting(
                "CrashLoopBackOff",
                "back-off 10s",
                restartCount=3,
                lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
            ),
            "the container main of the pod web-1 ended with exit code 137 and was started again 3 times: OOMKilled",
        ),
        (waiting("ContainerCreating"), "the pod web-1 is still starting (ContainerCreating)"),
        (pod({"phase": "Pending"}), "the pod web-1 is still starting (Pending)"),
        (
            pod({"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}),
            "the pod web-1 runs and is not ready",
        ),
    ],
    ids=["no node", "image", "configuration", "crash", "starting", "not begun", "not ready"],
)
def test_a_pod_that_does_not_serve_says_why(body: dict[str, Any], sentence: str) -> None:
    assert str(trouble_of(body).reason) == sentence


def test_an_init_container_that_fails_is_what_keeps_a_pod_from_starting() -> None:
    failed = {"terminated": {"exitCode": 2, "reason": "Error", "message": "no database"}}
    body = waiting("PodInitializing")
    body["status"]["initContainerStatuses"] = [{"name": "migrate", "restartCount": 1, "state": failed}]
    said = "the container migrate of the pod web-1 ended with exit code 2 and was started again 1 time: no database"
    assert str(trouble_of(body).reason) == said


@pytest.mark.parametrize(
    "status", [{"conditions": [{"type": "Ready", "status": "True"}]}, {"phase": "Failed"}]
)
def test_a_pod_that_serves_or_has_ended_says_nothing(status: dict[str, Any]) -> None:
    assert find_trouble(pod(status)) is None


def event(component: str, message: str, at: str = "2026-05-01T10:30:00Z", **fields: Any) -> Any:
    return parse_event(
        {"message": message, "lastTimestamp": at, "source": {"component": component}, **fields}
    )


def test_a_pod_without_a_node_is_told_with_the_newest_that_its_autoscaler_said() -> None:
    events = [
        event("cluster-autoscaler", "pod triggered scale-up", "2026-05-01T10:31:00Z"),
        event("cluster-autoscaler", "pod didn't trigger scale-up: max node group size reached"),
        event("default-scheduler", "0/4 nodes", "2026-05-01T10:32:00Z"),
    ]
    said = str(say_why(trouble_of(pod(NO_NODE)), events))
    assert said.endswith(f"{UNSCHEDULABLE} (cluster-autoscaler: pod triggered scale-up)")


def test_an_event_of_the_newer_api_has_its_time_and_its_component_elsewhere() -> None:
    old = event("karpenter", "nominated", "2026-05-01T10:30:00Z")
    new = parse_event(
        {
            "message": "incompatible requirements",
            "eventTime": "2026-05-01T10:30:01.250000Z",
            "reportingComponent": "karpenter",
            "lastTimestamp": None,
        }
    )
    said = str(say_why(trouble_of(pod(NO_NODE)), [old, new]))
    assert said.endswith("(karpenter: incompatible requirements)")


def test_what_the_kubelet_stumbles_on_is_told_of_a_pod_that_is_starting() -> None:
    trouble = trouble_of(waiting("ContainerCreating"))
    missing = 'MountVolume.SetUp failed for volume "settings": configmap "settings" not found'
    told = say_why(trouble, [event("kubelet", missing, type="Warning"), event("kubelet", "Pulling image")])
    assert str(told) == f"the pod web-1 does not start: {missing}"


def test_what_was_said_of_a_pod_before_it_had_a_node_is_over() -> None:
    trouble = trouble_of(waiting("ContainerCreating"))
    over = event("default-scheduler", "0/3 nodes", type="Warning", reason="FailedScheduling")
    assert say_why(trouble, [over]) == trouble.reason


def test_words_of_a_cluster_are_clean_and_bounded() -> None:
    hostile = "\x1b[31m\u202e" + "x" * 5000
    body = pod({"conditions": [{"type": "PodScheduled", "status": "False", "message": hostile}]})
    told = say_why(trouble_of(body), [event("\x1b[2J", hostile)])
    assert str(told).isprintable()
    assert len(str(told)) < 3 * MAX_SHOWN_CHARACTERS
    for _, value in told.parameters:
        assert len(str(value)) <= MAX_SHOWN_CHARACTERS


@pytest.mark.parametrize("number", [-1, 2**40, True, "9", None])
def test_a_number_that_no_journal_takes_is_not_known(number: object) -> None:
    ended = {"terminated": {"exitCode": number, "reason": "Error"}}
    told = trouble_of(waiting("CrashLoopBackOff", restartCount=number, lastState=ended)).reason
    assert [value for name, value in told.parameters if name in ("exit_code", "restarts")] in (
        [],
        [None, None],
    )


def test_nothing_is_decided_by_what_pods_say() -> None:
    failed = Code.TARGET_NOT_SERVING.because(context="osaka", waited_s=300, available=0, replicas=1)
    why = trouble_of(pod(NO_NODE)).reason
    assert find_explained(explain(failed, why)) == failed
    assert explain(failed, None) == failed
    assert str(explain(failed, why)) == f"{failed}: {why}"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"message": UNSCHEDULABLE, "reason": "Unschedulable"}, UNSCHEDULABLE),
        ({"message": None, "reason": "SchedulingGated"}, "SchedulingGated"),
        ({}, ""),
    ],
)
def test_a_scheduler_that_gives_no_message_is_quoted_by_its_reason(said: dict[str, Any], told: str) -> None:
    trouble = trouble_of(pod({"conditions": [{"type": "PodScheduled", "status": "False", **said}]}))
    assert (trouble.kind, trouble.reason["message"]) == (Kind.NO_NODE, told)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (waiting("ImagePullBackOff"), Kind.FAILING),
        (waiting("ContainerCreating"), Kind.STARTING),
        (pod({"phase": "Pending"}), Kind.STARTING),
        (pod({"containerStatuses": [{"name": "main", "state": {"running": {}}}]}), Kind.NOT_READY),
        (waiting("CrashLoopBackOff", lastState={"terminated": {"exitCode": 1}}), Kind.FAILING),
        (waiting("ContainerCreating", lastState={"terminated": {"exitCode": 1}}), Kind.STARTING),
    ],
)
def test_each_trouble_is_of_its_kind(body: dict[str, Any], kind: Kind) -> None:
    assert trouble_of(body).kind is kind


def test_a_container_that_ended_well_is_no_crash() -> None:
    body = pod({"containerStatuses": [{"name": "main", "state": {"terminated": {"exitCode": 0}}}]})
    assert trouble_of(body).kind is Kind.NOT_READY


def test_a_crash_of_which_little_is_known_claims_nothing() -> None:
    told = trouble_of(waiting("CrashLoopBackOff", lastState={"terminated": {"exitCode": 1}})).reason
    assert (told["restarts"], told["cause"], told["exit_code"]) == (0, "", 1)
    largest = {"terminated": {"exitCode": 2**32 - 1}}
    assert trouble_of(waiting("CrashLoopBackOff", lastState=largest)).reason["exit_code"] == 2**32 - 1


def test_a_name_is_bounded_and_one_that_is_missing_is_empty() -> None:
    body = {
        "metadata": None,
        "status": {"containerStatuses": [{"name": "x" * 200, "state": {"waiting": {}}}]},
    }
    body["status"]["containerStatuses"][0]["state"]["waiting"] = {"reason": "ImagePullBackOff"}
    told = trouble_of(body).reason
    assert (told["pod"], len(str(told["container"]))) == ("", 80)


@pytest.mark.parametrize(
    ("times", "at"),
    [
        ({"series": {"lastObservedTime": "3"}, "lastTimestamp": "2", "eventTime": "1"}, "3"),
        ({"series": None, "lastTimestamp": "2", "eventTime": "1"}, "2"),
        ({"lastTimestamp": None, "eventTime": "1"}, "1"),
        ({}, ""),
    ],
)
def test_an_event_is_of_when_it_was_seen_last(times: dict[str, Any], at: str) -> None:
    assert parse_event(times).at == at


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"message": "no room", "reason": "NotTriggered"}, "no room"),
        ({"reason": "NotTriggered"}, "NotTriggered"),
        ({}, ""),
    ],
)
def test_an_event_without_a_message_is_quoted_by_its_reason(said: dict[str, Any], told: str) -> None:
    assert parse_event(said).message == told


def test_words_of_nobody_are_not_an_autoscalers() -> None:
    trouble = trouble_of(pod(NO_NODE))
    assert say_why(trouble, [event("", "somebody said")]) == trouble.reason
    assert say_why(trouble, []) == trouble.reason
