"""Every error of a cluster has a code, with the context and the answer as its parameters."""

from __future__ import annotations

import pytest

from controller import errors
from controller.clusters.error_reasons import find_reason
from controller.errors import ClusterError, ClusterUnreachable, NotArmed, ServerFailed
from controller.reasons import Code

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ClusterError) and kind is not ClusterError
]


def test_each_class_has_a_code_of_its_own() -> None:
    reasons = [find_reason(kind("paris", "no room", request="GET /pods")) for kind in KINDS]
    assert len({reason.code for reason in reasons}) == len(KINDS)
    for reason in reasons:
        assert reason["context"] == "paris"
        assert str(reason) == "paris: no room (GET /pods)"


def test_a_more_special_error_has_the_code_of_what_it_is() -> None:
    class PluginFailed(ClusterUnreachable):
        """Such as the adapter may have."""

    assert find_reason(PluginFailed("paris", "exit 1")).code is Code.CLUSTER_UNREACHABLE


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotArmed("paris", "PATCH /x"), Code.WRITE_NOT_ARMED),
        (ClusterError("paris", "who knows"), Code.SERVER_FAILED),
        (errors.PlanOutdated("shop", "new prices"), Code.UNCLASSIFIED),
        (ServerFailed("paris", "etcd"), Code.SERVER_FAILED),
    ],
)
def test_what_is_known_only_as_text_keeps_it(error: errors.ControllerError, code: Code) -> None:
    assert find_reason(error).code is code
