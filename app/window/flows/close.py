"""Closing the window in the middle of moves of real clusters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.window.engine_link import EngineLink
from app.window.flows.leave import ask_to_leave

if TYPE_CHECKING:  # the sheet is no part of the first frame
    from app.panels.leave_sheet import LeaveSheet


async def ask_to_close(link: EngineLink, sheet: LeaveSheet, close: Callable[[], None]) -> None:
    """Ask whether to leave the moves under way, and `close` when a person agrees.

    Where the last move ends meanwhile the window stays: nobody has said yes.
    """
    if await ask_to_leave(link, sheet):
        close()
