"""The autoscalers of both clusters: none may work against the move. They are refused, or frozen by a step of its own
(`frozen_autoscalers.py`) where somebody has accepted that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from controller.clusters import paths
from controller.clusters.acceptance import Acceptance, parse_acceptances
from controller.clusters.autoscaler_parsing import find_scaled_deployment
from controller.clusters.json_reading import as_mapping
from controller.clusters.listing import list_all
from controller.migration.protocol.errors import MigrationRefused
from controller.migration.protocol.record import StepRecord
from controller.migration.steps.step import Survey, Workbench
from controller.reasons import Code


class Autoscalers:
    """Refuses a move whose Deployment a HorizontalPodAutoscaler scales, and so has nothing to prepare or undo."""

    name = "autoscalers"
    is_journaled_empty = True

    async def preflight(self, survey: Survey) -> StepRecord:
        """Raises: MigrationRefused where either cluster has an autoscaler for the Deployment, and nobody has accepted
        that it is frozen, or it could not be handed over, because replicas stay on either side; ClusterError.
        """
        annotations = as_mapping(as_mapping(survey.body.get("metadata")).get("annotations"))
        is_accepted = Acceptance.AUTOSCALER in parse_acceptances(annotations) | survey.draft.dry_run.accepts
        if is_accepted and survey.draft.moves_all:
            return StepRecord(self.name)
        code = Code.AUTOSCALER_OF_A_PART if is_accepted else Code.AUTOSCALER_IN_THE_WAY
        for side in (survey.source, survey.target):
            path = paths.collection("horizontalpodautoscalers", side.namespace)
            name = find_autoscaler((await list_all(side.api, path)).items, side.name)
            if name is not None:
                reason = code.because(name=name, context=side.context)
                raise MigrationRefused(str(survey.draft.workload), reason, context=side.context)
        return StepRecord(self.name)

    async def prepare(self, bench: Workbench, known: StepRecord) -> StepRecord:
        """There is none."""
        return known

    async def undo(self, bench: Workbench, known: StepRecord) -> StepRecord:
        """Nothing was done."""
        return known

    async def cleanup(self, bench: Workbench, known: StepRecord) -> StepRecord:
        """Nothing was done."""
        return known


def find_autoscaler(autoscalers: Iterable[Mapping[str, Any]], deployment: str) -> str | None:
    """Return the name of the HorizontalPodAutoscaler that scales the Deployment, if one does."""
    for autoscaler in autoscalers:
        if find_scaled_deployment(autoscaler) == deployment:
            return str(autoscaler["metadata"]["name"])
    return None
