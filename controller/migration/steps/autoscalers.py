"""The autoscalers of both clusters: none may work against the move. They are refused, not frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from controller.clusters import paths
from controller.clusters.autoscaler_parsing import find_scaled_deployment
from controller.clusters.listing import list_all
from controller.migration.protocol.errors import MigrationRefused
from controller.migration.protocol.record import StepRecord
from controller.migration.steps.step import Survey, Workbench
from controller.reasons import Code


class Autoscalers:
    """Refuses a move whose Deployment a HorizontalPodAutoscaler scales, and so has nothing to prepare or undo."""

    name = "autoscalers"

    async def preflight(self, survey: Survey) -> StepRecord:
        """Raises: MigrationRefused where either cluster has an autoscaler for the Deployment; ClusterError."""
        for side in (survey.source, survey.target):
            path = paths.collection("horizontalpodautoscalers", side.namespace)
            name = find_autoscaler((await list_all(side.api, path)).items, side.name)
            if name is not None:
                reason = Code.AUTOSCALER_IN_THE_WAY.because(name=name, context=side.context)
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
