"""Every refusal, hold and failure of the controller as a code with its sentence. Pure.

The only place where these sentences are written. The text of a code stands in journals, reports and metrics: it is
not changed with the sentence. A refusal is the plan's or a rule's answer to "may this move happen?"; how
a reason is made, shown and encoded stands in `oracle/foundation/reason.py`.
"""

from __future__ import annotations

from enum import unique

from oracle.foundation.reason import ReasonCode, Severity

_INFO, _WARNING = Severity.INFO, Severity.WARNING


def _or_accept(name: str) -> str:
    """The end of a sentence about what a person may accept; the names are those of `clusters/acceptance.py`."""
    return f"; the annotation sentinelaura.io/accept: {name} accepts that"


@unique
class Code(ReasonCode):
    """The controller's reasons, by the part that gives them."""

    # decision: what is asked about does not exist
    NO_WORKLOAD = "no_workload", _INFO, "there is no workload {workload}"
    NO_CONTEXT = "no_context", _INFO, "there is no context {context}"
    PLACE_UNKNOWN = (
        "place_unknown",
        _INFO,
        "provider and region of {contexts:list} are not known; `[contexts.NAME]` can say them",
    )

    # decision: the workload
    MOVE_RUNNING = "move_running", _INFO, "it is being moved from {source} to {target} right now"
    MOVE_UNFINISHED = (
        "move_unfinished",
        _INFO,
        "its move from {source} to {target} is not finished; it goes on where both are armed, "
        "and `sentinelaura migrations list` shows how to end it",
    )
    NO_REPLICAS = "no_replicas", _INFO, "it has no replicas to move"
    AT_MINIMUM = (
        "at_minimum",
        _INFO,
        "it runs {replicas:of replica}, and no fewer than {minimum} are to stay where they are",
    )
    NO_REQUESTS = (
        "no_requests",
        _INFO,
        "a container requests no CPU or no memory, and neither its running pods nor metrics-server nor the "
        "configuration (assumed_pod_cpu_cores, assumed_pod_memory_gib) says how much it takes, so neither its cost "
        "nor the room it needs is known",
    )
    NOT_AVAILABLE = (
        "not_available",
        _INFO,
        "{available} of its {replicas:of replica} are available; wait until all are, "
        "because a move keeps no more than those safe",
    )
    NO_HOME_NODE = (
        "no_home_node",
        _INFO,
        "no ready node of its own cluster is one whose type is known and on which it fits",
    )
    PODS_UNPRICED = (
        "pods_unpriced",
        _INFO,
        "some of its pods run on nodes of {context} of which nobody says what they are, so that what it costs is not "
        "known; `sentinelaura contexts --nodes` names them",
    )
    COOLDOWN = "cooldown", _INFO, "it was moved {ago:duration} ago and rests for {rest:duration}"
    LAST_MOVE_UNKNOWN = (
        "last_move_unknown",
        _INFO,
        "how its move from {source} to {target} ended is not known; it was last heard of {ago:duration} ago, and the "
        "workload rests for {rest:duration}; `sentinelaura migrations list` shows whether it goes on",
    )
    TARGET_RESTS = (
        "target_rests",
        _INFO,
        "its move to {target} was rolled back {ago:duration} ago: that target rests for {rest:duration}",
    )
    STATE_UNKNOWN = (
        "state_unknown",
        _INFO,
        "how much state its volumes keep is not known ({volumes:list}); "
        "annotate the Deployment with {annotation} (GB; 0: none)",
    )

    # decision: a cluster, as the source or as a target
    CONTEXT_INCOMPLETE = "context_incomplete", _INFO, "{context} has not been read completely yet"
    KINDS_OUTDATED = (
        "kinds_outdated",
        _WARNING,
        "the {kinds:list} of {context} were read too long ago to rest on; they are read again",
    )
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
    NODES_TAKE_NO_PODS = (
        "nodes_take_no_pods",
        _INFO,
        "no node of {context} takes new pods: none is ready without being cordoned or tainted",
    )
    NODES_NOT_BOUGHT = (
        "nodes_not_bought",
        _INFO,
        "no machine is bought in {context} ({kinds:list}): what a pod costs there is not known",
    )
    NODES_UNPRICEABLE = (
        "nodes_unpriceable",
        _WARNING,
        "nobody says the {missing:list} of the nodes of {context}, so they have no price: "
        "say it in the configuration (`sentinelaura doctor` prints the lines)",
    )
    TARGET_DENIED = "target_denied", _INFO, "{target} is on the deny list"
    TARGET_NOT_ALLOWED = "target_not_allowed", _INFO, "{target} is not on the allow list"

    # decision: the workload in a target
    SAME_CLUSTER = "same_cluster", _INFO, "source and target are the same cluster"
    NAMESPACE_UNWATCHED = (
        "namespace_unwatched",
        _INFO,
        "the namespace {namespace} of {target} is not looked into: add it to the `namespaces` of that context",
    )
    TEMPLATES_DIFFER = (
        "templates_differ",
        _INFO,
        "the Deployment of this name in {target} would keep its own pod template, which differs in "
        f"{{differences:list}}{_or_accept('other-template')}",
    )
    SHIFTS = (
        "shifts",
        _INFO,
        "{target} runs {there:of replica} under this name and keeps its own pod template; {coming} more are asked for "
        "there, {keeps} stay in {source}",
    )
    KEEPS_SOME = "keeps_some", _INFO, "{keeps:of replica} of it stay in {source}"
    NAMESAKE_UNFIT = (
        "namesake_unfit",
        _INFO,
        "no replicas are shifted to the Deployment that {target} runs under this name: {why}",
    )
    UNSCHEDULABLE = (
        "unschedulable",
        _INFO,
        "{target} has places for {places} of {replicas:of replica}; for another one 0/{nodes} nodes are available: "
        "{causes:list}",
    )
    SCHEDULING_UNKNOWN = (
        "scheduling_unknown",
        _WARNING,
        "whether its replicas find nodes in {target} is not known because of {unknown:list}: "
        "the first replica shows it",
    )
    NO_NODE_FITS = (
        "no_node_fits",
        _INFO,
        "no ready node of {target} whose type is known takes a pod of {cpu_cores:g} cores and {memory_gib:.4g} GiB",
    )
    NO_DEVICE = "no_device", _INFO, "no node of {target} has {devices:list} for one pod"
    DEVICES_TAKEN = "devices_taken", _INFO, "not enough devices are free in {target}: {devices:list} needed"
    OTHER_ARCHITECTURE = (
        "other_architecture",
        _INFO,
        "the nodes of {target} are {there:list}, the workload runs on {here:list}",
    )
    ROOM_UNKNOWN = (
        "room_unknown",
        _WARNING,
        "the free room of {target} is not known: the first replica shows whether there is any",
    )
    BUYS_MACHINES = (
        "buys_machines",
        _WARNING,
        "{target} has to buy machines for it, {offering} of the pool {pool} at {usd_per_hour:usd} an hour each; that "
        "takes about {wait_s:duration}, it may buy {cpu_cores:g} cores and {memory_gib:.4g} GiB more, and the first "
        "replica shows whether it does",
    )
    PURCHASE_UNSURE = (
        "purchase_unsure",
        _WARNING,
        "whether the pool {pool} of {target} buys machines for it is not sure: its rules or its limits are not known",
    )
    NO_ROOM = (
        "no_room",
        _INFO,
        "not enough room in {target}: {needed_cpu_cores:g} cores and {needed_memory_gib:.4g} GiB needed, "
        "{free_cpu_cores:g} cores and {free_memory_gib:.4g} GiB free",
    )

    # decision: prices and money
    PRICE_UNKNOWN = "price_unknown", _INFO, "there is no current price of {offering} for {context}"
    RISK_UNKNOWN = (
        "risk_unknown",
        _INFO,
        "nobody says how often {offering} of {context} is taken away, and `decision.price_basis` counts that",
    )
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
    PRICES_NOT_LIVE = (
        "prices_not_live",
        _WARNING,
        "the prices of {contexts:list} are {modes:list}, which nobody charges now; "
        "give live ones with --prices live or --prices FILE --live",
    )
    PRICES_UNSIGNED = (
        "prices_unsigned",
        _WARNING,
        "the prices of {contexts:list} come from a shared Redis, and no key of this program's key ring has signed "
        "them; give their publisher and this program the same ring (`sentinelaura keys`)",
    )
    PRICES_DISPUTED = (
        "prices_disputed",
        _WARNING,
        "the prices of {contexts:list} are in doubt: two sources differ by more than a third; wait until they agree, "
        "or leave one of them out (prices.sources)",
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
    GOES_BACK = (
        "goes_back",
        _INFO,
        "cost of moving {cost_usd:usd}; a day there {there_usd_per_day:usd}, a day here {here_usd_per_day:usd}",
    )
    NO_WAY_BACK = (
        "no_way_back",
        _INFO,
        "no finished move {migration_id} is known that has brought {workload} there from {target}, so that this is a "
        "move like any other",
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
        "{moves:of migration} in progress; at most {limit} may run at once",
    )
    QUEUED_BEHIND = "queued_behind", _INFO, "{moves:of move} before it in the queue"
    ALREADY_QUEUED = (
        "already_queued",
        _INFO,
        "its move from {source} to {target} waits in the queue; take that one out first",
    )
    QUEUE_FULL = "queue_full", _WARNING, "{moves:of move} wait in the queue, and no more are taken in"
    TAKEN_OUT_OF_QUEUE = "taken_out_of_queue", _INFO, "taken out of the queue"
    PREFLIGHT_REFUSED = (
        "preflight_refused",
        _INFO,
        "{ago:duration} ago a move to {target} would have been refused: {detail}; the clusters are asked again now and "
        "then where both are armed, and at once by a dry run by name",
    )
    NOT_ARMED = "not_armed", _WARNING, "not armed (read-only): {contexts:list}; arm to allow changes there"
    NAMESPACE_NOT_ARMED = (
        "namespace_not_armed",
        _WARNING,
        "the namespace {namespace} is only observed: {contexts:list} may be changed in other namespaces alone",
    )
    ARMING_OVER = (
        "arming_over",
        _WARNING,
        "the arming of {contexts:list} has run out: no move begins there, one under way goes to its end; arm again to "
        "begin another",
    )
    ARMED_CLUSTER_REPLACED = (
        "armed_cluster_replaced",
        _WARNING,
        "another cluster answers behind {contexts:list} than the one that was armed: it is only observed until it is "
        "armed itself",
    )
    ARMED_UNIDENTIFIED = (
        "armed_unidentified",
        _WARNING,
        "it is not known whether {contexts:list} is still the cluster that was armed: the UID of its namespace "
        "kube-system has not been read yet, and until then nothing is changed there",
    )
    ARMED_MOVES_SPENT = (
        "armed_moves_spent",
        _INFO,
        "{context} is armed for {limit:of move} in 24 hours, and {moves} from or to it began",
    )
    ARMED_REPLICAS_SPENT = (
        "armed_replicas_spent",
        _INFO,
        "{context} is armed for {limit:of replica} on their way at once; {moving} are, and this move has {replicas}",
    )

    # decision: a confirmation that is not taken up
    PLAN_CHANGED = (
        "plan_changed",
        _WARNING,
        "the workload, the target or a price has changed since; look at the new dry run and confirm again",
    )
    PLAN_EXPIRED = (
        "plan_expired",
        _WARNING,
        "the prices that the plan rests on have expired; look at the new dry run and confirm again",
    )

    # clusters: what stands in the way of moving a workload, as its Deployment shows it
    PAUSED = "paused", _INFO, "its rollout is paused"
    OWNED = "owned", _INFO, "it is managed by {kind} {name}"
    GITOPS = (
        "gitops",
        _INFO,
        "{tool} manages it, by its {mark}, and would undo the move; where that is over, take the mark off",
    )
    BEING_DELETED = "being_deleted", _INFO, "it is being deleted"
    VOLUME_CLAIM = "volume_claim", _INFO, "it uses the persistent volume claim {volume}"
    EPHEMERAL_VOLUME = "ephemeral_volume", _INFO, "it uses the ephemeral volume {volume}"
    HOST_PATH = "host_path", _INFO, f"it mounts a path of its node as {{volume}}{_or_accept('host-access')}"
    LOCAL_VOLUME = "local_volume", _INFO, "it uses the local volume {volume}"
    DISK_OF_A_PLACE = (
        "disk_of_a_place",
        _INFO,
        "it mounts the disk {volume} ({kind}), which only nodes of its own place can attach",
    )
    HOST_NETWORK = (
        "host_network",
        _INFO,
        f"it uses its node's network (hostNetwork){_or_accept('host-access')}",
    )
    HOST_NAMESPACE = (
        "host_namespace",
        _INFO,
        f"it looks into its node ({{fields:list}}){_or_accept('host-access')}",
    )
    HOST_PORT = "host_port", _INFO, f"it binds a port of its node (hostPort){_or_accept('host-access')}"
    PRIVILEGED = (
        "privileged",
        _INFO,
        f"{{what}} is privileged on its node{_or_accept('host-access')}",
    )
    RECREATE = (
        "recreate",
        _INFO,
        "its strategy is Recreate, as of what must never run twice, and a move runs it in both clusters for a while"
        + _or_accept("two-at-once"),
    )
    CLOUD_IDENTITY = (
        "cloud_identity",
        _INFO,
        f"{{holder}} gives it the identity {{identity}}, which is bound to its own cluster"
        f"{_or_accept('identity-in-target')}",
    )
    EXPOSED_POD = (
        "exposed_pod",
        _INFO,
        f"its pods carry the annotation {{annotation}}: external-dns points a name at them, which a move does not take "
        f"along{_or_accept('traffic-steered-elsewhere')}",
    )
    PINNED = "pinned", _INFO, "it is pinned to the node {node}"
    PLACE_SELECTED = "place_selected", _INFO, "its node selector names a place ({label})"
    NODE_SELECTED = "node_selected", _INFO, "its node selector names one node"
    MINIMUM_UNREADABLE = (
        "minimum_unreadable",
        _INFO,
        "its annotation {annotation} is not a number of replicas",
    )
    STATE_UNREADABLE = "state_unreadable", _INFO, "its annotation {annotation} is not a number of gigabytes"
    ACCEPTANCE_UNREADABLE = (
        "acceptance_unreadable",
        _WARNING,
        "its annotation {annotation} names {name}, which is none of {known:list}",
    )

    # clusters: what is seen beside Deployments, and why it is not moved
    STATEFUL_SET = (
        "stateful_set",
        _INFO,
        "a StatefulSet is not moved: its pods have names and disks of their own, which a copy would not have",
    )
    DAEMON_SET = (
        "daemon_set",
        _INFO,
        "a DaemonSet is not moved: it belongs to the nodes of its cluster, each of which runs one pod of it",
    )
    JOB = (
        "job",
        _INFO,
        "a Job is not moved: it ends by itself; it, or its CronJob, can be started in a cheaper cluster instead",
    )

    # clusters: what somebody has accepted for a workload, as its bill tells of it
    ACCEPTED_TRAFFIC = (
        "accepted_traffic",
        _WARNING,
        "traffic from outside stays behind; it is steered elsewhere",
    )
    ACCEPTED_CALLERS = (
        "accepted_callers",
        _WARNING,
        "who calls it in its old cluster is steered to the new one",
    )
    ACCEPTED_AUTOSCALER = (
        "accepted_autoscaler",
        _WARNING,
        "its autoscaler scales nothing while it moves, and goes along with its minimum and maximum",
    )
    ACCEPTED_IDENTITY = (
        "accepted_identity",
        _WARNING,
        "its identity in the cloud is the one that the target has",
    )
    ACCEPTED_TWO_AT_ONCE = "accepted_two_at_once", _WARNING, "it runs in both clusters for a while"
    ACCEPTED_REPLICAS = "accepted_replicas", _WARNING, "whoever has set its replicas leaves them alone"
    ACCEPTED_TEMPLATE = (
        "accepted_template",
        _WARNING,
        "what runs in the target is not what runs in the source, if it has a Deployment of this name",
    )
    TEMPLATE_KEPT = "template_kept", _WARNING, "the pod template in {target} differs in {differences:list}"
    ACCEPTED_HOST_ACCESS = "accepted_host_access", _WARNING, "what it has of its nodes stays behind"

    # migration/: what becomes of what belongs to a workload, line by line
    TRAVELS = "travels", _INFO, "{kind} {name}"
    TRAVELS_WITHOUT = "travels_without", _INFO, "{kind} {name}, without its {left_out:list}"
    SECRET_STAYS = "secret_stays", _INFO, "the Secret {name}: the target has to have one of this name"
    OF_NAMESPACE_STAYS = (
        "of_namespace_stays",
        _INFO,
        "the {kind} {name}, which is about every pod of its namespace: the target's namespace has its own",
    )
    VERTICAL_AUTOSCALER_STAYS = (
        "vertical_autoscaler_stays",
        _INFO,
        "the VerticalPodAutoscaler {name} (update mode {mode}): without one of its own the target's pods request what "
        "their template says",
    )
    VERTICAL_AUTOSCALERS_UNKNOWN = (
        "vertical_autoscalers_unknown",
        _INFO,
        "its VerticalPodAutoscalers, if it has any: {answer}",
    )
    UNSEEN_CALLERS_STAY = (
        "unseen_callers_stay",
        _INFO,
        "who calls its Service {name} from another namespace or has that name from a ConfigMap or a Secret, if anybody",
    )

    # clusters: what was checked on an API server
    REPLICAS_UNOWNED = "replicas_unowned", _INFO, "nobody else manages the replicas"
    REPLICAS_SET_ONCE = "replicas_set_once", _INFO, "last set by {managers:list}"
    REPLICAS_OWNED = (
        "replicas_owned",
        _WARNING,
        "{owners:list} owns its replicas and would set them back; let it leave them alone, and set them once yourself"
        + _or_accept("replicas-left-alone"),
    )
    REPLICAS_OWNER_UNKNOWN = (
        "replicas_owner_unknown",
        _WARNING,
        "its replicas were set by {managers:list}, of whom it is not known whether they would set them back"
        + _or_accept("replicas-left-alone"),
    )
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
    EXPOSED_SERVICE = (
        "exposed_service",
        _WARNING,
        f"its Service {{name}} is reached from outside ({{how:list}}), which a move does not take along"
        f"{_or_accept('traffic-steered-elsewhere')}",
    )
    ROUTED = (
        "routed",
        _WARNING,
        f"the {{kind}} {{name}} leads traffic from outside to it, which a move does not take along"
        f"{_or_accept('traffic-steered-elsewhere')}",
    )
    TRAFFIC_UNKNOWN = (
        "traffic_unknown",
        _WARNING,
        f"whether traffic from outside is led to it could not be read: {{answer}}"
        f"{_or_accept('traffic-steered-elsewhere')}",
    )
    CALLED = (
        "called",
        _WARNING,
        f"its Service {{name}} is called by {{count:of Deployment}} of its namespace ({{callers:list}}), which would "
        f"find no pods of it there{_or_accept('callers-steered-elsewhere')}",
    )
    CALLERS_UNKNOWN = (
        "callers_unknown",
        _WARNING,
        f"who calls it in its own cluster could not be read: {{answer}}{_or_accept('callers-steered-elsewhere')}",
    )
    IDENTITY_UNKNOWN = (
        "identity_unknown",
        _WARNING,
        f"whether its ServiceAccount {{name}} has an identity in a cloud could not be read: {{answer}}"
        f"{_or_accept('identity-in-target')}",
    )
    PERMISSION_MISSING = (
        "permission_missing",
        _WARNING,
        "these credentials may not {permission} in {place} of {context} ({detail}); "
        "ask the cluster's administrator for it",
    )

    # clusters: what an API server answered; `answer` has its own words
    ACCESS_DENIED = "access_denied", _WARNING, "{context} answered: {answer}"
    CREDENTIALS_REFUSED = (
        "credentials_refused",
        _WARNING,
        "the credentials for {context} are missing, wrong or expired ({answer})",
    )
    OBJECT_NOT_FOUND = "object_not_found", _WARNING, "{context} answered: {answer}"
    RATE_LIMITED = "rate_limited", _WARNING, "{context} answered: {answer}"
    REQUEST_REFUSED = "request_refused", _WARNING, "{context} answered: {answer}"
    RESOURCE_EXPIRED = "resource_expired", _WARNING, "{context} answered: {answer}"
    SERVER_FAILED = "server_failed", _WARNING, "{context} answered: {answer}"
    VERSION_CONFLICT = "version_conflict", _WARNING, "{context} answered: {answer}"
    ANSWER_MISSHAPEN = "answer_misshapen", _WARNING, "{where} is not as Kubernetes has it"
    ANSWER_NO_DATE = "answer_no_date", _WARNING, "it has no date"
    ANSWER_NO_DEPLOYMENT = "answer_no_deployment", _WARNING, "it is not a Deployment: {error}"
    ANSWER_NO_JSON = "answer_no_json", _WARNING, "it is not JSON"
    ANSWER_NO_LIST = "answer_no_list", _WARNING, "it is not a list"
    ANSWER_NO_OBJECT = "answer_no_object", _WARNING, "it is not an object"
    ANSWER_NO_VERSION = "answer_no_version", _WARNING, "it names no version of {group}"
    ANSWER_TOO_DEEP = "answer_too_deep", _WARNING, "it is nested too deeply"
    ANSWER_NOT_FOUND_BY_OTHERS = (
        "answer_not_found_by_others",
        _WARNING,
        "it is a 404 that no API server writes about an object, so that whether there is one is not known",
    )
    ANSWER_NOT_ASKED_FOR = "answer_not_asked_for", _WARNING, "it is another object than was asked for"
    ANSWER_NO_UID = "answer_no_uid", _WARNING, "it has no UID"
    ANSWER_WITHOUT_END = "answer_without_end", _WARNING, "it comes to no end"
    ANSWER_NOT_UNDERSTOOD = (
        "answer_not_understood",
        _WARNING,
        "the answer of {context} to {request} was not understood: {problem}",
    )
    ANSWER_TOO_LARGE = "answer_too_large", _WARNING, "the answer of {context} is larger than {limit} bytes"

    # clusters: why no answer came
    ANSWER_TIMED_OUT = "answer_timed_out", _WARNING, "{context} ({server}) gave no answer in time"
    CONNECTION_BROKE = (
        "connection_broke",
        _WARNING,
        "the connection to {context} ({server}) broke: {error}",
    )
    CONNECTION_CLOSED = "connection_closed", _WARNING, "the connection to {context} was closed by us"
    CONNECTION_FAILED = "connection_failed", _WARNING, "cannot connect to {context} ({server}): {error}"
    NO_ROUTE = "no_route", _WARNING, "there is no route to {context} ({server}): {error}"
    PROXY_REFUSED = (
        "proxy_refused",
        _WARNING,
        "the proxy on the way to {context} ({server}) answered {status}; does it know you, and may it go there?",
    )
    SERVER_NAME_UNKNOWN = (
        "server_name_unknown",
        _WARNING,
        "the name of {context} ({server}) leads to no address: {error}",
    )
    CERTIFICATE_OF_ANOTHER = (
        "certificate_of_another",
        _WARNING,
        "the certificate of {context} ({server}) is another server's: {error}",
    )
    CERTIFICATE_OUT_OF_DATE = (
        "certificate_out_of_date",
        _WARNING,
        "the certificate of {context} ({server}) is not valid today: {error}",
    )
    SERVER_NOT_TRUSTED = (
        "server_not_trusted",
        _WARNING,
        "the certificate of {context} ({server}) is not trusted: {error}",
    )
    WRITE_TOO_LATE = (
        "credential_too_late",  # as journals have it since a credential was the only thing to wait for
        _WARNING,
        "a write to {context} was not sent: before it could leave, what it rests on had grown too old",
    )

    # clusters: what a kubeconfig says that is not used, or that gives no credential
    KUBECONFIG_REFUSED = "kubeconfig_refused", Severity.ERROR, "kubeconfig {path}: {problem:whole}"
    KUBECONFIG_WITHOUT_CONTEXTS = (
        "kubeconfig_without_contexts",
        Severity.ERROR,
        "kubeconfig {path}: it has no context {missing:list}; it has: {known:list}",
    )
    CONTEXT_REFUSED = "context_refused", _WARNING, "context {context}: {problem:whole}"
    AUTHORITY_EMPTY = (
        "authority_empty",
        _WARNING,
        "context {context}: its certificate-authority holds no certificate",
    )
    CERTIFICATES_UNUSABLE = (
        "certificates_unusable",
        _WARNING,
        "context {context}: its certificates cannot be used: {error}",
    )
    CREDENTIAL_FILE_REFUSED = (
        "credential_file_refused",
        _WARNING,
        "context {context}: {problem:whole}",
    )
    CREDENTIAL_FILES_SILENT = (
        "credential_files_silent",
        _WARNING,
        "context {context}: the files of its credentials give no answer; is a network drive away that they lie on?",
    )
    ENVIRONMENT_PROXY_UNSUPPORTED = (
        "environment_proxy_unsupported",
        _WARNING,
        "context {context}: the proxy of the environment is {scheme}://, and only http:// proxies are supported; "
        "name such a one, or set use_environment_proxy to false",
    )
    KEY_NEEDS_PASSWORD = (
        "key_needs_password",
        _WARNING,
        "context {context}: its client key needs a password, which nobody can give here",
    )
    TOKEN_FILE_EMPTY = (
        "token_file_empty",
        _WARNING,
        "context {context}: its token file {file} holds no token",
    )
    TOKEN_FILE_NOT_ALLOWED = (
        "token_file_not_allowed",
        _WARNING,
        "context {context} waits for your consent: it would have the content of {file:whole} sent to {servers:whole}; "
        "if it is a token for that, say so at the top of the configuration file and start again: {line:whole}",
    )
    TLS_NOT_VERIFIED = (
        "tls_not_verified",
        _WARNING,
        "context {context} wants its server's certificate unverified (insecure-skip-tls-verify), so that anybody on "
        "the way could take its place; give a certificate-authority, or confirm it at the top of the configuration "
        "file and start again: {line:whole}",
    )

    # clusters: a credential plugin that may not run, or gave no credential
    PROGRAM_DOES_MORE = (
        "program_does_more",
        _WARNING,
        "context {context} would have {program} do more than log in ({argument}); "
        "if you need that, put it into a script of your own and let the kubeconfig name the script",
    )
    PROGRAM_MISSING = (
        "program_missing",
        _WARNING,
        "context {context} needs the credential plugin {program}, which is not installed",
    )
    PROGRAM_MISSING_WITH_HINT = (
        "program_missing_with_hint",
        _WARNING,
        "context {context} needs the credential plugin {program}, which is not installed; its own hint: {hint:whole}",
    )
    PROGRAM_NOT_ALLOWED = (
        "program_not_allowed",
        _WARNING,
        "context {context} wants to run a program for its credentials: {program}; if you trust it, "
        "add it to the allowed exec plugins at the top of the configuration file and start again: {line:whole}",
    )
    PROGRAM_NOT_FOUND_YET = (
        "program_not_found_yet",
        _WARNING,
        "context {context} needs the credential plugin {program}, and a disk that it may lie on gives no answer; "
        "is a network drive away that stands in the PATH?",
    )
    PROGRAM_NOT_INSTALLED = "program_not_installed", _WARNING, "it is not installed"
    PROGRAM_SILENT = "program_silent", _WARNING, "a disk that it may lie on gives no answer"
    PROGRAM_SERVERS_NOT_ALLOWED = (
        "program_servers_not_allowed",
        _WARNING,
        "context {context} waits for your consent: it would have the credential of {program} sent to {servers:whole}; "
        "if you know who runs that, have this line at the top of the configuration file and start again: {line:whole}",
    )
    PROGRAM_UNTRUSTED = (
        "program_untrusted",
        _WARNING,
        "context {context} may not run its credential plugin: {problem:whole}",
    )
    PROGRAM_VARIABLES_NOT_ALLOWED = (
        "program_variables_not_allowed",
        _WARNING,
        "context {context} waits for your consent: it sets {variables} for the credential plugin {program}; if you "
        "trust that, have this line at the top of the configuration file and start again: {line:whole}",
    )
    PROGRAM_VARIABLES_OURS = (
        "program_variables_ours",
        _WARNING,
        "context {context} sets {variables} for its credential plugin, which only SentinelAura's own environment may; "
        "remove it from the kubeconfig, or set it where you start SentinelAura",
    )
    PLUGIN_ANSWER_UNUSABLE = (
        "plugin_answer_unusable",
        _WARNING,
        "context {context}: the credential plugin {plugin} printed no ExecCredential with a token, "
        "or with a certificate and its key",
    )
    PLUGIN_FAILED = (
        "plugin_failed",
        _WARNING,
        "context {context}: the credential plugin {plugin} failed with {status}: {said}",
    )
    PLUGIN_NOT_STARTED = (
        "plugin_not_started",
        _WARNING,
        "context {context}: the credential plugin {plugin} cannot run: {error}",
    )
    PLUGIN_TIMED_OUT = (
        "plugin_timed_out",
        _WARNING,
        "context {context}: the credential plugin {plugin} gave no answer within {seconds:g} s",
    )
    PLUGIN_VERSION_OTHER = (
        "plugin_version_other",
        _WARNING,
        "context {context}: the credential plugin {plugin} speaks {spoken}, the kubeconfig asks for {wanted}",
    )

    # clusters: why a context is not watched as it should be
    CONTEXT_CONNECTING = "context_connecting", _INFO, "{context} has not answered yet"
    LIST_DENIED = (
        "list_denied",
        _WARNING,
        "may not list {kinds:list} in all namespaces of {context} ({answer}); "
        "say `namespaces` for this context in the configuration, or grant the role",
    )
    LIST_DENIED_IN_NAMESPACES = (
        "list_denied_in_namespaces",
        _WARNING,
        "may not list {kinds:list} in {namespaces:list} of {context} ({answer}); grant the role there",
    )
    NAMESPACES_LEFT_OUT = (
        "namespaces_left_out",
        _WARNING,
        "may not list {kinds:list} in {namespaces:list} of {context} ({answer}): nothing there is used, and how much "
        "room {context} has is not known; grant the role there",
    )
    NODES_DENIED = (
        "nodes_denied",
        _WARNING,
        "may not list the nodes of {context} ({answer}); so what they are and cost is not known: grant the role, "
        "or say it in the configuration file under {section}: {keys}",
    )
    WATCH_FAILED = (
        "watch_failed",
        Severity.ERROR,
        "an internal error stopped the watch of {context}; see the log",
    )

    # clusters: why a context cannot be armed
    ARMING_UNCONFIRMED = (
        "arming_unconfirmed",
        _WARNING,
        "the certificate of {context}'s server is not verified (insecure-skip-tls-verify); "
        "to change it all the same, confirm it at the top of the configuration file and start again: {line:whole}",
    )

    # history: what stands against keeping it, and what is wrong with what was kept
    HISTORY_BEGINS_ANEW = (
        "history_begins_anew",
        Severity.WARNING,
        "The history {path} cannot be opened ({error}): it begins anew with each start and stands in memory only. "
        "Migrations go on; make its folder writable to keep it",
    )
    HISTORY_NOT_WRITTEN = (
        "history_not_written",
        Severity.WARNING,
        "The history {path} cannot be written ({error}); what happens is kept in memory and written later. "
        "Migrations go on; make room or check the file's permissions",
    )
    HISTORY_BUSY = (
        "history_busy",
        Severity.WARNING,
        "The history {path} is held by another process for {seconds:duration}; what happens is kept in memory and "
        "written later. Migrations go on; look for a window that hangs",
    )
    HISTORY_SET_ASIDE = (
        "history_set_aside",
        Severity.WARNING,
        "The history was set aside as {name}, and a new one was begun: {why}",
    )
    HISTORY_DAMAGED = "history_damaged", Severity.ERROR, "the file is damaged ({problem})"
    HISTORY_FOREIGN = "history_foreign", Severity.ERROR, "it is another program's database"
    HISTORY_MARK_MISSING = "history_mark_missing", Severity.ERROR, "its {name} is missing"
    HISTORY_MARKS_MISSING = "history_marks_missing", Severity.ERROR, "its anchor and its head are missing"
    HISTORY_NEWER = (
        "history_newer",
        Severity.WARNING,
        "a newer version of this program wrote it (format {found}; this one knows {known}), so it is left alone",
    )
    HISTORY_KEY_EXPOSED = (
        "history_key_exposed",
        Severity.WARNING,
        "others may read its key {path}, so that its entries would prove nothing; run chmod 600 on it, or delete it "
        "to have a new one made",
    )
    HISTORY_KEY_UNREADABLE = (
        "history_key_unreadable",
        Severity.WARNING,
        "its key {path} is not one; restore it, or delete it to have a new one made",
    )
    LEDGER_ANCHOR_FORGED = (
        "ledger_anchor_forged",
        Severity.ERROR,
        "the anchor that stands for what came before entry {sequence} was changed, or another key signed it",
    )
    LEDGER_ENTRIES_MISSING = (
        "ledger_entries_missing",
        Severity.ERROR,
        "something was removed or put in before entry {sequence}: entry {expected} should stand there",
    )
    LEDGER_ENTRY_CHANGED = (
        "ledger_entry_changed",
        Severity.ERROR,
        "entry {sequence} was changed, put in or moved after it was written",
    )
    LEDGER_NEWEST_MISSING = (
        "ledger_newest_missing",
        Severity.ERROR,
        "the newest entries are missing: it ends with entry {last}, but entry {expected} was written",
    )
    LEDGER_HEAD_FORGED = (
        "ledger_head_forged",
        Severity.ERROR,
        "the signature over its newest entry does not fit: it was changed, or another key signed it",
    )
    LEDGER_HEAD_UNKNOWN = (
        "ledger_head_unknown",
        Severity.ERROR,
        "it does not hold the entry that was noted ({head}): an older copy stands in its place, it was begun anew, or "
        "the entry was pruned since",
    )
    OLD_LEDGER_BROKEN = (
        "old_ledger_broken",
        Severity.WARNING,
        "line {line:whole} does not fit its hash chain: something was changed, removed or put in there",
    )

    # migration/: why a move does not begin
    AUTOSCALER_IN_THE_WAY = (
        "autoscaler_in_the_way",
        Severity.WARNING,
        f"the autoscaler {{name}} in {{context}} would work against the move{_or_accept('autoscaler-frozen')}",
    )
    AUTOSCALER_OF_A_PART = (
        "autoscaler_of_a_part",
        Severity.WARNING,
        "the autoscaler {name} in {context} cannot be frozen: it would scale a part of the workload afterwards, "
        "because replicas stay in the source or run in the target already",
    )
    AUTOSCALER_OWNED = (
        "autoscaler_owned",
        Severity.WARNING,
        "the autoscaler {name} in {context} cannot be frozen: {owner} would set it back",
    )
    AUTOSCALER_NOTE_UNREADABLE = (
        "autoscaler_note_unreadable",
        Severity.ERROR,
        "what the autoscaler {path} had before it was frozen cannot be read in the journal",
    )
    COPY_EXISTS_ALREADY = "copy_exists_already", Severity.WARNING, "{context} already has another {path}"
    COPY_ORIGINAL_MISSING = (
        "copy_original_missing",
        Severity.WARNING,
        "its pods need something that does not exist: {answer}",
    )
    LEASE_HELD = (
        "lease_held",
        Severity.WARNING,
        "another instance holds the Lease in {context}; let it finish",
    )
    MOVE_NOT_FINISHED_ELSEWHERE = (
        "move_not_finished_elsewhere",
        Severity.WARNING,
        "its move from {source} to {target} ({migration_id}) is not finished; "
        "resume it with a kubeconfig that has {source}, too, or `sentinelaura migrations show {migration_id}`",
    )
    NAMESPACE_MISSING = "namespace_missing", Severity.WARNING, "{context} has no namespace {namespace}"
    NAMESPACE_TERMINATING = (
        "namespace_terminating",
        Severity.WARNING,
        "the namespace {namespace} in {context} is being deleted",
    )
    PLAN_OF_OTHER_REPLICAS = (
        "plan_of_other_replicas",
        Severity.WARNING,
        "it runs {replicas:of replica} now, the plan was made for {planned}; confirm a new plan",
    )
    PLAN_BELOW_MINIMUM = (
        "plan_below_minimum",
        Severity.WARNING,
        "its minimum is {minimum:of replica} now, and the plan leaves {stays} where it runs; confirm a new plan",
    )
    ROLLOUT_IN_PROGRESS = (
        "rollout_in_progress",
        Severity.WARNING,
        "a rollout is in progress; wait until it is done",
    )
    SECRET_MISSING = (
        "secret_missing",
        Severity.WARNING,
        "{context} lacks the Secret {name}; create it there, secrets are never copied",
    )
    STATUS_NOT_CURRENT = (
        "status_not_current",
        Severity.WARNING,
        "{context} has not looked at its newest spec yet; wait until its controllers answer",
    )
    NAMESAKE_GONE = (
        "namesake_gone",
        Severity.WARNING,
        "{context} had a Deployment of this name when the plan was made, and has none now; confirm a new plan",
    )
    NAMESAKE_SCALED = (
        "namesake_scaled",
        Severity.WARNING,
        "{context} runs {replicas:of replica} under this name now, the plan was made for {planned}; confirm a new plan",
    )
    NAMESAKE_CHANGED = (
        "namesake_changed",
        Severity.WARNING,
        "the Deployment of this name in {context} has another pod template than when the plan was made; "
        "confirm a new plan",
    )
    TARGET_SELECTS_OTHER_PODS = (
        "target_selects_other_pods",
        Severity.WARNING,
        "the Deployment in {context} selects other pods",
    )
    TARGET_TEMPLATE_DIFFERS = (
        "target_template_differs",
        Severity.WARNING,
        "{context} has a Deployment of this name with another pod template; update or remove it",
    )
    TEMPLATE_WOULD_CHANGE = (
        "template_would_change",
        Severity.WARNING,
        "the API server of {context} would change the pod template",
    )
    TOO_MANY_COPIES = (
        "too_many_copies",
        Severity.WARNING,
        "{objects:of object} would travel, more than its journal can name: {why}",
    )
    WORKLOAD_GONE = "workload_gone", Severity.WARNING, "{context} has no such Deployment any more"
    WORKLOAD_NOT_UNDERSTOOD = (
        "workload_not_understood",
        Severity.WARNING,
        "{context} describes it in a way that was not understood: {error}",
    )

    # migration/: why nothing is written for now
    CLUSTER_REPLACED = "cluster_replaced", Severity.WARNING, "{context} now leads to another cluster"
    COPY_PATH_FOREIGN = (
        "copy_path_foreign",
        Severity.WARNING,
        "the journal names {path}, which is never copied",
    )
    DEPLOYMENT_DELETED = (
        "deployment_deleted",
        Severity.WARNING,
        "{context}: the Deployment was deleted by somebody else",
    )
    DEPLOYMENT_FOREIGN = (
        "deployment_foreign",
        Severity.WARNING,
        "{context}: the Deployment of this name is not the one of this migration; it is left as it is",
    )
    FENCE_FOREIGN = (
        "fence_foreign",
        Severity.WARNING,
        "{context}: the fence is {fence}, which this migration did not write",
    )
    FENCE_REMOVED = (
        "fence_removed",
        Severity.WARNING,
        "{context}: somebody removed or replaced the fence annotation",
    )
    LEASE_UNCERTAIN = (
        "lease_uncertain",
        Severity.WARNING,
        "{context}: the Lease could not be renewed in time; nothing is written until it is",
    )
    NOTHING_LEFT_TO_SAVE = (
        "nothing_left_to_save",
        Severity.WARNING,
        "moving the {replicas:of replica} left is now worth {worth_usd:usd}; waiting for better prices",
    )
    NEWER_WORK_IN_THE_WAY = (
        "newer_work_in_the_way",
        Severity.WARNING,
        "{context}: {manager} has deployed another version there; going on back would delete it, with "
        "{replicas:of replica}",
    )
    REPLICAS_CHANGED = (
        "replicas_changed",
        Severity.WARNING,
        "{context}: replicas are {replicas} instead of {expected}, changed by {manager}",
    )
    ROLLBACK_WAITS_FOR_PODS = (
        "rollback_waits_for_pods",
        Severity.WARNING,
        "{source}: {serving} of {replicas} replicas serve, of {wanted} that are to come back; "
        "{kept} are kept in {target}",
    )
    TEMPLATE_CHANGED = (
        "template_changed",
        Severity.WARNING,
        "{context}: the pod template was changed by {manager}",
    )
    TOO_MANY_REPLICAS = (
        "too_many_replicas",
        Severity.WARNING,
        "{context}: more replicas than planned would run",
    )

    # migration/: why a move goes back
    COPY_CONFLICT = (
        "copy_conflict",
        Severity.WARNING,
        "{context} already has another {path}; it was left as it is",
    )
    COPY_REFUSED = "copy_refused", Severity.WARNING, "{context} refused {path}: {answer}"
    FLOOR_NOT_COVERED = (
        "floor_not_covered",
        Severity.WARNING,
        "{context}: too few replicas serve to lower the source",
    )
    MIGRATION_TOO_LONG = (
        "migration_too_long",
        Severity.WARNING,
        "the migration is not done after {elapsed_s:duration}",
    )
    NOTHING_SERVES = "nothing_serves", Severity.ERROR, "{context}: none of the replicas serves any more"
    SOURCE_NOT_SCALED_DOWN = (
        "source_not_scaled_down",
        Severity.WARNING,
        "{context}: the source did not scale down to {replicas:of replica}",
    )
    TARGET_LOST_REPLICAS = (
        "target_lost_replicas",
        Severity.WARNING,
        "{context}: the target lost replicas after the move",
    )
    NEWER_WORK_NOT_SERVING = (
        "newer_work_not_serving",
        Severity.WARNING,
        "{context}: what others have deployed there does not come to serve with {replicas:of replica}",
    )
    TARGET_NOT_SERVING = (
        "target_not_serving",
        Severity.WARNING,
        "{context}: after {waited_s:duration} {available} of {replicas} replicas serve",
    )

    # migration/: what keeps a pod from serving; `message`, `words` and `cause` are the cluster's own
    PODS_SAY_WHY = "pods_say_why", Severity.WARNING, "{reason}: {why:whole}"
    PODS_REFUSED = "pods_refused", Severity.WARNING, "{context} creates no pods for it: {message}"
    POD_WITHOUT_NODE = "pod_without_node", Severity.WARNING, "the pod {pod} has no node: {message}"
    POD_AWAITS_MACHINE = (
        "pod_awaits_machine",
        Severity.WARNING,
        "the pod {pod} has no node: {message} ({component}: {words})",
    )
    CONTAINER_WAITS = (
        "container_waits",
        Severity.WARNING,
        "the container {container} of the pod {pod} does not run, {state}: {message}",
    )
    CONTAINER_CRASHES = (
        "container_crashes",
        Severity.WARNING,
        "the container {container} of the pod {pod} ended with exit code {exit_code} and was started again "
        "{restarts:of time}: {cause}",
    )
    POD_STARTING = "pod_starting", Severity.INFO, "the pod {pod} is still starting ({state})"
    POD_START_FAILS = "pod_start_fails", Severity.WARNING, "the pod {pod} does not start: {message}"
    POD_NOT_READY = "pod_not_ready", Severity.WARNING, "the pod {pod} runs and is not ready"

    # migration/: what a journal or a Lease says
    JOURNAL_CONTRADICTED = (
        "journal_contradicted",
        Severity.ERROR,
        "{context} has another plan in its journal of this migration; look at the replicas on both sides",
    )
    JOURNAL_FOREIGN = (
        "journal_foreign",
        Severity.ERROR,
        "this journal is signed with the key {key_id}, which is not in the key ring here (`sentinelaura keys import` "
        "takes over another's ring), and nobody here goes on with it by itself; `sentinelaura migrations show "
        "{migration_id}` says how to end it. It claims a move of {workload} from {source} to {target} ({phase})",
    )
    JOURNAL_FORGED = (
        "journal_forged",
        Severity.ERROR,
        "the signature of this journal is not that of these words in this Lease: somebody has changed it, or carried "
        "it here. Nobody goes on with it by itself; `sentinelaura migrations show {migration_id}` says how to end it. "
        "It claims a move of {workload} from {source} to {target} ({phase})",
    )
    JOURNAL_KEYS_UNUSABLE = (
        "journal_keys_unusable",
        Severity.ERROR,
        "the migration's journal can be neither signed nor checked: {why}",
    )
    JOURNAL_NEWER = (
        "journal_newer",
        Severity.ERROR,
        "the migration's journal has version {version}, this program knows {known}; "
        "go on with the newer program that wrote it",
    )
    JOURNAL_NOT_BELIEVED_THERE = (
        "journal_not_believed_there",
        Severity.ERROR,
        "{context} does not know of this migration; look at the replicas on both sides",
    )
    JOURNAL_OF_ONE_CLUSTER = (
        "journal_of_one_cluster",
        Severity.ERROR,
        "its journal names one cluster as both source and target; look at the replicas on both sides",
    )
    JOURNAL_OUTDATED = (
        "journal_outdated",
        Severity.ERROR,
        "the fence in {context} ({fence}) is ahead of this migration's journal: an earlier journal was put back",
    )
    JOURNAL_OVER_THERE = (
        "journal_over_there",
        Severity.ERROR,
        "{context} has this migration as over ({phase}); look at the replicas on both sides",
    )
    JOURNAL_REPLACED = (
        "journal_replaced",
        Severity.ERROR,
        "its journal was removed or replaced; look at the replicas on both sides",
    )
    JOURNAL_STEP_UNKNOWN = (
        "journal_step_unknown",
        Severity.ERROR,
        "the migration's journal has the step {step}, which this program does not know; "
        "go on with the newer program that wrote it",
    )
    JOURNAL_TOO_LARGE = (
        "journal_too_large",
        Severity.WARNING,
        "the migration's journal would have {size} bytes, the limit is {limit}",
    )
    JOURNAL_UNFENCED = (
        "journal_unfenced",
        Severity.ERROR,
        "the Deployment in {context} has no fence of this migration, which its journal has as {phase}: the journal of "
        "a move that is over was put back, or somebody removed the fence",
    )
    JOURNAL_UNREADABLE = "journal_unreadable", Severity.ERROR, "the migration's journal {problem:whole}"
    JOURNAL_UNSIGNED = (
        "journal_unsigned",
        Severity.ERROR,
        "nobody has signed this journal: an older version has left it, or somebody else has written it. Nobody goes on "
        "with it by itself; `sentinelaura migrations show {migration_id}` says how to end it. It claims a move of "
        "{workload} from {source} to {target} ({phase})",
    )
    LEASE_LOST = (
        "lease_lost",
        Severity.WARNING,
        "{context}: the migration is now led by {holder}, not by this instance",
    )

    # migration/: what moves it on
    NEWER_WORK_ADOPTED = (
        "newer_work_adopted",
        Severity.INFO,
        "{context}: {manager} has changed the target since it serves alone; it is taken as it is, with "
        "{replicas:of replica}",
    )
    CANCELLED = "cancelled", Severity.INFO, "cancelled"
    FENCE_LEFT_BEHIND = (
        "fence_left_behind",
        Severity.WARNING,
        "{reason} (its fence was not taken off: {why})",
    )
    FOLLOWING = "following", Severity.WARNING, "{why}; following it"
    LED_BY_ANOTHER = "led_by_another", Severity.INFO, "another instance leads this move"
    MOVE_OVER = "move_over", Severity.INFO, "over"
    HOLD_ENDED = "hold_ended", Severity.INFO, "the reason to wait has gone"
    HOLD_TOO_LONG = "hold_too_long", Severity.WARNING, "after {waited_s:duration} of waiting: {why}"
    PROGRAM_ENDS = "program_ends", Severity.INFO, "the program ends"
    RESUMED = "resumed", Severity.INFO, "resumed"
    TARGET_BACK = (
        "target_back",
        Severity.INFO,
        "{context} answers again and has served for {baked_s:duration}",
    )
    TARGET_SILENT = (
        "target_silent",
        Severity.WARNING,
        "{context} has given no answer for {silent_s:duration}",
    )
    STOPPED_BEFORE_START = "stopped_before_start", Severity.INFO, "stopped before anything was moved"
    TRANSITION_UNKNOWN = (
        "transition_unknown",
        Severity.ERROR,
        "a migration in the phase {phase} cannot take the event {event}",
    )
    #: Wraps a text, and only where a journal is read: version 1 held nothing else, and the codes of another version of
    #: this program are no codes here. Nothing is decided by it.
    UNCLASSIFIED = "unclassified", Severity.WARNING, "{text}"
    WAITING_TO_RESUME = "waiting_to_resume", Severity.WARNING, "waiting to resume: {why}"
    ADOPTED = (
        "adopted",
        Severity.INFO,
        "a person took {context} as it is, with {replicas:of replica}",
    )
    MOVE_WAITS = (
        "move_waits",
        Severity.ERROR,
        "the move of {workload} from {source} to {target} waits for you: {why}",
    )
    MOVE_ABANDONED = (
        "move_abandoned",
        Severity.WARNING,
        "Abandoned: {source} and {target} stay as they are",
    )
    RESTORE_REQUESTED = (
        "restore_requested",
        Severity.INFO,
        "a person asked to give everything back to {context}",
    )
    WAY_BACK_OPEN = "way_back_open", Severity.INFO, "the way back to {context} is open again"

    # migration/: what a migration does, by its phase
    PHASE_PLANNED = "phase_planned", Severity.INFO, "Waiting to start"
    PHASE_PREFLIGHT = (
        "phase_preflight",
        Severity.INFO,
        "Checking {source} and {target} before anything is changed",
    )
    PHASE_LOCKED = "phase_locked", Severity.INFO, "Marking both Deployments as being moved"
    PHASE_PROVISION = "phase_provision", Severity.INFO, "Creating what the pods need in {target}"
    PHASE_SURGE = (
        "phase_surge",
        Severity.INFO,
        "Starting {arrived} of {replicas} replicas in {target} (wave {wave} of {waves})",
    )
    PHASE_VERIFY = (
        "phase_verify",
        Severity.INFO,
        "Waiting until {arrived} of {replicas} replicas serve in {target} (wave {wave} of {waves})",
    )
    PHASE_SCALE_DOWN_SOURCE = (
        "phase_scale_down_source",
        Severity.INFO,
        "Lowering {source} to {left} of {replicas} replicas (wave {wave} of {waves})",
    )
    PHASE_SETTLE = (
        "phase_settle",
        Severity.INFO,
        "Waiting for the last pods of {source} to end (wave {wave} of {waves})",
    )
    PHASE_SOAK = (
        "phase_soak",
        Severity.INFO,
        "Watching the replicas in {target} before the way back is closed",
    )
    PHASE_SOAK_WATCHED = (
        "phase_soak_watched",
        Severity.INFO,
        "{ready} of {replicas:of replica} ready in {target}, by {basis}; watching before the way back is closed",
    )
    COUNTED_ON_LIVING_NODES = (
        "counted_on_living_nodes",
        Severity.INFO,
        "their pods on nodes that renew their Leases",
    )
    COUNTED_BY_CONDITIONS = (
        "counted_by_conditions",
        Severity.INFO,
        "the conditions of pods and nodes, without the nodes' Leases",
    )
    COUNTED_BY_PODS = (
        "counted_by_pods",
        Severity.INFO,
        "the conditions of the pods alone, without their nodes",
    )
    COUNTED_BY_STATUS = "counted_by_status", Severity.INFO, "the status of the Deployment alone"
    PHASE_SOAK_UNREAD = (
        "phase_soak_unread",
        Severity.WARNING,
        "Whether replicas serve in {target} is not known, nothing was read there since {since}",
    )
    PHASE_HOLD = "phase_hold", Severity.WARNING, "On hold, nothing is changed"
    PHASE_ROLLBACK = "phase_rollback", Severity.WARNING, "Going back to {source}"
    PHASE_NEEDS_OPERATOR = (
        "phase_needs_operator",
        Severity.ERROR,
        "A person has to look; nothing is changed until then",
    )
    PHASE_INSURED = (
        "phase_insured",
        Severity.WARNING,
        "Raising {source} to {replicas:of replica} again without waiting for {target}",
    )
    PHASE_INSURED_WATCHED = (
        "phase_insured_watched",
        Severity.WARNING,
        "{ready} of {replicas:of replica} ready in {source}, raised again without waiting for {target}; "
        "it goes on when {target} serves again, and back when it is cancelled",
    )
    PHASE_INSURED_GOING_BACK = (
        "phase_insured_going_back",
        Severity.WARNING,
        "{ready} of {replicas:of replica} ready in {source}, raised again without waiting for {target}; "
        "the rest goes back when {target} answers",
    )
    PHASE_DONE = "phase_done", Severity.INFO, "Moved to {target}"
    PHASE_ROLLED_BACK = "phase_rolled_back", Severity.INFO, "Back in {source} as before"
    PHASE_REFUSED = "phase_refused", Severity.WARNING, "Not started, nothing was changed"

    # wherever our own code is at fault
    ENGINE_STOPPED = (
        "engine_stopped",
        Severity.ERROR,
        "the engine has stopped because of an unexpected error: {error}",
    )
    UNEXPECTED_ERROR = "unexpected_error", Severity.ERROR, "stopped by an unexpected error: {error}"

    # engine: moves that an earlier process left, or that another one leads
    MOVE_LEFT_UNARMED = (
        "move_left_unarmed",
        Severity.WARNING,
        "Unfinished move of {workload} from {source} to {target}: arm {contexts:list} to go on",
    )
    MOVE_LEFT_ELSEWHERE = (
        "move_left_elsewhere",
        Severity.WARNING,
        "Unfinished move of {workload} from {source} to {target}: {contexts:list} is missing here; "
        "start with a kubeconfig that has both, or end it: `sentinelaura migrations list`",
    )
    MOVE_SOURCE_UNSEEN = (
        "move_source_unseen",
        Severity.WARNING,
        "Move of {workload} from {source} to {target} is not over, as {target} has it, and {source} is not seen here: "
        "unless another instance leads it, nobody goes on with it before that answers; "
        "`sentinelaura migrations list` shows what can be done meanwhile",
    )
    MOVE_LED = (
        "move_led",
        Severity.INFO,
        "Another instance of SentinelAura leads the move of {workload} from {source} to {target}",
    )
    MOVE_LED_PERHAPS = (
        "move_led_perhaps",
        Severity.INFO,
        "Another instance of SentinelAura leads or led the move of {workload} from {source} to {target}",
    )

    # commands: why one ends without having done what was asked
    MIGRATION_INTERRUPTED = (
        "migration_interrupted",
        Severity.WARNING,
        "stopped in {phase}, as it stands: {source} is asked for {source_replicas} and {target} for {target_replicas} "
        "replicas, and this process moves it on no more. To go on: {go_on}. To go back: {go_back}",
    )
    ROLLBACK_INTERRUPTED = (
        "rollback_interrupted",
        Severity.WARNING,
        "stopped in {phase}, on its way back to {source}, as it stands: {source} is asked for {source_replicas} and "
        "{target} for {target_replicas} replicas, and this process moves it on no more. To go on with that: {go_back}",
    )
    COMMAND_INTERRUPTED = (
        "command_interrupted",
        Severity.WARNING,
        "stopped before the end; a migration that had begun is taken up by the next armed start",
    )
    INTERRUPTED_IN_QUEUE = (
        "interrupted_in_queue",
        Severity.WARNING,
        "stopped while the move waited in the queue; nothing of it has begun, and nobody begins it later",
    )
    CONTEXT_IS_ALIAS = (
        "context_is_alias",
        Severity.WARNING,
        "{context} is the same cluster as {watched}; say {watched}",
    )
    ACT_NOT_CONFIRMED = (
        "act_not_confirmed",
        Severity.WARNING,
        "not confirmed: that takes the workload's name, {name}, typed or given with --yes; nothing was changed",
    )
    DRY_RUN_LATE = "dry_run_late", Severity.WARNING, "no dry run of {workload} came in {seconds:g} s"
    MOVE_NOT_FOUND = (
        "move_not_found",
        Severity.WARNING,
        "no Lease that can be read speaks of a migration {migration_id}; "
        "`sentinelaura migrations list --all` shows those that are known",
    )
    PICTURE_INCOMPLETE = (
        "picture_incomplete",
        Severity.WARNING,
        "no full picture of prices and clusters after {seconds:g} s",
    )
    OFFERINGS_UNPRICED = (
        "offerings_unpriced",
        Severity.WARNING,
        "no price holds now for {count:of offering} among the nodes",
    )
    WORKLOAD_NAME_WRONG = (
        "workload_name_wrong",
        Severity.WARNING,
        "{name!r} is not CONTEXT/NAMESPACE/DEPLOYMENT",
    )

    # notices: what a person should know while it lasts
    NO_NEW_PRICES = (
        "no_new_prices",
        Severity.ERROR,
        "no new prices: {why:whole}. Migrations hold until they are back",
    )
    CONTEXT_LOST = "context_lost", Severity.WARNING, "{context} is {health}: {why:whole}"
    PLANNED_ON_SIMULATED = (
        "planned_on_simulated",
        Severity.WARNING,
        "these clusters are real, but the prices are simulated: moves are planned on them, and nothing is moved. "
        "Give live ones with --prices live or --prices FILE --live",
    )
    PLANNED_ON_RECORDED = (
        "planned_on_recorded",
        Severity.WARNING,
        "these clusters are real, but the prices are recorded: moves are planned on them, and nothing is moved. "
        "Give live ones with --prices live or --prices FILE --live",
    )
    PLANNED_ON_MIXED = (
        "planned_on_mixed",
        Severity.WARNING,
        "these clusters are real, but some of the prices are not live: moves are planned on those, and nothing is "
        "moved. Give live ones with --prices live or --prices FILE --live",
    )

    # notices: those of the window itself; `text` was made where its fault is known
    SETTINGS_DOUBTFUL = "settings_doubtful", Severity.WARNING, "{problem:whole}"
    FILE_NOT_OPENED = "file_not_opened", Severity.WARNING, "{problem:whole}. Nothing was changed"
    FILE_NOT_WATCHED = (
        "file_not_watched",
        Severity.WARNING,
        "{file} is not watched: {problem:whole}. What was watched before, read-only until you arm it, was started "
        "again. Mend the file and open it again (Ctrl+O)",
    )
    FILE_NOT_WATCHED_DEMO = (
        "file_not_watched_demo",
        Severity.WARNING,
        "{file} is not watched: {problem:whole}. The demo was started again. Mend the file and open it again (Ctrl+O)",
    )
    CONTEXTS_LOST = (
        "contexts_lost",
        Severity.WARNING,
        "{count} contexts cannot be read: {contexts:list}. The table says why of each",
    )
    STOP_REQUESTED = (
        "stop_requested",
        Severity.WARNING,
        "stopping: the engine is asked to change nothing any more",
    )
    STOPPED_BY_HAND = (
        "stopped_by_hand",
        Severity.WARNING,
        "stopped: every context is read-only now, and no move was under way",
    )
    STOPPED_MOVES = (
        "stopped_moves",
        Severity.WARNING,
        "stopped: every context is read-only now. Standing still until both of their contexts are armed: {moves:list}",
    )
    SHOWS_THE_LAST = (
        "shows_the_last",
        Severity.ERROR,
        "nothing new will come, because {why:whole}; what you see is the last that was known. Start SentinelAura "
        "again, or open a kubeconfig (Ctrl+O)",
    )

    # the window: why nothing can be started from it
    ENGINE_ENDED = (
        "engine_ended",
        Severity.ERROR,
        "the engine has stopped: its process ended unexpectedly (exit code {exit_code})",
    )
    ENGINE_LOST = "engine_lost", Severity.ERROR, "the engine has stopped: {why:whole}"
    ENGINE_NOT_STARTED = (
        "engine_not_started",
        Severity.ERROR,
        "the engine has stopped: its process could not be started: {error}",
    )
    ENGINE_UNREADABLE = (
        "engine_unreadable",
        Severity.ERROR,
        "the engine has stopped: it sent something that cannot be read: {error}",
    )
