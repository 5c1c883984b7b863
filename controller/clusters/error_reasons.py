"""What a cluster's error is as a reason: the one table from error classes to codes. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from controller.errors import (
    AccessDenied,
    ClusterError,
    ClusterUnreachable,
    ControllerError,
    NotArmed,
    ObjectNotFound,
    RateLimited,
    RequestRefused,
    ResourceExpired,
    ServerFailed,
    VersionConflict,
)
from controller.reasons import Code
from oracle.foundation.reason import Reason

_CODES: Mapping[type[ClusterError], Code] = {
    ClusterUnreachable: Code.CLUSTER_UNREACHABLE,
    AccessDenied: Code.ACCESS_DENIED,
    ObjectNotFound: Code.OBJECT_NOT_FOUND,
    VersionConflict: Code.VERSION_CONFLICT,
    ResourceExpired: Code.RESOURCE_EXPIRED,
    RequestRefused: Code.REQUEST_REFUSED,
    RateLimited: Code.RATE_LIMITED,
    ServerFailed: Code.SERVER_FAILED,
}


def find_reason(error: ControllerError) -> Reason:
    """Return the reason of an error; one of no class of this table keeps its text."""
    if isinstance(error, NotArmed):
        return Code.WRITE_NOT_ARMED.because(context=error.context, request=error.request, advice=error.advice)
    if isinstance(error, ClusterError):
        code = next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), Code.SERVER_FAILED)
        answer = f"{error.reason} ({error.request})" if error.request else error.reason
        return code.because(context=error.context, answer=answer)
    return Code.UNCLASSIFIED.because(text=str(error))
