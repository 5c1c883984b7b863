"""Do the clusters answer, may we read and write there, and do their clocks agree with ours?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import datetime

from app.composition import open_fleet
from app.configuration import Configuration
from app.diagnostics.checks import Check, broken, ok, warning
from controller.clusters import paths
from controller.clusters.checks import CheckResult, Outcome
from controller.clusters.fleet import Cluster, FleetPicture, Health
from controller.clusters.kube_api import KubeApi
from controller.clusters.permissions import MOVE_FROM, MOVE_TO, OBSERVE, check_permissions
from controller.clusters.region_manager import RegionManager
from controller.errors import ClusterError, KubeconfigError

#: How long the contexts together may take to answer. Seconds; three lost packets and a slow credential plugin.
ANSWER_TIMEOUT_S = 15.0
#: A Lease lasts 30 s; clocks that differ by more than this make its times unreadable for people. Seconds.
MAX_CLOCK_DIFFERENCE_S = 10.0


async def check_clusters(configuration: Configuration) -> list[Check]:
    """Look at every context of the kubeconfig, all at once. Changes nothing: at most `dryRun=All`."""
    try:
        async with open_fleet(configuration) as fleet:
            picture = await _wait_for_answers(fleet)
            groups = await asyncio.gather(*(_check_context(fleet, c) for c in picture.clusters.values()))
            return [check for group in groups for check in group]
    except KubeconfigError as error:
        return [broken("kubeconfig", str(error), "correct --kubeconfig")]


async def _wait_for_answers(fleet: RegionManager) -> FleetPicture:
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            while any(cluster.health is Health.CONNECTING for cluster in fleet.picture().clusters.values()):
                await fleet.wait_for_change()
    except TimeoutError:
        pass  # who has not answered is reported as connecting
    return fleet.picture()


async def _check_context(fleet: RegionManager, cluster: Cluster) -> list[Check]:
    name = f"context {cluster.context}"
    if cluster.health is not Health.REACHABLE:
        reason = cluster.reason or "no answer yet"
        return [
            broken(
                name, reason, "check the server's address, the network and the credentials in the kubeconfig"
            )
        ]
    api = fleet.api(cluster.context)
    place = f"{cluster.provider or 'unknown provider'}, {cluster.region or 'unknown region'}"
    found = ok(name, f"{place}, {len(cluster.nodes)} nodes, {len(cluster.workloads)} Deployments")
    if cluster.provider is None or cluster.region is None:
        advice = f"say [contexts.{cluster.context}] provider and region in the configuration file"
        found = warning(name, place, advice)
    warnings = [warning(name, text, "see the kubeconfig") for text in fleet.warnings(cluster.context)]
    return [found, *warnings, *await _check_rights(api), await _check_time(api)]


async def _check_rights(api: KubeApi) -> list[Check]:
    reading = await check_permissions(api, OBSERVE)
    writing = await check_permissions(api, dict.fromkeys((*MOVE_FROM, *MOVE_TO)))
    name = f"permissions {api.context}"
    lacking_reads, lacking_writes = _denied(reading), _denied(writing)
    if lacking_reads:
        return [
            broken(
                name, f"may not {'; '.join(lacking_reads)}", "grant them: prices and workloads stay unknown"
            )
        ]
    if lacking_writes:
        return [
            warning(name, f"observes; may not {'; '.join(lacking_writes)}", "migrations need these as well")
        ]
    return [ok(name, "may observe and migrate")]


def _denied(results: Iterable[CheckResult]) -> list[str]:
    return [result.name for result in results if result.outcome is not Outcome.PASSED]


async def _check_time(api: KubeApi) -> Check:
    """Compare clocks by the creation time that the server gives to an object that is never stored."""
    name = f"time {api.context}"
    body = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"generateName": "sentinelaura-doctor-", "namespace": "default"},
    }
    try:
        lease = await api.create(paths.collection("leases", "default"), body, dry_run=True)
        created_at = datetime.fromisoformat(lease["metadata"]["creationTimestamp"]).timestamp()
    except (ClusterError, KeyError, ValueError) as error:
        return warning(
            name, f"the server's clock could not be read: {error}", "grant create leases in default"
        )
    difference_s = time.time() - created_at
    if abs(difference_s) > MAX_CLOCK_DIFFERENCE_S:
        return warning(name, f"our clock differs by {difference_s:+.0f} s", "synchronise both by NTP")
    return ok(name, "clocks agree")
