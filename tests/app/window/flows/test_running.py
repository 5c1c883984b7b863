"""Flows of one kind replace one another, are cancelled, and lose nothing that a person did."""

from __future__ import annotations

import asyncio
import sys

import pytest
from PySide6.QtCore import QObject, Signal

from app.window.flows.running import Flows, listening
from tests.app.conftest import settle


class Buttons(QObject):
    pressed = Signal(str)
    news = Signal()


class Stand:
    """A flow that writes down what it shows and when it ends."""

    def __init__(self) -> None:
        self.log: list[str] = []

    async def show(self, name: str) -> None:
        self.log.append(f"{name} is shown")
        try:
            await asyncio.Event().wait()
        finally:
            self.log.append(f"{name} ends")

    async def fail(self) -> None:
        raise ValueError("a fault")


@pytest.fixture
def stand(flows_run: None) -> Stand:
    return Stand()


def test_a_new_flow_shows_itself_before_the_old_one_of_its_kind_ends(stand: Stand) -> None:
    flows = Flows()
    flows.start(stand.show, "first")
    settle()
    flows.start(stand.show, "second")
    settle()
    assert stand.log == ["first is shown", "second is shown", "first ends"]
    assert flows.is_running(stand.show)


def test_of_three_at_once_only_the_last_one_stays(stand: Stand) -> None:
    flows = Flows()
    for name in ("first", "second", "third"):
        flows.start(stand.show, name)
    settle()
    flows.cancel(stand.show)
    settle()
    assert stand.log[-1] == "third ends"
    assert not flows.is_running(stand.show)


def test_a_flow_that_was_cancelled_before_it_began_shows_nothing(stand: Stand) -> None:
    flows = Flows()
    flows.start(stand.show, "never")
    flows.cancel_all()
    settle()
    assert stand.log == []


def test_a_fault_in_a_flow_is_reported_like_one_in_a_slot(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, traceback: caught.append(error))
    flows = Flows()
    flows.start(stand.fail)
    settle()
    assert [str(error) for error in caught] == ["a fault"]
    assert not flows.is_running(stand.fail)


def test_presses_keep_their_order_and_news_add_nothing_to_them(flows_run: None) -> None:
    buttons, heard = Buttons(), list[str | None]()

    async def listen() -> None:
        with listening(buttons.pressed, str, buttons.news) as inbox:
            while True:
                heard.append(await inbox.next())

    flows = Flows()
    flows.start(listen)
    settle()
    buttons.news.emit()
    buttons.news.emit()
    buttons.pressed.emit("migrate")
    buttons.pressed.emit("cancel")
    buttons.news.emit()
    settle()
    assert heard == [None, "migrate", "cancel"]
    flows.cancel(listen)
    settle()
    buttons.pressed.emit("too late")
    settle()
    assert heard[-1] == "cancel"
