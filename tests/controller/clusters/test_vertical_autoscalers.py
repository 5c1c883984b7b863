"""Who changes what the pods of a workload request is told by name, and what may not be read is not "nobody"."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from controller.clusters.vertical_autoscalers import find_vertical_autoscalers
from controller.errors import ControllerError, ServerFailed
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.clusters.fake_api import FakeApi
from tests.controller.faults import answered

GROUPS = "/apis"
HERE = "/apis/autoscaling.k8s.io/v1/namespaces/shop/verticalpodautoscalers"


def size(name: str, target: str, kind: str = "Deployment", **policy: str) -> dict[str, Any]:
    spec = {"targetRef": {"apiVersion": "apps/v1", "kind": kind, "name": target}}
    return {"metadata": {"name": name}, "spec": {**spec, **({"updatePolicy": policy} if policy else {})}}


def serve(*listed: Any, group: str = "autoscaling.k8s.io", version: Any = "v1") -> FakeApi:
    api = FakeApi()
    groups = [{"name": "apps"}, {"name": group, "preferredVersion": {"version": version}}]
    api.answers |= {GROUPS: {"groups": groups}, HERE: {"items": list(listed)}}
    return api


def find(api: FakeApi) -> tuple[Reason, ...]:
    return asyncio.run(find_vertical_autoscalers(api, "shop", "web"))


def test_those_of_the_workload_are_told_with_what_they_do() -> None:
    others = size("other", "checkout"), size("set", "web", kind="StatefulSet"), {"spec": None}, None
    found = find(serve(size("web", "web"), *others, size("watch", "web", updateMode="Off")))
    assert found == (
        Code.VERTICAL_AUTOSCALER_STAYS.because(name="web", mode="default"),
        Code.VERTICAL_AUTOSCALER_STAYS.because(name="watch", mode="Off"),
    )


def test_a_cluster_without_that_kind_is_asked_for_none() -> None:
    api = serve(size("web", "web"), group="example.com")
    assert find(api) == ()
    assert api.requests == ["GET /apis"]


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("path", [GROUPS, HERE])
def test_what_may_not_be_read_is_told(path: str, status: int) -> None:
    api = serve(size("web", "web"))
    api.failures[path] = answered("eu", status, "no", f"GET {path}")
    assert find(api) == (Code.VERTICAL_AUTOSCALERS_UNKNOWN.because(answer=api.failures[path].reason),)


def test_no_answer_is_nothing_that_is_known() -> None:
    api = serve(size("web", "web"))
    api.failures[HERE] = answered("eu", 500, "no", f"GET {HERE}")
    with pytest.raises(ControllerError):
        find(api)


@pytest.mark.parametrize("version", [None, "", "v1/../../secrets", 7, ["v1"]])
def test_a_version_that_is_none_is_an_error_of_the_server_and_not_nobody(version: Any) -> None:
    with pytest.raises(ServerFailed, match=r"names no version of autoscaling\.k8s\.io"):
        find(serve(size("web", "web"), version=version))


def test_an_answer_that_is_no_list_of_groups_is_none() -> None:
    api = serve()
    api.answers[GROUPS] = {"groups": "none"}
    with pytest.raises(ServerFailed):
        find(api)
