"""The line at the top: the name, what feeds the window, and the few buttons that everybody looks for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.model import colors
from app.model.arming import ArmingState
from app.model.services import describe_service
from app.widgets.action_button import ActionButton
from app.widgets.labels import ElidedLabel, make_label, set_color, set_tone
from app.widgets.theme import SMALL_PX, make_font
from app.widgets.tips import plain_tip
from controller.clusters.fleet import Health
from controller.contract.snapshots import EngineSnapshot
from oracle.foundation.untrusted_text import clean_text

HEIGHT_PX = 42


class Header(QWidget):
    """The header: whether anything may be changed, `stop` beside it, and the buttons of `actions`, left to right."""

    def __init__(self, stop: QAction, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT_PX)
        self._state = ElidedLabel()
        self._state.setFont(make_font(SMALL_PX))
        set_color(self._state, colors.MUTED)
        self.arming = make_label(size_px=SMALL_PX, bold=True)
        self.stop = ActionButton(stop, outlined=True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 8, 0)
        layout.setSpacing(4)
        layout.addWidget(make_label("SentinelAura", size_px=15, bold=True))
        layout.addSpacing(16)
        layout.addWidget(self._state, 1)
        layout.addSpacing(12)
        layout.addWidget(self.arming)
        layout.addSpacing(6)
        layout.addWidget(self.stop)
        layout.addSpacing(12)
        for action in actions:
            layout.addWidget(ActionButton(action))

    def show_snapshot(self, snapshot: EngineSnapshot) -> None:
        """Show how many contexts answer, where the prices come from, and where they are kept."""
        answering = sum(view.health is Health.REACHABLE for view in snapshot.contexts)
        total = len(snapshot.contexts)
        contexts = f"{total} contexts" if answering == total else f"{answering} of {total} contexts answer"
        if not snapshot.is_complete:
            contexts += ", still reading"
        detail = clean_text(snapshot.store.detail, 200)
        store = (
            f"{clean_text(snapshot.store.kind, 20)} store"
            if snapshot.store.is_up
            else detail or "store is down"
        )
        self._state.setText(
            f"{contexts}    ·    prices: {clean_text(snapshot.price_source.text, 100)}    ·    {store}"
        )
        services = (describe_service(one, snapshot.taken_at) for one in snapshot.price_source.services)
        self._state.setToolTip(plain_tip("\n".join((detail, *services))))
        set_color(self._state, colors.MUTED if snapshot.store.is_up else colors.WARNING)

    def show_arming(self, state: ArmingState) -> None:
        """Show whether anything may be changed; this is never cut, whatever else is."""
        set_tone(self.arming, state.text, state.tone)
        self.arming.setToolTip(plain_tip(state.tip))
        self.arming.setAccessibleDescription(state.tip)
