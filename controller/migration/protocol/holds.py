"""What kind of HOLD a reason asks for: by its code, and where a cluster is silent by which one it is. Pure.

What a rule of a wave gives is held by the verdict that the rule declares (`decision/rules.py`): a new one needs no line
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.contract.dry_run import Verdict
from controller.decision.rule import Moment, Rule
from controller.decision.rules import select_rules
from controller.errors import AccessDenied, ClusterUnreachable, ServerFailed
from controller.migration.protocol.record import MigrationRecord
from controller.migration.protocol.states import HoldReason
from controller.reasons import Code
from oracle.foundation.reason import Reason, ReasonCode

#: Of every verdict with which a rule refuses.
HOLD_OF_VERDICT: Mapping[Verdict, HoldReason] = {
    Verdict.REFUSED: HoldReason.OPERATOR,
    Verdict.UNKNOWN: HoldReason.PRICE_STALE,
    Verdict.TOO_DEAR: HoldReason.COST_FLIPPED,
}


def list_holds(rules: Iterable[Rule]) -> dict[ReasonCode, HoldReason]:
    """Return the hold of each code that these rules can give. Raises: KeyError for a verdict that refuses nothing."""
    return {code: HOLD_OF_VERDICT[rule.verdict] for rule in rules for code in rule.codes}


#: What holds a migration whichever cluster it concerns. Every other code asks for a person.
_HOLDS: Mapping[ReasonCode, HoldReason] = {
    **list_holds(select_rules(Moment.WAVE)),
    **dict.fromkeys(AccessDenied.codes, HoldReason.AUTH),
    Code.CLUSTER_REPLACED: HoldReason.INTERFERENCE,
    Code.COPY_PATH_FOREIGN: HoldReason.INTERFERENCE,
    Code.DEPLOYMENT_DELETED: HoldReason.INTERFERENCE,
    Code.DEPLOYMENT_FOREIGN: HoldReason.INTERFERENCE,
    Code.FENCE_FOREIGN: HoldReason.INTERFERENCE,
    Code.FENCE_REMOVED: HoldReason.INTERFERENCE,
    Code.NO_FRESH_PRICE: HoldReason.PRICE_STALE,
    Code.NOTHING_LEFT_TO_SAVE: HoldReason.COST_FLIPPED,
    Code.NO_WORKLOAD: HoldReason.PRICE_STALE,
    Code.OBJECT_NOT_FOUND: HoldReason.INTERFERENCE,
    Code.REPLICAS_CHANGED: HoldReason.INTERFERENCE,
    Code.TEMPLATE_CHANGED: HoldReason.TEMPLATE_CHANGED,
    Code.TOO_MANY_REPLICAS: HoldReason.INTERFERENCE,
}

#: One cluster does not answer as it should, which may pass by itself.
_SILENCES = frozenset(
    {
        *ClusterUnreachable.codes,
        *ServerFailed.codes,
        Code.LEASE_UNCERTAIN,
        Code.RATE_LIMITED,
        Code.RESOURCE_EXPIRED,
        Code.TARGET_SILENT,
        Code.VERSION_CONFLICT,
    }
)


def find_silent(reason: Reason) -> tuple[str, ...]:
    """Return the contexts that give no answer as they should, by a reason; none where that is not what it says.

    An armed cluster that has not said who it is is one of them: nobody has forbidden anything.
    """
    if reason.code is Code.ARMED_UNIDENTIFIED:
        contexts = reason["contexts"]
        return contexts if isinstance(contexts, tuple) else (str(contexts),)
    return (str(reason["context"]),) if reason.code in _SILENCES else ()


def find_hold(reason: Reason, record: MigrationRecord) -> HoldReason:
    """Return what kind of HOLD a reason asks for."""
    if silent := find_silent(reason):
        is_target_alone = silent == (record.target.context,)
        return HoldReason.TARGET_UNREACHABLE if is_target_alone else HoldReason.SOURCE_UNREACHABLE
    return _HOLDS.get(reason.code, HoldReason.OPERATOR)
