"""Without the fence's test, or without the seal before a change of direction, replicas are lost.

The schedule is directed, because chance hardly ever finds it: the first write that lowers the source is stuck
in a proxy, the target dies at that moment, the migration rolls back, and then the stuck write lands.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from controller.migration.access.fenced_writer import FencedWriter
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery
from tests.simulation.world import PATH, World, simulate, start

LANDS_AFTER_S = [45.0, 90.0, 140.0]


def delay_first_scale_down(
    worlds: list[World], lands_after_s: float
) -> Callable[[Cluster, Request], Delivery | None]:
    """The fate of the first write that lowers the source; the target dies as it is sent."""
    is_stuck = False

    def choose(cluster: Cluster, request: Request) -> Delivery | None:
        nonlocal is_stuck
        if is_stuck or cluster.context != "paris" or not request.lowers:
            return None
        is_stuck = True
        worlds[0].target.set_capacity(0)
        worlds[0].target.lose_pods(PATH)
        return Delivery(lands_after_s, is_answered=False)

    return choose


def run_schedule(tmp_path: Path, lands_after_s: float, *, tests_fences: bool = True) -> World:
    """Run a migration under this schedule and let the stuck write land after its end."""
    worlds: list[World] = []

    async def scenario(world: World) -> None:
        worlds.append(world)
        world.source.tests_fences = world.target.tests_fences = tests_fences
        _, _, task = await start(world)
        await task

    # The target's pods die by themselves here, so that only the spec can be held to the floor.
    return simulate(
        scenario, 1, tmp_path, directed=delay_first_scale_down(worlds, lands_after_s), checks_readiness=False
    )


@pytest.mark.parametrize("lands_after_s", LANDS_AFTER_S)
def test_stuck_write_dies_on_the_seal(tmp_path: Path, lands_after_s: float) -> None:
    world = run_schedule(tmp_path, lands_after_s)
    assert world.violations == []
    assert world.result() == (world.replicas, None)


@pytest.mark.parametrize("lands_after_s", LANDS_AFTER_S[-1:])
def test_without_the_fence_test_replicas_are_lost(tmp_path: Path, lands_after_s: float) -> None:
    world = run_schedule(tmp_path, lands_after_s, tests_fences=False)
    assert world.result()[0] < world.replicas


@pytest.mark.parametrize("lands_after_s", LANDS_AFTER_S[-1:])
def test_without_the_seal_replicas_are_lost(
    tmp_path: Path, lands_after_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    place_fence = FencedWriter._place_fence

    async def place_only_missing_fences(
        self: FencedWriter, side: object, fence: object, sides: object
    ) -> None:
        if self._journal.record.state.phase == "LOCKED":
            await place_fence(self, side, fence, sides)  # type: ignore[arg-type]

    async def leave_fence(self: FencedWriter, side: object) -> None:
        """The end would keep the late write out as well."""

    monkeypatch.setattr(FencedWriter, "_place_fence", place_only_missing_fences)
    monkeypatch.setattr(FencedWriter, "remove_fence", leave_fence)
    world = run_schedule(tmp_path, lands_after_s)
    assert world.result()[0] < world.replicas
