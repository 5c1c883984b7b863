"""`--arm CONTEXT[/NAMESPACE]` arms what it names and nothing else."""

from __future__ import annotations

import pytest

from app.commands.arming_flags import parse_armed
from app.commands.failures import CommandFailed
from app.exit_codes import ExitCode
from controller.clusters.arming import UNLIMITED, ArmedBy, ArmingTerms

EKS = "arn:aws:eks:eu-west-1:1:cluster/prod"
CONTEXTS = ("prod", "edge", EKS)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["prod"], {"prod": None}),
        (["prod/shop", "prod/billing", "edge"], {"prod": {"shop", "billing"}, "edge": None}),
        (["prod/shop", "prod"], {"prod": None}),
        (["prod", "prod/shop"], {"prod": None}),
        ([EKS], {EKS: None}),
        ([f"{EKS}/shop"], {EKS: {"shop"}}),
        ([], {}),
    ],
)
def test_a_context_is_armed_in_the_namespaces_that_were_named_or_in_all(
    texts: list[str], expected: dict[str, set[str] | None]
) -> None:
    terms = parse_armed(texts, CONTEXTS)
    assert {context: one.namespaces for context, one in terms.items()} == expected
    assert all(one.by is ArmedBy.COMMAND_LINE and one.lasts_s is None for one in terms.values())


def test_a_context_alone_is_armed_without_limits() -> None:
    assert parse_armed(["prod"], CONTEXTS)["prod"] == UNLIMITED == ArmingTerms()


@pytest.mark.parametrize("text", ["mars", "mars/shop", "prod/", "/shop", "arn:aws:eks:eu-west-1:1:cluster"])
def test_what_is_no_context_arms_nothing_at_all(text: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        parse_armed(["prod", text], CONTEXTS)
    assert failed.value.code is ExitCode.BAD_INPUT
    assert text in str(failed.value)
