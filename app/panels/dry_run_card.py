"""The card of one move: its dry run as a bill with a verdict, then the migration that runs on it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app import colors
from app.dry_run_lines import (
    Line,
    make_lines,
    price_world_text,
    stage_title,
    summary_text,
    verdict_text,
    verdict_title,
    way_back_text,
)
from app.formatting import format_replicas, plain_text
from app.migration_gate import Gate
from app.panels.labels import TONE_COLORS, ElidedLabel, make_label, set_color, set_tone
from app.theme import SMALL_PX, TITLE_PX, make_font
from app.tone import Tone
from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun, Verdict
from controller.contract.snapshots import MigrationStage, MigrationView


class DryRunCard(QFrame):
    """Shows one move. What it shows, its owner decides; what a person wants, it says by signals."""

    closed = Signal()
    migrate_requested = Signal(object)
    """The `DryRun` on the card."""
    arm_requested = Signal(tuple)
    """The contexts that are not armed."""
    renew_requested = Signal(object)
    """The `DryRun` on the card, whose prices have expired."""
    cancel_requested = Signal(str)
    """The id of the migration to roll back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Dry run")
        self._dry_run: DryRun | None = None
        self._migration: MigrationView | None = None
        self._unarmed: tuple[str, ...] = ()
        self._title = ElidedLabel()
        self._title.setFont(make_font(TITLE_PX, bold=True))
        self._verdict = make_label(bold=True)
        self._way = ElidedLabel()
        set_color(self._way, colors.MUTED)
        self._reason = make_label(wrap=True, size_px=12)
        self._bill = _Bill()
        self._progress = _Progress()
        self._state = make_label(wrap=True, size_px=12)
        self._migrate = _button("Migrate", primary=True)
        self._renew = _button("New dry run", primary=True)
        self._arm = _button("Arm contexts…")
        self._cancel = _button("Cancel and roll back")
        self._close = _button("Close")
        self._migrate.clicked.connect(lambda: self.migrate_requested.emit(self._dry_run))
        self._renew.clicked.connect(lambda: self.renew_requested.emit(self._dry_run))
        self._arm.clicked.connect(lambda: self.arm_requested.emit(self._unarmed))
        self._cancel.clicked.connect(self._on_cancel)
        self._close.clicked.connect(self.closed)
        self._lay_out()

    def show_pending(self, workload: WorkloadKey, source: str, target: str) -> None:
        """Say that a dry run was asked for."""
        self._dry_run = self._migration = None
        self._show_way(workload, source, target)
        self._show_title("Dry run…", Tone.PLAIN)
        self._reason.setText("Computing from the prices of this moment.")
        set_color(self._reason, colors.MUTED)
        self._bill.hide()
        self._progress.hide()
        self._state.hide()
        self._show_actions()

    def show_dry_run(
        self, dry_run: DryRun, source: str, target: str, gate: Gate, note: str, refusal: str
    ) -> None:
        """Show a dry run that does not run (yet).

        Args:
            gate: whether it may start, and if not, why.
            note: what is happening with it, empty where nothing is.
            refusal: why the engine did not start it, empty where it did not refuse.
        """
        self._dry_run, self._migration = dry_run, None
        self._show_bill(dry_run, source, target)
        self._show_title(*verdict_title(dry_run.verdict))
        self._progress.hide()
        blocked = "" if gate.reason == plain_text(dry_run.reason) else gate.reason
        said = note or " ".join(part for part in (refusal, blocked) if part)
        set_tone(self._state, said, Tone.PLAIN if note else Tone.WARNING)
        self._state.setVisible(bool(said))
        self._unarmed = gate.unarmed
        start = self._renew if gate.is_expired and not note else self._migrate
        self._migrate.setEnabled(gate.is_open and not note)
        self._show_actions(
            *([start] if dry_run.verdict is Verdict.PAYS else []), *([self._arm] if gate.unarmed else [])
        )

    def show_migration(self, migration: MigrationView, source: str, target: str) -> None:
        """Show a migration beside the dry run that it was confirmed with."""
        self._dry_run, self._migration = migration.dry_run, migration
        self._show_bill(migration.dry_run, source, target)
        self._show_title(*stage_title(migration.stage))
        ended = migration.stage.is_final
        tone = stage_title(migration.stage)[1]
        said = summary_text(migration, target) if ended else plain_text(migration.sentence)
        set_tone(self._state, said, tone)
        self._state.setVisible(bool(said))
        self._progress.setVisible(migration.stage is not MigrationStage.REFUSED)
        self._progress.show_migration(migration, source, target)
        self._show_actions(*([] if ended else [self._cancel]))
        self._cancel.setEnabled(migration.can_cancel)

    def first_control(self) -> QPushButton:
        """Return the button that a person will most likely want."""
        buttons = self._actions
        return next((button for button in buttons if button.isVisible() and button.isEnabled()), self._close)

    @property
    def _actions(self) -> tuple[QPushButton, ...]:
        """What a person may do, in the order of the buttons."""
        return self._migrate, self._renew, self._arm, self._cancel

    def _show_actions(self, *shown: QPushButton) -> None:
        """Show these buttons and no others; one that stays keeps the keyboard."""
        for button in self._actions:
            button.setVisible(button in shown)

    def _show_bill(self, dry_run: DryRun, source: str, target: str) -> None:
        self._show_way(dry_run.workload, source, target)
        below = f"{way_back_text(dry_run)} {price_world_text(dry_run)}".strip()
        self._bill.show_lines(make_lines(dry_run, source, target), below)
        self._bill.show()
        set_tone(self._reason, verdict_text(dry_run), verdict_title(dry_run.verdict)[1])

    def _show_way(self, workload: WorkloadKey, source: str, target: str) -> None:
        self._title.setText(plain_text(workload.name, 80))
        self._way.setText(f"{source}  →  {target}     {plain_text(workload.namespace, 60)}")
        self.setAccessibleName(f"Move of {plain_text(workload.name, 80)} from {source} to {target}")

    def _show_title(self, text: str, tone: Tone) -> None:
        set_tone(self._verdict, text, tone)
        self.setAccessibleDescription(text)

    def _on_cancel(self) -> None:
        if self._migration is not None:
            self._cancel.setEnabled(False)
            self.cancel_requested.emit(self._migration.migration_id)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._verdict)
        buttons = QHBoxLayout()
        for button in self._actions:
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self._way)
        layout.addWidget(self._progress)
        layout.addWidget(self._state)
        layout.addSpacing(2)
        layout.addWidget(self._bill)
        layout.addWidget(self._reason)
        layout.addStretch(1)
        layout.addLayout(buttons)


class _Bill(QWidget):
    """The lines of the dry run, numbers flush right."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[QLabel, ElidedLabel, QLabel]] = []
        self._way_back = make_label(size_px=SMALL_PX, color=colors.MUTED)

    def show_lines(self, lines: tuple[Line, ...], way_back: str) -> None:
        """Write the lines."""
        while len(self._rows) < len(lines):
            self._add_row()
        self._grid.addWidget(self._way_back, len(self._rows), 0, 1, 3)
        for (label, detail, amount), line in zip(self._rows, lines, strict=True):
            label.setText(line.label)
            detail.setText(line.detail)
            set_tone(amount, line.amount, line.tone)
            for part in (label, amount):
                part.setFont(make_font(TITLE_PX - 2 if line.is_total else 12, bold=line.is_total))
            detail.setAccessibleName(f"{line.label}: {line.amount}, {line.detail}")
        self._way_back.setText(way_back)

    def _add_row(self) -> None:
        row = len(self._rows)
        label, amount = make_label(), make_label()
        detail = ElidedLabel()
        detail.setFont(make_font(SMALL_PX))
        set_color(detail, colors.MUTED)
        amount.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for column, part in enumerate((label, detail, amount)):
            self._grid.addWidget(part, row, column)
        self._rows.append((label, detail, amount))


class _Progress(QWidget):
    """How far a migration has come: a bar of landed replicas, and the counters of both sides."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        self._bar.setAccessibleName("Replicas that are ready in the target")
        self._left = ElidedLabel()
        self._middle = make_label(size_px=12, color=colors.MUTED)
        self._right = ElidedLabel()
        self._right.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout()
        for part, stretch in ((self._left, 1), (self._middle, 0), (self._right, 1)):
            row.addWidget(part, stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 6)
        layout.setSpacing(5)
        layout.addWidget(self._bar)
        layout.addLayout(row)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._color = ""

    def show_migration(self, migration: MigrationView, source: str, target: str) -> None:
        """Show the counters."""
        self._bar.setRange(0, max(1, migration.replicas))
        self._bar.setValue(migration.landed)
        self._tint(migration.stage)
        ended = migration.stage.is_final
        self._left.setText(_side(source, migration.source_ready, migration.source_desired, ended))
        self._right.setText(_side(target, migration.target_ready, migration.target_desired, ended))
        wave = "" if ended else f"wave {migration.wave} of {migration.waves}"
        landed = f"{migration.landed} of {migration.replicas} landed"
        self._middle.setText(" · ".join(part for part in (landed, wave) if part))

    def _tint(self, stage: MigrationStage) -> None:
        tone = stage_title(stage)[1]
        color = colors.ACCENT if tone is Tone.PLAIN else TONE_COLORS[tone]
        if color != self._color:
            self._color = color
            self._bar.setStyleSheet(
                f"QProgressBar {{ background: {colors.LINE}; border: none; border-radius: 3px; }}"
                f"QProgressBar::chunk {{ background: {color}; border-radius: 3px; }}"
            )


def _side(name: str, ready: int | None, desired: int | None, ended: bool) -> str:
    """Return one side's counter; after the end, what nobody counts any more has none: a rollback leaves nothing."""
    if ended and ready is None and desired is None:
        return name
    return f"{name} {format_replicas(ready, desired)}"


def _button(text: str, primary: bool = False) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("primary", primary)
    button.setAutoDefault(True)
    return button
