"""A reason is one value for programs and one sentence for people."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest

from oracle.foundation.reason import (
    Reason,
    ReasonCode,
    Severity,
    encode_reason,
    format_duration,
    format_usd,
)


class SampleCode(ReasonCode):
    """Codes with every format."""

    TOO_DEAR = "too_dear", Severity.WARNING, "{context} costs {cost:usd}, {share:percent} more"
    HELD = "held", Severity.WARNING, "held: {why}"
    MANY = "many", Severity.INFO, "{count:of replica} in {names:list} for {wait:duration}"


def test_a_reason_reads_as_its_sentence() -> None:
    reason = SampleCode.MANY.because(count=1, names=("a", "b"), wait=900)

    assert str(reason) == "1 replica in a and b for 15 min"


def test_a_long_list_names_the_first_and_counts_the_rest() -> None:
    reason = SampleCode.MANY.because(count=3, names=tuple("abcdef"), wait=5)

    assert str(reason) == "3 replicas in a, b, c, d and 2 more for 5 s"


def test_programs_see_code_and_parameters() -> None:
    reason = SampleCode.TOO_DEAR.because(context="paris", cost=Decimal("1.2"), share=0.5)

    assert encode_reason(reason) == {
        "code": "too_dear",
        "severity": "warning",
        "parameters": {"context": "paris", "cost": "1.2", "share": 0.5},
        "sentence": "paris costs $1.20, 50.0 % more",
    }


def test_a_reason_in_a_reason_is_a_sentence_for_people_and_a_code_for_programs() -> None:
    inner = SampleCode.MANY.because(count=1, names=("a",), wait=5)
    outer = SampleCode.HELD.because(why=inner)

    assert str(outer) == "held: 1 replica in a for 5 s"
    assert outer["why"] == inner
    assert encode_reason(outer)["parameters"] == {"why": encode_reason(inner)}
    assert pickle.loads(pickle.dumps(outer)) == outer


def test_a_chain_of_reasons_does_not_grow_for_ever() -> None:
    """What is held again and again for what held it before would outgrow the journal, and then the stack."""
    chain = SampleCode.MANY.because(count=1, names=("a",), wait=5)
    for _ in range(5):
        chain = SampleCode.HELD.because(why=chain)

    levels: list[object] = [chain]
    while isinstance(inner := levels[-1], Reason):
        levels.append(inner["why"])
    assert levels[-1] == "held: 1 replica in a for 5 s"
    assert len(levels) == 5


def test_unknown_is_said_and_is_not_zero() -> None:
    reason = SampleCode.TOO_DEAR.because(context="paris", cost=None, share=None)

    assert str(reason) == "paris costs unknown, unknown more"


def test_text_from_outside_is_cleaned_only_for_people() -> None:
    hostile = "a\x1b[31m\u202eb {cost}"
    reason = SampleCode.TOO_DEAR.because(context=hostile, cost=1, share=0)

    assert reason["context"] == hostile
    assert str(reason).startswith("a [31m b {cost} costs")


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"context": "a", "cost": 1},
        {"context": "a", "cost": 1, "share": 0, "other": 1},
        {"other": 1},
    ],
    ids=["none", "one too few", "one too many", "another"],
)
def test_a_reason_has_exactly_the_parameters_of_its_sentence(parameters: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="takes the parameters"):
        SampleCode.TOO_DEAR.because(**parameters)  # type: ignore[arg-type]


def test_equal_reasons_are_equal_and_survive_the_pipe() -> None:
    reason = SampleCode.TOO_DEAR.because(context="a", cost=1, share=0)

    assert pickle.loads(pickle.dumps(reason)) == reason
    assert hash(reason) == hash(SampleCode.TOO_DEAR.because(share=0, cost=1, context="a"))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0, "$0.00"),
        (1.239, "$1.24"),
        ("0.0034", "$0.0034"),
        ("-0.5", "-$0.50"),
        ("-0.0", "$0.00"),
        ("0.00001", "$0.000010"),
        ("-1e-28", "<$0.00001"),
        ("1234.5", "$1,234.50"),
    ],
)
def test_small_amounts_keep_their_digits(amount: str, shown: str) -> None:
    assert format_usd(Decimal(amount)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(45, "45 s"), (119, "119 s"), (900, "15 min"), (9000, "2.5 h")]
)
def test_durations_are_in_the_unit_that_a_person_would_choose(seconds: float, shown: str) -> None:
    assert format_duration(seconds) == shown
