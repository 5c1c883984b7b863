"""What the engine reports: frozen snapshots, made at most a few times a second. Pure.

The desktop, the headless commands and the tests see the engine through these values only. Times are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from controller.clusters.arming import Arming
from controller.clusters.fleet import Health, OtherWorkload, WatchedKind, WorkloadKey
from controller.clusters.known_by import KnownBy
from controller.contract.commands import StartMigration
from controller.contract.dry_run import DryRun, UnofferedMove
from controller.contract.savings import Savings
from controller.contract.settlement import ActOutcome, JudgedActs
from controller.contract.way_back import WayBack
from oracle.binding import Binding
from oracle.foundation.reason import Reason, Severity
from oracle.quotes import Playback, Quote
from oracle.status import SourceStatus


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know while it lasts; `key` stays the same while it is the same trouble.

    `migration_id`: the migration that a person can decide about.
    """

    key: str
    reason: Reason
    migration_id: str | None = None

    @property
    def severity(self) -> Severity:
        """How loudly it speaks."""
        return self.reason.severity

    @property
    def text(self) -> str:
        """The reason as whole sentences. What comes from outside keeps its first letter: it may be a name."""
        sentence = str(self.reason)
        if not self.reason.code.template.startswith("{"):
            sentence = sentence[:1].upper() + sentence[1:]
        return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def make_notice(reason: Reason, *parameters: str) -> Notice:
    """Return a notice whose key is the reason's code and the parameters that tell it from others of that code."""
    return Notice(":".join((reason.code.value, *(str(reason[name]) for name in parameters))), reason)


@dataclass(frozen=True, slots=True)
class WorkloadView:
    """One workload as shown: replica counters and what it costs at today's price (None: price unknown)."""

    key: WorkloadKey
    desired_replicas: int
    ready_replicas: int | None
    usd_per_day: Decimal | None
    state_gb: float | None
    immovable_reasons: tuple[Reason, ...] = ()
    #: Who says `state_gb`; None where nobody does.
    state_known_by: KnownBy | None = None


@dataclass(frozen=True, slots=True)
class ZonePrice:
    """What the nodes in one zone cost, USD per hour (None: unknown), and how many stand there."""

    zone: str
    node_count: int
    usd_per_hour: Decimal | None


@dataclass(frozen=True, slots=True)
class ContextView:
    """One context as shown. `quote` may be expired: show it as such, grey, with its age."""

    context: str
    provider: str | None
    region: str | None
    city: str | None
    latitude_degrees: float | None
    longitude_degrees: float | None
    instance_type: str | None
    health: Health
    #: Why it is not reachable, or not completely read, or too long ago; None where all is known.
    health_reason: Reason | None
    armed: bool
    quote: Quote | None
    on_demand_usd_per_hour: Decimal | None
    #: Relative change of the price over the shown history (0.05: 5 % dearer); None where there is no history.
    trend: float | None
    #: (Unix seconds, USD per hour), oldest first, at most 240 points.
    history: tuple[tuple[float, float], ...]
    workloads: tuple[WorkloadView, ...]
    usd_per_day: Decimal | None
    node_count: int | None
    #: None while one workload's status is older than its spec.
    ready_replicas: int | None
    desired_replicas: int
    #: Who the cluster is: the UID of its namespace kube-system; where it does not answer, as a journal of ours has it.
    #: None: not known.
    cluster_uid: str | None = None
    #: On which terms it is armed; None: it is not.
    arming: Arming | None = None
    #: Why what was armed is not any more; None where nothing was, and where it still is.
    unarmed_reason: Reason | None = None
    #: kind -> when it was last known to be as it is shown, Unix seconds; what was never read is missing.
    read_at: Mapping[WatchedKind, float] = field(default_factory=dict)
    #: The price with the interruptions that are to be expected (`decision.price_basis`); None: nobody says how often.
    usd_per_hour_with_risk: Decimal | None = None
    #: Where the price differs by zone, each in which nodes of this type stand; `quote` is their mean.
    zones: tuple[ZonePrice, ...] = ()
    #: What runs pods there and is no Deployment: seen, and not moved.
    others: tuple[OtherWorkload, ...] = ()


class MigrationStage(StrEnum):
    """The coarse stage of a migration, for display; `phase` holds the protocol's own word."""

    RUNNING = "running"
    HOLDING = "holding"
    ROLLING_BACK = "rolling_back"
    DONE = "done"
    ROLLED_BACK = "rolled_back"
    REFUSED = "refused"
    NEEDS_OPERATOR = "needs_operator"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in (MigrationStage.DONE, MigrationStage.ROLLED_BACK, MigrationStage.REFUSED)


@dataclass(frozen=True, slots=True)
class MigrationView:
    """One migration as shown. `landed` counts pods that became Ready in the target: the arc's dots."""

    migration_id: str
    workload: WorkloadKey
    target: str
    stage: MigrationStage
    phase: str
    #: What is happening.
    detail: Reason
    replicas: int
    landed: int
    source_ready: int | None
    source_desired: int | None
    target_ready: int | None
    target_desired: int | None
    wave: int
    waves: int
    started_at: float
    ended_at: float | None
    can_cancel: bool
    #: The dry run that was confirmed.
    dry_run: DryRun
    #: What the move has cost so far (egress and double running), and what it saves a day from now on.
    cost_usd: Decimal | None
    savings_usd_per_day: Decimal | None
    #: Why it is where it is; None where only the plan has brought it there.
    reason: Reason | None = None
    #: Of a refusal: the context of the cluster that is the cause; None: no single one is.
    refused_by: str | None = None
    #: What a person can do, where it waits for one.
    advice: Reason | None = None
    #: Whether this process decides what happens next.
    is_leading: bool = False

    @property
    def sentence(self) -> str:
        """What is happening, or why it stopped and what to do about it, as one sentence for a person."""
        sentence = join_sentence(self.detail, self.reason)
        return sentence if self.advice is None else f"{sentence}; {self.advice}"


def join_sentence(detail: object, reason: object | None) -> str:
    """Return what is happening and why, each a reason as it is or as history keeps it, as one sentence without a full
    stop.
    """
    return f"{detail}: {reason}" if reason is not None else str(detail)


class EntryKind(StrEnum):
    """What a timeline entry speaks of."""

    DECISION = "decision"
    MIGRATION = "migration"
    STORE = "store"
    CLUSTER = "cluster"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class MoveOutcome:
    """What came of a finished move, to be reported in few words. Money is None where it is not known."""

    workload: WorkloadKey
    target: str
    cost_usd: Decimal | None
    savings_usd_per_day: Decimal | None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the timeline, made from an event; `sequence` grows by one. `outcome`: of a finished move only."""

    sequence: int
    at: float
    kind: EntryKind
    text: str
    contexts: tuple[str, ...] = ()
    migration_id: str | None = None
    severity: Severity = Severity.INFO
    outcome: MoveOutcome | None = None


@dataclass(frozen=True, slots=True)
class UnstartedMove:
    """A start that was asked for and not taken up; nothing was changed."""

    workload: WorkloadKey
    target: str
    reason: Reason
    at: float


@dataclass(frozen=True, slots=True)
class QueuedMove:
    """A start that was confirmed and waits for its turn; nothing of it has begun. `reason`: what it waits for."""

    start: StartMigration
    since: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class Consideration:
    """How a start that is considered would be answered at this moment; `reason` is None where it would be taken up.

    waits_for: what it would wait for in the queue; None: it would begin.
    """

    start: StartMigration
    reason: Reason | None
    waits_for: Reason | None = None


@dataclass(frozen=True, slots=True)
class StoreView:
    """The price store. `kind` is `embedded`, `shared` (another window's embedded one) or `remote`."""

    kind: str
    is_up: bool
    detail: str


class PriceOrigin(StrEnum):
    """In which world the prices that are shown are charged: the modes of their quotes, or no single one."""

    UNKNOWN = "unknown"
    LIVE = "live"
    SIMULATED = "simulated"
    RECORDED = "recorded"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class PriceSourceView:
    """Who says the prices, by the quotes themselves: in a shared store another program may. `text` is for people.

    services: those that this program asks for live prices, each with how it is.
    playback: the clock of the recording, of several that of the one shown last; None where none is played.
    """

    origin: PriceOrigin
    text: str
    services: tuple[SourceStatus, ...] = ()
    playback: Playback | None = None


@dataclass(frozen=True, slots=True)
class EngineSnapshot:
    """Everything at one moment.

    is_complete: every reachable cluster was listed and asked for unfinished moves, and prices have arrived, or have had
        their time. unpriced: what nodes are bought as and nobody says a price of that holds now, unless its source says
        that it has none.
    """

    sequence: int
    taken_at: float
    demo: bool
    price_source: PriceSourceView
    store: StoreView
    is_complete: bool
    contexts: tuple[ContextView, ...]
    #: Best first, at most one per workload: its best target.
    opportunities: tuple[DryRun, ...]
    #: Of the workloads of the contexts that are looked at (`LookAt`): all pairs of a large fleet are a million.
    refused: tuple[UnofferedMove, ...]
    migrations: tuple[MigrationView, ...]
    #: The newest entries, oldest first, at most 200.
    timeline: tuple[TimelineEntry, ...]
    notices: tuple[Notice, ...]
    #: Dry runs that were asked for by name, newest last, at most 16; they answer `RequestDryRun`.
    answers: tuple[DryRun, ...]
    #: Starts that were not taken up, newest last, at most 16; they answer `StartMigration`.
    unstarted: tuple[UnstartedMove, ...] = ()
    #: Starts that wait for their turn, in their order; the program forgets them when it ends.
    queue: tuple[QueuedMove, ...] = ()
    #: What the finished moves that are remembered cost and save; None where there is none.
    savings: Savings | None = None
    #: What acts on a migration would change (`JudgeActs`) and what came of them (`SettleMigration`), newest last.
    judged: tuple[JudgedActs, ...] = ()
    outcomes: tuple[ActOutcome, ...] = ()
    #: What a person can bring back where it came from, each workload by its last finished move.
    ways_back: tuple[WayBack, ...] = ()
    #: Of the one start that somebody considers (`Consider`), judged as it would be if it came now.
    considered: Consideration | None = None
    unpriced: tuple[Binding, ...] = ()
