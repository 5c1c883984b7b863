"""The page of keys: what the keys and the mouse do."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from app.actions import list_keys
from app.model import colors
from app.widgets.labels import make_label
from app.widgets.sheet import Sheet

#: What the longest line needs, beside the longest keys.
WIDTH_PX = 720


class KeysSheet(Sheet):
    """The list."""

    def __init__(self, window: QWidget, behind: QWidget) -> None:
        super().__init__(window, behind, "Keys and mouse", WIDTH_PX)
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, (keys, meaning) in enumerate(list_keys()):
            grid.addWidget(make_label(keys, size_px=12, bold=True), row, 0)
            grid.addWidget(make_label(meaning, size_px=12, color=colors.MUTED), row, 1)
        self.body.addLayout(grid)
        self.done = QPushButton("Close")
        self.done.clicked.connect(self.close_sheet)
        self.body.addWidget(self.done)
