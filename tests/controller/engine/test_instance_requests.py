"""A process takes a move back for another one where it can, and says why where it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from controller.clusters.arming import Arming
from controller.clusters.fleet import WorkloadKey
from controller.contract.commands import StartMigration
from controller.contract.snapshots import MigrationStage, QueuedMove
from controller.engine.controls import Controls
from controller.engine.instance_requests import InstanceRequests
from controller.history.history import History
from controller.migration.protocol.request_reasons import RequestCode
from controller.reasons import Code
from tests.controller.decision.worlds import CHECKOUT, arm
from tests.controller.engine.switches import Switches


@dataclass
class FakeView:
    """What is asked of a migration's view."""

    migration_id: str = "m1"
    workload: WorkloadKey = CHECKOUT
    target: str = "virginia"
    stage: MigrationStage = MigrationStage.RUNNING
    phase: str = "SETTLE"
    is_leading: bool = True
    can_cancel: bool = True


class FakeFleet(Switches):
    """Remembers what was cancelled. `permitted`: where arming has run out under which the move began."""

    def __init__(self, view: FakeView, armed: Iterable[str], permitted: Iterable[str]) -> None:
        super().__init__(*armed)
        self.view = view
        self.permitted = permitted
        self.cancelled: list[str] = []

    def views(self) -> tuple[FakeView, ...]:
        return (self.view,)

    def list_armed(self, workload: WorkloadKey | None = None, target: str = "") -> Mapping[str, Arming]:
        return arm(*self.armed, *self.permitted)

    def cancel(self, migration_id: str) -> None:
        self.cancelled.append(migration_id)


def ask(
    view: FakeView,
    armed: Iterable[str] = ("tokyo", "virginia"),
    permitted: Iterable[str] = (),
    awaited: Iterable[str] = (),
) -> tuple[Any, list[str]]:
    """Ask for the move `m1`; returns why not, and what was cancelled."""
    fleet: Any = FakeFleet(view, armed, permitted)
    fleet.awaited = set(awaited)
    controls = Controls(fleet, fleet, History(lambda: 0.0), asyncio.Event())
    why = InstanceRequests(controls, lambda: None).cancel("m1")
    return why, fleet.cancelled


def take_out(workload: str) -> tuple[Any, list[tuple[WorkloadKey, str]]]:
    """Ask for a workload that is to be moved no more; returns why not, and what was let go of."""
    fleet: Any = FakeFleet(FakeView(), (), ())
    start = StartMigration(CHECKOUT, "virginia", "digest")
    waiting = (QueuedMove(start, 0.0, Code.CONCURRENCY_SPENT.because(moves=1, limit=1)),)
    gone: list[tuple[WorkloadKey, str]] = []
    controls = Controls(fleet, fleet, History(lambda: 0.0), asyncio.Event())
    requests = InstanceRequests(
        controls, lambda: None, lambda: waiting, lambda key, target: gone.append((key, target))
    )
    return requests.take_out(workload), gone


def test_what_waits_for_its_turn_is_let_go_of_without_anything_being_armed() -> None:
    assert take_out("tokyo/shop/checkout") == (None, [(CHECKOUT, "virginia")])


def test_who_names_another_workload_takes_nothing_out() -> None:
    why = RequestCode.NOT_QUEUED.because(workload="virginia/shop/checkout")
    assert take_out("virginia/shop/checkout") == (why, [])


def test_who_leads_an_armed_move_takes_it_back() -> None:
    assert ask(FakeView()) == (None, ["m1"])


@pytest.mark.parametrize(
    ("view", "code"),
    [
        (FakeView(migration_id="m2"), RequestCode.NOT_LED_HERE),
        (FakeView(is_leading=False), RequestCode.NOT_LED_HERE),
        (FakeView(stage=MigrationStage.DONE), RequestCode.NOT_LED_HERE),
        (FakeView(phase="ROLLBACK", can_cancel=False), RequestCode.PHASE_NOT_CANCELLED),
    ],
    ids=["unknown", "led elsewhere", "over", "on its way back"],
)
def test_what_cannot_be_taken_back_here_is_not_acknowledged(view: FakeView, code: object) -> None:
    why, cancelled = ask(view)
    assert (why.code, cancelled) == (code, [])


def test_a_stopped_process_does_not_acknowledge_what_it_may_not_write() -> None:
    why, cancelled = ask(FakeView(), ["tokyo"])
    assert (why, cancelled) == (Code.NOT_ARMED.because(contexts=("virginia",)), [])


def test_a_move_that_may_go_to_its_end_is_taken_back() -> None:
    """Arming that has run out stops nothing that has begun."""
    assert ask(FakeView(), armed=(), permitted=("tokyo", "virginia")) == (None, ["m1"])


def test_a_target_that_was_armed_and_is_silent_keeps_nobody_from_going_back() -> None:
    assert ask(FakeView(), armed=["tokyo"], awaited=["virginia"]) == (None, ["m1"])
