"""The labels and IDs by which clouds and provisioners say what a node is. Pure.

From general knowledge of what they document, written down in November 2026; no cloud could be asked.
"""

from __future__ import annotations

import re

from oracle.market import CapacityType

_SPOT, _ON_DEMAND = CapacityType.SPOT, CapacityType.ON_DEMAND

#: The scheme of a providerID -> our name of the provider. Source: the clouds' node controllers.
PROVIDER_SCHEMES = {"aws": "aws", "gce": "gcp", "azure": "azure"}

#: Labels that only one cloud's nodes carry, for nodes without a providerID.
PROVIDER_LABEL_PREFIXES = {
    "eks.amazonaws.com/": "aws",
    "topology.k8s.aws/": "aws",
    "cloud.google.com/": "gcp",
    "kubernetes.azure.com/": "azure",
}

#: Each in the order of trust; the beta ones are what clusters before 1.17 carry.
REGION_LABELS = ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")
ZONE_LABELS = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
TYPE_LABELS = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
SYSTEM_LABELS = ("kubernetes.io/os", "beta.kubernetes.io/os")
ARCHITECTURE_LABELS = ("kubernetes.io/arch", "beta.kubernetes.io/arch")
POOL_LABELS = (
    "karpenter.sh/nodepool",
    "karpenter.sh/provisioner-name",
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "scheduling.cast.ai/node-template",
    "kops.k8s.io/instancegroup",
)

#: What distributions that know no cloud write into the label of the machine.
LOCAL_TYPES = frozenset({"k3s", "rke2", "k0s", "kind", "minikube", "metal3", "vsphere-vm", "external"})

#: (label, value), both in lower case, since EKS writes capacityType with a capital letter -> how the node was bought.
#: Of EKS and eksctl, Karpenter, GKE, AKS, Cast AI, Spot Ocean.
CAPACITY_LABELS = {
    ("karpenter.sh/capacity-type", "spot"): _SPOT,
    ("karpenter.sh/capacity-type", "on-demand"): _ON_DEMAND,
    ("karpenter.sh/capacity-type", "reserved"): _ON_DEMAND,
    ("eks.amazonaws.com/capacitytype", "spot"): _SPOT,
    ("eks.amazonaws.com/capacitytype", "on_demand"): _ON_DEMAND,
    ("eks.amazonaws.com/capacitytype", "capacity_block"): _ON_DEMAND,
    ("node-lifecycle", "spot"): _SPOT,
    ("node-lifecycle", "on-demand"): _ON_DEMAND,
    ("cloud.google.com/gke-spot", "true"): _SPOT,
    ("cloud.google.com/gke-preemptible", "true"): _SPOT,
    ("cloud.google.com/gke-provisioning", "spot"): _SPOT,
    ("cloud.google.com/gke-provisioning", "preemptible"): _SPOT,
    ("cloud.google.com/gke-provisioning", "standard"): _ON_DEMAND,
    ("kubernetes.azure.com/scalesetpriority", "spot"): _SPOT,
    ("kubernetes.azure.com/scalesetpriority", "regular"): _ON_DEMAND,
    ("scheduling.cast.ai/spot", "true"): _SPOT,
    ("scheduling.cast.ai/on-demand", "true"): _ON_DEMAND,
    ("spotinst.io/node-lifecycle", "spot"): _SPOT,
    ("spotinst.io/node-lifecycle", "od"): _ON_DEMAND,
}

#: Of a node that stands in for a spot node of Cast AI that was not to be had: it is labelled as one, so that pods for
#: spot nodes run there, and is paid for as what it is.
FALLBACK_LABEL = "scheduling.cast.ai/spot-fallback"

#: Which GPUs a node of GKE has.
ACCELERATOR_LABEL = "cloud.google.com/gke-accelerator"

#: Names of labels whose value says how a node was bought, whoever has made them up.
CAPACITY_NAMES = re.compile(r"lifecycle|capacity|purchas|provision|market|spot|preempt")
#: Words of labels that somebody has made up: kOps writes `node-role.kubernetes.io/spot-worker`, others
#: `lifecycle: Ec2Spot`.
CAPACITY_WORDS = (
    (_SPOT, re.compile(r"(.*[-_.])?(ec2)?(spot|preemptible)([-_.](worker|instance|node|pool)s?)?")),
    (_ON_DEMAND, re.compile(r"(.*[-_.])?(on-?demand|normal)([-_.](worker|instance|node|pool)s?)?")),
)
#: Words beside those that mean another thing: `non-spot`, `allow-spot`, `prefer-on-demand`.
OTHER_WORDS = frozenset(
    (
        *("no", "non", "not", "never", "without", "anti", "avoid", "exclude", "disable", "disabled"),
        *(
            "allow",
            "allows",
            "allowed",
            "can",
            "may",
            "tolerate",
            "tolerates",
            "prefer",
            "prefers",
            "preferred",
        ),
        *(
            "need",
            "needs",
            "require",
            "requires",
            "required",
            "replace",
            "replaces",
            "former",
            "hot",
            "blind",
        ),
    )
)


def split_words(text: str) -> list[str]:
    """Return the words of a label in lower case."""
    return re.split(r"[-_.]", text)
