"""What becomes of mutmut's mutants is counted so that nothing that was not noticed passes for a death."""

from __future__ import annotations

from tests.proofs.mutation import DECISION, count_fates, describe_scores, draw_names

A, B, C, D, E = (f"controller.decision.waves.x_size_wave__mutmut_{number}" for number in range(5))


def test_only_a_failed_a_hung_or_a_crashed_run_is_a_death() -> None:
    score = count_fates(DECISION, {A: 1, B: 36, C: -11, D: 0, E: 33})
    assert (score.died, score.lived, score.unreached, score.share) == (3, (D,), (E,), 0.6)


def test_what_mutmut_calls_suspicious_has_lived() -> None:
    assert count_fates(DECISION, {A: 35, B: 2}).lived == (A, B)


def test_one_that_was_not_tried_counts_nowhere() -> None:
    score = count_fates(DECISION, {A: None})
    assert (score.tried, score.share) == (0, 0.0)


def test_the_same_seed_draws_the_same() -> None:
    fates = dict.fromkeys((A, B, C, D, E))
    assert draw_names(fates, 2, "1") == draw_names(dict(reversed(fates.items())), 2, "1")
    assert len({draw_names(fates, 2, str(seed)) for seed in range(20)}) > 1
    assert draw_names(fates, 9, "1") == (A, B, C, D, E)


def test_the_report_names_the_functions_in_which_something_lived() -> None:
    method = "controller.decision.budgets.xǁMoveǁconcerns__mutmut_1"
    lines = describe_scores([count_fates(DECISION, {A: 0, B: 33, C: 1, method: 0})])
    assert "| decision | 4 | 1 | 2 | 1 | 25.0 % |" in lines
    assert "| controller.decision.waves.size_wave | 1 | 1 |" in lines
    assert "| controller.decision.budgets.Move.concerns | 1 | 0 |" in lines
