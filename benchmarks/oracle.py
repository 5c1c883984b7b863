"""How fast prices come from a publisher onto another program's board, and what they take up.

    python -m benchmarks.oracle [--json] [--quotes 10000] [--rounds 15]

A server of our own stands for a shared Redis: all is signed. Every round says every price anew, each with another
value, and a point of history with each. Beside it, in the same round, redis-benchmark (of Debian's `redis-tools`) sends
SETs of as many bytes as one of our quotes takes, pipelined; `of_redis_benchmark` is the median of the rounds' ratios.
Readers are programs of their own, all on one machine: on few cores they wait for each other. A report, never a test.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any

from redis.asyncio import Redis

from oracle.binding import Binding
from oracle.foundation.key_ring import KeyRing
from oracle.key_ring_file import make_ring
from oracle.market import Offering
from oracle.oracle import Oracle, open_oracle
from oracle.price_history import PriceHistory, PricePoint
from oracle.quotes import PriceMode, Quote, make_origin
from oracle.settings import OracleSettings
from oracle.store.base import FeedMessage, HistorySample, QuoteStore
from oracle.store.embedded import EmbeddedHost
from oracle.store.remote import RemoteHost

SHARE_OF_PEER = 0.5
BOARD_LIMIT_MS = 50.0
CALL_LIMIT_MS = 5.0
HISTORY_LIMIT_KIB = 8.0
STORE_LIMIT_MIB = 100.0

#: What a desktop and three operators see of one market.
PROGRAMS = 4
MARKET_QUOTES = 1000
MANY_QUOTES = 100_000
#: A month of points, a minute apart, of as many offerings as can be written in some seconds.
MONTH_POINTS, MONTH_OFFERINGS = 30 * 1440, 5
ORIGIN = make_origin("benchmark", PriceMode.LIVE)
HOLDER = "here/1/aa/benchmark"
CONTEXTS = 100
#: Longer than the parts of one message are apart.
QUIET_S = 0.03
#: With which redis-benchmark was fastest of those tried.
PEER_OPTIONS = ("-c", "50", "-P", "100")


def main() -> int:
    """Measure, print, and return an exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quotes", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    figures = asyncio.run(_measure(options.quotes, options.rounds))
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:<44}{value:.4g}" if isinstance(value, float) else f"{name:<44}{value}")
    return 0


async def _measure(quotes: int, rounds: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"quotes": quotes, "rounds": rounds, "history_kib": _weigh_history()}
    async with asyncio.timeout(600):
        with _directories() as settings:
            host = EmbeddedHost(settings)
            try:
                await (await host.connect()).aclose()
                socket = host.facts.location.rpartition(" at ")[2]
                shared = replace(settings, redis_url=f"unix://{socket}")
                figures |= await _measure_on(shared, socket, quotes, rounds)
            finally:
                await host.aclose()
    return figures | {"goals": _judge(figures)}


def _judge(figures: dict[str, Any]) -> dict[str, bool]:
    ratio = figures["of_redis_benchmark"]
    return {
        f"at least {SHARE_OF_PEER:g} of redis-benchmark": ratio is not None and ratio >= SHARE_OF_PEER,
        f"on another board within {BOARD_LIMIT_MS:g} ms (p99)": figures["board_ms_p99"] <= BOARD_LIMIT_MS,
        f"no call of the server over {CALL_LIMIT_MS:g} ms": figures["longest_call_ms"] <= CALL_LIMIT_MS,
        f"a history of {HISTORY_LIMIT_KIB:g} KiB": figures["history_kib"] <= HISTORY_LIMIT_KIB,
        f"30 days of 10,000 offerings in {STORE_LIMIT_MIB:g} MiB": figures["month_mib"] <= STORE_LIMIT_MIB,
        f"{PROGRAMS} programs show one market within {BOARD_LIMIT_MS:g} ms": figures["programs_apart_ms_p99"]
        <= BOARD_LIMIT_MS,
        f"{MANY_QUOTES:,} offerings reach another board": figures["many_on_board"] == MANY_QUOTES,
    }


async def _measure_on(settings: OracleSettings, socket: str, quotes: int, rounds: int) -> dict[str, Any]:
    ring = make_ring()
    client = Redis(unix_socket_path=socket, protocol=2)
    store = await RemoteHost(settings.redis_url or "", settings, ring).connect()
    try:
        market = Market(store, quotes)
        await market.publish()
        payload = await _find_payload(client, quotes)
        await client.config_set("slowlog-log-slower-than", 100)
        await client.config_set("slowlog-max-len", 10_000)
        figures = await _publish_beside_peer(market, socket, payload, rounds)
        figures |= {
            f"board_{name}": v for name, v in (await _reach(settings, ring, market, 1, rounds)).items()
        }
        small = Market(store, MARKET_QUOTES)
        apart = await _reach(settings, ring, small, PROGRAMS, rounds)
        figures |= {f"programs_{name}": value for name, value in apart.items()}
        figures |= await _reach_many(settings, ring, store)
        figures["longest_call_ms"] = await _find_longest_call(client)
        figures["month_mib"] = await _weigh_month(client, market)
        return figures
    finally:
        await store.aclose()
        await client.aclose()


class Market:
    """Prices that are all said anew, each time with another value."""

    def __init__(self, store: QuoteStore, quotes: int) -> None:
        self._store = store
        self.offerings = [
            Offering("aws", f"region-{n % 25}", f"m{n}.2xlarge", zone=f"use1-az{n % 6}")
            for n in range(quotes)
        ]
        self.bindings = [Binding(f"context-{n % CONTEXTS}", one) for n, one in enumerate(self.offerings)]
        self._sequence = 0

    async def publish(self) -> tuple[float, float]:
        """Say everything anew; return the moment that it was confirmed at, and the seconds that it took."""
        self._sequence += 1
        now = time.time()
        price = Decimal(1000 + self._sequence % 500) / 10_000
        quotes = tuple(
            Quote(b.context, b.offering, price, now, now, now + 3600.0, ORIGIN.source, ORIGIN.mode)
            for b in self.bindings
        )
        samples = [HistorySample(one, PricePoint(now, price, ORIGIN)) for one in self.offerings]
        on_demand = (Decimal("0.384"),) * len(quotes)
        lease = await self._store.acquire_lease(HOLDER, 60.0, now)
        message = FeedMessage(lease, int(now * 1000), now, quotes, on_demand)
        began = time.perf_counter()
        assert await self._store.publish(message, samples, now)
        return now, time.perf_counter() - began

    async def write_history(self, samples: list[HistorySample]) -> None:
        """Keep points and say no price."""
        now = time.time()
        lease = await self._store.acquire_lease(HOLDER, 60.0, now)
        assert await self._store.publish(FeedMessage(lease, int(now * 1000), now, ()), samples, now)


async def _find_payload(client: Redis, quotes: int) -> int:
    """Return how many bytes one quote takes in a message."""
    return sum(map(len, await client.hvals("{sentinelaura}:message"))) // quotes


async def _publish_beside_peer(market: Market, socket: str, payload: int, rounds: int) -> dict[str, Any]:
    ours, theirs = [], []
    for _ in range(rounds):
        _, seconds = await market.publish()
        ours.append(len(market.offerings) / seconds)
        theirs.append(await asyncio.to_thread(_run_peer, socket, payload))
    known = [(one, other) for one, other in zip(ours, theirs, strict=True) if other is not None]
    return {
        "bytes_per_quote": payload,
        "published_per_s": statistics.median(ours),
        "redis_benchmark_per_s": statistics.median(other for _, other in known) if known else None,
        "of_redis_benchmark": statistics.median(one / other for one, other in known) if known else None,
    }


def _run_peer(socket: str, payload: int) -> float | None:
    """Return the SETs in a second that redis-benchmark reaches; None where it is not installed."""
    program = shutil.which("redis-benchmark")
    if program is None:
        return None
    command = [
        program,
        "-s",
        socket,
        "-t",
        "set",
        "-n",
        "200000",
        "-d",
        str(payload),
        "-r",
        "10000",
        *PEER_OPTIONS,
    ]
    answer = subprocess.run([*command, "--csv"], capture_output=True, text=True, check=True).stdout
    return float(answer.splitlines()[-1].split(",")[1].strip('"'))


async def _reach(
    settings: OracleSettings, ring: KeyRing, market: Market, programs: int, rounds: int
) -> dict[str, float]:
    """Publish until all programs have it, again and again; return how long it took and how far they were apart."""
    took, apart = [], []
    with _readers(settings, ring, market.bindings, programs) as pipes:
        for _ in range(rounds + 1):
            began = time.monotonic()
            said_at, _ = await market.publish()
            seen = [await asyncio.to_thread(_wait_for, pipe, said_at) for pipe in pipes]
            took.append((max(seen) - began) * 1000)
            apart.append((max(seen) - min(seen)) * 1000)
    # The first round finds readers that are still reading what lay there.
    return {
        "ms_median": statistics.median(took[1:]),
        "ms_p99": _find_p99(took[1:]),
        "apart_ms_median": statistics.median(apart[1:]),
        "apart_ms_p99": _find_p99(apart[1:]),
    }


async def _reach_many(settings: OracleSettings, ring: KeyRing, store: QuoteStore) -> dict[str, float]:
    market = Market(store, MANY_QUOTES)
    with _readers(settings, ring, market.bindings, 1) as (pipe,):
        began = time.monotonic()
        said_at, _ = await market.publish()
        seen = await asyncio.to_thread(_wait_for, pipe, said_at)
        pipe.send("count")
        return {"many_ms": (seen - began) * 1000, "many_on_board": pipe.recv()}


def _find_p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.99 * len(values)))]


def _wait_for(pipe: Connection, said_at: float) -> float:
    while True:
        at, seen = pipe.recv()
        if at >= said_at:
            return float(seen)


@contextmanager
def _readers(
    settings: OracleSettings, ring: KeyRing, bindings: list[Binding], programs: int
) -> Iterator[list[Connection]]:
    """Programs that only read, once each is ready."""
    context = multiprocessing.get_context("spawn")
    pairs = [context.Pipe() for _ in range(programs)]
    processes = [
        context.Process(target=_read, args=(settings, ring, bindings, theirs)) for _, theirs in pairs
    ]
    for process in processes:
        process.start()
    try:
        for ours, _ in pairs:
            ours.recv()
        yield [ours for ours, _ in pairs]
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _read(settings: OracleSettings, ring: KeyRing, bindings: list[Binding], pipe: Connection) -> None:
    asyncio.run(
        _follow(
            replace(settings, refresh_s=1800.0, lease_s=3600.0, quote_life_s=3600.0), ring, bindings, pipe
        )
    )


async def _follow(settings: OracleSettings, ring: KeyRing, bindings: list[Binding], pipe: Connection) -> None:
    """Say when the last price of a message is on the board: parts come in order."""
    last, told = (bindings[-1].context, bindings[-1].offering), 0.0
    async with open_oracle(settings, None, ring=ring) as oracle:
        oracle.set_bindings(bindings)
        revision = oracle.revision
        while not oracle.status.is_up:
            revision = await oracle.wait_for_change(revision)
        pipe.send("ready")
        asyncio.get_running_loop().add_reader(pipe.fileno(), _count, pipe, oracle, bindings)
        while True:
            revision, changed_at = await _wait_for_quiet(oracle, revision)
            quote = oracle.board().quotes.get(last)
            if quote is not None and quote.confirmed_at > told:
                told = quote.confirmed_at
                pipe.send((told, changed_at))


async def _wait_for_quiet(oracle: Oracle, revision: int) -> tuple[int, float]:
    """Return the revision after which nothing came for a while, and when it came: a whole board is made once."""
    revision, changed_at = await oracle.wait_for_change(revision), time.monotonic()
    while True:
        try:
            async with asyncio.timeout(QUIET_S):
                revision = await oracle.wait_for_change(revision)
        except TimeoutError:
            return revision, changed_at
        changed_at = time.monotonic()


def _count(pipe: Connection, oracle: Oracle, bindings: list[Binding]) -> None:
    """Say how many of the bindings have a price."""
    pipe.recv()
    pipe.send(len(oracle.board().quotes.keys() & {(one.context, one.offering) for one in bindings}))


async def _find_longest_call(client: Redis) -> float:
    calls = await client.slowlog_get(10_000)
    ours = [call for call in calls if not call["command"].startswith((b"SLOWLOG", b"CONFIG", b"HVALS"))]
    return float(max((call["duration"] for call in ours), default=0)) / 1000


async def _weigh_month(client: Redis, market: Market) -> float:
    """Return what a month of 10,000 offerings takes in the store, MiB: the most of its last day, by a few of them."""
    await client.flushall()
    offerings, began, heaviest = market.offerings[:MONTH_OFFERINGS], time.time() - MONTH_POINTS * 60.0, 0
    for first in range(0, MONTH_POINTS, 720):
        points = [
            PricePoint(began + 60.0 * n, Decimal(1000 + n % 7) / 10_000, ORIGIN)
            for n in range(first, first + 720)
        ]
        await market.write_history([HistorySample(one, point) for point in points for one in offerings])
        if first >= MONTH_POINTS - 1440:
            keys = await client.keys("{sentinelaura}:points:*")
            heaviest = max(heaviest, sum([await client.memory_usage(key) or 0 for key in keys]))
    return heaviest / MONTH_OFFERINGS * 10_000 / 2**20


def _weigh_history() -> float:
    """Return what a whole day of one offering takes in this program, KiB."""
    tracemalloc.start()
    histories = [PriceHistory(step_s=60.0) for _ in range(50)]
    for number, history in enumerate(histories):
        for minute in range(1440):
            price = Decimal(1000 + (minute + number) % 50) / 10_000
            history.append(PricePoint(60.0 * minute, price, ORIGIN))
        assert history.points
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return used / len(histories) / 1024


@contextmanager
def _directories() -> Iterator[OracleSettings]:
    with tempfile.TemporaryDirectory(prefix="sa-") as folder:
        yield OracleSettings(data_directory=f"{folder}/data", runtime_directory=folder)


if __name__ == "__main__":
    sys.exit(main())
