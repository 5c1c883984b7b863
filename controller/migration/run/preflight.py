"""Everything that can be known before the first write: reads, and server-side dry runs of what would be
written.

Ends with the migration's first record, or with a refusal and its reason. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, NoReturn

from controller.clusters import paths
from controller.clusters.acceptance import Acceptance, parse_acceptances
from controller.clusters.checks import CheckResult, Outcome
from controller.clusters.json_reading import as_mapping
from controller.clusters.left_behind import check_identity, check_traffic
from controller.clusters.move_checks import Dependency, check_dependency, check_replica_owner, check_target
from controller.clusters.pod_ties import name_service_account
from controller.clusters.resource_parsing import compute_pod_requests
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
from controller.migration.steps.step import Step, Survey
from controller.reasons import Code
from oracle.foundation.reason import Parameter, Reason


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
        refuse.because_of(self._judge_gate(draft))
        uids = {
            Side.SOURCE: await self._source.read_cluster_uid(),
            Side.TARGET: await self._target.read_cluster_uid(),
        }
        refuse.when(uids[Side.SOURCE] == uids[Side.TARGET], Code.SAME_CLUSTER)
        await self._check_namespace(by_target)
        body = await self._read_source(by_source)
        facts = self._check_source(draft.dry_run, body, by_source)
        await self._check_traffic(body, by_source)
        await self._check_identity(body, by_source, by_target)
        existed = await self._check_target(facts, by_target)
        survey = Survey(self._source, self._target, draft, body, facts, existed)
        foreseen = [await step.preflight(survey) for step in self._steps]
        await self._check_owner(facts, by_source)
        await self._check_pod_needs(body["spec"]["template"], facts, by_target)
        await self._dry_run_scaling(survey)
        record = replace(
            draft,
            source=SideRecord(self._source.context, uids[Side.SOURCE], facts.uid, facts.replicas),
            target=SideRecord(self._target.context, uids[Side.TARGET], existed.uid if existed else None, 0),
            target_existed=existed is not None,
            template_hash=facts.template_hash,
            floor=facts.replicas,
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

    async def _read_source(self, refuse: Refusing) -> dict[str, Any]:
        """Read the Deployment; a status that lags and a pod that is not ready for a moment are awaited."""
        give_up_at = self._timing.counting() + self._timing.settings.unreachable_patience_s
        while True:
            try:
                body = await self._source.api.get(self._source.path)
            except ObjectNotFound:
                refuse.always(Code.WORKLOAD_GONE, context=self._source.context)
            if not _is_settling(body) or self._timing.counting() >= give_up_at:
                return body
            await self._timing.sleep(self._timing.settings.poll_s)

    def _check_source(self, dry_run: DryRun, body: Mapping[str, Any], refuse: Refusing) -> DeploymentFacts:
        context = self._source.context
        try:
            facts = parse_deployment(body)
        except (ValueError, KeyError, TypeError) as error:
            refuse.always(Code.WORKLOAD_NOT_UNDERSTOOD, context=context, error=str(error))
        reasons = parse_workload(context, body).immovable_reasons
        refuse.because_of(next(iter(reasons), None))
        refuse.when(
            facts.replicas != dry_run.replicas,
            Code.PLAN_OF_OTHER_REPLICAS,
            replicas=facts.replicas,
            planned=dry_run.replicas,
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

    async def _check_traffic(self, body: Mapping[str, Any], refuse: Refusing) -> None:
        """What leads traffic from outside to the pods stays behind, unless somebody has accepted that."""
        source = self._source
        if Acceptance.TRAFFIC not in _find_accepted(body):
            refuse.unless_passed(await check_traffic(source.api, source.namespace, body["spec"]["template"]))

    async def _check_identity(self, body: Mapping[str, Any], refuse: Refusing, by_target: Refusing) -> None:
        """An identity in a cloud stays behind; who says that the target has one has made the ServiceAccount there."""
        source, target, template = self._source, self._target, body["spec"]["template"]
        result = await check_identity(source.api, source.namespace, template)
        if Acceptance.IDENTITY not in _find_accepted(body):
            refuse.unless_passed(result)
        elif result.outcome is not Outcome.PASSED:
            account = Dependency("serviceaccounts", name_service_account(template), target.namespace)
            by_target.unless_passed(await check_dependency(target.api, account))

    async def _check_target(self, source: DeploymentFacts, refuse: Refusing) -> DeploymentFacts | None:
        """Return the target's own Deployment of this name, if it has one that may be used."""
        found, context = await self._target.read(), self._target.context
        if found is None:
            return None
        refuse.when(found.replicas != 0, Code.NAME_TAKEN, target=context, replicas=found.replicas)
        is_other = found.template_hash != source.template_hash
        refuse.when(is_other, Code.TARGET_TEMPLATE_DIFFERS, context=context)
        refuse.when(found.selector != source.selector, Code.TARGET_SELECTS_OTHER_PODS, context=context)
        return found

    async def _check_owner(self, facts: DeploymentFacts, refuse: Refusing) -> None:
        """What no dry run of the scaling finds, because it concerns the next minutes."""
        source = self._source
        refuse.unless_passed(
            await check_replica_owner(source.api, source.namespace, source.name, facts.replicas)
        )

    async def _check_pod_needs(
        self, template: Mapping[str, Any], facts: DeploymentFacts, refuse: Refusing
    ) -> None:
        """What no dry run of a Deployment finds, because it concerns its pods."""
        target, pod = self._target, compute_pod_requests(template["spec"])
        for result in await check_target(target.api, target.namespace, template, pod, facts.replicas):
            refuse.unless_passed(result)

    async def _dry_run_scaling(self, survey: Survey) -> None:
        """Let both API servers check permissions and admission for the writes of the waves."""
        fence = Fence(survey.draft.migration_id, 1, "dry-run")
        replicas = survey.source_facts.replicas
        for lowered in sorted({replicas - survey.draft.state.waves[0], 0}, reverse=True):
            await self._source.dry_run_scale(survey.source_facts, fence, lowered)
        if survey.target_facts is not None:
            await self._target.dry_run_scale(survey.target_facts, fence, replicas)


class Refusing:
    """Turns findings into the one error that ends a preflight. `context`: of the cluster that they concern, if of one.

    What concerns the source is in the way of every target.
    """

    def __init__(self, draft: MigrationRecord, context: str | None = None) -> None:
        self._workload = str(draft.workload)
        self._context = context

    def always(self, code: Code, **parameters: Parameter) -> NoReturn:
        """Raises: MigrationRefused."""
        raise MigrationRefused(self._workload, code.because(**parameters), context=self._context)

    def when(self, condition: bool, code: Code, **parameters: Parameter) -> None:
        """Raises: MigrationRefused where the condition holds."""
        if condition:
            self.always(code, **parameters)

    def because_of(self, reason: Reason | None) -> None:
        """Raises: MigrationRefused where there is a reason."""
        if reason is not None:
            raise MigrationRefused(self._workload, reason, context=self._context)

    def unless_passed(self, result: CheckResult) -> None:
        """Raises: MigrationRefused where the check failed, or could not be made."""
        if result.outcome is not Outcome.PASSED:
            self.because_of(result.reason)


def _find_accepted(body: Mapping[str, Any]) -> frozenset[Acceptance]:
    return parse_acceptances(as_mapping(as_mapping(body.get("metadata")).get("annotations")))


def _is_settling(body: Mapping[str, Any]) -> bool:
    """Whether not all replicas are known to be available; a body that is not understood is judged later."""
    try:
        facts = parse_deployment(body)
    except ValueError:
        return False
    return facts.available is None or facts.available < facts.replicas


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
        source=SideRecord(dry_run.workload.context, "", None, dry_run.replicas),
        target=SideRecord(dry_run.target, "", None, 0),
        dry_run=dry_run,
        template_hash="",
        floor=dry_run.replicas,
        surge=0,
        state=MigrationState(waves=tuple(accumulate(dry_run.wave_sizes))),
        started_at=started_at,
    )
