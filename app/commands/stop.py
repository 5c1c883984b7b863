"""`sentinelaura stop`: nobody who can be reached writes to a cluster any more, and each migration stands still.

The processes of this person on this machine are asked by their sockets. Where clusters are configured, the leader of
each migration that is led elsewhere is asked through the source's Lease, by a request that the key ring signs: the one
write of this command, for which alone it arms that context. Who did not acknowledge is named, and is what the exit code
speaks of.
"""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from collections.abc import Collection, Mapping

from app.commands.migrations import Opening, find_moves, report_unread
from app.commands.output import report_line, write_output
from app.commands.stop_report import (
    Led,
    instances_to_json,
    instances_to_text,
    led_to_json,
    led_to_text,
    list_silent,
)
from app.composition import MoveTools, open_move_tools
from app.config.configuration import Configuration
from app.control.asking import Instance, ask_all
from app.control.messages import Ask, Request
from app.control.peer import has_sockets
from app.exit_codes import ExitCode
from controller.errors import ControllerError
from controller.migration.protocol.lease_requests import RequestKind
from controller.migration.protocol.request_reasons import RequestCode
from controller.migration.run.standing_moves import StandingMove, StandingMoves
from oracle.errors import OracleError

_NOTHING = StandingMoves((), (), {})


async def run_stop(
    arguments: Namespace, configuration: Configuration, opening: Opening = open_move_tools
) -> int:
    """Stop whom it can reach, and report. The processes here come first: they are the fastest to reach."""
    instances = await _stop_processes()
    if not arguments.json:
        write_output(instances_to_text(instances))
    try:
        standing, led = await _stop_leaders(configuration, opening, instances)
        is_seen = not (standing.unread or standing.unreadable)
    except (ControllerError, OracleError) as error:  # what was stopped is reported all the same
        report_line(str(error))
        standing, led, is_seen = _NOTHING, (), False
    _report(arguments, instances, standing, led)
    is_silent = bool(list_silent(instances)) or any(not one.is_settled for one in led)
    return ExitCode.OK if has_sockets() and is_seen and not is_silent else ExitCode.INCOMPLETE


async def _stop_processes() -> tuple[Instance, ...]:
    if not has_sockets():
        report_line(str(RequestCode.NO_SOCKETS.because()))
        return ()
    return await ask_all(Request(Ask.STOP))


async def _stop_leaders(
    configuration: Configuration, opening: Opening, instances: Collection[Instance]
) -> tuple[StandingMoves, tuple[Led, ...]]:
    """Return what the journals say, and who leads each move that is not over. Raises: ControllerError, OracleError."""
    if configuration.is_demo:
        return _NOTHING, ()  # its clusters end with its process
    stopped = {
        move.migration_id: (instance.pid, move.phase)
        for instance in instances
        if instance.answer is not None and instance.answer.is_done
        for move in instance.answer.moves
        if move.is_leading
    }
    async with opening(configuration) as tools:
        standing = await find_moves(tools)
        moves = [move for move in standing.moves if not move.record.state.phase.is_final]
        for context in {one.record.source.context for one in moves} & set(tools.regions.contexts):
            tools.regions.set_armed(context, True)
        try:
            led = await asyncio.gather(*(_stop_leader(tools, one, stopped) for one in moves))
        finally:
            tools.regions.disarm_all()
        return standing, tuple(led)


async def _stop_leader(tools: MoveTools, move: StandingMove, stopped: Mapping[str, tuple[int, str]]) -> Led:
    """Ask who leads a migration to stop, unless a process here has."""
    record = move.record
    if (here := stopped.get(record.migration_id)) is not None:
        pid, phase = here
        return Led(move, f"process {pid}", phase)
    if not move.holder:
        return Led(move)
    try:
        asked = await tools.migrations.ask_leader(record, RequestKind.STOP)
    except ControllerError as error:
        return Led(move, why=error.reason)
    if asked is None:
        return Led(move, why=RequestCode.NOT_ASKED_WITHOUT_RING.because())
    if asked.answer is None:
        return Led(move, why=RequestCode.LEADER_SILENT.because(holder=asked.holder or move.holder))
    return Led(move, asked.holder, asked.answer.phase)


def _report(
    arguments: Namespace,
    instances: Collection[Instance],
    standing: StandingMoves,
    led: Collection[Led],
) -> None:
    if arguments.json:
        document = {"instances": instances_to_json(instances), **led_to_json(led, standing)}
        write_output(json.dumps(document, indent=2))
    elif led:
        write_output(led_to_text(led))
    report_unread(standing)
