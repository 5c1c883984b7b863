"""Errors of the test control planes. Each message says what happened, to what, and what to do.

ControlPlaneError
  ProgramsMissing     Go or a program is not there: tests skip with this sentence
  BuildFailed         the Go client refused or failed
  StartFailed         a program of a cluster ended or never became ready
  RequestRefused      the API server answered with a Status and an error code
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ControlPlaneError(Exception):
    """Root of everything that this folder raises on purpose."""


class ProgramsMissing(ControlPlaneError):
    """The programs are neither built nor buildable on this machine."""


class BuildFailed(ControlPlaneError):
    """`go build` ended with an error; the last lines of its output are in the message."""


class StartFailed(ControlPlaneError):
    """A program of a cluster ended early or was not ready in time; its last log lines are in the message."""


class RequestRefused(ControlPlaneError):
    """The API server's answer was not 2xx.

    Attributes:
        code: HTTP status, for example 409.
        status: the Status object of the answer, or an empty mapping when the body was none.
    """

    def __init__(self, method: str, path: str, code: int, status: Mapping[str, Any]) -> None:
        self.code = code
        self.status = status
        reason = status.get("message") or "no Status in the body"
        super().__init__(f"{method} {path} was refused with {code}: {reason}")
