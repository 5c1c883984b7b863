"""One Lease against a cluster in memory, in virtual time."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from controller.clusters.kube_api import KubeApi
from controller.errors import ServerFailed
from controller.migration.access.lease import (
    ClusterLease,
    find_holder,
    find_place,
    find_signed_journal,
    format_micro_time,
    name_lease,
)
from controller.migration.access.timing import Timing
from controller.migration.protocol.errors import LeaseLost
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from oracle.foundation.clocks import Clocks
from tests.controller.migration.keys import KEYS
from tests.controller.migration.moves import open_client
from tests.controller.refusals import refuses
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery, Network
from tests.simulation.virtual_loop import run_virtual
from tests.simulation.world import EPOCH, plan_cluster

PLACE = find_place("paris-uid", "shop", "checkout")
PATH = f"/apis/coordination.k8s.io/v1/namespaces/shop/leases/{name_lease('shop', 'checkout')}"


class Place:
    """A cluster and a network whose troubles a test directs: `fates` are used up by writes, one each."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        rng = random.Random(1)
        self.cluster = Cluster(plan_cluster("paris"), 1, EPOCH)
        self.cluster.start()
        self.fates: list[Delivery] = []
        self.slept_s = 0.0
        self.network = Network(rng, directed=self._choose)

    def lease(self, holder: str) -> ClusterLease:
        clocks = Clocks(
            lambda: 1_790_000_000.25 + self.loop.time() + self.slept_s,
            lambda: self.loop.time() + self.slept_s,
        )
        api = open_client(self.cluster, self.network)
        return ClusterLease(api, PLACE, holder, Timing(MigrationSettings(), clocks, asyncio.sleep), KEYS)

    def stored(self) -> dict[str, Any]:
        return self.cluster.require(PATH)

    def _choose(self, cluster: Cluster, request: Request) -> Delivery | None:
        return self.fates.pop(0) if request.is_write and self.fates else None


def virtually(scenario: Callable[[Place], Awaitable[None]]) -> None:
    """Run a scenario."""

    async def main() -> None:
        await scenario(Place())

    run_virtual(main())


def test_micro_times_have_six_digits_even_at_a_whole_second() -> None:
    assert format_micro_time(1_790_000_000.0) == "2026-09-21T14:13:20.000000Z"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", format_micro_time(0.1))


def test_the_name_is_the_same_everywhere_and_differs_by_workload() -> None:
    assert name_lease("shop", "checkout") == name_lease("shop", "checkout")
    assert len({name_lease("a", "b"), name_lease("a", "c"), name_lease("c", "b")}) == 3


def test_a_free_lease_is_created_and_counted() -> None:
    async def scenario(place: Place) -> None:
        lease = place.lease("me")
        assert await lease.try_acquire()
        assert (find_holder(place.stored()), place.stored()["spec"]["leaseTransitions"]) == ("me", 1)
        assert lease.is_valid

    virtually(scenario)


def test_a_lease_that_is_renewed_is_never_taken() -> None:
    async def scenario(place: Place) -> None:
        mine, other = place.lease("me"), place.lease("other")
        assert await mine.try_acquire()
        for _ in range(20):
            await asyncio.sleep(5)
            await mine.write()
            assert not await other.try_acquire()

    virtually(scenario)


def test_a_lease_that_stands_still_is_taken_after_its_duration_by_our_own_clock() -> None:
    async def scenario(place: Place) -> None:
        mine, other = place.lease("me"), place.lease("other")
        assert await mine.try_acquire()
        assert not await other.try_acquire()
        await asyncio.sleep(29)
        assert not await other.try_acquire()
        await asyncio.sleep(2)
        assert await other.try_acquire()
        assert place.stored()["spec"]["leaseTransitions"] == 2
        with pytest.raises(LeaseLost):
            await mine.write()

    virtually(scenario)


def test_a_machine_that_slept_takes_what_stood_still_meanwhile_and_renews_what_is_its_own() -> None:
    async def scenario(place: Place) -> None:
        mine, other = place.lease("me"), place.lease("other")
        assert await mine.try_acquire()
        assert not await other.try_acquire()
        place.slept_s = 3600.0
        assert not mine.is_valid
        await mine.write()
        assert mine.is_valid
        assert not await other.try_acquire(), "it was renewed"
        place.slept_s = 7200.0
        assert await other.try_acquire()

    virtually(scenario)


def test_a_lease_not_renewed_in_time_is_no_licence_to_write() -> None:
    async def scenario(place: Place) -> None:
        lease = place.lease("me")
        await lease.try_acquire()
        await asyncio.sleep(19)
        assert lease.is_valid
        await asyncio.sleep(2)
        assert not lease.is_valid

    virtually(scenario)


def test_a_renewal_counts_from_when_it_was_sent() -> None:
    """Others begin to count when it lands; an answer that comes late makes it no longer."""

    async def scenario(place: Place) -> None:
        lease = place.lease("me")
        await lease.try_acquire()
        place.fates = [Delivery(9.0)]
        sent_at = place.loop.time()
        await lease.write()
        assert place.loop.time() - sent_at > 9.0
        await asyncio.sleep(sent_at + 20.5 - place.loop.time())
        assert not lease.is_valid

    virtually(scenario)


def test_a_released_lease_keeps_epoch_and_journal_and_is_free_at_once() -> None:
    async def scenario(place: Place) -> None:
        mine, other = place.lease("me"), place.lease("other")
        await mine.try_acquire()
        mine.put_journal("the end")
        mine.epoch = 7
        await mine.write()
        await mine.write(released=True)
        assert "holderIdentity" not in place.stored()["spec"]
        assert await other.try_acquire()
        assert (other.epoch, other.journal) == (8, KEYS.sign(PLACE, "the end"))

    virtually(scenario)


def test_a_create_without_an_answer_is_found_again() -> None:
    async def scenario(place: Place) -> None:
        lease = place.lease("me")
        place.fates = [Delivery(0.1, is_answered=False)]
        assert not await lease.try_acquire()
        assert await lease.try_acquire()
        assert place.stored()["spec"]["leaseTransitions"] == 1

    virtually(scenario)


def test_who_takes_a_lease_signs_no_journal_of_others() -> None:
    """Taken and given back, it carries what it carried, byte for byte."""

    async def scenario(place: Place) -> None:
        lease = place.lease("me")
        await lease.try_acquire()
        await lease.write(released=True)
        body = place.stored()
        theirs = {"sentinelaura.io/journal": "theirs", "team": "shop"}
        place.cluster.put(PATH, {**body, "metadata": {**body["metadata"], "annotations": theirs}})
        await lease.try_acquire()
        await lease.write(released=True)
        assert place.stored()["metadata"]["annotations"] == theirs

    virtually(scenario)


def test_what_is_forgotten_takes_its_signature_along() -> None:
    async def scenario(place: Place) -> None:
        lease = place.lease("me")
        await lease.try_acquire()
        lease.put_journal("of a move")
        await lease.write()
        assert find_signed_journal(place.stored()) == KEYS.sign(PLACE, "of a move")
        lease.forget_journal()
        await lease.write(released=True)
        assert "annotations" not in place.stored()["metadata"]

    virtually(scenario)


def test_a_late_write_cannot_bring_an_old_journal_back() -> None:
    async def scenario(place: Place) -> None:
        lease = place.lease("me")
        await lease.try_acquire()
        lease.put_journal("old")
        place.fates = [Delivery(60)]
        await lease.write()
        lease.put_journal("new")
        await lease.write()
        await asyncio.sleep(120)
        assert place.stored()["metadata"]["annotations"]["sentinelaura.io/journal"] == "new"

    virtually(scenario)


def test_a_lease_deleted_by_a_person_comes_back_with_its_epoch() -> None:
    async def scenario(place: Place) -> None:
        lease = place.lease("me")
        await lease.try_acquire()
        lease.epoch = 9
        await lease.write()
        place.cluster.remove(PATH)
        await lease.write()
        assert place.stored()["spec"]["leaseTransitions"] == 9

    virtually(scenario)


@pytest.mark.parametrize("lands_after_s", [0.1, 60.0, None])
def test_a_lease_whose_taking_was_never_answered_is_given_back_all_the_same(
    lands_after_s: float | None,
) -> None:
    async def scenario(place: Place) -> None:
        first, lease = place.lease("first"), place.lease("me")
        assert await first.try_acquire()
        await first.give_back()
        place.fates = [Delivery(lands_after_s, is_answered=False)]
        assert not await lease.try_acquire()
        await lease.give_back()
        await asyncio.sleep(120)
        assert find_holder(place.stored()) == ""

    virtually(scenario)


def test_a_lease_that_was_never_asked_for_is_left_alone() -> None:
    async def scenario(place: Place) -> None:
        other = place.lease("other")
        assert await other.try_acquire()
        mine = place.lease("me")
        assert not await mine.try_acquire()
        await mine.give_back()
        assert find_holder(place.stored()) == "other"

    virtually(scenario)


class Nonsense:
    """An API server, or what stands in its place, that answers whatever it is asked with an object of its own."""

    context = "paris"

    async def get(self, path: str) -> dict[str, Any]:
        return {"kind": "Status", "metadata": {}}


def test_an_answer_that_is_not_the_lease_does_not_say_that_nobody_leads() -> None:
    timing = Timing(MigrationSettings(), Clocks(lambda: 0.0, lambda: 0.0), asyncio.sleep)
    lease = ClusterLease(cast(KubeApi, Nonsense()), PLACE, "me", timing, KEYS)
    with refuses(ServerFailed, Code.ANSWER_NOT_UNDERSTOOD):
        asyncio.run(lease.read())


def test_who_was_seen_to_renew_a_lease_leads_until_it_stands_still() -> None:
    """What a crash has left looks held as well, and nobody leads."""

    async def scenario(place: Place) -> None:
        leader, follower = place.lease("leader"), place.lease("follower")
        assert await leader.try_acquire()
        assert not follower.is_led(await follower.read() or {})
        await leader.write()
        assert follower.is_led(await follower.read() or {})
        assert not leader.is_led(await leader.read() or {})
        await asyncio.sleep(MigrationSettings().lease_duration_s + 1)
        assert not follower.is_led(await follower.read() or {})

    virtually(scenario)
