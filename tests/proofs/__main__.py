"""What `python3 bootstrap.py prove [PART]` runs: the long proofs, each ending with a report under docs/evidence/.

Ends with 1 where a promise was broken or a mutant lived.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.mutants.mutants import Fate, Mutant, Verdict, copy_tree, load_mutants, run_tests, try_mutant
from tests.proofs.mutation import DECISION, PROTOCOL, WANTED_SHARE, describe_scores, measure, name_rest
from tests.proofs.report import describe_commit, format_table, write_report
from tests.simulation.campaign import CAMPAIGNS, Tally, describe, run_all

_COLUMNS = ("campaign", "runs", "starts", "virtual hours", "broken", "s below the floor", "s possible")


def prove_campaign(seeds: int, stride: int, workers: int) -> bool:
    """All campaigns of the simulation, and a kill, a freeze, a sleep and forged Leases at every `stride`-th await."""
    began_at, commit = time.monotonic(), describe_commit()
    tallies: list[Tally] = []
    for tally in run_all(range(seeds), stride, workers):
        tallies.append(tally)
        print(describe(tally), flush=True)
    rows = [
        (
            one.name,
            one.runs,
            one.starts,
            f"{one.virtual_s / 3600:.1f}",
            len(one.broken),
            f"{one.below_s:.0f}",
            f"{one.longest_s:.0f}",
            f"{one.runs / one.wall_s:.1f}",
        )
        for one in tallies
    ]
    broken = [f"- `{one.run}`: {one.violations[0]}" for tally in tallies for one in tally.broken]
    runs, hours = sum(one.runs for one in tallies), sum(one.virtual_s for one in tallies) / 3600
    sampled = "every await" if stride == 1 else f"one await in {stride}"
    lines = [
        f"Seeds 0 to {seeds - 1} of every campaign; of the last four, one schedule, interrupted at {sampled}. "
        f"{runs} runs of the whole engine, {hours:.0f} virtual hours.",
        "",
        *format_table((*_COLUMNS, "runs a second"), rows),
        "",
        "Below the floor: all seconds in which fewer serve than at the start, because pods were taken away. Possible: "
        "the longest stretch of them in which an instance was awake, reached the source and had had the time to take "
        "over; more than one patience, two requests without an answer and the start of pods is broken.",
        "",
        "## Broken" if broken else "Nothing was broken.",
        *broken,
        *(
            ["", "Run one again: `.venv/bin/python -m tests.simulation.campaign` and its line."]
            if broken
            else []
        ),
    ]
    wall_s = time.monotonic() - began_at
    print(write_report("campaign", "The campaign of the simulation", lines, commit=commit, wall_s=wall_s))
    return not broken


def prove_mutants(workers: int) -> bool:
    """Every mutant of the list, after all their tests have passed on the code as it is."""
    began_at, commit = time.monotonic(), describe_commit()
    mutants = load_mutants()
    with copy_tree() as copy:
        code, output = run_tests(sorted({test for mutant in mutants for test in mutant.tests}), copy)
    if code:
        print(f"the tests fail without any mutant:\n{output}")
        return False
    with ThreadPoolExecutor(workers) as pool:
        verdicts = [one for part in pool.map(_try_all, _deal(mutants, workers)) for one in part]
    rows = [(one.mutant.name, one.mutant.file, one.fate, f"{one.seconds:.0f} s") for one in verdicts]
    lived = [one for one in verdicts if one.fate is not Fate.DIED]
    lines = [
        f"{len(verdicts)} mutants, {len(verdicts) - len(lived)} died. Without any, all their tests pass.",
        "",
        *format_table(("mutant", "file", "fate", "after"), sorted(rows)),
    ]
    wall_s = time.monotonic() - began_at
    print(write_report("mutants", "Mutants", lines, commit=commit, wall_s=wall_s))
    return not lived


def prove_mutation(drawn: int, seed: str, workers: int) -> bool:
    """Every mutant of the decision and of the protocol, and some of the rest."""
    began_at, commit = time.monotonic(), describe_commit()
    scores = []
    for part in (DECISION, PROTOCOL, name_rest(drawn)):
        scores.append(measure(part, seed, workers))
        print(f"{part.title}: {scores[-1].died} of {scores[-1].tried} died", flush=True)
    lines = describe_scores(scores)
    wall_s = time.monotonic() - began_at
    print(write_report("mutation", "Mutation score", lines, commit=commit, wall_s=wall_s))
    return all(one.share >= WANTED_SHARE for one in scores)


def _deal(mutants: Sequence[Mutant], workers: int) -> list[tuple[Mutant, ...]]:
    return [tuple(mutants[start::workers]) for start in range(workers)]


def _try_all(mutants: Sequence[Mutant]) -> list[Verdict]:
    """One worker's share, in a copy of its own."""
    verdicts = []
    with copy_tree() as copy:
        for mutant in mutants:
            verdicts.append(try_mutant(mutant, copy))
            newest = verdicts[-1]
            print(f"{newest.fate:6} {newest.seconds:5.1f} s  {mutant.name}", flush=True)
            if newest.fate is not Fate.DIED:
                print(newest.output, flush=True)
    return verdicts


def main(arguments: Sequence[str]) -> int:
    """Prove one part, or all; returns the exit code."""
    parser = argparse.ArgumentParser(prog="bootstrap.py prove", description=__doc__)
    parser.add_argument(
        "part", nargs="?", choices=["campaign", "mutants", "mutation"], help="without one, all are proved"
    )
    parser.add_argument(
        "--seeds", type=int, default=100, help=f"of each of the {len(CAMPAIGNS)} campaigns (100)"
    )
    parser.add_argument("--stride", type=int, default=1, help="an interruption at every how many awaits (1)")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="at once (one for each core)"
    )
    parser.add_argument(
        "--drawn",
        type=int,
        default=300,
        help="mutants of the rest, beside all of decision and protocol (300)",
    )
    parser.add_argument("--seed", default="0", help="what they are drawn by (0)")
    chosen = parser.parse_args(arguments)
    parts: dict[str, Callable[[], bool]] = {
        "campaign": lambda: prove_campaign(chosen.seeds, chosen.stride, chosen.workers),
        "mutants": lambda: prove_mutants(chosen.workers),
        "mutation": lambda: prove_mutation(chosen.drawn, chosen.seed, chosen.workers),
    }
    wanted = [chosen.part] if chosen.part else list(parts)
    proved = [parts[part]() for part in wanted]
    return 0 if all(proved) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
