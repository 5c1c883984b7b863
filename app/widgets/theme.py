"""How the window looks: Fusion, one dark palette, a small style sheet. Everything else is painted by its owner."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from app.model import colors
from resources.loader import load_bytes

# Whatever the machine has; the last one comes with every Debian desktop.
FONT_FAMILIES = ["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans"]
FONT_PX = 13
SMALL_PX = 11
TITLE_PX = 16


def apply_theme(application: QApplication) -> None:
    """Dress the whole application. Call once, before the first window."""
    application.setStyle("Fusion")
    application.setPalette(make_palette())
    application.setFont(make_font())
    application.setStyleSheet(STYLE_SHEET)


def make_font(size_px: int = FONT_PX, bold: bool = False) -> QFont:
    """Return the program's font."""
    font = QFont()
    font.setFamilies(FONT_FAMILIES)
    font.setPixelSize(size_px)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


def make_palette() -> QPalette:
    """Return the dark palette."""
    palette = QPalette()
    role = QPalette.ColorRole
    for name, color in (
        (role.Window, colors.PANEL),
        (role.Base, colors.PANEL),
        (role.AlternateBase, colors.RAISED),
        (role.Button, colors.RAISED),
        (role.ToolTipBase, colors.HOVERED),
        (role.Highlight, colors.HOVERED),
        (role.Accent, colors.ACCENT),
        (role.Link, colors.ACCENT),
        (role.WindowText, colors.TEXT),
        (role.Text, colors.TEXT),
        (role.ButtonText, colors.TEXT),
        (role.ToolTipText, colors.TEXT),
        (role.HighlightedText, colors.TEXT),
        (role.BrightText, colors.TEXT),
        (role.PlaceholderText, colors.MUTED),
    ):
        palette.setColor(name, QColor(color))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(colors.GREY))
    return palette


def load_icon() -> QIcon:
    """Return the program's icon; an empty one where Qt lacks its SVG plugin."""
    pixmap = QPixmap()
    pixmap.loadFromData(load_bytes("icons/sentinelaura.svg"), "SVG")
    return QIcon(pixmap)


STYLE_SHEET = f"""
QWidget {{ outline: none; }}
QToolTip {{ background: {colors.HOVERED}; color: {colors.TEXT}; border: 1px solid {colors.LINE}; padding: 4px 6px; }}
QPushButton {{
    background: {colors.RAISED}; color: {colors.TEXT}; border: 1px solid {colors.LINE}; border-radius: 6px;
    padding: 4px 12px;
}}
QPushButton:hover {{ background: {colors.HOVERED}; }}
QPushButton:focus {{ border-color: {colors.ACCENT}; }}
QPushButton:disabled {{ color: {colors.GREY}; background: {colors.PANEL}; }}
QPushButton[primary="true"] {{
    background: {colors.ACCENT}; color: {colors.ON_ACCENT}; border-color: {colors.ACCENT}; font-weight: 600;
}}
QPushButton[primary="true"]:hover {{ background: #aebfff; }}
QPushButton[primary="true"]:focus {{ border-color: {colors.TEXT}; }}
QPushButton[primary="true"]:disabled {{
    background: {colors.RAISED}; color: {colors.GREY}; border-color: {colors.LINE};
}}
QToolButton {{
    background: transparent; color: {colors.MUTED}; border: 1px solid transparent; border-radius: 6px;
    padding: 4px 8px;
}}
QToolButton[outlined="true"] {{ border-color: {colors.LINE}; padding: 2px 8px; background: {colors.PANEL}; }}
QToolButton:hover {{ background: {colors.RAISED}; color: {colors.TEXT}; }}
QToolButton:checked {{ background: {colors.RAISED}; color: {colors.TEXT}; }}
QToolButton:focus {{ border-color: {colors.ACCENT}; }}
QHeaderView {{ background: {colors.PANEL}; }}
QHeaderView::section {{
    background: {colors.PANEL}; color: {colors.MUTED}; border: none; border-bottom: 1px solid {colors.LINE};
    padding: 4px 6px; font-size: {SMALL_PX}px;
}}
QHeaderView::up-arrow, QHeaderView::down-arrow {{ subcontrol-position: top center; width: 9px; height: 5px; }}
QTableView, QListView {{ background: {colors.PANEL}; border: none; selection-background-color: {colors.HOVERED}; }}
QTableView:focus, QListView:focus {{ border: none; }}
QLineEdit {{
    background: {colors.RAISED}; color: {colors.TEXT}; border: 1px solid {colors.LINE}; border-radius: 6px;
    padding: 6px 8px;
}}
QCheckBox, QRadioButton {{ spacing: 8px; }}
QCheckBox::indicator, QRadioButton::indicator {{
    width: 14px; height: 14px; border: 1px solid {colors.MUTED}; border-radius: 4px; background: {colors.RAISED};
}}
QRadioButton::indicator {{ border-radius: 8px; }}
QCheckBox::indicator:checked, QRadioButton::indicator:checked {{
    background: {colors.ACCENT}; border-color: {colors.ACCENT};
}}
QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border-color: {colors.TEXT}; }}
QRadioButton::indicator:disabled {{ border-color: {colors.LINE}; }}
QLineEdit:focus {{ border-color: {colors.ACCENT}; }}
QMenu {{ background: {colors.RAISED}; color: {colors.TEXT}; border: 1px solid {colors.LINE}; padding: 4px; }}
QMenu::item {{ padding: 5px 18px 5px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {colors.HOVERED}; }}
QMenu::item:disabled {{ color: {colors.GREY}; }}
QSplitter::handle {{ background: {colors.LINE}; }}
QSplitter::handle:horizontal {{ width: 1px; }}
QSplitter::handle:vertical {{ height: 1px; }}
QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {colors.LINE}; border-radius: 4px; min-height: 24px; }}
QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
QScrollBar::handle:horizontal {{ background: {colors.LINE}; border-radius: 4px; min-width: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
    background: none; height: 0; width: 0;
}}
"""
