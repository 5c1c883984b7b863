"""What an API server can do to us, as the adapter tells it."""

from __future__ import annotations

from controller.clusters.api_errors import error_for_status
from controller.errors import ClusterError, ClusterUnreachable, NotArmed
from controller.reasons import Code


def answered(
    context: str, status: int, message: str, request: str = "GET /x", retry_after: str | None = None
) -> ClusterError:
    """The error of an answer that is not 2xx."""
    return error_for_status(context, status, {"message": message}, request=request, retry_after=retry_after)


def unreachable(context: str, error: str = "refused") -> ClusterUnreachable:
    """No connection."""
    server = f"https://{context}"
    return ClusterUnreachable(
        Code.CONNECTION_FAILED.because(context=context, server=server, error=error), request="GET /x"
    )


def not_armed(context: str) -> NotArmed:
    """A write that did not leave."""
    return NotArmed(Code.NOT_ARMED.because(contexts=(context,)), request="PATCH /x")
