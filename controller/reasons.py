"""Every refusal, hold and failure of the controller as a code with its sentence. Pure.

The only place where these sentences are written. A refusal is the plan's or a rule's answer to "may this move
happen?"; how a reason is made, shown and encoded stands in `oracle/reason.py`.
"""

from __future__ import annotations

from oracle.reason import ReasonCode, Severity

_INFO, _WARNING = Severity.INFO, Severity.WARNING


class Code(ReasonCode):
    """The controller's reasons, by the part that gives them."""

    # decision: what is asked about does not exist
    NO_WORKLOAD = "no_workload", _INFO, "there is no workload {workload}"
    NO_CONTEXT = "no_context", _INFO, "there is no context {context}"

    # decision: the workload
    MOVE_RUNNING = "move_running", _INFO, "it is being moved right now"
    MOVE_UNFINISHED = (
        "move_unfinished",
        _INFO,
        "its move from {source} to {target} is not finished; it goes on where both are armed",
    )
    NO_REPLICAS = "no_replicas", _INFO, "it has no replicas to move"
    NO_REQUESTS = (
        "no_requests",
        _INFO,
        "a container requests no CPU or no memory, so neither its cost nor the room it needs is known",
    )
    NOT_AVAILABLE = (
        "not_available",
        _INFO,
        "{available} of its {replicas:of replica} are available; let it become healthy first",
    )
    NO_HOME_NODE = (
        "no_home_node",
        _INFO,
        "no ready node of its own cluster is one whose type is known and on which it fits",
    )
    COOLDOWN = "cooldown", _INFO, "it was moved {ago:duration} ago and rests for {rest:duration}"
    STATE_UNKNOWN = (
        "state_unknown",
        _INFO,
        "the size of its state is not declared; annotate the Deployment with {annotation} (0: none)",
    )

    # decision: a cluster, as the source or as a target
    CONTEXT_NOT_REACHABLE = "context_not_reachable", _INFO, "{context} is {health}: {detail}"
    CONTEXT_INCOMPLETE = "context_incomplete", _INFO, "{context} has not been read completely yet"
    CONTEXT_UNIDENTIFIED = (
        "context_unidentified",
        _INFO,
        "the identity of {context} (the UID of its namespace kube-system) could not be read",
    )
    CONTEXT_WITHOUT_NODES = (
        "context_without_nodes",
        _INFO,
        "{context} has no ready node whose instance type is known",
    )
    TARGET_DENIED = "target_denied", _INFO, "{target} is on the deny list"
    TARGET_NOT_ALLOWED = "target_not_allowed", _INFO, "{target} is not on the allow list"

    # decision: the workload in a target
    SAME_CLUSTER = "same_cluster", _INFO, "source and target are the same cluster"
    NAME_TAKEN = "name_taken", _INFO, "{target} already runs {replicas:of replica} under this name"
    NO_NODE_FITS = (
        "no_node_fits",
        _INFO,
        "no node of {target} holds a pod of {cpu_cores:g} cores and {memory_gib:.4g} GiB",
    )
    OTHER_ARCHITECTURE = (
        "other_architecture",
        _INFO,
        "the nodes of {target} are {there:list}, the workload runs on {here:list}",
    )
    ROOM_UNKNOWN = "room_unknown", _INFO, "the free room of {target} is not known"
    NO_ROOM = (
        "no_room",
        _INFO,
        "not enough room in {target}: {needed_cpu_cores:g} cores and {needed_memory_gib:.4g} GiB needed, "
        "{free_cpu_cores:g} cores and {free_memory_gib:.4g} GiB free",
    )

    # decision: prices and money
    PRICE_UNKNOWN = "price_unknown", _INFO, "there is no current price of {offering} for {context}"
    NODE_SIZE_UNKNOWN = (
        "node_size_unknown",
        _INFO,
        "the nodes of {context} ({offering}) report no size from which a price could follow",
    )
    NO_FRESH_PRICE = (
        "no_fresh_price",
        _WARNING,
        "there is no fresh price for both regions; waiting for the next quote",
    )
    PRICES_SIMULATED = (
        "prices_simulated",
        _INFO,
        "the prices of {contexts:list} are simulated, which nobody charges; give real ones with --prices or --redis",
    )
    EGRESS_UNKNOWN = "egress_unknown", _INFO, "the egress price from {source} to {target} is not known"
    NODE_TOO_DEAR = (
        "node_too_dear",
        _INFO,
        "a node of {target} costs {node_usd_per_hour:usd} per hour, more than the limit of {limit_usd_per_hour:usd}",
    )
    NOT_CHEAPER = (
        "not_cheaper",
        _INFO,
        "the target is not cheaper: {target_usd_per_day:usd} a day against {source_usd_per_day:usd} here",
    )
    COSTS_MORE = (
        "costs_more",
        _INFO,
        "the move costs {cost_usd:usd}, more than the {savings_usd:usd} it saves in {hours:g} h",
    )
    SHARE_TOO_SMALL = (
        "share_too_small",
        _INFO,
        "it saves {share:percent} of the rate, less than the minimum of {minimum:percent}",
    )
    GAIN_TOO_SMALL = (
        "gain_too_small",
        _INFO,
        "it gains {net_usd:usd} in {hours:g} h, less than the minimum of {minimum_usd:usd}",
    )
    PAYS = (
        "pays",
        _INFO,
        "it saves {savings_usd:usd} in {hours:g} h and costs {cost_usd:usd} to move: {net_usd:usd} net",
    )
    BETTER_TARGET = (
        "better_target",
        _INFO,
        "{best} is better: {best_usd:usd} net in the window against {usd:usd}, the way back considered",
    )

    # decision: how much moving is allowed, and what a person has to allow
    EGRESS_SPENT = (
        "egress_spent",
        _INFO,
        "{spent_usd:usd} of egress was spent in the last 24 hours; {more_usd:usd} more exceed {limit_usd:usd}",
    )
    DAY_SPENT = (
        "day_spent",
        _INFO,
        "{moves:of move} began in the last 24 hours; the limit is {limit}",
    )
    CONCURRENCY_SPENT = (
        "concurrency_spent",
        _INFO,
        "{moves:of migration} in progress; at most {limit} may be at once",
    )
    PREFLIGHT_REFUSED = (
        "preflight_refused",
        _INFO,
        "its last move to {target} was refused {ago:duration} ago: {detail}; a dry run by name tries again",
    )
    NOT_ARMED = "not_armed", _WARNING, "not armed (read-only): {contexts:list}; arm to allow changes there"

    # decision: a confirmation that is not taken up
    PLAN_CHANGED = (
        "plan_changed",
        _WARNING,
        "the workload, the target or a price has changed since; look at the new dry run and confirm again",
    )
    NOT_STARTED = "not_started", _WARNING, "{detail}"
    UNEXPECTED = (
        "unexpected",
        _WARNING,
        "an unexpected error stood in the way: {error}; the log has more",
    )

    # a reason that a journal holds as its sentence only
    RECORDED = "recorded", _INFO, "{sentence}"

    # clusters: what stands in the way of moving a workload, as its Deployment shows it
    PAUSED = "paused", _INFO, "its rollout is paused"
    OWNED = "owned", _INFO, "it is managed by {kind} {name}"
    GITOPS = "gitops", _INFO, "{tool} manages it and would undo the move"
    BEING_DELETED = "being_deleted", _INFO, "it is being deleted"
    VOLUME_CLAIM = "volume_claim", _INFO, "it uses the persistent volume claim {volume}"
    EPHEMERAL_VOLUME = "ephemeral_volume", _INFO, "it uses the ephemeral volume {volume}"
    HOST_PATH = "host_path", _INFO, "it mounts a path of its node as {volume}"
    LOCAL_VOLUME = "local_volume", _INFO, "it uses the local volume {volume}"
    HOST_NETWORK = "host_network", _INFO, "it uses its node's network (hostNetwork)"
    HOST_PORT = "host_port", _INFO, "it binds a port of its node (hostPort)"
    PINNED = "pinned", _INFO, "it is pinned to the node {node}"
    PLACE_SELECTED = "place_selected", _INFO, "its node selector names a place ({label})"
    NODE_SELECTED = "node_selected", _INFO, "its node selector names one node"
    STATE_UNREADABLE = "state_unreadable", _INFO, "its annotation {annotation} is not a number of gigabytes"

    # clusters: what was checked on an API server
    CHECK_UNANSWERED = "check_unanswered", _WARNING, "{context} gave no answer: {detail}"
    REPLICAS_UNOWNED = "replicas_unowned", _INFO, "nobody else manages the replicas"
    REPLICAS_SET_ONCE = "replicas_set_once", _INFO, "last set by {managers:list}"
    REPLICAS_OWNED = (
        "replicas_owned",
        _WARNING,
        "{owners:list} manages the replicas and would set them back; let it ignore them first",
    )
    NO_QUOTAS = "no_quotas", _INFO, "no quotas there"
    QUOTA_SHORT = (
        "quota_short",
        _WARNING,
        "in {context} the quota {quota} leaves {room:f} of {resource}, {needed:f} are needed",
    )
    QUOTA_UNREADABLE = (
        "quota_unreadable",
        _WARNING,
        "in {context} the quota {quota} has an unreadable limit of {resource}",
    )
    DEPENDENCY_MISSING = (
        "dependency_missing",
        _WARNING,
        "{context} has no {resource} {name}; create it there first",
    )
    PERMISSION_MISSING = (
        "permission_missing",
        _WARNING,
        "these credentials may not {permission} in {place} of {context} ({detail}); "
        "ask the cluster's administrator for it",
    )
