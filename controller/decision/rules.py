"""May this move happen? One ordered list of rules; the first that refuses gives the reason. Pure.

Plan, dry run, confirmation and wave each ask those rules that belong to their moment. A rule answers exactly, for one
candidate; what differs from target to target also has a screen over many pairs at once (`block.py`), which stands
beside it because both must say the same: either a mask of what is refused, or how far a pair lies above a limit, USD,
so that whatever lies closer than floats can tell is asked exactly. A screen uses operators only, no numpy.

To add a rule: a code in `controller/reasons.py`, a question below, and a line at its place in RULES. Rules about the
workload come first, then those about the target, then those about both, then those about all moves alike. What kind of
HOLD it is in the middle of a move follows from the verdict that the rule declares (`migration/protocol/holds.py`).

A rule that belongs to a WAVE is asked again in the middle of a move, where a refusal holds it: nothing more is written,
both sides serve, and a move that is held for too long goes back. So only two kinds of rules belong there: what a person
allows (arming, the lists of targets, the dearest node), which may be taken back in the middle; and what has to be known
of prices, because going on must not cost an unknown amount. These do not:

- budgets, cooldown and moves under way: the move itself was counted when it began, and a limit that is reached later
  must not leave it half-way;
- what the move changes itself: replicas that are available, the name that the target has by now, its free room;
- whether it pays: the rest of it is judged by what it still saves (`migration/protocol/gate.py`);
- what the run looks at on both API servers before it writes: reachability, identity, interference;
- what a preflight found, which concerns moves that have not begun.

RATES are what is known of prices alone: what runs double is paid for whether it is allowed or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Flag, auto
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from controller.clusters.fleet import Cluster, Health, Workload
from controller.clusters.workload_parsing import STATE_ANNOTATION
from controller.contract.dry_run import Verdict
from controller.decision.budgets import DAY_S, sum_egress
from controller.decision.candidates import Candidate, find_state_gb
from controller.decision.facts import Facts
from controller.decision.pricing import SHARE_STEP, count_share_steps
from controller.decision.sites import NodePrice, Site, find_price_reason, is_same_cluster, price_replica
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.quotes import PriceMode, Quote

if TYPE_CHECKING:
    from controller.decision.block import Block

#: An array of booleans or of floats over the pairs of a block.
Screen: TypeAlias = "Callable[[Block], Any]"


class Moment(Flag):
    """When a rule is asked."""

    PLAN = auto()
    DRY_RUN = auto()
    CONFIRM = auto()
    #: In the middle of a move, as each of its waves begins; the module's docstring says which rules belong there.
    WAVE = auto()
    #: While a move goes on, for what it costs and saves: which rates may be believed.
    RATES = auto()
    AUTOPILOT = auto()


#: Before a move begins, whoever asks.
BEFORE = Moment.PLAN | Moment.DRY_RUN | Moment.CONFIRM | Moment.AUTOPILOT
#: Also as each of its waves begins.
EACH_WAVE = BEFORE | Moment.WAVE
#: Also while it goes on.
THROUGHOUT = BEFORE | Moment.WAVE | Moment.RATES
#: Where something is offered by itself; a person who asks by name may try again.
OFFERED = Moment.PLAN | Moment.AUTOPILOT


@dataclass(frozen=True, slots=True)
class WorkloadRule:
    """What is asked of a workload where it runs, whatever the target.

    screen: the number of the code (`code_numbers.py`) with which it refuses many at once, 0 where it does not.
    codes: all that it can give; a rule of a wave names them.
    """

    ask: Callable[[Site, Workload, Facts], Reason | None]
    screen: Screen | None = None
    moments: Moment = BEFORE
    verdict: Verdict = Verdict.REFUSED
    codes: tuple[Code, ...] = ()

    def __post_init__(self) -> None:
        _require_codes(self)

    def judge(self, candidate: Candidate, facts: Facts) -> Reason | None:
        """Why the move may not happen; None: nothing against it."""
        return self.ask(candidate.source, candidate.workload, facts)


@dataclass(frozen=True, slots=True)
class TargetRule:
    """What is asked of a target, whatever would move there.

    codes: all that it can give; a rule of a wave names them.
    """

    ask: Callable[[Site, Facts], Reason | None]
    moments: Moment = BEFORE
    verdict: Verdict = Verdict.REFUSED
    codes: tuple[Code, ...] = ()

    def __post_init__(self) -> None:
        _require_codes(self)

    def judge(self, candidate: Candidate, facts: Facts) -> Reason | None:
        """Why the move may not happen; None: nothing against it."""
        return self.ask(candidate.target, facts)


@dataclass(frozen=True, slots=True)
class MoveRule:
    """What is asked of a workload and a target together. It gives one code, and has a screen or a margin for many.

    screen: True where it refuses. margin: USD above the limit; it refuses below 0. Neither: it is not asked of a plan.
    """

    code: Code
    ask: Callable[[Candidate, Facts], Reason | None]
    screen: Screen | None = None
    margin: Screen | None = None
    moments: Moment = BEFORE
    verdict: Verdict = Verdict.REFUSED

    @property
    def codes(self) -> tuple[Code, ...]:
        """All that it can give."""
        return (self.code,)

    def judge(self, candidate: Candidate, facts: Facts) -> Reason | None:
        """Why the move may not happen; None: nothing against it."""
        return self.ask(candidate, facts)


@dataclass(frozen=True, slots=True)
class FleetRule:
    """What is asked of all moves alike.

    codes: all that it can give; a rule of a wave names them.
    """

    ask: Callable[[Facts], Reason | None]
    moments: Moment = BEFORE
    verdict: Verdict = Verdict.REFUSED
    codes: tuple[Code, ...] = ()

    def __post_init__(self) -> None:
        _require_codes(self)

    def judge(self, candidate: Candidate, facts: Facts) -> Reason | None:
        """Why the move may not happen; None: nothing against it."""
        return self.ask(facts)


Rule: TypeAlias = WorkloadRule | TargetRule | MoveRule | FleetRule


def _require_codes(rule: WorkloadRule | TargetRule | FleetRule) -> None:
    """What holds a move is known by its code: one that no rule names would be taken for a person's matter."""
    if Moment.WAVE in rule.moments and not rule.codes:
        raise ValueError(f"a rule of a wave names the codes that it can give: {rule.ask.__name__}")


def judge_move(candidate: Candidate, facts: Facts, moment: Moment) -> tuple[Verdict, Reason] | None:
    """The first rule of this moment that refuses, and why; None: nothing against the move."""
    for rule in select_rules(moment):
        if (reason := rule.judge(candidate, facts)) is not None:
            return rule.verdict, reason
    return None


def judge_workload(site: Site, workload: Workload, facts: Facts, moment: Moment) -> Reason | None:
    """Why this workload may go nowhere; None: nothing against it."""
    for rule in select_rules(moment):
        if isinstance(rule, WorkloadRule) and (reason := rule.ask(site, workload, facts)) is not None:
            return reason
    return None


def judge_target(site: Site, facts: Facts, moment: Moment) -> Reason | None:
    """Why nothing may move to this site; None: nothing against it."""
    for rule in select_rules(moment):
        if isinstance(rule, TargetRule) and (reason := rule.ask(site, facts)) is not None:
            return reason
    return None


def judge_fleet(facts: Facts, moment: Moment) -> Reason | None:
    """Why nothing may move at all now; None: nothing against it."""
    for rule in select_rules(moment):
        if isinstance(rule, FleetRule) and (reason := rule.ask(facts)) is not None:
            return reason
    return None


@cache
def select_rules(moment: Moment) -> tuple[Rule, ...]:
    """The rules that belong to a moment, in their order."""
    return tuple(rule for rule in RULES if moment in rule.moments)


def _find_under_way(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    move = facts.usage.find_under_way(workload.key)
    if move is None:
        return None
    if move in facts.usage.moves:
        return Code.MOVE_RUNNING.because()
    return Code.MOVE_UNFINISHED.because(source=move.workload.context, target=move.target)


def _find_unusable_source(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    return _find_unusable_site(site, facts)


def _find_unusable_site(site: Site, facts: Facts) -> Reason | None:
    cluster, context = site.cluster, site.context
    if cluster.health is not Health.REACHABLE:
        return cluster.reason or Code.CONTEXT_CONNECTING.because(context=context)
    if not cluster.is_complete:
        return Code.CONTEXT_INCOMPLETE.because(context=context)
    if cluster.uid is None:
        return Code.CONTEXT_UNIDENTIFIED.because(context=context)
    return None if site.groups else Code.CONTEXT_WITHOUT_NODES.because(context=context)


def _find_immovable(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    return workload.immovable_reasons[0] if workload.immovable_reasons else None


def _find_unplannable(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    replicas, available = workload.desired_replicas, workload.available_replicas
    if replicas <= 0:
        return Code.NO_REPLICAS.because()
    if workload.requests is None:
        return Code.NO_REQUESTS.because()
    if available is None or available < replicas:
        return Code.NOT_AVAILABLE.because(available=available, replicas=replicas)
    return None if site.find_group(workload.requests) is not None else Code.NO_HOME_NODE.because()


def _find_cooldown(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    ended, rest_s = facts.usage.find_last_end(workload.key), facts.settings.budgets.cooldown_s
    if ended is None or facts.now >= ended + rest_s:
        return None
    return Code.COOLDOWN.because(ago=max(0.0, facts.now - ended), rest=rest_s)


def _find_unpriced_home(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    if workload.requests is None:
        return Code.NO_REQUESTS.because()
    price = price_replica(site, workload.requests, facts.board, facts.now)
    return Code.NO_HOME_NODE.because() if price.group is None else _find_price_reason(site, price)


def _find_unknown_state(site: Site, workload: Workload, facts: Facts) -> Reason | None:
    if find_state_gb(workload, facts.settings) is not None:
        return None
    return Code.STATE_UNKNOWN.because(annotation=STATE_ANNOTATION)


def _find_exclusion(site: Site, facts: Facts) -> Reason | None:
    settings, words = facts.settings, _words_of(site.cluster)
    if words & settings.denied_targets:
        return Code.TARGET_DENIED.because(target=site.context)
    if settings.allowed_targets is not None and not words & settings.allowed_targets:
        return Code.TARGET_NOT_ALLOWED.because(target=site.context)
    return None


def _words_of(cluster: Cluster) -> frozenset[str]:
    """The words by which allow and deny lists may name a cluster, by whichever of its contexts."""
    words = {cluster.context, *cluster.aliases}
    if cluster.provider is not None:
        words.add(cluster.provider)
        if cluster.region is not None:
            words.add(f"{cluster.provider}/{cluster.region}")
    return frozenset(words)


def _find_same_cluster(candidate: Candidate, facts: Facts) -> Reason | None:
    return Code.SAME_CLUSTER.because() if is_same_cluster(candidate.source, candidate.target) else None


def _find_namesake(candidate: Candidate, facts: Facts) -> Reason | None:
    key, target = candidate.workload.key, candidate.target
    running = target.replicas.get((key.namespace, key.name), 0)
    return Code.NAME_TAKEN.because(target=target.context, replicas=running) if running > 0 else None


def _find_no_node(candidate: Candidate, facts: Facts) -> Reason | None:
    if candidate.there.group is not None:
        return None
    requests = candidate.workload.requests
    return Code.NO_NODE_FITS.because(
        target=candidate.target.context,
        cpu_cores=requests.cpu_cores if requests is not None else None,
        memory_gib=requests.memory_gib if requests is not None else None,
    )


def _find_other_architecture(candidate: Candidate, facts: Facts) -> Reason | None:
    here, there = _architectures_of(candidate.here), _architectures_of(candidate.there)
    if not here or not there or here & there:
        return None
    return Code.OTHER_ARCHITECTURE.because(
        target=candidate.target.context, there=tuple(sorted(there)), here=tuple(sorted(here))
    )


def _architectures_of(price: NodePrice) -> frozenset[str]:
    return price.group.architectures if price.group is not None else frozenset()


def _find_room_unknown(candidate: Candidate, facts: Facts) -> Reason | None:
    target = candidate.target
    return Code.ROOM_UNKNOWN.because(target=target.context) if target.cluster.free is None else None


def _find_no_room(candidate: Candidate, facts: Facts) -> Reason | None:
    requests, free = candidate.workload.requests, candidate.target.cluster.free
    if requests is None or free is None:
        return Code.ROOM_UNKNOWN.because(target=candidate.target.context)
    needed = requests * candidate.replicas
    if needed.fits_in(free * (1.0 - facts.settings.headroom_share)):
        return None
    return Code.NO_ROOM.because(
        target=candidate.target.context,
        needed_cpu_cores=needed.cpu_cores,
        needed_memory_gib=needed.memory_gib,
        free_cpu_cores=free.cpu_cores,
        free_memory_gib=free.memory_gib,
    )


def _find_price_reason(site: Site, price: NodePrice) -> Reason | None:
    if price.group is None or price.usd_per_hour is not None:
        return None
    return find_price_reason(price.quote).because(context=site.context, offering=str(price.group.offering))


def _find_unknown_price(candidate: Candidate, facts: Facts) -> Reason | None:
    is_quoted = candidate.there.quote is not None
    return None if is_quoted else _find_price_reason(candidate.target, candidate.there)


def _find_unknown_size(candidate: Candidate, facts: Facts) -> Reason | None:
    is_quoted = candidate.there.quote is not None
    return _find_price_reason(candidate.target, candidate.there) if is_quoted else None


def _find_prices_not_live(candidate: Candidate, facts: Facts) -> Reason | None:
    quotes = (candidate.here.quote, candidate.there.quote)
    return None if facts.accepts_any_prices else find_prices_not_live(quotes)


def find_prices_not_live(quotes: Iterable[Quote | None]) -> Reason | None:
    """Which of these prices nobody charges now, so that no real cluster is changed on them; None: all are live."""
    unreal = [quote for quote in quotes if quote is not None and quote.mode is not PriceMode.LIVE]
    if not unreal:
        return None
    return Code.PRICES_NOT_LIVE.because(
        contexts=tuple(sorted({quote.context for quote in unreal})),
        modes=tuple(sorted({str(quote.mode) for quote in unreal})),
    )


def _find_unknown_egress(candidate: Candidate, facts: Facts) -> Reason | None:
    if candidate.transfer.rate is not None:
        return None
    return Code.EGRESS_UNKNOWN.because(source=candidate.source.context, target=candidate.target.context)


def _find_dear_node(candidate: Candidate, facts: Facts) -> Reason | None:
    limit, quote = facts.settings.maximum_node_usd_per_hour, candidate.there.quote
    if limit is None or quote is None or quote.usd_per_hour <= limit:
        return None
    return Code.NODE_TOO_DEAR.because(
        target=candidate.target.context, node_usd_per_hour=quote.usd_per_hour, limit_usd_per_hour=limit
    )


def _find_not_cheaper(candidate: Candidate, facts: Facts) -> Reason | None:
    here, there = candidate.here.usd_per_hour, candidate.there.usd_per_hour
    if here is None or there is None or there < here:
        return None
    daily = 24 * candidate.replicas
    return Code.NOT_CHEAPER.because(target_usd_per_day=there * daily, source_usd_per_day=here * daily)


def _find_costs_more(candidate: Candidate, facts: Facts) -> Reason | None:
    bill = candidate.bill
    if bill is None or bill.net_usd > 0:
        return None
    hours = facts.settings.horizon_h
    return Code.COSTS_MORE.because(cost_usd=bill.one_off_usd, savings_usd=bill.savings_usd, hours=hours)


def _find_small_share(candidate: Candidate, facts: Facts) -> Reason | None:
    here, there = candidate.here.usd_per_hour, candidate.there.usd_per_hour
    minimum = count_share_steps(facts.settings.minimum_savings_share) * SHARE_STEP
    if here is None or there is None or here - there >= here * minimum:
        return None
    return Code.SHARE_TOO_SMALL.because(share=(here - there) / here, minimum=minimum)


def _find_small_gain(candidate: Candidate, facts: Facts) -> Reason | None:
    bill, settings = candidate.bill, facts.settings
    if bill is None or bill.net_usd >= settings.minimum_net_usd:
        return None
    return Code.GAIN_TOO_SMALL.because(
        net_usd=bill.net_usd, hours=settings.horizon_h, minimum_usd=settings.minimum_net_usd
    )


def _find_spent_egress(candidate: Candidate, facts: Facts) -> Reason | None:
    limit, more = facts.settings.budgets.egress_usd_per_day, candidate.transfer.usd
    if limit is None or not more:
        return None
    spent = sum_egress(facts.usage.begun_since(facts.now - DAY_S))
    if spent + more <= limit:
        return None
    return Code.EGRESS_SPENT.because(spent_usd=spent, more_usd=more, limit_usd=limit)


def _find_preflight_refusal(candidate: Candidate, facts: Facts) -> Reason | None:
    finding = facts.find_preflight(candidate.workload, candidate.target.context)
    if finding is None:
        return None
    ago = max(0.0, facts.now - finding.at)
    return Code.PREFLIGHT_REFUSED.because(target=finding.target, ago=ago, detail=str(finding.reason))


def _find_spent_concurrency(facts: Facts) -> Reason | None:
    running, limit = len(facts.usage.running()), facts.settings.budgets.concurrent_moves
    return Code.CONCURRENCY_SPENT.because(moves=running, limit=limit) if running >= limit else None


def _find_spent_day(facts: Facts) -> Reason | None:
    begun, limit = len(facts.usage.begun_since(facts.now - DAY_S)), facts.settings.budgets.moves_per_day
    return Code.DAY_SPENT.because(moves=begun, limit=limit) if begun >= limit else None


def _find_unarmed(candidate: Candidate, facts: Facts) -> Reason | None:
    return find_unarmed(candidate.source.context, candidate.target.context, facts)


def find_unarmed(source: str, target: str, facts: Facts) -> Reason | None:
    """Which of two contexts may not be written to; None: both may."""
    unarmed = tuple(context for context in (source, target) if context not in facts.armed)
    return Code.NOT_ARMED.because(contexts=unarmed) if unarmed else None


UNKNOWN, DEAR = Verdict.UNKNOWN, Verdict.TOO_DEAR


def _require_known(code: Code, ask: Callable[[Candidate, Facts], Reason | None]) -> MoveRule:
    """A rule about a fact that has to be known all the way; the columns keep which moves lack it."""
    return MoveRule(code, ask, lambda block: block.has_reason(code), moments=THROUGHOUT, verdict=UNKNOWN)


WORKLOAD_RULES = (
    WorkloadRule(_find_under_way),
    WorkloadRule(_find_unusable_source),
    WorkloadRule(_find_immovable),
    WorkloadRule(_find_unplannable),
    WorkloadRule(_find_cooldown),
    WorkloadRule(_find_unknown_state, verdict=UNKNOWN),
    WorkloadRule(
        _find_unpriced_home,
        lambda block: block.here_reason,
        THROUGHOUT,
        UNKNOWN,
        (Code.NO_REQUESTS, Code.NO_HOME_NODE, Code.PRICE_UNKNOWN, Code.NODE_SIZE_UNKNOWN),
    ),
)

TARGET_RULES = (
    TargetRule(_find_exclusion, EACH_WAVE, codes=(Code.TARGET_DENIED, Code.TARGET_NOT_ALLOWED)),
    TargetRule(_find_unusable_site),
)

MOVE_RULES = (
    MoveRule(Code.SAME_CLUSTER, _find_same_cluster, lambda block: block.same_cluster),
    MoveRule(Code.NAME_TAKEN, _find_namesake, lambda block: block.taken),
    MoveRule(
        Code.NO_NODE_FITS,
        _find_no_node,
        lambda block: block.has_reason(Code.NO_NODE_FITS),
        moments=THROUGHOUT,
    ),
    MoveRule(
        Code.OTHER_ARCHITECTURE,
        _find_other_architecture,
        lambda block: block.here_architectures & block.there_architectures == 0,
    ),
    MoveRule(
        Code.ROOM_UNKNOWN, _find_room_unknown, lambda block: block.free_cpu_cores != block.free_cpu_cores
    ),
    MoveRule(
        Code.NO_ROOM,
        _find_no_room,
        lambda block: (
            (block.needed_cpu_cores > block.free_cpu_cores * block.usable_share)
            | (block.needed_memory_gib > block.free_memory_gib * block.usable_share)
        ),
    ),
    _require_known(Code.PRICE_UNKNOWN, _find_unknown_price),
    _require_known(Code.NODE_SIZE_UNKNOWN, _find_unknown_size),
    MoveRule(Code.EGRESS_UNKNOWN, _find_unknown_egress, lambda block: block.route_unknown, verdict=UNKNOWN),
    MoveRule(Code.NODE_TOO_DEAR, _find_dear_node, lambda block: block.node_too_dear, moments=EACH_WAVE),
    MoveRule(
        Code.NOT_CHEAPER, _find_not_cheaper, lambda block: block.there_steps >= block.here_steps, verdict=DEAR
    ),
    MoveRule(Code.COSTS_MORE, _find_costs_more, margin=lambda block: block.net_usd, verdict=DEAR),
    MoveRule(
        Code.SHARE_TOO_SMALL,
        _find_small_share,
        lambda block: block.there_steps > block.dearest_steps,
        verdict=DEAR,
    ),
    MoveRule(
        Code.GAIN_TOO_SMALL,
        _find_small_gain,
        margin=lambda block: block.net_usd - block.minimum_net_usd,
        verdict=DEAR,
    ),
    MoveRule(
        Code.EGRESS_SPENT,
        _find_spent_egress,
        margin=lambda block: block.egress_margin_usd,
    ),
    MoveRule(
        Code.PREFLIGHT_REFUSED,
        _find_preflight_refusal,
        lambda block: block.preflight_refused,
        moments=OFFERED,
    ),
)

FLEET_RULES = (FleetRule(_find_spent_concurrency), FleetRule(_find_spent_day))

#: What has to be so where clusters are changed. A plan may be looked at all the same: who tries the program out on
#: clusters of their own sees what it would find, and is told beside it that nothing is moved on simulated prices.
PERMISSIONS = (
    MoveRule(Code.NOT_ARMED, _find_unarmed, moments=Moment.CONFIRM | Moment.WAVE),
    MoveRule(
        Code.PRICES_NOT_LIVE,
        _find_prices_not_live,
        moments=Moment.CONFIRM | Moment.WAVE | Moment.RATES | Moment.AUTOPILOT,
        verdict=UNKNOWN,
    ),
)

RULES: tuple[Rule, ...] = (*PERMISSIONS, *WORKLOAD_RULES, *TARGET_RULES, *MOVE_RULES, *FLEET_RULES)
