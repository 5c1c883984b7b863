"""May this move happen? One ordered list of rules; the first that refuses gives the reason. Pure.

Plan, dry run, confirmation and wave each ask those rules that belong to their moment. A rule answers exactly, for one
candidate; what differs from target to target also has a screen over many pairs at once (`block.py`): either a mask of
what is refused, or how far a pair lies above a limit, USD, so that whatever lies closer than floats can tell is asked
exactly. The question stands in `questions.py`, its screen in the rule's line here; that both say the same is held by
`test_planning.py`. A screen uses operators only, no numpy.

To add a rule: a code in `controller/reasons.py`, a question in `questions.py`, and a line at its place in RULES. Rules
about the workload come first, then those about the target, then those about both, then those about all moves alike.
What kind of HOLD it is in the middle of a move follows from the verdict that the rule declares
(`migration/protocol/holds.py`).

A rule that belongs to a WAVE is asked again in the middle of a move, where a refusal holds it: nothing more is written,
both sides serve, and a move that is held for too long goes back. So only two kinds of rules belong there: what a person
allows (arming, the lists of targets, the dearest node), which may be taken back in the middle; and what has to be known
of prices, because going on must not cost an unknown amount. These do not:

- budgets, cooldown and moves under way: the move itself was counted when it began, and a limit that is reached later
  must not leave it half-way;
- what the move changes itself: replicas that are available, the name that the target has by now, its free room;
- whether it pays: the rest of it is judged by what it still saves (`migration/protocol/gate.py`);
- what the run looks at on both API servers before it writes: reachability, identity, interference. But its price rests
  on what was seen of nodes and requests, so that these must not be too old;
- autoscalers, and what a preflight found, which concern moves that have not begun.

RATES are what is known of prices alone: what runs double is paid for whether it is allowed or not.

A way back that a person has confirmed is asked what keeps it safe, at each of these moments, and nothing about money,
rests and prices: a rule says so by `binds_way_back`. What it costs is shown and typed for instead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from controller.clusters.fleet import Workload
from controller.contract.dry_run import Verdict
from controller.decision import questions
from controller.decision.candidates import Candidate
from controller.decision.facts import Facts
from controller.decision.rule import (
    EACH_WAVE,
    OFFERED,
    THROUGHOUT,
    FleetRule,
    Moment,
    MoveRule,
    Rule,
    TargetRule,
    WorkloadRule,
)
from controller.decision.sites import Site
from controller.reasons import Code
from oracle.foundation.reason import Reason

UNKNOWN, DEAR = Verdict.UNKNOWN, Verdict.TOO_DEAR


def _require_known(code: Code, ask: Callable[[Candidate, Facts], Reason | None]) -> MoveRule:
    """A rule about a fact that has to be known all the way; the columns keep which moves lack it."""
    return MoveRule(
        code,
        ask,
        lambda block: block.has_reason(code),
        moments=THROUGHOUT,
        verdict=UNKNOWN,
        binds_way_back=False,
    )


#: Why what a replica costs at home is not known.
_UNPRICED = (
    *(Code.NO_REQUESTS, Code.NO_HOME_NODE, Code.PODS_UNPRICED),
    *(Code.PRICE_UNKNOWN, Code.RISK_UNKNOWN, Code.NODE_SIZE_UNKNOWN),
)

WORKLOAD_RULES = (
    WorkloadRule(questions.find_under_way),
    WorkloadRule(questions.find_unusable_source),
    WorkloadRule(questions.find_unpriced_source, binds_way_back=False),
    WorkloadRule(
        questions.find_outdated_source,
        moments=Moment.WAVE,
        verdict=UNKNOWN,
        codes=(Code.KINDS_OUTDATED,),
        binds_way_back=False,
    ),
    WorkloadRule(questions.find_immovable),
    WorkloadRule(questions.find_broken),
    WorkloadRule(questions.find_autoscaled),
    WorkloadRule(questions.find_unplannable),
    WorkloadRule(questions.find_homeless, binds_way_back=False),
    WorkloadRule(questions.find_cooldown, binds_way_back=False),
    WorkloadRule(questions.find_unknown_state, verdict=UNKNOWN, binds_way_back=False),
    WorkloadRule(
        questions.find_unpriced_home,
        lambda block: block.here_reason,
        moments=THROUGHOUT,
        verdict=UNKNOWN,
        codes=_UNPRICED,
        binds_way_back=False,
    ),
)

TARGET_RULES = (
    TargetRule(
        questions.find_exclusion, moments=EACH_WAVE, codes=(Code.TARGET_DENIED, Code.TARGET_NOT_ALLOWED)
    ),
    TargetRule(questions.find_unusable_site),
    TargetRule(
        questions.find_outdated_site,
        moments=Moment.WAVE,
        verdict=UNKNOWN,
        codes=(Code.KINDS_OUTDATED,),
        binds_way_back=False,
    ),
)

#: What ties pods to their cluster (`namesakes.py`), but for the first one.
_TIES = (
    *(Code.PINNED, Code.NODE_SELECTED, Code.CLOUD_IDENTITY, Code.IDENTITY_UNKNOWN),
    *(Code.HOST_NETWORK, Code.HOST_NAMESPACE, Code.HOST_PORT, Code.PRIVILEGED),
)

MOVE_RULES = (
    MoveRule(Code.PLACE_SELECTED, questions.find_tied, margin=lambda block: block.tied_margin, also=_TIES),
    MoveRule(Code.SAME_CLUSTER, questions.find_same_cluster, lambda block: block.same_cluster),
    MoveRule(
        Code.MOVE_RUNNING,
        questions.find_running_there,
        lambda block: block.has_move(Code.MOVE_RUNNING),
    ),
    MoveRule(
        Code.MOVE_UNFINISHED,
        questions.find_unfinished_there,
        lambda block: block.has_move(Code.MOVE_UNFINISHED),
    ),
    MoveRule(
        Code.TARGET_RESTS,
        questions.find_resting_target,
        lambda block: block.was_refused(Code.TARGET_RESTS),
        binds_way_back=False,
    ),
    MoveRule(Code.NAMESPACE_UNWATCHED, questions.find_unwatched_namespace, lambda block: block.unwatched),
    MoveRule(Code.TEMPLATES_DIFFER, questions.find_other_template, lambda block: block.templates_differ),
    MoveRule(Code.NAMESAKE_UNFIT, questions.find_unfit_namesake, lambda block: block.unfit),
    MoveRule(
        Code.TARGET_SELECTS_OTHER_PODS,
        questions.find_other_pods,
        margin=lambda block: block.accepted_template_margin,
    ),
    MoveRule(Code.AUTOSCALER_IN_THE_WAY, questions.find_autoscaled_there, lambda block: block.autoscaled),
    MoveRule(
        Code.AUTOSCALER_OF_A_PART,
        questions.find_partly_autoscaled,
        margin=lambda block: block.frozen_autoscaler_margin,
    ),
    MoveRule(
        Code.UNSCHEDULABLE,
        questions.find_unschedulable,
        lambda block: block.replicas > block.places,
    ),
    MoveRule(
        Code.NO_NODE_FITS,
        questions.find_no_node,
        lambda block: block.has_reason(Code.NO_NODE_FITS),
        moments=THROUGHOUT,
    ),
    MoveRule(
        Code.NO_DEVICE,
        questions.find_no_device,
        lambda block: block.has_reason(Code.NO_DEVICE),
        moments=THROUGHOUT,
    ),
    MoveRule(
        Code.OTHER_ARCHITECTURE,
        questions.find_other_architecture,
        lambda block: block.here_platforms & block.there_platforms == 0,
    ),
    MoveRule(
        Code.NO_ROOM,
        questions.find_no_room,
        lambda block: (
            (block.needed_cpu_cores > block.free_cpu_cores * block.usable_share)
            | (block.needed_memory_gib > block.free_memory_gib * block.usable_share)
        ),
    ),
    MoveRule(Code.DEVICES_TAKEN, questions.find_taken_devices, lambda block: block.devices_taken),
    _require_known(Code.PRICE_UNKNOWN, questions.find_unknown_price),
    _require_known(Code.RISK_UNKNOWN, questions.find_unknown_risk),
    _require_known(Code.NODE_SIZE_UNKNOWN, questions.find_unknown_size),
    MoveRule(
        Code.EGRESS_UNKNOWN,
        questions.find_unknown_egress,
        lambda block: block.route_unknown,
        verdict=UNKNOWN,
        binds_way_back=False,
    ),
    MoveRule(
        Code.NODE_TOO_DEAR,
        questions.find_dear_node,
        lambda block: block.node_too_dear,
        moments=EACH_WAVE,
        binds_way_back=False,
    ),
    MoveRule(
        Code.NOT_CHEAPER,
        questions.find_not_cheaper,
        lambda block: block.there_steps >= block.here_steps,
        verdict=DEAR,
        binds_way_back=False,
    ),
    MoveRule(
        Code.COSTS_MORE,
        questions.find_costs_more,
        margin=lambda block: block.net_usd,
        verdict=DEAR,
        binds_way_back=False,
    ),
    MoveRule(
        Code.SHARE_TOO_SMALL,
        questions.find_small_share,
        lambda block: block.there_steps > block.dearest_steps,
        verdict=DEAR,
        binds_way_back=False,
    ),
    MoveRule(
        Code.GAIN_TOO_SMALL,
        questions.find_small_gain,
        margin=lambda block: block.net_usd - block.minimum_net_usd,
        verdict=DEAR,
        binds_way_back=False,
    ),
    MoveRule(
        Code.EGRESS_SPENT,
        questions.find_spent_egress,
        margin=lambda block: block.egress_margin_usd,
        binds_way_back=False,
    ),
    MoveRule(
        Code.PREFLIGHT_REFUSED,
        questions.find_failed_preflight,
        lambda block: block.was_refused(Code.PREFLIGHT_REFUSED),
        moments=OFFERED,
    ),
)

#: What a person has accepted for a workload is no matter of a program, until a person has told it so. Nor is room that
#: nobody can count, or a scheduler that nobody can foresee: a person reads that on the bill, and lets the first
#: replica show it.
AUTOPILOT_RULES = (
    WorkloadRule(questions.find_accepted, moments=Moment.AUTOPILOT),
    MoveRule(Code.ROOM_UNKNOWN, questions.find_room_unknown, moments=Moment.AUTOPILOT),
    MoveRule(Code.SCHEDULING_UNKNOWN, questions.find_scheduling_unknown, moments=Moment.AUTOPILOT),
    MoveRule(Code.PURCHASE_UNSURE, questions.find_unsure_purchase, moments=Moment.AUTOPILOT),
)

#: A day that is full is a rest of the whole fleet; that another move runs just now is a matter of safety. What is
#: confirmed meanwhile waits for its turn (`engine/move_queue.py`), so that it is offered all the same.
FLEET_RULES = (
    FleetRule(questions.find_spent_concurrency, moments=Moment.CONFIRM | Moment.AUTOPILOT),
    FleetRule(questions.find_spent_day, binds_way_back=False),
)

#: Whenever prices decide about a change.
_CHANGING = Moment.CONFIRM | Moment.WAVE | Moment.RATES | Moment.AUTOPILOT

#: Whenever something is written; a move that has begun keeps the permission with which it began.
_WRITING = Moment.CONFIRM | Moment.WAVE | Moment.AUTOPILOT
#: How much is armed binds what begins: the move itself was counted then.
_BEGINNING = Moment.CONFIRM | Moment.AUTOPILOT

#: What has to be so where clusters are changed. A plan may be looked at all the same: who tries the program out on
#: clusters of their own sees what it would find, and reads beside it that nothing is moved on simulated prices.
PERMISSIONS = (
    MoveRule(
        Code.NOT_ARMED,
        questions.find_unarmed,
        moments=_WRITING,
        also=(Code.ARMING_OVER, Code.ARMED_CLUSTER_REPLACED, Code.ARMED_UNIDENTIFIED),
    ),
    MoveRule(Code.NAMESPACE_NOT_ARMED, questions.find_unarmed_namespace, moments=_WRITING),
    MoveRule(Code.ARMED_MOVES_SPENT, questions.find_spent_armed_moves, moments=_BEGINNING),
    MoveRule(Code.ARMED_REPLICAS_SPENT, questions.find_spent_armed_replicas, moments=_BEGINNING),
    MoveRule(
        Code.PRICES_NOT_LIVE,
        questions.find_prices_not_live,
        moments=_CHANGING,
        verdict=UNKNOWN,
        binds_way_back=False,
    ),
    MoveRule(
        Code.PRICES_UNSIGNED,
        questions.find_unsigned_prices,
        moments=_CHANGING,
        verdict=UNKNOWN,
        binds_way_back=False,
    ),
    MoveRule(
        Code.PRICES_DISPUTED,
        questions.find_disputed_prices,
        moments=_CHANGING,
        verdict=UNKNOWN,
        binds_way_back=False,
    ),
)

#: What is called a way back has to be one, or every move could be called so. Once it has begun, its journal says it.
WAY_BACK_RULES = (
    MoveRule(Code.NO_WAY_BACK, questions.find_no_way_back, moments=Moment.DRY_RUN | Moment.CONFIRM),
)

RULES: tuple[Rule, ...] = (
    *PERMISSIONS,
    *WAY_BACK_RULES,
    *WORKLOAD_RULES,
    *AUTOPILOT_RULES,
    *TARGET_RULES,
    *MOVE_RULES,
    *FLEET_RULES,
)


def judge_move(candidate: Candidate, facts: Facts, moment: Moment) -> tuple[Verdict, Reason] | None:
    """The first rule of this moment that refuses, and why; None: nothing against the move."""
    is_way_back = candidate.way_back_of is not None
    for rule in select_rules(moment):
        if is_way_back and not rule.binds_way_back:
            continue
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
