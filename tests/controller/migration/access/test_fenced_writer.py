"""No write leaves without valid Leases, and none before the journal speaks of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, cast

import pytest

from controller.clusters import paths
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.fact_reader import FactReader
from controller.migration.access.fenced_writer import FencedWriter, always_permit
from controller.migration.access.journal_writer import JournalWriter
from controller.migration.access.lease_pair import LeasePair
from controller.migration.access.probe import Probe
from controller.migration.access.timing import Timing
from controller.migration.protocol.bounds import FACTS_LIFE_S
from controller.migration.protocol.errors import HoldNeeded, LeaseLost, LeaseUncertain, MoveFailed
from controller.migration.protocol.fences import FENCE_ANNOTATION
from controller.migration.protocol.observation import DeploymentFacts, parse_deployment
from controller.migration.protocol.record import Side
from controller.migration.protocol.verdicts import Failed, Held, Outdated, Reached, Verdict
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from oracle.foundation.clocks import Clocks
from tests.controller.migration.access.fakes import RecordingApi, RecordingLeases
from tests.controller.migration.records import record

PATH = paths.deployment("shop", "checkout")
FENCE = "m1:4:17"


def deployment(uid: str, replicas: int, fence: str | None = FENCE) -> dict[str, Any]:
    """A Deployment that serves with all its replicas."""
    annotations = {} if fence is None else {FENCE_ANNOTATION: fence}
    return {
        "metadata": {"uid": uid, "annotations": annotations},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "checkout"}},
            "template": {"spec": {"containers": []}},
        },
    }


class Workplace:
    """A writer for the migration of `record`, whose every request and journal write is in `requests`."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.apis = {
            Side.SOURCE: RecordingApi("paris", self.requests),
            Side.TARGET: RecordingApi("osaka", self.requests),
        }
        self.apis[Side.SOURCE].put(PATH, deployment("uid-a", 6))
        self.apis[Side.TARGET].put(PATH, deployment("uid-b", 1))
        self.leases = RecordingLeases(self.requests)
        template_hash = parse_deployment(self.apis[Side.SOURCE].objects[PATH]).template_hash
        known = replace(record(), template_hash=template_hash)
        self.journal = JournalWriter(known, lambda: None)
        self.journal.lead(cast(LeasePair, self.leases), self.journal.record)
        sides = {side: ClusterSide(api, "shop", "checkout") for side, api in self.apis.items()}
        self.now_s = 0.0
        timing = Timing(MigrationSettings(), Clocks(lambda: 0.0, lambda: self.now_s), self._sleep)
        reader = FactReader(sides, timing, lambda: None)
        self.writer = FencedWriter(self.journal, reader, Probe())

    async def _sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def writes(self) -> list[Any]:
        """The requests that changed a Deployment."""
        return [request for request in self.requests if request[0] == "PATCH"]


@pytest.mark.parametrize("expired", list(Side))
def test_nothing_is_scaled_while_a_lease_is_not_valid(expired: Side) -> None:
    place = Workplace()
    place.leases.expired = {expired}

    with pytest.raises(LeaseUncertain):
        asyncio.run(place.writer.scale(Side.TARGET, 3, always_permit))

    assert place.writes() == []


def test_with_the_target_lost_only_the_lease_of_the_source_has_to_be_valid() -> None:
    place = Workplace()
    place.leases.expired = {Side.TARGET}

    asyncio.run(place.writer.scale(Side.SOURCE, 7, always_permit, alone=True))
    assert place.writes() == [("PATCH", "paris", PATH)]

    place.leases.expired = {Side.SOURCE}
    with pytest.raises(LeaseUncertain):
        asyncio.run(place.writer.scale(Side.SOURCE, 8, always_permit, alone=True))
    assert len(place.writes()) == 1


@pytest.mark.parametrize("side", list(Side))
def test_no_fence_is_changed_while_its_lease_is_not_valid(side: Side) -> None:
    place = Workplace()
    place.leases.expired = {side}

    with pytest.raises(LeaseUncertain):
        asyncio.run(place.writer.seal((side,)))

    assert place.writes() == []


@pytest.mark.parametrize("side", list(Side))
def test_no_fence_is_taken_off_while_a_lease_is_not_valid(side: Side) -> None:
    place = Workplace()
    place.leases.expired = {side}

    with pytest.raises(LeaseUncertain):
        asyncio.run(place.writer.remove_fence(Side.SOURCE))

    assert place.writes() == []


def test_a_write_is_journaled_with_its_replicas_before_it_is_sent() -> None:
    place = Workplace()

    asyncio.run(place.writer.scale(Side.TARGET, 3, always_permit))

    announced = next(
        index
        for index, request in enumerate(place.requests)
        if request[0] == "JOURNAL" and request[1].intent is not None
    )
    intent = place.requests[announced][1].intent
    assert (intent.side, intent.replicas) == (Side.TARGET, 3)
    assert announced < place.requests.index(("PATCH", "osaka", PATH))
    fence = place.apis[Side.TARGET].objects[PATH]["metadata"]["annotations"][FENCE_ANNOTATION]
    assert fence == f"m1:4:{intent.operation}"


def test_a_write_whose_plan_is_outdated_is_not_sent() -> None:
    place = Workplace()
    verdicts = iter((Outdated(), Reached()))

    assert not asyncio.run(place.writer.scale(Side.TARGET, 3, lambda scaled, other: next(verdicts)))

    assert place.writes() == []
    assert asyncio.run(place.writer.scale(Side.TARGET, 3, always_permit))


@pytest.mark.parametrize("verdict", [Held(Code.NO_FRESH_PRICE.because()), Failed(Code.CANCELLED.because())])
def test_a_verdict_that_turns_aside_sends_nothing(verdict: Held | Failed) -> None:
    place = Workplace()

    with pytest.raises((HoldNeeded, MoveFailed)) as aside:
        asyncio.run(place.writer.scale(Side.TARGET, 3, lambda scaled, other: verdict))

    assert aside.value.reason == verdict.reason
    assert place.writes() == []


@pytest.mark.parametrize("side", list(Side))
def test_who_meets_the_fence_of_a_newer_epoch_writes_nothing(side: Side) -> None:
    place = Workplace()
    place.apis[side].objects[PATH]["metadata"]["annotations"][FENCE_ANNOTATION] = "m1:5:18"

    with pytest.raises(LeaseLost):
        asyncio.run(place.writer.scale(Side.TARGET, 3, always_permit))
    with pytest.raises(LeaseLost):
        asyncio.run(place.writer.seal((side,)))

    assert place.writes() == []


@pytest.mark.parametrize("expired", list(Side))
def test_nothing_is_scaled_under_a_lease_that_ends_before_the_write_leaves(expired: Side) -> None:
    place = Workplace()
    place.apis[Side.TARGET].before_sending = lambda: place.leases.expired.add(expired)

    with pytest.raises(LeaseUncertain):
        asyncio.run(place.writer.scale(Side.TARGET, 3, always_permit))

    assert place.writes() == []


@pytest.mark.parametrize("side", list(Side))
def test_no_fence_is_changed_under_a_lease_that_ends_before_the_write_leaves(side: Side) -> None:
    place = Workplace()
    place.apis[side].before_sending = lambda: place.leases.expired.add(side)

    with pytest.raises(LeaseUncertain):
        asyncio.run(place.writer.seal((side,)))

    assert place.writes() == []


def test_a_wave_whose_price_runs_out_before_its_write_leaves_is_not_sent() -> None:
    place = Workplace()
    stale = Held(Code.NO_FRESH_PRICE.because())
    verdicts: list[Verdict] = [Reached()]
    place.apis[Side.TARGET].before_sending = lambda: verdicts.append(stale)

    with pytest.raises(HoldNeeded) as held:
        asyncio.run(place.writer.scale(Side.TARGET, 3, lambda scaled, other: verdicts[-1]))

    assert held.value.reason == stale.reason
    assert place.writes() == []


def test_what_was_read_before_the_machine_slept_takes_no_replica() -> None:
    """The target is read again, and what it has lost meanwhile is seen."""
    place = Workplace()
    seen: list[int | None] = []

    def sleep() -> None:
        place.apis[Side.SOURCE].before_sending = lambda: None
        place.now_s += 3600.0
        place.apis[Side.TARGET].objects[PATH]["status"]["availableReplicas"] = 0

    def permit(source: DeploymentFacts, target: DeploymentFacts | None) -> Verdict:
        assert target is not None
        seen.append(target.available)
        return Reached() if target.available == 1 else Failed(Code.CANCELLED.because())

    place.apis[Side.SOURCE].before_sending = sleep
    with pytest.raises(MoveFailed):
        asyncio.run(place.writer.scale(Side.SOURCE, 5, permit))

    assert seen == [1, 0]
    assert place.writes() == []


@pytest.mark.parametrize(("waited_s", "permits"), [(FACTS_LIFE_S, 2), (FACTS_LIFE_S + 0.1, 3)])
def test_a_write_that_waits_rests_on_reads_of_the_last_seconds(waited_s: float, permits: int) -> None:
    place = Workplace()
    asked: list[int] = []

    def wait() -> None:
        place.apis[Side.TARGET].before_sending = lambda: None
        place.now_s += waited_s

    def permit(target: DeploymentFacts, source: DeploymentFacts | None) -> Verdict:
        asked.append(target.replicas)
        return Reached()

    place.apis[Side.TARGET].before_sending = wait
    assert asyncio.run(place.writer.scale(Side.TARGET, 3, permit))
    assert len(asked) == permits
    assert place.writes() == [("PATCH", "osaka", PATH)]


def test_to_give_the_source_its_replicas_no_read_is_too_old() -> None:
    place = Workplace()
    reads: list[str] = []

    def sleep() -> None:
        reads.append("sent")
        place.now_s += 3600.0

    place.apis[Side.SOURCE].before_sending = sleep
    assert asyncio.run(place.writer.scale(Side.SOURCE, 7, always_permit))
    assert reads == ["sent"]


def test_a_plan_that_is_outdated_when_its_write_would_leave_is_judged_anew() -> None:
    place = Workplace()
    verdicts = iter((Reached(), Outdated(), Outdated()))

    assert not asyncio.run(place.writer.scale(Side.TARGET, 3, lambda scaled, other: next(verdicts)))
    assert place.writes() == []


def test_slow_reads_count_from_when_they_were_asked_for() -> None:
    place = Workplace()
    asked: list[int] = []

    def read_slowly() -> None:
        if not asked:
            place.now_s += FACTS_LIFE_S + 0.1

    def permit(target: DeploymentFacts, source: DeploymentFacts | None) -> Verdict:
        asked.append(target.replicas)
        return Reached()

    place.apis[Side.SOURCE].on_read = read_slowly
    assert asyncio.run(place.writer.scale(Side.TARGET, 3, permit))
    assert len(asked) == 3
