"""Node objects as the three clouds' managed Kubernetes would show them. Pure.

The labels and provider IDs are what discovery reads on real clusters: region, zone, instance type, spot.
"""

import math
from collections.abc import Callable

from controller.simulation.api.cluster_state import ClusterState
from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.quantities import parse_quantity
from controller.simulation.api.timestamps import format_time
from controller.simulation.fleet_plan import AKS_SPOT_TAINT, ClusterPlan


def make_node(state: ClusterState, plan: ClusterPlan, index: int, version: str, now: float) -> JsonObject:
    """A Ready spot node; `index` spreads the nodes over the zones."""
    zone = plan.zones[index % len(plan.zones)]
    name, provider_id, labels = _CLOUD_FACTS[plan.provider](state, plan, zone)
    labels |= {
        "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": plan.instance_type,
        "topology.kubernetes.io/region": plan.region, "topology.kubernetes.io/zone": zone,
    }  # fmt: skip
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"providerID": provider_id, "podCIDR": f"10.244.{index}.0/24", **_TAINTS.get(plan.provider, {})},
        "status": {
            "capacity": {"cpu": str(_count_cores(plan)), "memory": "32Gi", "pods": str(plan.node_pods)},
            "allocatable": {"cpu": plan.node_cpu, "memory": plan.node_memory, "pods": str(plan.node_pods)},
            "conditions": [_ready_condition(now)],
            "addresses": [{"type": "Hostname", "address": name}],
            "nodeInfo": {
                "kubeletVersion": version, "operatingSystem": "linux", "architecture": "amd64",
                "kernelVersion": "6.12.0", "osImage": "Simulated", "containerRuntimeVersion": "containerd://2.1.4",
                "bootID": "", "machineID": "", "systemUUID": "", "kubeProxyVersion": version,
            },
        },
    }  # fmt: skip


def make_node_pool(plan: ClusterPlan) -> JsonObject:
    """The NodePool of a cluster that buys machines like its nodes, as many as the plan says."""
    rules = {"node.kubernetes.io/instance-type": plan.instance_type, "karpenter.sh/capacity-type": "spot"}
    requirements = [{"key": key, "operator": "In", "values": [value]} for key, value in rules.items()]
    limits = {"cpu": str(plan.buys * _count_cores(plan))}
    return {
        "metadata": {"name": "default"},
        "spec": {"template": {"spec": {"requirements": requirements}}, "limits": limits},
        "status": {},
    }


def _count_cores(plan: ClusterPlan) -> int:
    """What the machine has, of which a part is not for pods."""
    return math.ceil(parse_quantity(plan.node_cpu))


def _ready_condition(now: float) -> JsonObject:
    stamp = format_time(now)
    return {
        "type": "Ready",
        "status": "True",
        "lastHeartbeatTime": stamp,
        "lastTransitionTime": stamp,
        "reason": "KubeletReady",
        "message": "kubelet is posting ready status",
    }


_Facts = tuple[str, str, dict[str, str]]
"""(node name, provider ID, labels that only this cloud sets)"""


def _aws_facts(state: ClusterState, plan: ClusterPlan, zone: str) -> _Facts:
    number = state.chance.getrandbits(16)
    name = f"ip-10-0-{number >> 8}-{number & 255}.{plan.region}.compute.internal"
    instance = f"i-{state.chance.getrandbits(68):017x}"
    return name, f"aws:///{zone}/{instance}", {"eks.amazonaws.com/capacityType": "SPOT"}


def _gcp_facts(state: ClusterState, plan: ClusterPlan, zone: str) -> _Facts:
    name = f"gke-{plan.region}-spot-{state.random_suffix(8)}-{state.random_suffix(4)}"
    labels = {"cloud.google.com/gke-spot": "true", "cloud.google.com/gke-provisioning": "spot"}
    return name, f"gce://simulated-project/{zone}/{name}", labels


def _azure_facts(state: ClusterState, plan: ClusterPlan, zone: str) -> _Facts:
    pool = state.chance.getrandbits(24) % 10**8
    number = state.chance.randrange(36**3)
    name = f"aks-spot-{pool:08d}-vmss{number:06d}"
    provider_id = (
        "azure:///subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/simulated/providers/"
        f"Microsoft.Compute/virtualMachineScaleSets/aks-spot-{pool:08d}-vmss/virtualMachines/{number}"
    )
    labels = {"kubernetes.azure.com/scalesetpriority": "spot", "kubernetes.azure.com/cluster": "simulated"}
    return name, provider_id, labels


#: Provider → what its managed Kubernetes adds to each node of a spot pool. AKS alone taints them by itself.
_TAINTS: dict[str, JsonObject] = {"azure": {"taints": [dict(AKS_SPOT_TAINT)]}}

_CLOUD_FACTS: dict[str, Callable[[ClusterState, ClusterPlan, str], _Facts]] = {
    "aws": _aws_facts, "gcp": _gcp_facts, "azure": _azure_facts,
}  # fmt: skip
"""Provider → its facts about a node."""
