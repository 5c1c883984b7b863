"""Label selectors match as an API server's do."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters.label_selectors import is_empty, matches

LABELS = {"app": "checkout", "tier": "web"}


def expression(operator: str, *values: str, key: str = "tier") -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"matchLabels": {"app": "checkout"}}, True),
        ({"matchLabels": {"app": "checkout", "tier": "db"}}, False),
        ({"matchLabels": {"app": "checkout"}, **expression("In", "web", "edge")}, True),
        ({"matchLabels": {"app": "cart"}, **expression("In", "web")}, False),
        (expression("In", "db"), False),
        (expression("In", "web", key="zone"), False),
        (expression("NotIn", "db"), True),
        (expression("NotIn", "web"), False),
        (expression("NotIn", "web", key="zone"), True),
        (expression("Exists"), True),
        (expression("Exists", key="zone"), False),
        (expression("DoesNotExist"), False),
        (expression("DoesNotExist", key="zone"), True),
        (expression("Above", "1"), False),
        ({}, True),
        (None, False),
        ("app=checkout", False),
    ],
)
def test_a_selector_selects_by_equal_values_and_by_expressions(selector: object, expected: bool) -> None:
    assert matches(selector, LABELS) is expected


def test_only_a_selector_that_is_there_and_asks_for_nothing_selects_a_whole_namespace() -> None:
    assert is_empty({})
    assert is_empty({"matchLabels": {}, "matchExpressions": None})
    assert not is_empty({"matchLabels": {"app": "checkout"}})
    assert not is_empty(expression("Exists"))
    assert not is_empty(None)
