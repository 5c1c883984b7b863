"""What one click on `Migrate` may do: start the migration, or give the reason why not. Pure.

The engine judges again before it acts; this judgement spares a person from waiting for a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.clusters.fleet import Health
from controller.contract.dry_run import DryRun, Verdict
from controller.contract.snapshots import ContextView, EngineSnapshot
from controller.decision.rules import find_prices_not_live
from oracle.foundation.untrusted_text import clean_text


@dataclass(frozen=True, slots=True)
class Gate:
    """`reason` is empty exactly where the migration may start.

    unarmed: arming these would let it. is_expired: a new dry run might let it.
    """

    reason: str = ""
    unarmed: tuple[str, ...] = ()
    is_expired: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the migration may start."""
        return not self.reason


def judge_start(dry_run: DryRun, snapshot: EngineSnapshot, now: float) -> Gate:
    """Return whether this dry run may be executed at wall time `now`."""
    if dry_run.verdict is not Verdict.PAYS:
        return Gate(clean_text(dry_run.reason))
    if now >= dry_run.expires_at:
        return Gate("The prices behind this dry run have expired; ask for a new one.", is_expired=True)
    if any(m.workload == dry_run.workload and not m.stage.is_final for m in snapshot.migrations):
        return Gate("This workload is moving already.")
    views = {view.context: view for view in snapshot.contexts}
    for context in (dry_run.workload.context, dry_run.target):
        refusal = _find_refusal(context, views.get(context))
        if refusal:
            return Gate(refusal)
    not_live = find_prices_not_live((dry_run.source_quote, dry_run.target_quote))
    if not_live is not None and not snapshot.demo:
        return Gate(clean_text(not_live))
    unarmed = tuple(c for c in (dry_run.workload.context, dry_run.target) if not views[c].armed)
    if unarmed:
        names = " and ".join(clean_text(context, 60) for context in unarmed)
        verb = "is" if len(unarmed) == 1 else "are"
        return Gate(
            f"{names} {verb} not armed: SentinelAura only watches there. Nothing was changed.", unarmed
        )
    return Gate()


def _find_refusal(context: str, view: ContextView | None) -> str:
    name = clean_text(context, 60)
    if view is None:
        return f"{name} is not among the watched contexts any more."
    if view.health is not Health.REACHABLE:
        why = f": {clean_text(view.health_reason)}" if view.health_reason else ""
        return f"{name} is {view.health.value}{why}. The move can start when it answers again."
    return ""
