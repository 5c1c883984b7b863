"""A cluster names its workloads as it likes, and no name reads a file, calls a server or turns a line round."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, structs
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QEvent, QModelIndex
from PySide6.QtGui import QAction, QHelpEvent, Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLabel, QWidget

from app.model.workload_rows import WorkloadColumn
from app.widgets.tips import plain_tip
from controller.contract.snapshots import make_notice
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.app.conftest import WindowUser, settle

#: What Qt would draw, what turns the rest of a line round, and what steers a terminal.
HOSTILE = "<img src=file:///etc/passwd>&lt;\u202e\x1b[2J"

APP = Path(__file__).resolve().parents[3] / "app"

#: Where a text is given to a label as its first words: they set it to plain text themselves.
PLAIN_LABELS = {"widgets/labels.py", "hud/no_globe.py"}


def spoil(value: Any) -> Any:
    """Return a picture of the engine in which every text is hostile, and what belonged together still does."""
    if type(value) is str:
        return HOSTILE + value
    if isinstance(value, Reason):
        return value.code.because(**{name: spoil(given) for name, given in value.parameters})
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: spoil(getattr(value, field.name)) for field in fields(value)})
    if isinstance(value, Struct):
        return structs.replace(
            value, **{name: spoil(getattr(value, name)) for name in value.__struct_fields__}
        )
    if isinstance(value, tuple):
        return tuple(spoil(item) for item in value)
    if isinstance(value, Mapping):
        return {spoil(key): spoil(item) for key, item in value.items()}
    return value


@pytest.fixture
def window(make_user: Callable[..., WindowUser]) -> QWidget:
    """The window over a fleet whose every name and sentence is hostile, with its panels open."""
    user = make_user()
    user.engine.start_best()
    user.pass_time(4.0)
    snapshot = user.engine.snapshot()
    lost = replace(snapshot.contexts[0], health_reason=Code.UNCLASSIFIED.because(text="gone"))
    notice = make_notice(Code.SETTINGS_DOUBTFUL.because(problem="doubt"), "problem")
    hostile = spoil(replace(snapshot, contexts=(lost, *snapshot.contexts[1:]), notices=(notice,)))
    user.window.show_snapshot(hostile)
    user.window.select(hostile.contexts[0].context)
    user.window.open_palette()
    settle()
    return user.window


def indexes(model: QAbstractItemModel) -> Iterator[QModelIndex]:
    for row in range(model.rowCount()):
        columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
        for column in range(columns):
            yield model.index(row, column)


def tips(window: QWidget) -> Iterator[str]:
    """Everything that can be shown as a tool tip."""
    for part in (*window.findChildren(QWidget), *window.findChildren(QAction)):
        yield part.toolTip()
    for view in window.findChildren(QAbstractItemView):
        for index in indexes(view.model()) if view.model() is not None else ():
            yield str(index.data(Qt.ItemDataRole.ToolTipRole) or "")


def spoken(window: QWidget) -> Iterator[str]:
    """Everything that a screen reader may say."""
    for widget in window.findChildren(QWidget):
        yield from (widget.accessibleName(), widget.accessibleDescription())
    for view in window.findChildren(QAbstractItemView):
        for index in indexes(view.model()) if view.model() is not None else ():
            yield str(index.data(Qt.ItemDataRole.AccessibleTextRole) or "")


def test_no_label_draws_a_name(window: QWidget) -> None:
    labels = window.findChildren(QLabel)
    assert any("<img" in label.text() for label in labels)
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}


def test_no_tool_tip_draws_a_name(window: QWidget) -> None:
    shown = list(tips(window))
    assert sum("img src" in tip for tip in shown) > 20
    assert [tip for tip in shown if Qt.mightBeRichText(tip)] == []


def test_nothing_shown_or_said_turns_a_line_round(window: QWidget) -> None:
    said = [*spoken(window), *tips(window), *(label.text() for label in window.findChildren(QLabel))]
    assert sum("img src" in text for text in said) > 20
    assert [text for text in said if "\u202e" in text or "\x1b" in text] == []


def test_the_tool_tip_of_a_workload_stands_on_the_screen_as_plain_text(window: QWidget) -> None:
    table = window.inspector.workloads
    index = table.model().index(0, WorkloadColumn.NAME)
    place = table.visualRect(index).center()
    event = QHelpEvent(QEvent.Type.ToolTip, place, table.viewport().mapToGlobal(place))
    QApplication.sendEvent(table.viewport(), event)
    settle()
    [shown] = [widget for widget in QApplication.topLevelWidgets() if widget.objectName() == "qtooltip_label"]
    assert "img src=file:///etc/passwd" in shown.text()
    assert not Qt.mightBeRichText(shown.text())


@pytest.mark.parametrize(
    "text", ["<b>bold</b>", "a <b>", "  <?xml?><p>", "x &lt; y", "<!doctype html>", "<a/>"]
)
def test_what_looks_like_mark_up_is_shown_as_it_stands(text: str) -> None:
    assert Qt.mightBeRichText(text)
    assert not Qt.mightBeRichText(plain_tip(text))
    assert plain_tip(text).replace("\N{WORD JOINER}", "") == text


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call in the window's source: file, name of what is called, and the call."""
    for path in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                yield str(path.relative_to(APP)), name, node


def test_every_tool_tip_of_the_source_is_plain() -> None:
    given = [
        (file, call.args[0])
        for file, name, call in calls()
        if name in ("setToolTip", "setStatusTip", "setWhatsThis")
    ]
    assert len(given) > 5
    plain = [isinstance(text, ast.Call) and getattr(text.func, "id", "") == "plain_tip" for _, text in given]
    assert [file for (file, _), is_plain in zip(given, plain, strict=True) if not is_plain] == []


def test_every_label_of_the_source_is_one_that_shows_plain_text() -> None:
    assert {file for file, name, _ in calls() if name == "QLabel"} == PLAIN_LABELS
    assert [
        file for file, name, _ in calls() if name in ("setHtml", "insertHtml", "appendHtml", "QTextBrowser")
    ] == []
