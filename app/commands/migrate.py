"""`sentinelaura migrate CONTEXT/NAMESPACE/DEPLOYMENT --to CONTEXT`: one migration, with progress lines."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from dataclasses import dataclass
from typing import Any

from app.commands.plan import PICTURE_TIMEOUT_S
from app.commands.plan_report import dry_run_to_json, dry_run_to_text
from app.composition import open_engine
from app.configuration import Configuration
from app.exit_codes import ExitCode
from controller.clusters.fleet import Health, WorkloadKey
from controller.commands import RequestDryRun, SetArmed, StartMigration
from controller.decision.dry_run import DryRun, Verdict
from controller.engine import Engine
from controller.snapshots import EngineSnapshot, MigrationStage, MigrationView

_EXIT_CODES = {
    MigrationStage.DONE: ExitCode.OK,
    MigrationStage.REFUSED: ExitCode.REFUSED,
    MigrationStage.ROLLED_BACK: ExitCode.ROLLED_BACK,
    MigrationStage.NEEDS_OPERATOR: ExitCode.ROLLED_BACK,
}


async def run_migrate(arguments: Namespace, configuration: Configuration) -> int:
    """Dry-run the move, and where it pays and both contexts are armed, run it to its end."""
    try:
        workload = WorkloadKey.parse(arguments.workload)
    except ValueError as error:
        print(f"sentinelaura: {error}", file=sys.stderr)
        return ExitCode.BAD_INPUT
    report = _Report(arguments.json)
    async with open_engine(configuration) as engine:
        if arguments.arm:
            for context in (workload.context, arguments.to):
                engine.submit(SetArmed(context, True))
        picture = await engine.wait_until(lambda seen: seen.is_complete, PICTURE_TIMEOUT_S)
        trouble = _find_trouble(picture, workload, arguments.to)
        if trouble is not None:
            print(f"sentinelaura: {trouble.text}", file=sys.stderr)
            return trouble.code
        if not await _is_running_already(engine, workload, arguments.to):
            dry_run = await _request_dry_run(engine, workload, arguments.to)
            if dry_run is None:
                print(f"sentinelaura: no dry run of {workload} came in time", file=sys.stderr)
                return ExitCode.INCOMPLETE
            report.show_dry_run(dry_run)
            if dry_run.verdict is not Verdict.PAYS:
                return ExitCode.REFUSED
            engine.submit(StartMigration(workload, arguments.to, dry_run.plan_digest))
        return await _follow(engine, workload, arguments.to, report)


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why there is nothing to dry-run, and the exit code that says so."""

    text: str
    code: ExitCode


def _find_trouble(snapshot: EngineSnapshot, workload: WorkloadKey, target: str) -> _Trouble | None:
    """Say what is wrong with the names that the person gave or with the clusters, None where all is there."""
    contexts = {view.context: view for view in snapshot.contexts}
    for name in (workload.context, target):
        if name not in contexts:
            return _Trouble(f"there is no context {name!r}; known: {', '.join(contexts)}", ExitCode.BAD_INPUT)
        if contexts[name].health is not Health.REACHABLE:
            reason = contexts[name].health_reason or "it has not answered"
            return _Trouble(f"{name}: {reason}", ExitCode.INCOMPLETE)
    source = contexts[workload.context]
    if workload not in {view.key for view in source.workloads}:
        known = ", ".join(f"{view.key.namespace}/{view.key.name}" for view in source.workloads) or "none"
        text = f"{workload} was not found; Deployments in {workload.context}: {known}"
        return _Trouble(text, ExitCode.BAD_INPUT)
    return None


async def _is_running_already(engine: Engine, workload: WorkloadKey, target: str) -> bool:
    """Whether an earlier process left this very migration unfinished, which then has been taken up again."""

    def is_known(snapshot: EngineSnapshot) -> bool:
        armed = {view.context for view in snapshot.contexts if view.armed} & {workload.context, target}
        return all(engine.has_searched(context) for context in armed)

    snapshot = await engine.wait_until(is_known, PICTURE_TIMEOUT_S)
    return _find_view(snapshot, workload, target) is not None


async def _request_dry_run(engine: Engine, workload: WorkloadKey, target: str) -> DryRun | None:
    engine.submit(RequestDryRun(workload, target))

    def find(snapshot: EngineSnapshot) -> DryRun | None:
        return next((a for a in snapshot.answers if (a.workload, a.target) == (workload, target)), None)

    return find(await engine.wait_until(lambda seen: find(seen) is not None, PICTURE_TIMEOUT_S))


async def _follow(engine: Engine, workload: WorkloadKey, target: str, report: _Report) -> int:
    """Print progress until the migration has ended; Ctrl-C leaves its journal, and a later start resumes it."""
    sequence = 0
    while True:
        snapshot = await engine.next_snapshot(sequence)
        sequence = snapshot.sequence
        view = _find_view(snapshot, workload, target)
        if view is not None:
            report.show_progress(view, snapshot.taken_at)
            if view.stage in _EXIT_CODES:
                return _EXIT_CODES[view.stage]
        elif snapshot.rejections:  # this process asked for one start only
            print(f"sentinelaura: not moved: {snapshot.rejections[-1].reason}", file=sys.stderr)
            return ExitCode.REFUSED


def _find_view(snapshot: EngineSnapshot, workload: WorkloadKey, target: str) -> MigrationView | None:
    """The newest migration of the workload to the target."""
    views = [view for view in snapshot.migrations if (view.workload, view.target) == (workload, target)]
    return views[-1] if views else None


class _Report:
    """Prints the dry run and then each change of the migration once, as lines of text or of JSON."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._last: Any = None

    def show_dry_run(self, dry_run: DryRun) -> None:
        if self._as_json:
            facts = {"workload": str(dry_run.workload), "target": dry_run.target, **dry_run_to_json(dry_run)}
            self._print_json("dry_run", facts)
        else:
            print(dry_run_to_text(dry_run), flush=True)

    def show_progress(self, view: MigrationView, at: float) -> None:
        facts = _progress_facts(view)
        steps = {
            name: value for name, value in facts.items() if name != "cost_usd"
        }  # money ticks all the time
        if steps == self._last:
            return
        self._last = steps
        if self._as_json:
            self._print_json("progress", {"at": at, **facts})
        else:
            print(_progress_line(view), flush=True)

    def _print_json(self, event: str, facts: dict[str, Any]) -> None:
        print(json.dumps({"event": event, **facts}), flush=True)


def _progress_facts(view: MigrationView) -> dict[str, Any]:
    return {
        "migration_id": view.migration_id,
        "stage": view.stage.value,
        "phase": view.phase,
        "detail": view.detail,
        "wave": view.wave,
        "waves": view.waves,
        "landed": view.landed,
        "replicas": view.replicas,
        "source_ready": view.source_ready,
        "target_ready": view.target_ready,
        "cost_usd": None if view.cost_usd is None else float(view.cost_usd),
    }


def _progress_line(view: MigrationView) -> str:
    counters = f"{view.landed}/{view.replicas} landed, ready {_count(view.source_ready)} + {_count(view.target_ready)}"
    return f"{view.phase:<12} wave {view.wave}/{view.waves}  {counters}  {view.detail}"


def _count(replicas: int | None) -> str:
    return "?" if replicas is None else str(replicas)
