"""What a client asks for: paths, parameters and bodies, taken apart. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.resource_kinds import KINDS_BY_PATH, ResourceKind
from controller.simulation.api.status_errors import FieldProblem, bad_request, invalid_options, unknown_path

_OPTIONS = {
    "POST": "CreateOptions",
    "PUT": "UpdateOptions",
    "PATCH": "PatchOptions",
    "DELETE": "DeleteOptions",
}
"""Method → the options that its parameters are checked as."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request as it came, the cluster's own path prefix already taken off."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = "application/json"
    user_agent: str = ""

    @property
    def is_dry_run(self) -> bool:
        """Raises ApiError 422 for a dryRun parameter other than All."""
        wanted = self.query.get("dryRun", "")
        if wanted not in ("", "All"):
            why = f'Unsupported value: ["{wanted}"]: supported values: "All"'
            problem = FieldProblem("FieldValueNotSupported", "dryRun", why)
            raise invalid_options(_OPTIONS[self.method], problem)
        return wanted == "All"

    @property
    def field_manager(self) -> str:
        """Who writes: the parameter, else the program's name at the beginning of User-Agent."""
        return self.query.get("fieldManager") or self.user_agent.split("/")[0] or "unknown"

    def is_true(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("true", "1", "t")

    def parse_body(self) -> JsonObject:
        """The body as one JSON object; an empty body is an empty object. Raises ApiError 400."""
        value = parse_json(self.body) if self.body else {}
        if not isinstance(value, dict):
            raise bad_request("the body of the request is not a JSON object")
        return value


@dataclass(frozen=True, slots=True)
class ApiResponse:
    code: int
    body: JsonObject


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names: a kind, perhaps a namespace, an object and a part of it."""

    kind: ResourceKind
    namespace: str | None
    """None for all namespaces, "" for kinds of the whole cluster."""
    name: str
    """"" for the collection."""
    subresource: str


def parse_json(body: bytes) -> Any:
    """Raises ApiError 400 for a body that is not JSON."""
    try:
        return json.loads(body)
    except ValueError as error:
        raise bad_request(f"error decoding JSON: {error}") from error


def parse_target(path: str) -> Target:
    """The object that a path of /api or /apis names. Raises ApiError 404 for a path that is served by nothing."""
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"]:
        group, rest = "", parts[1:]
    elif parts[:1] == ["apis"] and len(parts) > 1:
        group, rest = parts[1], parts[2:]
    else:
        raise unknown_path()
    if len(rest) < 2:
        raise unknown_path()
    version, *rest = rest
    namespace: str | None = None
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    kind = KINDS_BY_PATH.get((group, version, rest[0]))
    if kind is None or len(rest) > 3:
        raise unknown_path()
    name, subresource = [*rest[1:], "", ""][:2]
    if kind.namespaced and name and namespace is None:
        raise unknown_path()
    return Target(kind, namespace if kind.namespaced else "", name, subresource)
