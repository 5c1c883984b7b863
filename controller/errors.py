"""Everything that can go wrong between the controller and a cluster.

ControllerError
├── EngineStopped          the engine itself met an unexpected error
├── InvalidTransition      the migration's state machine was given an event that its state does not know
├── PlanOutdated           the plan that was confirmed is not the plan that would run now
├── KubeconfigError        the kubeconfig file is missing, broken or has no such context
├── UnknownContext         no context of this name is watched
├── NotArmed               a write was asked of a context that is only observed; nothing was sent
└── ClusterError           one context's API server; carries the context
    ├── ClusterUnreachable no answer: for a write this means UNKNOWN, it may or may not have landed
    ├── AccessDenied       401 or 403
    ├── ObjectNotFound     404
    ├── VersionConflict    409 (resourceVersion, already exists) or 422 from a failed JSON Patch `test`
    ├── ResourceExpired    410: the watch's resourceVersion is too old, list again
    ├── RequestRefused     any other 4xx, with the server's reason (validation, quota, admission)
    ├── RateLimited        429, with the server's Retry-After
    └── ServerFailed       5xx: for a write this means UNKNOWN as well
"""

from __future__ import annotations

from collections.abc import Collection


class ControllerError(Exception):
    """The root of the controller's errors."""


class EngineStopped(ControllerError):
    """The engine met an error that nobody foresaw and has ended; its journals are left for the next start."""

    def __init__(self, cause: Exception) -> None:
        self.cause = cause
        super().__init__(f"the engine has stopped because of an unexpected error: {cause!r}; start it again")


class InvalidTransition(ControllerError):
    """An event that the current state does not know; the state is left alone."""

    def __init__(self, state: str, event: str) -> None:
        self.state = state
        self.event = event
        super().__init__(f"a migration in state {state} cannot take the event {event}")


class PlanOutdated(ControllerError):
    """The plan that was confirmed differs from what would run now; the new one has to be confirmed."""

    def __init__(self, workload: str, reason: str) -> None:
        self.workload = workload
        self.reason = reason
        super().__init__(
            f"the plan for {workload} is out of date: {reason}; look at the new dry run and confirm again"
        )


class KubeconfigError(ControllerError):
    """The kubeconfig file is missing, broken, unsafe or has no such context."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"kubeconfig {path}: {reason}")


class UnknownContext(ControllerError):
    """A context was named that is not watched: not of this kubeconfig, or left out by the settings."""

    def __init__(self, context: str, known: Collection[str]) -> None:
        self.context = context
        super().__init__(f"there is no context {context!r}; there are: {', '.join(known) or 'none'}")


class NotArmed(ControllerError):
    """A write was asked of a context that is only observed; nothing was sent."""

    def __init__(self, context: str, request: str, reason: str | None = None) -> None:
        self.context = context
        self.request = request
        self.advice = reason or "arm the context to allow changes to it"
        super().__init__(f"{context} is only observed, so {request} was not sent; {self.advice}")


class ClusterError(ControllerError):
    """A request to one context's API server did not do what was asked."""

    def __init__(self, context: str, reason: str, *, request: str = "", status: int | None = None) -> None:
        self.context = context
        self.reason = reason
        self.request = request
        self.status = status
        asked = f" ({request})" if request else ""
        super().__init__(f"{context}: {reason}{asked}")


class ClusterUnreachable(ClusterError):
    """No answer came. A write may or may not have landed: read back, never retry blind."""


class AccessDenied(ClusterError):
    """401 or 403: the credentials are missing, expired or not allowed to do this."""


class ObjectNotFound(ClusterError):
    """404."""


class VersionConflict(ClusterError):
    """409, or 422 from a failed JSON Patch `test`: the object is not what we thought; nothing was changed."""


class ResourceExpired(ClusterError):
    """410: the resourceVersion or the continue token is too old; list again."""


class RequestRefused(ClusterError):
    """Any other 4xx: validation, quota or admission; nothing was changed."""


class RateLimited(ClusterError):
    """429; `retry_after_s` is the server's wish, None where it named none."""

    def __init__(
        self, context: str, reason: str, *, request: str = "", retry_after_s: float | None = None
    ) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(context, reason, request=request, status=429)


class ServerFailed(ClusterError):
    """5xx: for a write the outcome is unknown."""
