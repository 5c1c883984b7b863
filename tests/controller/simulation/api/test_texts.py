"""Texts that the API is made of: quantities, times, selectors, paths."""

from __future__ import annotations

from decimal import Decimal

import pytest

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.quantities import format_quantity, parse_quantity
from controller.simulation.api.requests import parse_target
from controller.simulation.api.selectors import format_selector, matches_field_query, matches_label_query
from controller.simulation.api.status_errors import ApiError
from controller.simulation.api.timestamps import (
    MICRO_TIME_PATTERN,
    format_micro_time,
    format_time,
    parse_time,
)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("250m", "0.25"),
        ("2", "2"),
        ("1.5", "1.5"),
        ("4Gi", "4294967296"),
        ("1k", "1000"),
        ("100M", "100000000"),
    ],
)
def test_quantity_is_read(text: str, amount: str) -> None:
    assert parse_quantity(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["", "a lot", "1Zi", "1 Gi", "--1"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("amount", "text"), [("0.25", "250m"), ("3", "3"), ("4294967296", "4Gi"), ("1536", "1536"), ("0", "0")]
)
def test_quantity_is_written(amount: str, text: str) -> None:
    assert format_quantity(Decimal(amount)) == text


def test_times_have_no_fraction_or_all_six_digits_of_it() -> None:
    assert format_time(1_790_000_000.9) == "2026-09-21T14:13:20Z"
    assert format_micro_time(1_790_000_000.0) == "2026-09-21T14:13:20.000000Z"
    assert MICRO_TIME_PATTERN.match(format_micro_time(1_790_000_000.25))
    assert parse_time("2026-09-21T14:13:20.250000Z") == 1_790_000_000.25


@pytest.mark.parametrize("query", ["a=b=c", "a in b", "=x", "a b"])
def test_unreadable_label_selector_is_400(query: str) -> None:
    with pytest.raises(ApiError) as refusal:
        matches_label_query(query, {})
    assert refusal.value.code == 400


@pytest.mark.parametrize(
    ("query", "matches"),
    [("status.phase=Running", True), ("status.phase!=Running", False), ("spec.nodeName=", True), ("", True)],
)
def test_field_selector(query: str, matches: bool) -> None:
    assert matches_field_query(query, {"status": {"phase": "Running"}}) is matches


def test_selector_is_written_as_a_query() -> None:
    expressions = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "DoesNotExist"},
    ]
    selector = {"matchLabels": {"app": "web"}, "matchExpressions": expressions}
    assert format_selector(selector) == "app=web,tier in (a,b),!old"


@pytest.mark.parametrize(
    ("path", "kind", "namespace", "name", "subresource"),
    [
        ("/api/v1/nodes", kinds.NODES, "", "", ""),
        ("/api/v1/namespaces/shop", kinds.NAMESPACES, "", "shop", ""),
        ("/api/v1/namespaces/shop/status", kinds.NAMESPACES, "", "shop", "status"),
        ("/api/v1/pods", kinds.PODS, None, "", ""),
        ("/apis/apps/v1/namespaces/shop/deployments/web/scale", kinds.DEPLOYMENTS, "shop", "web", "scale"),
    ],
)
def test_path_names_an_object(
    path: str, kind: object, namespace: str | None, name: str, subresource: str
) -> None:
    target = parse_target(path)
    assert (target.kind, target.namespace, target.name, target.subresource) == (
        kind,
        namespace,
        name,
        subresource,
    )


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/apis/apps",
        "/apis/apps/v1/gadgets",
        "/apis/apps/v2/deployments",
        "/api/v1/pods/web",
        "/metrics",
    ],
)
def test_path_that_nothing_serves_is_404(path: str) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_target(path)
    assert refusal.value.code == 404
