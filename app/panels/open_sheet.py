"""What a kubeconfig offers, before any of it is contacted: what is wrong with it, or its contexts to be ticked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QWidget

from app.model import colors
from app.model.formatting import format_first
from app.model.kubeconfig_rows import ContextRow, choose_first
from app.panels.context_list import ContextList
from app.widgets.labels import ElidedLabel, make_label, set_color
from app.widgets.sheet import Sheet
from app.widgets.theme import SMALL_PX
from oracle.foundation.reason import Reason
from oracle.foundation.untrusted_text import clean_text

WIDTH_PX = 660
#: The list takes what the rest of the sheet leaves of the window, within these.
LIST_HEIGHTS_PX = (96, 360)
REST_HEIGHT_PX = 300


class Press(Enum):
    """What a person can want of a file."""

    WATCH = "watch"
    OTHER = "choose another file"
    CANCEL = "cancel"


class OpenSheet(Sheet):
    """Reading, refused, or offering. Every press closes it. The list has the keyboard: Enter in it starts nothing."""

    pressed = Signal(object)
    """The `Press`; Esc and a click beside the sheet cancel."""

    def __init__(self, window: QWidget, behind: QWidget) -> None:
        super().__init__(window, behind, "Open a kubeconfig", WIDTH_PX)
        self._press = Press.CANCEL
        self._shown: object | None = None
        self._path = ElidedLabel()
        set_color(self._path, colors.MUTED)
        self._message = make_label(wrap=True)
        self._count = make_label(size_px=SMALL_PX, color=colors.MUTED)
        self.all = QToolButton()
        self.all.setProperty("outlined", True)
        self.all.clicked.connect(self._tick_all)
        self.list = ContextList(WIDTH_PX - 40)
        self.list.ticked.connect(self._show_count)
        self._notes = make_label(size_px=SMALL_PX, color=colors.WARNING, wrap=True)
        self._promise = make_label(
            "Nothing is contacted and no program runs before you press Watch. Every context is read-only until you arm "
            "it. The choice holds until the program ends; --kubeconfig FILE or the configuration file makes it last.",
            size_px=SMALL_PX,
            color=colors.MUTED,
            wrap=True,
        )
        self.other = self._make_button("Choose another file\N{HORIZONTAL ELLIPSIS}", Press.OTHER)
        self.cancel = self._make_button("Cancel", Press.CANCEL)
        self.watch = self._make_button("Watch", Press.WATCH)
        self.watch.setProperty("primary", True)
        self._lay_out()
        self.closed.connect(self._on_closed)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The contexts that are ticked, in the order of the file."""
        return self.list.chosen

    @contextmanager
    def showing(self, path: Path) -> Iterator[None]:
        """Be open for as long as the block lasts, at first while the file is being read.

        A file that another one has replaced takes nothing away at its end.
        """
        shown = self._shown = object()
        self.list.clear()
        self._show(path, f"Reading {clean_text(path.name, 80)}\N{HORIZONTAL ELLIPSIS}", colors.MUTED)
        if self.isHidden():
            self.open(self.cancel)
        try:
            yield
        finally:
            if self._shown is shown:
                self.close_sheet()

    def show_refusal(self, path: Path, sentence: str) -> None:
        """Show why nothing of the file can be watched."""
        self._show(path, clean_text(sentence, 600), colors.WARNING)
        self.other.setFocus()

    def show_contexts(self, path: Path, rows: Sequence[ContextRow], notes: Sequence[Reason]) -> None:
        """Show what can be watched."""
        self.list.show_rows(rows, choose_first(rows))
        self._show(path, "", colors.TEXT, notes, offers=True)
        self._show_count()
        self.list.setFocus()

    def _show(
        self, path: Path, message: str, color: str, notes: Sequence[Reason] = (), *, offers: bool = False
    ) -> None:
        self._path.setText(clean_text(path, 400))
        self._message.setText(message)
        set_color(self._message, color)
        self._notes.setText(format_first([clean_text(note, 300) for note in notes], 3, "more of this kind"))
        self._message.setVisible(not offers)
        self._notes.setVisible(bool(notes))
        for part in (self._count, self.all, self.list, self._promise, self.watch):
            part.setVisible(offers)
        self._fit()

    def _show_count(self) -> None:
        chosen, choosable, total = len(self.chosen), self.list.choosable, self.list.count()
        refused = f", {total - choosable} refused" if choosable < total else ""
        self._count.setText(f"{chosen} of {total} contexts chosen{refused}")
        self.all.setText("Choose none" if chosen == choosable and chosen else "Choose all")
        self.all.setEnabled(choosable > 0)
        self.watch.setEnabled(chosen > 0)
        self.watch.setText(
            "Watch 1 context" if chosen == 1 else f"Watch {chosen} contexts" if chosen else "Watch"
        )

    def _tick_all(self) -> None:
        self.list.tick_all(len(self.chosen) < self.list.choosable)

    def _make_button(self, text: str, press: Press) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(True)  # Enter presses it, as the space bar does
        button.clicked.connect(lambda: self._on_press(press))
        return button

    def _on_press(self, press: Press) -> None:
        self._press = press
        self.close_sheet()

    def _on_closed(self) -> None:
        press, self._press = self._press, Press.CANCEL
        self.pressed.emit(press)

    def _fit(self) -> None:
        least, most = LIST_HEIGHTS_PX
        room = max(least, min(most, self._window.height() - REST_HEIGHT_PX))
        self.list.setFixedHeight(self.list.content_height_px(room - 2) + 2)
        super()._fit()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._count, 1)
        head.addWidget(self.all)
        row = QHBoxLayout()
        row.addWidget(self.other)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.watch)
        self.body.addWidget(self._path)
        self.body.addWidget(self._message)
        self.body.addLayout(head)
        self.body.addWidget(self.list)
        self.body.addWidget(self._notes)
        self.body.addWidget(self._promise)
        self.body.addLayout(row)
