"""Closing the window in the middle of moves of real clusters: the question, and what follows from a yes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.window.engine_link import EngineLink
from app.window.flows.running import listening

if TYPE_CHECKING:  # the sheet is no part of the first frame
    from app.panels.close_sheet import CloseSheet


async def ask_to_close(link: EngineLink, sheet: CloseSheet, close: Callable[[], None]) -> None:
    """Ask whether to leave the moves under way, and `close` when a person agrees.

    The question follows its moves and goes with the last of them: then it is answered, and the window stays.
    """
    sheet.ask(link.find_unattended(), link.names)
    agreed = None
    try:
        with listening(sheet.answered, bool, link.news) as inbox:
            while agreed is None and (migrations := link.find_unattended()):
                sheet.show_moves(migrations, link.names)
                agreed = await inbox.next()
    finally:
        sheet.close_sheet()
    if agreed:
        close()
