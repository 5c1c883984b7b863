"""How clusters are reached and watched. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from controller.clusters.arming import ArmingTerms
from controller.clusters.capacity_labels import CapacityLabels, is_label
from controller.clusters.credential_servers import is_server_name
from controller.clusters.regional_differences import is_declarable
from oracle.foundation.setting import Promise, section, setting, table, table_of_lists
from oracle.market import CapacityType

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class KubeSettings:
    """How one API server is spoken to."""

    connect_timeout_s: float = setting(
        3.0, "How long opening a TCP connection may take. Three: two lost SYNs.", minimum=0.5, maximum=30
    )
    request_timeout_s: float = setting(
        10.0,
        "How long a whole request may take. Far below a migration Lease's 30 s, so that a slow server cannot "
        "outlive it.",
        minimum=1,
        maximum=60,
    )
    watch_timeout_s: float = setting(
        300.0,
        "After how long we ask the server to end a watch. Five minutes, as the usual clients do.",
        minimum=30,
        maximum=3600,
    )
    watch_slack_s: float = setting(
        10.0,
        "How long a watch may be silent beyond the time at which the server should have ended it; then it is "
        "broken.",
        minimum=1,
        maximum=60,
    )
    max_answer_bytes: int = setting(
        64 * _MIB,
        "Largest answer that is read. Arbitrary; protects the memory from a broken or hostile server.",
        minimum=_MIB,
        maximum=1024 * _MIB,
    )
    allowed_exec_plugins: frozenset[str] = setting(
        frozenset(),
        "Credential plugins (`exec` in a kubeconfig) that may be run: bare names, which are looked for in the PATH, "
        "or absolute paths; `*` allows all. None unless named, because a kubeconfig from somewhere else would run "
        "any program.",
        key="allowed_exec_plugins",
        example='["aws", "/usr/bin/gke-gcloud-auth-plugin"]',
    )
    exec_plugin_env: Mapping[str, frozenset[str]] = table_of_lists(
        "Allowed plugin and the variables of the kubeconfig that it gets. A kubeconfig that sets another one for it "
        "waits for consent, and the plugin does not run: a variable can make it run another program or be somebody "
        "else.",
        key="exec_plugin_env",
        example='{aws = ["AWS_PROFILE"]}',
    )
    exec_plugin_servers: Mapping[str, frozenset[str]] = table_of_lists(
        "Allowed plugin and the servers to which its credential may be sent, and the proxies (`proxy-url`) through "
        "which: `https://host:port`, `https://*.domain` for all below it, `*` for any. A kubeconfig that names another "
        "one waits for consent, and the plugin does not run: whoever wrote it would be given a token of yours. The "
        "plugins of AWS, Azure and Google Cloud need no entry for the clusters that these run under their own domains. "
        "Not asked where `allowed_exec_plugins` has `*`, which lets a kubeconfig run anything.",
        key="exec_plugin_servers",
        example='{gke-gcloud-auth-plugin = ["https://34.90.1.2"]}',
    )
    exec_plugin_timeout_s: float = setting(
        30.0, "How long a credential plugin may take.", minimum=1, maximum=300
    )
    token_files: Mapping[str, frozenset[str]] = table_of_lists(
        "File whose content a kubeconfig may have sent as a token (`tokenFile`), and the servers to which; they are "
        "written as in `exec_plugin_servers`. Any other is refused: it would be a way to read any secret of yours.",
        key="token_files",
        example='{"/var/run/secrets/kubernetes.io/serviceaccount/token" = ["https://kubernetes.default.svc"]}',
    )
    insecure_tls_contexts: frozenset[str] = setting(
        frozenset(),
        "Contexts whose `insecure-skip-tls-verify` is confirmed: they may be looked at. Any other is refused.",
        key="insecure_tls_contexts",
        example='["kind-local"]',
    )
    insecure_tls_moves: frozenset[str] = setting(
        frozenset(),
        "Those of `insecure_tls_contexts` that may also be changed: whoever took the server's place would answer for "
        "what was moved.",
        key="insecure_tls_moves",
        example='["kind-local"]',
    )
    use_environment_proxy: bool = setting(
        False,
        "Whether HTTP(S)_PROXY of the environment is used. Off: a proxy sees every request; `proxy-url` of the "
        "kubeconfig is always used, and shown as a warning.",
    )
    user_agent: str = setting(
        "sentinelaura",
        "Names us in the cluster's audit log.",
        pattern=r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}",
        allowed="up to 64 letters, digits and ._/-",
    )
    #: Directory in which client keys lie for the moment of loading, given by the composition; None: the system's.
    #: Best a 0700 directory in memory.
    runtime_directory: str | None = None

    @property
    def named_servers(self) -> frozenset[str]:
        """All servers that are named for a credential of this machine."""
        return frozenset().union(*self.exec_plugin_servers.values(), *self.token_files.values())

    promises: ClassVar[tuple[Promise, ...]] = (
        Promise(
            ("connect_timeout_s", "request_timeout_s"),
            lambda given: given.connect_timeout_s <= given.request_timeout_s,
            "connect_timeout_s must not be longer than request_timeout_s, which it is a part of",
        ),
        Promise(
            ("exec_plugin_servers", "token_files"),
            lambda given: all(map(is_server_name, given.named_servers)),
            "exec_plugin_servers and token_files must name servers as https://host:port, https://*.domain or *",
        ),
    )


#: Namespaces of one context that can be watched, each by three connections of the hundred that a client may open.
MOST_NAMESPACES = 24
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class ContextOverride:
    """What the configuration says of a context instead of its node labels."""

    provider: str | None = setting(
        None, "The cloud that the context runs in.", none="as its node labels say", example='"aws"'
    )
    region: str | None = setting(
        None,
        "The region that it runs in, by the cloud's name.",
        none="as its node labels say",
        example='"eu-west-1"',
    )
    instance_type: str | None = setting(
        None,
        "What its nodes are, by the cloud's name.",
        none="as its node labels say",
        example='"m5.2xlarge"',
    )
    capacity_type: CapacityType | None = setting(
        None, "How its nodes are bought.", none="as its node labels say", example='"spot"'
    )
    node_cpu_cores: float | None = setting(
        None,
        "How many cores a pod can have on one of its nodes, where nodes may not be listed.",
        unit="cores",
        none="as its nodes say",
        example="7.9",
        minimum=0.1,
        maximum=10_000,
    )
    node_memory_gib: float | None = setting(
        None,
        "How much memory a pod can have on one of its nodes, where nodes may not be listed.",
        unit="GiB",
        none="as its nodes say",
        example="29",
        minimum=0.1,
        maximum=100_000,
    )
    room_cpu_cores: float | None = setting(
        None,
        "How many cores all pods that are seen may ask for together, where free room cannot be counted or should be "
        "less: what they ask for now is taken off.",
        unit="cores",
        none="what its nodes have left, where nodes and the pods of all namespaces may be listed; else not known",
        example="40",
        minimum=0,
        maximum=10_000_000,
    )
    room_memory_gib: float | None = setting(
        None,
        "How much memory all pods that are seen may ask for together; goes with `room_cpu_cores`.",
        unit="GiB",
        none="as with `room_cpu_cores`",
        example="160",
        minimum=0,
        maximum=100_000_000,
    )
    buys: frozenset[str] = setting(
        frozenset(),
        "Types of machines, by the cloud's name, that an autoscaler of the cluster buys for pods that find no room, "
        "where its pools cannot be read; how, says `capacity_type`. Their size is that of such a node anywhere in the "
        "fleet.",
        example='["m5.2xlarge"]',
    )
    buys_nodes: int = setting(
        10, "How many machines it buys at most, beside those that are there.", minimum=1, maximum=1000
    )
    namespaces: frozenset[str] | None = setting(
        None,
        "The only namespaces to look into, where the credentials reach no further; each takes three connections.",
        none="all namespaces",
        example='["shop", "billing"]',
    )

    def has_usable_namespaces(self) -> bool:
        """Whether each can be one, and all can be watched."""
        names = self.namespaces
        return names is None or (0 < len(names) <= MOST_NAMESPACES and all(map(_NAMESPACE.fullmatch, names)))

    def has_whole_room(self) -> bool:
        """Whether its room is said of cores and memory, or of neither."""
        return (self.room_cpu_cores is None) == (self.room_memory_gib is None)


#: What the configuration has to say of a context whose nodes may not be listed.
NODE_DECLARATION = (
    *("provider", "region", "instance_type", "capacity_type"),
    *("node_cpu_cores", "node_memory_gib"),
)
#: What it has to say of one whose free room cannot be counted.
ROOM_DECLARATION = ("room_cpu_cores", "room_memory_gib")


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """Which contexts are looked at, and how often."""

    contexts: frozenset[str] | None = setting(
        None,
        "The only contexts that are contacted; no plugin runs for any other.",
        none="all of the kubeconfig",
        key="use_contexts",
        flag="--context NAME",
        example='["prod-eu", "prod-us"]',
    )
    overrides: Mapping[str, ContextOverride] = table(
        ContextOverride,
        "What a person says of a context instead of its node labels: one table `[contexts.NAME]` for each.",
        key="contexts",
        example='{prod-eu = {provider = "aws", region = "eu-west-1"}}',
    )
    armed: Mapping[str, ArmingTerms] = table(
        ArmingTerms,
        "The clusters that may be changed, until the program ends: one table `[armed.NAME]` for each context. What no "
        "table names is read-only until somebody arms it.",
        key="armed",
        example='{prod-eu = {cluster_uid = "1f0c9a4e-6d5b-4c2f-9a57-0b8f6f2f7a11", namespaces = ["shop"]}}',
    )
    kube: KubeSettings = section(KubeSettings(), "clusters")
    regional_differences: frozenset[str] = setting(
        frozenset(),
        "In what the pod templates of one workload may differ from region to region where it runs in several: "
        "`image-registry` (not the image's name or version), `node-selector`, `env:NAME` for a variable of the "
        "environment. Between Deployments that differ in anything else no replicas are shifted until somebody accepts "
        "it.",
        example='["image-registry", "env:REGION"]',
    )
    spot_labels: frozenset[str] = setting(
        frozenset(),
        "Labels by which nodes say that they are spot, beside those of clouds and provisioners that are known: "
        "`key=value`, or `key` where its value is empty or says yes (`true`, `yes`, `1`). Where another label says "
        "on demand of the same node, how it was bought is unknown.",
        example='["example.com/lifecycle=interruptible", "example.com/cheap"]',
    )
    on_demand_labels: frozenset[str] = setting(
        frozenset(),
        "Labels by which nodes say that they are bought on demand, written as `spot_labels`.",
        example='["example.com/lifecycle=steady"]',
    )
    page_size: int = setting(
        200,
        "How many objects one page of a list holds: the loop stands still while a page is decoded, about 20 ms for "
        "200 pods.",
        unit="objects",
        minimum=10,
        maximum=5000,
    )
    heartbeat_s: float = setting(
        20.0,
        "After how long one watch of each cluster ends and begins anew, and each of its others after three times as "
        "long: the longest that a dead connection, which looks like a quiet cluster, can go unnoticed (plus "
        "`watch_slack_s`). What was read twice as long ago, and `watch_slack_s` and `request_timeout_s` more, is "
        "unknown.",
        minimum=5,
        maximum=300,
    )
    retry_initial_s: float = setting(
        1.0,
        "Before the first retry of a context that did not answer; doubled up to the maximum, with jitter.",
        minimum=0.1,
        maximum=60,
    )
    retry_maximum_s: float = setting(
        60.0, "The longest pause between two retries of a context.", minimum=1, maximum=3600
    )
    usage_interval_s: float = setting(
        300.0,
        "How often metrics-server is asked what pods use, where a workload does not say what it requests and this "
        "account may ask. The most of an hour counts.",
        minimum=60,
        maximum=3600,
    )
    assumed_pod_cpu_cores: float | None = setting(
        None,
        "How many cores a pod is taken to use of which neither itself nor its namespace's defaults nor metrics-server "
        "says it.",
        unit="cores",
        none="it is unknown, and unknown is never offered",
        example="0.25",
        minimum=0.001,
        maximum=1000,
    )
    assumed_pod_memory_gib: float | None = setting(
        None,
        "How much memory a pod is taken to use of which nobody says it.",
        unit="GiB",
        none="it is unknown, and unknown is never offered",
        example="0.5",
        minimum=0.001,
        maximum=100_000,
    )
    coalesce_s: float = setting(
        0.1, "How long changes are gathered before one notification goes out.", minimum=0, maximum=5
    )

    @property
    def capacity_labels(self) -> CapacityLabels:
        """By which labels nodes say how they were bought, as a person declares it."""
        return CapacityLabels(self.spot_labels, self.on_demand_labels)

    promises: ClassVar[tuple[Promise, ...]] = (
        Promise(
            ("retry_initial_s", "retry_maximum_s"),
            lambda given: given.retry_initial_s <= given.retry_maximum_s,
            "retry_initial_s must not be longer than retry_maximum_s",
        ),
        Promise(
            ("overrides",),
            lambda given: all(one.has_usable_namespaces() for one in given.overrides.values()),
            f"the namespaces of a context must be names of namespaces, at most {MOST_NAMESPACES}: each is watched by "
            "itself",
        ),
        Promise(
            ("overrides",),
            lambda given: all(one.has_whole_room() for one in given.overrides.values()),
            "room_cpu_cores and room_memory_gib of a context must be given together: pods need both",
        ),
        Promise(
            ("armed",),
            lambda given: all(terms.cluster_uid is not None for terms in given.armed.values()),
            "armed needs the cluster_uid of each context, or another cluster behind its name would be armed",
        ),
        Promise(
            ("regional_differences",),
            lambda given: all(map(is_declarable, given.regional_differences)),
            "regional_differences knows image-registry, node-selector, and env:NAME for a variable of the environment",
        ),
        Promise(
            ("spot_labels", "on_demand_labels"),
            lambda given: all(map(is_label, given.spot_labels | given.on_demand_labels)),
            "spot_labels and on_demand_labels must be labels of Kubernetes, written key=value or key",
        ),
        Promise(
            ("spot_labels", "on_demand_labels"),
            lambda given: not given.spot_labels & given.on_demand_labels,
            "a label cannot stand in both spot_labels and on_demand_labels: it would say nothing",
        ),
    )
