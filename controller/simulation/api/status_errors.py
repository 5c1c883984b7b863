"""Refusals of the API server and their `Status` bodies. Pure.

Texts and reasons follow the API machinery of Kubernetes, because clients match on reason and people read the text.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.resource_kinds import ResourceKind


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One cause of a validation refusal."""

    reason: str
    """`FieldValueRequired`, `FieldValueInvalid`, `FieldValueForbidden`, `FieldValueNotSupported`..."""
    field: str
    message: str
    """Begins with the reason in words, e.g. `Required value: must be set`."""


def required(field: str, why: str = "") -> FieldProblem:
    return FieldProblem("FieldValueRequired", field, f"Required value: {why}" if why else "Required value")


def bad_value(field: str, value: Any, why: str) -> FieldProblem:
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return FieldProblem("FieldValueInvalid", field, f"Invalid value: {shown}: {why}")


class ApiError(Exception):
    """A request that the server answers with a failure `Status`."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: JsonObject | None = None,
        metadata: JsonObject | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.metadata = metadata or {}

    def to_status(self) -> JsonObject:
        status: JsonObject = {
            "kind": "Status", "apiVersion": "v1", "metadata": self.metadata, "status": "Failure",
            "message": self.message,
        }  # fmt: skip
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        status["code"] = self.code
        return status


def _details(kind: ResourceKind, name: str, word: str, **more: Any) -> JsonObject:
    facts: JsonObject = {"name": name, "group": kind.group, "kind": word, **more}
    return {key: value for key, value in facts.items() if value}


def not_found(kind: ResourceKind, name: str) -> ApiError:
    message = f'{kind.qualified_plural} "{name}" not found'
    return ApiError(404, "NotFound", message, _details(kind, name, kind.plural))


def unknown_path() -> ApiError:
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(kind: ResourceKind, name: str) -> ApiError:
    message = f'{kind.qualified_plural} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _details(kind, name, kind.plural))


def conflict(kind: ResourceKind, name: str, why: str = "") -> ApiError:
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {kind.qualified_plural} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(kind, name, kind.plural))


def precondition_failed(kind: ResourceKind, name: str, why: str) -> ApiError:
    """A delete precondition does not hold; the real server names the kind here, not the plural."""
    message = f'Operation cannot be fulfilled on {kind.qualified_kind} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(kind, name, kind.kind))


def invalid(kind: ResourceKind, name: str, problems: Sequence[FieldProblem]) -> ApiError:
    return _invalid(kind.qualified_kind, _details(kind, name, kind.kind), problems)


def invalid_for_update(kind: ResourceKind, name: str, problem: FieldProblem) -> ApiError:
    """An update that lacks what its kind demands; the real server names the plural here, not the kind."""
    return _invalid(kind.qualified_plural, _details(kind, name, kind.plural), [problem])


def invalid_options(options: str, problem: FieldProblem) -> ApiError:
    """Parameters of the request itself; `options` is `CreateOptions`, `PatchOptions`..."""
    return _invalid(f"{options}.meta.k8s.io", {"group": "meta.k8s.io", "kind": options}, [problem])


def undecodable_patch(patched: str, why: str) -> ApiError:
    """A patch that leaves an object which cannot be decoded; the real server names no kind here."""
    message = f"Invalid value: {json.dumps(patched)}: {why}"
    return _invalid("", {}, [FieldProblem("FieldValueInvalid", "patch", message)])


def _invalid(qualified: str, details: JsonObject, problems: Sequence[FieldProblem]) -> ApiError:
    texts = [f"{problem.field}: {problem.message}" for problem in problems]
    listed = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    causes = [{"reason": one.reason, "message": one.message, "field": one.field} for one in problems]
    message = f'{qualified} "{details.get("name", "")}" is invalid: {listed}'
    return ApiError(422, "Invalid", message, {**details, "causes": causes})


def invalid_scale(name: str, problem: FieldProblem) -> ApiError:
    details = {"name": name, "group": "autoscaling", "kind": "Scale"}
    return _invalid("Scale.autoscaling", details, [problem])


def patch_rejected() -> ApiError:
    """A JSON Patch whose `test` fails or whose path is missing; the real server hides which one."""
    return ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {})


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def forbidden(kind: ResourceKind, name: str, why: str) -> ApiError:
    what = f'{kind.qualified_plural} "{name}"' if name else kind.qualified_plural
    message = f"{what} is forbidden: {why}"
    return ApiError(403, "Forbidden", message, _details(kind, name, kind.plural))


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized", "Unauthorized")


def method_not_allowed(kind: ResourceKind) -> ApiError:
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def unsupported_media_type(media_type: str, accepted: Sequence[str]) -> ApiError:
    message = f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted)}"
    return ApiError(415, "UnsupportedMediaType", message, {})


def too_old_resource_version(wanted: int, oldest: int) -> ApiError:
    return ApiError(410, "Expired", f"too old resource version: {wanted} ({oldest})")


def too_large_resource_version(wanted: int, current: int) -> ApiError:
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    message = f"Timeout: Too large resource version: {wanted}, current: {current}"
    return ApiError(504, "Timeout", message, {"causes": causes, "retryAfterSeconds": 1})


def continue_expired(fresh_token: str) -> ApiError:
    """A page whose list is no longer kept; `fresh_token` goes on from there, with what exists now."""
    message = (
        "The provided continue parameter is too old to display a consistent list result. "
        "You can start a new list without the continue parameter, or use the continue token in this response to "
        "retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - "
        "objects that were created, modified, or deleted between the time the first chunk was returned and now may "
        "show up in the list."
    )
    return ApiError(410, "Expired", message, metadata={"continue": fresh_token})


def internal_error(why: str) -> ApiError:
    return ApiError(500, "InternalError", f"Internal error occurred: {why}", {"causes": [{"message": why}]})


def body_too_large(limit_bytes: int) -> ApiError:
    return ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {limit_bytes}")
