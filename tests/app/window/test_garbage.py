"""Where cyclic garbage is collected: a widget that goes on another thread takes the program with it."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.window.garbage import GarbageCollector


class Knot(QWidget):
    """A widget that only the collector can free."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


@pytest.fixture
def collecting_threads() -> Iterator[list[int]]:
    """The threads on which collections began."""
    threads: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        threads.append(threading.get_ident())

    gc.callbacks.append(note)
    yield threads
    gc.callbacks.remove(note)


@pytest.fixture
def collector(qtbot: QtBot) -> Iterator[None]:
    gc.enable()  # as in a process that has just started
    parent = QWidget()
    qtbot.addWidget(parent)
    GarbageCollector(parent)
    yield
    assert not gc.isenabled()  # and so it stays for the other tests


def tie_knots(count: int) -> None:
    for _ in range(count):
        knot: list[object] = []
        knot.append(knot)


def test_garbage_of_another_thread_is_not_collected_there(
    collector: None, collecting_threads: list[int]
) -> None:
    thread = threading.Thread(target=tie_knots, args=(10 * gc.get_threshold()[0],))
    thread.start()
    thread.join()
    assert collecting_threads == []


def test_garbage_is_collected_on_the_gui_thread(
    collector: None, collecting_threads: list[int], qtbot: QtBot
) -> None:
    freed = weakref.ref(Knot())
    tie_knots(2 * gc.get_threshold()[0])
    qtbot.waitUntil(lambda: freed() is None, timeout=10_000)
    assert set(collecting_threads) == {threading.get_ident()}
