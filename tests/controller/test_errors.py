"""Every error carries its reason, and the code of a cluster's error tells its class."""

from __future__ import annotations

import pytest

from controller import errors
from controller.errors import AccessDenied, ClusterError, ContextRefused, ServerFailed
from controller.reasons import Code
from tests.controller.faults import answered, not_armed, unreachable

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ClusterError) and kind is not ClusterError
]


@pytest.mark.parametrize("kind", KINDS)
def test_the_code_alone_tells_what_the_class_tells(kind: type[ClusterError]) -> None:
    others = [other.codes for other in KINDS if other is not kind]
    assert kind.codes
    assert kind.codes.isdisjoint(frozenset().union(*others))


@pytest.mark.parametrize("kind", KINDS)
def test_every_code_of_a_cluster_names_its_context(kind: type[ClusterError]) -> None:
    for code in kind.codes:
        reason = code.because(**{name: 1 if name == "seconds" else name for name in code.parameters})
        error = kind(reason)
        assert error.context == "context"
        assert str(error) == str(reason)


def test_an_error_does_not_take_the_code_of_another() -> None:
    with pytest.raises(TypeError, match="does not mean"):
        ServerFailed(answered("paris", 403, "forbidden").reason)


def test_a_context_that_is_refused_is_access_that_is_denied() -> None:
    refused = ContextRefused(Code.KEY_NEEDS_PASSWORD.because(context="paris"))
    assert AccessDenied(refused.reason).context == "paris"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (answered("paris", 404, "pods not found"), "paris answered: pods not found"),
        (unreachable("paris", "no route"), "cannot connect to paris (https://paris): no route"),
        (not_armed("paris"), "not armed (read-only): paris; arm to allow changes there"),
    ],
)
def test_the_message_is_the_sentence(error: errors.ControllerError, sentence: str) -> None:
    assert str(error) == str(error.reason) == sentence
