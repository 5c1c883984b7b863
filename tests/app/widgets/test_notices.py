from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.notices import Notices
from controller.contract.snapshots import Notice
from controller.reasons import Code
from oracle.foundation.reason import Severity
from oracle.reasons import OracleCode


def notice(key: str, severity: Severity = Severity.INFO, text: str = "") -> Notice:
    text = text or f"about {key}"
    reasons = {
        Severity.INFO: OracleCode.RECORDING_ENDED.because(date=text),
        Severity.WARNING: Code.SETTINGS_DOUBTFUL.because(problem=text),
        Severity.ERROR: OracleCode.STORE_ANSWERED.because(answer=text),
    }
    return Notice(key, reasons[severity])


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(700, 500)
    window.show()
    return window


@pytest.fixture
def notices(window: QWidget) -> Notices:
    notices = Notices(window)
    notices.resize(440, 10)
    return notices


def keys(notices: Notices) -> list[str]:
    return [shown.key for shown in notices.shown]


def dismiss_first(notices: Notices) -> None:
    next(b for b in notices.findChildren(QToolButton) if b.isVisible()).click()


def test_the_worst_trouble_is_read_first_and_few_are_shown_at_once(notices: Notices) -> None:
    notices.show_lasting(
        [notice("a"), notice("b", Severity.WARNING), notice("c"), notice("d", Severity.ERROR), notice("e")]
    )
    read = []
    while notices.shown:
        read += keys(notices)
        dismiss_first(notices)
    assert read == ["d", "b", "a", "c", "e"]


def test_what_is_only_counted_can_be_read(notices: Notices) -> None:
    notices.show_lasting([notice("a", Severity.ERROR), notice("b", Severity.WARNING), notice("c")])
    (more,) = [label for label in notices.findChildren(QLabel) if label.text() == "and 2 more"]
    assert "about b" in more.toolTip().lower()
    assert "about c" in more.toolTip().lower()


def test_a_dismissed_notice_stays_away_while_its_trouble_lasts(notices: Notices) -> None:
    notices.show_lasting([notice("store")])
    dismiss_first(notices)
    notices.show_lasting([notice("store", text="still down, other words")])
    assert keys(notices) == []


def test_the_same_trouble_later_is_a_new_notice(notices: Notices) -> None:
    notices.show_lasting([notice("store")])
    dismiss_first(notices)
    notices.show_lasting([])
    notices.show_lasting([notice("store")])
    assert keys(notices) == ["store"]


def test_a_held_notice_stays_until_it_is_dropped(notices: Notices) -> None:
    notices.hold(notice("engine", Severity.ERROR))
    notices.show_lasting([])
    assert keys(notices) == ["engine"]
    notices.drop("engine")
    assert not notices.isVisible()


def test_a_passing_notice_goes_by_itself(
    notices: Notices, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.widgets.notices.PASSING_MS", 1)
    notices.pass_by(notice("hello"))
    qtbot.waitUntil(lambda: not notices.shown)


def test_what_is_only_good_to_know_goes_by_itself_and_trouble_stays(
    notices: Notices, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.widgets.notices.PASSING_MS", 1)
    notices.show_lasting([notice("hint"), notice("store", Severity.WARNING)])
    qtbot.waitUntil(lambda: keys(notices) == ["store"])


def test_a_long_text_is_wrapped_and_not_cut(notices: Notices) -> None:
    notices.show_lasting([notice("short", text="short")])
    low = notices.height()
    notices.show_lasting([notice("long", text="many words " * 30)])
    assert notices.height() > 2 * low
