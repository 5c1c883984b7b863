"""What ties the pods of a template to their cluster: disks, nodes, the network, an identity. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from controller.clusters.json_reading import as_list, as_mapping, as_text
from controller.clusters.volumes import DISKS_OF_A_PLACE
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Volumes that tie a pod to a disk or to a node.
_BOUND_VOLUMES = {
    "persistentVolumeClaim": Code.VOLUME_CLAIM,
    "ephemeral": Code.EPHEMERAL_VOLUME,
    "hostPath": Code.HOST_PATH,
    "local": Code.LOCAL_VOLUME,
}

#: Fields of a pod that share something of the node with it, beside its network.
_HOST_NAMESPACES = ("hostPID", "hostIPC")

#: Annotations of a ServiceAccount or a pod that bind an identity in a cloud to one cluster: IRSA, GKE's Workload
#: Identity, AKS's, Alibaba's, and what kube2iam and kiam read.
IDENTITY_ANNOTATIONS = (
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
    "pod-identity.alibabacloud.com/role-name",
    "iam.amazonaws.com/role",
)
#: Labels that do.
IDENTITY_LABELS = ("azure.workload.identity/use", "aadpodidbinding")

#: How the annotations begin by which external-dns points a name at an object.
DNS_ANNOTATIONS = ("external-dns.alpha.kubernetes.io/", "external-dns.kubernetes.io/")


#: Of pods that name none; every namespace has it.
DEFAULT_SERVICE_ACCOUNT = "default"


def name_service_account(template: Mapping[str, Any]) -> str:
    """Return the ServiceAccount of the pods, by its name of today or of yesterday."""
    pod = as_mapping(template.get("spec"))
    named = as_text(pod.get("serviceAccountName")) or as_text(pod.get("serviceAccount"))
    return named or DEFAULT_SERVICE_ACCOUNT


def find_ties(template: Mapping[str, Any]) -> Iterator[Reason]:
    """Return why pods of this template cannot simply run elsewhere."""
    metadata, pod = as_mapping(template.get("metadata")), as_mapping(template.get("spec"))
    volumes = [as_mapping(volume) for volume in as_list(pod.get("volumes"))]
    yield from _find_volume_reasons(volumes)
    yield from _find_host_reasons(pod)
    yield from _find_node_reasons(pod)
    yield from _find_identity_reasons(metadata, volumes)
    for name in find_dns_annotations(metadata):
        yield Code.EXPOSED_POD.because(annotation=name)


def find_identity(metadata: Mapping[str, Any]) -> str | None:
    """Return the identity in a cloud that an object's metadata give to pods, in the words that stand there."""
    annotations, labels = as_mapping(metadata.get("annotations")), as_mapping(metadata.get("labels"))
    for name in IDENTITY_ANNOTATIONS:
        if (value := as_text(annotations.get(name))) is not None:
            return value
    marked = (name for name in IDENTITY_LABELS if labels.get(name) not in (None, "", "false"))
    return next(marked, None)


def find_dns_annotations(metadata: Mapping[str, Any]) -> list[str]:
    """Return the annotations by which external-dns points a name at the object."""
    return [name for name in as_mapping(metadata.get("annotations")) if name.startswith(DNS_ANNOTATIONS)]


def _find_volume_reasons(volumes: Sequence[Mapping[str, Any]]) -> Iterator[Reason]:
    for volume in volumes:
        for kind, code in _BOUND_VOLUMES.items():
            if kind in volume:
                yield code.because(volume=_text(volume.get("name")))
        for kind in DISKS_OF_A_PLACE.intersection(volume):
            yield Code.DISK_OF_A_PLACE.because(volume=_text(volume.get("name")), kind=kind)


def _find_host_reasons(pod: Mapping[str, Any]) -> Iterator[Reason]:
    """What the pods share with their node, or may do to it."""
    if pod.get("hostNetwork"):
        yield Code.HOST_NETWORK.because()
    shared = tuple(field for field in _HOST_NAMESPACES if pod.get(field))
    if shared:
        yield Code.HOST_NAMESPACE.because(fields=shared)
    containers = [
        as_mapping(one) for one in chain(*(as_list(pod.get(k)) for k in ("initContainers", "containers")))
    ]
    ports = (as_mapping(port) for one in containers for port in as_list(one.get("ports")))
    if any(port.get("hostPort") for port in ports):
        yield Code.HOST_PORT.because()
    for one in (pod, *containers):
        if _is_privileged(as_mapping(one.get("securityContext"))):
            what = "its pod" if one is pod else f"its container {_text(one.get('name'))}"
            yield Code.PRIVILEGED.because(what=what)


def _is_privileged(context: Mapping[str, Any]) -> bool:
    windows = as_mapping(context.get("windowsOptions"))
    return bool(context.get("privileged")) or bool(windows.get("hostProcess"))


def _find_node_reasons(pod: Mapping[str, Any]) -> Iterator[Reason]:
    if as_text(pod.get("nodeName")):
        yield Code.PINNED.because(node=_text(pod.get("nodeName")))
    for label in as_mapping(pod.get("nodeSelector")):
        if label.startswith(("topology.kubernetes.io/", "failure-domain.beta.kubernetes.io/")):
            yield Code.PLACE_SELECTED.because(label=label)
        elif label == "kubernetes.io/hostname":
            yield Code.NODE_SELECTED.because()


def _find_identity_reasons(
    metadata: Mapping[str, Any], volumes: Sequence[Mapping[str, Any]]
) -> Iterator[Reason]:
    if (identity := find_identity(metadata)) is not None:
        yield Code.CLOUD_IDENTITY.because(holder="its pod template", identity=identity)
    for volume in volumes:
        for source in as_list(as_mapping(volume.get("projected")).get("sources")):
            token = as_mapping(as_mapping(source).get("serviceAccountToken"))
            # Without an audience it is a token for the API server, which every pod has.
            if (audience := as_text(token.get("audience"))) is not None:
                holder = f"the token in its volume {_text(volume.get('name'))}"
                yield Code.CLOUD_IDENTITY.because(holder=holder, identity=audience)


def _text(value: object) -> str:
    """What an object says where it should say a name."""
    return value if isinstance(value, str) else repr(value)
