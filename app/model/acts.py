"""What a person can decide about a move that waits for them, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.model.start_gate import list_to_be_armed
from controller.contract.settlement import ENDINGS, Act, JudgedActs, Settlement
from controller.contract.snapshots import EngineSnapshot, MigrationStage, MigrationView
from oracle.foundation.untrusted_text import clean_text

#: Longest line, in characters: a change may quote a cluster.
_LINE = 300

_TITLES: Mapping[Act, str] = {
    Act.ADOPT: "Adopt {target} as it is: the move ends there",
    Act.RESTORE: "Restore {source}: it gets everything back",
    Act.ABANDON: "Abandon the move: both sides stay as they are",
}
_VERBS: Mapping[Act, str] = {Act.ADOPT: "Adopt", Act.RESTORE: "Restore", Act.ABANDON: "Abandon"}


@dataclass(frozen=True, slots=True)
class ActChoice:
    """One act as it is offered. `text`: what it changes, one change a line, or why it cannot be done now."""

    settlement: Settlement
    title: str
    verb: str
    text: str

    @property
    def is_possible(self) -> bool:
        """Whether it can be done now."""
        return self.settlement.reason is None


def list_act_choices(judged: JudgedActs, names: Mapping[str, str]) -> tuple[ActChoice, ...]:
    """Return what ends the move, in the order of the command line; `names` are the contexts' names for people."""
    return tuple(_describe(one, names) for one in judged.settlements if one.act in ENDINGS)


def describe_decision(judged: JudgedActs, names: Mapping[str, str]) -> str:
    """Return which move is decided about."""
    if judged.sides is None:
        return ""
    workload, target = judged.sides
    source, target = (names.get(context) or clean_text(context, 60) for context in (workload.context, target))
    return f"{clean_text(workload.name, 80)}: {source} → {target}"


def can_be_decided(migration: MigrationView) -> bool:
    """Whether a person may end a move by a decision: nothing moves it on just now, and arming it would not either."""
    waits = migration.stage in (MigrationStage.HOLDING, MigrationStage.NEEDS_OPERATOR)
    return waits and not list_to_be_armed(migration, ())


def find_judged(snapshot: EngineSnapshot | None, migration_id: str, after: int) -> JudgedActs | None:
    """Return the newest answer about a migration that came after the one with this number."""
    judged = () if snapshot is None else snapshot.judged
    found = [one for one in judged if one.migration_id == migration_id and one.number > after]
    return found[-1] if found else None


def count_answers(snapshot: EngineSnapshot | None) -> int:
    """Return the number of the newest answer, of either kind."""
    if snapshot is None:
        return 0
    judged, done = (answer.number for answer in snapshot.judged), (one.number for one in snapshot.outcomes)
    return max((*judged, *done), default=0)


def _describe(settlement: Settlement, names: Mapping[str, str]) -> ActChoice:
    source, target = (
        names.get(context) or clean_text(context, 60)
        for context in (settlement.workload.context, settlement.target)
    )
    title = _TITLES[settlement.act].format(source=source, target=target)
    lines = [clean_text(change, _LINE) for change in settlement.changes]
    if settlement.reason is not None:
        lines = [f"Not now: {clean_text(settlement.reason, _LINE)}"]
    return ActChoice(settlement, title, _VERBS[settlement.act], "\n".join(lines))
