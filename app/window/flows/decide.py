"""Deciding about a move that waits for a person: what each act changes → typed confirmation → what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.model.acts import count_answers, describe_decision, find_judged, list_act_choices
from app.window.engine_link import EngineLink
from app.window.flows.running import Inbox, listening, until
from controller.contract.commands import JudgeActs, SettleMigration
from controller.contract.settlement import ActOutcome, JudgedActs, Settlement
from oracle.foundation.untrusted_text import clean_text

if TYPE_CHECKING:  # the sheet is no part of the first frame
    from app.panels.act_sheet import ActSheet


class DecisionPlace(Protocol):
    """Where the window asks what is to become of a move."""

    @property
    def act_question(self) -> ActSheet:
        """The question."""

    def show_decided(self, settlement: Settlement) -> None:
        """Show that an act was done."""


async def decide(link: EngineLink, place: DecisionPlace, migration_id: str) -> None:
    """Ask until an act is done or a person leaves the move as it is; what is outdated by then is read anew."""
    flow, trouble = _Decision(link, place.act_question, migration_id), ""
    while (settlement := await flow.ask(trouble)) is not None:
        outcome = await flow.perform(settlement)
        if outcome is None:
            return
        if outcome.reason is None:
            place.show_decided(settlement)
            return
        trouble = f"Not done: {clean_text(outcome.reason, 400).rstrip('.')}."


@dataclass(slots=True)
class _Decision:
    """What its steps share."""

    _link: EngineLink
    _sheet: ActSheet
    _migration_id: str
    _about: str = ""

    async def ask(self, trouble: str) -> Settlement | None:
        """Return the act that a person has confirmed; None: they leave the move as it is."""
        before = count_answers(self._link.snapshot)
        self._link.send(JudgeActs(self._migration_id))
        self._sheet.ask(self._about, trouble)
        try:
            with listening(self._sheet.answered, bool, self._link.news) as inbox:
                agreed = await self._wait_for_answer(inbox, before, trouble)
        finally:
            self._sheet.close_sheet()
        return self._sheet.chosen if agreed else None

    async def perform(self, settlement: Settlement) -> ActOutcome | None:
        """Have an act done, and return what came of it; None where the engine has gone."""
        before = count_answers(self._link.snapshot)
        self._link.send(SettleMigration(settlement.migration_id, settlement.act, settlement.digest))
        await until(
            lambda: self._link.lost is not None or self._find_outcome(before) is not None, self._link.news
        )
        return self._find_outcome(before)

    async def _wait_for_answer(self, inbox: Inbox[bool], before: int, trouble: str) -> bool:
        """Show the acts once they are judged, and never change them under a person's hands after that."""
        is_shown = False
        while (agreed := await inbox.next()) is None:
            judged = find_judged(self._link.snapshot, self._migration_id, before)
            if judged is not None and not is_shown:
                is_shown = True
                self._show(judged, trouble)
        return agreed

    def _show(self, judged: JudgedActs, trouble: str) -> None:
        names = self._link.names
        self._about = describe_decision(judged, names)
        name = "" if judged.sides is None else judged.sides[0].name
        told = trouble if judged.reason is None else clean_text(judged.reason, 400)
        self._sheet.show_choices(self._about, name, list_act_choices(judged, names), told)

    def _find_outcome(self, before: int) -> ActOutcome | None:
        outcomes = () if self._link.snapshot is None else self._link.snapshot.outcomes
        found = [one for one in outcomes if one.migration_id == self._migration_id and one.number > before]
        return found[-1] if found else None
