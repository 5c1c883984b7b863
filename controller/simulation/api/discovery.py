"""What the server says about itself: versions, groups and resources. Pure."""

from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.requests import ApiResponse
from controller.simulation.api.resource_kinds import ALL_KINDS, ResourceKind

_ALL_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]


def find_discovery(path: str, server_version: str) -> ApiResponse | None:
    """The answer to a path of discovery or health, or None for any other path."""
    parts = [part for part in path.split("/") if part]
    if parts == ["version"]:
        return ApiResponse(200, _version(server_version))
    if parts and parts[0] in ("healthz", "livez", "readyz"):
        return ApiResponse(200, {})
    if parts == ["api"]:
        return ApiResponse(200, {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
    if parts == ["apis"]:
        groups = [_group(name) for name in _group_names()]
        return ApiResponse(200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
    if len(parts) == 2 and parts[0] == "apis" and parts[1] in _group_names():
        return ApiResponse(200, {"kind": "APIGroup", "apiVersion": "v1", **_group(parts[1])})
    group_version = "/".join(parts[1:])
    served = [kind for kind in ALL_KINDS if kind.api_version == group_version]
    if parts[:1] == (["api"] if group_version == "v1" else ["apis"]) and served:
        return ApiResponse(200, _resource_list(group_version, served))
    return None


def _version(git_version: str) -> JsonObject:
    major, minor, _ = git_version.lstrip("v").split(".", 2)
    return {
        "major": major, "minor": minor, "gitVersion": git_version, "gitCommit": "simulated",
        "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "",
        "platform": "linux/amd64",
    }  # fmt: skip


def _group_names() -> list[str]:
    return list(dict.fromkeys(kind.group for kind in ALL_KINDS if kind.group))


def _group(name: str) -> JsonObject:
    version = next(kind.version for kind in ALL_KINDS if kind.group == name)
    entry = {"groupVersion": f"{name}/{version}", "version": version}
    return {"name": name, "versions": [entry], "preferredVersion": entry}


def _resource_list(group_version: str, served: list[ResourceKind]) -> JsonObject:
    resources = [entry for kind in served for entry in _entries(kind)]
    return {
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources,
    }  # fmt: skip


def _entries(kind: ResourceKind) -> list[JsonObject]:
    base: JsonObject = {"singularName": kind.kind.lower(), "namespaced": kind.namespaced, "kind": kind.kind}
    verbs = ["create"] if kind.is_review else _ALL_VERBS
    entry: JsonObject = {"name": kind.plural, **base, "verbs": verbs}
    if kind.short_names:
        entry["shortNames"] = list(kind.short_names)
    parts = [entry]
    write_verbs = ["get", "patch", "update"]
    if kind.has_status:
        parts.append({"name": f"{kind.plural}/status", **base, "singularName": "", "verbs": write_verbs})
    if kind.has_scale:
        scale = {
            "group": "autoscaling",
            "version": "v1",
            "kind": "Scale",
            "singularName": "",
            "verbs": write_verbs,
        }
        parts.append({"name": f"{kind.plural}/scale", **base, **scale})
    return parts
