"""Leaving moves of real clusters that are under way: the question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.window.engine_link import EngineLink
from app.window.flows.running import listening

if TYPE_CHECKING:  # the sheet is no part of the first frame
    from app.panels.leave_sheet import LeaveSheet


async def ask_to_leave(link: EngineLink, sheet: LeaveSheet) -> bool | None:
    """Return whether a person agrees to leave the moves under way; None where there is none, or none any more.

    The question follows its moves and goes with the last of them.
    """
    if not link.find_unattended():
        return None
    sheet.ask(link.find_unattended(), link.names)
    agreed = None
    try:
        with listening(sheet.answered, bool, link.news) as inbox:
            while agreed is None and (migrations := link.find_unattended()):
                sheet.show_moves(migrations, link.names)
                agreed = await inbox.next()
    finally:
        sheet.close_sheet()
    return agreed
