"""Arming contexts: the question, and what follows from a yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.window.engine_link import EngineLink
from app.window.flows.running import listening
from controller.contract.commands import SetArmed

if TYPE_CHECKING:  # the sheet is no part of the first frame
    from app.panels.arm_sheet import ArmSheet


async def arm(link: EngineLink, sheet: ArmSheet, contexts: tuple[str, ...]) -> None:
    """Ask whether these contexts may be changed, and arm them when a person agrees."""
    sheet.ask(contexts)
    try:
        with listening(sheet.answered, bool, link.news) as inbox:
            while (agreed := await inbox.next()) is None:
                pass  # news change nothing about this question
    finally:
        sheet.close_sheet()
    if agreed:
        for context in contexts:
            link.send(SetArmed(context, True))
