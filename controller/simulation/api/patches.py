"""The four kinds of PATCH, by content type. Pure."""

from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.json_patch import PatchFailed, apply_json_patch, apply_merge_patch
from controller.simulation.api.requests import ApiRequest, parse_json
from controller.simulation.api.status_errors import (
    FieldProblem,
    bad_request,
    invalid_options,
    patch_rejected,
    unsupported_media_type,
)
from controller.simulation.api.strategic_merge import apply_strategic_merge

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
MEDIA_TYPES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE, APPLY)
MOST_OPERATIONS = 10_000
"""The API server's own bound on the operations of one JSON Patch."""


def apply_patch(media_type: str, body: bytes, value: JsonObject) -> JsonObject:
    """The patched object. Raises ApiError: 400 unreadable, 415 unknown kind, 422 cannot be applied."""
    if media_type not in (JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE):
        raise unsupported_media_type(media_type, MEDIA_TYPES)
    patch = parse_json(body)
    if media_type == JSON_PATCH:
        return _apply_operations(patch, value)
    if not isinstance(patch, dict):
        raise bad_request("the patch is not a JSON object")
    merge = apply_merge_patch if media_type == MERGE_PATCH else apply_strategic_merge
    merged: JsonObject = merge(value, patch)
    return merged


def _apply_operations(patch: object, value: JsonObject) -> JsonObject:
    if not isinstance(patch, list) or not all(isinstance(one, dict) for one in patch):
        raise bad_request("a JSON Patch is a list of operations")
    if len(patch) > MOST_OPERATIONS:
        raise bad_request(
            f"the allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {len(patch)}"
        )
    try:
        patched = apply_json_patch(value, patch)
    except PatchFailed as error:
        raise patch_rejected() from error
    if not isinstance(patched, dict):
        raise patch_rejected()
    return patched


def media_type_of(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def check_patch_options(request: ApiRequest, *, is_apply: bool) -> None:
    """Raises ApiError 422 for an apply without a manager, and for `force` on anything else."""
    if is_apply and not request.query.get("fieldManager"):
        why = "Required value: is required for apply patch"
        raise invalid_options("PatchOptions", FieldProblem("FieldValueRequired", "fieldManager", why))
    if not is_apply and "force" in request.query:
        why = "Forbidden: may not be specified for non-apply patch"
        raise invalid_options("PatchOptions", FieldProblem("FieldValueForbidden", "force", why))
