"""Asks the clusters again about moves that their preflight refused, so that each is offered again once nothing stands
in its way, and not before.

One preflight at a time, which reads and changes nothing, and only where both sides are armed: where nobody wants
anything moved, no API server is asked. Belongs to the engine's loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from controller.clusters.fleet import FleetPicture
from controller.contract.dry_run import DryRun
from controller.decision.evaluation import evaluate_move
from controller.decision.facts import Facts, PreflightFinding
from controller.decision.obstacles import is_asked_of_clusters
from controller.engine.controls import Controls
from controller.engine.fact_collector import FactCollector
from controller.engine.preflight_findings import SILENCES
from controller.errors import ControllerError
from controller.migration.protocol.errors import MigrationRefused

logger = logging.getLogger(__name__)


class AskingAgain:
    """Owns the one question that is under way."""

    def __init__(self, controls: Controls, facts: FactCollector, clock: Callable[[], float]) -> None:
        self._migrations = controls.migrations
        self._wake = controls.wake.set
        self._facts = facts
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    def work(self, picture: FleetPicture, facts: Facts) -> None:
        """Ask about what was asked about longest ago, if it is time."""
        if self._task is not None:
            return
        for finding in self._facts.findings.list_due(facts.now - facts.settings.ask_again_s):
            workload, target = finding.workload.key, finding.target
            if not {workload.context, target} <= facts.armed.keys():
                continue
            self._facts.findings.note_question(finding, facts.now)
            dry_run = evaluate_move(picture, facts, workload, target)
            if dry_run.wave_sizes:
                self._task = asyncio.ensure_future(self._ask(finding, dry_run))
                return

    def stop(self) -> None:
        """Let go of the question that is under way."""
        if self._task is not None:
            self._task.cancel()

    async def _ask(self, finding: PreflightFinding, dry_run: DryRun) -> None:
        """Take in what both clusters answer; without an answer of theirs what was known of them stands."""
        findings = self._facts.findings
        try:
            await self._migrations.ask_preflight(dry_run)
            findings.forget(finding)
        except MigrationRefused as refused:
            code = refused.reason.code
            if is_asked_of_clusters(code) and code not in SILENCES:
                findings.confirm(finding, refused.reason, refused.context, self._clock())
        except ControllerError as error:
            logger.info("nothing new of %s: %s", finding.workload.key, error)
        except Exception:  # the edge of the task: what was known stands
            logger.exception("a refused move could not be asked about again")
        finally:
            self._task = None
            self._wake()
