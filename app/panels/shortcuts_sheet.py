"""What the keys and the mouse do."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from app.model import colors
from app.widgets.labels import make_label
from app.widgets.sheet import Sheet

SHORTCUTS = (
    ("Drag, arrow keys", "turn the globe"),
    ("Wheel, + and −", "zoom"),
    ("Click, double click", "select a region, fly there"),
    ("Space", "turn the globe by itself, or let it rest"),
    ("R", "fly back to the whole globe"),
    ("Esc", "stop a flight, close what is open"),
    ("Enter in the table", "fly there; in the last column, migrate"),
    ("M in a table", "migrate: the best move of the row"),
    ("D in the workloads", "dry run to a region of your choice"),
    ("Ctrl+K", "find a region, a move or an action"),
    ("Ctrl+B", "show or hide the side panel"),
    ("Tab, F6", "next control, next part of the window"),
    ("Ctrl+,", "settings"),
    ("?", "this page"),
)


class ShortcutsSheet(Sheet):
    """The list."""

    def __init__(self, window: QWidget, behind: QWidget) -> None:
        super().__init__(window, behind, "Keys and mouse", 460)
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(7)
        grid.setColumnStretch(1, 1)
        for row, (keys, meaning) in enumerate(SHORTCUTS):
            grid.addWidget(make_label(keys, size_px=12, bold=True), row, 0)
            grid.addWidget(make_label(meaning, size_px=12, color=colors.MUTED), row, 1)
        self.body.addLayout(grid)
        self.done = QPushButton("Close")
        self.done.clicked.connect(self.close_sheet)
        self.body.addWidget(self.done)
