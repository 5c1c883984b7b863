"""An API server's refusal, in the controller's own errors. Pure: the one table from HTTP status to error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.clusters.kube_api import PatchType
from controller.errors import (
    AccessDenied,
    ClusterError,
    ObjectNotFound,
    RateLimited,
    RequestRefused,
    ResourceExpired,
    ServerFailed,
    VersionConflict,
)
from oracle.foundation.untrusted_text import clean_text

#: Status -> error, where the status alone decides. 408 says nothing about what happened, so it counts as a
#: failed server.
_BY_STATUS: dict[int, type[ClusterError]] = {
    401: AccessDenied,
    403: AccessDenied,
    404: ObjectNotFound,
    408: ServerFailed,
    409: VersionConflict,
    410: ResourceExpired,
}


def error_for_status(
    context: str,
    status: int,
    body: Mapping[str, Any],
    *,
    request: str,
    retry_after: str | None = None,
    patch_type: PatchType | None = None,
) -> ClusterError:
    """The error for an answer that is not 2xx. `body` is the API's Status object, empty where it sent none."""
    reason = _reason(status, body)
    if status == 429:
        return RateLimited(context, reason, request=request, retry_after_s=_parse_seconds(retry_after))
    if status == 422 and patch_type is PatchType.JSON and _is_failed_patch(body):
        return VersionConflict(context, reason, request=request, status=status)
    known = _BY_STATUS.get(status, ServerFailed if status >= 500 else RequestRefused)
    return known(context, reason, request=request, status=status)


def _reason(status: int, body: Mapping[str, Any]) -> str:
    message = clean_text(body.get("message") or "")
    if status == 401:
        return "the credentials are missing, wrong or expired" + (f" ({message})" if message else "")
    return message or f"the API server answered {status} without a reason"


def _is_failed_patch(body: Mapping[str, Any]) -> bool:
    """Whether a 422 says that a JSON Patch did not fit the object, as after a failed `test`. Such an answer names no
    causes; an invalid value and the denial of an admission policy do.

    Source: NewInvalid and NewGenericServerResponse in apimachinery's api/errors.
    """
    details = body.get("details")
    return not (isinstance(details, Mapping) and details.get("causes"))


def _parse_seconds(retry_after: str | None) -> float | None:
    """The delay-seconds form of Retry-After; the API server never sends the date form."""
    if retry_after is None or not retry_after.strip().isdigit():
        return None
    return float(retry_after)
