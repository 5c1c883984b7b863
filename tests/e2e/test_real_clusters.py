"""The engine moves a workload between two real Kubernetes clusters, on live prices of a watched file."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.composition import open_engine
from app.config.configuration import Configuration
from app.config.demo import DEMO_MIGRATION
from controller.clusters import paths
from controller.clusters.acceptance import ACCEPT_ANNOTATION
from controller.clusters.fleet import WorkloadKey
from controller.contract.commands import CancelMigration
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.decision.settings import DecisionSettings
from controller.engine.engine import Engine
from tests.conformance.manifests import autoscaler, network_policy
from tests.controlplane.command_output import read_until_ready
from tests.controlplane.places import PLACES
from tests.controlplane.pool import ControlPlanePool
from tests.controlplane.workloads import deployments_of, describe_deployment
from tests.e2e.starting import arm_and_confirm
from tests.e2e.witness import ReplicaWitness

ROOT = Path(__file__).resolve().parents[2]
REPLICAS = 4
HEADER = "observed_at,provider,region,instance_type,capacity_type,usd_per_hour,confirmed_at"


def write_prices(path, source, target):
    """A live file in which the source's machines are dear and the target's are cheap."""
    now = datetime.now(UTC).isoformat()
    rows = [HEADER]
    for place, spot in ((source.place, "0.20"), (target.place, "0.02")):
        for capacity_type, price in (("on_demand", "0.25"), ("spot", spot)):
            offering = f"{place.provider},{place.region},{place.machine.instance_type},{capacity_type}"
            rows.append(f"2026-01-01T00:00:00Z,{offering},{price},{now}")
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def create_workload(source, target, there=0):
    """A Deployment in the source, and its namespace on both sides; in the target one with `there` replicas, if it has
    any. Returns its key.
    """
    namespace = source.create_namespace(prefix="move")
    target.client().create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    for cluster, replicas in ((source, REPLICAS), (target, there)):
        if replicas == 0:
            continue
        deployment = describe_deployment("web", replicas)
        deployment["metadata"]["annotations"] = {"sentinelaura.io/state-gb": "0"}
        cluster.client().create(deployments_of(namespace), deployment)
        cluster.client().await_object(
            deployments_of(namespace),
            "web",
            lambda found, wanted=replicas: found.get("status", {}).get("availableReplicas") == wanted,
        )
    return WorkloadKey(source.context, namespace, "web")


@pytest.mark.usefixtures("control_planes")  # builds or skips where there are no programs
def test_program_opens_on_the_kubeconfig_that_the_command_up_prints(home):
    command = [sys.executable, "-m", "tests.controlplane", "up", "--clusters", "3"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as up:
        try:
            kubeconfig = read_until_ready(up.stdout).kubeconfigs["observer"]
            answer = home.run("doctor", "--json", "--kubeconfig", kubeconfig)
        finally:
            up.send_signal(signal.SIGINT)
    found = {
        check["name"]: (check["state"], check["detail"].partition(", ")[2].partition(" nodes")[0])
        for check in json.loads(answer.stdout)["checks"]
        if check["name"].startswith("context ")
    }
    assert found == {f"context {place.context}": ("ok", f"{place.region}, 3") for place in PLACES[:3]}


async def start_move(engine: Engine, key: WorkloadKey, target: str) -> None:
    """Wait until the move is offered, arm both sides and confirm it."""
    seen = await engine.wait_until(lambda s: any(d.workload == key for d in s.opportunities), 60)
    offered = next(d for d in seen.opportunities if d.workload == key)
    assert offered.target == target
    arm_and_confirm(engine, offered)


async def wait_for_end(engine: Engine) -> MigrationView:
    """Return the only migration once it is over."""
    ended = await engine.wait_until(lambda s: any(m.stage.is_final for m in s.migrations), 120)
    return ended.migrations[0]


async def only_watch(engine: Engine) -> None:
    """Let the move go on."""


async def cancel_half_way(engine: Engine) -> None:
    """Cancel it in its third wave."""
    half_way = await engine.wait_until(lambda s: any(m.wave == 3 and m.can_cancel for m in s.migrations), 90)
    engine.submit(CancelMigration(half_way.migrations[0].migration_id))


class Pair:
    """A workload in one of two borrowed clusters, and prices at which it pays to move it to the other.

    `there`: how many replicas the other one runs already.
    """

    def __init__(self, control_planes: ControlPlanePool, folder: Path, there: int = 0) -> None:
        self.source, self.target = control_planes.lend(2)
        self.there = there
        self.key = create_workload(self.source, self.target, there)
        self.kubeconfig = control_planes.write_kubeconfig((self.source, self.target))
        self.configuration = Configuration(
            kubeconfig=str(self.kubeconfig),
            prices=write_prices(folder / "prices.csv", self.source, self.target),
            migration=DEMO_MIGRATION,
            decision=DecisionSettings(wave_replicas=1),
            live=True,
        )

    def move(self, meddle: Callable[[Engine], Awaitable[None]]) -> tuple[MigrationView, tuple[int, int]]:
        """Move the workload, with `meddle` beside it, and see that at no moment replicas are missing.

        Returns: how it ended, and how many replicas the source and the target are asked for.
        """
        contexts = (self.source.context, self.target.context)

        async def scenario() -> MigrationView:
            async with open_engine(self.configuration) as engine:
                await start_move(engine, self.key, self.target.context)
                await meddle(engine)
                return await wait_for_end(engine)

        with ReplicaWitness(self.kubeconfig, contexts, self.key.namespace, self.key.name) as witness:
            migration = asyncio.run(scenario())
            assert min(witness.sums) >= REPLICAS + self.there
            return migration, (witness.desired(contexts[0]), witness.desired(contexts[1]))


def cancel_and_find_all_back(pair: Pair) -> None:
    """Cancel the move half-way, and see that the source has everything again and the target nothing."""
    migration, (at_source, _) = pair.move(cancel_half_way)
    assert migration.stage is MigrationStage.ROLLED_BACK, migration.sentence
    assert at_source == REPLICAS
    left = pair.target.client().get(deployments_of(pair.key.namespace))["items"]
    assert left == [], "what the move had created in the target is taken away again"


@pytest.mark.timeout(180)
def test_workload_moves_between_real_clusters_without_a_gap(control_planes, home, tmp_path):
    pair = Pair(control_planes, tmp_path)

    migration, desired = pair.move(only_watch)
    assert migration.stage is MigrationStage.DONE, migration.sentence
    assert desired == (0, REPLICAS)

    shown = home.run("ledger", "show", "--kubeconfig", str(pair.kubeconfig)).stdout
    assert "Moved to" in shown


@pytest.mark.timeout(180)
def test_an_autoscaler_moves_along_with_its_bounds_and_its_network_policy(control_planes, home, tmp_path):
    """Its minimum is all replicas: neither side could be below them beside one that is not frozen."""
    pair = Pair(control_planes, tmp_path)
    namespace, client = pair.key.namespace, pair.source.client()
    scaler, policy = autoscaler("web", REPLICAS, REPLICAS + 2), network_policy("inward")
    policy["spec"]["podSelector"] = {
        "matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]
    }
    client.create(paths.collection("horizontalpodautoscalers", namespace), scaler)
    client.create(paths.collection("networkpolicies", namespace), policy)
    accepting = {"metadata": {"annotations": {ACCEPT_ANNOTATION: "autoscaler-frozen"}}}
    client.patch(paths.deployment(namespace, "web"), accepting)

    migration, desired = pair.move(only_watch)
    assert migration.stage is MigrationStage.DONE, migration.sentence
    assert desired == (0, REPLICAS)
    path = paths.item("horizontalpodautoscalers", "web", namespace)
    for cluster in (pair.source, pair.target):
        spec = cluster.client().get(path)["spec"]
        assert (spec["minReplicas"], spec["maxReplicas"]) == (REPLICAS, REPLICAS + 2)
        assert "behavior" not in spec
    copied = pair.target.client().get(paths.item("networkpolicies", "inward", namespace))
    assert copied["spec"] == client.get(paths.item("networkpolicies", "inward", namespace))["spec"]


@pytest.mark.timeout(180)
def test_a_cancel_half_way_brings_everything_back_without_a_gap(control_planes, home, tmp_path):
    cancel_and_find_all_back(Pair(control_planes, tmp_path))


@pytest.mark.timeout(180)
@pytest.mark.parametrize("is_cancelled", [False, True], ids=["to its end", "cancelled half-way"])
def test_replicas_are_shifted_between_deployments_that_exist_in_two_real_clusters(
    control_planes, home, tmp_path, is_cancelled
):
    pair = Pair(control_planes, tmp_path, there=2)
    path = f"{deployments_of(pair.key.namespace)}/{pair.key.name}"
    before = pair.target.client().get(path)

    migration, desired = pair.move(cancel_half_way if is_cancelled else only_watch)
    end = MigrationStage.ROLLED_BACK if is_cancelled else MigrationStage.DONE
    assert migration.stage is end, migration.sentence
    assert desired == ((REPLICAS, 2) if is_cancelled else (0, REPLICAS + 2))
    after = pair.target.client().get(path)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["metadata"]["annotations"] == before["metadata"]["annotations"]
    assert after["spec"] == {**before["spec"], "replicas": desired[1]}


def deny_few_replicas(cluster, namespace: str, least: int) -> None:
    """An admission policy of the cluster's owner: no Deployment of this namespace may be asked for fewer replicas."""
    policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    validation = {
        "expression": f"object.spec.replicas >= {least}",
        "message": f"{least} replicas are the least",
    }
    rule = {
        "apiGroups": ["apps"],
        "apiVersions": ["v1"],
        "operations": ["UPDATE"],
        "resources": ["deployments"],
    }
    selected = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    cluster.client().create(
        policies,
        {
            "metadata": {"name": namespace},
            "spec": {"matchConstraints": {"resourceRules": [rule]}, "validations": [validation]},
        },
    )
    cluster.client().create(
        policies.replace("policies", "policybindings"),
        {
            "metadata": {"name": namespace},
            "spec": {
                "policyName": namespace,
                "validationActions": ["Deny"],
                "matchResources": {"namespaceSelector": selected},
            },
        },
    )


@pytest.mark.timeout(180)
def test_a_policy_that_denies_a_scale_down_half_way_is_reported_and_brings_everything_back(
    control_planes, home, tmp_path
):
    pair = Pair(control_planes, tmp_path)

    async def deny_half_way(engine):
        await engine.wait_until(lambda s: any(m.wave == 1 and m.can_cancel for m in s.migrations), 90)
        deny_few_replicas(pair.source, pair.key.namespace, 2)

    migration, (at_source, _) = pair.move(deny_half_way)
    assert migration.stage is MigrationStage.ROLLED_BACK, migration.sentence
    assert "2 replicas are the least" in migration.sentence
    assert at_source == REPLICAS
