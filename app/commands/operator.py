"""`sentinelaura operator`: the engine without a window, until it is stopped by SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from argparse import Namespace
from datetime import UTC, datetime

from app.composition import open_engine
from app.configuration import Configuration
from app.exit_codes import ExitCode
from controller.commands import SetArmed
from controller.engine import Engine
from controller.snapshots import TimelineEntry


async def run_operator(arguments: Namespace, configuration: Configuration) -> int:
    """Print every new entry of the timeline until a signal comes."""
    async with open_engine(configuration) as engine:
        unknown = set(arguments.arm) - set(engine.contexts)
        if unknown:
            print(f"sentinelaura: there is no context {', '.join(sorted(unknown))} to arm", file=sys.stderr)
            return ExitCode.BAD_INPUT
        for context in arguments.arm:
            engine.submit(SetArmed(context, True))
        printing = asyncio.create_task(_print_timeline(engine, arguments.json))
        await wait_for_stop_signal(printing)
    return ExitCode.OK


async def wait_for_stop_signal(task: asyncio.Task[None]) -> None:
    """Return when SIGINT or SIGTERM has come and `task` was cancelled; pass on what `task` itself fails with."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, task.cancel)
        except NotImplementedError:  # Windows: Ctrl-C arrives as KeyboardInterrupt instead
            break
    try:
        await task
    except asyncio.CancelledError:
        return


async def _print_timeline(engine: Engine, as_json: bool) -> None:
    sequence = printed = 0
    while True:
        snapshot = await engine.next_snapshot(sequence)
        sequence = snapshot.sequence
        for entry in snapshot.timeline:
            if entry.sequence > printed:
                printed = entry.sequence
                print(_to_json(entry) if as_json else _to_text(entry), flush=True)


def _to_text(entry: TimelineEntry) -> str:
    at = datetime.fromtimestamp(entry.at, UTC)
    return f"{at:%Y-%m-%d %H:%M:%S} UTC  {entry.kind.value:<10}{entry.text}"


def _to_json(entry: TimelineEntry) -> str:
    return json.dumps(
        {
            "at": entry.at,
            "kind": entry.kind.value,
            "severity": entry.severity.value,
            "text": entry.text,
            "contexts": entry.contexts,
            "migration_id": entry.migration_id,
        }
    )
