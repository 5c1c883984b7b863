"""Who owns the replicas of a Deployment: known owners and strangers refuse, who has set them once does not."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters.acceptance import Acceptance, leave_out_accepted
from controller.clusters.replica_owners import find_owners, judge_owners, list_owners
from controller.clusters.workload_parsing import parse_workload
from controller.reasons import Code
from tests.controller.clusters.objects import make_deployment

REPLICAS = {"f:spec": {"f:replicas": {}}}
NOTE = {"f:metadata": {"f:annotations": {"f:note": {}}}}


def wrote(manager: str, fields: dict[str, Any] = REPLICAS, **entry: Any) -> dict[str, Any]:
    """An entry of managedFields."""
    return {"manager": manager, "operation": "Update", "fieldsV1": fields, **entry}


def written_by(*entries: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"managedFields": list(entries), **metadata}


def test_the_owner_is_who_owns_the_field_whoever_wrote_last() -> None:
    scaled = wrote("kubectl-scale", subresource="scale")
    entries = (
        wrote("sentinelaura", NOTE, time="2026-11-29T20:10:09Z"),
        wrote("kubectl-annotate", NOTE, time="2026-11-29T20:10:09Z"),
        scaled,
    )
    assert list_owners(written_by(*entries), "f:replicas") == ("kubectl-scale",), "it has no time"


@pytest.mark.parametrize(
    ("manager", "owner"),
    [
        ("argocd-controller", "Argo CD"),
        ("argocd-application-controller", "Argo CD"),
        ("kustomize-controller", "Flux"),
        ("helm-controller", "Flux"),
        ("keda-operator", "KEDA"),
        ("rollouts-controller", "Argo Rollouts"),
        ("karmada-controller-manager", "Karmada"),
        ("karmada-agent", "Karmada"),
        ("fleetagent", "Rancher Fleet"),
        ("configsync", "Config Sync"),
        ("kapp-controller", "kapp"),
        ("kueue-admission", "Kueue"),
        ("kruise-manager", "OpenKruise"),
    ],
)
def test_who_reconciles_the_replicas_refuses_by_name(manager: str, owner: str) -> None:
    assert list(find_owners(written_by(wrote(manager)))) == [Code.REPLICAS_OWNED.because(owners=(owner,))]


@pytest.mark.parametrize(
    "manager",
    [
        *("kubectl", "kubectl-client-side-apply", "kubectl-scale", "helm", "Helm", "sentinelaura"),
        *("kube-controller-manager", "pulumi-kubernetes-1f2e", "Terraform", "before-first-apply"),
    ],
)
def test_who_has_set_them_once_is_in_nobodys_way(manager: str) -> None:
    assert list(find_owners(written_by(wrote(manager)))) == []


@pytest.mark.parametrize("manager", ["helmut", "our-scaler", "sentinelauras", ""])
def test_a_stranger_refuses(manager: str) -> None:
    [reason] = find_owners(written_by(wrote(manager)))
    assert reason == Code.REPLICAS_OWNER_UNKNOWN.because(managers=(manager or "somebody",))


def test_a_stranger_who_owns_another_field_is_no_owner_of_the_replicas() -> None:
    assert list(find_owners(written_by(wrote("our-scaler", NOTE), wrote("helm")))) == []


def test_of_several_owners_those_who_reconcile_are_named() -> None:
    assert judge_owners(("our-scaler", "keda-operator", "kubectl")) == Code.REPLICAS_OWNED.because(
        owners=("KEDA",)
    )


@pytest.mark.parametrize(
    ("mark", "tool"),
    [
        ("karmada.io/managed", "Karmada"),
        ("resourcebinding.karmada.io/name", "Karmada"),
        ("objectset.rio.cattle.io/hash", "Rancher Fleet"),
        ("configmanagement.gke.io/managed", "Config Sync"),
        ("kapp.k14s.io/app", "kapp"),
        ("kueue.x-k8s.io/queue-name", "Kueue"),
        ("rollouts.kruise.io/deployment-strategy", "OpenKruise"),
        ("argocd.argoproj.io/tracking-id", "Argo CD"),
    ],
)
@pytest.mark.parametrize("where", ["labels", "annotations"])
def test_the_mark_of_a_tool_refuses_and_is_named(where: str, mark: str, tool: str) -> None:
    assert list(find_owners({where: {mark: "x"}})) == [Code.GITOPS.because(tool=tool, mark=mark)]


@pytest.mark.parametrize("mark", ["notkarmada.io/managed", "example.com/karmada.io", "karmada"])
def test_what_only_looks_like_a_mark_is_none(mark: str) -> None:
    assert list(find_owners({"labels": {mark: "x"}})) == []


def test_what_a_tool_was_told_to_leave_alone_is_not_its_own() -> None:
    assert list(find_owners({"annotations": {"configmanagement.gke.io/managed": "disabled"}})) == []


def test_the_common_label_of_an_instance_speaks_of_argo_only_where_argo_has_written() -> None:
    labels = {"app.kubernetes.io/instance": "shop-prod"}
    assert list(find_owners(written_by(wrote("helm"), labels=labels))) == []
    by_argo = written_by(wrote("argocd-controller", NOTE), wrote("helm"), labels=labels)
    assert list(find_owners(by_argo)) == [Code.REPLICAS_OWNED.because(owners=("Argo CD",))]


def test_what_others_write_is_cut_and_cleaned() -> None:
    many = [wrote(f"\x1b[31m{n}" + "x" * 500) for n in range(50)]
    names = list_owners(written_by(*many), "f:replicas")
    assert len(names) <= 4
    assert all(len(name) <= 80 and "\x1b" not in name for name in names)


@pytest.mark.parametrize(
    "fields",
    [None, "x", [None], [{"manager": 5, "fieldsV1": {"f:spec": []}}], [{"fieldsV1": {"f:spec": "x"}}]],
)
def test_managed_fields_without_sense_name_nobody(fields: object) -> None:
    assert list_owners({"managedFields": fields}, "f:replicas") == ()


def test_the_plan_refuses_what_the_check_before_a_move_would_refuse() -> None:
    deployment = make_deployment()
    deployment["metadata"]["managedFields"] = [wrote("our-scaler")]
    workload = parse_workload("eu", deployment)
    assert [reason.code for reason in workload.immovable_reasons] == [Code.REPLICAS_OWNER_UNKNOWN]
    accepted = frozenset({Acceptance.REPLICAS})
    assert list(leave_out_accepted(workload.immovable_reasons, accepted)) == []
