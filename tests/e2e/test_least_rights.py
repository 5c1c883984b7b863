"""An account with no more than the manifests of `packaging/rbac/`, in some namespaces and without any node, moves."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from app.config.configuration import Configuration
from controller.clusters.settings import ContextOverride, FleetSettings
from controller.contract.snapshots import MigrationStage
from controller.reasons import Code
from oracle.market import CapacityType
from tests.controlplane.cluster import RBAC, Cluster
from tests.controlplane.pool import ControlPlanePool
from tests.controlplane.workloads import deployments_of
from tests.e2e.test_real_clusters import REPLICAS, Pair, cancel_and_find_all_back, only_watch

USER = "sentinelaura"

#: What is asked for all the same, because somebody may have granted it since; nothing else is refused.
OF_THE_CLUSTER = {("list", "nodes"), ("list", "nodepools")}


def describe(cluster: Cluster, *namespaces: str) -> ContextOverride:
    """What a person says of a cluster whose nodes nobody lets them list."""
    return ContextOverride(
        cluster.place.provider,
        cluster.place.region,
        cluster.place.machine.instance_type,
        CapacityType.SPOT,
        node_cpu_cores=3.5,
        node_memory_gib=12,
        namespaces=frozenset(namespaces),
    )


class LeastPair(Pair):
    """The same pair, for an account that has the roles and one more namespace to look into."""

    def __init__(self, control_planes: ControlPlanePool, folder) -> None:
        super().__init__(control_planes, folder)
        #: context -> how long its audit log was: other tests ask the same clusters as the same user.
        self._begun = {
            cluster.context: cluster.audit_log.stat().st_size for cluster in (self.source, self.target)
        }
        clusters, namespace = (self.source, self.target), self.key.namespace
        other = self.source.create_namespace("other", ("observer",))
        self.target.client().create("/api/v1/namespaces", {"metadata": {"name": other}})
        self.target.apply_role("observer", other)
        for cluster, role in ((self.source, "source"), (self.target, "target")):
            for one in ("observer", role):
                cluster.apply_role(one, namespace)
        fleet = FleetSettings(
            overrides={cluster.context: describe(cluster, namespace, other) for cluster in clusters}
        )
        kubeconfig = str(control_planes.write_kubeconfig(clusters, USER))
        self.configuration: Configuration = replace(self.configuration, kubeconfig=kubeconfig, clusters=fleet)

    def list_requests(self) -> list[dict]:
        """What the account has asked of both clusters since, as their audit logs have it."""
        lines = [
            line
            for cluster in (self.source, self.target)
            for line in cluster.audit_log.read_bytes()[self._begun[cluster.context] :].split(b"\n")[:-1]
        ]
        return [event for event in map(json.loads, lines) if event["user"].get("username") == USER]


def find_refused(pair: LeastPair) -> set[tuple[str, str]]:
    """(verb, resource) of all that the account was not allowed."""
    return {
        (event["verb"], event.get("objectRef", {}).get("resource", event["requestURI"]))
        for event in pair.list_requests()
        if event["responseStatus"]["code"] == 403
    }


@pytest.mark.timeout(240)
def test_a_whole_move_needs_nothing_that_the_manifests_do_not_grant(control_planes, home, tmp_path):
    pair = LeastPair(control_planes, tmp_path)
    warned = []

    async def note_warnings(engine):
        seen = await engine.wait_until(lambda s: bool(s.migrations), 30)
        warned.extend(seen.migrations[0].dry_run.warnings)

    migration, desired = pair.move(note_warnings)
    assert migration.stage is MigrationStage.DONE, migration.sentence
    assert desired == (0, REPLICAS)
    assert [warning.code for warning in warned] == [Code.ROOM_UNKNOWN, Code.SCHEDULING_UNKNOWN]
    assert find_refused(pair) == OF_THE_CLUSTER
    asked_for = {event.get("objectRef", {}).get("resource") for event in pair.list_requests()}
    assert {"deployments", "leases"} <= asked_for
    assert "secrets" not in asked_for


@pytest.mark.timeout(240)
def test_a_cancel_brings_everything_back_with_the_same_rights(control_planes, home, tmp_path):
    pair = LeastPair(control_planes, tmp_path)
    cancel_and_find_all_back(pair)
    assert find_refused(pair) == OF_THE_CLUSTER


def name_a_secret(pair: LeastPair) -> None:
    """Let the pods take their environment from a Secret, which lies in both clusters."""
    namespace, admin = pair.key.namespace, pair.source.client()
    for cluster in (pair.source, pair.target):
        secret = {"metadata": {"name": "database"}, "stringData": {"password": "hunter2"}}
        cluster.client().create(f"/api/v1/namespaces/{namespace}/secrets", secret)
    container = {"name": "web", "envFrom": [{"secretRef": {"name": "database"}}]}
    template = {"spec": {"template": {"spec": {"containers": [container]}}}}
    path = deployments_of(namespace)
    admin.patch(f"{path}/{pair.key.name}", template, "strategic")
    admin.await_object(path, pair.key.name, is_rolled_out)


def is_rolled_out(deployment: dict) -> bool:
    status = deployment["status"]
    is_observed = status["observedGeneration"] == deployment["metadata"]["generation"]
    counts = [status.get(name) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return is_observed and counts == [REPLICAS] * 3


def grant_by_name(cluster: Cluster, namespace: str) -> None:
    """What `target.yaml` says beside its roles: one Secret, by its name."""
    rule = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["database"], "verbs": ["get"]}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "secrets"}
    user = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": USER}
    folder, admin = f"{RBAC}/namespaces/{namespace}", cluster.client()
    admin.create(f"{folder}/roles", {"metadata": {"name": "secrets"}, "rules": [rule]})
    binding = {"metadata": {"name": "secrets"}, "roleRef": role, "subjects": [user]}
    admin.create(f"{folder}/rolebindings", binding)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("is_granted", [False, True], ids=["not granted", "granted by name"])
def test_a_secret_that_the_pods_name_is_only_looked_for_by_its_name_and_where_they_arrive(
    control_planes, home, tmp_path, is_granted
):
    pair = LeastPair(control_planes, tmp_path)
    name_a_secret(pair)
    if is_granted:
        grant_by_name(pair.target, pair.key.namespace)

    migration, _ = pair.move(only_watch)
    if is_granted:
        assert migration.stage is MigrationStage.DONE, migration.sentence
    else:
        assert migration.stage is MigrationStage.REFUSED
        assert 'secrets "database" is forbidden' in migration.sentence
    asked_for = {
        (event["verb"], event["objectRef"].get("name"))
        for event in pair.list_requests()
        if event.get("objectRef", {}).get("resource") == "secrets"
        and event["objectRef"]["namespace"] == pair.key.namespace
    }
    assert asked_for == {("get", "database")}
