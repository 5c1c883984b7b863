"""One cluster's half of a migration: fresh reads of the Deployment and its pods, and the fenced writes to it.

Knows no plan and keeps no state. Every read is a GET without a resourceVersion, so that it is never older
than the last write; a watch would be.
"""

from __future__ import annotations

from typing import Any

from controller.clusters import paths
from controller.clusters.kube_api import KubeApi, PatchType, Permission
from controller.clusters.listing import list_all, not_understood
from controller.errors import ObjectNotFound
from controller.migration.protocol.fences import (
    FENCE_ANNOTATION,
    Fence,
    build_fence_change,
    build_fence_removal,
    build_first_fence,
    build_scale,
)
from controller.migration.protocol.observation import DeploymentFacts, PodFacts, parse_deployment, parse_pod
from controller.reasons import Code

#: Pods of one page; a workload with more replicas is read in several.
PAGE_SIZE = 500


class ClusterSide:
    """A Deployment's name in one cluster. Raises only the errors of `controller.errors`."""

    def __init__(self, api: KubeApi, namespace: str, name: str) -> None:
        self.api = api
        self.namespace = namespace
        self.name = name
        self.path = paths.deployment(namespace, name)

    @property
    def context(self) -> str:
        """The kubeconfig context."""
        return self.api.context

    async def read_cluster_uid(self) -> str:
        """Return who this cluster is: the UID of kube-system. A context's name may come to mean another
        cluster.
        """
        path = paths.namespace("kube-system")
        body = await self.api.get(path)
        uid = (body.get("metadata") or {}).get("uid")
        if not isinstance(uid, str) or not uid:
            raise not_understood(self.context, path, Code.ANSWER_NO_UID.because())
        return uid

    async def read(self) -> DeploymentFacts | None:
        """Read the Deployment; None where there is none."""
        try:
            body = await self.api.get(self.path)
        except ObjectNotFound:
            return None
        return self._parse(body)

    async def read_pods(self, facts: DeploymentFacts) -> tuple[PodFacts, ...] | None:
        """Read all pods that a Deployment selects; None where the list is older than `facts`, as of a stale cache."""
        params = {"labelSelector": facts.selector, "limit": str(PAGE_SIZE)}
        path = paths.collection("pods", self.namespace)
        listed = await list_all(self.api, path, params)
        if not listed.is_at_least(facts.resource_version):
            return None
        try:
            return tuple(parse_pod(body) for body in listed.items)
        except ValueError as error:
            raise not_understood(self.context, path, Code.ANSWER_MISSHAPEN.because(where="a pod")) from error

    async def place_fence(
        self, facts: DeploymentFacts, fence: Fence, permission: Permission, *, dry_run: bool = False
    ) -> DeploymentFacts:
        """Change the fence and nothing else. Raises: VersionConflict where the object is not as it was read."""
        if facts.fence is None:
            first = build_first_fence(facts.uid, facts.resource_version, fence)
            return await self._patch(first, PatchType.MERGE, permission, dry_run=dry_run)
        change = build_fence_change(facts.uid, facts.fence, fence)
        return await self._patch(change, PatchType.JSON, permission, dry_run=dry_run)

    async def remove_fence(
        self, facts: DeploymentFacts, permission: Permission, *, dry_run: bool = False
    ) -> DeploymentFacts:
        """Take the fence off and change nothing else. Raises: VersionConflict where another fence is there by now."""
        assert facts.fence is not None, "where none is, there is nothing to take off"
        removal = build_fence_removal(facts.uid, facts.fence)
        return await self._patch(removal, PatchType.JSON, permission, dry_run=dry_run)

    async def scale(
        self,
        facts: DeploymentFacts,
        fence: Fence,
        replicas: int,
        permission: Permission,
        *,
        dry_run: bool = False,
    ) -> DeploymentFacts:
        """Set the replicas and the fence, if nobody has changed either since `facts` was read."""
        assert facts.fence is not None, "a Deployment without a fence is never scaled"
        change = build_scale(facts.uid, facts.fence, fence, facts.replicas, replicas)
        return await self._patch(change, PatchType.JSON, permission, dry_run=dry_run)

    async def dry_run_scale(self, facts: DeploymentFacts, fence: Fence, replicas: int) -> None:
        """Let permissions and admission judge a change of fence and replicas, without effect and before any fence is
        there. Raises: ClusterError where it would be refused.
        """
        body = {
            "metadata": {"uid": facts.uid, "annotations": {FENCE_ANNOTATION: str(fence)}},
            "spec": {"replicas": replicas},
        }
        await self.api.patch(self.path, body, PatchType.MERGE, dry_run=True)

    async def _patch(
        self, change: object, patch_type: PatchType, permission: Permission, *, dry_run: bool
    ) -> DeploymentFacts:
        return self._parse(
            await self.api.patch(self.path, change, patch_type, dry_run=dry_run, permission=permission)
        )

    def _parse(self, body: dict[str, Any]) -> DeploymentFacts:
        try:
            return parse_deployment(body)
        except ValueError as error:
            problem = Code.ANSWER_NO_DEPLOYMENT.because(error=str(error))
            raise not_understood(self.context, self.path, problem) from error
