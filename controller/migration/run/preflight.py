"""Everything that can be known before the first write: reads, and server-side dry runs of what would be
written.

Ends with the migration's first record, or with a refusal and its reason. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from controller.clusters import paths
from controller.clusters.acceptance import Acceptance, leave_out_accepted, parse_acceptances
from controller.clusters.checks import Outcome
from controller.clusters.json_reading import as_mapping
from controller.clusters.left_behind import check_callers, check_identity, check_traffic
from controller.clusters.move_checks import Dependency, check_dependency, check_replica_owner, check_target
from controller.clusters.namesakes import leave_out_copies
from controller.clusters.pod_ties import name_service_account
from controller.clusters.resource_parsing import compute_pod_requests
from controller.clusters.scheduling_reading import check_scheduling
from controller.clusters.workload_parsing import parse_workload
from controller.contract.dry_run import DryRun
from controller.errors import ClusterError, NotArmed, ObjectNotFound
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.timing import Timing
from controller.migration.protocol.errors import JournalError, MigrationRefused
from controller.migration.protocol.fences import Fence
from controller.migration.protocol.gate import Gate, check_gate
from controller.migration.protocol.journal import encode_journal
from controller.migration.protocol.journal_bounds import build_largest
from controller.migration.protocol.observation import DeploymentFacts, parse_deployment
from controller.migration.protocol.record import MigrationRecord, Side, SideRecord, StepRecord
from controller.migration.protocol.states import MigrationState
from controller.migration.run.kept_target import read_kept_target, read_settled
from controller.migration.run.refusing import Refusing
from controller.migration.steps.step import Step, Survey
from controller.reasons import Code
from oracle.foundation.reason import Reason


class Preflight:
    """Looks at both clusters once for one migration, and lets each step look."""

    def __init__(
        self, sides: Mapping[Side, ClusterSide], gate: Gate, timing: Timing, steps: Sequence[Step]
    ) -> None:
        self._source, self._target = sides[Side.SOURCE], sides[Side.TARGET]
        self._gate = gate
        self._timing = timing
        self._steps = steps

    async def check(self, draft: MigrationRecord) -> MigrationRecord:
        """Return the draft with all that was found. Raises: MigrationRefused."""
        try:
            return await self._check(draft)
        except ClusterError as error:
            raise MigrationRefused(str(draft.workload), error.reason, context=error.context) from error
        except NotArmed as error:
            raise MigrationRefused(str(draft.workload), error.reason) from error

    async def _check(self, draft: MigrationRecord) -> MigrationRecord:
        refuse = Refusing(draft)
        by_source = Refusing(draft, self._source.context)
        by_target = Refusing(draft, self._target.context)
        uids = {
            Side.SOURCE: await self._source.read_cluster_uid(),
            Side.TARGET: await self._target.read_cluster_uid(),
        }
        # Only now, because what is armed are clusters: whoever answers has just said who it is.
        refuse.because_of(self._judge_gate(draft))
        refuse.when(uids[Side.SOURCE] == uids[Side.TARGET], Code.SAME_CLUSTER)
        await self._check_namespace(by_target)
        body = await self._read_source(by_source)
        facts = self._check_source(draft, body, by_source)
        accepted = _find_accepted(body) | draft.dry_run.accepts
        await self._check_traffic(body, accepted, by_source)
        coming, existed = body, None
        if draft.keeps_target:
            kept = await read_kept_target(self._target, draft, facts, self._timing, by_target)
            coming, existed = kept.body, kept.facts
        else:
            await self._check_identity(body, accepted, by_source, by_target)
            existed = await self._check_target(facts, by_target)
        survey = Survey(self._source, self._target, draft, body, facts, existed)
        foreseen = [await step.preflight(survey) for step in self._steps]
        if Acceptance.REPLICAS not in accepted:
            await self._check_owners(survey, by_source, by_target)
        await self._check_pod_needs(coming["spec"]["template"], draft.dry_run.replicas, by_target)
        await self._check_scheduling(coming["spec"]["template"], draft.dry_run.replicas, by_target)
        await self._dry_run_scaling(survey)
        stays, there = draft.state.staying.target, existed.uid if existed else None
        record = replace(
            draft,
            source=SideRecord(self._source.context, uids[Side.SOURCE], facts.uid, facts.replicas),
            target=SideRecord(self._target.context, uids[Side.TARGET], there, stays),
            target_existed=existed is not None,
            template_hash=facts.template_hash,
            floor=facts.replicas + stays,
            surge=max(draft.dry_run.wave_sizes),
        )
        _check_journal(record, foreseen, by_source)
        return record

    def _judge_gate(self, draft: MigrationRecord) -> Reason | None:
        return check_gate(
            self._gate,
            draft.dry_run,
            self._timing.settings,
            replicas_left=draft.dry_run.replicas,
            elapsed_s=0.0,
            now=self._timing.clocks.wall(),
        )

    async def _check_namespace(self, refuse: Refusing) -> None:
        context, name = self._target.context, self._target.namespace
        try:
            namespace = await self._target.api.get(paths.namespace(name))
        except ObjectNotFound:
            refuse.always(Code.NAMESPACE_MISSING, context=context, namespace=name)
        is_terminating = (namespace.get("status") or {}).get("phase") == "Terminating"
        refuse.when(is_terminating, Code.NAMESPACE_TERMINATING, context=context, namespace=name)

    async def _read_source(self, refuse: Refusing) -> Mapping[str, Any]:
        body = await read_settled(self._source, self._timing)
        if body is None:
            refuse.always(Code.WORKLOAD_GONE, context=self._source.context)
        return body

    def _check_source(
        self, draft: MigrationRecord, body: Mapping[str, Any], refuse: Refusing
    ) -> DeploymentFacts:
        context, dry_run = self._source.context, draft.dry_run
        try:
            facts = parse_deployment(body)
        except (ValueError, KeyError, TypeError) as error:
            refuse.always(Code.WORKLOAD_NOT_UNDERSTOOD, context=context, error=str(error))
        planned = dry_run.replicas + dry_run.staying.source
        known = parse_workload(context, body)
        reasons = leave_out_accepted(known.immovable_reasons, dry_run.accepts)
        refuse.because_of(next(leave_out_copies(reasons) if draft.keeps_target else reasons, None))
        refuse.when(
            facts.replicas != planned,
            Code.PLAN_OF_OTHER_REPLICAS,
            replicas=facts.replicas,
            planned=planned,
        )
        minimum = known.minimum_replicas
        refuse.when(
            minimum is not None and dry_run.staying.source < min(minimum, planned),
            Code.PLAN_BELOW_MINIMUM,
            minimum=minimum,
            stays=dry_run.staying.source,
        )
        refuse.when(facts.current is None, Code.STATUS_NOT_CURRENT, context=context)
        refuse.when(not facts.is_rolled_out(facts.replicas), Code.ROLLOUT_IN_PROGRESS)
        refuse.when(
            facts.available is None or facts.available < facts.replicas,
            Code.NOT_AVAILABLE,
            available=facts.available,
            replicas=facts.replicas,
        )
        return facts

    async def _check_traffic(
        self, body: Mapping[str, Any], accepted: frozenset[Acceptance], refuse: Refusing
    ) -> None:
        """What leads traffic to the pods stays behind, and who calls them, unless somebody has accepted that."""
        source, template = self._source, body["spec"]["template"]
        if Acceptance.TRAFFIC not in accepted:
            refuse.unless_passed(await check_traffic(source.api, source.namespace, template))
        if Acceptance.CALLERS not in accepted:
            refuse.unless_passed(await check_callers(source.api, source.namespace, source.name, template))

    async def _check_identity(
        self,
        body: Mapping[str, Any],
        accepted: frozenset[Acceptance],
        refuse: Refusing,
        by_target: Refusing,
    ) -> None:
        """An identity in a cloud stays behind; who says that the target has one has made the ServiceAccount there."""
        source, target, template = self._source, self._target, body["spec"]["template"]
        result = await check_identity(source.api, source.namespace, template)
        if Acceptance.IDENTITY not in accepted:
            refuse.unless_passed(result)
        elif result.outcome is not Outcome.PASSED:
            account = Dependency("serviceaccounts", name_service_account(template), target.namespace)
            by_target.unless_passed(await check_dependency(target.api, account))

    async def _check_target(self, source: DeploymentFacts, refuse: Refusing) -> DeploymentFacts | None:
        """Return the target's own Deployment of this name, if it has one that may be used."""
        found, context = await self._target.read(), self._target.context
        if found is None:
            return None
        running = found.replicas
        refuse.when(running != 0, Code.NAMESAKE_SCALED, context=context, replicas=running, planned=0)
        is_other = found.template_hash != source.template_hash
        refuse.when(is_other, Code.TARGET_TEMPLATE_DIFFERS, context=context)
        refuse.when(found.selector != source.selector, Code.TARGET_SELECTS_OTHER_PODS, context=context)
        return found

    async def _check_owners(self, survey: Survey, by_source: Refusing, by_target: Refusing) -> None:
        """What no dry run of the scaling finds, because it concerns the next minutes; on either side."""
        for side, facts, refuse in (
            (self._source, survey.source_facts, by_source),
            (self._target, survey.target_facts, by_target),
        ):
            if facts is not None:
                refuse.unless_passed(
                    await check_replica_owner(side.api, side.namespace, side.name, facts.replicas)
                )

    async def _check_pod_needs(self, template: Mapping[str, Any], replicas: int, refuse: Refusing) -> None:
        """What no dry run of a Deployment finds, because it concerns its pods."""
        target, pod = self._target, compute_pod_requests(template["spec"])
        for result in await check_target(target.api, target.namespace, template, pod, replicas):
            refuse.unless_passed(result)

    async def _check_scheduling(self, template: Mapping[str, Any], replicas: int, refuse: Refusing) -> None:
        """Is there a node for each replica, or would the target buy one?"""
        api, context = self._target.api, self._target.context
        bought = self._gate.find_supply(context).machines
        refuse.unless_passed(await check_scheduling(api, self._target.namespace, template, replicas, bought))

    async def _dry_run_scaling(self, survey: Survey) -> None:
        """Let both API servers check permissions and admission for the writes of the waves."""
        fence = Fence(survey.draft.migration_id, 1, "dry-run")
        replicas, state = survey.source_facts.replicas, survey.draft.state
        for lowered in sorted({replicas - state.waves[0], state.staying.source}, reverse=True):
            await self._source.dry_run_scale(survey.source_facts, fence, lowered)
        if survey.target_facts is not None:
            await self._target.dry_run_scale(survey.target_facts, fence, state.target_replicas)


def _find_accepted(body: Mapping[str, Any]) -> frozenset[Acceptance]:
    return parse_acceptances(as_mapping(as_mapping(body.get("metadata")).get("annotations")))


def _check_journal(record: MigrationRecord, foreseen: Sequence[StepRecord], refuse: Refusing) -> None:
    try:
        encode_journal(build_largest(record, foreseen))
    except JournalError as error:
        notes = sum(len(step.source) + len(step.target) for step in foreseen)
        refuse.always(Code.TOO_MANY_COPIES, objects=notes, why=error.reason)


def build_draft(migration_id: str, dry_run: DryRun, started_at: float) -> MigrationRecord:
    """Return the record of a migration of which only the confirmed plan is known."""
    return MigrationRecord(
        migration_id=migration_id,
        workload=dry_run.workload,
        source=SideRecord(dry_run.workload.context, "", None, dry_run.replicas + dry_run.staying.source),
        target=SideRecord(dry_run.target, "", None, dry_run.staying.target),
        dry_run=dry_run,
        template_hash="",
        floor=dry_run.replicas + dry_run.staying.source + dry_run.staying.target,
        surge=0,
        state=MigrationState(waves=tuple(accumulate(dry_run.wave_sizes)), staying=dry_run.staying),
        started_at=started_at,
    )
