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


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"containers": [container("1", "1Gi"), container("500m", "2Gi")]}, Resources(1.5, 3.0)),
        ({"containers": [container("1", "1Gi")], "initContainers": [container("3", "512Mi")]}, Resources(3.0, 1.0)),
        (
            {"containers": [container("1", "1Gi")], "initContainers": [container("1", "1Gi", restartPolicy="Always")]},
            Resources(2.0, 2.0),
        ),
        (
            {"containers": [container("1", "1Gi")], "overhead": {"cpu": "250m", "memory": "128Mi"}},
            Resources(1.25, 1.125),
        ),
        ({"containers": [{"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}]}, Resources(1.0, 1.0)),
        ({"containers": [container("1", "1Gi"), container("1")]}, None),
        ({"containers": [{"name": "bare"}]}, None),
        ({"containers": []}, None),
        ({"containers": [container("lots", "1Gi")]}, None),
    ],
    ids=["sum", "init container", "sidecar", "overhead", "limits", "memory missing", "no requests", "none", "nonsense"],
)  # fmt: skip
def test_a_pod_asks_for_what_the_scheduler_reserves(spec: dict[str, Any], expected: Resources | None) -> None:
    assert compute_pod_requests(spec) == expected


def test_a_pod_without_requests_takes_no_room() -> None:
    assert compute_reserved({"spec": {"containers": [{"name": "bare"}]}}) == Resources(0.0, 0.0)
