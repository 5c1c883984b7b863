"""Arming contexts: the question, and what follows from a yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.window.engine_link import EngineLink
from app.window.flows.running import wait_for_answer
from controller.contract.commands import SetArmed

if TYPE_CHECKING:  # the sheet is no part of the first frame
    from app.panels.arm_sheet import ArmSheet


async def arm(link: EngineLink, sheet: ArmSheet, contexts: tuple[str, ...]) -> None:
    """Ask whether the clusters of these contexts may be changed, and arm those that a person has confirmed."""
    sheet.ask(_identify(link, contexts))
    if await wait_for_answer(sheet, link.news, lambda: sheet.follow(_identify(link, contexts))):
        for context, terms in sheet.read_terms().items():
            link.send(SetArmed(context, True, terms))


def _identify(link: EngineLink, contexts: tuple[str, ...]) -> dict[str, str | None]:
    """Return who the clusters are, as the newest snapshot has it."""
    views = {context: link.views.get(context) for context in contexts}
    return {context: None if view is None else view.cluster_uid for context, view in views.items()}
