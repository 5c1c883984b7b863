"""Everything that can be known before the first write: reads, and server-side dry runs of what would be
written.

Ends with the migration's first record, or with a refusal that names its reason. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate
from typing import Any, NoReturn

from controller.clusters import paths
from controller.clusters.checks import Outcome
from controller.clusters.move_checks import check_replica_owner, check_target
from controller.clusters.resource_parsing import compute_pod_requests
from controller.clusters.workload_parsing import hash_template, parse_workload
from controller.contract.dry_run import DryRun
from controller.errors import ClusterError, NotArmed, ObjectNotFound, VersionConflict
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.timing import Timing
from controller.migration.protocol.errors import MigrationRefused
from controller.migration.protocol.fences import Fence
from controller.migration.protocol.gate import Gate, check_gate
from controller.migration.protocol.journal import JournalError, encode_journal
from controller.migration.protocol.journal_bounds import build_largest
from controller.migration.protocol.observation import DeploymentFacts, parse_deployment
from controller.migration.protocol.record import MigrationRecord, MovePlan, Side, SideRecord
from controller.migration.protocol.states import MigrationState
from controller.migration.steps.autoscalers import find_autoscaler
from controller.migration.steps.closure import find_references, is_same_content
from controller.migration.steps.copies import Travelling, list_if_served, read_closure


class Preflight:
    """Looks at both clusters once for one migration."""

    def __init__(self, source: ClusterSide, target: ClusterSide, gate: Gate, pace: Timing) -> None:
        self._source = source
        self._target = target
        self._gate = gate
        self._pace = pace

    async def check(self, draft: MigrationRecord) -> MigrationRecord:
        """Return the draft with all that was found. Raises: MigrationRefused."""
        try:
            return await self._check(draft)
        except (ClusterError, NotArmed) as error:
            raise MigrationRefused(str(draft.workload), str(error)) from error

    async def _check(self, draft: MigrationRecord) -> MigrationRecord:
        refuse = Refusing(draft)
        self._check_gate(draft, refuse)
        uids = {
            Side.SOURCE: await self._source.read_cluster_uid(),
            Side.TARGET: await self._target.read_cluster_uid(),
        }
        refuse.when(uids[Side.SOURCE] == uids[Side.TARGET], "both contexts lead to the same cluster")
        await self._check_namespace(draft.plan, refuse)
        body = await self._read_source(refuse)
        facts = self._check_source(draft.dry_run, body, refuse)
        await self._check_autoscalers(refuse)
        existed = await self._check_target(facts, refuse)
        closure = await self._read_closure(refuse)
        await self._check_references(body, refuse)
        await self._check_owner_and_pod_needs(body["spec"]["template"], facts, refuse)
        await self._dry_run(draft, closure, facts, existed, refuse)
        record = replace(
            draft,
            source=SideRecord(self._source.context, uids[Side.SOURCE], facts.uid, facts.replicas),
            target=SideRecord(self._target.context, uids[Side.TARGET], existed.uid if existed else None, 0),
            target_existed=existed is not None,
            template_hash=facts.template_hash,
            floor=facts.replicas,
            surge=max(draft.dry_run.wave_sizes),
        )
        _check_journal(record, closure, refuse)
        return record

    def _check_gate(self, draft: MigrationRecord, refuse: Refusing) -> None:
        closed = check_gate(
            self._gate,
            draft.dry_run,
            self._pace.settings,
            replicas_left=draft.dry_run.replicas,
            elapsed_s=0.0,
            now=self._pace.clocks.wall(),
        )
        if closed is not None:
            refuse.because(closed.reason)

    async def _check_namespace(self, plan: MovePlan, refuse: Refusing) -> None:
        try:
            namespace = await self._target.api.get(paths.namespace(self._target.namespace))
        except ObjectNotFound:
            refuse.when(
                not plan.create_namespace, f"{self._target.context} has no namespace {self._target.namespace}"
            )
            return
        refuse.when(
            (namespace.get("status") or {}).get("phase") == "Terminating",
            f"the namespace {self._target.namespace} in {self._target.context} is being deleted",
        )

    async def _read_source(self, refuse: Refusing) -> dict[str, Any]:
        """Read the Deployment; a status that lags and a pod that is not ready for a moment are awaited."""
        give_up_at = self._pace.monotonic() + self._pace.settings.unreachable_patience_s
        while True:
            try:
                body = await self._source.api.get(self._source.path)
            except ObjectNotFound:
                refuse.because(f"{self._source.context} has no such Deployment any more")
            if not _is_settling(body) or self._pace.monotonic() >= give_up_at:
                return body
            await self._pace.sleep(self._pace.settings.poll_s)

    def _check_source(self, dry_run: DryRun, body: Mapping[str, Any], refuse: Refusing) -> DeploymentFacts:
        try:
            facts = parse_deployment(body)
        except (ValueError, KeyError, TypeError) as error:
            refuse.because(f"{self._source.context} describes it in a way that was not understood: {error}")
        obstacles = parse_workload(self._source.context, body).obstacles
        refuse.when(bool(obstacles), "; ".join(map(str, obstacles)))
        refuse.when(
            facts.replicas != dry_run.replicas,
            f"it runs {facts.replicas} replicas now, the plan was made for {dry_run.replicas}; confirm a new plan",
        )
        refuse.when(
            facts.current is None,
            f"{self._source.context} has not looked at its newest spec yet; wait until its controllers answer",
        )
        refuse.when(
            not facts.is_rolled_out(facts.replicas), "a rollout is in progress; wait until it is done"
        )
        refuse.when(
            facts.available is None or facts.available < facts.replicas,
            f"{facts.available} of its {facts.replicas} replicas are available; wait until all are, "
            "because a move keeps no more than those safe",
        )
        return facts

    async def _check_autoscalers(self, refuse: Refusing) -> None:
        for side in (self._source, self._target):
            autoscalers = await list_if_served(side.api, "horizontalpodautoscalers", side.namespace)
            name = find_autoscaler(autoscalers, side.name)
            refuse.when(
                name is not None, f"the autoscaler {name} in {side.context} would work against the move"
            )

    async def _check_target(self, source: DeploymentFacts, refuse: Refusing) -> DeploymentFacts | None:
        """Return the target's own Deployment of this name, if it has one that may be used."""
        found = await self._target.read()
        if found is None:
            return None
        refuse.when(found.replicas != 0, f"{self._target.context} already runs a Deployment of this name")
        refuse.when(
            found.template_hash != source.template_hash,
            f"{self._target.context} has a Deployment of this name with another pod template; update or remove it",
        )
        refuse.when(
            found.selector != source.selector, f"the Deployment in {self._target.context} selects other pods"
        )
        return found

    async def _read_closure(self, refuse: Refusing) -> tuple[Travelling, ...]:
        try:
            return await read_closure(self._source)
        except ObjectNotFound as error:
            refuse.because(f"its pods need something that does not exist: {error}")

    async def _check_references(self, body: Mapping[str, Any], refuse: Refusing) -> None:
        """Secrets do not travel: those that the pods need have to be there. They are only asked for by name."""
        for name in find_references(body["spec"]["template"]).secrets:
            try:
                await self._target.api.get(paths.item("secrets", name, self._target.namespace))
            except ObjectNotFound:
                refuse.because(
                    f"{self._target.context} lacks the Secret {name}; create it there, secrets are never copied"
                )

    async def _check_owner_and_pod_needs(
        self, template: Mapping[str, Any], facts: DeploymentFacts, refuse: Refusing
    ) -> None:
        """What no dry run of a Deployment finds, because it concerns its pods or its next minutes."""
        source, target = self._source, self._target
        pod = compute_pod_requests(template["spec"])
        owner = await check_replica_owner(source.api, source.namespace, source.name, facts.replicas)
        found = await check_target(target.api, target.namespace, template, pod, facts.replicas)
        for result in (owner, *found):
            refuse.when(result.outcome is not Outcome.PASSED, f"{result.name}: {result.reason}")

    async def _dry_run(
        self,
        draft: MigrationRecord,
        closure: tuple[Travelling, ...],
        source: DeploymentFacts,
        existed: DeploymentFacts | None,
        refuse: Refusing,
    ) -> None:
        """Let both API servers check permissions, admission and quota for what would be written."""
        fence = Fence(draft.migration_id, 1, "dry-run")
        for replicas in sorted({source.replicas - draft.state.waves[0], 0}, reverse=True):
            await self._source.dry_run_scale(source, fence, replicas)
        if existed is not None:
            await self._target.dry_run_scale(existed, fence, source.replicas)
        for travelling in closure:
            if travelling.resource == "deployments" and existed is not None:
                continue
            await self._dry_run_copy(travelling, travelling.build(draft.migration_id, fence), refuse)

    async def _dry_run_copy(self, travelling: Travelling, copy: dict[str, Any], refuse: Refusing) -> None:
        collection = paths.collection(travelling.resource, travelling.namespace)
        try:
            answer = await self._target.api.create(collection, copy, dry_run=True)
        except VersionConflict:
            existing = await self._target.api.get(travelling.path)
            refuse.when(
                not is_same_content(existing, copy),
                f"{self._target.context} already has another {travelling.path}",
            )
            return
        except ObjectNotFound:
            return  # the namespace is still to be created
        if travelling.resource == "deployments":
            changed = hash_template(answer["spec"]["template"]) != hash_template(copy["spec"]["template"])
            refuse.when(changed, f"the API server of {self._target.context} would change the pod template")


class Refusing:
    """Turns findings into the one error that ends a preflight."""

    def __init__(self, draft: MigrationRecord) -> None:
        self._workload = str(draft.workload)

    def because(self, reason: str) -> NoReturn:
        """Raises: MigrationRefused."""
        raise MigrationRefused(self._workload, reason)

    def when(self, condition: bool, reason: str) -> None:
        """Raises: MigrationRefused where the condition holds."""
        if condition:
            self.because(reason)


def _is_settling(body: Mapping[str, Any]) -> bool:
    """Whether not all replicas are known to be available; a body that is not understood is judged later."""
    try:
        facts = parse_deployment(body)
    except ValueError:
        return False
    return facts.available is None or facts.available < facts.replicas


def _check_journal(record: MigrationRecord, closure: tuple[Travelling, ...], refuse: Refusing) -> None:
    try:
        encode_journal(build_largest(record, (travelling.path for travelling in closure)))
    except JournalError as error:
        refuse.because(f"{len(closure)} objects would travel, more than its journal can name: {error}")


def build_draft(migration_id: str, dry_run: DryRun, plan: MovePlan, started_at: float) -> MigrationRecord:
    """Return the record of a migration of which only the confirmed plan is known."""
    return MigrationRecord(
        migration_id=migration_id,
        workload=dry_run.workload,
        source=SideRecord(dry_run.workload.context, "", None, dry_run.replicas),
        target=SideRecord(dry_run.target, "", None, 0),
        dry_run=dry_run,
        plan=plan,
        template_hash="",
        floor=dry_run.replicas,
        surge=0,
        state=MigrationState(waves=tuple(accumulate(dry_run.wave_sizes))),
        started_at=started_at,
    )
