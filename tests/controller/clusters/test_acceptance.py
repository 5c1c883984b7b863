"""What a person accepts for a workload by name, and what that does not cover."""

from __future__ import annotations

import pytest

from controller.clusters.acceptance import (
    ACCEPT_ANNOTATION,
    ACCEPTABLE,
    Acceptance,
    leave_out_accepted,
    tell_accepted,
)
from controller.clusters.workload_parsing import parse_workload
from controller.reasons import Code
from oracle.foundation.reason import Reason, Severity
from tests.controller.clusters.objects import Json, make_deployment, pod_spec

EVERYTHING = [Reason(code) for codes in ACCEPTABLE.values() for code in codes]


def accepting(text: str) -> Json:
    """A Deployment that may not run twice and has its node's network and a disk."""
    deployment = make_deployment(strategy={"type": "Recreate"})
    pod_spec(deployment).update(hostNetwork=True, volumes=[{"name": "data", "persistentVolumeClaim": {}}])
    deployment["metadata"]["annotations"][ACCEPT_ANNOTATION] = text
    return deployment


def codes_of(text: str) -> set[Code]:
    return {Code(reason.code) for reason in parse_workload("eu", accepting(text)).immovable_reasons}


@pytest.mark.parametrize("accepted", Acceptance)
def test_each_name_accepts_what_it_says_and_nothing_else(accepted: Acceptance) -> None:
    left = {reason.code for reason in leave_out_accepted(EVERYTHING, frozenset({accepted}))}
    assert left == {reason.code for reason in EVERYTHING} - set(ACCEPTABLE[accepted])


def test_nothing_is_accepted_unless_it_is_named() -> None:
    assert list(leave_out_accepted(EVERYTHING, frozenset())) == EVERYTHING
    assert codes_of("") == {Code.RECREATE, Code.HOST_NETWORK, Code.VOLUME_CLAIM}


def test_what_the_deployment_accepts_refuses_no_more_and_the_rest_does() -> None:
    assert codes_of("two-at-once") == {Code.HOST_NETWORK, Code.VOLUME_CLAIM}
    assert codes_of(" host-access,two-at-once ,") == {Code.VOLUME_CLAIM}, "a disk can't be accepted"


@pytest.mark.parametrize("text", ["two-at-one", "two-at-once, everything", "two-at-once host-access", "*"])
def test_a_name_that_is_none_of_the_list_accepts_nothing_and_is_told(text: str) -> None:
    workload = parse_workload("eu", accepting(text))
    assert workload.accepted == frozenset()
    assert codes_of(text) >= {Code.ACCEPTANCE_UNREADABLE, Code.RECREATE, Code.HOST_NETWORK}


@pytest.mark.parametrize("accepted", Acceptance)
def test_every_refusal_that_can_be_accepted_says_how(accepted: Acceptance) -> None:
    for code in ACCEPTABLE[accepted]:
        assert f"{ACCEPT_ANNOTATION}: {accepted} " in code.template, code


def test_every_acceptance_is_a_warning_of_its_own() -> None:
    warnings = tell_accepted(frozenset(Acceptance))
    assert len({warning.code for warning in warnings}) == len(Acceptance)
    assert {warning.severity for warning in warnings} == {Severity.WARNING}
    assert tell_accepted(frozenset({Acceptance.IDENTITY})) == (Code.ACCEPTED_IDENTITY.because(),)
