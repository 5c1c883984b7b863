"""`sentinelaura operator`: the engine without a window, until it is stopped by SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from app.commands.arming_flags import parse_armed
from app.commands.operator_report import (
    OperatorNews,
    entry_to_json,
    entry_to_text,
    notice_to_json,
    notice_to_text,
)
from app.commands.output import write_aside, write_output
from app.commands.stopping import wait_for_stop_signal
from app.composition import open_engine
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from controller.contract.commands import SetArmed
from controller.contract.snapshots import EngineSnapshot
from controller.engine.engine import Engine

#: How long the price store may take to start before its absence is reported. Seconds; the embedded one needs 0.2.
START_PATIENCE_S = 2.0


async def run_operator(arguments: Namespace, configuration: Configuration) -> int:
    """Print what happens and what is wrong until a signal comes. Raises: CommandFailed."""
    async with open_engine(configuration) as engine:
        for context, terms in parse_armed(arguments.arm, engine.contexts).items():
            engine.submit(SetArmed(context, True, terms))
        await wait_for_stop_signal(asyncio.create_task(_print_news(engine, arguments.json)))
    return ExitCode.OK


async def _print_news(engine: Engine, as_json: bool) -> None:
    news = OperatorNews()
    print_news = _print_json if as_json else _print_text
    snapshot = await engine.wait_until(lambda seen: seen.store.is_up, START_PATIENCE_S)
    while True:
        print_news(news, snapshot)
        snapshot = await engine.next_snapshot(snapshot.sequence)


def _print_text(news: OperatorNews, snapshot: EngineSnapshot) -> None:
    """What happens goes to standard output, what is wrong to standard error."""
    for change in news.find_notices(snapshot):
        write_aside(notice_to_text(change))
    for entry in news.find_entries(snapshot):
        write_output(entry_to_text(entry))


def _print_json(news: OperatorNews, snapshot: EngineSnapshot) -> None:
    for change in news.find_notices(snapshot):
        write_output(notice_to_json(change))
    for entry in news.find_entries(snapshot):
        write_output(entry_to_json(entry))
