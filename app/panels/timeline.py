"""What happened: decisions and migrations from the history, the newest first, for all regions or the selected one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.model import colors
from app.model.formatting import format_moment, format_savings, format_usd
from app.widgets.cells import paint_background
from app.widgets.labels import ElidedLabel, make_label, set_color
from app.widgets.theme import SMALL_PX, make_font
from app.widgets.tips import plain_tip
from controller.contract.savings import Savings
from controller.contract.snapshots import EntryKind, MoveOutcome, TimelineEntry
from oracle.foundation.reason import Severity
from oracle.foundation.untrusted_text import clean_text

ENTRY_ROLE = Qt.ItemDataRole.UserRole
ROW_HEIGHT_PX = 22
#: The widest moment is a day of another year or another day's time, `Nov 27 18:03`.
TIME_WIDTH_PX = 84
KIND_WIDTH_PX = 70
MARGIN_PX = 12
#: A workload's name that is cut to less than this is of no use.
LEAST_NAME_PX = 40

_Index = QModelIndex | QPersistentModelIndex
_KIND_COLORS = {
    EntryKind.DECISION: colors.MUTED,
    EntryKind.MIGRATION: colors.ACCENT,
    EntryKind.STORE: colors.MUTED,
    EntryKind.CLUSTER: colors.MUTED,
    EntryKind.OPERATOR: colors.TEXT,
}
_SEVERITY_COLORS = {Severity.WARNING: colors.WARNING, Severity.ERROR: colors.BAD}


class TimelineModel(QAbstractListModel):
    """The entries, newest first. New ones are inserted above, so that the list keeps its place."""

    def __init__(self, clock: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._entries: list[TimelineEntry] = []

    def show_entries(self, newest_first: list[TimelineEntry]) -> None:
        """Replace what is shown: old entries drop out below and new ones come in above, each for itself."""
        if newest_first == self._entries:
            return
        kept = _count_kept(self._entries, newest_first)
        if kept == 0:
            self.beginResetModel()
            self._entries = newest_first
            self.endResetModel()
            return
        if kept < len(self._entries):
            self.beginRemoveRows(QModelIndex(), kept, len(self._entries) - 1)
            self._entries = self._entries[:kept]
            self.endRemoveRows()
        if kept < len(newest_first):
            self.beginInsertRows(QModelIndex(), 0, len(newest_first) - kept - 1)
            self._entries = newest_first
            self.endInsertRows()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """See QAbstractItemModel."""
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """See QAbstractItemModel."""
        entry = self._entries[index.row()]
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return clean_text(entry.text, 500)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(clean_text(entry.text, 500))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return (
                f"{format_moment(entry.at, self._clock())}, {entry.kind.value}: {clean_text(entry.text, 500)}"
            )
        return None


class TimelineDelegate(QStyledItemDelegate):
    """Paints time, kind and text; of a finished move, what it cost and saves.

    `names`: context -> its name for people.
    """

    def __init__(self, clock: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self.names: Mapping[str, str] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """One line each."""
        return QSize(120, ROW_HEIGHT_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint one entry."""
        entry: TimelineEntry = index.data(ENTRY_ROLE)
        painter.save()
        paint_background(painter, option)
        painter.setFont(make_font(SMALL_PX))
        area = option.rect.adjusted(MARGIN_PX, 0, 0, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(colors.MUTED))
        painter.drawText(area, middle, format_moment(entry.at, self._clock()))
        painter.setPen(QColor(_KIND_COLORS[entry.kind]))
        painter.drawText(area.adjusted(TIME_WIDTH_PX, 0, 0, 0), middle, entry.kind.value)
        painter.setPen(QColor(_SEVERITY_COLORS.get(entry.severity, colors.TEXT)))
        rest = text_area(option.rect)
        painter.drawText(rest, middle, self.text_of(entry, painter.fontMetrics(), rest.width()))
        painter.restore()

    def text_of(self, entry: TimelineEntry, metrics: QFontMetrics, width_px: int) -> str:
        """Return what of an entry is painted in this width."""
        if entry.outcome is None:
            return metrics.elidedText(clean_text(entry.text, 500), Qt.TextElideMode.ElideRight, width_px)
        target = entry.outcome.target
        return fit_outcome(entry.outcome, self.names.get(target) or clean_text(target, 60), metrics, width_px)


class Timeline(QWidget):
    """The list with its filter."""

    migration_selected = Signal(str)
    """The id of a migration whose entry was activated."""

    def __init__(self, clock: Callable[[], float], parent: QWidget | None = None) -> None:
        """Build the list; `clock` is wall time, for what is today."""
        super().__init__(parent)
        self._entries: tuple[TimelineEntry, ...] = ()
        self._selected: str | None = None
        self._clock = clock
        self._newest_moment = ""
        self._model = TimelineModel(clock, self)
        self.delegate = TimelineDelegate(clock, self)
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(self.delegate)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Timeline of decisions and migrations, newest first")
        self.list.setMouseTracking(True)
        self.list.setMinimumHeight(ROW_HEIGHT_PX)  # what is left where notices take the rest
        self.list.activated.connect(self._on_activated)
        self.filter_button = QToolButton()
        self.filter_button.setText("Selected region only")
        self.filter_button.setProperty("outlined", True)
        self.filter_button.setCheckable(True)
        self.filter_button.toggled.connect(self._refresh)
        self.savings = ElidedLabel()
        self.savings.setFont(make_font(SMALL_PX))
        set_color(self.savings, colors.MUTED)
        self._empty = make_label("Nothing has happened yet.", size_px=12, color=colors.MUTED)
        self._empty.setContentsMargins(12, 4, 12, 4)
        self._lay_out()

    def show_entries(self, entries: tuple[TimelineEntry, ...], names: Mapping[str, str]) -> None:
        """Show these entries, oldest first as the snapshot has them; `names` are the contexts' names for people."""
        if names != self.delegate.names:
            self.delegate.names = names
            self.list.viewport().update()
        if entries != self._entries:
            self._entries = entries
            self._refresh()

    def show_savings(self, savings: Savings | None) -> None:
        """Show what the moves that are remembered came to; nothing where none was finished."""
        self.savings.setText("" if savings is None else format_savings(savings, self._clock()))

    def refresh_moments(self) -> None:
        """Let what was of today carry its date from midnight on."""
        moment = self._moment_of_newest()
        if moment != self._newest_moment:
            self._newest_moment = moment
            self.list.viewport().update()

    def select(self, context: str | None) -> None:
        """Filter by this context, where the filter is on."""
        self._selected = context
        if self.filter_button.isChecked():
            self._refresh()

    def _moment_of_newest(self) -> str:
        return format_moment(self._entries[-1].at, self._clock()) if self._entries else ""

    def _refresh(self) -> None:
        shown = [entry for entry in reversed(self._entries) if self._is_shown(entry)]
        was_at_top = self.list.verticalScrollBar().value() == 0
        self._model.show_entries(shown)
        if was_at_top:
            self.list.scrollToTop()
        self._empty.setVisible(not shown)
        self.list.setVisible(bool(shown))

    def _is_shown(self, entry: TimelineEntry) -> bool:
        if not self.filter_button.isChecked() or self._selected is None:
            return True
        return self._selected in entry.contexts

    def _on_activated(self, index: QModelIndex) -> None:
        entry: TimelineEntry = index.data(ENTRY_ROLE)
        if entry.migration_id is not None:
            self.migration_selected.emit(entry.migration_id)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(12, 2, 6, 0)
        head.setSpacing(12)
        head.addWidget(make_label("Timeline", size_px=12, bold=True))
        head.addWidget(self.savings, 1)
        head.addWidget(self.filter_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._empty)
        layout.addStretch(0)


def text_area(row: QRect) -> QRect:
    """Return where a row's text stands."""
    return row.adjusted(MARGIN_PX + TIME_WIDTH_PX + KIND_WIDTH_PX, 0, -8, 0)


def fit_outcome(outcome: MoveOutcome, place: str, metrics: QFontMetrics, width_px: int) -> str:
    """Return what a finished move cost and saves; where room is short, the workload's name is cut, then the place."""
    cost, savings = format_usd(outcome.cost_usd), format_usd(outcome.savings_usd_per_day)
    money = f": cost {cost}, saves {savings}/day"
    right = Qt.TextElideMode.ElideRight
    room_px = width_px - metrics.horizontalAdvance(f" → {money}")
    place = metrics.elidedText(place, right, max(0, room_px - LEAST_NAME_PX))
    name_px = max(LEAST_NAME_PX, room_px - metrics.horizontalAdvance(place))
    return f"{metrics.elidedText(clean_text(outcome.workload.name, 120), right, name_px)} → {place}{money}"


def _count_kept(before: list[TimelineEntry], after: list[TimelineEntry]) -> int:
    """Return how many of the newest old entries are the oldest new ones; 0 where the lists do not join like that."""
    if not before:
        return 0
    newest = before[0].sequence
    added = next((row for row, entry in enumerate(after) if entry.sequence <= newest), len(after))
    kept = len(after) - added
    return kept if after[added:] == before[:kept] else 0
