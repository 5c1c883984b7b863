"""How clusters are reached and watched. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

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
    exec_plugin_timeout_s: float = setting(
        30.0, "How long a credential plugin may take.", minimum=1, maximum=300
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

    promises: ClassVar[tuple[Promise, ...]] = (
        Promise(
            ("connect_timeout_s", "request_timeout_s"),
            lambda given: given.connect_timeout_s <= given.request_timeout_s,
            "connect_timeout_s must not be longer than request_timeout_s, which it is a part of",
        ),
    )


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
        None, "How its nodes are bought.", none="as its node labels say"
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
    namespace: str | None = setting(
        None,
        "The only namespace to look into, where the credentials reach no further.",
        none="all namespaces",
        example='"shop"',
    )


#: What the configuration has to say of a context whose nodes may not be listed.
NODE_DECLARATION = ("provider", "region", "instance_type", "node_cpu_cores", "node_memory_gib")


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
    kube: KubeSettings = section(KubeSettings(), "clusters")
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
        "`watch_slack_s`).",
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
    coalesce_s: float = setting(
        0.1, "How long changes are gathered before one notification goes out.", minimum=0, maximum=5
    )

    promises: ClassVar[tuple[Promise, ...]] = (
        Promise(
            ("retry_initial_s", "retry_maximum_s"),
            lambda given: given.retry_initial_s <= given.retry_maximum_s,
            "retry_initial_s must not be longer than retry_maximum_s",
        ),
    )
