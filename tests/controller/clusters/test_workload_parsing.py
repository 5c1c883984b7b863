"""What a Deployment says about itself, and what stands in the way of moving it."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters.fleet import Resources, WorkloadKey
from controller.clusters.known_by import KnownBy
from controller.clusters.workload_parsing import MINIMUM_ANNOTATION, hash_template, parse_workload
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.clusters.objects import Json, make_deployment, pod_spec


def test_a_healthy_deployment() -> None:
    workload = parse_workload("eu", make_deployment())
    assert workload.key == WorkloadKey("eu", "shop", "checkout")
    assert (workload.desired_replicas, workload.ready_replicas, workload.available_replicas) == (4, 4, 4)
    assert workload.requests == Resources(0.5, 0.5)
    assert workload.state_gb == 2.5
    assert workload.immovable_reasons == ()


def test_a_status_older_than_the_spec_is_unknown() -> None:
    deployment = make_deployment()
    deployment["metadata"]["generation"] = 4
    workload = parse_workload("eu", deployment)
    assert workload.ready_replicas is None
    assert workload.available_replicas is None


def test_a_current_status_without_counts_means_none_are_ready() -> None:
    deployment = make_deployment()
    deployment["status"] = {"observedGeneration": 3}
    assert parse_workload("eu", deployment).ready_replicas == 0


def test_replicas_default_to_one() -> None:
    deployment = make_deployment()
    del deployment["spec"]["replicas"]
    assert parse_workload("eu", deployment).desired_replicas == 1


def test_counts_that_no_cluster_has_are_none() -> None:
    """A number of four hundred digits is JSON, and would end whoever calculates with it."""
    deployment = make_deployment()
    deployment["spec"]["replicas"] = deployment["status"]["availableReplicas"] = 10**400
    workload = parse_workload("eu", deployment)
    assert (workload.desired_replicas, workload.available_replicas) == (1, 0)


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "1e30", "lots", ""])
def test_a_state_size_that_is_no_size_is_unknown_and_a_reason_to_stay(text: str) -> None:
    deployment = make_deployment()
    deployment["metadata"]["annotations"]["sentinelaura.io/state-gb"] = text
    workload = parse_workload("eu", deployment)
    assert (workload.state_gb, workload.state_known_by) == (None, None)
    assert [reason.code for reason in workload.immovable_reasons] == [Code.STATE_UNREADABLE]


def test_without_an_annotation_pods_whose_volumes_keep_nothing_carry_no_state() -> None:
    deployment = make_deployment()
    del deployment["metadata"]["annotations"]
    workload = parse_workload("eu", deployment)
    assert (workload.state_gb, workload.state_known_by) == (0.0, KnownBy.POD_SPEC)
    assert workload.immovable_reasons == ()


@pytest.mark.parametrize("kind", ["nfs", "csi", "azureFile", "flexVolume"])
def test_without_an_annotation_the_state_of_other_volumes_is_unknown(kind: str) -> None:
    deployment = with_volume(**{kind: {}})
    del deployment["metadata"]["annotations"]
    workload = parse_workload("eu", deployment)
    assert (workload.state_gb, workload.state_known_by) == (None, None)
    assert (workload.keeping_volumes, workload.immovable_reasons) == ((f"data ({kind})",), ())


def test_what_is_declared_overrides_what_the_volumes_show() -> None:
    empty, keeping = make_deployment(), with_volume(nfs={})
    assert {(w.state_gb, w.state_known_by) for w in (parse_workload("eu", d) for d in (empty, keeping))} == {
        (2.5, KnownBy.ANNOTATION)
    }


def with_volume(**volume: Any) -> Json:
    deployment = make_deployment()
    pod_spec(deployment)["volumes"] = [{"name": "data", **volume}]
    return deployment


def with_pod(**spec: Any) -> Json:
    deployment = make_deployment()
    pod_spec(deployment).update(spec)
    return deployment


PRIVILEGED = {"securityContext": {"privileged": True}}
HOSTNAME = "external-dns.alpha.kubernetes.io/hostname"


def with_container(container: Json, kind: str = "containers") -> Json:
    return with_pod(**{kind: [{"name": "c", **container}]})


def with_template(**metadata: Any) -> Json:
    deployment = make_deployment()
    deployment["spec"]["template"]["metadata"].update(metadata)
    return deployment


def with_metadata(**metadata: Any) -> Json:
    deployment = make_deployment()
    deployment["metadata"].update(metadata)
    return deployment


@pytest.mark.parametrize(
    ("deployment", "reason"),
    [
        (with_volume(persistentVolumeClaim={"claimName": "x"}), Code.VOLUME_CLAIM.because(volume="data")),
        (with_volume(ephemeral={}), Code.EPHEMERAL_VOLUME.because(volume="data")),
        (with_volume(hostPath={"path": "/"}), Code.HOST_PATH.because(volume="data")),
        (with_volume(local={"path": "/"}), Code.LOCAL_VOLUME.because(volume="data")),
        (
            with_volume(awsElasticBlockStore={"volumeID": "vol-1"}),
            Code.DISK_OF_A_PLACE.because(volume="data", kind="awsElasticBlockStore"),
        ),
        (with_pod(hostNetwork=True), Code.HOST_NETWORK.because()),
        (with_pod(nodeName="node-7"), Code.PINNED.because(node="node-7")),
        (
            with_pod(nodeSelector={"topology.kubernetes.io/zone": "eu-west-1a"}),
            Code.PLACE_SELECTED.because(label="topology.kubernetes.io/zone"),
        ),
        (
            with_pod(nodeSelector={"failure-domain.beta.kubernetes.io/zone": "eu-west-1a"}),
            Code.PLACE_SELECTED.because(label="failure-domain.beta.kubernetes.io/zone"),
        ),
        (with_pod(nodeSelector={"kubernetes.io/hostname": "x"}), Code.NODE_SELECTED.because()),
        (with_pod(containers=[{"name": "c", "ports": [{"hostPort": 80}]}]), Code.HOST_PORT.because()),
        (make_deployment(paused=True), Code.PAUSED.because()),
        (
            with_metadata(ownerReferences=[{"kind": "Rollout", "name": "shop"}]),
            Code.OWNED.because(kind="Rollout", name="shop"),
        ),
        (
            with_metadata(labels={"kustomize.toolkit.fluxcd.io/name": "apps"}),
            Code.GITOPS.because(tool="Flux", mark="kustomize.toolkit.fluxcd.io/name"),
        ),
        (
            with_metadata(labels={"helm.toolkit.fluxcd.io/name": "apps"}),
            Code.GITOPS.because(tool="Flux", mark="helm.toolkit.fluxcd.io/name"),
        ),
        (
            with_metadata(annotations={"argocd.argoproj.io/tracking-id": "x"}),
            Code.GITOPS.because(tool="Argo CD", mark="argocd.argoproj.io/tracking-id"),
        ),
        (
            with_metadata(annotations={"argocd.argoproj.io/sync-wave": "2"}),
            Code.GITOPS.because(tool="Argo CD", mark="argocd.argoproj.io/sync-wave"),
        ),
        (with_metadata(deletionTimestamp="2026-01-01T00:00:00Z"), Code.BEING_DELETED.because()),
        (make_deployment(strategy={"type": "Recreate"}), Code.RECREATE.because()),
        (with_pod(hostPID=True, hostIPC=True), Code.HOST_NAMESPACE.because(fields=("hostPID", "hostIPC"))),
        (with_container(PRIVILEGED), Code.PRIVILEGED.because(what="its container c")),
        (with_container(PRIVILEGED, "initContainers"), Code.PRIVILEGED.because(what="its container c")),
        (
            with_pod(securityContext={"windowsOptions": {"hostProcess": True}}),
            Code.PRIVILEGED.because(what="its pod"),
        ),
        (with_container({"ports": [{"hostPort": 80}]}, "initContainers"), Code.HOST_PORT.because()),
        (
            with_template(annotations={"iam.amazonaws.com/role": "web"}),
            Code.CLOUD_IDENTITY.because(holder="its pod template", identity="web"),
        ),
        (
            with_template(labels={"azure.workload.identity/use": "true"}),
            Code.CLOUD_IDENTITY.because(holder="its pod template", identity="azure.workload.identity/use"),
        ),
        (
            with_volume(projected={"sources": [{"serviceAccountToken": {"audience": "sts.amazonaws.com"}}]}),
            Code.CLOUD_IDENTITY.because(holder="the token in its volume data", identity="sts.amazonaws.com"),
        ),
        (
            with_template(annotations={HOSTNAME: "shop.example"}),
            Code.EXPOSED_POD.because(annotation=HOSTNAME),
        ),
    ],
    ids=[
        "claim",
        "ephemeral",
        "host path",
        "local",
        "inline disk",
        "host network",
        "pinned",
        "zone",
        "zone by its old name",
        "hostname",
        "host port",
        "paused",
        "owner",
        "flux",
        "flux's charts",
        "argo",
        "argo's order",
        "deleted",
        "single writer",
        "host processes",
        "privileged",
        "privileged at the start",
        "process of its node",
        "host port at the start",
        "identity",
        "identity by label",
        "token",
        "name",
    ],
)
def test_what_ties_a_workload_to_its_cluster_is_a_reason_to_stay(deployment: Json, reason: Reason) -> None:
    assert parse_workload("eu", deployment).immovable_reasons == (reason,)


def test_a_pod_without_an_identity_may_say_so() -> None:
    deployment = with_template(labels={"azure.workload.identity/use": "false"}, annotations={"team": "shop"})
    assert parse_workload("eu", deployment).immovable_reasons == ()


def test_the_token_for_the_api_server_that_every_pod_has_is_no_reason_to_stay() -> None:
    token = {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}}
    deployment = with_volume(projected={"sources": [token, {"configMap": {"name": "kube-root-ca.crt"}}]})
    assert parse_workload("eu", deployment).immovable_reasons == ()


def test_a_rolling_update_and_an_ordinary_container_are_no_reason_to_stay() -> None:
    deployment = with_container({"securityContext": {"privileged": False}, "ports": [{"containerPort": 80}]})
    deployment["spec"]["strategy"] = {"type": "RollingUpdate"}
    assert parse_workload("eu", deployment).immovable_reasons == ()


def test_a_disk_behind_other_volumes_is_a_reason_to_stay() -> None:
    volumes = [{"name": "a", "emptyDir": {}}, {"name": "b", "persistentVolumeClaim": {"claimName": "x"}}]
    workload = parse_workload("eu", with_pod(volumes=volumes))
    assert workload.immovable_reasons == (Code.VOLUME_CLAIM.because(volume="b"),)


def test_config_and_empty_volumes_are_no_reason_to_stay() -> None:
    deployment = with_pod(
        volumes=[{"name": "a", "configMap": {"name": "x"}}, {"name": "b", "emptyDir": {}}],
        nodeSelector={"kubernetes.io/os": "linux"},
    )
    assert parse_workload("eu", deployment).immovable_reasons == ()


@pytest.mark.parametrize("missing", ["observedGeneration", "generation"])
def test_a_status_that_does_not_say_of_when_it_is_is_unknown(missing: str) -> None:
    deployment = make_deployment()
    deployment["status" if missing == "observedGeneration" else "metadata"].pop(missing)
    assert parse_workload("eu", deployment).available_replicas is None


@pytest.mark.parametrize(("text", "gb"), [("0", 0.0), ("1e9", 1e9)])
def test_a_state_of_nothing_and_of_an_exabyte_are_sizes(text: str, gb: float) -> None:
    deployment = with_metadata(annotations={"sentinelaura.io/state-gb": text})
    assert parse_workload("eu", deployment).state_gb == gb


@pytest.mark.parametrize("part", ["labels", "annotations"])
def test_the_template_hash_knows_a_label_and_an_annotation_of_the_pods(part: str) -> None:
    template = make_deployment()["spec"]["template"]
    marked = make_deployment()["spec"]["template"]
    marked["metadata"].setdefault(part, {})["tier"] = "front"
    assert hash_template(marked) != hash_template(template)


def test_the_template_hash_ignores_the_label_of_a_replica_set() -> None:
    """The cluster writes it; with it no two clusters would have equal templates."""
    template = make_deployment()["spec"]["template"]
    labelled = make_deployment()["spec"]["template"]
    labelled["metadata"]["labels"]["pod-template-hash"] = "5d4f"
    assert hash_template(labelled) == hash_template(template)


def test_the_template_hash_knows_a_change_and_ignores_a_restart() -> None:
    template = make_deployment()["spec"]["template"]
    restarted = make_deployment()["spec"]["template"]
    restarted["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "now"}
    changed = make_deployment()["spec"]["template"]
    changed["spec"]["containers"][0]["image"] = "other"
    assert hash_template(template) == hash_template(restarted)
    assert hash_template(template) != hash_template(changed)
    reordered = make_deployment()["spec"]["template"]
    reordered["spec"]["containers"] = [dict(reversed(one.items())) for one in reordered["spec"]["containers"]]
    assert hash_template(reordered) == hash_template(template)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"metadata": []},
        {"metadata": {"name": 5}, "spec": "x"},
        {"spec": {"template": {"spec": {"volumes": 3}}}},
    ],
)
def test_nonsense_is_survived(body: Json) -> None:
    assert parse_workload("eu", body).requests is None


@pytest.mark.parametrize(("text", "minimum"), [("0", 0), ("3", 3)])
def test_a_declared_minimum_is_how_many_stay(text: str, minimum: int) -> None:
    deployment = make_deployment()
    deployment["metadata"]["annotations"] = {MINIMUM_ANNOTATION: text}
    workload = parse_workload("eu", deployment)
    assert (workload.minimum_replicas, workload.immovable_reasons) == (minimum, ())


@pytest.mark.parametrize("text", ["", "-1", "1.5", "all", "٣", "1" * 10])
def test_a_minimum_that_is_no_number_refuses_and_is_not_taken_for_none(text: str) -> None:
    deployment = make_deployment()
    deployment["metadata"]["annotations"] = {MINIMUM_ANNOTATION: text}
    reason = Code.MINIMUM_UNREADABLE.because(annotation=MINIMUM_ANNOTATION)
    assert parse_workload("eu", deployment).immovable_reasons == (reason,)
