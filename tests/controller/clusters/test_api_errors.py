"""The one table from HTTP status to our errors."""

from __future__ import annotations

from typing import Any

import pytest

from controller import errors
from controller.clusters.api_errors import error_for_status
from controller.clusters.kube_api import PatchType


def translate(status: int, body: dict[str, Any] | None = None, **more: Any) -> errors.ClusterError:
    return error_for_status("eu", status, body or {"message": "because"}, request="GET /x", **more)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.RequestRefused),
        (401, errors.AccessDenied),
        (403, errors.AccessDenied),
        (404, errors.ObjectNotFound),
        (405, errors.RequestRefused),
        (408, errors.ServerFailed),
        (409, errors.VersionConflict),
        (410, errors.ResourceExpired),
        (413, errors.RequestRefused),
        (422, errors.RequestRefused),
        (429, errors.RateLimited),
        (500, errors.ServerFailed),
        (503, errors.ServerFailed),
        (504, errors.ServerFailed),
    ],
)
def test_every_status_has_its_error(status: int, kind: type[errors.ClusterError]) -> None:
    error = translate(status)
    assert type(error) is kind
    assert error.status == status
    assert error.reason["answer"] == "because"


def test_a_failed_json_patch_test_is_a_conflict() -> None:
    body = {"reason": "Invalid", "details": {}, "message": "the server rejected our request"}
    assert type(translate(422, body, patch_type=PatchType.JSON)) is errors.VersionConflict


def test_an_invalid_value_in_a_json_patch_is_no_conflict() -> None:
    causes = [{"reason": "FieldValueInvalid", "field": "spec.replicas", "message": "must not be negative"}]
    body = {"reason": "Invalid", "details": {"causes": causes}}
    assert type(translate(422, body, patch_type=PatchType.JSON)) is errors.RequestRefused


def test_a_denial_by_a_policy_is_no_conflict() -> None:
    """A ValidatingAdmissionPolicy answers 422, and its causes have a message but no reason."""
    body = {"reason": "Invalid", "details": {"causes": [{"message": "denied request: replicas are frozen"}]}}
    assert type(translate(422, body, patch_type=PatchType.JSON)) is errors.RequestRefused


def test_an_invalid_merge_patch_is_no_conflict() -> None:
    assert type(translate(422, {"details": {}}, patch_type=PatchType.MERGE)) is errors.RequestRefused


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), (None, None), ("Wed, 21 Oct", None), ("-1", None), ("²", None), ("٣", None)],
)
def test_rate_limits_carry_the_servers_wish(header: str | None, seconds: float | None) -> None:
    error = translate(429, retry_after=header)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after_s == seconds


def test_an_answer_without_a_reason_still_says_something() -> None:
    error = error_for_status("eu", 500, {}, request="GET /x")
    assert "answered 500 without a reason" in str(error.reason["answer"])


@pytest.mark.parametrize(
    "body", [{"details": 5}, {"details": {"causes": "x"}}, {"message": ["x"]}, {"message": None}]
)
def test_a_strange_body_is_survived(body: dict[str, Any]) -> None:
    assert isinstance(translate(422, body, patch_type=PatchType.JSON), errors.ClusterError)
