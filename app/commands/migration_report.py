"""`sentinelaura migrate`'s answer: the dry run, the steps of the migration and how it ended."""

from __future__ import annotations

import json
import shlex
from typing import Any

from app.commands.failures import CommandFailed, find_exit_code, find_reason
from app.commands.output import report_line, write_output
from app.commands.plan_report import dry_run_to_json, dry_run_to_text
from app.exit_codes import ExitCode
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.migration.protocol.states import Phase
from controller.reasons import Code
from oracle.foundation.reason import Parameter, Reason, encode_if_any
from oracle.foundation.untrusted_text import clean_text

#: Phases that have changed nothing yet.
_BEFORE_THE_FIRST_WRITE = (Phase.PLANNED.value, Phase.PREFLIGHT.value)


class MigrationReport:
    """Prints the dry run, then each change of the migration once, as lines of text or of JSON.

    Lines of JSON end with one that says how it ended; a person reads that in the last line of progress and on
    standard error.
    """

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._last: Any = None
        self._view: MigrationView | None = None
        self._waits_for: Reason | None = None

    def show_dry_run(self, dry_run: DryRun) -> None:
        """Print what the move would cost and save."""
        if self._as_json:
            facts = {"workload": str(dry_run.workload), "target": dry_run.target, **dry_run_to_json(dry_run)}
            self._print_json("dry_run", facts)
        else:
            write_output(dry_run_to_text(dry_run))

    def show_queued(self, reason: Reason, at: float) -> None:
        """Print what the move waits for before it begins; nothing where it still waits for the same."""
        if reason == self._waits_for:
            return
        self._waits_for = reason
        if self._as_json:
            self._print_json("queued", {"at": at, "detail": str(reason), "reason": encode_if_any(reason)})
        else:
            write_output(f"{'QUEUED':<17} {clean_text(reason)}")

    def show_progress(self, view: MigrationView, at: float) -> None:
        """Print a step of the migration; nothing where only its cost has grown since."""
        self._view = view
        facts = _progress_facts(view)
        steps = {name: value for name, value in facts.items() if name != "cost_usd"}
        if steps == self._last:
            return
        self._last = steps
        if self._as_json:
            self._print_json("progress", {"at": at, **facts})
        else:
            write_output(_progress_line(view))

    def show_failure(self, error: BaseException) -> None:
        """Say that it ended by an error."""
        code = find_exit_code(error)
        if code is None:
            unexpected = Code.UNEXPECTED_ERROR.because(error=repr(error))
            self.show_end(ExitCode.FAILED, str(unexpected), unexpected)
        elif code is ExitCode.INTERRUPTED:
            interrupted = self.describe_interruption()
            self.show_end(code, str(interrupted), interrupted)
            if not self._as_json:
                report_line(str(interrupted))
        else:
            details = error.details if isinstance(error, CommandFailed) else ()
            self.show_end(code, str(error), find_reason(error), details)

    def describe_interruption(self) -> Reason:
        """Say where the workload stands now, and how to go on or back; before the first write there is neither."""
        view = self._view
        if view is None and self._waits_for is not None:
            return Code.INTERRUPTED_IN_QUEUE.because()
        if view is None or view.stage.is_final or view.phase in _BEFORE_THE_FIRST_WRITE:
            return Code.COMMAND_INTERRUPTED.because()
        stands: dict[str, Parameter] = {
            "phase": view.phase,
            "source": view.workload.context,
            "source_replicas": view.source_desired,
            "target": view.target,
            "target_replicas": view.target_desired,
            "go_back": shlex.join(("sentinelaura", "migrations", "cancel", view.migration_id, "--arm")),
        }
        if view.stage is MigrationStage.ROLLING_BACK:
            return Code.ROLLBACK_INTERRUPTED.because(**stands)
        go_on = ("sentinelaura", "migrate", str(view.workload), "--to", view.target, "--arm")
        return Code.MIGRATION_INTERRUPTED.because(**stands, go_on=shlex.join(go_on))

    def show_end(
        self, code: ExitCode, sentence: str, reason: Reason | None, details: tuple[str, ...] = ()
    ) -> None:
        """Say how it ended; `reason` is None where the sentence has no code."""
        if self._as_json:
            facts = {
                "exit_code": code.value,
                "detail": sentence,
                "reason": encode_if_any(reason),
                "details": details,
            }
            self._print_json("end", facts)

    def _print_json(self, event: str, facts: dict[str, Any]) -> None:
        write_output(json.dumps({"event": event, **facts}))


def _progress_facts(view: MigrationView) -> dict[str, Any]:
    return {
        "migration_id": view.migration_id,
        "stage": view.stage.value,
        "phase": view.phase,
        "detail": view.sentence,
        "reason": encode_if_any(view.reason),
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
    # Phases and counters are ours; the detail may quote a cluster.
    return f"{view.phase:<17} wave {view.wave}/{view.waves}  {counters}  {clean_text(view.sentence)}"


def _count(replicas: int | None) -> str:
    return "?" if replicas is None else str(replicas)
