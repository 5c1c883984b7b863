"""What the controller adds to the time that pods take to start: one move, beside a bare script that scales the same.

    python -m benchmarks.controller [--json] [--check] [--replicas N ...] [--rounds N]

The engine runs in this process on two simulated clusters behind their HTTP API, with live prices from a file. A move is
measured from the first replica that is asked of the target until none is left in the source, by watches of its own.
Beside it, in the same round and in turns first and second, a script moves the same replicas in the same waves without
looking at anything but the pods (`bare_move.py`). All pods take the same time, and the bake is short, so that
`times_the_pods` is no better than with longer ones: it is the move over the script and the bakes that the settings ask
for. `added_s_per_wave` is what is left of it: of that, `before_lowering_s` passes from replicas that serve to a lowered
source beyond the bake, `before_raising_s` from a lowered source to the next wave, ends of pods included. Medians of the
rounds. `bakes_s` are those of the settings as they are shipped. Requests are counted by the servers: those of a move
until its source is empty, and all of an engine that has nothing to do. A report; with --check, exit code 1 where a goal
was missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from app.composition import open_engine
from app.config.configuration import Configuration
from benchmarks.bare_move import BareMove
from benchmarks.demo_run import private_folders
from benchmarks.move_pair import INSTANCE_TYPE, REGIONS, SOURCE, TARGET, WORKLOAD, MovePair, open_pair
from controller.contract.commands import SetArmed, StartMigration
from controller.contract.dry_run import DryRun
from controller.engine.engine import Engine
from controller.migration.settings import MigrationSettings

SIZES = (8, 50, 200)
#: A short bake, and a soak that need not be waited for; all else is as it is shipped.
SETTINGS = MigrationSettings(bake_s=2.0, soak_s=3600.0)
NODE_USD_PER_HOUR = {SOURCE: Decimal("1.60"), TARGET: Decimal("0.64")}
READY_TIMEOUT_S = 90.0
MOVE_TIMEOUT_S = 600.0
IDLE_S = 60.0

ADDED_LIMIT_S = 0.2
RATIO_LIMIT = 1.15


@dataclass(frozen=True, slots=True)
class Moved:
    """One move: in how many replicas a wave, how long, and what passed between pods and writes, seconds."""

    wave_sizes: tuple[int, ...]
    took_s: float
    #: Of each wave: from replicas that serve to the lowered source.
    before_lowering_s: tuple[float, ...]
    #: Of each wave but the first: from the source that the last one lowered to the raised target.
    before_raising_s: tuple[float, ...]
    requests: Mapping[str, int]


def main() -> int:
    """Measure, print, and return an exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a goal was missed")
    parser.add_argument("--replicas", type=int, nargs="+", default=SIZES, help="of each move")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    results = [asyncio.run(_measure(replicas, options.rounds)) for replicas in options.replicas]
    idle = asyncio.run(_measure_idle())
    if options.json:
        print(json.dumps({"moves": results, **idle}, indent=2))
    else:
        for result in (*results, idle):
            print("  ".join(f"{name}={value}" for name, value in result.items()))
    holds = all(held for result in results for held in result["goals"].values())
    return 1 if options.check and not holds else 0


async def _measure(replicas: int, rounds: int) -> dict[str, Any]:
    """Move the workload by the engine and by the script in each round, and return the medians."""
    pairs: list[tuple[Moved, float]] = []
    # As the engine plans them, known after its first move.
    wave_sizes: tuple[int, ...] = ()
    for number in range(rounds):
        script_goes_first = bool(number % 2)
        bare_s = await _run_script(wave_sizes) if script_goes_first else None
        moved = await _run_engine(replicas)
        wave_sizes = moved.wave_sizes
        pairs.append((moved, await _run_script(wave_sizes) if bare_s is None else bare_s))
    return _summarize(replicas, pairs)


def _summarize(replicas: int, pairs: Sequence[tuple[Moved, float]]) -> dict[str, Any]:
    moves = [moved for moved, _ in pairs]
    wave_sizes = moves[0].wave_sizes
    bakes = _list_bakes(SETTINGS, len(wave_sizes))
    added = [(moved.took_s - bare_s - sum(bakes)) / len(wave_sizes) for moved, bare_s in pairs]
    ratios = [moved.took_s / (bare_s + sum(bakes)) for moved, bare_s in pairs]
    lowering = [s - bake for m in moves for s, bake in zip(m.before_lowering_s, bakes, strict=True)]
    raising = [s for moved in moves for s in moved.before_raising_s]
    added_s, ratio = _median(added), _median(ratios)
    figures = {
        "replicas": replicas,
        "rounds": len(pairs),
        "wave_sizes": list(wave_sizes),
        "move_s": _median(moved.took_s for moved in moves),
        "script_s": _median(bare_s for _, bare_s in pairs),
        "bake_s": sum(bakes),
        "added_s_per_wave": added_s,
        "times_the_pods": ratio,
        "before_lowering_s": _median(lowering),
        "before_raising_s": _median(raising),
        "requests": {context: _median(m.requests[context] for m in moves) for context in REGIONS},
        "bakes_s": sum(_list_bakes(MigrationSettings(), len(wave_sizes))),
    }
    goals = {
        f"at most {ADDED_LIMIT_S:g} s a wave": added_s <= ADDED_LIMIT_S,
        f"at most {RATIO_LIMIT:g} times the pods and the bake": ratio <= RATIO_LIMIT,
    }
    return {**figures, "goals": goals}


def _list_bakes(settings: MigrationSettings, waves: int) -> list[float]:
    """How long each wave has to serve before its source is lowered, seconds."""
    between = [settings.shorter_bake_s] * (waves - 2)
    return [settings.bake_s, *between, settings.bake_s][:waves]


@asynccontextmanager
async def _open(replicas: int) -> AsyncIterator[tuple[MovePair, Engine]]:
    """Run an engine over a workload that it has never seen: one that remembers a move lets the workload rest."""
    with TemporaryDirectory(prefix="aura") as name, _own_folders(Path(name)):
        folder = Path(name)
        async with open_pair(replicas, folder) as pair, open_engine(_configure(pair, folder)) as engine:
            yield pair, engine


@contextmanager
def _own_folders(folder: Path) -> Iterator[None]:
    """Keep the person's own data and settings out of the measurement, as this process has them."""
    before = dict(os.environ)
    os.environ.update(private_folders(folder))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


async def _run_engine(replicas: int) -> Moved:
    async with _open(replicas) as (pair, engine):
        offered = await _find_offer(engine)
        for context in REGIONS:
            engine.submit(SetArmed(context, True))
        engine.submit(StartMigration(WORKLOAD, TARGET, offered.plan_digest))
        await _wait_until_moved(pair, replicas)
        return _describe(pair, offered.wave_sizes)


async def _run_script(wave_sizes: tuple[int, ...]) -> float:
    """Return how long the script takes for the same waves, seconds."""
    with TemporaryDirectory(prefix="aura") as name:
        return await _run_script_in(Path(name), wave_sizes)


async def _run_script_in(folder: Path, wave_sizes: tuple[int, ...]) -> float:
    replicas = sum(wave_sizes)
    async with open_pair(replicas, folder) as pair, aiohttp.ClientSession() as session:
        servers = (pair.servers[SOURCE], pair.servers[TARGET])
        script = BareMove(session, *servers, WORKLOAD.namespace, WORKLOAD.name)
        await script.prepare()
        await script.run(wave_sizes)
        await _wait_until_moved(pair, replicas)
        return _describe(pair, wave_sizes).took_s


async def _measure_idle() -> dict[str, Any]:
    """How many requests a minute each API server gets of an engine that may write and has nothing to do."""
    async with _open(SIZES[0]) as (pair, engine):
        await _find_offer(engine)
        for context in REGIONS:
            engine.submit(SetArmed(context, True))
        before, began_s = pair.count_requests(), time.monotonic()
        await asyncio.sleep(IDLE_S)
        minutes = (time.monotonic() - began_s) / 60
        after = pair.count_requests()
        per_minute = {context: round((after[context] - before[context]) / minutes, 1) for context in REGIONS}
        return {"idle_requests_per_minute": per_minute}


def _configure(pair: MovePair, folder: Path) -> Configuration:
    prices = folder / "prices.csv"
    now = datetime.now(UTC).isoformat()
    rows = [
        f"{now},aws,{REGIONS[context]},{INSTANCE_TYPE},spot,{price}\n"
        for context, price in NODE_USD_PER_HOUR.items()
    ]
    header = "observed_at,provider,region,instance_type,capacity_type,usd_per_hour\n"
    prices.write_text(header + "".join(rows), encoding="utf-8")
    prices.chmod(0o600)
    return Configuration(kubeconfig=str(pair.kubeconfig), prices=str(prices), live=True, migration=SETTINGS)


async def _find_offer(engine: Engine) -> DryRun:
    """Return the move once it is offered. Raises: SystemExit where it is not."""
    seen = await engine.wait_until(lambda s: s.is_complete and bool(s.opportunities), READY_TIMEOUT_S)
    if not seen.opportunities:
        raise SystemExit(f"controller: no move was offered within {READY_TIMEOUT_S:.0f} s")
    return seen.opportunities[0]


async def _wait_until_moved(pair: MovePair, replicas: int) -> None:
    try:
        async with asyncio.timeout(MOVE_TIMEOUT_S):
            await pair.wait_until_moved(replicas)
    except TimeoutError:
        raise SystemExit(f"controller: not moved within {MOVE_TIMEOUT_S:.0f} s: {pair.scales[-1]}") from None


def _describe(pair: MovePair, wave_sizes: tuple[int, ...]) -> Moved:
    """Find in what was seen when each wave was raised, served and was paid for by the source."""
    replicas, moved = sum(wave_sizes), tuple(accumulate(wave_sizes))
    there = [scale for scale in pair.scales if scale.context == TARGET]
    here = [scale for scale in pair.scales if scale.context == SOURCE]
    raised = [next(s.at_s for s in there if s.wanted == count) for count in moved]
    served = [next(s.at_s for s in there if s.available >= count) for count in moved]
    lowered = [next(s.at_s for s in here if s.wanted == replicas - count) for count in moved]
    ended = next(s.at_s for s in here if s.is_empty)
    return Moved(
        wave_sizes,
        ended - raised[0],
        tuple(down - up for up, down in zip(served, lowered, strict=True)),
        tuple(up - down for down, up in zip(lowered[:-1], raised[1:], strict=True)),
        pair.count_requests("(migration "),
    )


def _median(values: Iterator[float] | Sequence[float]) -> float:
    return round(statistics.median(values), 3)


if __name__ == "__main__":
    sys.exit(main())
