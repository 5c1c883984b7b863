"""`sentinelaura migrate CONTEXT/NAMESPACE/DEPLOYMENT --to CONTEXT`: one migration, with progress lines.

The way back of a finished move (`migrations back`) runs here as well: it need not pay, and a person confirms its cost.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass

from app.commands.confirming import confirm_by_name
from app.commands.failures import CommandFailed
from app.commands.migration_report import MigrationReport
from app.commands.picture import PICTURE_TIMEOUT_S, incomplete_picture, wait_for_picture
from app.composition import open_engine
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from controller.clusters.arming import ArmingTerms
from controller.clusters.fleet import WorkloadKey
from controller.contract.commands import RequestDryRun, SetArmed, StartMigration
from controller.contract.dry_run import DryRun, Verdict
from controller.contract.snapshots import EngineSnapshot, MigrationStage, MigrationView
from controller.engine.engine import Engine
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: How a migration ends that did not move the workload.
_FAILURES = {
    MigrationStage.REFUSED: ExitCode.REFUSED,
    MigrationStage.ROLLED_BACK: ExitCode.ROLLED_BACK,
    MigrationStage.NEEDS_OPERATOR: ExitCode.ROLLED_BACK,
}


@dataclass(frozen=True, slots=True)
class AskedMove:
    """A move that was asked for.

    way_back_of: the finished move that it takes back; None: it is a move like any other, which has to pay.
    given_name: what a person has typed to confirm a way back; None: they are asked.
    """

    workload: WorkloadKey
    target: str
    arm: bool
    as_json: bool
    way_back_of: str | None = None
    given_name: str | None = None


async def run_migrate(arguments: Namespace, configuration: Configuration) -> int:
    """Dry-run the move, and where it pays and both contexts are armed, run it to its end. Raises: CommandFailed."""
    try:
        workload = WorkloadKey.parse(arguments.workload)
    except ValueError as error:
        failure = CommandFailed(ExitCode.BAD_INPUT, Code.WORKLOAD_NAME_WRONG.because(name=arguments.workload))
        MigrationReport(arguments.json).show_failure(failure)
        raise failure from error
    return await run_move(AskedMove(workload, arguments.to, arguments.arm, arguments.json), configuration)


async def run_move(asked: AskedMove, configuration: Configuration) -> int:
    """Dry-run what was asked for, and where it may start, run it to its end. Raises: CommandFailed."""
    report = MigrationReport(asked.as_json)
    try:
        moved = await _migrate(asked, configuration, report)
    except BaseException as error:  # whatever it is, also Ctrl-C: who reads the lines learns how it ended
        report.show_failure(error)
        raise
    report.show_end(ExitCode.OK, moved.sentence, _reason_of(moved))
    return ExitCode.OK


async def _migrate(asked: AskedMove, configuration: Configuration, report: MigrationReport) -> MigrationView:
    """Return the migration that has moved the workload."""
    workload, target, way_back_of = asked.workload, asked.target, asked.way_back_of
    async with open_engine(configuration) as engine:
        if asked.arm:
            terms = ArmingTerms(namespaces=frozenset({workload.namespace}))
            for context in (workload.context, target):
                engine.submit(SetArmed(context, True, terms))
        picture = await wait_for_picture(engine)
        _require_parts(picture, workload, target, engine.aliases)
        if not await _is_running_already(engine, workload, target):
            dry_run = await _request_dry_run(engine, RequestDryRun(workload, target, way_back_of=way_back_of))
            if dry_run.verdict is Verdict.UNKNOWN and not picture.is_complete:
                raise incomplete_picture(picture)
            report.show_dry_run(dry_run)
            if not dry_run.may_start:
                raise _not_moved(dry_run.reason)
            if way_back_of is not None:
                await confirm_by_name(workload.name, f"bring it back to {target}", asked.given_name)
            engine.submit(StartMigration(workload, target, dry_run.plan_digest, way_back_of=way_back_of))
        return await _follow(engine, workload, target, report)


def _require_parts(
    snapshot: EngineSnapshot, workload: WorkloadKey, target: str, aliases: Mapping[str, str]
) -> None:
    """Raise CommandFailed for a wrong name, and for a cluster of the move that has not been seen."""
    contexts = {view.context: view for view in snapshot.contexts}
    for name in (workload.context, target):
        if name in aliases:
            reason = Code.CONTEXT_IS_ALIAS.because(context=name, watched=aliases[name])
            raise CommandFailed(ExitCode.BAD_INPUT, reason)
        if name not in contexts:
            reason = Code.NO_CONTEXT.because(context=name)
            text = f"{reason}; known: {', '.join(contexts)}"
            raise CommandFailed(ExitCode.BAD_INPUT, text, reason=reason)
        if (missing := contexts[name].health_reason) is not None:
            raise CommandFailed(ExitCode.INCOMPLETE, missing)
    source = contexts[workload.context]
    if workload not in {view.key for view in source.workloads}:
        known = ", ".join(f"{view.key.namespace}/{view.key.name}" for view in source.workloads) or "none"
        reason = Code.NO_WORKLOAD.because(workload=str(workload))
        text = f"{reason}; Deployments in {workload.context}: {known}"
        raise CommandFailed(ExitCode.BAD_INPUT, text, reason=reason)


async def _is_running_already(engine: Engine, workload: WorkloadKey, target: str) -> bool:
    """Whether an earlier process left this very migration unfinished, which then has been taken up again."""

    def is_known(snapshot: EngineSnapshot) -> bool:
        armed = {view.context for view in snapshot.contexts if view.armed} & {workload.context, target}
        return all(engine.has_searched(context) for context in armed)

    snapshot = await engine.wait_until(is_known, PICTURE_TIMEOUT_S)
    return _find_view(snapshot, workload, target) is not None


async def _request_dry_run(engine: Engine, request: RequestDryRun) -> DryRun:
    """Return the dry run; of a move that could start, the one that knows what travels along and what breaks."""
    engine.submit(request)

    def find(snapshot: EngineSnapshot) -> DryRun | None:  # this process asks for one only
        return next(reversed(snapshot.answers), None)

    def is_enough(snapshot: EngineSnapshot) -> bool:
        answer = find(snapshot)
        return answer is not None and (answer.inventory is not None or not answer.may_start)

    answer = find(await engine.wait_until(is_enough, PICTURE_TIMEOUT_S))
    if answer is None:
        late = Code.DRY_RUN_LATE.because(workload=str(request.workload), seconds=PICTURE_TIMEOUT_S)
        raise CommandFailed(ExitCode.INCOMPLETE, late)
    return answer


async def _follow(
    engine: Engine, workload: WorkloadKey, target: str, report: MigrationReport
) -> MigrationView:
    """Print progress until the workload is moved; Ctrl-C leaves the journal, and a later start resumes it."""
    sequence = 0
    while True:
        snapshot = await engine.next_snapshot(sequence)
        sequence = snapshot.sequence
        view = _find_view(snapshot, workload, target)
        if view is not None:
            report.show_progress(view, snapshot.taken_at)
            if view.stage is MigrationStage.DONE:
                return view
            if view.stage is MigrationStage.HOLDING and view.reason is not None:
                _require_armed(view.reason, report)
            if view.stage in _FAILURES:
                raise CommandFailed(_FAILURES[view.stage], view.sentence, reason=_reason_of(view))
        elif snapshot.unstarted:  # this process asked for one start only
            raise _not_moved(snapshot.unstarted[-1].reason)
        elif snapshot.queue:
            report.show_queued(snapshot.queue[-1].reason, snapshot.taken_at)


def _require_armed(reason: Reason, report: MigrationReport) -> None:
    """Raise CommandFailed where somebody has stopped this process: nobody can arm it again."""
    if reason.code is Code.NOT_ARMED:
        raise CommandFailed(ExitCode.ROLLED_BACK, report.describe_interruption())


def _not_moved(reason: Reason) -> CommandFailed:
    return CommandFailed(ExitCode.REFUSED, f"not moved: {reason}", reason=reason)


def _reason_of(view: MigrationView) -> Reason:
    """Why it is where it is; where only the plan has brought it there, what it does there."""
    return view.reason or view.detail


def _find_view(snapshot: EngineSnapshot, workload: WorkloadKey, target: str) -> MigrationView | None:
    """The newest migration of the workload to the target."""
    views = [view for view in snapshot.migrations if (view.workload, view.target) == (workload, target)]
    return views[-1] if views else None
