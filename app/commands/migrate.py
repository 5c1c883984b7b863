"""`sentinelaura migrate CONTEXT/NAMESPACE/DEPLOYMENT --to CONTEXT`: one migration, with progress lines."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from typing import Any

from app.commands.plan import PICTURE_TIMEOUT_S
from app.commands.plan_report import dry_run_to_json, dry_run_to_text
from app.composition import open_engine
from app.configuration import Configuration
from app.exit_codes import ExitCode
from controller.clusters.fleet import WorkloadKey
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
        picture = await engine.wait_until(lambda seen: seen.is_complete, PICTURE_TIMEOUT_S)
        trouble = _find_trouble(picture, workload, arguments.to)
        if trouble is not None:
            print(f"sentinelaura: {trouble}", file=sys.stderr)
            return ExitCode.BAD_INPUT
        if arguments.arm:
            for context in (workload.context, arguments.to):
                engine.submit(SetArmed(context, True))
        dry_run = await _request_dry_run(engine, workload, arguments.to)
        report.show_dry_run(dry_run)
        if dry_run.verdict is not Verdict.PAYS:
            return ExitCode.REFUSED
        engine.submit(StartMigration(workload, arguments.to, dry_run.plan_digest))
        return await _follow(engine, workload, arguments.to, report)


def _find_trouble(snapshot: EngineSnapshot, workload: WorkloadKey, target: str) -> str | None:
    """Say what is wrong with the names that the person gave, None where both exist."""
    contexts = {view.context: view for view in snapshot.contexts}
    for name in (workload.context, target):
        if name not in contexts:
            return f"there is no context {name!r}; known: {', '.join(contexts)}"
    source = contexts[workload.context]
    if workload not in {view.key for view in source.workloads}:
        known = ", ".join(f"{view.key.namespace}/{view.key.name}" for view in source.workloads) or "none"
        reason = f" ({source.health_reason})" if source.health_reason else ""
        return f"{workload} was not found{reason}; Deployments in {workload.context}: {known}"
    return None


async def _request_dry_run(engine: Engine, workload: WorkloadKey, target: str) -> DryRun:
    engine.submit(RequestDryRun(workload, target))

    def find(snapshot: EngineSnapshot) -> DryRun | None:
        return next((a for a in snapshot.answers if (a.workload, a.target) == (workload, target)), None)

    snapshot = await engine.wait_until(lambda seen: find(seen) is not None, PICTURE_TIMEOUT_S)
    answer = find(snapshot)
    if answer is None:
        raise TimeoutError(f"no dry run of {workload} came within {PICTURE_TIMEOUT_S:.0f} s")
    return answer


async def _follow(engine: Engine, workload: WorkloadKey, target: str, report: _Report) -> int:
    """Print progress until the migration has ended; Ctrl-C leaves its journal, and the next start resumes it."""
    sequence = 0
    while True:
        snapshot = await engine.next_snapshot(sequence)
        sequence = snapshot.sequence
        view = next((m for m in snapshot.migrations if (m.workload, m.target) == (workload, target)), None)
        if view is None:
            continue
        report.show_progress(view, snapshot.taken_at)
        if view.stage in _EXIT_CODES:
            return _EXIT_CODES[view.stage]


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
