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

from app.model import colors
from app.model.acts import can_be_decided
from app.model.bill import (
    Line,
    accept_text,
    basis_text,
    cancel_text,
    inventory_lines,
    make_lines,
    stage_title,
    summary_text,
    verdict_text,
    verdict_title,
)
from app.model.formatting import format_replicas
from app.model.moves import Press, way_back
from app.model.start_gate import Gate, list_to_be_armed
from app.model.start_ring import start_text
from app.model.tone import Tone
from app.widgets.elided_button import ElidedButton
from app.widgets.labels import TONE_COLORS, ElidedLabel, make_label, set_color, set_tone
from app.widgets.theme import SMALL_PX, TITLE_PX, make_font
from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import MigrationStage, MigrationView
from oracle.foundation.reason import Reason
from oracle.foundation.untrusted_text import clean_text


class DryRunCard(QFrame):
    """Shows one move. What it shows, its flow decides; what a person wants of it, its signals carry."""

    pressed = Signal(object, object)
    """A `Press`, and the `DryRun` that stood on the card then."""
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Dry run")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._dry_run: DryRun | None = None
        #: Workload, source and target of the move that is shown.
        self._shown: tuple[WorkloadKey, str, str] | None = None
        self._title = ElidedLabel()
        self._title.setFont(make_font(TITLE_PX, bold=True))
        self._verdict = make_label(bold=True)
        self._route = ElidedLabel()
        set_color(self._route, colors.MUTED)
        self._reason = make_label(wrap=True, size_px=12)
        self._bill = _Bill()
        self._progress = _Progress()
        self._state = make_label(wrap=True, size_px=12)
        self._migrate = self._make_button(Press.MIGRATE, "Migrate", primary=True, is_long=True)
        self._renew = self._make_button(Press.RENEW, "New dry run", primary=True)
        self._arm = self._make_button(Press.ARM, "Arm contexts…")
        self._accept = self._make_button(Press.ACCEPT, "Accept once", is_long=True)
        self._cancel = self._make_button(Press.CANCEL, "Cancel and roll back")
        self._undo = self._make_button(Press.UNDO, "Undo")
        self._take_out = self._make_button(Press.TAKE_OUT, "Take out of the queue")
        self._back = self._make_button(Press.BACK, "Move back\N{HORIZONTAL ELLIPSIS}")
        self._decide = self._make_button(Press.DECIDE, "Decide\N{HORIZONTAL ELLIPSIS}")
        self._close = _button("Close")
        self._close.clicked.connect(self.closed)
        self._lay_out()

    def show_pending(self, workload: WorkloadKey, source: str, target: str) -> None:
        """Show that a dry run was requested."""
        self._dry_run = None
        self._show_route(workload, source, target)
        self._show_title("Dry run…", Tone.PLAIN)
        self._reason.setText("Computing from the prices of this moment.")
        set_color(self._reason, colors.MUTED)
        self._bill.hide()
        self._progress.hide()
        self._state.hide()
        self._show_actions()

    def show_dry_run(
        self,
        dry_run: DryRun,
        source: str,
        target: str,
        gate: Gate,
        note: str,
        reason: str,
        *,
        is_waiting: bool = False,
        is_queued: bool = False,
    ) -> None:
        """Show a dry run that does not run (yet).

        Args:
            gate: whether it may start.
            note: what is happening with it, empty where nothing is.
            reason: why it does not start, empty where nothing is against it.
            is_waiting: whether it is about to start and can be taken back.
            is_queued: whether it waits for its turn and can be taken out of the queue.
        """
        self._dry_run = dry_run
        self._show_bill(dry_run, source, target)
        self._show_title(*verdict_title(dry_run.verdict))
        self._progress.hide()
        text = note or reason
        set_tone(self._state, text, Tone.PLAIN if note else Tone.WARNING)
        self._state.setVisible(bool(text))
        start = self._renew if gate.is_outdated and not note else self._migrate
        self._migrate.setText(start_text(dry_run, target))
        self._migrate.setEnabled(gate.is_open and not note)
        can_accept = not note and self._offer_to_accept(dry_run, dry_run.reason)
        self._show_actions(
            *([start] if dry_run.may_start else []),
            *([self._accept] if can_accept else []),
            *([self._arm] if gate.unarmed else []),
            *([self._undo] if is_waiting else []),
            *([self._take_out] if is_queued else []),
        )

    def show_migration(self, migration: MigrationView, source: str, target: str) -> None:
        """Show a migration beside the dry run that it was confirmed with."""
        self._dry_run = migration.dry_run
        self._show_bill(migration.dry_run, source, target)
        self._show_title(*stage_title(migration.stage))
        ended = migration.stage.is_final
        tone = stage_title(migration.stage)[1]
        text = summary_text(migration, target) if ended else clean_text(migration.sentence)
        set_tone(self._state, text, tone)
        self._state.setVisible(bool(text))
        self._progress.setVisible(migration.stage is not MigrationStage.REFUSED)
        self._progress.show_migration(migration, source, target)
        self._cancel.setText(cancel_text(migration))
        self._cancel.setEnabled(migration.can_cancel)
        back = [self._back] if way_back(migration) is not None else []
        decide = [self._decide] if can_be_decided(migration) else []
        arm = [self._arm] if list_to_be_armed(migration, ()) else []
        is_refused = migration.stage is MigrationStage.REFUSED
        can_accept = is_refused and self._offer_to_accept(migration.dry_run, migration.reason)
        accept = [self._accept] if can_accept else []
        self._show_actions(*([*back, *accept] if ended else [*arm, self._cancel, *decide]))

    def _offer_to_accept(self, dry_run: DryRun, reason: Reason | None) -> bool:
        """Name on its button what a person would accept; return whether there is anything."""
        text = accept_text(dry_run, reason)
        self._accept.setText(text or "")
        return text is not None

    def first_control(self) -> QPushButton:
        """Return the button that a person will most likely want."""
        buttons = self._actions
        return next((button for button in buttons if button.isVisible() and button.isEnabled()), self._close)

    @property
    def _actions(self) -> tuple[QPushButton, ...]:
        """What a person may do, in the order of the buttons."""
        start = (self._migrate, self._renew, self._arm, self._accept)
        running = (self._cancel, self._decide, self._undo, self._take_out)
        return *start, *running, self._back

    def _show_actions(self, *shown: QPushButton) -> None:
        """Show these buttons and no others; one that stays keeps the keyboard."""
        for button in self._actions:
            button.setVisible(button in shown)

    def _show_bill(self, dry_run: DryRun, source: str, target: str) -> None:
        self._show_route(dry_run.workload, source, target)
        lines = (*make_lines(dry_run, source, target), *inventory_lines(dry_run))
        self._bill.show_lines(lines, basis_text(dry_run))
        self._bill.show()
        set_tone(self._reason, verdict_text(dry_run), verdict_title(dry_run.verdict)[1])

    def _show_route(self, workload: WorkloadKey, source: str, target: str) -> None:
        self._rest_before((workload, source, target))
        self._title.setText(clean_text(workload.name, 80))
        self._route.setText(f"{source}  →  {target}     {clean_text(workload.namespace, 60)}")
        self.setAccessibleName(f"Move of {clean_text(workload.name, 80)} from {source} to {target}")

    def _rest_before(self, move: tuple[WorkloadKey, str, str]) -> None:
        """Take the keyboard off a button that another move is about to have: Enter was not meant for it."""
        if move != self._shown and any(button.hasFocus() for button in self._actions):
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._shown = move

    def _show_title(self, text: str, tone: Tone) -> None:
        set_tone(self._verdict, text, tone)
        self.setAccessibleDescription(text)

    def _make_button(
        self, press: Press, text: str, *, primary: bool = False, is_long: bool = False
    ) -> QPushButton:
        button = _button(text, primary, is_long)
        button.clicked.connect(lambda: self.pressed.emit(press, self._dry_run))
        return button

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
        layout.addWidget(self._route)
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
        self._return = make_label(wrap=True, size_px=SMALL_PX, color=colors.MUTED)

    def show_lines(self, lines: tuple[Line, ...], return_cost: str) -> None:
        """Write the lines."""
        while len(self._rows) < len(lines):
            self._add_row()
        self._grid.addWidget(self._return, len(self._rows), 0, 1, 3)
        for number, row in enumerate(self._rows):
            for part in row:
                part.setVisible(number < len(lines))
        for (label, detail, amount), line in zip(self._rows, lines, strict=False):
            label.setText(line.label)
            detail.setText(line.detail)
            set_tone(amount, line.amount, line.tone)
            for part in (label, amount):
                part.setFont(make_font(TITLE_PX - 2 if line.is_total else 12, bold=line.is_total))
            detail.setAccessibleName(f"{line.label}: {line.amount}, {line.detail}")
        self._return.setText(return_cost)

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


def _button(text: str, primary: bool = False, is_long: bool = False) -> QPushButton:
    button = ElidedButton() if is_long else QPushButton()
    button.setText(text)
    button.setProperty("primary", primary)
    button.setAutoDefault(True)
    return button
