from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from app.actions import SET_ARMED, Shown
from app.model.workload_rows import WorkloadColumn
from app.panels.inspector import Inspector
from controller.clusters.fleet import Health, WatchedKind
from controller.reasons import Code
from oracle.quotes import Playback, PriceMode
from tests.app.conftest import click_cell, point_at, settle
from tests.app.scripted_engine import PRICE_LIFE_S, ScriptedEngine
from tests.controller.faults import unreachable

CONTEXT = "gcp-southamerica-west1"


@pytest.fixture
def inspector(qtbot: QtBot, engine: ScriptedEngine) -> Inspector:
    inspector = Inspector()
    qtbot.addWidget(inspector)
    inspector.resize(600, 420)
    show(inspector, engine)
    inspector.show()
    return inspector


def show(inspector: Inspector, engine: ScriptedEngine, context: str = CONTEXT) -> None:
    snapshot = engine.snapshot()
    view = next(view for view in snapshot.contexts if view.context == context)
    inspector.show_context(view, snapshot, engine.now)


def words(inspector: Inspector) -> str:
    return "\n".join(label.text() for label in inspector.findChildren(QLabel) if label.isVisibleTo(inspector))


def test_it_names_price_place_and_discount(inspector: Inspector, engine: ScriptedEngine) -> None:
    engine.set_price(CONTEXT, 0.139)
    show(inspector, engine)
    assert "Santiago · Google Cloud" in words(inspector)
    assert "$0.1390/h" in words(inspector)
    assert "50% below on-demand $0.2780/h · 0 s old" in words(inspector)


def test_a_recorded_price_says_of_which_day_it_is_and_not_how_long_ago_it_was_played(
    inspector: Inspector, engine: ScriptedEngine
) -> None:
    snapshot = engine.snapshot()
    view = next(view for view in snapshot.contexts if view.context == CONTEXT)
    assert view.quote is not None
    played = Playback(1_777_777_777.0, 86_400.0)
    view = replace(view, quote=structs.replace(view.quote, mode=PriceMode.RECORDED, playback=played))
    inspector.show_context(view, snapshot, engine.now)
    assert "· recorded 2026-05-03, played 86,400 times as fast" in words(inspector)
    assert "s old" not in words(inspector)


def test_an_expired_price_has_an_age_and_no_discount(inspector: Inspector, engine: ScriptedEngine) -> None:
    engine.now += PRICE_LIFE_S
    show(inspector, engine)
    assert "price expired" in words(inspector)
    assert "below on-demand" not in words(inspector)


def test_an_unreachable_context_says_that_its_facts_are_old(
    inspector: Inspector, engine: ScriptedEngine
) -> None:
    engine.set_health(CONTEXT, Health.UNREACHABLE, unreachable(CONTEXT, "no route to host"))
    show(inspector, engine)
    assert "no route to host. What is shown here was seen last." in words(inspector)


def test_it_says_how_long_ago_each_kind_was_read_and_that_nothing_rests_on_what_is_too_old(
    inspector: Inspector, engine: ScriptedEngine
) -> None:
    snapshot = engine.snapshot()
    read_at = {WatchedKind.NODES: engine.now - 3, WatchedKind.PODS: engine.now - 300}
    old = Code.KINDS_OUTDATED.because(context=CONTEXT, kinds=("pods",))
    view = replace(snapshot.contexts[0], read_at=read_at, health_reason=old)
    inspector.show_context(view, snapshot, engine.now)
    assert "Read: nodes 3 s, pods 5 min ago" in words(inspector)
    assert (
        "were read too long ago to rest on; they are read again. What is shown here was seen last."
        in words(inspector)
    )


def test_the_ages_of_all_kinds_are_read_to_their_end(inspector: Inspector, engine: ScriptedEngine) -> None:
    snapshot = engine.snapshot()
    view = replace(snapshot.contexts[0], read_at=dict.fromkeys(WatchedKind, engine.now - 300))
    inspector.show_context(view, snapshot, engine.now)
    settle()
    [reads] = [label for label in inspector.findChildren(QLabel) if "autoscalers 5 min" in label.text()]
    assert reads.text().startswith("Read: ")
    assert reads.height() >= reads.heightForWidth(reads.width())


def test_a_context_that_never_answered_does_not_claim_old_facts(
    inspector: Inspector, engine: ScriptedEngine
) -> None:
    snapshot = engine.snapshot()
    view = replace(snapshot.contexts[0], workloads=(), quote=None, health=Health.UNREACHABLE)
    inspector.show_context(
        replace(view, health_reason=unreachable(CONTEXT, "connection refused.").reason), snapshot, engine.now
    )
    assert "connection refused. Nothing of it was seen yet." in words(inspector)


def test_a_menu_of_targets_can_be_asked_for_by_key(inspector: Inspector, qtbot: QtBot) -> None:
    inspector.workloads.setCurrentIndex(inspector.workloads.model().index(0, WorkloadColumn.NAME))
    with qtbot.waitSignal(inspector.targets_requested) as caught:
        QTest.keyClick(inspector.workloads, Qt.Key.Key_D)
    assert caught.args[0].context == CONTEXT


def test_the_best_move_of_a_workload_can_be_taken(inspector: Inspector, qtbot: QtBot) -> None:
    index = inspector.workloads.model().index(0, WorkloadColumn.MOVE)
    with qtbot.waitSignal(inspector.migrate_requested) as caught:
        click_cell(inspector.workloads, 0, WorkloadColumn.MOVE)
    assert caught.args[0].workload.name == index.siblingAtColumn(WorkloadColumn.NAME).data()


def test_a_workload_without_a_move_says_why(inspector: Inspector, engine: ScriptedEngine) -> None:
    show(inspector, engine, "aws-eu-central-1")
    index = inspector.workloads.model().index(0, WorkloadColumn.MOVE)
    assert index.data() == str(Code.NO_REPLICAS.because())


def test_a_context_where_nothing_runs_says_so(inspector: Inspector, engine: ScriptedEngine) -> None:
    snapshot = engine.snapshot()
    view = replace(snapshot.contexts[0], workloads=())
    inspector.show_context(view, snapshot, engine.now)
    assert inspector.workloads.accessibleDescription() == "Nothing runs here."
    inspector.show_context(replace(view, health=Health.UNREACHABLE), snapshot, engine.now)
    assert inspector.workloads.accessibleDescription() == "What runs here is not known yet."
    assert not inspector.workloads.grab().isNull()
    inspector.show_context(snapshot.contexts[0], snapshot, engine.now)
    assert inspector.workloads.accessibleDescription() == ""


def test_a_moving_workload_shows_its_progress(inspector: Inspector, engine: ScriptedEngine) -> None:
    migration = engine.start_best()
    for _ in range(8):
        engine.advance(0.5)
    show(inspector, engine)
    model = inspector.workloads.model()
    notes = {
        model.index(r, 0).data(): model.index(r, WorkloadColumn.MOVE).data() for r in range(model.rowCount())
    }
    assert notes[migration.workload.name] == "moving, 2 of 6 landed"


def test_the_chart_reads_off_values(inspector: Inspector) -> None:
    chart = inspector.chart
    assert chart.accessibleName().startswith("Price over 1 h: from $")
    before = chart.grab().toImage()
    point_at(chart, chart.rect().center())
    assert chart.grab().toImage() != before


def test_the_chart_does_not_call_an_expired_price_now(inspector: Inspector, engine: ScriptedEngine) -> None:
    assert "now $" in inspector.chart.accessibleName()
    engine.now += PRICE_LIFE_S
    show(inspector, engine)
    assert "at last $" in inspector.chart.accessibleName()


def test_no_history_is_said(inspector: Inspector) -> None:
    inspector.chart.show_history((), True)
    assert inspector.chart.accessibleName() == "No price history yet"
    assert not inspector.chart.grab().isNull()


def test_arming_is_called_here_what_the_palette_calls_it(
    inspector: Inspector, engine: ScriptedEngine
) -> None:
    for armed in (False, True):
        snapshot = engine.snapshot()
        view = replace(snapshot.contexts[0], armed=armed)
        inspector.show_context(view, snapshot, engine.now)
        [button] = [b for b in inspector.findChildren(QToolButton) if view.context in b.accessibleName()]
        choice = SET_ARMED.describe(view, Shown(snapshot, {}, engine.now))
        assert (button.accessibleName(), button.toolTip()) == (choice[0], ": ".join(choice))
