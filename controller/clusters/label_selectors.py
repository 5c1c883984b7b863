"""Whether a label selector of Kubernetes matches labels: equal values, and expressions. Pure.

Source: the API reference, LabelSelector.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.clusters.json_reading import as_list, as_mapping


def is_empty(selector: object) -> bool:
    """Whether a selector asks for nothing, and so selects every pod of its namespace; an absent one selects none."""
    return isinstance(selector, dict) and not any(
        selector.get(key) for key in ("matchLabels", "matchExpressions")
    )


def matches(selector: object, labels: Mapping[str, Any]) -> bool:
    """Whether a selector selects what has these labels. One that is absent, or not understood, selects nothing."""
    if not isinstance(selector, dict):
        return False
    equal = as_mapping(selector.get("matchLabels"))
    expressions = map(as_mapping, as_list(selector.get("matchExpressions")))
    return all(labels.get(key) == value for key, value in equal.items()) and all(
        _holds(expression, labels) for expression in expressions
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Whether one requirement holds; NotIn also holds for what has no such label."""
    key, values = expression.get("key"), as_list(expression.get("values"))
    if not isinstance(key, str):
        return False
    match expression.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False
