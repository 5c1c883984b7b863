"""Label and field selectors, as query texts and as selector objects. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from controller.simulation.api.json_objects import JsonObject, get_path
from controller.simulation.api.resource_kinds import ResourceKind
from controller.simulation.api.status_errors import bad_request

_SET_REQUIREMENT = re.compile(r"^\s*(?P<key>[^\s=!,()]+)\s+(?P<op>in|notin)\s*\((?P<values>[^)]*)\)\s*$")
_EQUALITY = re.compile(r"^\s*(?P<key>[^\s=!,()]+)\s*(?P<op>==|=|!=)\s*(?P<value>[^\s=!,()]*)\s*$")
_EXISTENCE = re.compile(r"^\s*(?P<absent>!)?\s*(?P<key>[^\s=!,()]+)\s*$")
_TOP_LEVEL_COMMA = re.compile(r",(?![^(]*\))")


def matches_label_query(query: str, labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy a `labelSelector` parameter. Raises ApiError 400 for one that cannot be parsed."""
    return all(_matches_requirement(part, labels) for part in _TOP_LEVEL_COMMA.split(query) if part.strip())


def _matches_requirement(requirement: str, labels: Mapping[str, str]) -> bool:
    if match := _SET_REQUIREMENT.match(requirement):
        values = {value.strip() for value in match["values"].split(",")}
        return (labels.get(match["key"]) in values) is (match["op"] == "in")
    if match := _EQUALITY.match(requirement):
        return (labels.get(match["key"]) == match["value"]) is (match["op"] != "!=")
    if match := _EXISTENCE.match(requirement):
        return (match["key"] in labels) is (match["absent"] is None)
    raise bad_request(f"unable to parse requirement: {requirement.strip()!r}")


def matches_field_query(query: str, value: JsonObject) -> bool:
    """Whether an object satisfies a `fieldSelector` parameter. Raises ApiError 400 for one that cannot be parsed."""
    for part in filter(None, query.split(",")):
        match = _EQUALITY.match(part)
        if match is None:
            raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
        actual = get_path(value, *match["key"].split("."), default="")
        if (str(actual) == match["value"]) is (match["op"] == "!="):
            return False
    return True


def check_field_query(query: str, kind: ResourceKind) -> None:
    """Raises ApiError 400 for a `fieldSelector` that names a field by which the kind cannot be selected."""
    for part in filter(None, query.split(",")):
        match = _EQUALITY.match(part)
        if match and match["key"] not in ("metadata.name", "metadata.namespace", *kind.selectable_fields):
            raise bad_request(f"field label not supported: {match['key']}")


def matches_selector(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """metav1.LabelSelector: null selects nothing, an empty one everything."""
    if selector is None:
        return False
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(matches_expression(one, labels) for one in selector.get("matchExpressions") or [])


def matches_expression(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, operator, values = expression["key"], expression["operator"], expression.get("values") or []
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    if operator == "Exists":
        return key in labels
    return key not in labels


def format_selector(selector: Mapping[str, Any] | None) -> str:
    """A selector object as a query text, e.g. for `scale.status.selector`."""
    if selector is None:
        return ""
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for one in selector.get("matchExpressions") or []:
        key, operator, values = one["key"], one["operator"], one.get("values") or []
        if operator in ("In", "NotIn"):
            parts.append(f"{key} {operator.lower()} ({','.join(values)})")
        else:
            parts.append(key if operator == "Exists" else f"!{key}")
    return ",".join(parts)
