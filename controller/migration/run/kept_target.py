"""The Deployment that runs in the target already and keeps its own pod template: what the preflight asks of it.

Nothing of it is created, so that it has to be what the plan was made for, and nobody else may be at work on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.clusters.namesakes import find_unfit
from controller.clusters.workload_parsing import parse_workload
from controller.errors import ObjectNotFound
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.timing import Timing
from controller.migration.protocol.observation import DeploymentFacts, parse_deployment
from controller.migration.protocol.record import MigrationRecord
from controller.migration.run.refusing import Refusing
from controller.reasons import Code


@dataclass(frozen=True, slots=True)
class KeptTarget:
    """That Deployment, as its API server has it and as it was understood."""

    body: Mapping[str, Any]
    facts: DeploymentFacts


async def read_settled(side: ClusterSide, timing: Timing) -> Mapping[str, Any] | None:
    """Read a Deployment; a status that lags and a pod that is not ready for a moment are awaited. None: there is none.

    Raises: ClusterError.
    """
    give_up_at = timing.counting() + timing.settings.unreachable_patience_s
    while True:
        try:
            body = await side.api.get(side.path)
        except ObjectNotFound:
            return None
        if not _is_settling(body) or timing.counting() >= give_up_at:
            return body
        await timing.sleep(timing.settings.poll_s)


def _is_settling(body: Mapping[str, Any]) -> bool:
    """Whether not all replicas are known to be available; a body that is not understood is judged later."""
    try:
        facts = parse_deployment(body)
    except ValueError:
        return False
    return facts.available is None or facts.available < facts.replicas


async def read_kept_target(
    side: ClusterSide, draft: MigrationRecord, source: DeploymentFacts, timing: Timing, refuse: Refusing
) -> KeptTarget:
    """Return the target's own Deployment, where it may take part. Raises: MigrationRefused, ClusterError."""
    context, planned = side.context, draft.state.staying.target
    body = await read_settled(side, timing)
    if body is None:
        refuse.always(Code.NAMESAKE_GONE, context=context)
    try:
        facts = parse_deployment(body)
    except (ValueError, KeyError, TypeError) as error:
        refuse.always(Code.WORKLOAD_NOT_UNDERSTOOD, context=context, error=str(error))
    found = facts.replicas
    refuse.when(found != planned, Code.NAMESAKE_SCALED, context=context, replicas=found, planned=planned)
    is_other = facts.template_hash != draft.dry_run.target_template
    refuse.when(is_other, Code.NAMESAKE_CHANGED, context=context)
    refuse.when(facts.selector != source.selector, Code.TARGET_SELECTS_OTHER_PODS, context=context)
    refuse.because_of(find_unfit(parse_workload(context, body)))
    is_settled = facts.is_rolled_out(found)
    refuse.when(not is_settled, Code.NAMESAKE_UNFIT, target=context, why=Code.ROLLOUT_IN_PROGRESS.because())
    return KeptTarget(body, facts)
