"""What stands on the globe: buttons that are real widgets, and names and leader lines that are only painted.

All of it are siblings of the viewport, never its children: a child of a GL widget would redraw the globe with every
move. Buttons exist only while their region is on the near side; behind the limb there is nothing to click.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.hud.overlay_layout import SLOTS, Box, Label, Placement, place_labels
from app.model import colors
from app.model.overlay_items import ItemKind, OverlayItem
from app.widgets.aim import Aim
from app.widgets.menus import without_key
from app.widgets.theme import SMALL_PX, make_font
from app.widgets.tips import plain_tip
from controller.contract.commands import MoveCommand
from gl.geometry.camera import Projection

BUTTON_HEIGHT_PX = 26.0
#: Of a button that says in two lines what it starts.
HIGH_BUTTON_HEIGHT_PX = 40.0
#: How round the ends of buttons are, at most.
BUTTON_RADIUS_PX = 14.0
NAME_HEIGHT_PX = 18.0
#: Names use only the nearest slots: far from its place, a name without a line stands for the wrong one.
NAME_SLOTS = 8
#: How much a name's veil hides of the land behind it, of 255.
VEIL_ALPHA = 150
#: Cosine to the eye below which nothing is written: so near the limb it would flicker, and its marker is a sliver.
LEAST_FACING = 0.04
#: Cosine to the eye below which a region is so near the limb that its label fades.
FADE_FACING = 0.14


class OverlayButton(QAbstractButton):
    """A button at a region. Paints itself: style sheets on a dozen moving widgets cost more than the globe."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFont(make_font(12, bold=True))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.item: OverlayItem | None = None
        self._words = ""
        self._pointer = Aim()
        self._keyboard = Aim()
        self._is_meant = False

    @property
    def is_aimed_at(self) -> bool:
        """Whether the pointer or the keyboard is on it."""
        return self._pointer.is_taken or self.hasFocus()

    @property
    def is_meant(self) -> bool:
        """Whether a person has aimed at the move that the last press was on."""
        return self._is_meant

    def show_item(self, item: OverlayItem, form: int) -> None:
        """Take over an item in one of its forms."""
        if item is not self.item or self._words != item.texts[form]:
            self.item = item
            self._words = item.texts[form]
            self.setText(without_key(self._words))
            self.setAccessibleName(item.accessible_name)
            self.setToolTip(plain_tip(item.accessible_name))

    def sizeHint(self) -> QSize:
        """The layout decides the size; this is only what Qt asks for."""
        return QSize(100, round(BUTTON_HEIGHT_PX))

    def retire(self) -> None:
        """Stand for nothing, and out of sight."""
        self.hide()
        self.item = None
        self._pointer.drop()
        self._keyboard.drop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button as the space bar does; a key that is held down presses once."""
        if event.isAutoRepeat():
            return
        self._is_meant = self._keyboard.is_at(*self._stand())
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Note whether the pointer came to what it presses; a finger has no pointer before."""
        self._is_meant = not self._pointer.is_taken or self._pointer.is_at(*self._stand())
        super().mousePressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Note what the pointer comes to."""
        super().enterEvent(event)
        self._pointer.take(*self._stand())

    def leaveEvent(self, event: QEvent) -> None:
        """Note that the pointer leaves."""
        super().leaveEvent(event)
        self._pointer.drop()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Note what the keyboard comes to."""
        super().focusInEvent(event)
        self._keyboard.come(event.reason(), *self._stand())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Note that the keyboard goes."""
        super().focusOutEvent(event)
        self._keyboard.go(event.reason())

    def _stand(self) -> tuple[str | None, MoveCommand | None]:
        """Return what the button is about, and the move that it starts now."""
        if self.item is None:
            return None, None
        dry_run = self.item.dry_run
        return self.item.key, None if dry_run is None else MoveCommand(dry_run.workload, dry_run.target)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a pill: filled for an action, outlined for a running migration."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_action = self.item is not None and self.item.kind is ItemKind.MIGRATE
        fill = QColor(colors.ACCENT if is_action else colors.RAISED)
        if self.underMouse() or self.isDown():
            fill = fill.lighter(112 if is_action else 140)
        edge = QColor(colors.TEXT if self.hasFocus() else colors.ACCENT)
        painter.setPen(QPen(edge, 2.0 if self.hasFocus() else 1.0))
        painter.setBrush(fill)
        box = QRectF(self.rect()).adjusted(1.0, 1.0, -1.0, -1.0)
        radius = min(BUTTON_RADIUS_PX, box.height() / 2.0)
        painter.drawRoundedRect(box, radius, radius)
        painter.setPen(QColor(colors.ON_ACCENT if is_action else colors.TEXT))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._words)


class Overlay(QWidget):
    """Places the items of the moment. A transparent sheet over the viewport that paints names and leader lines."""

    clicked = Signal(object, bool)
    """The `OverlayItem` whose button was pressed, and whether a person has aimed at it."""

    def __init__(self, stage: QWidget) -> None:
        super().__init__(stage)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._stage = stage
        self._buttons: dict[str, OverlayButton] = {}
        self._spare: list[OverlayButton] = []
        self._placements: dict[str, Placement] = {}
        self._painted: list[tuple[OverlayItem, Placement, tuple[float, float], float]] = []
        self._metrics = {
            kind: QFontMetricsF(_font(kind)) for kind in (ItemKind.REGION, ItemKind.NAME, ItemKind.MIGRATE)
        }
        self._widths: dict[tuple[str, bool], float] = {}

    @property
    def buttons(self) -> Mapping[str, OverlayButton]:
        """The visible buttons: item key -> button."""
        return self._buttons

    def show_items(
        self,
        items: Sequence[OverlayItem],
        rows: Callable[[str], int | None],
        projection: Projection,
        obstacles: Sequence[Box],
    ) -> None:
        """Put every item whose region can be seen at its place, and take the others away.

        Args:
            items: everything that could be written.
            rows: context -> its row in `projection`, None where it has no place.
            obstacles: boxes to leave free, in the pixels of the stage.
        """
        visible: dict[str, tuple[OverlayItem, tuple[float, float], float]] = {}
        for item in items:
            row = rows(item.context)
            if row is not None and projection.visible[row] and projection.facing[row] >= LEAST_FACING:
                x_px, y_px = projection.pixels[row]
                visible[item.key] = (item, (float(x_px), float(y_px)), float(projection.facing[row]))
        bounds = Box(6.0, 6.0, self.width() - 12.0, self.height() - 12.0)
        labels = [
            self._label(item, anchor) for item, anchor, _ in visible.values() if bounds.contains(*anchor)
        ]
        markers = [(float(x_px), float(y_px)) for x_px, y_px in projection.pixels[projection.visible]]
        self._placements = place_labels(labels, bounds, obstacles, self._placements, markers)
        placed = [(*visible[key], placement) for key, placement in self._placements.items()]
        self._show_buttons([(item, p) for item, _, _, p in placed if _is_button(item)])
        painted = [
            (item, p, anchor, facing) for item, anchor, facing, p in placed if self._is_painted(item, p)
        ]
        if painted != self._painted:
            self._painted = painted
            self.update()

    def clear(self) -> None:
        """Take everything away."""
        self._show_buttons([])
        self._painted = []
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint leader lines below and names above."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for item, placement, anchor, facing in self._painted:
            painter.setOpacity(min(1.0, 0.25 + facing / FADE_FACING))
            if placement.needs_leader:
                _paint_leader(painter, placement.box, anchor)
            if not _is_button(item):
                _paint_name(painter, item, placement)

    def _label(self, item: OverlayItem, anchor: tuple[float, float]) -> Label:
        sizes = tuple(self._size(item, text) for text in item.texts)
        slots = NAME_SLOTS if item.kind is ItemKind.NAME else len(SLOTS)
        button = self._buttons.get(item.key)
        is_held = button is not None and button.is_aimed_at
        return Label(item.key, *anchor, sizes, int(item.kind), slots, is_held)

    def _size(self, item: OverlayItem, text: str) -> tuple[float, float]:
        bold = item.kind is not ItemKind.NAME
        width = self._widths.get((text, bold))
        if width is None:
            # Texts carry prices, so they never stop being new.
            if len(self._widths) > 500:
                self._widths.clear()
            kind = ItemKind.NAME if not bold else ItemKind.MIGRATE
            metrics = self._metrics[kind]
            width = self._widths[text, bold] = max(map(metrics.horizontalAdvance, text.split("\n")))
        if _is_button(item):
            return round(width) + 26.0, HIGH_BUTTON_HEIGHT_PX if "\n" in text else BUTTON_HEIGHT_PX
        return (round(width) + 20.0, 24.0) if bold else (round(width) + 8.0, NAME_HEIGHT_PX)

    def _show_buttons(self, placed: Sequence[tuple[OverlayItem, Placement]]) -> None:
        wanted = {item.key for item, _ in placed}
        for key in [key for key in self._buttons if key not in wanted]:
            self._retire(self._buttons.pop(key))
        for item, placement in placed:
            button = self._buttons.get(item.key)
            if button is None:
                button = self._buttons[item.key] = self._spare.pop() if self._spare else self._make_button()
            button.show_item(item, placement.form)
            box = placement.box
            button.setGeometry(round(box.left), round(box.top), round(box.width), round(box.height))
            if button.isHidden():
                button.show()

    def _make_button(self) -> OverlayButton:
        button = OverlayButton(self._stage)
        button.clicked.connect(lambda: self.clicked.emit(button.item, button.is_meant))
        return button

    def _retire(self, button: OverlayButton) -> None:
        if button.hasFocus():
            self._stage.setFocus()
        button.retire()
        self._spare.append(button)

    def _is_painted(self, item: OverlayItem, placement: Placement) -> bool:
        return not _is_button(item) or placement.needs_leader


def _is_button(item: OverlayItem) -> bool:
    return item.kind in (ItemKind.MIGRATE, ItemKind.PROGRESS)


def _font(kind: ItemKind) -> QFont:
    return make_font(SMALL_PX) if kind is ItemKind.NAME else make_font(12, bold=True)


def _paint_leader(painter: QPainter, box: Box, anchor: tuple[float, float]) -> None:
    x_px = min(max(anchor[0], box.left), box.left + box.width)
    y_px = min(max(anchor[1], box.top), box.top + box.height)
    painter.setPen(QPen(QColor(colors.MUTED), 1.0))
    painter.drawLine(QPointF(*anchor), QPointF(x_px, y_px))


def _paint_name(painter: QPainter, item: OverlayItem, placement: Placement) -> None:
    box = placement.box
    area = QRectF(box.left, box.top, box.width, box.height)
    painter.setFont(_font(item.kind))
    if item.kind is ItemKind.REGION:
        painter.setPen(QPen(QColor(colors.LINE), 1.0))
        painter.setBrush(QColor(colors.RAISED))
        painter.drawRoundedRect(area, 6.0, 6.0)
        painter.setPen(QColor(colors.TEXT))
    else:
        # A veil keeps small letters readable over bright land.
        veil = QColor(colors.SKY)
        veil.setAlpha(VEIL_ALPHA)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(veil)
        painter.drawRoundedRect(area, 4.0, 4.0)
        painter.setPen(QColor(colors.TEXT))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, item.texts[placement.form])
