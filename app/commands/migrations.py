"""`sentinelaura migrations list|show|cancel|back|adopt|restore|abandon`: migrations by what their journals say now.

It needs no prices and takes up nothing but the migration that it is asked for. Before an act that ends one, a person
reads what it will change and types the workload's name.
"""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from app.commands.failures import CommandFailed
from app.commands.migrate import run_migrate
from app.commands.migration_report import MigrationReport
from app.commands.migrations_report import (
    moves_to_json,
    moves_to_text,
    settlement_to_text,
    show_to_json,
    show_to_text,
)
from app.commands.output import report_line, write_aside, write_output
from app.commands.picture import PICTURE_TIMEOUT_S
from app.composition import MoveTools, open_move_tools
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from controller.clusters.fleet import Health
from controller.clusters.region_manager import RegionManager
from controller.contract.settlement import ENDINGS, Act, Settlement
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.errors import UnknownContext
from controller.migration.protocol.errors import ActRefused, LeaseTaken
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.states import Phase
from controller.migration.run.standing_moves import StandingMoves, read_standing_moves
from controller.reasons import Code
from oracle.foundation.reason import Reason

Opening = Callable[[Configuration], AbstractAsyncContextManager[MoveTools]]


async def run_migrations(
    arguments: Namespace, configuration: Configuration, opening: Opening = open_move_tools
) -> int:
    """Do what was asked. Raises: CommandFailed."""
    async with opening(configuration) as tools:
        standing = await find_moves(tools.regions)
        if arguments.action == "list":
            return _list(standing, arguments)
        move = standing.find(arguments.id)
        if move is None:
            _report_unread(standing)
            raise CommandFailed(ExitCode.BAD_INPUT, Code.MOVE_NOT_FOUND.because(migration_id=arguments.id))
        if arguments.action == "show":
            settlements = await tools.migrations.judge_acts(move.record)
            show = show_to_json if arguments.json else show_to_text
            write_output(show(move, settlements))
            return ExitCode.OK
        if not (arguments.action == "back" and move.record.state.phase is Phase.DONE):
            return await _act(arguments, tools, move.record)
    return await _move_back(arguments, configuration, move.record)


async def find_moves(regions: RegionManager) -> StandingMoves:
    """Wait until each cluster answers or does not, and read the Leases of those that do."""
    try:
        async with asyncio.timeout(PICTURE_TIMEOUT_S):
            while any(cluster.health is Health.CONNECTING for cluster in regions.picture().clusters.values()):
                await regions.wait_for_change()
            while any(
                cluster.health is Health.REACHABLE and not cluster.is_complete
                for cluster in regions.picture().clusters.values()
            ):
                await regions.wait_for_change()
    except TimeoutError:
        pass  # what was not read by then is named
    clusters = regions.picture().clusters.values()
    namespaces = {workload.key.namespace for cluster in clusters for workload in cluster.workloads}
    reached = [regions.api(cluster.context) for cluster in clusters if cluster.health is Health.REACHABLE]
    found = await read_standing_moves(reached, namespaces)
    unread = {
        cluster.context: reason for cluster in clusters if (reason := cluster.find_unread()) is not None
    }
    return StandingMoves(found.moves, found.unreadable, {**unread, **found.unread})


def _list(standing: StandingMoves, arguments: Namespace) -> int:
    moves = [move for move in standing.moves if arguments.all or not move.record.state.phase.is_final]
    write_output(
        json.dumps(moves_to_json(moves, standing), indent=2) if arguments.json else moves_to_text(moves)
    )
    _report_unread(standing)
    return ExitCode.INCOMPLETE if standing.unread or standing.unreadable else ExitCode.OK


def _report_unread(standing: StandingMoves) -> None:
    for context, reason in standing.unread.items():
        report_line(f"{context} was not looked at: {reason}")
    for journal in standing.unreadable:
        report_line(f"{journal.lease} was left alone: {journal.reason}")


async def _act(arguments: Namespace, tools: MoveTools, record: MigrationRecord) -> int:
    """Do one act on a migration, and follow what it begins to its end. Raises: CommandFailed."""
    report = MigrationReport(arguments.json)
    try:
        view = await _perform(arguments, tools, record)
        reason = Code.MOVE_ABANDONED.because(source=record.source.context, target=record.target.context)
        if view is not None:
            view = await _follow(tools, view.migration_id, report)
            reason = view.reason or view.detail
    except BaseException as error:  # whatever it is, also Ctrl-C: who reads the lines learns how it ended
        report.show_failure(error)
        raise
    sentence = str(reason) if view is None else view.sentence
    if not arguments.json:
        report_line(sentence)
    report.show_end(ExitCode.OK, sentence, reason)
    return ExitCode.OK


async def _perform(arguments: Namespace, tools: MoveTools, record: MigrationRecord) -> MigrationView | None:
    """Return the migration as it is after the act; None where nothing of it is left. Raises: CommandFailed."""
    act = Act.CANCEL if arguments.action == "back" else Act(arguments.action)
    _arm(tools.regions, record, arguments.arm)
    settlements = await tools.migrations.judge_acts(record)
    settlement = next(one for one in settlements if one.act is act)
    if settlement.reason is not None:
        raise _refused(settlement.reason)
    write_aside(settlement_to_text(settlement))
    if act in ENDINGS:
        await _confirm(settlement, arguments.yes)
    try:
        await tools.migrations.settle(record, act, settlement.digest)
    except (ActRefused, LeaseTaken) as error:
        raise _refused(error.reason) from error
    return next(iter(tools.migrations.views()), None)


def _arm(regions: RegionManager, record: MigrationRecord, arm: bool) -> None:
    """Arm both sides where that was asked for. Raises: CommandFailed where a side that is there stays read-only."""
    known = [context for side in Side if (context := record.side(side).context) in regions.contexts]
    for context in known if arm else ():
        try:
            regions.set_armed(context, True)
        except UnknownContext:
            continue  # it was taken out of the kubeconfig just now
    if unarmed := tuple(context for context in known if not regions.is_armed(context)):
        raise _refused(Code.NOT_ARMED.because(contexts=unarmed))


async def _confirm(settlement: Settlement, given: str | None) -> None:
    """Have a person type the workload's name. Raises: CommandFailed where they do not."""
    name = settlement.workload.name
    if given is None:
        write_aside(f"type {name} to {settlement.act.value} this move:")
        given = (await asyncio.to_thread(sys.stdin.readline)).strip()
    if given != name:
        raise _refused(Code.ACT_NOT_CONFIRMED.because(name=name))


async def _follow(tools: MoveTools, migration_id: str, report: MigrationReport) -> MigrationView:
    """Print progress until the migration is over as it was asked to be. Raises: CommandFailed, ControllerError."""
    while True:
        view = next(view for view in tools.migrations.views() if view.migration_id == migration_id)
        report.show_progress(view, tools.regions.picture().observed_at)
        if view.stage in (MigrationStage.ROLLED_BACK, MigrationStage.DONE):
            return view
        if view.stage is MigrationStage.NEEDS_OPERATOR:
            raise CommandFailed(ExitCode.ROLLED_BACK, view.sentence, reason=view.reason or view.detail)
        await tools.migrations.wait_for_change()


async def _move_back(arguments: Namespace, configuration: Configuration, record: MigrationRecord) -> int:
    """The move is over: the way back is a move of its own, with its dry run, run where it pays."""
    workload = f"{record.target.context}/{record.workload.namespace}/{record.workload.name}"
    report_line(f"the move is over; going back is a move of {workload} to {record.source.context}")
    asked = Namespace(workload=workload, to=record.source.context, arm=arguments.arm, json=arguments.json)
    return await run_migrate(asked, configuration)


def _refused(reason: Reason) -> CommandFailed:
    return CommandFailed(ExitCode.REFUSED, reason)
