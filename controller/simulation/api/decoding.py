"""Which JSON cannot be decoded into a kind at all. Pure.

The server is strict about types long before it validates; everything behind this check may rely on them.
"""

from collections.abc import Iterator
from typing import Any

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.json_objects import JsonObject, get_path
from controller.simulation.api.quantities import parse_quantity
from controller.simulation.api.resource_kinds import ResourceKind
from controller.simulation.api.timestamps import MICRO_TIME_PATTERN

_OBJECTS = (
    "metadata", "metadata.labels", "metadata.annotations", "spec", "status", "data", "spec.selector", "spec.strategy",
    "spec.strategy.rollingUpdate", "spec.template", "spec.template.metadata", "spec.template.metadata.labels",
    "spec.template.spec",
)  # fmt: skip
_TEXTS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.resourceVersion",
    "metadata.generateName",
)
_TEXT_MAPS = ("metadata.labels", "metadata.annotations", "spec.template.metadata.labels")
_NUMBERS = (
    "spec.replicas",
    "spec.minReadySeconds",
    "spec.progressDeadlineSeconds",
    "spec.revisionHistoryLimit",
)
_OBJECT_LISTS = ("spec.containers", "spec.template.spec.containers", "metadata.ownerReferences")


def find_decoding_problem(kind: ResourceKind, value: JsonObject) -> str | None:
    """Why a value cannot be decoded into its kind, in the words of Go's decoder, or None if it can."""
    return next(_find_problems(kind, value), None)


def _find_problems(kind: ResourceKind, value: JsonObject) -> Iterator[str]:
    if value.get("kind") not in (None, "", kind.kind):
        sent, served = f"{value.get('apiVersion')}.{value['kind']}", f"{kind.api_version}.{kind.kind}"
        yield f"converting ({sent}) to ({served}): unknown conversion"
    yield from _mistyped(kind, value, _OBJECTS, dict, "object")
    yield from _mistyped(kind, value, _TEXTS, str, "string")
    if kind is not kinds.RESOURCE_QUOTAS:
        yield from _mistyped(kind, value, _NUMBERS, int, "int32")
    for path in _TEXT_MAPS + (("data",) if kind is kinds.CONFIG_MAPS else ()):
        for text in get_path(value, *path.split("."), default={}).values():
            if not isinstance(text, str):
                yield _unmarshal(kind, text, path, "string")
    yield from _mistyped(kind, value, _OBJECT_LISTS, list, "array")
    for path in _OBJECT_LISTS:
        for item in get_path(value, *path.split("."), default=[]):
            if not isinstance(item, dict):
                yield _unmarshal(kind, item, path, "object")
    yield from _bad_quantities(value)
    if kind is kinds.LEASES:
        yield from _bad_micro_times(value)


def _mistyped(
    kind: ResourceKind, value: JsonObject, paths: tuple[str, ...], wanted: type, go_type: str
) -> Iterator[str]:
    for path in paths:
        found = get_path(value, *path.split("."))
        if found is not None and (not isinstance(found, wanted) or isinstance(found, bool)):
            yield _unmarshal(kind, found, path, go_type)


def _unmarshal(kind: ResourceKind, found: Any, path: str, go_type: str) -> str:
    holder = (
        "ObjectMeta" if path.startswith("metadata.") else f"{kind.kind}Spec" if "." in path else kind.kind
    )
    return (
        f"json: cannot unmarshal {_json_type(found)} into Go struct field {holder}.{path} of type {go_type}"
    )


def _bad_quantities(value: JsonObject) -> Iterator[str]:
    containers = get_path(value, "spec", "containers") or get_path(
        value, "spec", "template", "spec", "containers"
    )
    amounts = [
        text
        for container in containers or []
        for side in ("requests", "limits")
        for text in get_path(container, "resources", side, default={}).values()
    ]
    for text in amounts:
        try:
            parse_quantity(text)
        except ValueError:
            yield "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


def _bad_micro_times(lease: JsonObject) -> Iterator[str]:
    for field in ("acquireTime", "renewTime"):
        text = get_path(lease, "spec", field)
        if text is not None and not MICRO_TIME_PATTERN.match(str(text)):
            layout = "2006-01-02T15:04:05.000000Z07:00"
            yield f'parsing time "{text}" as "{layout}": cannot parse "{str(text)[19:]}" as ".000000"'


def _json_type(value: Any) -> str:
    """As Go's decoder names what it found."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    names: dict[type, str] = {str: "string", dict: "object", list: "array"}
    return names.get(type(value), "null")
