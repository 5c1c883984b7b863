"""What every place has on which a flow of the window shows itself."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject

from app.window.engine_link import EngineLink
from app.window.flows.running import Flows
from app.window.parts import WindowParts
from app.window.sheets import WindowSheets
from app.window.start_rings import StartRings


@dataclass(frozen=True, slots=True)
class FlowTools:
    """What flows are started with, and what they are shown on."""

    link: EngineLink
    parts: WindowParts
    sheets: WindowSheets
    flows: Flows
    rings: StartRings


class FlowPlace(QObject):
    """Starts flows, and shows on the window's parts and sheets what they say. GUI thread only."""

    def __init__(self, tools: FlowTools) -> None:
        super().__init__(tools.parts)
        self._link = tools.link
        self._parts = tools.parts
        self._sheets = tools.sheets
        self._flows = tools.flows
        self._rings = tools.rings
