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
from controller.reasons import Code
from oracle.foundation.untrusted_text import clean_text

_FAILED = ServerFailed, Code.SERVER_FAILED
_REFUSED = RequestRefused, Code.REQUEST_REFUSED

#: Status -> error and code, where the status alone decides. 408 says nothing about what happened, so it counts as a
#: failed server.
_BY_STATUS: Mapping[int, tuple[type[ClusterError], Code]] = {
    401: (AccessDenied, Code.CREDENTIALS_REFUSED),
    403: (AccessDenied, Code.ACCESS_DENIED),
    404: (ObjectNotFound, Code.OBJECT_NOT_FOUND),
    408: _FAILED,
    409: (VersionConflict, Code.VERSION_CONFLICT),
    410: (ResourceExpired, Code.RESOURCE_EXPIRED),
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
    message = clean_text(body.get("message") or "")
    answer = message or f"the API server answered {status} without a reason to {request}"
    if status == 429:
        limited = Code.RATE_LIMITED.because(context=context, answer=answer)
        return RateLimited(limited, request=request, retry_after_s=_parse_seconds(retry_after))
    kind, code = _BY_STATUS.get(status, _FAILED if status >= 500 else _REFUSED)
    if status == 422 and patch_type is PatchType.JSON and _is_failed_patch(body):
        kind, code = VersionConflict, Code.VERSION_CONFLICT
    return kind(code.because(context=context, answer=answer), request=request, status=status)


def _is_failed_patch(body: Mapping[str, Any]) -> bool:
    """Whether a 422 says that a JSON Patch did not fit the object, as after a failed `test`. Such an answer names no
    causes; an invalid value and the denial of an admission policy do.

    Source: NewInvalid and NewGenericServerResponse in apimachinery's api/errors.
    """
    details = body.get("details")
    return not (isinstance(details, Mapping) and details.get("causes"))


def _parse_seconds(retry_after: str | None) -> float | None:
    """The delay-seconds form of Retry-After; the API server never sends the date form."""
    text = (retry_after or "").strip()
    # Digits of ASCII alone: some that Unicode calls so, as ², are no numbers to Python.
    return float(text) if text.isascii() and text.isdigit() else None
