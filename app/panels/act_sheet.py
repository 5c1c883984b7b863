"""What a person decides about a move that waits for them: each act with what it changes, confirmed by typing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QButtonGroup, QLabel, QRadioButton, QVBoxLayout, QWidget

from app.model import colors
from app.model.acts import ActChoice
from app.model.tone import Tone
from app.widgets.labels import make_label, set_tone
from app.widgets.theme import SMALL_PX
from app.widgets.typed_question import TypedQuestion
from controller.contract.settlement import ENDINGS, Settlement


class ActSheet(TypedQuestion):
    """Offers the acts that end a move; none of them is chosen beforehand, and the safe answer has the keyboard."""

    def __init__(self, window: QWidget, behind: QWidget) -> None:
        super().__init__(window, behind, "What is to become of this move?", 560)
        self._about = make_label(bold=True, wrap=True)
        self._state = make_label(wrap=True)
        self.body.addWidget(self._about)
        self.body.addWidget(self._state)
        self._group = QButtonGroup(self)
        self._rows = [_ActRow(self._group) for _ in ENDINGS]
        for row in self._rows:
            self.body.addWidget(row)
            row.button.toggled.connect(self.refresh)
        self.add_answers()
        self.no.setText("Leave it waiting")
        self.yes.setText("Decide")

    @property
    def chosen(self) -> Settlement | None:
        """The act that a person has chosen."""
        return next((row.settlement for row in self._rows if row.button.isChecked()), None)

    @property
    def may_agree(self) -> bool:
        """See TypedQuestion."""
        return self.is_typed and self.chosen is not None

    def refresh(self) -> None:
        """See TypedQuestion."""
        row = next((row for row in self._rows if row.button.isChecked()), None)
        self.yes.setText("Decide" if row is None else row.verb)
        super().refresh()

    def ask(self, about: str, trouble: str = "") -> None:
        """Open it while both clusters are read. `trouble`: why the last decision was not carried out."""
        self._about.setText(about)
        text = " ".join(part for part in (trouble, "Reading both clusters…") if part)
        set_tone(self._state, text, Tone.WARNING if trouble else Tone.PLAIN)
        self._state.show()
        self._show_rows(())
        self.expect("")
        self.open(self.no)

    def show_choices(self, about: str, name: str, choices: Sequence[ActChoice], trouble: str = "") -> None:
        """Show what can be decided, once it is known; `name` has to be typed."""
        self._about.setText(about)
        set_tone(self._state, trouble, Tone.WARNING)
        self._state.setVisible(bool(trouble))
        self._show_rows(choices)
        self.expect(name)
        self._fit()

    def _show_rows(self, choices: Sequence[ActChoice]) -> None:
        self._group.setExclusive(False)  # else the chosen one stays chosen
        for number, row in enumerate(self._rows):
            row.setVisible(number < len(choices))
            row.show_choice(choices[number] if number < len(choices) else None)
        self._group.setExclusive(True)


class _ActRow(QWidget):
    """One act: what it is called, and what it changes."""

    def __init__(self, group: QButtonGroup) -> None:
        super().__init__()
        self.settlement: Settlement | None = None
        self.verb = ""
        self.button = QRadioButton()
        group.addButton(self.button)
        self._changes: QLabel = make_label(wrap=True, size_px=SMALL_PX, color=colors.MUTED)
        self._changes.setContentsMargins(24, 0, 0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.button)
        layout.addWidget(self._changes)

    def show_choice(self, choice: ActChoice | None) -> None:
        """Offer an act, not chosen; None: there is none."""
        self.button.setChecked(False)
        self.settlement = None if choice is None else choice.settlement
        if choice is None:
            return
        self.verb = choice.verb
        self.button.setText(choice.title)
        self.button.setEnabled(choice.is_possible)
        self.button.setAccessibleDescription(choice.text)
        self._changes.setText(choice.text)
