"""The lists of mutants are of today's code, and some of them, always the same, die.

All of them are run by `python3 bootstrap.py prove mutants`.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.mutants import (
    ROOT,
    Fate,
    Mutant,
    OutdatedMutant,
    StrayMutant,
    copy_tree,
    draw_mutants,
    load_mutants,
    mutate,
    try_mutant,
)

MUTANTS = load_mutants()

#: How many are run with all other tests: some six seconds each.
DRAWN = 8
#: Chosen once: what CI runs on a commit is known before.
SEED = "some"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_changes_a_line_that_is_there_and_names_tests_that_are_there(mutant: Mutant) -> None:
    assert mutate(mutant, ROOT) != (ROOT / mutant.file).read_text(encoding="utf-8")
    assert mutant.why
    assert mutant.tests
    for test in mutant.tests:
        file, _, name = test.partition("::")
        function = name.rpartition("::")[2].partition("[")[0]
        assert f"def {function}" in (ROOT / file).read_text(encoding="utf-8")


def test_no_two_mutants_have_one_name() -> None:
    assert [name for name, count in Counter(mutant.name for mutant in MUTANTS).items() if count > 1] == []


def test_all_get_their_turn_and_a_seed_draws_the_same_again() -> None:
    some = MUTANTS[:100]
    drawn = {mutant.name for seed in range(200) for mutant in draw_mutants(some, str(seed), DRAWN)}
    assert drawn == {mutant.name for mutant in some}
    assert draw_mutants(MUTANTS, "one", DRAWN) == draw_mutants(MUTANTS, "one", DRAWN)


def test_mutant_whose_line_has_gone_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("a = 1\n")
    with pytest.raises(OutdatedMutant, match="stands 0 times"):
        mutate(Mutant("gone", "file.py", "b = 1", "b = 2", (), "why"), tmp_path)


def test_mutant_in_the_list_of_another_package_is_an_error(tmp_path: Path) -> None:
    entry = """
    [[mutant]]
    name = "stray"
    why = "why"
    file = "oracle/feed.py"
    old = "a"
    new = "b"
    tests = []
    """
    (tmp_path / "controller.toml").write_text(entry)
    with pytest.raises(StrayMutant, match="it changes oracle/feed"):
        load_mutants(tmp_path)
    (tmp_path / "controller.toml").rename(tmp_path / "oracle.toml")
    assert [mutant.name for mutant in load_mutants(tmp_path)] == ["stray"]


@pytest.mark.timeout(600)
def test_some_die() -> None:
    with copy_tree() as copy:
        verdicts = [try_mutant(mutant, copy) for mutant in draw_mutants(MUTANTS, SEED, DRAWN)]
    lived = [(one.mutant.name, one.fate, one.output) for one in verdicts if one.fate is not Fate.DIED]
    assert lived == []
