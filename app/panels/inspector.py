"""The selected region: what it costs now and cost before, and the workloads that run there."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from app.actions import describe_arming
from app.model import colors
from app.model.formatting import format_age, format_price
from app.model.market_lines import describe_market
from app.model.names import place_name, price_text, provider_name
from app.model.region_rows import health_text, reads_text
from app.model.tone import Tone
from app.model.workload_rows import make_workload_rows
from app.panels.price_chart import PriceChart
from app.panels.workload_table import WorkloadTable
from app.widgets.labels import TONE_COLORS, ElidedLabel, make_label, set_color
from app.widgets.theme import SMALL_PX, TITLE_PX, make_font
from app.widgets.tips import plain_tip
from controller.clusters.fleet import Health
from controller.contract.snapshots import ContextView, EngineSnapshot
from oracle.foundation.untrusted_text import clean_text


class Inspector(QWidget):
    """Shows one context. Without a selection it explains how to make one."""

    migrate_requested = Signal(object)
    """The `DryRun` of a workload's best move."""
    dry_run_requested = Signal(object, str)
    """`WorkloadKey` and target of a move that is to be shown and not started."""
    targets_requested = Signal(object, QPoint)
    """A `WorkloadKey` that a menu of targets is wanted for, and its global position."""
    armed_changed = Signal(str, bool)
    """A context, and whether a person wants it armed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: ContextView | None = None
        self._title = make_label(size_px=TITLE_PX, bold=True)
        self._price = make_label(size_px=TITLE_PX, bold=True)
        self._detail = ElidedLabel()
        set_color(self._detail, colors.MUTED)
        self._price_detail = make_label(size_px=SMALL_PX, color=colors.MUTED)
        self._market = make_label(size_px=SMALL_PX, color=colors.MUTED, wrap=True)
        self._reads = make_label(size_px=SMALL_PX, color=colors.MUTED, wrap=True)
        self._health = make_label(size_px=12, wrap=True)
        self._arm = QToolButton()
        self._arm.setFont(make_font(SMALL_PX))
        self._arm.setProperty("outlined", True)
        self._arm.clicked.connect(self._on_arm)
        self.chart = PriceChart()
        self.workloads = WorkloadTable()
        self.workloads.migrate_requested.connect(self.migrate_requested)
        self.workloads.dry_run_requested.connect(self.dry_run_requested)
        self.workloads.targets_requested.connect(self.targets_requested)
        self._empty = make_label(
            "Select a region on the globe or in the table to see its prices and workloads.",
            color=colors.MUTED,
            wrap=True,
        )
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()

    def show_context(self, view: ContextView | None, snapshot: EngineSnapshot | None, now: float) -> None:
        """Show a context of a snapshot, or none."""
        self._view = view
        self._stack.setCurrentIndex(0 if view is None else 1)
        if view is None or snapshot is None:
            return
        provider = provider_name(view.provider)
        self._title.setText(" · ".join(part for part in (place_name(view), provider) if part))
        parts = (view.context, view.region, view.instance_type)
        self._detail.setText("   ".join(clean_text(part, 80) for part in parts if part))
        reads = reads_text(view.read_at, now)
        self._reads.setText(f"Read: {reads}" if reads else "")
        self._reads.setVisible(bool(reads))
        self._price.setText(price_text(view, now))
        self._price_detail.setText(_price_detail(view, now))
        lines = describe_market(view)
        self._market.setText("\n".join(lines))
        self._market.setVisible(bool(lines))
        self._show_health(view)
        self.chart.show_history(view.history, view.quote is not None and view.quote.is_usable(now))
        empty = (
            "Nothing runs here." if view.health is Health.REACHABLE else "What runs here is not known yet."
        )
        self.workloads.show_rows(make_workload_rows(view, snapshot), empty)

    def _show_health(self, view: ContextView) -> None:
        is_cut_off = view.health is not Health.REACHABLE or view.health_reason is not None
        is_known = view.quote is not None or view.workloads
        seen = "What is shown here was seen last." if is_known else "Nothing of it was seen yet."
        self._health.setText(f"{health_text(view).rstrip('.')}. {seen}" if is_cut_off else "")
        set_color(self._health, TONE_COLORS[Tone.WARNING])
        self._health.setVisible(is_cut_off)
        self._arm.setText("Armed" if view.armed else "Arm…")
        what, hint = describe_arming(view)
        self._arm.setAccessibleName(what)
        self._arm.setToolTip(plain_tip(f"{what}: {hint}"))

    def _on_arm(self) -> None:
        if self._view is not None:
            self.armed_changed.emit(self._view.context, not self._view.armed)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addWidget(self._arm)
        head.addStretch(1)
        head.addWidget(self._price)
        below = QHBoxLayout()
        below.addWidget(self._detail, 1)
        below.addWidget(self._price_detail)
        shown = QWidget()
        layout = QVBoxLayout(shown)
        layout.setContentsMargins(16, 12, 10, 8)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addLayout(below)
        layout.addWidget(self._market)
        layout.addWidget(self._reads)
        layout.addWidget(self._health)
        layout.addWidget(self.chart, 2)
        layout.addWidget(self.workloads, 3)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(shown)


def _price_detail(view: ContextView, now: float) -> str:
    quote = view.quote
    if quote is None:
        return ""
    # A recording has a clock of its own: how long ago we played it says nothing of its price.
    age = f"{format_age(quote.age_s(now))} old" if quote.playback is None else str(quote.playback)
    base = view.on_demand_usd_per_hour
    if base is None or base <= 0 or not quote.is_usable(now):
        return age
    discount = round(100 * (1 - quote.usd_per_hour / base))
    return f"{discount}% below on-demand {format_price(base)} · {age}"
