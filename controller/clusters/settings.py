"""How clusters are reached and watched. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from oracle.market import CapacityType


@dataclass(frozen=True, slots=True)
class KubeSettings:
    """How one API server is spoken to."""

    #: Seconds to open a TCP connection. Three: two lost SYNs.
    connect_timeout_s: float = 3.0
    #: Seconds for a whole request. Far below a migration Lease's 30 s, so that a slow server cannot outlive
    #: it.
    request_timeout_s: float = 10.0
    #: Seconds after which we ask the server to end a watch. Five minutes, as the usual clients do.
    watch_timeout_s: float = 300.0
    #: Seconds that a watch may be silent beyond the time at which the server should have ended it; then it is broken.
    watch_slack_s: float = 10.0
    #: Largest answer that is read, bytes. Arbitrary; protects the memory from a broken or hostile server.
    max_answer_bytes: int = 64 * 1024 * 1024
    #: Credential plugins (`exec` in a kubeconfig) that may be run: bare names, which are looked for in the PATH, or
    #: absolute paths. Empty: none, because a kubeconfig from somewhere else would run any program. "*": all.
    allowed_exec_plugins: frozenset[str] = frozenset()
    #: Allowed plugin -> the variables of the kubeconfig that it gets. A kubeconfig that sets another one for it waits
    #: for consent, and the plugin does not run: a variable can make it run another program or be somebody else.
    exec_plugin_env: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    #: Seconds that a credential plugin may take.
    exec_plugin_timeout_s: float = 30.0
    #: Contexts whose `insecure-skip-tls-verify` is confirmed: they may be looked at. Any other is refused.
    insecure_tls_contexts: frozenset[str] = frozenset()
    #: Those of them that may also be changed: whoever took the server's place would answer for what was moved.
    insecure_tls_moves: frozenset[str] = frozenset()
    #: Whether HTTP(S)_PROXY of the environment is used. Off: a proxy sees every request; `proxy-url` of the
    #: kubeconfig is always used, and shown as a warning.
    use_environment_proxy: bool = False
    #: Directory in which client keys lie for the moment of loading; None: the system's. Best a 0700 directory
    #: in memory.
    runtime_directory: str | None = None
    #: Names us in the cluster's audit log.
    user_agent: str = "sentinelaura"


@dataclass(frozen=True, slots=True)
class ContextOverride:
    """What the configuration says of a context instead of its node labels; None: take the labels."""

    provider: str | None = None
    region: str | None = None
    instance_type: str | None = None
    capacity_type: CapacityType | None = None
    #: The only namespace to look into, where the credentials reach no further; None: all namespaces.
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """Which contexts are looked at, and how often."""

    #: The only contexts that are contacted; None: all of the kubeconfig. No plugin runs for any other.
    contexts: frozenset[str] | None = None
    #: context -> what the configuration says of it.
    overrides: Mapping[str, ContextOverride] = field(default_factory=lambda: MappingProxyType({}))
    kube: KubeSettings = KubeSettings()
    #: Objects per page of a list: the loop stands still while one page is decoded, about 20 ms for 200 pods.
    page_size: int = 200
    #: Seconds after which one watch of each cluster ends and begins anew: the longest that a dead connection, which
    #: looks like a quiet cluster, can go unnoticed (plus `watch_slack_s`).
    heartbeat_s: float = 20.0
    #: Seconds before the first retry of a context that did not answer; doubled up to the maximum, with
    #: jitter.
    retry_initial_s: float = 1.0
    retry_maximum_s: float = 60.0
    #: Seconds during which changes are gathered before one notification goes out.
    coalesce_s: float = 0.1
