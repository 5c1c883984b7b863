"""`sentinelaura migrations list|show|cancel|back|adopt|restore|abandon`: migrations by what their journals say now.

It needs no prices and takes up nothing but the migration that it is asked for. Before an act that ends one, a person
reads what it will change and types the workload's name, and before a way back what it costs.
"""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from app.commands.confirming import confirm_by_name
from app.commands.failures import CommandFailed
from app.commands.migrate import AskedMove, run_move
from app.commands.migration_report import MigrationReport
from app.commands.migrations_report import (
    moves_to_json,
    moves_to_text,
    queue_to_json,
    queue_to_lines,
    settlement_to_text,
    show_to_json,
    show_to_text,
)
from app.commands.output import report_line, write_aside, write_output
from app.commands.picture import PICTURE_TIMEOUT_S
from app.commands.taking_out import names_workload, take_out
from app.composition import MoveTools, choose_price_source, open_move_tools
from app.config.configuration import Configuration
from app.control.asking import ask_all
from app.control.messages import Ask, Request
from app.control.peer import has_sockets
from app.exit_codes import ExitCode
from controller.clusters.arming import ArmingTerms
from controller.clusters.fleet import Health
from controller.clusters.region_manager import RegionManager
from controller.contract.settlement import ENDINGS, Act
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.migration.protocol.errors import ActRefused, LeaseTaken
from controller.migration.protocol.lease_requests import RequestKind
from controller.migration.protocol.record import MigrationRecord, Side
from controller.migration.protocol.request_reasons import RequestCode
from controller.migration.protocol.states import Phase
from controller.migration.run.standing_moves import StandingMove, StandingMoves, read_standing_moves
from controller.reasons import Code
from oracle.errors import PriceFileError
from oracle.foundation.clocks import SYSTEM_CLOCKS
from oracle.foundation.reason import Reason

#: Acts that another instance can be asked to do.
_ASKED = ("cancel", "back")

Opening = Callable[[Configuration], AbstractAsyncContextManager[MoveTools]]


async def run_migrations(
    arguments: Namespace, configuration: Configuration, opening: Opening = open_move_tools
) -> int:
    """Do what was asked. Raises: CommandFailed."""
    if arguments.action == "cancel" and names_workload(arguments.id):
        return await take_out(arguments)
    async with opening(configuration) as tools:
        standing = await find_moves(tools)
        if arguments.action == "list":
            return await _list(standing, arguments)
        move = standing.find(arguments.id)
        if move is None:
            report_unread(standing)
            raise CommandFailed(ExitCode.BAD_INPUT, Code.MOVE_NOT_FOUND.because(migration_id=arguments.id))
        if arguments.action == "show":
            settlements = await tools.migrations.judge_acts(move.record)
            show = show_to_json if arguments.json else show_to_text
            write_output(show(move, settlements))
            return ExitCode.OK
        if not (arguments.action == "back" and move.record.state.phase is Phase.DONE):
            taken = await _ask_leader(arguments, tools, move) if arguments.action in _ASKED else None
            return (
                await _act(arguments, tools, move.record)
                if taken is None
                else _report_taken(arguments, taken)
            )
    return await _move_back(arguments, configuration, move.record)


async def find_moves(tools: MoveTools) -> StandingMoves:
    """Wait until each cluster answers or does not, and read the Leases of those that do."""
    regions = tools.regions
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
    found = await read_standing_moves(reached, namespaces, tools.migrations.keys)
    unread = {
        cluster.context: reason for cluster in clusters if (reason := cluster.find_unread()) is not None
    }
    return StandingMoves(found.moves, found.unreadable, {**unread, **found.unread})


async def _list(standing: StandingMoves, arguments: Namespace) -> int:
    moves = [move for move in standing.moves if arguments.all or not move.record.state.phase.is_final]
    instances = await ask_all(Request(Ask.TELL)) if has_sockets() else ()
    queue = [(one.pid, queued) for one in instances if one.answer is not None for queued in one.answer.queue]
    if arguments.json:
        document = {**moves_to_json(moves, standing), "queue": queue_to_json(queue)}
        write_output(json.dumps(document, indent=2))
    else:
        write_output("\n".join((moves_to_text(moves), *queue_to_lines(queue))))
    report_unread(standing)
    return ExitCode.INCOMPLETE if standing.unread or standing.unreadable else ExitCode.OK


def report_unread(standing: StandingMoves) -> None:
    """Say on standard error what is not known."""
    for context, reason in standing.unread.items():
        report_line(f"{context} was not looked at: {reason}")
    for journal in standing.unreadable:
        report_line(f"{journal.lease} was left alone: {journal.reason}")


async def _ask_leader(arguments: Namespace, tools: MoveTools, move: StandingMove) -> Reason | None:
    """Have whoever leads take the move back; None where nobody acknowledges it: then it is done from here."""
    record = move.record
    if not move.holder:
        return None
    request = Request(Ask.CANCEL, record.migration_id)
    instances = await ask_all(request) if has_sockets() else ()
    for instance in instances:
        if instance.answer is not None and instance.answer.is_done:
            return RequestCode.TAKEN_BACK.because(leader=f"process {instance.pid}")
    if not arguments.arm:
        return None
    _arm(tools.regions, record, arm=True)
    asked = await tools.migrations.ask_leader(record, RequestKind.CANCEL)
    if asked is None or asked.answer is None or asked.answer.why:
        return None
    return RequestCode.TAKEN_BACK.because(leader=asked.holder)


def _report_taken(arguments: Namespace, reason: Reason) -> int:
    """Say who acknowledged; it goes back there, and this command ends."""
    if not arguments.json:
        write_output(str(reason))
    MigrationReport(arguments.json).show_end(ExitCode.OK, str(reason), reason)
    return ExitCode.OK


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
        await confirm_by_name(record.workload.name, f"{act.value} this move", arguments.yes)
    try:
        await tools.migrations.settle(record, act, settlement.digest)
    except (ActRefused, LeaseTaken) as error:
        raise _refused(error.reason) from error
    return next(iter(tools.migrations.views()), None)


def _arm(regions: RegionManager, record: MigrationRecord, arm: bool) -> None:
    """Arm the clusters of both sides, for the namespace of the workload, where that was asked for.

    Raises: CommandFailed where a side that is there stays read-only.
    """
    namespace = record.workload.namespace
    sides = [known for side in Side if (known := record.side(side)).context in regions.contexts]
    for known in sides if arm else ():
        terms = ArmingTerms(cluster_uid=known.cluster_uid or None, namespaces=frozenset({namespace}))
        regions.set_armed(known.context, True, terms)
    reasons = regions.list_unarmed()
    for known in sides:
        code = reasons.get(known.context)
        if code is None and not regions.is_armed(known.context, namespace):
            raise _refused(Code.NAMESPACE_NOT_ARMED.because(namespace=namespace, contexts=(known.context,)))
        # What does not answer is asked who it is before anything is written there.
        if code is not None and code is not Code.ARMED_UNIDENTIFIED:
            same = tuple(other.context for other in sides if reasons.get(other.context) is code)
            raise _refused(code.because(contexts=same))


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
    """The move is over: the way back is a move of its own, whose cost is shown and confirmed by typing."""
    workload = replace(record.workload, context=record.target.context)
    report_line(f"the move is over; going back is a move of {workload} to {record.source.context}")
    asked = AskedMove(
        workload, record.source.context, arguments.arm, arguments.json, record.migration_id, arguments.yes
    )
    return await run_move(asked, _leave_out_broken_prices(configuration))


def _leave_out_broken_prices(configuration: Configuration) -> Configuration:
    """Know no prices where their file cannot be used: a way back needs none."""
    if configuration.price_file is None:
        return configuration
    try:
        choose_price_source(configuration, SYSTEM_CLOCKS.wall())
    except PriceFileError as error:
        report_line(f"prices are unknown: {error}")
        nobody = replace(configuration.live_prices, offline=True)
        return replace(configuration, prices=None, live=False, live_prices=nobody)
    return configuration


def _refused(reason: Reason) -> CommandFailed:
    return CommandFailed(ExitCode.REFUSED, reason)
