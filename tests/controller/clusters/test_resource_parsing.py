"""Quantities and pod requests, compared with the client library and the scheduler's rules."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters.fleet import Resources
from controller.clusters.resource_parsing import (
    compute_pod_requests,
    compute_reserved,
    parse_quantity,
    parse_resources,
    parse_usage,
)


@pytest.mark.parametrize(
    "text",
    ["0", "1", "250m", "1.5", ".5", "5.", "100n", "7u", "2k", "3M", "4G", "5T", "6P", "7E",
     "1Ki", "512Mi", "1.5Gi", "2Ti", "3Pi", "1Ei", "-1", "+2"],
)  # fmt: skip
def test_quantities_mean_what_the_client_library_says(text: str) -> None:
    from kubernetes.utils.quantity import parse_quantity as reference

    assert parse_quantity(text) == reference(text)


@pytest.mark.parametrize(("text", "amount"), [("1e3", 1000), ("2E2", 200), ("5e-1", 0.5)])
def test_exponents_are_understood(text: str, amount: float) -> None:
    assert float(parse_quantity(text)) == amount


@pytest.mark.parametrize(
    "text", ["", "m", "1KiB", "1 Gi", "one", "1mm", "nan", "inf", "1e999", "٣", "1" * 65]
)
def test_what_is_no_quantity_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="not a Kubernetes quantity"):
        parse_quantity(text)


def test_resources_are_cores_and_gibibytes() -> None:
    assert parse_resources({"cpu": "1500m", "memory": "512Mi"}) == Resources(1.5, 0.5)


def container(cpu: str | None = None, memory: str | None = None, **more: Any) -> dict[str, Any]:
    requests = {name: value for name, value in (("cpu", cpu), ("memory", memory)) if value is not None}
    return {"name": "c", "resources": {"requests": requests}, **more}


def gpus(count: str, *, in_limits: bool = False, **more: Any) -> dict[str, Any]:
    """A small container that asks for GPUs."""
    asked = {"nvidia.com/gpu": count, "hugepages-2Mi": "4Mi", "example.kubernetes.io/own": "1"}
    requests = {"cpu": "1", "memory": "1Gi"}
    given = {"limits": asked, "requests": requests} if in_limits else {"requests": {**requests, **asked}}
    return {"name": "c", "resources": given, **more}


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ({"containers": [gpus("2")]}, 2.0),
        ({"containers": [gpus("2", in_limits=True), gpus("1")]}, 3.0),
        ({"containers": [gpus("1")], "initContainers": [gpus("4")]}, 4.0),
        ({"containers": [gpus("1")], "initContainers": [gpus("1", restartPolicy="Always")]}, 2.0),
    ],
)
def test_devices_are_counted_as_the_scheduler_does(spec: dict[str, Any], count: float) -> None:
    assert compute_reserved(spec).devices == (("nvidia.com/gpu", count),)


def test_a_node_has_the_devices_of_other_domains_than_kubernetes_own() -> None:
    found = parse_resources(
        {"cpu": "8", "memory": "1Gi", "pods": "110", "nvidia.com/gpu": "8", "amd.com/gpu": "0", "x.io/y": "many",
         "hugepages-1Gi": "0", "attachable-volumes-aws-ebs": "25", "requests.kubernetes.io/z": "3"}
    )  # fmt: skip
    assert found == Resources(8.0, 1.0, (("nvidia.com/gpu", 8.0),))


SMALL = container("1", "1Gi")
SIDECAR = container("1", "1Gi", restartPolicy="Always")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"containers": [SMALL, container("500m", "2Gi")]}, Resources(1.5, 3.0)),
        ({"containers": [SMALL], "initContainers": [container("3", "512Mi")]}, Resources(3.0, 1.0)),
        ({"containers": [SMALL], "initContainers": [SIDECAR]}, Resources(2.0, 2.0)),
        ({"containers": [SMALL], "initContainers": [SIDECAR, container("3", "512Mi")]}, Resources(4.0, 2.0)),
        ({"containers": [SMALL], "initContainers": [container("3", "512Mi"), SIDECAR]}, Resources(3.0, 2.0)),
        ({"containers": [SMALL], "overhead": {"cpu": "250m", "memory": "128Mi"}}, Resources(1.25, 1.125)),
        ({"containers": [{"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}]}, Resources(1.0, 1.0)),
        ({"containers": [{"name": "bare"}], **container("2", "4Gi")}, Resources(2.0, 4.0)),
    ],
    ids=["sum", "init container", "sidecar", "init container after a sidecar", "init container before a sidecar",
         "overhead", "limits", "the pod as a whole"],
)  # fmt: skip
def test_a_pod_asks_for_what_the_scheduler_reserves(spec: dict[str, Any], expected: Resources) -> None:
    assert compute_pod_requests(spec) == expected
    assert compute_reserved(spec) == expected


@pytest.mark.parametrize(
    ("containers", "reserved"),
    [
        ([SMALL, container("1")], Resources(2.0, 1.0)),
        ([{"name": "bare"}], Resources(0.0, 0.0)),
        ([], Resources(0.0, 0.0)),
        ([container("lots", "1Gi")], Resources(0.0, 1.0)),
    ],
    ids=["memory missing", "no requests", "no containers", "nonsense"],
)
def test_what_is_left_out_is_unknown_of_a_plan_and_nothing_of_a_node(
    containers: list[dict[str, Any]], reserved: Resources
) -> None:
    assert compute_pod_requests({"containers": containers}) is None
    assert compute_reserved({"containers": containers}) == reserved


USED = {"usage": {"cpu": "100m", "memory": "1Gi"}}


@pytest.mark.parametrize(
    ("containers", "used"),
    [
        ([USED, {"usage": {"cpu": "12345678n", "memory": "512Mi"}}], Resources(0.112345678, 1.5)),
        ([USED, {"name": "new"}], None),
        ([USED, {"usage": {"cpu": "much", "memory": "1Gi"}}], None),
        ([], None),
    ],
    ids=["both", "one not measured", "nonsense", "none"],
)
def test_usage_is_that_of_all_containers_or_not_known(
    containers: list[dict[str, Any]], used: Resources | None
) -> None:
    assert parse_usage({"containers": containers}) == used
