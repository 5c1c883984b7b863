"""Nothing is armed but by a yes, and only what was typed, for the cluster that was shown."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.window.flows.arm import arm
from controller.clusters.arming import ArmedBy, ArmingTerms
from controller.contract.commands import SetArmed
from tests.app.conftest import WindowUser, settle

CONTEXTS = ("aws-us-east-1", "azure-uksouth")
USUAL = ArmingTerms(ArmedBy.WINDOW, lasts_s=8 * 3600.0)


def ask(user: WindowUser) -> None:
    user.window.board.ask_to_arm(CONTEXTS)
    settle()


def type_names(user: WindowUser) -> None:
    for cluster in user.window.sheets.arm.clusters:
        QTest.keyClicks(cluster.typed, cluster.context)


def confirm(user: WindowUser) -> None:
    type_names(user)
    user.window.sheets.arm.yes.click()
    settle()


def armed(terms: ArmingTerms) -> list[SetArmed]:
    return [SetArmed(context, True, replace(terms, cluster_uid=f"uid-{context}")) for context in CONTEXTS]


def test_a_yes_arms_the_clusters_that_were_shown_for_eight_hours(user: WindowUser) -> None:
    ask(user)
    confirm(user)
    assert user.engine.commands == armed(USUAL)


def test_nothing_can_be_armed_before_every_name_was_typed(user: WindowUser) -> None:
    ask(user)
    sheet = user.window.sheets.arm
    QTest.keyClicks(sheet.clusters[0].typed, CONTEXTS[0])
    assert not sheet.yes.isEnabled()
    assert sheet.hint.text() == "Type the name of azure-uksouth."
    QTest.keyClicks(sheet.clusters[1].typed, "azure-uksout")
    assert not sheet.yes.isEnabled()
    QTest.keyClick(sheet.clusters[1].typed, Qt.Key.Key_Return)
    QTest.keyClicks(sheet.clusters[1].typed, "h")
    assert sheet.yes.isEnabled()
    assert user.engine.commands == []


def test_the_terms_are_those_that_a_person_chose_with_the_keyboard(user: WindowUser) -> None:
    ask(user)
    type_names(user)
    sheet = user.window.sheets.arm
    sheet.clusters[-1].typed.setFocus()
    for keys in ((Qt.Key.Key_Up,), (), (Qt.Key.Key_Down,) * 2, (Qt.Key.Key_Down,)):
        QTest.keyClick(user.window.focusWidget(), Qt.Key.Key_Tab)
        for key in keys:
            QTest.keyClick(user.window.focusWidget(), key)
        if not keys:
            QTest.keyClicks(user.window.focusWidget(), "shop, billing")
    QTest.keyClick(user.window.focusWidget(), Qt.Key.Key_Tab)
    assert user.window.focusWidget() is sheet.no
    QTest.keyClick(user.window.focusWidget(), Qt.Key.Key_Tab)
    QTest.keyClick(user.window.focusWidget(), Qt.Key.Key_Space)
    settle()
    chosen = ArmingTerms(
        ArmedBy.WINDOW,
        namespaces=frozenset({"shop", "billing"}),
        moves_per_day=5,
        replicas_at_once=5,
        lasts_s=3600.0,
    )
    assert user.engine.commands == armed(chosen)


def test_what_cannot_be_a_namespace_arms_nothing(user: WindowUser) -> None:
    ask(user)
    type_names(user)
    sheet = user.window.sheets.arm
    QTest.keyClicks(sheet.namespaces, "Shop!")
    assert not sheet.yes.isEnabled()
    assert sheet.hint.text() == "'Shop!' cannot be the name of a namespace."


def test_a_cluster_that_takes_the_place_of_the_one_that_was_shown_has_to_be_typed_anew(
    user: WindowUser,
) -> None:
    ask(user)
    type_names(user)
    sheet = user.window.sheets.arm
    views = {name: replace(view, cluster_uid="another") for name, view in user.window.link.views.items()}
    user.window.link.views = {**user.window.link.views, CONTEXTS[0]: views[CONTEXTS[0]]}
    user.window.link.news.emit()
    settle()
    assert "cluster another" in sheet.clusters[0].who.text()
    assert [cluster.typed.text() for cluster in sheet.clusters] == ["", CONTEXTS[1]]
    assert not sheet.yes.isEnabled()


def test_a_cluster_that_has_not_said_who_it_is_cannot_be_armed(user: WindowUser) -> None:
    user.window.link.views = {
        name: replace(view, cluster_uid=None) for name, view in user.window.link.views.items()
    }
    ask(user)
    sheet = user.window.sheets.arm
    assert not any(cluster.typed.isEnabled() for cluster in sheet.clusters)
    assert not sheet.yes.isEnabled()
    assert user.window.focusWidget() is sheet.no


def test_the_answer_and_the_terms_of_before_are_none(user: WindowUser) -> None:
    ask(user)
    user.window.sheets.arm.duration.setCurrentIndex(0)
    QTest.keyClicks(user.window.sheets.arm.namespaces, "shop")
    confirm(user)
    ask(user)
    sheet = user.window.sheets.arm
    assert not sheet.yes.isEnabled()
    assert (sheet.duration.currentText(), sheet.namespaces.text()) == ("8 hours", "")
    sheet.no.click()
    settle()
    assert len(user.engine.commands) == len(CONTEXTS)


def test_a_question_that_is_cancelled_leaves_no_sheet_and_arms_nothing(user: WindowUser) -> None:
    ask(user)
    user.window.flows.cancel(arm)
    settle()
    assert user.window.sheets.is_free
    assert user.window.sheets.arm.isHidden()
    assert user.engine.commands == []


def test_news_do_not_answer_and_leave_what_was_typed(user: WindowUser) -> None:
    ask(user)
    type_names(user)
    user.pass_time(2.0)
    assert user.window.sheets.arm.isVisible()
    assert [cluster.typed.text() for cluster in user.window.sheets.arm.clusters] == list(CONTEXTS)
    assert user.engine.commands == []
