"""Who owns `spec.replicas` of a Deployment, as far as it says so itself: managedFields, labels and annotations. Pure.

An API server keeps who has set each field. An owner who sets it once and leaves it alone stands in nobody's way; one
who reconciles sets it back in the middle of a move, and of one whom nobody knows here that has to be expected. Entries
of the scale subresource have no time, so that nothing is read from times: whoever owns the field now owns it.

What a HorizontalPodAutoscaler has set stays the controller manager's after the autoscaler has gone. Whether there is
one is asked for itself (`migration/steps/autoscalers.py`), so that this trace alone says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from controller.clusters.json_reading import as_list, as_mapping, as_text
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.foundation.untrusted_text import clean_text

#: By whose name this program owns fields; requests without a field manager are named by their user agent.
FIELD_MANAGER = "sentinelaura"

#: The field managers that set the replicas again by themselves, by their names or the first words of them -> who that
#: is. General knowledge: whoever calls itself otherwise in some version is a stranger, who refuses as well.
_RECONCILERS = {
    "argocd": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "flux": "Flux",
    "keda": "KEDA",
    "rollouts-controller": "Argo Rollouts",
    "flagger": "Flagger",
    "karmada": "Karmada",
    "fleet": "Rancher Fleet",
    "fleetagent": "Rancher Fleet",
    "configsync": "Config Sync",
    "kapp": "kapp",
    "kueue": "Kueue",
    "kruise": "OpenKruise",
}

#: Those that set them when somebody tells them to: programs in people's hands, and ourselves.
_WRITE_ONCE = (
    *(FIELD_MANAGER, "kubectl", "kube-controller-manager", "before-first-apply", "oc"),
    *("helm", "Helm", "Terraform", "HashiCorp", "pulumi", "k9s", "dashboard", "Mozilla"),
)

#: What the domain of a label or an annotation ends with that such a tool puts on what it manages -> who that is.
_MARKS = {
    "argocd.argoproj.io": "Argo CD",
    "kustomize.toolkit.fluxcd.io": "Flux",
    "helm.toolkit.fluxcd.io": "Flux",
    "kapp.k14s.io": "kapp",
    "objectset.rio.cattle.io": "Rancher Fleet",
    "fleet.cattle.io": "Rancher Fleet",
    "configsync.gke.io": "Config Sync",
    "configmanagement.gke.io": "Config Sync",
    "karmada.io": "Karmada",
    "kueue.x-k8s.io": "Kueue",
    "kruise.io": "OpenKruise",
}

#: By which Argo CD tracks what it manages, up to its version 2. It is a common label as well, so that it speaks of Argo
#: CD only where Argo CD has written anything of the object.
_TRACKING_LABEL = "app.kubernetes.io/instance"

#: More owners of one field than a sentence names, and the longest name shown. Arbitrary.
_MAX_NAMED, _MAX_NAME = 4, 80


def list_owners(metadata: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """Return who owns a field of the spec (`f:replicas`), as managedFields names them; empty where it names nobody."""
    entries = map(as_mapping, as_list(metadata.get("managedFields")))
    owning = (
        entry for entry in entries if field in as_mapping(as_mapping(entry.get("fieldsV1")).get("f:spec"))
    )
    return _name_managers(owning)


def find_owners(metadata: Mapping[str, Any]) -> Iterator[Reason]:
    """Return who would undo what a move does to the replicas of a Deployment with this metadata."""
    labels, annotations = as_mapping(metadata.get("labels")), as_mapping(metadata.get("annotations"))
    marks = {
        tool: mark
        for mark, value in sorted({**labels, **annotations}.items(), reverse=True)
        if value != "disabled" and (tool := _find_tool(mark)) is not None
    }
    for tool in sorted(marks):
        yield Code.GITOPS.because(tool=tool, mark=clean_text(marks[tool], _MAX_NAME))
    managers = list_owners(metadata, "f:replicas")
    if _TRACKING_LABEL in labels and _is_applied_by_argo(metadata):
        managers = (*managers, "argocd-controller")
    reason = judge_owners(managers)
    if reason is not None:
        yield reason


def judge_owners(managers: Sequence[str]) -> Reason | None:
    """Return which of these owners of the replicas stand in the way; None: each has set them once."""
    known = {manager: _find_reconciler(manager) for manager in managers}
    if tools := tuple(sorted({tool for tool in known.values() if tool is not None})):
        return Code.REPLICAS_OWNED.because(owners=tools)
    strangers = tuple(m for m in managers if not any(_is_called(m, name) for name in _WRITE_ONCE))
    return Code.REPLICAS_OWNER_UNKNOWN.because(managers=strangers) if strangers else None


def _name_managers(entries: Iterator[Mapping[str, Any]]) -> tuple[str, ...]:
    names = (clean_text(as_text(entry.get("manager")) or "somebody", _MAX_NAME) for entry in entries)
    return tuple(dict.fromkeys(names))[:_MAX_NAMED]


def _find_reconciler(manager: str) -> str | None:
    return next((tool for name, tool in _RECONCILERS.items() if _is_called(manager, name)), None)


def _is_called(manager: str, name: str) -> bool:
    return manager == name or manager.startswith(f"{name}-")


def _find_tool(mark: str) -> str | None:
    """The tool whose domain a label or an annotation has, or a domain below it."""
    domain = mark.partition("/")[0]
    return next((tool for end, tool in _MARKS.items() if f".{domain}".endswith(f".{end}")), None)


def _is_applied_by_argo(metadata: Mapping[str, Any]) -> bool:
    managers = (as_mapping(entry).get("manager") for entry in as_list(metadata.get("managedFields")))
    return any(_is_called(str(manager), "argocd") for manager in managers)
