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
