"""The roles that are recommended grant what is asked for: on a real API server, with its own authorizer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import pytest

from controller.clusters.checks import Outcome
from controller.clusters.permissions import (
    FIND_NEEDED,
    FOLLOW,
    MOVE_FROM,
    MOVE_TO,
    OBSERVE,
    Permission,
    check_permissions,
)
from tests.controller.clusters.clients import make_client
from tests.controlplane.cluster import Cluster
from tests.controlplane.pool import ControlPlanePool

pytestmark = pytest.mark.controlplane


def find_lacking(
    cluster: Cluster, user: str, permissions: Iterable[Permission], namespace: str | None
) -> list[str]:
    """What the user may not do."""

    async def main() -> list[str]:
        client = make_client(cluster.users[user].kubeconfig, cluster.context)
        results = await check_permissions(client, permissions, namespace)
        await client.close()
        return [result.reason for result in results if result.outcome is not Outcome.PASSED]

    return asyncio.run(main())


@pytest.mark.parametrize(("role", "permissions"), [("source", MOVE_FROM), ("target", MOVE_TO)])
def test_the_migrator_may_do_what_a_migration_needs(
    control_planes: ControlPlanePool, role: str, permissions: tuple[Permission, ...]
) -> None:
    [cluster] = control_planes.lend(1)
    namespace = cluster.create_namespace(migrator=role)
    of_cluster = [permission for permission in FIND_NEEDED if permission.resource != "secrets"]
    needed = (*OBSERVE, *FOLLOW, *permissions, *of_cluster)
    assert find_lacking(cluster, "migrator", needed, namespace) == []


def test_the_migrator_may_not_take_away_what_is_at_the_source(control_planes: ControlPlanePool) -> None:
    [cluster] = control_planes.lend(1)
    namespace = cluster.create_namespace(migrator="source")
    forbidden = [Permission("delete", resource) for resource in ("deployments", "services", "configmaps")]
    assert len(find_lacking(cluster, "migrator", forbidden, namespace)) == len(forbidden)


def test_the_observer_may_see_everything_and_read_the_clock(control_planes: ControlPlanePool) -> None:
    [cluster] = control_planes.lend(1)
    assert find_lacking(cluster, "observer", (*OBSERVE, *FOLLOW), None) == []

    async def read_time() -> float:
        client = make_client(cluster.users["observer"].kubeconfig, cluster.context)
        try:
            return await client.read_server_time()
        finally:
            await client.close()

    assert abs(asyncio.run(read_time()) - time.time()) < 60.0
