"""Strategic merge patch: a merge patch that merges known lists by the name of their items. Pure.

Source: the patch strategies and merge keys of the built-in types. Lists that are not named here are replaced.
"""

from typing import Any

from controller.simulation.api.json_objects import JsonObject

MERGE_KEYS: dict[str, str] = {
    "containers": "name", "initContainers": "name", "ephemeralContainers": "name", "volumes": "name", "env": "name",
    "volumeMounts": "mountPath", "imagePullSecrets": "name", "conditions": "type", "hostAliases": "ip",
    "ownerReferences": "uid", "taints": "key", "topologySpreadConstraints": "topologyKey",
}  # fmt: skip
"""Field name → the member that identifies an item of that list."""
_SET_LISTS = ("finalizers",)


def apply_strategic_merge(target: Any, patch: JsonObject) -> JsonObject:
    """The merged object; honours `$patch: replace`, `$patch: delete` in lists, and null for removal."""
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = apply_strategic_merge(merged.get(key), value)
        elif isinstance(value, list):
            merged[key] = _merge_list(key, merged.get(key) or [], value)
        else:
            merged[key] = value
    return merged


def _merge_list(field: str, target: list[Any], patch: list[Any]) -> list[Any]:
    if field in _SET_LISTS:
        return target + [item for item in patch if item not in target]
    merge_key = "containerPort" if field == "ports" and any("containerPort" in one for one in patch) else None
    merge_key = merge_key or ("port" if field == "ports" else MERGE_KEYS.get(field))
    if merge_key is None or not all(isinstance(item, dict) for item in patch):
        return patch
    if any(item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if "$patch" not in item]
    merged = list(target)
    for item in patch:
        index = next((i for i, one in enumerate(merged) if one.get(merge_key) == item.get(merge_key)), None)
        if item.get("$patch") == "delete":
            merged = [one for i, one in enumerate(merged) if i != index]
        elif index is None:
            merged.append(item)
        else:
            merged[index] = apply_strategic_merge(merged[index], item)
    return merged
