"""Nothing is armed but by a yes."""

from __future__ import annotations

from app.window.flows.arm import arm
from controller.contract.commands import SetArmed
from tests.app.conftest import WindowUser, settle

CONTEXTS = ("aws-us-east-1", "azure-uksouth")


def ask(user: WindowUser) -> None:
    user.window.board.ask_to_arm(CONTEXTS)
    settle()


def test_a_yes_arms_what_was_asked_about(user: WindowUser) -> None:
    ask(user)
    user.window.sheets.arm.yes.click()
    settle()
    assert user.engine.commands == [SetArmed(context, True) for context in CONTEXTS]


def test_the_answer_of_before_is_no_answer(user: WindowUser) -> None:
    ask(user)
    user.window.sheets.arm.yes.click()
    settle()
    ask(user)
    user.window.sheets.arm.no.click()
    settle()
    assert len(user.engine.commands) == len(CONTEXTS)


def test_a_question_that_is_cancelled_leaves_no_sheet_and_arms_nothing(user: WindowUser) -> None:
    ask(user)
    user.window.flows.cancel(arm)
    settle()
    assert user.window.sheets.is_free
    assert user.window.sheets.arm.isHidden()
    assert user.engine.commands == []


def test_news_do_not_answer(user: WindowUser) -> None:
    ask(user)
    user.pass_time(2.0)
    assert user.window.sheets.arm.isVisible()
    assert user.engine.commands == []
