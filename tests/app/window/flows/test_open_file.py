"""Opening a kubeconfig: what is shown before anything is contacted, and what comes of each answer."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from app.actions import OPEN_FILE
from app.arguments import build_parser
from app.config.loading import load_configuration
from app.model.choices import Choice
from app.panels.open_sheet import OpenSheet
from app.widgets.menus import open_menu
from app.window.flows.open_file import open_file
from app.window.opening import FILE_NOTICE
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.contract.commands import SetArmed
from controller.contract.snapshots import EngineSnapshot, MigrationStage
from controller.reasons import Code
from tests.app.conftest import WindowUser, settle
from tests.app.window.test_main_window import press, words

AUTHORITY = base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()
PLUGIN = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./steal", "args": ["everything"]}
TOKEN = {"token": "S3CRET"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own: what is opened may not depend on whose machine this is."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def write(folder: Path, users: Mapping[str, Mapping[str, Any]], name: str = "own.yaml") -> Path:
    """A kubeconfig with one context for each user, each on a server of its own."""
    path = folder / name
    document = {
        "clusters": [
            {
                "name": user,
                "cluster": {"server": f"https://{n}.example:6443", "certificate-authority-data": AUTHORITY},
            }
            for n, user in enumerate(users)
        ],
        "users": [{"name": user, "user": dict(fields)} for user, fields in users.items()],
        "contexts": [{"name": user, "context": {"cluster": user, "user": user}} for user in users],
    }
    path.write_text(yaml.safe_dump(document))
    return path


def open_at(user: WindowUser, qtbot: QtBot, path: Path) -> OpenSheet:
    """Open a file, and wait until it has been read."""
    user.window.opening.start(path)
    settle()
    sheet = user.window.sheets.open_file
    assert sheet.isVisible()
    qtbot.waitUntil(lambda: "Reading" not in words(sheet), timeout=5000)
    return sheet


def watched(user: WindowUser) -> str:
    """The options of the engine that took the place of the one before."""
    [options] = user.fleets.watched
    return " ".join(options)


def wait_for_engine(user: WindowUser, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(user.fleets.watched), timeout=5000)
    settle()


def real_snapshot(user: WindowUser) -> EngineSnapshot:
    user.engine.demo = False
    user.engine.disarm()
    return user.engine.snapshot()


def is_untouched(user: WindowUser) -> bool:
    snapshot = user.window.snapshot
    assert snapshot is not None
    return user.window.sheets.is_free and not user.fleets.watched and len(snapshot.contexts) == 15


# What the file holds


def test_sheet_names_each_context_with_its_host_and_watches_those_that_stay_ticked(
    user: WindowUser, qtbot: QtBot, folder: Path
) -> None:
    path = write(folder, {"prod-eu": TOKEN, "prod-us": TOKEN})
    sheet = open_at(user, qtbot, path)
    said = [
        sheet.list.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(sheet.list.count())
    ]
    assert said == [
        "prod-eu, 0.example:6443\nCredential: token",
        "prod-us, 1.example:6443\nCredential: token",
    ]
    assert user.window.focusWidget() is sheet.list
    user.press_key(sheet.list, Qt.Key.Key_Down)
    user.press_key(sheet.list, Qt.Key.Key_Space)
    press(sheet, "Watch 1 context")
    wait_for_engine(user, qtbot)
    assert watched(user).endswith(f'--set kubeconfig={path} --set use_contexts=["prod-eu"]')


def test_refused_context_says_why_and_cannot_be_ticked(user: WindowUser, qtbot: QtBot, folder: Path) -> None:
    sheet = open_at(user, qtbot, write(folder, {"good": TOKEN, "bad": {"exec": PLUGIN}}))
    refused = sheet.list.item(1)
    assert "Refused: context bad wants to run a program for its credentials" in refused.toolTip()
    assert "1 of 2 contexts chosen, 1 refused" in words(sheet)
    sheet.list.setCurrentItem(refused)
    user.press_key(sheet.list, Qt.Key.Key_Space)
    press_all(sheet)
    assert sheet.chosen == ("good",)


def press_all(sheet: OpenSheet) -> None:
    for _ in range(2):
        sheet.all.click()
    settle()


def test_nothing_of_a_hostile_file_runs_or_is_shown_in_clear(
    user: WindowUser, qtbot: QtBot, folder: Path
) -> None:
    proof = folder / "proof"
    (folder / "steal").write_text(f"#!/bin/sh\ntouch {proof}\n")
    (folder / "steal").chmod(0o700)
    hostile = "\u202eprod\n<b>eu</b>"
    sheet = open_at(user, qtbot, write(folder, {hostile: TOKEN, "plugin": {"exec": PLUGIN}}))
    shown = "\n".join(sheet.list.item(row).toolTip() + sheet.list.item(row).text() for row in range(2))
    assert "S3CRET" not in shown
    assert "everything" not in shown
    assert "prod <b>eu</b>" in shown, "no direction marks, no line breaks"
    assert "its name cannot be passed on" in sheet.list.item(0).toolTip()
    assert not shown_button(sheet, "Watch").isEnabled()
    assert not proof.exists()


def shown_button(sheet: OpenSheet, text: str) -> QPushButton:
    return next(b for b in sheet.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(sheet))


@pytest.mark.parametrize("name", ["a,b", "none", " blank", "[x", 'quo"te', "Größe 😀", "--live"])
def test_what_is_ticked_is_what_an_engine_understands(
    user: WindowUser, qtbot: QtBot, folder: Path, name: str
) -> None:
    sheet = open_at(user, qtbot, write(folder, {name: TOKEN, "a": TOKEN, "b": TOKEN}))
    sheet.list.tick_all(False)
    user.press_key(sheet.list, Qt.Key.Key_Space)
    assert sheet.chosen == (name,)
    press(sheet, "Watch 1 context")
    wait_for_engine(user, qtbot)
    [options] = user.fleets.watched
    understood = load_configuration(build_parser().parse_args(["engine", *options]))
    assert understood.clusters.contexts == {name}


def test_contexts_that_the_configuration_leaves_out_are_not_ticked(
    user: WindowUser, qtbot: QtBot, folder: Path
) -> None:
    user.fleets.given = (*user.fleets.given, "--context", "prod-us")
    sheet = open_at(user, qtbot, write(folder, {"prod-eu": TOKEN, "prod-us": TOKEN}))
    assert sheet.chosen == ("prod-us",)
    sheet.list.tick_all(True)
    assert sheet.chosen == ("prod-eu", "prod-us")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it holds no contexts"),
        ("a: [\n: :", "it is not valid YAML"),
        ("just words", "it is not a kubeconfig"),
        ("[" * 100_000, "nested deeper"),
        (b"\xff\xfe", "not text in UTF-8"),
        ("x: " + "y" * (8 * 1024 * 1024), "larger than"),
    ],
    ids=["empty", "malformed", "other", "nested", "binary", "huge"],
)
def test_file_that_cannot_be_used_says_why_and_changes_nothing(
    user: WindowUser, qtbot: QtBot, folder: Path, content: str | bytes, said: str
) -> None:
    path = folder / "odd"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    sheet = open_at(user, qtbot, path)
    assert said in words(sheet)
    assert user.window.focusWidget() is sheet.other
    assert not sheet.watch.isVisible()
    press(sheet, "Cancel")
    assert is_untouched(user)


def test_file_that_is_none_says_why(user: WindowUser, qtbot: QtBot, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    shared = write(folder, {"a": TOKEN})
    shared.chmod(0o666)
    for path, said in (
        (folder / "pipe", "is not a file"),
        (folder, "is not a file"),
        (folder / "none", "no such file"),
        (shared, "is not believed"),
        (folder / "a:b", "its name cannot be told from a list of files"),
    ):
        assert said in words(open_at(user, qtbot, path))
    user.window.sheets.close_all()
    settle()
    assert is_untouched(user)


# How it is begun, and left


@pytest.mark.parametrize("leave", ["cancel", "escape", "flow"])
def test_who_leaves_the_sheet_has_what_was_there(
    user: WindowUser, qtbot: QtBot, folder: Path, leave: str
) -> None:
    sheet = open_at(user, qtbot, write(folder, {"a": TOKEN}))
    if leave == "cancel":
        press(sheet, "Cancel")
    elif leave == "escape":
        user.press_key(sheet, Qt.Key.Key_Escape)
    else:
        user.window.flows.cancel(open_file)
    settle()
    assert is_untouched(user)
    assert user.engine.commands == []


def test_enter_in_the_list_watches_nothing(user: WindowUser, qtbot: QtBot, folder: Path) -> None:
    sheet = open_at(user, qtbot, write(folder, {"a": TOKEN}))
    user.press_key(sheet.list, Qt.Key.Key_Return)
    assert sheet.isVisible()
    assert not user.fleets.watched


def find_dialog(user: WindowUser) -> QFileDialog:
    settle()
    return next(d for d in user.window.findChildren(QFileDialog) if d.isVisible())


def type_file(user: WindowUser, path: Path) -> None:
    """Type a file's name into the dialog, and press Enter."""
    dialog = find_dialog(user)
    line = dialog.findChild(QLineEdit)
    assert line is not None
    line.setText(str(path))
    dialog.accept()
    settle()


def test_file_is_chosen_in_a_dialog_that_blocks_nothing(user: WindowUser, qtbot: QtBot, folder: Path) -> None:
    path = write(folder, {"a": TOKEN}, ".config")
    user.window.window_actions[OPEN_FILE].trigger()
    find_dialog(user)
    user.show()  # the window goes on behind it
    type_file(user, path)
    sheet = user.window.sheets.open_file
    qtbot.waitUntil(lambda: sheet.list.count() == 1, timeout=5000)
    assert str(path) in words(sheet)
    assert user.window.findChildren(QFileDialog) == []


def test_dialog_that_is_closed_leaves_everything_as_it_was(user: WindowUser) -> None:
    user.window.open_file()
    find_dialog(user).reject()
    settle()
    assert is_untouched(user)
    assert not user.window.flows.is_running(open_file)


def test_another_file_is_chosen_from_the_sheet(user: WindowUser, qtbot: QtBot, folder: Path) -> None:
    sheet = open_at(user, qtbot, folder / "none")
    press(sheet, "Choose another file…")
    type_file(user, write(folder, {"a": TOKEN}))
    qtbot.waitUntil(lambda: sheet.list.count() == 1 and sheet.isVisible(), timeout=5000)


def test_demo_offers_it_beside_its_badge_and_real_clusters_do_not(user: WindowUser) -> None:
    button = user.window.stage.corners.own_clusters
    badge = user.window.stage.corners.demo_badge
    assert button.isVisible()
    assert not button.geometry().intersects(badge.geometry())
    button.click()
    find_dialog(user).reject()
    settle()
    user.engine.demo = False
    user.show()
    assert not button.isVisible()


def drop(user: WindowUser, *urls: str) -> bool:
    """Drop what these addresses name onto the table; return whether the window takes it."""
    data = QMimeData()
    data.setUrls([QUrl(url) for url in urls])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(user.window.rect().center(), copy, data, left, none)
    entering.ignore()
    QApplication.sendEvent(user.window, entering)
    if entering.isAccepted():
        QApplication.sendEvent(
            user.window, QDropEvent(QPointF(user.window.rect().center()), copy, data, left, none)
        )
    settle()
    return entering.isAccepted()


def test_dropped_file_is_opened(user: WindowUser, qtbot: QtBot, folder: Path) -> None:
    path = write(folder, {"a": TOKEN}, "with blank.yaml")
    assert drop(user, path.as_uri())
    qtbot.waitUntil(lambda: user.window.sheets.open_file.list.count() == 1, timeout=5000)


@pytest.mark.parametrize(
    "urls", [("https://example.com/config",), ("file://host/share",), ("file:///a", "file:///b"), ()]
)
def test_nothing_else_can_be_dropped(user: WindowUser, urls: tuple[str, ...]) -> None:
    assert not drop(user, *urls)
    assert is_untouched(user)


def test_file_that_is_dropped_onto_the_sheet_takes_the_place_of_the_one_before(
    user: WindowUser, qtbot: QtBot, folder: Path
) -> None:
    open_at(user, qtbot, write(folder, {"a": TOKEN}))
    before = user.window.sheets.open_file
    assert drop(user, write(folder, {"b": TOKEN, "c": TOKEN}, "second").as_uri())
    qtbot.waitUntil(lambda: before.list.count() == 2, timeout=5000)
    settle()
    assert before.isVisible()
    press(before, "Cancel")
    assert is_untouched(user)


def test_another_sheet_is_not_pushed_aside(user: WindowUser, folder: Path) -> None:
    user.window.board.ask_to_arm(("aws-us-east-1",))
    settle()
    user.window.opening.start(write(folder, {"a": TOKEN}))
    settle()
    assert user.window.sheets.arm.isVisible()
    assert not user.window.flows.is_running(open_file)


# The change of engines


def open_and_watch(user: WindowUser, qtbot: QtBot, folder: Path) -> None:
    press(open_at(user, qtbot, write(folder, {"prod-eu": TOKEN, "prod-us": TOKEN})), "Watch 2 contexts")
    wait_for_engine(user, qtbot)


def test_window_shows_the_chosen_contexts_connecting_and_nothing_of_before(
    user: WindowUser, qtbot: QtBot, folder: Path
) -> None:
    user.window.select("aws-us-east-1")
    open_and_watch(user, qtbot, folder)
    snapshot = user.window.snapshot
    assert snapshot is not None
    assert [(view.context, view.health.value, view.armed) for view in snapshot.contexts] == [
        ("prod-eu", "connecting", False),
        ("prod-us", "connecting", False),
    ]
    assert not snapshot.opportunities
    assert not user.window.stage.corners.demo_badge.isVisible()
    assert user.window.stage.presenter.scale is None
    assert user.window.inspector.isVisible()
    assert "Select a region" in words(user.window.inspector)
    assert user.engine.commands == [], "nothing is armed"


def test_the_next_engine_counts_its_snapshots_anew(user: WindowUser, qtbot: QtBot, folder: Path) -> None:
    user.pass_time(5.0)
    open_and_watch(user, qtbot, folder)
    user.engine.restart_counting()
    user.window.show_snapshot(real_snapshot(user))
    settle()
    assert user.window.snapshot is not None
    assert user.window.snapshot.sequence == 1
    assert not user.window.flows.is_running(open_file)
    assert user.fleets.went_back == 0


def test_questions_and_menus_about_contexts_of_before_go_with_them(
    user: WindowUser, qtbot: QtBot, folder: Path
) -> None:
    user.window.request_dry_run(*a_move(user))
    settle()
    open_and_watch(user, qtbot, folder)
    assert user.window.inspector.isVisible()
    user.window.board.ask_to_arm(("prod-eu",))
    open_menu(user.window.table, "a context", [Choice("Arm prod-eu", "", lambda: None)], QPoint(5, 5))
    settle()
    user.window.opening.show_connecting(())
    settle()
    assert user.window.sheets.is_free
    assert not any(menu.isVisible() for menu in user.window.findChildren(QMenu))
    assert SetArmed("prod-eu", True) not in user.engine.commands


def test_start_that_waits_goes_with_what_was_watched(user: WindowUser) -> None:
    """A context of the next engine may have the same name."""
    user.window.migrate(user.engine.snapshot().opportunities[0])
    settle()
    assert user.window.rings.rings
    user.window.opening.show_connecting(())
    settle()
    assert user.window.rings.rings == ()
    user.close_rings()
    assert user.engine.commands == []


def a_move(user: WindowUser) -> tuple[Any, str]:
    best = user.engine.snapshot().opportunities[0]
    return best.workload, best.target


def test_engine_that_cannot_start_gives_way_to_the_one_of_before(
    user: WindowUser, qtbot: QtBot, folder: Path
) -> None:
    open_and_watch(user, qtbot, folder)
    user.window.show_engine_lost(
        Code.KUBECONFIG_REFUSED.because(path="own.yaml", problem=KubeconfigCode.NO_CONTEXTS.because())
    )
    settle()
    assert user.fleets.went_back == 1
    user.window.show_snapshot(user.engine.snapshot())
    settle()
    [notice] = [n for n in user.window.parts.notices.shown if n.key == FILE_NOTICE]
    assert notice.text == (
        "own.yaml is not watched: kubeconfig own.yaml: it holds no contexts. The demo was started again. "
        "Mend the file and open it again (Ctrl+O)."
    )
    assert is_untouched_but_for_the_try(user)


def is_untouched_but_for_the_try(user: WindowUser) -> bool:
    user.fleets.watched.clear()
    return is_untouched(user)


def test_clusters_of_before_come_back_read_only(user: WindowUser, qtbot: QtBot, folder: Path) -> None:
    user.window.show_snapshot(real_snapshot(user))
    open_and_watch(user, qtbot, folder)
    user.window.show_engine_lost(Code.ENGINE_ENDED.because(exit_code=-9))
    settle()
    [notice] = [n for n in user.window.parts.notices.shown if n.key == FILE_NOTICE]
    assert "What was watched before, read-only until you arm it, was started again." in notice.text


def test_where_nothing_was_watched_before_the_loss_stays(
    user: WindowUser, qtbot: QtBot, folder: Path
) -> None:
    user.fleets.can_go_back = False
    open_and_watch(user, qtbot, folder)
    user.window.show_engine_lost(Code.ENGINE_ENDED.because(exit_code=-9))
    settle()
    assert user.fleets.went_back == 0
    assert any("open a kubeconfig (Ctrl+O)" in notice.text for notice in user.window.parts.notices.shown)


def test_engine_that_is_gone_can_be_followed_by_another(user: WindowUser, qtbot: QtBot, folder: Path) -> None:
    user.window.show_engine_lost(Code.ENGINE_ENDED.because(exit_code=-9))
    open_and_watch(user, qtbot, folder)
    assert user.window.parts.notices.shown == ()


def test_file_that_changes_under_the_sheet_says_so_and_changes_nothing(
    user: WindowUser, qtbot: QtBot, folder: Path
) -> None:
    sheet = open_at(user, qtbot, write(folder, {"a": TOKEN}))
    user.fleets.given = (*user.fleets.given, "--set", "no.such=1")
    press(sheet, "Watch 1 context")
    qtbot.waitUntil(lambda: bool(user.window.parts.notices.shown), timeout=5000)
    assert user.window.parts.notices.shown[0].text.endswith("Nothing was changed.")
    assert is_untouched(user)


# A move under way


def watch_while_moving(moving: WindowUser, qtbot: QtBot, folder: Path) -> None:
    press(open_at(moving, qtbot, write(folder, {"a": TOKEN})), "Watch 1 context")
    assert moving.window.sheets.leave_question.isVisible()
    assert moving.window.focusWidget() is moving.window.sheets.leave_question.no


def test_move_under_way_is_asked_about_first(moving: WindowUser, qtbot: QtBot, folder: Path) -> None:
    watch_while_moving(moving, qtbot, folder)
    [migration] = moving.engine.snapshot().migrations
    said = words(moving.window.sheets.leave_question)
    assert f"sentinelaura operator --arm {migration.workload.context}" in said
    assert "armed after these are opened again" in said
    press(moving.window.sheets.leave_question, "Keep watching these")
    assert is_untouched(moving)


def test_who_leaves_the_move_watches_the_file(moving: WindowUser, qtbot: QtBot, folder: Path) -> None:
    watch_while_moving(moving, qtbot, folder)
    press(moving.window.sheets.leave_question, "Leave the move")
    wait_for_engine(moving, qtbot)
    assert 'use_contexts=["a"]' in watched(moving)


def test_question_goes_with_the_move_and_the_file_is_watched(
    moving: WindowUser, qtbot: QtBot, folder: Path
) -> None:
    watch_while_moving(moving, qtbot, folder)
    while moving.engine.snapshot().migrations[0].stage is not MigrationStage.DONE:
        moving.pass_time(1.0)
    wait_for_engine(moving, qtbot)
    assert not moving.window.sheets.leave_question.isVisible()


def test_sheet_fits_into_the_least_window(user: WindowUser, qtbot: QtBot, folder: Path) -> None:
    user.window.resize(user.window.minimumSize())
    settle()
    sheet = open_at(user, qtbot, write(folder, {f"c{n}": {"exec": PLUGIN} for n in range(40)}))
    assert user.window.rect().contains(sheet.panel.geometry())
    assert QTest.qWaitForWindowExposed(user.window)
