"""What a deletion demands of the object, and what the server says once it is gone. Pure."""

from controller.simulation.api.json_objects import JsonObject, name_of
from controller.simulation.api.resource_kinds import ResourceKind
from controller.simulation.api.status_errors import FieldProblem, invalid_options, precondition_failed


def check_preconditions(kind: ResourceKind, value: JsonObject, preconditions: JsonObject) -> None:
    """Raises ApiError 409 if the object is not the one, or not the version, that shall be deleted."""
    metadata = value["metadata"]
    wanted_uid = preconditions.get("uid")
    if wanted_uid is not None and wanted_uid != metadata["uid"]:
        why = (
            f"the UID in the precondition ({wanted_uid}) does not match the UID in record ({metadata['uid']}). "
            "The object might have been deleted and then recreated"
        )
        raise precondition_failed(kind, name_of(value), why)
    wanted_version = preconditions.get("resourceVersion")
    if wanted_version is not None and wanted_version != metadata["resourceVersion"]:
        why = (
            f"the ResourceVersion in the precondition ({wanted_version}) does not match the ResourceVersion in "
            f"record ({metadata['resourceVersion']}). The object might have been modified"
        )
        raise precondition_failed(kind, name_of(value), why)


def check_propagation_policy(policy: str) -> None:
    """Raises ApiError 422 for a policy that does not exist."""
    if policy not in ("Foreground", "Background", "Orphan"):
        why = f'Unsupported value: "{policy}": supported values: "Foreground", "Background", "Orphan", "nil"'
        raise invalid_options(
            "DeleteOptions", FieldProblem("FieldValueNotSupported", "propagationPolicy", why)
        )


def deleted_status(kind: ResourceKind, value: JsonObject) -> JsonObject:
    """The Success status of a deletion that is complete."""
    details = {
        "name": name_of(value),
        "group": kind.group,
        "kind": kind.plural,
        "uid": value["metadata"]["uid"],
    }
    return {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": {key: text for key, text in details.items() if text},
    }  # fmt: skip
