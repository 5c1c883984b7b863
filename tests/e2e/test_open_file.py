"""A kubeconfig is opened in the real window: the demo's engine ends, and another one watches what was chosen."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.window.opening import FILE_NOTICE
from controller.clusters.fleet import Health
from controller.simulation.fleet_plan import plan_demo_fleet
from controller.simulation.simulated_fleet import SimulatedFleet
from tests.e2e.one_click import click, wait_until_complete

CHOSEN = 2


@contextmanager
def running_fleet(directory):
    """Clusters that are no engine's own, on a loop and a thread of their own. Yields their kubeconfig."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(20)

    fleet = SimulatedFleet.start(plan_demo_fleet(7), 7, directory)
    try:
        yield run(fleet.__aenter__()).kubeconfig
        run(fleet.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def open_sheet(desktop, qtbot, path):
    """Open a file, and wait until it has been read."""
    desktop.window.opening.start(path)
    sheet = desktop.window.sheets.open_file
    qtbot.waitUntil(lambda: sheet.isVisible() and sheet.watch.isVisible(), timeout=20_000)
    return sheet


def watch_some(desktop, qtbot, path):
    """Watch the first contexts of a file; returns their names."""
    sheet = open_sheet(desktop, qtbot, path)
    sheet.list.tick_all(False)
    for row in range(CHOSEN):
        sheet.list.setCurrentRow(row)
        QTest.keyClick(sheet.list, Qt.Key.Key_Space)
    chosen = sheet.chosen
    click(sheet.watch)
    return chosen


def contexts(desktop):
    return [view.context for view in desktop.window.snapshot.contexts]


def wait_for_contexts(desktop, qtbot, expected):
    """Wait until another engine has read exactly these contexts."""
    window = desktop.window
    qtbot.waitUntil(
        lambda: (
            not window.link.is_connecting
            and window.snapshot.is_complete
            and sorted(contexts(desktop)) == sorted(expected)
        ),
        timeout=60_000,
    )


@pytest.mark.timeout(240)
def test_chosen_clusters_are_watched_read_only_and_come_back_when_the_next_file_cannot_be(
    desktop, home, qtbot, tmp_path
):
    wait_until_complete(desktop, qtbot)
    before = set(home.processes())
    with running_fleet(tmp_path) as kubeconfig:
        chosen = watch_some(desktop, qtbot, kubeconfig)
        assert len(chosen) == CHOSEN
        wait_for_contexts(desktop, qtbot, chosen)
        snapshot = desktop.window.snapshot
        assert not snapshot.demo
        assert [view.armed for view in snapshot.contexts] == [False] * CHOSEN
        assert {view.health for view in snapshot.contexts} == {Health.REACHABLE}
        assert before.isdisjoint(home.processes()), (
            "the engine of before has ended, with all that it had started"
        )

        broken = tmp_path / "broken.yaml"
        broken.write_bytes(kubeconfig.read_bytes())
        broken.chmod(0o600)
        sheet = open_sheet(desktop, qtbot, broken)
        broken.write_text("")
        click(sheet.watch)
        notices = desktop.window.parts.notices
        qtbot.waitUntil(lambda: any(n.key == FILE_NOTICE for n in notices.shown), timeout=60_000)
        wait_for_contexts(desktop, qtbot, chosen)
        [notice] = [n for n in notices.shown if n.key == FILE_NOTICE]
        assert "it holds no contexts" in notice.text
        assert "What was watched before, read-only until you arm it, was started again." in notice.text
