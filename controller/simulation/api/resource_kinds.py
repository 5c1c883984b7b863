"""The kinds that a simulated cluster serves, with what discovery, routing and generations need to know. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class ResourceKind:
    """One served kind; compared and hashed by identity because each exists once, in this module."""

    group: str
    """API group, "" for the core group."""
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    has_status: bool = False
    has_scale: bool = False
    counts_generation: bool = False
    """Whether a changed spec raises metadata.generation."""
    short_names: tuple[str, ...] = ()
    selectable_fields: tuple[str, ...] = ()
    """What a fieldSelector may name beside name and namespace."""
    is_review: bool = False
    """Only `create`, answered at once and never stored."""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified_plural(self) -> str:
        """As error messages name it: `deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """As validation messages name it: `Deployment.apps`, `Pod`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


NAMESPACES = ResourceKind(
    "", "v1", "namespaces", "Namespace", False,
    has_status=True, short_names=("ns",), selectable_fields=("status.phase",),
)  # fmt: skip
NODES = ResourceKind(
    "", "v1", "nodes", "Node", False,
    has_status=True, short_names=("no",), selectable_fields=("spec.unschedulable",),
)  # fmt: skip
PODS = ResourceKind(
    "", "v1", "pods", "Pod", has_status=True, counts_generation=True, short_names=("po",),
    selectable_fields=("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
                       "status.phase", "status.podIP"),
)  # fmt: skip
CONFIG_MAPS = ResourceKind("", "v1", "configmaps", "ConfigMap", short_names=("cm",))
SECRETS = ResourceKind("", "v1", "secrets", "Secret")
SERVICES = ResourceKind("", "v1", "services", "Service", has_status=True, short_names=("svc",))
SERVICE_ACCOUNTS = ResourceKind("", "v1", "serviceaccounts", "ServiceAccount", short_names=("sa",))
RESOURCE_QUOTAS = ResourceKind(
    "", "v1", "resourcequotas", "ResourceQuota", has_status=True, short_names=("quota",)
)
LIMIT_RANGES = ResourceKind("", "v1", "limitranges", "LimitRange", short_names=("limits",))
EVENTS = ResourceKind(
    "", "v1", "events", "Event", short_names=("ev",),
    selectable_fields=("involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
                       "reason", "reportingComponent", "type"),
)  # fmt: skip
PERSISTENT_VOLUME_CLAIMS = ResourceKind(
    "", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", has_status=True, short_names=("pvc",)
)
DEPLOYMENTS = ResourceKind(
    "apps", "v1", "deployments", "Deployment",
    has_status=True, has_scale=True, counts_generation=True, short_names=("deploy",),
)  # fmt: skip
REPLICA_SETS = ResourceKind(
    "apps", "v1", "replicasets", "ReplicaSet",
    has_status=True, has_scale=True, counts_generation=True, short_names=("rs",),
)  # fmt: skip
LEASES = ResourceKind("coordination.k8s.io", "v1", "leases", "Lease")
DISRUPTION_BUDGETS = ResourceKind(
    "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget",
    has_status=True, counts_generation=True, short_names=("pdb",),
)  # fmt: skip
AUTOSCALERS = ResourceKind(
    "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler",
    has_status=True, short_names=("hpa",),
)  # fmt: skip
NETWORK_POLICIES = ResourceKind(
    "networking.k8s.io",
    "v1",
    "networkpolicies",
    "NetworkPolicy",
    counts_generation=True,
    short_names=("netpol",),
)
INGRESSES = ResourceKind(
    "networking.k8s.io", "v1", "ingresses", "Ingress",
    has_status=True, counts_generation=True, short_names=("ing",),
)  # fmt: skip
PRIORITY_CLASSES = ResourceKind(
    "scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", False, short_names=("pc",)
)
STORAGE_CLASSES = ResourceKind(
    "storage.k8s.io", "v1", "storageclasses", "StorageClass", False, short_names=("sc",)
)
RUNTIME_CLASSES = ResourceKind("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", False)
NODE_POOLS = ResourceKind("karpenter.sh", "v1", "nodepools", "NodePool", False, has_status=True)
VERTICAL_AUTOSCALERS = ResourceKind(
    "autoscaling.k8s.io",
    "v1",
    "verticalpodautoscalers",
    "VerticalPodAutoscaler",
    has_status=True,
    short_names=("vpa",),
)
SELF_ACCESS_REVIEWS = ResourceKind(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False, is_review=True
)

ALL_KINDS: tuple[ResourceKind, ...] = (
    NAMESPACES, NODES, PODS, CONFIG_MAPS, SECRETS, SERVICES, SERVICE_ACCOUNTS, RESOURCE_QUOTAS, LIMIT_RANGES, EVENTS,
    PERSISTENT_VOLUME_CLAIMS, DEPLOYMENTS, REPLICA_SETS, LEASES, DISRUPTION_BUDGETS, AUTOSCALERS, NETWORK_POLICIES,
    INGRESSES, PRIORITY_CLASSES, STORAGE_CLASSES, RUNTIME_CLASSES, NODE_POOLS, VERTICAL_AUTOSCALERS,
    SELF_ACCESS_REVIEWS,
)  # fmt: skip

KINDS_BY_PATH: dict[tuple[str, str, str], ResourceKind] = {
    (kind.group, kind.version, kind.plural): kind for kind in ALL_KINDS
}
"""(group, version, plural) → kind."""
