"""Everything that can go wrong between the controller and a cluster.

ControllerError              carries the reason; its message is the reason's sentence
├── EngineStopped            the engine itself met an unexpected error
├── InvalidTransition        the migration's state machine was given an event that its state does not know
├── KubeconfigError          the kubeconfig file is missing, broken or has no such context
│   └── ContextRefused       what it says of one context is not used, or gives no credential
├── UnknownContext           no context of this name is watched
├── NotArmed                 a write was asked of a context that is only observed; nothing was sent
└── ClusterError             one context's API server; carries the context
    ├── ClusterUnreachable   no answer: for a write this means UNKNOWN, it may or may not have landed
    ├── AccessDenied         401 or 403, or there is no credential to show
    ├── ObjectNotFound       404
    ├── VersionConflict      409 (resourceVersion, already exists) or 422 from a failed JSON Patch `test`
    ├── ResourceExpired      410: the watch's resourceVersion is too old, list again
    ├── RequestRefused       any other 4xx, with the server's reason (validation, quota, admission)
    ├── RateLimited          429, with the server's Retry-After
    └── ServerFailed         5xx, or no answer that can be understood: for a write this means UNKNOWN as well
"""

from __future__ import annotations

from typing import ClassVar

from controller.reasons import Code
from oracle.foundation.reason import Reason


class ControllerError(Exception):
    """The root of the controller's errors."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(str(reason))


class EngineStopped(ControllerError):
    """The engine met an error that nobody foresaw and has ended; its journals are left for the next start."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(Code.ENGINE_STOPPED.because(error=repr(cause)))


class InvalidTransition(ControllerError):
    """An event that the current state does not know; the state is left alone."""

    def __init__(self, phase: str, event: str) -> None:
        super().__init__(Code.TRANSITION_UNKNOWN.because(phase=phase, event=event))


class KubeconfigError(ControllerError):
    """The kubeconfig file is missing, broken, unsafe or has no such context."""


class ContextRefused(KubeconfigError):
    """What the kubeconfig says of one context is not used, or gives no credential. The reason names the context."""

    codes: ClassVar = frozenset(
        {
            Code.CONTEXT_REFUSED,
            Code.AUTHORITY_EMPTY,
            Code.CERTIFICATES_UNUSABLE,
            Code.CREDENTIAL_FILE_REFUSED,
            Code.CREDENTIAL_FILES_SILENT,
            Code.ENVIRONMENT_PROXY_UNSUPPORTED,
            Code.KEY_NEEDS_PASSWORD,
            Code.PLUGIN_ANSWER_UNUSABLE,
            Code.PLUGIN_FAILED,
            Code.PLUGIN_NOT_STARTED,
            Code.PLUGIN_TIMED_OUT,
            Code.PLUGIN_VERSION_OTHER,
            Code.PROGRAM_DOES_MORE,
            Code.PROGRAM_MISSING,
            Code.PROGRAM_MISSING_WITH_HINT,
            Code.PROGRAM_NOT_ALLOWED,
            Code.PROGRAM_NOT_FOUND_YET,
            Code.PROGRAM_SERVERS_NOT_ALLOWED,
            Code.PROGRAM_UNTRUSTED,
            Code.PROGRAM_VARIABLES_NOT_ALLOWED,
            Code.PROGRAM_VARIABLES_OURS,
            Code.TLS_NOT_VERIFIED,
            Code.TOKEN_FILE_EMPTY,
            Code.TOKEN_FILE_NOT_ALLOWED,
        }
    )

    def __init__(self, reason: Reason) -> None:
        if reason.code not in self.codes:
            raise TypeError(f"{type(self).__name__} does not mean {reason.code}")
        super().__init__(reason)


class UnknownContext(ControllerError):
    """A context was named that is not watched: not of this kubeconfig, or left out by the settings."""

    def __init__(self, context: str) -> None:
        super().__init__(Code.NO_CONTEXT.because(context=context))


class NotArmed(ControllerError):
    """A write was asked of a context that is only observed; nothing was sent."""

    def __init__(self, reason: Reason, *, request: str) -> None:
        self.request = request
        super().__init__(reason)


class ClusterError(ControllerError):
    """A request to one context's API server did not do what was asked.

    Each class has codes of its own, which all name their context: so the code alone says what the class says.
    """

    codes: ClassVar[frozenset[Code]] = frozenset()

    def __init__(self, reason: Reason, *, request: str = "", status: int | None = None) -> None:
        if reason.code not in self.codes:
            raise TypeError(f"{type(self).__name__} does not mean {reason.code}")
        super().__init__(reason)
        self.context = str(reason["context"])
        self.request = request
        self.status = status


class ClusterUnreachable(ClusterError):
    """No answer came. A write may or may not have landed: read back, never retry blind."""

    codes = frozenset(
        {
            Code.ANSWER_TIMED_OUT,
            Code.CERTIFICATE_OF_ANOTHER,
            Code.CERTIFICATE_OUT_OF_DATE,
            Code.CONNECTION_BROKE,
            Code.CONNECTION_CLOSED,
            Code.CONNECTION_FAILED,
            Code.NO_ROUTE,
            Code.PROXY_REFUSED,
            Code.SERVER_NAME_UNKNOWN,
            Code.SERVER_NOT_TRUSTED,
            Code.WRITE_TOO_LATE,
        }
    )


class AccessDenied(ClusterError):
    """The credentials are missing, expired or not allowed to do this."""

    codes = frozenset({Code.ACCESS_DENIED, Code.CREDENTIALS_REFUSED}) | ContextRefused.codes


class ObjectNotFound(ClusterError):
    """404."""

    codes = frozenset({Code.OBJECT_NOT_FOUND})


class VersionConflict(ClusterError):
    """409, or 422 from a failed JSON Patch `test`: the object is not what we thought; nothing was changed."""

    codes = frozenset({Code.VERSION_CONFLICT})


class ResourceExpired(ClusterError):
    """410: the resourceVersion or the continue token is too old; list again."""

    codes = frozenset({Code.RESOURCE_EXPIRED})


class RequestRefused(ClusterError):
    """Any other 4xx: validation, quota or admission; nothing was changed."""

    codes = frozenset({Code.REQUEST_REFUSED})


class RateLimited(ClusterError):
    """429; `retry_after_s` is the server's wish, None where it named none."""

    codes = frozenset({Code.RATE_LIMITED})

    def __init__(self, reason: Reason, *, request: str = "", retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(reason, request=request, status=429)


class ServerFailed(ClusterError):
    """5xx or nonsense: for a write the outcome is unknown."""

    codes = frozenset({Code.ANSWER_NOT_UNDERSTOOD, Code.ANSWER_TOO_LARGE, Code.SERVER_FAILED})
