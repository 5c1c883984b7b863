"""Nothing is armed but by a yes."""

from __future__ import annotations

from app.window.flows.arm import arm
from controller.contract.commands import SetArmed
from tests.app.conftest import Desk, settle

CONTEXTS = ("aws-us-east-1", "azure-uksouth")


def ask(desk: Desk) -> None:
    desk.window.ask_to_arm(CONTEXTS)
    settle()


def test_a_yes_arms_what_was_asked_about(desk: Desk) -> None:
    ask(desk)
    desk.window.sheets.arm.yes.click()
    settle()
    assert desk.engine.commands == [SetArmed(context, True) for context in CONTEXTS]


def test_the_answer_of_before_is_no_answer(desk: Desk) -> None:
    ask(desk)
    desk.window.sheets.arm.yes.click()
    settle()
    ask(desk)
    desk.window.sheets.arm.no.click()
    settle()
    assert len(desk.engine.commands) == len(CONTEXTS)


def test_a_question_that_is_cancelled_leaves_no_sheet_and_arms_nothing(desk: Desk) -> None:
    ask(desk)
    desk.window.flows.cancel(arm)
    settle()
    assert desk.window.sheets.is_free
    assert desk.window.sheets.arm.isHidden()
    assert desk.engine.commands == []


def test_news_do_not_answer(desk: Desk) -> None:
    ask(desk)
    desk.pass_time(2.0)
    assert desk.window.sheets.arm.isVisible()
    assert desk.engine.commands == []
