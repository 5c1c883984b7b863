"""Creating, replacing, patching and deleting objects on a client's behalf. Pure: time is the model's.

Each write goes the way of the real server: decode, preconditions, defaults, validation, admission, and then either
the store or, with dryRun=All, nowhere.
"""

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.api.admission import check_namespace, check_quota
from controller.simulation.api.deletion import delete_object, finish_if_released
from controller.simulation.api.json_objects import JsonObject, get_path, name_of
from controller.simulation.api.managed_fields import FieldOwner, keep_unchanged, record_update
from controller.simulation.api.patches import APPLY, apply_patch, check_patch_options, media_type_of
from controller.simulation.api.preconditions import (
    check_preconditions,
    check_propagation_policy,
    deleted_status,
)
from controller.simulation.api.registry import normalise, prepare_status_update, prepare_update
from controller.simulation.api.requests import ApiRequest, ApiResponse, Target
from controller.simulation.api.resource_kinds import ResourceKind
from controller.simulation.api.scale import from_scale, to_scale
from controller.simulation.api.server_side_apply import apply_configuration
from controller.simulation.api.status_errors import (
    ApiError,
    FieldProblem,
    already_exists,
    bad_request,
    bad_value,
    conflict,
    invalid_for_update,
    invalid_scale,
    not_found,
)
from controller.simulation.api.validation import check_body_types, check_patched, check_valid
from controller.simulation.cluster_model import ClusterModel


class ObjectWriter:
    """The writing half of one cluster's API. Not thread-safe."""

    def __init__(self, model: ClusterModel) -> None:
        self._model = model
        self._state = model.state

    def create(self, request: ApiRequest, target: Target) -> JsonObject:
        """The created object. Raises ApiError 400, 403, 404, 409 or 422."""
        kind, namespace = target.kind, target.namespace or ""
        value = request.parse_body()
        check_body_types(kind, value)
        metadata = dict(value.get("metadata") or {})
        if metadata.get("resourceVersion"):
            # The real server answers 500 as well: it takes this for a mistake inside itself.
            raise ApiError(500, "", "resourceVersion should not be set on objects to be created")
        if kind.namespaced and metadata.setdefault("namespace", namespace) != namespace:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        check_namespace(self._state, kind, namespace, metadata.get("name", ""))
        for field in ("uid", "generation", "deletionTimestamp", "managedFields", "selfLink"):
            metadata.pop(field, None)
        value = _ready_to_create(kind, {**value, "metadata": metadata})
        value = self._state.prepare_new(kind, normalise(kind, value), self._model.now)
        value = record_update(None, value, self._owner(request, target), self._model.now)
        return self._store_new(request, target, value)

    def _store_new(self, request: ApiRequest, target: Target, value: JsonObject) -> JsonObject:
        kind, namespace = target.kind, target.namespace or ""
        check_valid(kind, value)
        if self._state.store.get(kind, namespace, name_of(value)) is not None:
            raise already_exists(kind, name_of(value))
        if kind is kinds.PODS:
            check_quota(self._state, value)
        return value if request.is_dry_run else self._state.store.put(kind, value)

    def replace(self, request: ApiRequest, target: Target, old: JsonObject) -> JsonObject:
        """The object after a PUT to it or to one of its subresources. Raises ApiError 400, 409 or 422."""
        new = request.parse_body()
        sent_name = get_path(new, "metadata", "name", default=target.name)
        if sent_name != target.name:
            raise bad_request(
                f"the name of the object ({sent_name}) does not match the name on the URL ({target.name})"
            )
        if target.subresource == "scale":
            return self._store_scale(request, target, old, new)
        if target.kind is kinds.LEASES and not get_path(new, "metadata", "resourceVersion"):
            # Most kinds take an unconditional update; a lease does not.
            raise _version_required(target)
        return self._store_update(request, target, old, new)

    def patch(self, request: ApiRequest, target: Target) -> ApiResponse:
        """The answer to a PATCH. Raises ApiError 400, 404, 409, 415 or 422."""
        media_type = media_type_of(request.content_type)
        old = self._state.store.get(target.kind, target.namespace or "", target.name)
        if media_type == APPLY:
            return self._apply(request, target, old)
        check_patch_options(request, is_apply=False)
        if old is None:
            raise not_found(target.kind, target.name)
        if target.subresource == "scale":
            scale = apply_patch(media_type, request.body, to_scale(old))
            return ApiResponse(200, self._store_scale(request, target, old, scale))
        new = apply_patch(media_type, request.body, old)
        check_patched(target.kind, old, new)
        return ApiResponse(200, self._store_update(request, target, old, new))

    def delete(self, request: ApiRequest, target: Target, value: JsonObject) -> JsonObject:
        """The answer to a DELETE: the object while it lingers, a Status once it is gone. Raises ApiError 409."""
        options = request.parse_body()
        check_preconditions(target.kind, value, options.get("preconditions") or {})
        wanted = request.query.get("propagationPolicy") or options.get("propagationPolicy") or "Background"
        check_propagation_policy(wanted)
        grace = request.query.get("gracePeriodSeconds", options.get("gracePeriodSeconds"))
        if request.is_dry_run or options.get("dryRun") == ["All"]:
            return deleted_status(target.kind, value)
        grace_s = None if grace is None else int(grace)
        left = delete_object(self._state, target.kind, value, self._model.now, grace_s, wanted)
        still_there = self._state.store.get(target.kind, target.namespace or "", name_of(value)) is not None
        return left if still_there or target.kind is kinds.PODS else deleted_status(target.kind, value)

    def _apply(self, request: ApiRequest, target: Target, old: JsonObject | None) -> ApiResponse:
        check_patch_options(request, is_apply=True)
        wanted = request.parse_body()
        check_body_types(target.kind, wanted)
        if get_path(wanted, "metadata", "managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        sent_version = get_path(wanted, "metadata", "resourceVersion")
        if old is not None and sent_version not in (None, old["metadata"]["resourceVersion"]):
            raise conflict(target.kind, target.name)
        owner, force = self._owner(request, target, "Apply"), request.is_true("force")
        merged = apply_configuration(old, wanted, owner, self._model.now, force=force)
        if old is None:
            return ApiResponse(201, self._create_applied(request, target, merged))
        value = keep_unchanged(old, self._prepare(target, old, merged))
        return ApiResponse(200, self._finish_update(request, target, value))

    def _create_applied(self, request: ApiRequest, target: Target, value: JsonObject) -> JsonObject:
        kind, namespace = target.kind, target.namespace or ""
        check_namespace(self._state, kind, namespace, target.name)
        metadata = {**value["metadata"], "name": target.name}
        if kind.namespaced:
            metadata["namespace"] = namespace
        value = _ready_to_create(kind, {**value, "metadata": metadata})
        prepared = self._state.prepare_new(kind, normalise(kind, value), self._model.now)
        return self._store_new(request, target, prepared)

    def _store_scale(
        self, request: ApiRequest, target: Target, old: JsonObject, scale: JsonObject
    ) -> JsonObject:
        replicas = get_path(scale, "spec", "replicas", default=0)
        if isinstance(replicas, int) and replicas < 0:
            problem = bad_value("spec.replicas", replicas, "must be greater than or equal to 0")
            raise invalid_scale(target.name, problem)
        return to_scale(self._store_update(request, target, old, from_scale(scale, old)))

    def _store_update(
        self, request: ApiRequest, target: Target, old: JsonObject, new: JsonObject
    ) -> JsonObject:
        check_body_types(target.kind, new)
        value = self._prepare(target, old, new)
        value = record_update(old, value, self._owner(request, target), self._model.now)
        return self._finish_update(request, target, value)

    def _prepare(self, target: Target, old: JsonObject, new: JsonObject) -> JsonObject:
        if target.subresource == "status":
            return prepare_status_update(target.kind, old, new)
        value = prepare_update(target.kind, old, new)
        check_valid(target.kind, value, old)
        return value

    def _finish_update(self, request: ApiRequest, target: Target, value: JsonObject) -> JsonObject:
        if request.is_dry_run:
            return value
        stored = self._state.store.put(target.kind, value)
        finish_if_released(self._state, target.kind, stored)
        return stored

    def _owner(self, request: ApiRequest, target: Target, operation: str = "Update") -> FieldOwner:
        return FieldOwner(request.field_manager, operation, target.kind.api_version, target.subresource)


def _ready_to_create(kind: ResourceKind, value: JsonObject) -> JsonObject:
    """Without the status, which a client cannot set by creating; with the one that the server begins with.

    A node's may be set: that is how a kubelet registers itself.
    """
    if not kind.has_status or kind is kinds.NODES:
        return value
    bare = {key: item for key, item in value.items() if key != "status"}
    first_status: JsonObject = {"phase": "Pending", "qosClass": "Burstable"} if kind is kinds.PODS else {}
    return {**bare, "spec": value.get("spec") or {}, "status": first_status}


def _version_required(target: Target) -> ApiError:
    why = "Invalid value: 0: must be specified for an update"
    problem = FieldProblem("FieldValueInvalid", "metadata.resourceVersion", why)
    return invalid_for_update(target.kind, target.name, problem)
