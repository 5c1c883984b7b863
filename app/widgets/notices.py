"""Notices in the window: what lasts (the store is down, a context is unreachable), and what passes.

They stand beside the globe and not over it: what is on it stays in sight, and nothing on it moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app.model import colors
from app.widgets.labels import make_label
from app.widgets.theme import SMALL_PX
from app.widgets.tips import plain_tip
from controller.contract.snapshots import Notice
from oracle.foundation.reason import Severity
from oracle.foundation.untrusted_text import clean_text

#: More notices than this are only counted, and read in the tool tip: the globe does not make room for them.
MAX_SHOWN = 1
PASSING_MS = 9000

_COLORS = {Severity.INFO: colors.ACCENT, Severity.WARNING: colors.WARNING, Severity.ERROR: colors.BAD}
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


class Notices(QWidget):
    """The column of notices. A dismissed one stays away for as long as it holds."""

    decision_requested = Signal(str)
    """The id of a migration that a person wants to decide about."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lasting: tuple[Notice, ...] = ()
        self._own: dict[str, Notice] = {}
        self._dismissed: set[str] = set()
        self._shown: tuple[Notice, ...] = ()
        self._more: tuple[Notice, ...] = ()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(8, 6, 8, 2)
        self._layout.setSpacing(2)
        self.hide()

    @property
    def shown(self) -> tuple[Notice, ...]:
        """The notices that can be read now."""
        return self._shown

    def show_lasting(self, notices: Sequence[Notice]) -> None:
        """Show what the engine reports: problems for as long as they last, what is only good to know for a while."""
        if tuple(notices) != self._lasting:
            known = {notice.key for notice in self._lasting}
            self._lasting = tuple(notices)
            self._dismissed &= {notice.key for notice in notices} | self._own.keys()
            for notice in notices:
                if notice.severity is Severity.INFO and notice.key not in known:
                    QTimer.singleShot(PASSING_MS, self, partial(self._dismiss, notice))
            self._refresh()

    def hold(self, notice: Notice) -> None:
        """Show a notice of the window itself until `drop`."""
        if self._own.get(notice.key) != notice:
            self._own[notice.key] = notice
            self._refresh()

    def drop(self, key: str) -> None:
        """Take a notice of the window away."""
        if self._own.pop(key, None) is not None:
            self._refresh()

    def pass_by(self, notice: Notice) -> None:
        """Show a notice for a few seconds."""
        self.hold(notice)
        QTimer.singleShot(PASSING_MS, self, lambda: self.drop(notice.key))

    def _dismiss(self, notice: Notice) -> None:
        self._dismissed.add(notice.key)
        self._own.pop(notice.key, None)
        self._refresh()

    def _refresh(self) -> None:
        wanted = [n for n in (*self._own.values(), *self._lasting) if n.key not in self._dismissed]
        wanted.sort(key=lambda notice: _ORDER.index(notice.severity))
        shown, more = tuple(wanted[:MAX_SHOWN]), tuple(wanted[MAX_SHOWN:])
        if (shown, more) == (self._shown, self._more):
            return
        self._shown, self._more = shown, more
        while (item := self._layout.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        rows: list[QWidget] = [self._make_banner(notice) for notice in shown]
        if more:
            rows.append(_make_more(more))
        for row in rows:
            self._layout.addWidget(row)
            row.show()  # a layout gives no room to what is not shown yet
        self.setVisible(bool(shown))
        self._fit()

    def _make_banner(self, notice: Notice) -> QFrame:
        banner = QFrame(self)
        banner.setObjectName("banner")
        banner.setStyleSheet(
            f"#banner {{ background: {colors.RAISED}; border: 1px solid {colors.LINE};"
            f" border-left: 3px solid {_COLORS[notice.severity]}; border-radius: 6px; }}"
        )
        text = make_label(clean_text(notice.text, 400), size_px=12, wrap=True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        banner.setAccessibleName(f"{notice.severity.value}: {clean_text(notice.text, 400)}")
        dismiss = QToolButton()
        dismiss.setText("\N{MULTIPLICATION SIGN}")
        dismiss.setAccessibleName("Dismiss this notice")
        dismiss.clicked.connect(lambda: self._dismiss(notice))
        row = QHBoxLayout(banner)
        row.setContentsMargins(10, 6, 4, 6)
        row.addWidget(text, 1)
        if notice.migration_id is not None:
            row.addWidget(self._make_decide(notice), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(dismiss, 0, Qt.AlignmentFlag.AlignTop)
        return banner

    def _make_decide(self, notice: Notice) -> QToolButton:
        decide = QToolButton()
        decide.setText("Decide\N{HORIZONTAL ELLIPSIS}")
        decide.setAccessibleName(f"Decide: {clean_text(notice.text, 200)}")
        decide.setProperty("outlined", True)
        decide.clicked.connect(lambda: self.decision_requested.emit(notice.migration_id))
        return decide

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _fit(self) -> None:
        """Take as much room as the wrapped texts need, and no more."""
        if self._shown:
            self.setFixedHeight(self._layout.totalHeightForWidth(self.width()))
            self._layout.update()  # Qt keeps the rows as they were where this comes in the middle of a resize


def _make_more(notices: Sequence[Notice]) -> QLabel:
    label = make_label(f"and {len(notices)} more", size_px=SMALL_PX, color=colors.MUTED)
    label.setToolTip(plain_tip("\n\n".join(clean_text(notice.text, 400) for notice in notices)))
    return label
